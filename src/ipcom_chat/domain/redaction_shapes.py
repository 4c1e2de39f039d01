"""Reads a text by the rules and by the programs of the tables, where their literals stand.

Invariants:
- A rule is tried only where its literal hint stands, and never twice over the same piece of text.
- Nothing is compiled before a text needs it.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from ipcom_chat.domain.redaction_commands import names_of_programs
from ipcom_chat.domain.redaction_rules import RULES, Rule
from ipcom_chat.domain.redaction_scan import Scan
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


def shapes(text: str, lowered: str, runs: list[tuple[int, str]]) -> Iterator[Span]:
    """Yield start, end and kind of what is known by its shape or its place.

    Args:
        text: all of it.
        lowered: the same in lower case.
        runs: takes where the names of programs stand, which the same look finds.
    """
    scan, rules, programs = _scan()
    read: dict[int, int] = {}
    """Up to where each rule has read."""
    for place, literal in scan.places(lowered):
        for index in rules.get(literal, ()):
            if place >= read.get(index, 0):
                yield from _by_rule(index, text, lowered, place, read)
        if literal in programs:
            runs.append((place, programs[literal]))
    for hint, index in _INSIDE:
        place = lowered.find(hint)
        while place >= 0:
            if place >= read.get(index, 0):
                yield from _by_rule(index, text, lowered, place, read)
            place = lowered.find(hint, place + 1)


@cache
def _compiled(index: int) -> "re.Pattern[str]":
    return re.compile(RULES[index].pattern, re.MULTILINE)


def _by_rule(
    index: int, text: str, lowered: str, place: int, read: dict[int, int]
) -> Iterator[Span]:
    rule = RULES[index]
    if rule.near and index not in read and rule.near not in lowered:
        read[index] = len(text)
        return
    if rule.line:
        begin, end = lowered.rfind("\n", 0, place) + 1, lowered.find("\n", place)
        end = len(text) if end < 0 else end
        read[index], matches = end, _in_line(index, text, begin, end)
    else:
        read[index], matches = place + 1, []
        if not rule.near or _is_near(lowered, place, rule.near):
            one = _compiled(index).match(text, max(0, place - rule.back))
            matches = [one] if one else []
    for match in matches:
        read[index] = max(read[index], match.end())
        if not (rule.line and rule.near) or _is_near(lowered, match.start(), rule.near):
            yield from _secrets(rule, match)


def _in_line(index: int, text: str, begin: int, end: int) -> "list[re.Match[str]]":
    pattern = _compiled(index)
    if not RULES[index].pattern.startswith("^"):
        return list(pattern.finditer(text, begin, end))
    # A search would try every place of the line.
    one = pattern.match(text, begin, end)
    return [one] if one else []


_NEAR_CHARS = 800


def _is_near(lowered: str, position: int, near: str) -> bool:
    begin = max(position - _NEAR_CHARS, lowered.rfind("\n", 0, position) + 1)
    end = lowered.find("\n", position, position + _NEAR_CHARS)
    return lowered.find(near, begin, end if end >= 0 else position + _NEAR_CHARS) >= 0


def _secrets(rule: Rule, match: "re.Match[str]") -> Iterator[tuple[int, int, str]]:
    known = match.re.groupindex
    if "s" not in known:
        yield (*match.span(), rule.kind)
        return
    for group in _SECRET_GROUPS:
        if group not in known or match[group] is None:
            continue
        if rule.each:
            yield from _each(rule, match.string, *match.span(group))
        elif _ACCEPTS[rule.like](match[group]):
            start, end = match.span(group)
            yield start, _unclosed(match.string, start, end), rule.kind


def _unclosed(text: str, start: int, end: int) -> int:
    """Return where a value ends that a parenthesis around it ends, as in `$(command value)`."""
    while end - start > 1 and text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    return end


def _each(rule: Rule, text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for found in _inner(rule.each).finditer(text, start, end):
        if _ACCEPTS[rule.like](found["s"]):
            yield (*found.span("s"), rule.kind)


@cache
def _inner(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.MULTILINE)


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
