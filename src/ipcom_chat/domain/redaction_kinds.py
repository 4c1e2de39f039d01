"""What kind of secret a name promises: the words that names are made of.

A name is a secret's if one of its words is (`DB_PASSWORD`, `clientSecret`, `--senha`,
`spring.datasource.password`) and none says that it is something about it (`password_file`,
`tokenType`, `--no-password`). Knows nothing of the text around a name.
"""

import re
from functools import lru_cache

_STRONG = {
    "passwort": "password",
    "passcode": "password", "pass": "password", "pwd": "password", "pw": "password", "passw": "password",
    "kennwort": "password", "contraseña": "password", "contrasena": "password", "clave": "password",
    "senha": "password", "senhas": "password", "secret": "secret", "segredo": "secret", "token": "token",
    "psk": "pre-shared-key", "pin": "pin", "puk": "pin", "cvv": "pin", "cvc": "pin",
    "apikey": "api-key", "apitoken": "token", "authtoken": "token", "accesstoken": "token",
    "refreshtoken": "token", "secretkey": "secret", "privatekey": "private-key", "authkey": "api-key",
    "accesskey": "api-key", "accountkey": "api-key", "masterkey": "api-key", "encryptionkey": "api-key",
    "sharedkey": "api-key", "passkey": "password", "clientsecret": "secret",
    "passwords": "password",
    "sharedsecret": "secret", "bindpw": "password", "rootpw": "password",
    "presharedkey": "pre-shared-key", "webhooksecret": "secret", "sessiontoken": "token",
    "authtok": "password", "keymaterial": "wifi-key",
    "community": "snmp-community", "rediscliauth": "password",
}  # fmt: skip
"""Besides what ends like one of `_SUFFIXES`."""
_WEAK = {
    "auth": "token", "credential": "secret", "credentials": "secret", "cred": "secret", "creds": "secret",
    "cookie": "cookie", "session": "cookie", "sessionid": "cookie", "sid": "cookie", "phpsessid": "cookie",
    "jsessionid": "cookie", "jwt": "jwt", "key": "api-key", "salt": "secret", "sig": "signature",
    "signature": "signature", "keys": "api-key", "chave": "api-key", "seed": "otp-seed", "otp": "otp-seed",
    "totp": "otp-seed", "appid": "api-key",
}  # fmt: skip
_KEY_OF = frozenset(
    "api access secret private auth encryption encrypt signing sign master account storage shared "
    "sharedaccess app application client consumer crypt crypto aes hmac wep wpa preshared root admin "
    "webhook deploy license licence subscription functions wg cipher kms service decrypt "
    "secretaccess fernet rails recaptcha turnstile maps openai stripe sendgrid mailgun "
    "datadog twilio dd".split()
)
PUBLIC = frozenset(
    "public pub host known authorized foreign primary partition sort cache foreignkey hash index".split()
)
_ABOUT = frozenset(
    """
    file files path paths dir dirs directory folder url uri urls endpoint name names type types length len min max
    policy prompt expiry expires expire expiration expired age ttl timeout count limit limits field
    fields column label placeholder authentication rounds store manager reset required enabled
    disabled less help hint attempts algorithm algo size format index usage budget cmd command ref refs
    generator strength warn last status callback provider version issuer header class method
    mode changed days fd stdin env var ask no skip without prompt num total input output mount mounts
    change expiredate history quality tries retries complexity validator validation check checks
    verify agent exchange service permit scheme uri rotation interval created updated at id ids
    encoding order selector tokens option options allow empty info template src source key_id permission permissions mask
    maps map
    """.split()
)
_OWNERS = frozenset(
    "agent exchange input issuer maps mount provider service source src store var".split()
)
"""Of `_ABOUT`, what says whose a secret is where it is not the last word: `TF_VAR_db_password`."""
_PASSED_TO = frozenset(
    "proxy_pass fastcgi_pass uwsgi_pass grpc_pass scgi_pass memcached_pass".split()
)
"""What nginx passes a request to."""
_SPLIT = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z]|\d|$|[^A-Za-z])|[A-Z]?[a-zãçéíóúâêôñ]+|[A-Z]+|\d+")


@lru_cache(maxsize=1024)
def kind_of(name: str) -> tuple[str, bool]:
    """Return what kind of secret a name promises, if any, and whether it only may be one."""
    if "/" in name[1:] or name in _PASSED_TO:
        return "", False
    last = name.rsplit(".", 1)[-1] if not name.endswith(".") else name
    whole = last.lower().strip("-_/$")
    words = [word.lower() for word in _SPLIT.findall(last.replace("PassWord", "Password"))] or [
        whole
    ]
    while len(words) > 1 and words[-1].isdecimal():
        words.pop()
    if words[-1] == "id" and "secret" in words[:-1] and "key" not in words:
        return "secret", True
    if words[-1] in _ABOUT or any(word in _ABOUT and word not in _OWNERS for word in words):
        return "", False
    return _of_words(whole, words)


def _of_words(whole: str, words: list[str]) -> tuple[str, bool]:
    flat = whole.replace("_", "").replace("-", "")
    if flat in _STRONG:
        return _STRONG[flat], False
    is_public = any(word in PUBLIC for word in words)
    for place, word in enumerate(words):
        if word == "key" and place and words[place - 1] in _KEY_OF and not is_public:
            return "api-key" if words[place - 1] != "private" else "private-key", False
    for word in words:
        if word in _STRONG and not (
            word in {"pass", "pin", "pw"}
            and len(words) > 1
            and word != words[-1]
            and word != words[0]
        ):
            return _STRONG[word], False
        if len(word) > 5 and word.endswith(_SUFFIXES) and not word.endswith(_NO_SUFFIXES):
            return "password", False
    for word in words:
        if word in _WEAK and not is_public:
            return _WEAK[word], True
    return "", False


_SUFFIXES = ("password", "passwd", "senha", "passphrase", "pass", "pwd", "secret", "token")
_NO_SUFFIXES = (
    "bypass",
    "compass",
    "trespass",
    "proxypass",
    "surpass",
    "encompass",
    "getpass",
    "oldpwd",
    "askpass",
)
