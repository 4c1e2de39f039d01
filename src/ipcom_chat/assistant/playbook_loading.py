"""Loads playbooks from the package and from folders, and says what is wrong with one.

Invariants: a playbook that is returned is consistent in itself, so that using it cannot fail;
one bad file never takes another down, it becomes a `PlaybookError` that names the file and the
field. A later folder replaces playbooks of the same id.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ipcom_chat.assistant.playbook import (
    Advice,
    Capture,
    Command,
    Playbook,
    Step,
    Table,
    Text,
    compiled,
    placeholders,
)
from ipcom_chat.assistant.playbook_matching import groups
from ipcom_chat.assistant.playbook_words import accepted, words_of
from ipcom_chat.domain.folding import fold
from ipcom_chat.errors import PlaybookError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of

SHIPPED: Final = Path(__file__).parent / "playbooks"

_FILE_BYTES: Final = 262_144
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Two nested repetitions can take a time that is exponential in the length of the text.
_NESTED: Final = re.compile(r"(?:[+*]|\{\d*,\})\)(?:[+*]|\{\d*,\})")
# What runs another program would make a capture a command line.
_NEVER_RUN: Final = words_of(
    "sh bash dash zsh fish ksh csh env xargs eval exec sudo su doas pkexec ssh nohup setsid "
    "watch timeout nice ionice python python3 perl ruby node awk gawk mawk busybox "
    "rm mv dd mkfs kill pkill killall shutdown reboot halt poweroff"
)

_Problem = tuple[str, str]
"""A field and what is wrong with it."""


def load_playbooks(
    folders: Iterable[Path] = (),
) -> tuple[tuple[Playbook, ...], tuple[PlaybookError, ...]]:
    """Return the playbooks of the package and of the folders, and the problems of the others.

    Args:
        folders: where more `*.toml` files may lie, the strongest last; one that does not exist
            is empty.
    """
    playbooks: dict[str, Playbook] = {}
    problems: list[PlaybookError] = []
    for folder in (SHIPPED, *folders):
        for path in _files(folder, problems):
            try:
                playbook = load_playbook(path)
            except PlaybookError as error:
                problems.append(error)
            else:
                playbooks[playbook.id] = playbook
    return tuple(playbooks.values()), tuple(problems)


def load_playbook(path: Path) -> Playbook:
    """Return the playbook of one file.

    Raises:
        PlaybookError: it cannot be read, is no TOML, or says something that makes no sense.
    """
    try:
        data, attributes = read_regular(path, max_bytes=_FILE_BYTES)
    except OSError as error:
        raise _wrong(path, reason_of(error)) from error
    # The shipped ones are as trustworthy as the code beside them, whoever installed it.
    if path.parent != SHIPPED and not _is_trusted(attributes):
        raise _wrong(path, _("others may write it, and it names programs to run"))
    try:
        playbook = msgspec.toml.decode(data.decode("utf-8"), type=Playbook)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _wrong(path, str(error)) from error
    for field, problem in _problems(playbook):
        raise _wrong(path, f"{field}: {problem}")
    return playbook


def _is_trusted(attributes: os.stat_result) -> bool:
    """Return whether only this user and root decide what the file says."""
    return attributes.st_uid in {0, os.geteuid()} and not attributes.st_mode & stat.S_IWOTH


def _files(folder: Path, problems: list[PlaybookError]) -> Sequence[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        return ()
    except OSError as error:  # no folder, or one of somebody else
        problems.append(_wrong(folder, reason_of(error)))
        return ()


def _wrong(path: Path, problem: str) -> PlaybookError:
    return PlaybookError(_("{file} is not a valid playbook: {problem}", file=path, problem=problem))


def _problems(playbook: Playbook) -> Iterator[_Problem]:
    intents = (*playbook.intents.en, *playbook.intents.pt)
    if not _ID.fullmatch(playbook.id):
        yield "id", _("only a-z, 0-9 and single hyphens")
    if not intents and not playbook.says:
        yield "intents", _("neither intents nor says: it would never answer")
    if not playbook.steps and not playbook.explanation:
        yield "steps", _("neither steps nor explanation: it would answer nothing")
    captures = frozenset(playbook.captures)
    for intent in intents:
        yield from _intent_problems(intent, captures)
    if not all(len(fold(say).strip()) > 3 for say in playbook.says):
        yield "says", _("a phrase has at least four characters")
    for name, capture in playbook.captures.items():
        yield from _capture_problems(f"captures.{name}", capture)
    for field in ("explanation", "remedy"):
        yield from _advice_problems(field, getattr(playbook, field), playbook.captures)
    yield from _steps_problems(playbook)


def _intent_problems(intent: str, captures: frozenset[str]) -> Iterator[_Problem]:
    alternatives = [each for group in groups(intent) for each in group]
    if not all(alternatives):
        yield "intents", _("an alternative without a word in “{intent}”", intent=intent)
    for each in alternatives:
        if each.startswith("{"):
            yield from _unknown("intents", placeholders(each) or {each}, captures)


def _capture_problems(field: str, capture: Capture) -> Iterator[_Problem]:
    if not capture.patterns:
        yield field, _("no patterns")
    for pattern in capture.patterns:
        yield from _pattern_problems(f"{field}.patterns", pattern, lambda each: each.groups >= 1)
    if capture.default is not None and accepted(capture.kind, capture.default) != capture.default:
        yield (
            f"{field}.default",
            _("“{value}” is no {kind}", value=capture.default, kind=capture.kind),
        )


def _pattern_problems(
    field: str, pattern: str, fits: Callable[[re.Pattern[str]], bool] = lambda _each: True
) -> Iterator[_Problem]:
    if _NESTED.search(pattern):
        yield field, _("a repetition inside a repetition can take for ever: {it}", it=pattern)
        return
    try:
        expression = compiled(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield field, _("{it} is no regular expression: {why}", it=pattern, why=error)
        return
    if not fits(expression):
        yield field, _("{it} lacks a group for the value", it=pattern)


def _advice_problems(
    field: str, advice: Iterable[Advice], captures: dict[str, Capture]
) -> Iterator[_Problem]:
    for each in advice:
        sure = {name for name, capture in captures.items() if capture.default is not None}
        yield from _unknown(field, {*each.when, *each.unless}, captures)
        yield from _unknown(field, _named(each), sure | set(each.when))


def _named(text: Text | None) -> frozenset[str]:
    return placeholders(text.en) | placeholders(text.pt) if text else frozenset()


def _unknown(field: str, names: Iterable[str], known: Iterable[str]) -> Iterator[_Problem]:
    for name in sorted(set(names) - set(known)):
        yield field, _("{name} has no value there", name=f"{{{name}}}")


def _steps_problems(playbook: Playbook) -> Iterator[_Problem]:
    provided: set[str] = set()
    sure = {name for name, capture in playbook.captures.items() if capture.default is not None}
    for number, step in enumerate(playbook.steps):
        field = f"steps[{number}]"
        known = set(playbook.captures) | provided
        yield from _unknown(f"{field}.when", {*step.when, *step.unless}, known)
        if step.for_each is not None:
            yield from _unknown(f"{field}.for_each", {step.for_each}, provided)
        values = sure | set(step.when) | ({step.for_each} if step.for_each else set())
        yield from _step_problems(field, step, values)
        provided |= set(step.provides)


def _step_problems(field: str, step: Step, values: set[str]) -> Iterator[_Problem]:
    if not step.commands:
        yield f"{field}.commands", _("no commands")
    if not 0 < step.time_limit_s <= 120:
        yield f"{field}.time_limit_s", _("more than 0 and at most 120 seconds")
    for text in (step.title, step.needs, *step.notes):
        yield from _unknown(field, _named(text), values)
    for note in step.notes:
        yield from _pattern_problems(f"{field}.notes", note.found)
    for name, provided in step.provides.items():
        where = f"{field}.provides.{name}"
        yield from _pattern_problems(where, provided.pattern, lambda each: each.groups >= 1)
        if provided.split == "":
            yield f"{where}.split", _("nothing stands between the values")
    for number, command in enumerate(step.commands):
        yield from _command_problems(f"{field}.commands[{number}]", command, values)


def _command_problems(field: str, command: Command, values: set[str]) -> Iterator[_Problem]:
    program = command.argv[0] if command.argv else ""
    if not program or program.startswith("-") or placeholders(program):
        yield f"{field}.argv", _("the first item names a program")
    elif program.rpartition("/")[2] in _NEVER_RUN:
        yield f"{field}.argv", _("{program} is not run by a playbook", program=program)
    for item in command.argv:
        yield from _unknown(f"{field}.argv", placeholders(item), values)
    if command.next_if is not None:
        yield from _pattern_problems(f"{field}.next_if", command.next_if)
    if command.table is not None:
        yield from _table_problems(f"{field}.table", command.table, values)


def _table_problems(field: str, table: Table, values: set[str]) -> Iterator[_Problem]:
    problems = list(
        _pattern_problems(f"{field}.row", table.row, lambda each: bool(each.groupindex))
    )
    yield from problems
    if problems:
        return
    keys = set(compiled(table.row).groupindex)
    conditions = [*table.where, *(each for one in table.sentences for each in one.where)]
    order = {table.order_by.removeprefix("-")} if table.order_by else set()
    used = {column.key for column in table.columns} | {each.key for each in conditions}
    yield from _unknown(field, used | set(table.same), keys)
    yield from _unknown(f"{field}.order_by", order, keys | {"times"})
    for each in conditions:
        compared = f"{each.equals}{each.differs}{each.has_word}"
        yield from _unknown(f"{field}.where", placeholders(compared), values)
    for sentence in table.sentences:
        yield from _unknown(f"{field}.sentences", _named(sentence), keys | values)
    totals = {f"sum_{key}" for key in keys} | {"count"}
    for text in (table.one, table.many, table.empty):
        yield from _unknown(field, _named(text), totals | values)
    if table.times and not table.same:
        yield f"{field}.times", _("it counts rows that are the same: same is missing")
    if bool(table.one) != bool(table.many):
        yield field, _("one and many belong together")
