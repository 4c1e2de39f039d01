"""Names of secrets: what kind each promises, and which only look like one."""

import pytest

from ipcom_chat.domain.redaction_kinds import kind_of

PASSWORDS = """
password passwd passwort passphrase passcode pass pwd pw passw kennwort contraseña contrasena clave
senha senhas passkey userpassword rootpassword dbpassword passwords mypassword requirepass bindpw
rootpw bindpassword adminpassword storepass keypass authtok rediscliauth DB_PASSWORD db.password
--senha dbPassword SmtpPassWord2 ldap_default_authtok auth_pass wpapass minhasenha
"""
API_KEYS = """
apikey authkey accesskey accountkey masterkey encryptionkey sharedkey API_KEY accessKey2 wep_key
aes-key signing_key
"""


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("password", PASSWORDS),
        (
            "secret",
            "secret segredo secretkey clientsecret sharedsecret webhooksecret client-secret",
        ),
        (
            "token",
            "token apitoken authtoken accesstoken refreshtoken sessiontoken API_TOKEN _authToken",
        ),
        ("pre-shared-key", "psk presharedkey wifi-sec.psk"),
        ("pin", "pin puk cvv cvc cvv2"),
        ("api-key", API_KEYS),
        ("private-key", "privatekey private_key"),
        ("wifi-key", "keymaterial keyMaterial"),
        ("snmp-community", "community SNMP_COMMUNITY"),
    ],
)
def test_a_name_promises_a_kind(kind: str, names: str) -> None:
    found = {name: kind_of(name) for name in names.split()}
    assert found == dict.fromkeys(found, (kind, False))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("token", "auth basic_auth"),
        ("secret", "credential credentials cred creds salt secret_id"),
        ("cookie", "cookie session sessionid sid phpsessid jsessionid"),
        ("jwt", "jwt"),
        ("api-key", "key keys chave ssh_key appid"),
        ("otp-seed", "seed otp totp"),
        ("signature", "sig signature"),
    ],
)
def test_a_name_that_means_much_only_may_promise_one(kind: str, names: str) -> None:
    found = {name: kind_of(name) for name in names.split()}
    assert found == dict.fromkeys(found, (kind, True))


@pytest.mark.parametrize(
    "name",
    """
    password_file tokenType --no-password password-length secretName passwordPolicy key_id tokens
    public_key PUBKEY.pub host-key primarykey foreign_key bypass compass trespass proxypass surpass
    encompass getpass oldpwd askpass password_maps /etc/password user path monkey pass_count_x
    """.split(),
)
def test_a_name_about_a_secret_promises_none(name: str) -> None:
    assert kind_of(name) == ("", False)


def test_numbers_behind_a_name_say_nothing() -> None:
    assert kind_of("password2") == kind_of("password_22") == ("password", False)


def test_a_path_is_no_name_but_an_option_of_windows_is() -> None:
    assert kind_of("/password") == ("password", False)
    assert kind_of("/p") == kind_of("a/password") == ("", False)


@pytest.mark.parametrize(
    "name", ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "scgi_pass", "memcached_pass"]
)
def test_what_a_web_server_passes_a_request_to_is_no_password(name: str) -> None:
    assert kind_of(name) == ("", False)


KEYS_OF = """
api access auth encryption encrypt signing sign master account storage shared sharedaccess app
application client consumer crypt crypto aes hmac wep wpa preshared root admin webhook deploy
license licence subscription functions wg cipher kms service decrypt secretaccess fernet rails
recaptcha turnstile maps openai stripe sendgrid mailgun datadog twilio dd
"""


@pytest.mark.parametrize("word", KEYS_OF.split())
def test_a_key_of_something_is_a_secret(word: str) -> None:
    assert kind_of(f"x_{word}_key") == ("api-key", False)
    assert kind_of(f"{word}_public_key") == ("", False)


def test_a_name_may_be_written_with_signs_between_its_words() -> None:
    for name in ("pre_shared_key", "pre-shared-key", "preSharedKey"):
        assert kind_of(name) == ("pre-shared-key", False)


def test_a_private_key_is_one() -> None:
    assert kind_of("x_private_key") == ("private-key", False)


@pytest.mark.parametrize("word", ["agent", "exchange", "input", "issuer", "mount", "src", "var"])
def test_whose_a_secret_is_says_nothing_unless_it_is_the_last_word(word: str) -> None:
    assert kind_of(f"{word}_secret") == ("secret", False)
    assert kind_of(f"secret_{word}") == ("", False)


@pytest.mark.parametrize("word", ["pass", "pin", "pw"])
def test_a_short_word_is_a_secret_at_an_end_of_a_name(word: str) -> None:
    assert kind_of(word) == kind_of(f"{word}_x") == kind_of(f"x_{word}") != ("", False)
    assert kind_of(f"x_{word}_y") == ("", False)


def test_an_id_is_a_secret_only_behind_one() -> None:
    assert kind_of("secret_id") == kind_of("client_secret_id") == ("secret", True)
    for name in ("id_secret", "key_secret_id", "secret_key_id", "id"):
        assert kind_of(name) == ("", False)


def test_a_name_may_end_like_a_secret_from_six_letters_on() -> None:
    assert kind_of("yypass") == kind_of("dbpass") == kind_of("mypwdpwd") == ("password", False)
    assert kind_of("ypass") == ("", False)


@pytest.mark.parametrize(
    "word",
    "public pub host known authorized foreign primary partition sort cache hash index".split(),
)
def test_a_key_that_everybody_may_know_is_none(word: str) -> None:
    assert kind_of(f"{word}_key") == kind_of(f"key_{word}") == ("", False)
    assert kind_of(f"x_api_key_{word}") == ("", False)


def test_the_last_part_of_a_dotted_name_counts() -> None:
    assert kind_of("public.api_key") == ("api-key", False)
    assert kind_of("password.x") == ("", False)
    assert kind_of("a.password.") == ("password", False)
    assert kind_of("password-2-3") == kind_of("2password") == ("password", False)
    assert kind_of("22") == ("", False)
