"""Whether a value that stands where a secret could stand is one.

A variable, a placeholder, a call and a word such as `password` itself are none: masking them would
cost the reader sense and protect nobody. A default that nobody changed (`changeme`) is one: on
three hundred machines it opens doors.
"""

import re
from collections import Counter
from functools import cache
from math import log2
from string import ascii_lowercase, ascii_uppercase, digits

MASK_START = "[REDACTED:"

_SECRET_WORDS = (
    "password|passwd|passphrase|passcode|pass|pwd|pw|senha|segredo|secret|token|apikey|api[-_]?key|"
    "key|credentials?|community|psk|pin|hash|cookie"
)
_WORDS = frozenset(
    """
    null none nil true false yes no on off undefined empty required optional string str int bool
    text object number prompt ask default unset disabled enabled void any hidden redacted removed
    omitted masked secretkeyref not set is are was the a an and or to of for in from with must should
    invalid incorrect wrong missing expired accepted rejected failed changed denied unknown
    authentication please enter leave same type again confirm confirmation correct stored
    encrypted plaintext never always read write sensitive public bearer basic digest
    nenhuma nenhum nulo vazio vazia sim não nao obrigatória obrigatorio obrigatória obrigatório
    mine theirs yours pswd pasword mypass mypassword password1 continue policy continua continuar
    inválida inválido incorreta errada expirada expirou alterada redefinida padrão de do da para
    por com em no na que qual é e está foi deve precisa pode seja favor digite informe vault
    sha512 sha256 sha1 md5 bcrypt yescrypt blowfish argon2 argon2id scram-sha-256 sha512_crypt
    mínimo minimo minimum máximo maximo maximum min max at least between use see ask contact check
    pelo entre com sem unexpected expected await veja consulte solicite peça use confira pergunte
    """.split()
)
# Matched with what is in lower case: to leave case aside would take twice as long.
_PLACEHOLDER = re.compile(
    r"""(?x)
    \$[({]?[a-z_?@*{(] | \$\d(?![a-z0-9]) | \$\( | ` | %\w+%$ | %\(?\w*\)?s | %[sdv\d]$ | \{\{ | \{%
    | \{[\w.\-: ]*\}? $ | < [^<>]{0,80} > $ | <%|<\w+$ | \[[\w .\-]{1,40}\]$ | [!:][a-z:_]+$ | \{\\?["'] | &\w+;?$ | @\w*/ | @\{
    | \([a-zà-ÿ-]+$ | [*•●x.…_\-=#?]{2,}$ | \W*$ | "?\.{3}
    | (?:process\.env|os\.environ|os\.getenv|getenv|env|system|std|var|local|data|module|self|this|
        args|argv|config|cfg|settings|opts?|options|params?|request|req|ctx|context|user|vars?|
        secrets?|inputs|steps|github|each|lookup|keyring|vault)\b[.(\[]
    | [\w.]{1,60}\([^()]{0,80}(?:\)(?:$|[;.\[]))?$ | [\w.]{1,60}\([^()]{0,80}\)[;.\[]
    | (?:your|seu|sua|su|tu|tua|insert|replace|my|the|some|new|old|current|example|enter|put|any)
      (?:[-_ ]?(?:new|old|own|db|database|root|admin|user|app|api|access|secret|auth|aqui|here|
        ipmi|bind|ldap|wifi|personal|private|strong|super|github|gitlab|slack))*
      [-_ ](?:PLACEHOLDERS)(?:[-_ ](?:here|aqui|PLACEHOLDERS))*$
    | (?:your|seu|sua|insert|replace)\w{0,30}(?:PLACEHOLDERS)(?:[-_ ]?(?:here|aqui))?$
    | (?:PLACEHOLDERS)(?:[-_ ]?(?:here|aqui))?$
    | (?:random|aws|azurerm|google|kubernetes|vault|tls|data|helm|null|time)_\w+\.\w+\.\w+$
    | (?:arn|file|fd|env|ssm|sops|vault|secretsmanager|keyvault|op):\S*$ | op://
    | [^\s]*(?:\\[wsdb]|\.\*|\.\+|\[\^|\(\?|\[a-z|\[0-9)
    """.replace("PLACEHOLDERS", _SECRET_WORDS)
)
_MASK = re.compile(r"\[REDACTED:[a-z-]{1,32}\]")
_GOES_ON = re.compile(r"\[[^\[\]]{1,50}\][^\s\]&;|),.\"'`<>:}\\]")
"""A mask with more of the same word behind it, and no end of a command or of a sentence."""
_META_VARIABLE = re.compile(r"[A-Z][A-Z_]*$")
_UPPER_SECRET = re.compile(r"PASS|TOKEN|SECRET|KEY|SENHA|PWD|HASH|YOUR|COMMUNITY")
_PATH = re.compile(r"(?:~|\.{1,2})?/[\w.\-]+(?:/[\w.\-]*)*$")
_TRIVIAL = re.compile(r"(?:\d{1,3}|[a-z]|\W)$", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_SYMBOL = re.compile(r"[^\w\s.,;:'\"()/-]")
_CASES = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_CLASS_OF = str.maketrans(
    ascii_lowercase + ascii_uppercase + digits, "a" * 26 + "A" * 26 + "0" * 10
)
_CLASSES = ("a", "A", "0")
_CHANGES = tuple(one + other for one in _CLASSES for other in _CLASSES if one != other)
_CHANGES_MIN = 0.38
_DRAWN_BITS = 4.0


def is_secret(value: str) -> bool:
    """Return whether a value under the name of a secret is one, and no variable or placeholder."""
    lower = value.lower()
    if value.isalnum() and not value.isalpha() and not value.isdecimal():
        # Letters and digits, as most secrets are: no sign of a variable, few words.
        return lower not in _WORDS and not (
            lower.startswith(_OWNED) and _PLACEHOLDER.match(lower, 0, _LONG)
        )
    if value.startswith(MASK_START) and not _GOES_ON.match(value):
        return False
    if lower.strip("/'\"") in _WORDS or _TRIVIAL.match(value):
        return False
    if _META_VARIABLE.match(value) and _UPPER_SECRET.search(value):
        return False
    return not _PLACEHOLDER.match(lower, 0, _LONG)


_LONG = 200
_OWNED = ("your", "seu", "sua", "insert", "replace")
"""With what a placeholder may begin that holds digits and no sign: `yourpassword1`."""


def is_path(value: str) -> bool:
    """Return whether a value is the path of a file."""
    return bool(_PATH.match(value))


def is_like_password(value: str) -> bool:
    """Return whether a word of a sentence looks like a password rather than like a word."""
    if MASK_START in value[1:]:
        value = _MASK.sub("", value)
    if len(value) < 4 or not is_secret(value) or is_path(value):
        return False
    has_digit, has_letter = bool(_DIGIT.search(value)), bool(_LETTER.search(value))
    return (
        (has_digit and has_letter)
        or value.isdecimal()
        or (has_letter and bool(_SYMBOL.search(value[1:])))
        or bool(_CASES.search(value))
    )


def is_random(value: str, least_chars: int = 16) -> bool:
    """Return whether a value has the look of something that was drawn, not written."""
    if len(value) < least_chars or not _DIGIT.search(value) or not _LETTER.search(value):
        return False
    return is_secret(value) and not is_path(value) and entropy_bits(value[:_LONG]) >= 3.0


def is_drawn(token: str) -> bool:
    """Return whether a bare word was certainly drawn: all classes, changing all the time."""
    if token.islower() or token.isupper():
        return False
    classes = token.translate(_CLASS_OF)
    if sum(map(classes.count, _CHANGES)) < _CHANGES_MIN * len(token):
        return False
    return all(each in classes for each in _CLASSES) and _is_varied(token)


def _is_varied(token: str) -> bool:
    """Return whether the entropy of a word is that of one that was drawn."""
    # Mostly the number of different characters says so by itself.
    if _least_entropy_bits(len(token), len(set(token))) > _DRAWN_BITS:
        return True
    return entropy_bits(token) >= _DRAWN_BITS


@cache
def _least_entropy_bits(size: int, different: int) -> float:
    """Return what the entropy of so many characters is at least, so many of them different.

    It is least where all but one stand there once, because entropy is concave in the counts.
    """
    often = size - different + 1
    return (different - 1) / size * log2(size) - often / size * log2(often / size)


def entropy_bits(text: str) -> float:
    """Return Shannon's entropy per character.

    Source: C. E. Shannon, A Mathematical Theory of Communication (1948).
    """
    size = len(text)
    return -sum(count / size * log2(count / size) for count in Counter(text).values())
