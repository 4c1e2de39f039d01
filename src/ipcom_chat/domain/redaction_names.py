"""Secrets by the name they stand under: assignments in every notation.

A name is a secret's if one of its words is (`DB_PASSWORD`, `clientSecret`, `--senha`,
`spring.datasource.password`) and none says that it is something about it (`password_file`,
`tokenType`, `--no-password`). Between name and value may stand what shells, YAML, JSON, XML,
INI, PHP, SQL, HTTP and people put there.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from ipcom_chat.domain.redaction_sentences import SUBJECT, Span, sentence
from ipcom_chat.domain.redaction_values import (
    MASK_START,
    is_path,
    is_random,
    is_secret,
)

_TOLD = (
    "pass",
    "senh",
    "secret",
    "segred",
    "token",
    "pwd",
    "cred",
    "pw",
    "pin",
    "contrase",
    "chave",
)
"""Beginnings of names that a sentence may be about, too: see `SUBJECT`."""
_NAMED = (
    "psk", "key", "auth", "cookie", "session", "sid", "puk", "cvv", "cvc", "jwt", "kennwort", "salt",
    "clave", "sig",
)  # fmt: skip
_STEMS = (*((stem, True) for stem in _TOLD), *((stem, False) for stem in _NAMED))
_STRONG = {
    "password": "password", "passwd": "password", "passwort": "password", "passphrase": "password",
    "passcode": "password", "pass": "password", "pwd": "password", "pw": "password", "passw": "password",
    "kennwort": "password", "contraseña": "password", "contrasena": "password", "clave": "password",
    "senha": "password", "senhas": "password", "secret": "secret", "segredo": "secret", "token": "token",
    "psk": "pre-shared-key", "pin": "pin", "puk": "pin", "cvv": "pin", "cvc": "pin", "cvv2": "pin",
    "apikey": "api-key", "apitoken": "token", "authtoken": "token", "accesstoken": "token",
    "refreshtoken": "token", "secretkey": "secret", "privatekey": "private-key", "authkey": "api-key",
    "accesskey": "api-key", "accountkey": "api-key", "masterkey": "api-key", "encryptionkey": "api-key",
    "sharedkey": "api-key", "passkey": "password", "clientsecret": "secret", "userpassword": "password",
    "rootpassword": "password", "dbpassword": "password", "passwords": "password", "mypassword": "password",
    "requirepass": "password", "sharedsecret": "secret", "bindpw": "password", "rootpw": "password",
    "presharedkey": "pre-shared-key", "webhooksecret": "secret", "sessiontoken": "token",
    "bindpassword": "password", "adminpassword": "password", "storepass": "password", "keypass": "password",
}  # fmt: skip
_WEAK = {
    "auth": "token", "credential": "secret", "credentials": "secret", "cred": "secret", "creds": "secret",
    "cookie": "cookie", "session": "cookie", "sessionid": "cookie", "sid": "cookie", "phpsessid": "cookie",
    "jsessionid": "cookie", "jwt": "jwt", "key": "api-key", "salt": "secret", "sig": "signature",
    "signature": "signature", "keys": "api-key", "chave": "api-key",
}  # fmt: skip
_KEY_OF = frozenset(
    "api access secret private auth encryption encrypt signing sign master account storage shared "
    "sharedaccess app application client consumer crypt crypto aes hmac wep wpa preshared root admin "
    "webhook deploy license licence subscription functions wg cipher kms service decrypt "
    "secretaccess fernet rails recaptcha turnstile maps openai stripe sendgrid mailgun "
    "datadog twilio dd".split()
)
_PUBLIC = frozenset(
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
    """.split()
)
_ID_IS_SECRET = frozenset({"secret"})
_NAME_BACK = 64
_NAME_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/$ãçéíóúâêôñ"
_RIGHT = re.compile(r"[A-Za-z0-9_.\-ñ]{0,48}")
_SPLIT = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z]|\d|$|[^A-Za-z])|[A-Z]?[a-zãçéíóúâêôñ]+|[A-Z]+|\d+")
_SEPARATOR = re.compile(
    r"""
      \\{0,3}["'`]?[\])]?[ \t]{0,24}(?:=>|:=|===?|\+=|\?=|=|:(?!:|//))[ \t]{0,24}(?:\r?\n[ \t]{0,40}(?=["']))?
    | \([ \t]?(?=["'])
    | \\?["']\s{0,32},?\s{0,32}\\?["']?[Vv](?:alue|ALUE)\\?["']?[ \t]{0,4}[:=][ \t]{0,4}
    | \r?\n[ \t]{1,40}value:[ \t]{1,4}
    | [ \t]{1,4}(?:[Vv]alue|[Dd]efault)=(?=["'])
    | [ \t]{1,4}-Value[ \t]{1,4}
    | \\{0,3}["'][ \t]{0,8},[ \t]{0,8}(?=\\?["'])
    | ["']?(?:[ \t][\w:-]{1,30}=["'][^"'<>\n]{0,60}["']){0,3}>(?:</key>\s{0,40}<string>|<!\[CDATA\[)?
    """,
    re.VERBOSE,
)  # fmt: skip
_DEFAULT = re.compile(r":?[-=]([^}\n]{1,200})\}")
_SPACED = re.compile(r"[ \t]{1,8}(?![-|;&<>=:])")
_SETTERS = re.compile(
    r"(?:\bsetx|\bsetenv|\bset\s(?:-\w{1,4}\s){0,3}|\bconfig\s(?:--?\w{1,12}\s)?(?:set\s)?|\bconfigure set|\bconfig add)\s{0,4}(?:\S{1,60}[:.])?$"
)
_QUOTED = {
    '"': re.compile(r'"((?:\\.|[^"\\\n]){0,2000})"'),
    "'": re.compile(r"'((?:[^'\n]|'\\''|'\"'\"'){0,2000})'"),
}
_ESCAPED = re.compile(r'\\{1,3}(["\'])((?:[^"\'\\\n]|\\{2}){0,400}?)\\{1,3}\1')
_BARE = re.compile(
    r"""(?:[^\s"'`;,&|<>\\()\[\]{}]
      | ;(?!\s|$|\s?[A-Za-z][\w ]{0,24}=)
      | ,(?!\s|$|["'}\]]|[a-z_]{1,24}(?:[=,\s]|$))
      | &(?!&|\s|$|amp;|[\w.\[\]-]{1,40}=)
      | \|(?!\||\s|$)
      | \\(?![nrt"'\s]|$)
      | [([{](?=\S) | [)\]}](?=[^\s"'`,;)\]}])
      | ["'`](?=[^\s"'`,;:)\]}<>]) ){1,256}""",
    re.VERBOSE,
)
_BARE_CHARS = 256
# A look ahead that costs little: a digit among what was perhaps drawn.
_MAY_BE_DRAWN = re.compile(r"[^\d\n]{0,40}\d")
_XML = re.compile(r"[^<\n]{1,400}")
_BLOCK = re.compile(r"[|>][+-]?[ \t]*\r?\n([ \t]+)(\S[^\n]*)")
_LINE_BACK = 240


def names(text: str, lowered: str) -> Iterator[Span]:
    """Yield start, end and kind of what stands under the name of a secret, or is told as one."""
    done = told = 0
    for start, end, is_told in _candidates(lowered):
        if start >= done:
            done, named = _named(text, start, end)
            if named:
                told = done
                yield named
        if is_told and start >= told and (said := SUBJECT.match(lowered, start)) is not None:
            span = sentence(text, lowered, start, said.end(), said.group())
            if span:
                told = span[1]
                yield span


def _candidates(lowered: str) -> list[tuple[int, int, bool]]:
    """Return where stems stand, in order, and whether a sentence may tell what they name."""
    found = []
    for stem, is_told in _STEMS:
        position = lowered.find(stem)
        while position >= 0:
            end = position + len(stem)
            found.append((position, end, is_told))
            position = lowered.find(stem, end)
    found.sort()
    return found


def _named(text: str, start: int, end: int) -> tuple[int, Span | None]:
    """Return how far a name reaches, and what stands under it if that is a secret."""
    back = text[max(0, start - _NAME_BACK) : start]
    left = start - len(back) + len(back.rstrip(_NAME_CHARS))
    found = _RIGHT.match(text, end)
    right = found.end() if found else end
    while right > end and text[right - 1] in ".-":
        right -= 1
    if text[right : right + 1] not in _MAY_FOLLOW or text.startswith(MASK_START, left - 10):
        return right, None
    kind, is_weak = _kind(text[left:right])
    span = _valued(text, left, right, kind, is_weak=is_weak) if kind else None
    return (span[1] if span else right), span


_MAY_FOLLOW = frozenset(" \t=:\"'`\\>,()]+?\r\n")


@lru_cache(maxsize=1024)
def _kind(name: str) -> tuple[str, bool]:
    """Return what kind of secret a name promises, if any, and whether it only may be one."""
    if "/" in name[1:] or (name[0] == "/" and len(name) < 3):
        return "", False
    last = name.rsplit(".", 1)[-1] if not name.endswith(".") else name
    whole = last.lower().strip("-_/$")
    words = [word.lower() for word in _SPLIT.findall(last)] or [whole]
    while len(words) > 1 and words[-1].isdecimal():
        words.pop()
    if words[-1] == "id" and "secret" in words[:-1] and "key" not in words:
        return "secret", True
    if any(word in _ABOUT for word in words):
        return "", False
    return _of_words(whole, words)


def _of_words(whole: str, words: list[str]) -> tuple[str, bool]:
    flat = whole.replace("_", "").replace("-", "")
    if flat in _STRONG:
        return _STRONG[flat], flat in {"token", "secret"} and False
    is_public = any(word in _PUBLIC for word in words)
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


def _valued(text: str, left: int, right: int, kind: str, *, is_weak: bool) -> Span | None:
    if text.startswith("${", left - 2) and left > 1:
        default = _DEFAULT.match(text, right)
        is_good = default is not None and not is_weak and is_secret(default[1])
        return (*default.span(1), kind) if default and is_good else None
    start = _value_start(text, left, right, is_weak=is_weak)
    if start is None:
        return None
    span = _span(text, left, start, is_xml=text[right:start].endswith((">", "[CDATA[")))
    if span is None or not _is_wanted(text, left, right, text[slice(*span)], is_weak=is_weak):
        return None
    begin, end = span
    # Only what is masked is read to its end: nothing is read to its end twice.
    while end - begin >= _BARE_CHARS and (more := _BARE.match(text, end)):
        end = more.end()
    return begin, end, kind


def _value_start(text: str, left: int, right: int, *, is_weak: bool) -> int | None:
    """Return where a value may begin that belongs to a name; None if nothing can."""
    separator = _SEPARATOR.match(text, right)
    if separator is None:
        is_option = text[left] == "-"
        spaced = _SPACED.match(text, right)
        return spaced.end() if spaced and (is_option or _is_set(text, left)) else None
    start = separator.end()
    # One of a list, and no `define("NAME", "value")`.
    is_listed = text[right:start].endswith((",", ", ")) and "(" not in text[max(0, left - 3) : left]
    is_masked = text.startswith((MASK_START, f"'{MASK_START}", f'"{MASK_START}'), start)
    is_plain = is_weak and text[start - 1] != ">" and not _MAY_BE_DRAWN.match(text, start)
    return None if is_listed or is_masked or is_plain else start


def _is_wanted(text: str, left: int, right: int, value: str, *, is_weak: bool) -> bool:
    name = text[left:right].lower().strip("-_$/")
    if not is_secret(value) or value.lower() == name or value.startswith(("id=", "type=")):
        return False
    if is_weak:
        return is_random(value, 12 if "auth" in name else 16)
    if name.endswith(_SHORT_NUMBERS):
        return value.isdecimal() and 3 <= len(value) <= 8
    return not ("key" in name and is_path(value)) and not _is_something_else(
        text, left, name, value
    )


_SHORT_NUMBERS = ("pin", "puk", "cvv", "cvc", "cvv2")
_DATABASES = frozenset({"files", "compat", "sss", "systemd", "nis", "db"})


def _is_something_else(text: str, left: int, name: str, value: str) -> bool:
    """Return whether the name has another meaning: a working directory, a line of nsswitch.conf."""
    if name.endswith("pwd"):
        is_folder = (is_path(value) or value[0] in "~.") and ";" not in text[
            max(0, left - 2) : left
        ]
        return is_folder or (name == "pwd" and " " in value and "pwd" in value)
    return name in {"passwd", "shadow", "group"} and value in _DATABASES


def _is_set(text: str, left: int) -> bool:
    before = text[max(0, left - 100) : left]
    if "set" not in before and "config" not in before:
        return False
    return bool(_SETTERS.search(before.rpartition("\n")[2]))


_NO_VALUE = ("", "`")
"""The end of the text, and what a command prints."""


def _span(text: str, left: int, start: int, *, is_xml: bool) -> tuple[int, int] | None:
    if is_xml:
        found = _XML.match(text, start)
        return found.span() if found and text.startswith("<", found.end()) else None
    first = text[start : start + 1]
    if first in _NO_VALUE:
        return None
    if first == "\\" and (escaped := _ESCAPED.match(text, start)):
        return escaped.span(2)
    if first in "|>" and (block := _BLOCK.match(text, start)):
        return block.span(2)
    prefix = 1 if first in "$@bfru" and text[start + 1 : start + 2] in {"'", '"'} else 0
    first = text[start + prefix : start + prefix + 1]
    if first in _QUOTED and first:
        return _quoted(text, left, start + prefix, first)
    return _bare(text, left, start)


def _quoted(text: str, left: int, start: int, quote: str) -> tuple[int, int] | None:
    if _is_inside(text, left, start, quote):
        return None
    found = _QUOTED[quote].match(text, start)
    if found is None:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        rest = text[start + 1 : min(end, start + 400)].split(maxsplit=1)
        return (
            (start + 1, start + 1 + len(rest[0]))
            if rest and text[start + 1 : start + 2].strip()
            else None
        )
    begin, end = found.span(1)
    # `'it'"'"'s'`: pieces that a shell joins are one value.
    joined = _BARE_JOIN.match(text, found.end())
    return begin, joined.end() if joined and joined.end() > found.end() else end


_BARE_JOIN = re.compile(r"""(?:\\'|"'"|'[^'\n]{0,200}'|"[^"\n]{1,200}")*(?=['"\s]|$)(?<!['"])""")


def _is_inside(text: str, left: int, start: int, quote: str) -> bool:
    """Return whether a quote closes what was opened before the name, as in `input("Password: ")`."""
    begin = max(left - _LINE_BACK, text.rfind("\n", 0, left) + 1)
    before = text[begin:start]
    count = before.count(quote) - before.count(f"\\{quote}")
    if quote == "'" and count % 2:
        count -= len(_APOSTROPHE.findall(before))
    return count % 2 == 1


_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def _bare(text: str, left: int, start: int) -> tuple[int, int] | None:
    opened = text[left - 1] if left else ""
    if opened in {'"', "'"} and (within := _WITHIN[opened].match(text, start)):
        return within.span()
    found = _BARE.match(text, start)
    if found is None:
        return None
    end = found.end()
    while end > start and text[end - 1] in _TRAILING:
        end -= 1
    if end < len(text) and text[end : end + 1] == "(":
        return None
    return (start, end) if end > start else None


_TRAILING = ".,;:)]}\"'`"
_WITHIN = {
    '"': re.compile(
        r'(?:[^"\\\n&;]|\\[^"n]|&(?![\w.\[\]-]{1,40}=)|;(?!\s|\w{1,24}=)){1,200}(?=\\?"(?:\s|$|[;)|&,\]}]))(?<!\s)'
    ),
    "'": re.compile(
        r"(?:[^'\n&;]|&(?![\w.\[\]-]{1,40}=)|;(?!\s|\w{1,24}=)){1,200}(?='(?:\s|$|[;)|&,\]}]))(?<!\s)"
    ),
}
