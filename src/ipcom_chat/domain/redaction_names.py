"""Secrets by the name they stand under: assignments in every notation.

Between name and value may stand what shells, YAML, JSON, XML, INI, PHP, SQL, HTTP and people put
there. Which names are a secret's is told by `redaction_kinds`, where a value ends by
`redaction_spans`, whether it is a secret by `redaction_values`.
"""

import re
from collections.abc import Iterator

from ipcom_chat.domain.redaction_kinds import PUBLIC, kind_of
from ipcom_chat.domain.redaction_scan import NEAR_CHARS, crowded
from ipcom_chat.domain.redaction_sentences import SUBJECT, Span, sentence
from ipcom_chat.domain.redaction_spans import BARE, BARE_CHARS, LINE_BACK, span_of
from ipcom_chat.domain.redaction_values import (
    MASK_START,
    is_like_password,
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
    "psk",
    "frase",
    "seed",
    "api key",
    "access key",
    "license key",
)
"""Beginnings of names that a sentence may be about, too: see `SUBJECT`."""
_NAMED = (
    "key", "auth", "cookie", "session", "sid", "puk", "cvv", "cvc", "jwt", "kennwort", "salt",
    "clave", "sig", "community",
    "otp", "appid",
)  # fmt: skip
_STEMS = (*((stem, True) for stem in _TOLD), *((stem, False) for stem in _NAMED))
_NAME_BACK = 64
_NAME_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/$ãçéíóúâêôñ"
_RIGHT = re.compile(r"[A-Za-z0-9_.\-ñ]{0,48}")
_SEPARATOR = re.compile(
    r"""
      \\?["'][ \t]{0,4}:[ \t]{0,4}\{\s{0,40}\\?["'](?:[Vv]alue|[Dd]efault|S)\\?["'][ \t]{0,4}:[ \t]{0,4}
    | \\{0,3}["'`]?[\])]?[ \t]{0,24}(?:=>|:=|===?|\+=|\?=|=|:(?!:|//))[ \t]{0,24}(?:\r?\n[ \t]{0,40}(?=["']))?
    | \([ \t]?(?=["'])
    | \\?["']\s{0,32},?\s{0,32}\\?["']?[Vv](?:alue|ALUE)\\?["']?[ \t]{0,4}[:=][ \t]{0,4}
    | ,[ ]?[Pp]arameter[Vv]alue=
    | </name>\s{0,40}<value>
    | </key>\s{0,40}<string>
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
_ATTACHED = re.compile(r"-[a-z][A-Z]{2}")
_LABEL = (re.compile(r"pass:(?=.)"), re.compile(r"[\w.-]{1,40}=(?=[^=])"))
"""What is no part of a value: how OpenSSL calls it, and the name of a cookie."""
_SETTERS = re.compile(
    r"(?:\bsetx|\bsetenv|\bset\s(?:-\w{1,4}\s){0,3}|\bconfig\s(?:--?\w{1,12}\s)?(?:set\s)?|\bconfigure set|\bconfig add|^[ \t]{0,8}ENV\s)\s{0,4}(?:\S{1,60}[:.])?$"
)
# A look ahead that costs little: a digit among what was perhaps drawn.
_MAY_BE_DRAWN = re.compile(r"[^\d\n]{0,40}\d")


def names(text: str, lowered: str) -> Iterator[Span]:
    """Yield start, end and kind of what stands under the name of a secret, or is told as one."""
    done = told = 0
    candidates = _candidates(lowered)
    crowd = crowded([start for start, _end, _is_told in candidates])
    for start, end, is_told in candidates:
        if start in crowd:
            if start - told < NEAR_CHARS:
                told = crowd[start] + 1
                yield start, told, "secret"
            continue
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
    kind, is_weak = kind_of(text[left:right])
    span = _valued(text, left, right, kind, is_weak=is_weak) if kind else None
    return (span[1] if span else right), span


_MAY_FOLLOW = frozenset(" \t=:\"'`\\<>,()]+?\r\n")


def _valued(text: str, left: int, right: int, kind: str, *, is_weak: bool) -> Span | None:
    if text.startswith("${", left - 2) and left > 1:
        default = _DEFAULT.match(text, right)
        is_good = default is not None and not is_weak and is_secret(default[1])
        return (*default.span(1), kind) if default and is_good else None
    start = _value_start(text, left, right, is_weak=is_weak)
    if start is None:
        return None
    span = span_of(text, left, start, is_xml=text[right:start].endswith((">", "[CDATA[")))
    if span is None or not _is_wanted(text, left, right, text[slice(*span)], is_weak=is_weak):
        return None
    begin, end = span
    if label := _LABEL[kind == "cookie"].match(text, begin, end):
        begin = label.end()
    # Only what is masked is read to its end: nothing is read to its end twice.
    while end - begin >= BARE_CHARS and (more := BARE.match(text, end)):
        end = more.end()
    return begin, end, kind


def _value_start(text: str, left: int, right: int, *, is_weak: bool) -> int | None:
    """Return where a value may begin that belongs to a name; None if nothing can."""
    start = _after_separator(text, right)
    if start is None:
        # `-pPASS` of MySQL holds its value already.
        is_option = text[left] == "-" and not _ATTACHED.match(text, left)
        spaced = _SPACED.match(text, right)
        if spaced and (is_option or _is_set(text, left)):
            return spaced.end()
        return None if is_weak else _line_value_start(text, left, right)
    if "==" in text[right:start] and not _is_literal(text, start):
        return None
    # One of a list, and no `define("NAME", "value")`.
    is_listed = text[right:start].endswith((",", ", ")) and "(" not in text[max(0, left - 3) : left]
    is_masked = text.startswith(_MASKED, start)
    is_plain = (
        is_weak
        and text[start - 1] != ">"
        and "cred" not in text[left:right].lower()
        and not _MAY_BE_DRAWN.match(text, start)
    )
    return None if is_listed or is_masked or is_plain else start


_MASKED = (MASK_START, f"'{MASK_START}", f'"{MASK_START}')


def _after_separator(text: str, right: int) -> int | None:
    """Return where what is between a name and its value ends; None if nothing of it is there."""
    first, second = text[right : right + 1], text[right + 1 : right + 2]
    # What mostly stands there needs no pattern: `NAME=value`, `name: value`, and a sentence.
    if first == "=" and second.isalnum():
        return right + 1
    if first == ":" and second == " " and text[right + 2 : right + 3].isalnum():
        return right + 2
    is_sentence = first == " " and second.isalpha() and second not in _SEPARATING
    if is_sentence and text.find("=", right, right + _ATTRIBUTE_CHARS) < 0:
        return None
    separator = _SEPARATOR.match(text, right)
    return separator.end() if separator else None


_ATTRIBUTE_CHARS = 33
"""A blank, the name of an attribute as `_SEPARATOR` allows it, and its `=`."""
_SEPARATING = frozenset("vVdD")
"""With what a word begins that stands between a name and its value: `value`, `default`."""


def _is_literal(text: str, start: int) -> bool:
    """Return whether what a name is compared with is a value, and not another name."""
    word = _WORD.match(text, start)
    return word is None or (any(map(str.isdigit, word.group())) and is_like_password(word.group()))


def _line_value_start(text: str, left: int, right: int) -> int | None:
    """Return where the value of a line such as `bindpw hunter22` or `set … secret hunter22` is.

    Nothing but blanks, or a `set` of the language of a router, may stand before the name, and
    nothing after the value: else it is a sentence.
    """
    before = text[max(0, left - LINE_BACK) : left].rpartition("\n")[2].lstrip()
    if before and not before.startswith("set "):
        return None
    found = _LINE_VALUE.match(text, right)
    if found is None or text[left:right].lower() in _TOOLS:
        return None
    value = found[1].strip("\"'")
    is_quoted = before != "" and value != found[1]
    return found.start(1) if is_quoted or is_like_password(value) else None


_LINE_VALUE = re.compile(
    r"[ \t]{1,40}(\"[^\"\n]{3,100}\"|'[^'\n]{3,100}'|[^\s\"']{3,200})[ \t]{0,8};?\r?(?:\n|$)"
)
_TOOLS = frozenset({"pass", "passwd", "token", "pin"})
"""Names that are commands, too, or count something: `passwd ana2`, `pass db1`, `pin 1024`."""
_WORD = re.compile(r"[\w.]{1,80}")


def _is_wanted(text: str, left: int, right: int, value: str, *, is_weak: bool) -> bool:
    name = text[left:right].lower().strip("-_$/")
    if name.endswith(_SHORT_NUMBERS):
        return value.isdecimal() and 3 <= len(value) <= 8
    if not is_secret(value) or value.lower() == name or value.startswith(("id=", "type=")):
        return False
    if is_weak:
        before = text[max(0, left - _NAME_BACK) : left].lower().split()
        is_public = not PUBLIC.isdisjoint(before[-1:])
        is_told = (
            "cred" in name and ":" not in value and not value.isalnum() and is_like_password(value)
        )
        return not is_public and (is_told or is_random(value, 12 if "auth" in name else 16))
    is_file = ("key" in name or value[0] in "~.") and is_path(value)
    return not is_file and not _is_something_else(text, left, name, value)


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
    if "set" not in before and "config" not in before and "ENV" not in before:
        return False
    return bool(_SETTERS.search(before.rpartition("\n")[2]))
