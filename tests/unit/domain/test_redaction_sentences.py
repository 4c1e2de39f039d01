"""Secrets told in plain words: of several words, beside a name, passed to somebody."""

import pytest

from ipcom_chat.domain.redaction import redact


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("passphrase is correct horse battery staple", "correct horse battery staple"),
        ("frase secreta: cavalo bateria grampo certo", "cavalo bateria grampo certo"),
        ("a senha do wifi é girassol 31, dá?", "girassol 31"),
        ("pppoe: cliente123 / senha 123mudar", "123mudar"),
        ("acesso ssh (senha 123mudar)", "123mudar"),
        ("PSK da VPN: girassol31", "girassol31"),
    ],
)
def test_what_is_told_is_found(text: str, secret: str) -> None:
    masked = redact(text).text
    assert secret.split(maxsplit=1)[0] not in masked
    assert secret.rsplit(maxsplit=1)[-1] not in masked


@pytest.mark.parametrize(
    "text",
    [
        "the passphrase is stored inside another encrypted volume",
        "the password is something that must have twelve characters",
        "a senha não é cavalo bateria grampo certo",
        "o token é válido 30",
        "pass options to 'make'",
    ],
)
def test_what_tells_none_stays(text: str) -> None:
    assert redact(text).text == text


def _masked(text: str) -> str:
    return redact(text).text.replace("REDACTED:", "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a senha é abcde", "a senha é [password]"),
        ("a senha é girassol.", "a senha é [password]."),
        ("a senha é: girassol", "a senha é: [password]"),
        ("the password = sunflower", "the password = [password]"),
        ("the password for nas = sunflower", "the password for nas = [password]"),
        ("the password for nas: sunflower", "the password for nas: [password]"),
        ("the password for nas -> sunflower2", "the password for nas -> [password]"),
        ("the password for nas — sunflower2", "the password for nas — [password]"),
        ("the password -> sunflower", "the password -> [password]"),
        ("the password → sunflower", "the password → [password]"),
        ("the password - sunflower22", "the password - [password]"),
        ("the password now is sunflower", "the password now is [password]"),
        ("a senha continua girassol", "a senha continua [password]"),
        ("a senha eh girassol", "a senha eh [password]"),
        ("the password is red-blue", "the password is [password]"),
        ("the password is red-only1", "the password is [password]"),
        ("senha para ana: girassol", "senha para ana: [password]"),
        ("pin é 4821", "pin é [password]"),
        ("the password is girassol22).", "the password is [password])."),
        ("a senha é **girassol22**", "a senha é **[password]**"),
        *((f"a senha é girassol22{sign}", f"a senha é [password]{sign}") for sign in ".,;:]}*_?…"),
    ],
)
def test_a_word_that_a_sentence_tells_goes_and_its_signs_stay(text: str, masked: str) -> None:
    assert _masked(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "a senha é abcd",
        "a senha é Girassol",
        "a senha é fraca",
        "a senha é weak",
        "a senha é girassol azul",
        "a senha é girassol na sala",
        "a senha é girassol, avise",
        "a senha não é girassol",
        "password is not sunflower",
        "the password isn't sunflower",
        "the password to sunflower",
        "the password is red--blue",
        "the password is red-blu9e-based",
        "the password is auto-lock9",
        "the password is time-based",
        "the password is one-time1",
        "a senha é !",
        "password changed to sunflower",
        "the password for the box of the old lab here is sunflower",
    ],
)
def test_a_word_that_a_sentence_does_not_tell_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(("opened", "closed"), ['""', "''", "``", "“”"])
def test_what_stands_in_quotes_is_told_up_to_four_words(opened: str, closed: str) -> None:
    told = f"a senha é {opened}[password]{closed} ok"
    assert _masked(f"a senha é {opened}girassol{closed} ok") == told
    assert _masked(f"a senha é {opened}gira sol azul verde{closed} ok") == told
    long = f"a senha é {opened}gira sol azul verde claro{closed} ok"
    assert redact(long).text == long


@pytest.mark.parametrize(("opened", "closed"), ['""', "''", "``", "“”"])
def test_what_stands_in_quotes_beside_is_told(opened: str, closed: str) -> None:
    assert _masked(f"use the password {opened}sun1flower{closed} ok") == (
        f"use the password {opened}[password]{closed} ok"
    )
    plain = f"use the password {opened}password{closed} ok"
    assert redact(plain).text == plain


def test_a_plain_word_in_quotes_beside_is_none() -> None:
    for text in ("use the password “sunflower” ok", "use the password `sunflower` ok"):
        assert redact(text).text == text


def test_a_quote_that_closes_begins_no_secret() -> None:
    for text in ('echo "the password is "sunflower', '"a senha é "girassol"'):
        assert redact(text).text == text


@pytest.mark.parametrize(
    "before",
    [
        "com ", "with ", "a ", "the ", "2fa ", "user ana ", "usuário ana ", "login ana ", "ana, ",
        "ana| ", "ana/ ", "(", "com\t",
    ],
)  # fmt: skip
def test_a_password_stands_right_beside_its_name(before: str) -> None:
    assert _masked(f"{before}senha girassol22") == f"{before}senha [password]"


@pytest.mark.parametrize(
    "before", ["user: ana ", "o ana ", "user ana silva ", "ana [", ":", "ana:", "x\t", "ana. "]
)
def test_beside_anything_else_none_stands(before: str) -> None:
    assert redact(f"{before}senha girassol22").text == f"{before}senha girassol22"


@pytest.mark.parametrize("sign", [*"-_/.$", "x", "9"])
def test_a_name_inside_a_word_tells_nothing(sign: str) -> None:
    text = f"a {sign}senha do nas é girassol"
    assert redact(text).text == text
    assert _masked("a +senha do nas é girassol") == "a +senha do nas é [password]"


@pytest.mark.parametrize("kind", "provisória temporaria mestra inicial padrao temporary".split())
def test_what_a_password_is_for_may_stand_between(kind: str) -> None:
    assert _masked(f"x, senha {kind} girassol22 ok") == f"x, senha {kind} [password] ok"


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("token", "token"), ("chave", "token"), ("chave de api", "token"), ("api key", "token"),
        ("access key", "token"), ("secret", "secret"), ("secret key", "secret"),
        ("segredo", "secret"), ("license key", "password"), ("frase senha", "password"),
        ("passphrase", "password"), ("psk", "password"),
    ],
)  # fmt: skip
def test_a_mask_is_called_by_what_the_sentence_speaks_of(subject: str, kind: str) -> None:
    assert _masked(f"{subject} do nas é girassol22") == f"{subject} do nas é [{kind}]"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a senha é correct horse battery staple", "a senha é [password]"),
        ("a senha: correct horse battery staple", "a senha: [password]"),
        ("a senha é girassol 31", "a senha é [password]"),
        ("a senha é girassol verde 31", "a senha é [password]"),
        ("login é ana e a senha é tartaruga verde", "login é ana e a senha é [password]"),
        ("login é ana, password is tartaruga verde", "login é ana, password is [password]"),
    ],
)
def test_several_words_are_told_as_a_whole(text: str, masked: str) -> None:
    assert _masked(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "a senha é correct horse battery",
        "a senha é correct horse battery must",
        "a senha para correct horse battery staple",
        "a senha é fraca 31",
        "a senha é senha 31",
        "a senha é girassol verde azul 31",
        "login é ana\na senha é tartaruga verde",
        "login é ana e a senha não é tartaruga verde",
        "login é ana e a senha é with tartaruga",
    ],
)
def test_several_words_of_a_sentence_stay(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize("before", ["changed", "reset", "set"])
def test_to_pass_something_to_somebody_tells_none(before: str) -> None:
    assert redact("pass the flag to 'sunflower2'").text == "pass the flag to 'sunflower2'"
    assert _masked(f"pass {before} to 'sunflower2'") == f"pass {before} to '[password]'"


@pytest.mark.parametrize(("size", "is_near"), [(54, True), (55, False)])
def test_a_user_is_told_near_before_a_password(size: int, is_near: bool) -> None:
    text = f"user {'x' * size} senha girassol22"
    assert _masked(text) == (text.replace("girassol22", "[password]") if is_near else text)


@pytest.mark.parametrize(("size", "is_near"), [(15, True), (16, False)])
def test_what_tells_stands_near_behind_its_subject(size: int, is_near: bool) -> None:
    text = f"senha {'x' * 40} {'x' * 40} {'x' * size} é girassol22"
    assert _masked(text) == (text.replace("girassol22", "[password]") if is_near else text)
