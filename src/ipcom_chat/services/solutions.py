"""Adds to the history what another program says has solved a problem.

The entry is an answered question like any other: it travels, is found and suggested. The commands
stand in its answer, not as commands that ran, for nobody here has seen them run.

Invariant: what is too long is refused and never cut, so a secret cannot lose the half by which it
would be known.
"""

from collections.abc import Callable
from typing import Annotated, Final

import msgspec

from ipcom_chat.assistant.markdown import fence_of
from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry, Kind, Origin, Status, storable
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, IdSource
from ipcom_chat.storage.entries import Entries

SOURCE: Final = "mcp"

_Command = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
_Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Solution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A problem, and what solved it."""

    question: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=4_000,
            description="The problem, as somebody who has it would ask.",
        ),
    ]
    solution: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=60_000,
            description="What solved it and why, in Markdown. Write no secrets.",
        ),
    ]
    commands: Annotated[
        tuple[_Command, ...],
        msgspec.Meta(max_length=50, description="The commands that solved it, in their order."),
    ] = ()
    tags: Annotated[
        tuple[_Tag, ...],
        msgspec.Meta(max_length=16, description="Words to find it by."),
    ] = ()


class SolutionService:
    """Writes solutions into one replica.

    Args:
        entries: where they are written.
        ids: names them.
        clock: the time.
        saved: called after each write.
    """

    def __init__(
        self, entries: Entries, ids: IdSource, clock: Clock, saved: Callable[[], None]
    ) -> None:
        self._entries = entries
        self._ids = ids
        self._clock = clock
        self._saved = saved

    def save(self, origin: Origin, solution: Solution) -> Entry:
        """Write a solution and return its entry as it is stored.

        Raises:
            UsageError: it says nothing.
            StorageError: it could not be written.
        """
        entry = self._entry(origin, solution)
        self._entries.add(entry, actor=origin.os_user)
        self._saved()
        return self._entries.get(entry.id) or entry

    def _entry(self, origin: Origin, solution: Solution) -> Entry:
        question, text = (storable(each).strip() for each in (solution.question, solution.solution))
        if not question or not text:
            raise UsageError(_("A solution needs a question and an answer that say something."))
        now = self._clock.now_ms()
        return Entry(
            id=EntryId(self._ids.new()),
            kind=Kind.QUESTION,
            source=SOURCE,
            command=question,
            response=_with_commands(text, solution.commands),
            status=Status.COMPLETED,
            tags=tuple(dict.fromkeys(storable(tag).strip() for tag in solution.tags)),
            created_at=now,
            updated_at=now,
            completed_at=now,
            **msgspec.structs.asdict(origin),
        )


def _with_commands(text: str, commands: tuple[str, ...]) -> str:
    """Return an answer with its commands as a block of code that nothing inside can end."""
    if not commands:
        return text
    lines = "\n".join(storable(each).strip() for each in commands)
    fence = fence_of(lines, least=3)
    return f"{text}\n\n{fence}sh\n{lines}\n{fence}"
