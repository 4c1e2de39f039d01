"""Whether a shell line, or another tool, may run: by rules, by what is dangerous, by this session.

Rules are patterns over the unquoted words of each simple command. The strictest wins: refused,
asked twice, asked, allowed; what no rule speaks of is asked.

Invariants: judging never raises; a line is allowed only if every command in it, at every level,
is, and if all of it could be read; a danger asks twice whatever the rules and the session allow.
Nothing is run or looked up.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from typing import Final

import msgspec

from ipcom_chat.assistant.danger import dangers
from ipcom_chat.assistant.shell_lines import parse
from ipcom_chat.assistant.shell_model import ShellLine, SimpleCommand
from ipcom_chat.assistant.shell_wrappers import program_of
from ipcom_chat.domain.read_only import may_run_unasked
from ipcom_chat.domain.secret_paths import names_secret

READ_ONLY: Final = "@read-only"
"""The rule that stands for the commands that are known only to look."""
SESSION: Final = "@session"
"""Named as the rule where somebody allowed a line for the session."""

_HARMLESS: Final = re.compile(
    r"(?:LC_\w+|LANG|LANGUAGE|TZ|NO_COLOR|COLUMNS|LINES|TERM)=[\w.:/@+-]*"
)
_SYSTEM_BIN: Final = re.compile(r"/(?:usr/)?s?bin/(?=[^/]+$)")
_TO_NOWHERE: Final = re.compile(r"/dev/null|-|&?\d+")
_READING: Final = frozenset({"<", "<<", "<<<", "<&"})


class Verdict(StrEnum):
    """What becomes of a command, from the mildest to the strictest."""

    ALLOW = "allow"
    ASK = "ask"
    ASK_TWICE = "ask_twice"
    DENY = "deny"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    """The dangers, for people."""
    rule: str | None = None
    """The rule that decided, if one did."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns, by what they decide."""

    allow: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class Permissions:
    """Judges what an assistant wants to do; remembers what this session allows."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._lines: set[str] = set()
        self._tools: set[str] = set()

    def judge(self, line: str) -> Judgement:
        """Return whether a shell line may run."""
        parsed = parse(line)
        reasons = dangers(parsed)
        if rule := self._first(self._rules.deny, parsed):
            return Judgement(verdict=Verdict.DENY, reasons=reasons, rule=rule)
        if reasons:
            return Judgement(verdict=Verdict.ASK_TWICE, reasons=reasons)
        if rule := self._first(self._rules.ask, parsed):
            return Judgement(verdict=Verdict.ASK, rule=rule)
        if line in self._lines:
            return Judgement(verdict=Verdict.ALLOW, rule=SESSION)
        rules = self._allowing(parsed)
        if rules and not self._may_be_refused(parsed):
            return Judgement(verdict=Verdict.ALLOW, rule=", ".join(rules))
        return Judgement(verdict=Verdict.ASK)

    def judge_tool(self, name: str) -> Judgement:
        """Return whether another tool may run, such as `mcp:server/tool`."""
        for rules, verdict in (
            (self._rules.deny, Verdict.DENY),
            (self._rules.ask, Verdict.ASK),
            ((SESSION,) if name in self._tools else (), Verdict.ALLOW),
            (self._rules.allow, Verdict.ALLOW),
        ):
            for rule in rules:
                if rule == SESSION or _pattern(rule).fullmatch(name):
                    return Judgement(verdict=verdict, rule=rule)
        return Judgement(verdict=Verdict.ASK)

    def allow_in_session(self, line: str) -> None:
        """Allow exactly this line from now on; strict rules and dangers still hold."""
        self._lines.add(line)

    def allow_tool_in_session(self, name: str) -> None:
        """Allow this tool from now on; rules that refuse or ask still hold."""
        self._tools.add(name)

    def _first(self, rules: Iterable[str], line: ShellLine) -> str | None:
        """Return the first rule that speaks of any command of the line, at whatever level."""
        return next(
            (rule for rule in rules if any(_speaks_of(rule, each) for each in line.commands)), None
        )

    def _allowing(self, line: ShellLine) -> tuple[str, ...]:
        """Return the rules that allow all of a line; none if any part of it is not allowed."""
        found: dict[str, None] = {}
        for command in line.commands:
            if command.is_guess:
                continue
            if not line.is_parsed or not _writes_nothing(command):
                return ()
            if not command.words and not _assigned(command):
                continue
            rule = self._allowing_one(command, line)
            if rule is None:
                return ()
            found[rule] = None
        return tuple(found)

    def _allowing_one(self, command: SimpleCommand, line: ShellLine) -> str | None:
        text = _written(command)
        outer, begins_at = _outermost(command, line)
        for rule in self._rules.allow:
            if rule == READ_ONLY:
                if _only_looks(command):
                    return rule
            elif (text is not None and _pattern(rule).fullmatch(text)) or (
                outer is not command and _names_inner(rule, outer, begins_at)
            ):
                return rule
        return None

    def _may_be_refused(self, line: ShellLine) -> bool:
        """Return whether words that are known only later could make a strict rule hold."""
        strict = [rule for rule in (*self._rules.deny, *self._rules.ask) if rule != READ_ONLY]
        return any(
            _may_meet(_normal(rule), vague)
            for command in line.commands
            if command.unknown
            for vague in _vague_spellings(command)
            for rule in strict
        )


def _speaks_of(rule: str, command: SimpleCommand) -> bool:
    if rule == READ_ONLY:
        return _only_looks(command)
    return any(_pattern(rule).fullmatch(text) for text in _spellings(command))


def _normal(rule: str) -> str:
    return re.sub(r"\*+", "*", " ".join(rule.split()))


@cache
def _pattern(rule: str) -> re.Pattern[str]:
    """Return a rule as an expression; `x *` is also `x` alone."""
    rule = _normal(rule)
    head, is_open = (rule[:-2], "(?: .*)?") if rule.endswith(" *") else (rule, "")
    return re.compile(".*".join(map(re.escape, head.split("*"))) + is_open, re.DOTALL)


def _program(word: str) -> str:
    """Return a program as rules write it: without the folders of the system."""
    return _SYSTEM_BIN.sub("", word) if _SYSTEM_BIN.match(word) else word


def _assigned(command: SimpleCommand) -> list[str]:
    return [each for each in command.assignments if not _HARMLESS.fullmatch(each)]


def _written(command: SimpleCommand) -> str | None:
    """Return a command as rules that allow see it; None where no rule can speak of it."""
    if any(" " in word for word in command.words[:1]):
        return None  # `"git log"` is one odd program
    is_declared = command.program in {"export", "declare", "local", "readonly", "typeset"}
    assigned = [] if is_declared else _assigned(command)
    program = [_program(word) for word in command.words[:1]]
    return " ".join([*assigned, *program, *command.words[1:]])


def _spellings(command: SimpleCommand) -> Sequence[str]:
    """Return a command in every way in which a strict rule may mean it."""
    if not command.words:
        return command.assignments
    rest = command.words[1:]
    bare = " ".join([program_of(command.words[0]), *rest])
    return (bare, " ".join(command.words), " ".join([*command.assignments, bare]))


def _vague_spellings(command: SimpleCommand) -> Sequence[str]:
    words = ["*" if n in command.unknown else word for n, word in enumerate(command.words)]
    return (" ".join(words), " ".join([program_of(words[0]), *words[1:]])) if words else ()


def _writes_nothing(command: SimpleCommand) -> bool:
    return all(
        each.operator in _READING or (each.is_static and _TO_NOWHERE.fullmatch(each.target))
        for each in command.redirects
    )


def _only_looks(command: SimpleCommand) -> bool:
    if command.unknown or _assigned(command) or not command.words:
        return False
    if any(each.operator == "<" and names_secret(each.target) for each in command.redirects):
        return False
    return may_run_unasked((_program(command.words[0]), *command.words[1:]))


def _outermost(command: SimpleCommand, line: ShellLine) -> tuple[SimpleCommand, int]:
    """Return the wrapper around a command, and where in its words the command begins."""
    begins_at = 0
    while command.inside is not None and command.starts_at is not None:
        begins_at += command.starts_at
        command = line.commands[command.inside]
    return command, begins_at


def _names_inner(rule: str, outer: SimpleCommand, begins_at: int) -> bool:
    """Return whether a rule for a wrapper names the command in it: `sudo systemctl *` does."""
    text = _written(outer)
    if text is None or not _pattern(rule).fullmatch(text):
        return False
    named = rule.split()[: begins_at + 1]
    return len(named) == begins_at + 1 and "*" not in "".join(named)


def _may_meet(one: str, other: str) -> bool:
    """Return whether a text exists that both patterns match.

    Args:
        one: a rule; one that ends in ` *` also stands for what is before the blank.
        other: a command whose unknown words are `*`.
    """
    if one.endswith(" *") and _meet(one[:-2], other):
        return True
    return _meet(one, other)


def _meet(one: str, other: str) -> bool:
    # Row by row over the places of `one`: which places of `other` can be reached with it.
    row = _skipped({0}, other)
    for sign in one:
        if sign == "*":
            row = set(range(min(row, default=len(other) + 1), len(other) + 1))
        else:
            row = {
                place + (other[place] != "*")
                for place in row
                if place < len(other) and other[place] in {sign, "*"}
            }
        row = _skipped(row, other)
    return len(other) in row


def _skipped(row: set[int], other: str) -> set[int]:
    """Add the places behind stars, which may stand for nothing."""
    found = set(row)
    for place in sorted(row):
        while place < len(other) and other[place] == "*":
            place += 1  # noqa: PLW2901 - walks on from there
            found.add(place)
    return found


def is_secret_path(path: str) -> bool:
    """Return whether a file holds secrets by its name, as `@read-only` sees it."""
    return names_secret(path)
