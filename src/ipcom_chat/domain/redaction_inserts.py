"""Secrets in the rows of a dump: the columns of an `INSERT` tell which of its values are secret.

Invariant: O(n); a statement is read once, value after value, each to a bound.
"""

import re
from collections.abc import Iterator

from ipcom_chat.domain.redaction_kinds import kind_of
from ipcom_chat.domain.redaction_values import is_secret

Span = tuple[int, int, str]

_HEAD = re.compile(
    r"(?:insert|replace)\s{1,8}(?:ignore\s{1,8})?into\s{1,8}[\w.`\"\[\]]{1,130}\s{0,8}\((?P<columns>[^()\n]{1,2000})\)\s{0,8}values\s{0,8}",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"""\s{0,8}(?:[NE]?'(?P<s>(?:[^'\\\n]|\\.|''){0,2000})'|"(?P<s2>[^"\n]{0,2000})"|(?:[^\s,()'"]|\([^()\n]{0,200}\)){1,200})\s{0,8}(?P<end>[,)])"""
)
_NEXT_ROW = re.compile(r"\s{0,8},?\s{0,8}\(")


def inserts(text: str, lowered: str) -> Iterator[Span]:
    """Yield start, end and kind of the secrets among the values of `INSERT` statements."""
    place = lowered.find("into ")
    while place >= 0:
        found = _HEAD.match(text, max(lowered.rfind("insert", 0, place), place - len("replace ")))
        place = lowered.find("into ", place + 1)
        if found and any(kinds := _kinds(found["columns"])):
            yield from _rows(text, found.end(), kinds)


def _kinds(columns: str) -> list[str]:
    """Return the kind of each column, empty for what is no secret."""
    names = (each.strip(' \t`"[]') for each in columns.split(","))
    told = [kind_of(name) if name else ("", False) for name in names]
    return ["" if is_weak else kind for kind, is_weak in told]


def _rows(text: str, position: int, kinds: list[str]) -> Iterator[Span]:
    while row := _NEXT_ROW.match(text, position):
        position = row.end()
        for kind in kinds:
            value = _VALUE.match(text, position)
            if value is None:
                return
            position = value.end()
            group = "s" if value["s"] else "s2"
            if kind and value[group] and is_secret(value[group]):
                yield (*value.span(group), kind)
            if value["end"] == ")":
                break
