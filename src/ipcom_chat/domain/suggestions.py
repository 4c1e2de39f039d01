"""What a team does, counted: commands that worked, and what comes after a command. Pure.

A command is the same however its words are spaced; a question also whatever its letter case, its
accents and the mark it ends with.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from ipcom_chat.domain.folding import fold

T = TypeVar("T")

PAIRS_MIN: Final = 2
"""What came after a command once is no habit."""
_SUCCESS: Final = "0"
_MARKS: Final = " ?!.…:;,"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One command as it ran."""

    id: str
    command: str
    who: str
    machine_id: str
    at_ms: int
    exit_code: str | None
    """None: nobody knows."""


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """A command that worked at least once, and how it went whenever it ran."""

    last: Run
    """The newest that worked."""
    times: int
    exit_codes: Mapping[str, int]
    """How often it ended how, where that is known."""
    people: int
    machines: int


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """What came after a command, and how often."""

    command: str
    times: int
    of: int
    """How often anything came after it."""
    people: int
    machines: int


def command_key(text: str) -> str:
    """Return what is equal for two command lines that are the same."""
    return " ".join(text.split())


def program(command: str) -> str:
    """Return which program a command line runs first."""
    words = command.split()
    return next((word for word in words if word != "sudo"), "")


def question_key(text: str) -> str:
    """Return what is equal for two questions that are the same."""
    return command_key(fold(text)).rstrip(_MARKS)


def practice(runs: Sequence[Run]) -> Practice | None:
    """Return how the runs of one command went; None if none of them is known to have worked."""
    worked = [run for run in runs if run.exit_code == _SUCCESS]
    if not worked:
        return None
    codes = Counter(run.exit_code for run in runs if run.exit_code is not None)
    return Practice(
        last=max(worked, key=lambda run: (run.at_ms, run.id)),
        times=len(runs),
        exit_codes=dict(codes.most_common()),
        people=len({run.who for run in runs}),
        machines=len({run.machine_id for run in runs}),
    )


def habits(command: str, followers: Iterable[Run], *, limit: int) -> list[Habit]:
    """Return what usually comes after a command, most often first.

    Args:
        command: it; the same again is nothing that comes after it.
        followers: what came next, once for each time that the command ran.
        limit: how many at most.
    """
    own = command_key(command)
    others = [run for run in followers if command_key(run.command) != own]
    found = [
        Habit(
            command=key,
            times=len(runs),
            of=len(others),
            people=len({run.who for run in runs}),
            machines=len({run.machine_id for run in runs}),
        )
        for key, runs in grouped(others, lambda run: command_key(run.command)).items()
        if len(runs) >= PAIRS_MIN
    ]
    return sorted(found, key=lambda habit: (-habit.times, -habit.machines, habit.command))[:limit]


def grouped(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    """Return the items by key, keys and items in the order in which they come."""
    groups: dict[str, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
