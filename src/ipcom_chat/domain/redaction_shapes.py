"""Reads a text by the rules and by the programs of the tables, where their literals stand.

Invariants:
- A rule is tried only where its literal hint stands, and never twice over the same piece of text.
- Nothing is compiled before a text needs it.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from ipcom_chat.domain.redaction_commands import names_of_programs
from ipcom_chat.domain.redaction_rules import RULES, Rule
from ipcom_chat.domain.redaction_scan import NEAR_CHARS, Scan, crowded
from ipcom_chat.domain.redaction_values import is_like_password, is_random, is_secret

Span = tuple[int, int, str]

_SECRET_GROUPS = ("s", "s2", "s3", "s4", "s5")


@cache
def _scan() -> tuple[Scan, dict[str, tuple[int, ...]], dict[str, str]]:
    """Return what finds the hints of rules and the names of programs, and whose each is."""
    rules: dict[str, tuple[int, ...]] = {}
    for index, rule in enumerate(RULES):
        for hint in () if rule.back else rule.hints:
            rules[hint] = (*rules.get(hint, ()), index)
    programs = {f"{name}{gap}": name for name in names_of_programs() for gap in " \t"}
    return Scan({**rules, **programs}), rules, programs


_INSIDE = tuple(
    (hint, index) for index, rule in enumerate(RULES) if rule.back for hint in rule.hints
)
"""Hints that stand inside a word."""


class _Ready(NamedTuple):
    """A rule whose pattern is compiled."""

    rule: Rule
    pattern: "re.Pattern[str]"
    groups: tuple[int, ...]
    """The groups that are secrets; 0 is the whole match."""
    accepts: Callable[[str], bool]
    each: "re.Pattern[str] | None"


@cache
def _ready(index: int) -> _Ready:
    rule = RULES[index]
    pattern = re.compile(rule.pattern, re.MULTILINE)
    groups = tuple(
        number for name, number in pattern.groupindex.items() if name in _SECRET_GROUPS
    ) or (0,)
    each = re.compile(rule.each, re.MULTILINE) if rule.each else None
    return _Ready(rule, pattern, groups, _ACCEPTS[rule.like], each)


def shapes(text: str, lowered: str, runs: list[tuple[int, str]]) -> list[Span]:
    """Return start, end and kind of what is known by its shape or its place.

    Args:
        text: all of it.
        lowered: the same in lower case.
        runs: takes where the names of programs stand, which the same look finds.
    """
    scan, rules, programs = _scan()
    read: dict[int, int] = {}
    """Up to where each rule has read."""
    found: list[Span] = []
    places = list(scan.places(lowered))
    crowd = crowded([place for place, _literal in places])
    for place, literal in places:
        if literal in programs:
            runs.append((place, programs[literal]))
        elif place in crowd:
            if found and place - found[-1][1] < NEAR_CHARS:
                found.append((place, crowd[place] + 1, "secret"))
        else:
            for index in rules[literal]:
                if place >= read.get(index, 0):
                    _add(found, index, text, lowered, place, read)
    for hint, index in _INSIDE:
        place = lowered.find(hint)
        while place >= 0:
            if place >= read.get(index, 0):
                _add(found, index, text, lowered, place, read)
            place = lowered.find(hint, place + 1)
    return found


def _add(
    found: list[Span], index: int, text: str, lowered: str, place: int, read: dict[int, int]
) -> None:
    """Add what a rule finds at a place."""
    ready = _ready(index)
    rule = ready.rule
    if rule.near and index not in read and rule.near not in lowered:
        read[index] = len(text)
    elif rule.line:
        _add_of_line(found, index, text, lowered, place, read)
    elif not rule.near or _is_near(lowered, place, rule.near):
        match = ready.pattern.match(text, max(0, place - rule.back))
        if match:
            read[index] = match.end()
            found += _secrets(ready, match)


def _add_of_line(
    found: list[Span], index: int, text: str, lowered: str, place: int, read: dict[int, int]
) -> None:
    ready = _ready(index)
    begin, end = lowered.rfind("\n", 0, place) + 1, lowered.find("\n", place)
    end = read[index] = end if end >= 0 else len(text)
    for match in _in_line(ready, text, begin, end):
        read[index] = max(read[index], match.end())
        if not ready.rule.near or _is_near(lowered, match.start(), ready.rule.near):
            found += _secrets(ready, match)


def _in_line(ready: _Ready, text: str, begin: int, end: int) -> "Iterable[re.Match[str]]":
    if not ready.rule.pattern.startswith("^"):
        return ready.pattern.finditer(text, begin, end)
    # A search would try every place of the line.
    one = ready.pattern.match(text, begin, end)
    return (one,) if one else ()


_NEAR_CHARS = 800


def _is_near(lowered: str, position: int, near: str) -> bool:
    begin = max(position - _NEAR_CHARS, lowered.rfind("\n", 0, position) + 1)
    end = lowered.find("\n", position, position + _NEAR_CHARS)
    return lowered.find(near, begin, end if end >= 0 else position + _NEAR_CHARS) >= 0


def _secrets(ready: _Ready, match: "re.Match[str]") -> list[Span]:
    text, kind = match.string, ready.rule.kind
    if ready.groups == (0,):
        return [(*match.span(), kind)]
    found: list[Span] = []
    for group in ready.groups:
        start, end = match.span(group)
        if start < 0:
            continue
        if ready.each:
            inner = ready.each.finditer(text, start, end)
            found += [(*each.span("s"), kind) for each in inner if ready.accepts(each["s"])]
        elif ready.accepts(match[group]):
            found.append((start, _unclosed(text, start, end), kind))
    return found


def _unclosed(text: str, start: int, end: int) -> int:
    """Return where a value ends that a parenthesis around it ends, as in `$(command value)`."""
    while end - start > 1 and text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    return end


def _is_cookie(value: str) -> bool:
    return is_secret(value) and not value.startswith("$")


_ACCEPTS: dict[str, Callable[[str], bool]] = {
    "": is_secret,
    "any": lambda _value: True,
    "password": is_like_password,
    "random": is_random,
    "random8": lambda value: is_random(value, 8),
    "net": lambda value: is_secret(value) and value != "*" and not value.startswith("/"),
    "cookie": _is_cookie,
}
"""What else is asked of a secret, by `Rule.like`."""
