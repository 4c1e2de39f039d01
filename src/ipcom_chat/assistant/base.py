"""What an assistant is: a question in, events out.

The chat treats every assistant alike, so this module knows no vendor, no storage and no screen.

Invariants: an assistant yields events and never prints; it stops within a few milliseconds when
its generator is closed or its task is cancelled, and leaves no process and no connection behind;
it raises `AssistantError` and nothing else.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Final, Protocol

import msgspec

from ipcom_chat.i18n import Language

KNOWLEDGE: Final = "knowledge"
"""The name of the assistant that itself says what the history knows."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One earlier question of the conversation and what became of it."""

    question: str
    answer: str | None
    cancelled: bool = False


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """What the history already knows about a question."""

    entry_id: str
    short_id: str
    question: str
    answer: str
    username: str | None
    os_user: str
    hostname: str
    created_at_ms: int
    score: float
    """0 to 1: the share of the question's weight that this entry covers."""


Recall = Callable[[str], Awaitable[Sequence[Recalled]]]
"""Looks a text up in the history that the user reads; best first, cancelled ones left out."""


class CommandFinished(msgspec.Struct, frozen=True, kw_only=True):
    """A command ended, by itself or because it was stopped."""

    call_id: str
    command: str
    output: str
    """Standard output and error together, decoded, control sequences removed, capped."""
    exit_code: int
    """The shell's convention: 127 not found, 126 not permitted, 128+n ended by signal n."""
    duration_ms: int
    truncated: bool = False


def _ignore(_finished: CommandFinished) -> None:
    """Drop it: nobody keeps a record."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What an assistant is asked."""

    text: str
    language: Language
    """The language of the screen; the answer follows the question's own where it can tell."""
    cwd: str
    conversation: tuple[Turn, ...] = ()
    recall: Recall
    on_stopped: Callable[[CommandFinished], None] = _ignore
    """Gets the command that a cancellation stopped: a cancelled generator cannot yield it."""


class TextDelta(msgspec.Struct, frozen=True):
    """More of the answer, Markdown."""

    text: str


class CommandStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A command begins to run."""

    call_id: str
    command: str
    """As a person would type it."""


class UsageReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer has cost so far."""

    model: str
    tokens_used: int


AssistantEvent = TextDelta | CommandStarted | CommandFinished | UsageReport


class Assistant(Protocol):
    """Answers questions; one instance serves the whole process."""

    @property
    def name(self) -> str:
        """What the status line calls it."""
        ...

    def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        """Yield the answer's events in order.

        Raises:
            AssistantError: it could not answer; what was yielded before stays valid.
        """
        ...
