"""Numbers that name a person or an account, told by their check digits: CPF, CNPJ, payment cards.

Without the punctuation of its kind a number is only looked at where its line speaks of it: one
of a hundred numbers of eleven digits, a size in bytes say, has the check digits of a CPF.

Source: Receita Federal, IN RFB 2.229/2024 (CNPJ with letters); ISO/IEC 7812-1 (Luhn, issuers).
"""

import re
from collections.abc import Iterator

_CANDIDATE = re.compile(
    # One digit in front: a search skips quickly to the next. Most are told by what is ahead.
    r"[0-9](?=[0-9 ./-]{10})(?:\d{2}\.\d{3}\.\d{3}-\d{2}|\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
    r"|\d{3}([ -])\d{6}\2\d{5}|\d{8}-\d{2}|\d{7}/\d{4}-\d{2}|\d{10,18})"
)
_CNPJ = re.compile(r"[A-Z\d]{2}\.[A-Z\d]{3}\.[A-Z\d]{3}/[A-Z\d]{4}-\d{2}")
_CNPJ_MIDDLE = re.compile(r"/[A-Z\d]{4}-")
_CNPJ_SLASH = 10
"""Where its slash stands."""
_SPEAKS_OF = re.compile(
    r"cpf|cnpj|documento|titular|cliente|contribuinte|colaborador|funcion[aá]ri|aluno|paciente|"
    r"benefici[aá]ri|cadastr|empresa|fornecedor|nota fiscal|pix"
)
_CARD = re.compile(
    r"4\d{12}(?:\d{3})?(?:\d{3})?$|5[1-5]\d{14}$|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}$"
    r"|3[47]\d{13}$|3(?:0[0-5]|[68]\d)\d{11}$|6(?:011|5\d\d|4[4-9]\d)\d{12}$|35(?:2[89]|[3-8]\d)\d{12}$"
    r"|(?:606282|384100|5067|5090|6363|6277|6504|6516|6550|4011|4389|4514|4576|5041)\d{8,13}$"
)
_EDGE = re.compile(r"[\w.,/:%+-]")
_AFTER = re.compile(r"[\w%]|[.,/:-]\w")
_NEAR_CHARS = 80


def numbers(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and kind of every number of a person or a card."""
    for found in (*_CANDIDATE.finditer(text), *_cnpjs(text)):
        start, end = found.span()
        if start and _EDGE.match(text[start - 1]) and not _labelled(text, start):
            continue
        if _AFTER.match(text, end):
            continue
        kind = _kind(found.group(), lowered, start, end)
        if kind:
            yield start, end, kind


def _cnpjs(text: str) -> Iterator["re.Match[str]"]:
    for middle in _CNPJ_MIDDLE.finditer(text, _CNPJ_SLASH):
        if found := _CNPJ.match(text, middle.start() - _CNPJ_SLASH):
            yield found


def _labelled(text: str, start: int) -> bool:
    # `cpf:…`, `doc=…`, a URL's parameter; but not the middle of a version, a path or a word.
    return text[start - 1] in ":,/" and not (start > 1 and text[start - 2].isdigit())


def _kind(shown: str, lowered: str, start: int, end: int) -> str | None:
    bare = re.sub(r"[ ./-]", "", shown)
    is_plain = bare == shown
    if len(bare) == 11 and is_cpf(bare):
        return "cpf" if not is_plain or _is_spoken_of(lowered, start, end) else None
    if len(bare) == 14 and is_cnpj(bare) and (not is_plain or _is_spoken_of(lowered, start, end)):
        return "cnpj"
    if bare.isdecimal() and is_card(bare):
        return "card"
    return None


def _is_spoken_of(lowered: str, start: int, end: int) -> bool:
    begin = max(0, start - _NEAR_CHARS, lowered.rfind("\n", 0, start) + 1)
    line = lowered[begin : end + _NEAR_CHARS]
    return bool(_SPEAKS_OF.search(line.partition("\n")[0]))


def is_cpf(digits: str) -> bool:
    """Return whether eleven digits are a CPF."""
    if len(set(digits)) == 1:
        return False
    values = [int(each) for each in digits]
    return all(
        values[size] == sum(v * (size + 1 - i) for i, v in enumerate(values[:size])) * 10 % 11 % 10
        for size in (9, 10)
    )


def is_cnpj(text: str) -> bool:
    """Return whether fourteen characters are a CNPJ, of digits or of digits and letters."""
    if len(set(text)) == 1 or not text[12:].isdecimal():
        return False
    values = [ord(each) - 48 for each in text]
    return all(values[size] == _cnpj_digit(values[:size]) for size in (12, 13))


def _cnpj_digit(values: list[int]) -> int:
    rest = sum(value * (2 + i % 8) for i, value in enumerate(reversed(values))) % 11
    return 0 if rest < 2 else 11 - rest


def is_card(digits: str) -> bool:
    """Return whether digits are the number of a payment card of a known issuer."""
    if not _CARD.match(digits) or len(set(digits)) == 1:
        return False
    values = [int(each) for each in reversed(digits)]
    doubled = (sum(divmod(2 * value, 10)) for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0
