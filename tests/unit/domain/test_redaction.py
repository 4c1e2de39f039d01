"""Redaction: what is masked, what is not, and that twice is once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.entry import RULES_VERSION
from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.redaction_commands import PROGRAMS, Program
from ipcom_chat.domain.redaction_numbers import is_card, is_cnpj, is_cpf
from ipcom_chat.domain.redaction_rules import RULES, Rule
from tests.support.secrets import expanded, ordinary, samples

RECALL = 0.95
HELD_OUT = tuple(f"secrets_held_out{each}.txt" for each in ("", "_2", "_3", "_4", "_5", "_6", "_7"))
ORDINARY = ("ordinary.txt", *(f"ordinary_held_out{each}.txt" for each in ("", "_2", "_3", "_4")))


def _missed(name: str) -> tuple[list[str], int]:
    missed, count = [], 0
    for sample in samples(name):
        text = redact(sample.text).text
        count += len(sample.secrets)
        missed += [f"{secret}: {text}" for secret in sample.secrets if secret in text]
    return missed, count


@pytest.mark.parametrize("rule", [*RULES, *PROGRAMS], ids=lambda rule: rule.yes[:40])
def test_every_rule_finds_its_secret_and_leaves_its_neighbour(rule: Rule | Program) -> None:
    sample = expanded(rule.yes)
    found = redact(sample.text)
    assert [secret for secret in sample.secrets if secret in found.text] == []
    assert rule.kind in found.kinds
    assert redact(rule.no).text == rule.no


def test_every_secret_of_the_corpus_is_found() -> None:
    missed, count = _missed("secrets.txt")
    assert missed == []
    assert count >= 200


def test_every_literal_finds_its_rule() -> None:
    count = 0
    for sample in samples("secrets_by_hint.txt"):
        text = redact(sample.text).text
        words = [word for secret in sample.secrets for word in secret.split() if len(word) > 2]
        assert [word for word in words if word in text] == [], text
        count += 1
    assert count >= 200


@pytest.mark.parametrize("name", HELD_OUT)
def test_secrets_written_after_the_rules_are_found(name: str) -> None:
    missed, count = _missed(name)
    assert 1 - len(missed) / count >= RECALL, "\n".join(missed)
    assert count >= 100


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_lines_stay_as_they_are(name: str) -> None:
    lines = ordinary(name)
    assert [line for line in lines if redact(line).text != line] == []
    assert len(lines) >= 100


def test_the_rest_of_the_line_stays() -> None:
    assert redact("mysql -u root -pOcarina77 -h db base").text == (
        "mysql -u root -p[REDACTED:password] -h db base"
    )
    assert redact("curl 'https://x/a?token=a1b2c3d4e5f6&page=2'").text == (
        "curl 'https://x/a?token=[REDACTED:token]&page=2'"
    )
    assert redact("mount -o username=ana,password=p4ss!,vers=3.0 //s/d /m").text == (
        "mount -o username=ana,password=[REDACTED:password],vers=3.0 //s/d /m"
    )
    assert redact("root:toor99 falhou; a senha é Tatu#9, avise").text.endswith(
        "a senha é [REDACTED:password], avise"
    )


@pytest.mark.parametrize(
    "value",
    [
        "$PASSWORD", "${PASSWORD}", "$(pass show db)", "<password>", "<your password>", "****",
        "{{ vault_password }}", "%PASSWORD%", "PASSWORD", "YOUR_PASSWORD", "your-password-here",
        "null", "true", "xxxx", "...", "[REDACTED:password]",
    ],
)  # fmt: skip
def test_a_variable_or_a_placeholder_is_no_secret(value: str) -> None:
    for line in (f"export DB_PASSWORD={value}", f"password: {value}", f"--password={value}"):
        assert redact(line).text == line


def test_a_default_that_nobody_changed_is_a_secret() -> None:
    assert redact("DB_PASSWORD=changeme").kinds == ("password",)


def test_a_default_inside_a_variable_is_a_secret() -> None:
    assert redact("PASSWORD=${PASSWORD:-hunter22}").text == (
        "PASSWORD=${PASSWORD:-[REDACTED:password]}"
    )


def test_a_key_that_never_ends_takes_only_lines_of_a_key_with_it() -> None:
    key = expanded("-----BEGIN PRIVATE KEY-----\n{b:64}\n{b:64}")
    found = redact(f"{key.text}\nsystemctl status nginx\n").text
    assert found == "-----BEGIN PRIVATE KEY-----\n[REDACTED:private-key]\nsystemctl status nginx\n"


def test_what_only_speaks_of_a_key_stays() -> None:
    for line in (
        "a key begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nnginx\nNote: restart it\n",
    ):
        assert redact(line).text == line


def test_letters_whose_lower_case_is_longer_move_nothing() -> None:
    assert redact("İİİ password=hunter22 İ").text == "İİİ password=[REDACTED:password] İ"


def test_check_digits_tell_numbers_of_people_from_others() -> None:
    assert is_cpf("52998224725")
    assert not is_cpf("52998224726")
    assert not is_cpf("11111111111")
    assert is_cnpj("11222333000181")
    assert is_cnpj("12ABC34501DE35")  # the example of the Receita Federal
    assert not is_cnpj("11222333000182")
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert not is_card("1111111111111117")


def test_the_alphanumeric_cnpj_is_masked() -> None:
    assert redact("empresa 12.ABC.345/01DE-35").text == "empresa [REDACTED:cnpj]"


_WORDS = st.sampled_from(
    [
        *"=: \"'\\\n@{},;|", "password", "senha", "é", "token", "mysql", "-p", "abc123", "://",
        "ana", "Tr0ub4dor&3", "[REDACTED:password]", "[REDACTED:", "]", "$X", "QUJD", "-u",
        "-----BEGIN PRIVATE KEY-----", "<password>", "</password>", "export", "PGPASSWORD",
        "sudo -S", "echo", "bearer", "eyJhbGciOiJI.eyJzdWIi", "529.982.247-25", "curl",
        "4111111111111111",
    ]
)  # fmt: skip


@given(st.lists(_WORDS, max_size=24).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once


def test_the_corpus_is_idempotent() -> None:
    for name in ("secrets.txt", *HELD_OUT):
        for sample in samples(name):
            once = redact(sample.text).text
            assert redact(once).text == once


def test_the_version_of_the_rules_counts_from_one() -> None:
    assert RULES_VERSION >= 1


def test_no_data_file_holds_what_a_scanner_takes_for_a_secret() -> None:
    data = Path(__file__).parents[2] / "data"
    for path in data.glob("secrets*.txt"):
        kinds = {"aws-key", "github-token", "stripe-key", "slack-token", "google-key"}
        assert not kinds & set(redact(path.read_text(encoding="utf-8")).kinds)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("PASSWORD=" + "aB3dE5fG7h" * 60, "aB3dE5fG7h"),
        (r'{"body": "{\"password\": \"s3cr3tPa55\"}"}', "s3cr3tPa55"),
        ("password: |\n  s3cr3tPa55\nuser: ana\n", "s3cr3tPa55"),
        ("Private-Lines: 2\nQUFBQUFBQUFBQUFBQUFBQUFBQUE=\nQUJD\nPrivate-MAC: 1", "QUFBQUFBQUFB"),
        ('password="s3cr3tPa55 and its quote never ends\nuser=ana\n', "s3cr3tPa55"),
    ],
)
def test_a_value_is_found_however_it_is_written(text: str, secret: str) -> None:
    assert secret not in redact(text).text


@pytest.mark.parametrize(
    "text",
    [
        "password=getpass()",
        "password=getpass( )",
        "password=obtain22( )",
        "password=(",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----",
    ],
)
def test_what_is_no_value_stays(text: str) -> None:
    assert redact(text).text == text


def test_a_company_number_of_equal_digits_is_none() -> None:
    assert not is_cnpj("1" * 14)


def test_a_command_of_very_many_words_is_read_to_a_bound() -> None:
    text = "mysql " + "word " * 400
    assert redact(text).text == text


def test_what_masks_uncover_is_looked_for_in_a_bounded_number_of_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ipcom_chat.domain.redaction._PASSES", 1)
    assert redact("PASSWORD=s3cr3tPa55").text == "PASSWORD=[REDACTED:password]"


def test_a_secret_behind_a_mask_is_masked_and_one_around_a_mask_takes_it_in() -> None:
    behind = redact("a [REDACTED:token] b, then mysql -ps3cr3tPa55").text
    assert behind == "a [REDACTED:token] b, then mysql -p[REDACTED:password]"
    assert redact("mysql -ps3cr[REDACTED:key]3tPa55").text == "mysql -p[REDACTED:password]"


@pytest.mark.parametrize(
    "text",
    [
        "community: public",
        "snmpwalk -v2c -c public 10.0.0.1",
        "empresa 12.ABC.345/01DE-3",
        "see a/b/c/12AB-34 and more",
        "mysql_config --x",
        "if password == expected_password:",
        "public key: aB3dE5fG7hJ9kL2mN4pQ6rS8tV0w",
        "-uUSER -pPASS OLD_DB_NAME",
        "mysql -u root -p base",
        'password: "',
        "password: ' ",
        "a senha não foi definida",
        "the token is base64-encoded",
        "passwd ana2",
        "set password policy",
        "UPDATE users SET password = :password",
        "kubectl create secret generic db --from-literal=username=admin",
        "ldapsearch -b dc=example,dc=com",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key 8Q~ and abc8Q~" + "a1B-" * 9 + " end", "key 8Q~ and [azure-secret] end"),
        (
            "twilio task SK" + "0" * 31 + " SK" + "a1" * 16,
            "twilio task SK" + "0" * 31 + " [twilio-key]",
        ),
        ("x abc8Q~" + "a8Q~" * 8 + " y", "x [azure-secret] y"),
        ("bindpw hunter22", "bindpw [password]"),
        ("  auth_pass vrrp1234;", "  auth_pass [password];"),
        (
            "set system login authentication secret 'vyos-psk'",
            "set system login authentication secret '[secret]'",
        ),
        ("P=$(openssl passwd -1 teste99) x", "P=$(openssl passwd -1 [password]) x"),
        ("Cookie: a=b1c2d3; sid=x9y8z7", "Cookie: a=[cookie]; sid=[cookie]"),
        ("Set-Cookie: a=b1c2d3; Path=/x", "Set-Cookie: a=[cookie]; Path=/x"),
        ("password: P@ssw0rd&&docker pull x", "password: [password]&&docker pull x"),
        ("mariadb -p'as \"duas\"' erp", "mariadb -p'[password]' erp"),
        ('mysql -p"abc1" erp', 'mysql -p"[password]" erp'),
        ("mysql -p$'abc1' erp", "mysql -p$'[password]' erp"),
        ("openssl x -pass pass:abc12 -in y", "openssl x -pass pass:[password] -in y"),
        ("password: 'hunter22 and no end", "password: '[password] and no end"),
        ("WITH PASSWORD = N'Str0ng#P', X", "WITH PASSWORD = N'[password]', X"),
        ("DB_PASS: 'aspas''s'", "DB_PASS: '[password]'"),
        ("helm --set a.token=abc12345,image.tag=1", "helm --set a.token=[token],image.tag=1"),
        ("OPENAI_API_KEY=sk-" + "aB3d" * 9 + " python", "OPENAI_API_KEY=[openai-key] python"),
        ("the password is correct-horse", "the password is [password]"),
        ("cvv=123 pin=12", "cvv=[pin] pin=12"),
    ],
)
def test_only_the_secret_goes(text: str, masked: str) -> None:
    assert redact(text).text.replace("REDACTED:", "") == masked


def test_the_options_of_every_program_are_read() -> None:
    missed, count = _missed("programs.txt")
    assert missed == []
    assert count >= 200


@pytest.mark.parametrize(
    ("kind", "prefixes", "rest"),
    [
        ("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", "a1B2" * 9),
        ("gitlab-token", "glpat- gldt- glrt- glptt- glcbt- glft- glsoat- glagent- glimt- gloas-",
         "a1B2" * 5),
        ("slack-token", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe. xoxo- xoxc- xoxd-", "12a4" * 5),
        ("aws-key", "AKIA ASIA ABIA ACCA", "A1B2" * 4),
        ("stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_", "a1B2" * 6),
        ("vault-token", "hvs. hvb. hvr.", "a1B2" * 6),
        ("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", "a1b2" * 16),
        ("shopify-token", "shpat_ shpca_ shppa_ shpss_", "a1b2" * 8),
        ("google-token", "ya29. 1//0", "a1B2" * 10),
        ("google-key", "AIza GOCSPX-", "a1B2" * 8),
        ("api-key", "dp.pt. dp.st. dp.ct. dp.sa. lin_api_ ntn_ glsa_ gsk_ xai- HRKU- figd_ LTAI",
         "a1B2" * 6),
        ("hash", ("$1$ab$ $5$ab$ $6$ab$ $7$ab$ $y$ab$ $gy$ab$ $apr1$ab$"
         " $2a$05$ $2b$05$ $2y$05$ $2x$05$"),
         "a1B2" * 6),
        ("hash", "{SSHA} {SHA} {SMD5} {MD5} {CRYPT} {PBKDF2}", "a1B2" * 6),
    ],
)  # fmt: skip
def test_every_beginning_of_a_token_is_known(kind: str, prefixes: str, rest: str) -> None:
    for prefix in prefixes.split():
        assert redact(f"x {prefix}{rest} y").kinds == (kind,), prefix


def test_a_number_is_one_only_where_no_other_word_goes_on() -> None:
    assert redact("cpf:52998224725").kinds == ("cpf",)
    assert redact("cpf 1.52998224725 52998224725.1 a52998224725").kinds == ()


@pytest.mark.parametrize(
    "piece",
    ["pass=ab1 ", "senha: ab1 ", 'pass="ab1" ', "com2sec x y ab1 ", "mysql -pab1 ", "PIN: 4821\n"],
)
def test_a_crowd_of_secrets_goes_as_a_whole(piece: str) -> None:
    found = redact(piece * 1_000 + "; the end").text
    assert "ab1" not in found
    assert "4821" not in found
    assert found.endswith("; the end")
    assert redact(found).text == found


@pytest.mark.parametrize("piece", ["senha é ", "sk-", "sig=", "api_key", "password ", "://"])
def test_a_crowd_of_nothing_stays_and_hides_nothing_behind_it(piece: str) -> None:
    text = piece * 1_000
    assert redact(text).text == text
    secret = "\npassword: hunter22\nmysql -phunter22 db\n"
    behind = redact(text + secret).text
    assert behind == text + secret.replace("hunter22", "[REDACTED:password]")


def test_a_crowd_behind_a_secret_far_away_stays() -> None:
    text = "pass=hunter22" + " and more" * 20 + " sk-" * 400
    assert redact(text).text == text.replace("hunter22", "[REDACTED:password]")
    text = "pass=hunter22" + " and more" * 20 + " token" * 400
    assert redact(text).text == text.replace("hunter22", "[REDACTED:password]")
    token = "ghp_" + "aB3d" * 9
    text = token + " and more" * 200 + " sk-" * 400
    assert redact(text).text == text.replace(token, "[REDACTED:github-token]")


def test_a_command_of_very_many_secrets_goes_as_a_whole() -> None:
    found = redact("mysql " + "-pabc1 -x " * 40 + "| less")
    assert (
        found.text == "mysql " + "-p[REDACTED:password] -x " * 16 + "-p[REDACTED:password] | less"
    )
    few = redact("mysql " + "-pabc1 -x " * 16 + "| less")
    assert few.text == "mysql " + "-p[REDACTED:password] -x " * 16 + "| less"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my password is old; username ana senha leme88, PSK 001: x1y2z3w4q5", None),
        ("a senha pastel22: muda", "a senha [password]: muda"),
        ("39053344705 19.131.243/0001-97", "39053344705 [cnpj]"),
        ("[REDACTED:cnpj] 39053344705", "[REDACTED:cnpj] 39053344705"),
        ("https://[REDACTED:url-token]@a1@b", "https://[REDACTED:url-token]@a1@b"),
        ("://db:5432/app@vice@site.k", "://db:[url-password]@site.k"),
        ("(echo [REDACTED:x]; echo b) | chpasswd", "(echo [REDACTED:x]; echo b) | chpasswd"),
        ("pass=[REDACTED:password]<x", "pass=[REDACTED:password]<x"),
        ("mysql 2>&1", "mysql 2>&1"),
        ("mysql >a -pabc1 2>&1 | x", "mysql >a -p[password] 2>&1 | x"),
        ("mysql -p'a''b'c -h x", "mysql -p'[password] -h x"),
        ('mysql -p"a\\qx1" -h x', 'mysql -p"[password]" -h x'),
        ("proxy_pass http://backend:8080;", "proxy_pass http://backend:8080;"),
        ("password = random_password.db.result", "password = random_password.db.result"),
        ("const token = await getToken();", "const token = await getToken();"),
        ("invalid token: unexpected '}'", "invalid token: unexpected '}'"),
        ("password: YourSecret1", "password: [password]"),
        ("password: YOURPASSWORD", "password: YOURPASSWORD"),
        ("password: your1password", "password: your1password"),
        ("password: sha512", "password: sha512"),
        ("token  Value='a1b2'", "token  Value='[token]'"),
        ("password  =hunter22", "password  =[password]"),
        ("the password value is hunter22", "the password value is [password]"),
    ],
)
def test_what_was_learnt_from_mixtures_and_from_lines_nobody_had_seen(
    text: str, masked: str | None
) -> None:
    found = redact(text).text
    assert redact(found).text == found
    if masked is not None:
        expected = found if "REDACTED" in masked else found.replace("REDACTED:", "")
        assert expected == masked


KINDS = """
age-key anthropic-key api-key authorization aws-key azure-secret bearer connection-string cookie
credentials digitalocean-token github-token gitlab-token google-key google-token hash
huggingface-token jwt mailchimp-key mailgun-key npm-token openai-key otp-seed password pin
pre-shared-key pypi-token recovery-code sas-signature secret sendgrid-key shopify-token slack-token
snmp-community stripe-key telegram-token terraform-token token twilio-key url-password url-token
vault-token webhook wifi-key
"""


def test_every_mask_is_called_by_a_known_kind() -> None:
    kinds = {rule.kind for rule in RULES} | {program.kind for program in PROGRAMS}
    assert kinds == set(KINDS.split())


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sqlcmd -P=hunter22 x", "sqlcmd -P=[password] x"),
        ("x\n neighbor 10.0.0.2 password abc123w", "x\n neighbor 10.0.0.2 password [password]"),
        ("git config http.password hunter22", "git config http.password [password]"),
        ("a senha para nas: girassol22 ok", "a senha para nas: [password] ok"),
        ("a senha -> girassol22", "a senha -> [password]"),
        ("a senha → girassol22", "a senha → [password]"),
        ("a senha – girassol22", "a senha – [password]"),
        ("a senha — girassol22", "a senha — [password]"),
        ('use the password "sunflower2" here', 'use the password "[password]" here'),
        (f"<session>{'abcdefgh' * 6}1</session>", "<session>[cookie]</session>"),
        ("user ana da senha girassol22", "user ana da senha girassol22"),
        ("user ana senha girassol22", "user ana senha [password]"),
        ("a52998224725 cpf 52998224725", "a52998224725 cpf [cpf]"),
        ("mysql '-phunter22' x", "mysql '-p[password]' x"),
        ('mysql "-phunter22" x', 'mysql "-p[password]" x'),
        ("setx DB_PASSWORD hunter22", "setx DB_PASSWORD [password]"),
        ("x\nENV DB_PASSWORD hunter22", "x\nENV DB_PASSWORD [password]"),
        ("the DB_PASSWORD hunter22", "the DB_PASSWORD hunter22"),
        ("openssl dgst -macopt key:hunter22 x", "openssl dgst -macopt key:[password] x"),
        ("openssl dgst -macopt hexkey:0a1b2c x", "openssl dgst -macopt hexkey:[password] x"),
        ("curl -uana:hunter22 x", "curl -uana:[password] x"),
        ("curl -sku ana:hunter22 x", "curl -sku ana:[password] x"),
        ("lftp -uana,hunter22 x", "lftp -uana,[password] x"),
        ("smbclient -Uana%hunter22 //x", "smbclient -Uana%[password] //x"),
        ('read -p "Senha: " x; echo "fim"', 'read -p "Senha: " x; echo "fim"'),
        ("read -p 'Senha: ' x; echo 'fim'", "read -p 'Senha: ' x; echo 'fim'"),
        ('echo "a"; read "Senha: " x; echo "b"', 'echo "a"; read "Senha: " x; echo "b"'),
        ("echo 'a'; read 'Senha: ' x; echo 'b'", "echo 'a'; read 'Senha: ' x; echo 'b'"),
        ("it's 'a' and password: 'hunter22'", "it's 'a' and password: '[password]'"),
        ("it's password: 'hunter22'", "it's password: '[password]'"),
        ('"a" password: "hunter22"', '"a" password: "[password]"'),
        ('\\"a password: "hunter22"', '\\"a password: "[password]"'),
        ("${KEY:-a1b2c3d4e5f6a7b8c9d0}", "${KEY:-a1b2c3d4e5f6a7b8c9d0}"),
        ("${PASSWORD:-$OTHER}", "${PASSWORD:-$OTHER}"),
        (":52998224725 cpf 1", ":[cpf] cpf 1"),
        ("the password is auto-filled", "the password is auto-filled"),
        ("the password is case-sensitive", "the password is case-sensitive"),
        ("the password is salt-based", "the password is salt-based"),
        ("a senha foi girassol", "a senha foi [password]"),
        ("a senha ficou girassol", "a senha ficou [password]"),
        ("a senha será girassol", "a senha será [password]"),
        ("the password was sunflower", "the password was [password]"),
        ('mysql -p"${P}" x', 'mysql -p"${P}" x'),
        ("password=`pass show x`", "password=`pass show x`"),
        ("alguém sabe a senha do nas? é girassol22", "alguém sabe a senha do nas? é [password]"),
        (
            "o root tem senha, mas a do nas é girassol22",
            "o root tem senha, mas a do nas é [password]",
        ),
        ("api key do nas: girassol22", "api key do nas: [token]"),
        ("senha para o nas: girassol", "senha para o nas: [password]"),
        ("senha provisória girassol22", "senha provisória [password]"),
        ("senha padrão 12 letras", "senha padrão 12 letras"),
        ("login é ana e a senha é tartaruga verde", "login é ana e a senha é [password]"),
        ("a senha é tartaruga verde", "a senha é tartaruga verde"),
        ("LDAP_CREDENTIALS='bind&unbind'", "LDAP_CREDENTIALS='[secret]'"),
        ("credentials: include", "credentials: include"),
        ("--creds ana:hunter22", "--creds ana:hunter22"),
        ("q?appid=0123456789abcdef0123456789abcdef", "q?appid=[api-key]"),
    ],
)
def test_what_tells_a_secret_and_what_does_not(text: str, masked: str) -> None:
    assert redact(text).text.replace("REDACTED:", "") == masked


@pytest.mark.parametrize("value", ["files", "compat", "sss", "systemd", "nis", "db"])
def test_where_passwords_are_looked_for_is_none(value: str) -> None:
    for name in ("passwd", "shadow", "group"):
        assert redact(f"{name}: {value}").text == f"{name}: {value}"


@pytest.mark.parametrize("text", ["PWD=/srv/app", "OLDPWD=~/x", "pwd=./x", "PWD=/a b", "PWD=~ana"])
def test_a_working_directory_is_no_password(text: str) -> None:
    assert redact(text).text == text


def test_a_password_of_a_connection_string_may_begin_like_a_path() -> None:
    assert redact("Server=x;Pwd=/ab12;").text == "Server=x;Pwd=[REDACTED:password];"


@pytest.mark.parametrize(
    "text",
    ["apt install mysql -phunter22", "my-mysql -phunter22", "locate mysql -phunter22",
     "sudo locate mysql -phunter22", "find . -name mysql -phunter22", "x.mysql -phunter22",
     "find mysql -phunter22", "cat mysql -phunter22"],
)  # fmt: skip
def test_a_program_that_is_not_run_has_no_options(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(
    "before",
    ["", "sudo ", "time ", "x | ", "x && ", "(", "$(", "`", '"', "ssh h ", "/usr/bin/", "=", "\n"],
)
def test_a_program_that_is_run_has_them(before: str) -> None:
    found = redact(f"{before}mysql -phunter22").text
    assert found == f"{before}mysql -p[REDACTED:password]"


STEMS = """
pass senha secret segredo token pwd cred pw contraseña chave psk frase_senha seed api_key access_key
license_key key auth cookie session sid jwt kennwort salt clave sig community otp appid
"""


@pytest.mark.parametrize("stem", STEMS.split())
def test_what_is_drawn_under_any_name_of_a_secret_is_one(stem: str) -> None:
    assert "a1b2c3" not in redact(f"{stem}=a1b2c3d4e5f6a7b8c9d0").text


@pytest.mark.parametrize("stem", ["pin", "puk", "cvv", "cvc", "cvv2"])
def test_a_short_number_is_one_under_its_name(stem: str) -> None:
    assert redact(f"{stem}=4821").text == f"{stem}=[REDACTED:pin]"
    assert redact(f"{stem}=48a1").text == f"{stem}=48a1"


def test_what_masks_uncover_is_masked_in_the_line_in_which_it_stands() -> None:
    line = "'x y1''x y1'password: password:  hunter22'x y1'"
    masked = "'x y1''x y1'password: [REDACTED:password]'"
    text = "{0}\nab\n{0} c\n\nand more\n{0}"
    assert redact(text.format(line)).text == text.format(masked)
