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

RUN_COMMAND: Final = "run_command"
"""The name of the tool that runs a shell line."""


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
    is_private: bool = False
    """Whether it must not leave this machine, so no AI elsewhere may see it."""


Recall = Callable[[str], Awaitable[Sequence[Recalled]]]
"""Looks a text up in the history that the user reads; best first, cancelled ones left out."""

Search = Callable[[str, int], Awaitable[Sequence[Recalled]]]
"""Searches the history that the user reads, as `history search` does; at most so many, best first.

Raises `IpcomChatError` where the history cannot be read.
"""


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


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One earlier question of the conversation and what became of it."""

    question: str
    answer: str | None
    cancelled: bool = False
    ran: tuple[CommandFinished, ...] = ()
    """The commands that ran for it, in order."""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Something that runs only if the person says so."""

    call_id: str
    tool: str
    """`run_command`, or the name of another tool, as in a rule."""
    command: str
    """The shell line, or the call of the tool as a person can read it."""
    reasons: tuple[str, ...] = ()
    """Why it is dangerous, for people; empty if it is not known to be."""
    is_second: bool = False
    """Whether the person has said yes once already: what is dangerous is asked twice."""

    @property
    def is_command(self) -> bool:
        """Whether it is a shell line, which can be edited."""
        return self.tool == RUN_COMMAND


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the person said."""

    allowed: bool
    reason: str = ""
    """Why not; the assistant is told."""
    command: str | None = None
    """The shell line as the person has edited it."""
    always: bool = False
    """Whether the same is not to be asked again in this session."""


Approve = Callable[[Approval], Awaitable[Decision]]
"""Asks the person; a cancelled request cancels the question, too."""


def _ignore(_finished: CommandFinished) -> None:
    """Drop it: nobody keeps a record."""


class Gate(Protocol):
    """Decides what an assistant may run: the rules, and where they say so, the person."""

    async def command(self, call_id: str, line: str) -> Decision:
        """Return whether a shell line may run; `Decision.command` is the line to run."""
        ...

    async def check(self, line: str) -> Decision:
        """Return whether a command of a built-in check may run: it may where no rule denies it."""
        ...

    async def tool(
        self, call_id: str, name: str, call: str, *, is_harmless: bool = False
    ) -> Decision:
        """Return whether another tool may be called.

        Args:
            call_id: names the call.
            name: as in a rule, such as `mcp:server/tool`.
            call: the call as a person can read it.
            is_harmless: whether it needs no yes where no rule speaks of it.
        """
        ...


Borrow = Callable[[Sequence[str]], Awaitable[int]]
"""Lends the user's own terminal to a program, so that it can ask for a password there; returns
its exit code."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one question may take; reaching a limit ends it with what is known."""

    requests: int = 12
    time_s: float = 300.0
    """Waiting for the person does not count."""
    command_s: float = 120.0
    """For each command."""
    context_tokens: int = 24_000
    """What of the conversation is sent along, estimated."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What an assistant is asked."""

    text: str
    language: Language
    """The language of the screen; the answer follows the question's own where it can tell."""
    cwd: str
    conversation: tuple[Turn, ...] = ()
    recall: Recall
    search: Search | None = None
    gate: Gate | None = None
    """None: an AI is offered no tools."""
    runs_checks: bool = True
    """Whether the history's own answer may run the built-in checks."""
    borrow: Borrow | None = None
    """None: there is no terminal to lend."""
    is_plan: bool = False
    """Whether the person wants a plan and nothing run."""
    limits: Limits = Limits()
    recalled_max: int = 3
    """How many entries of the history are sent along at most."""
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


class CommandOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What a running command has written meanwhile, control sequences removed."""

    call_id: str
    text: str


class ToolStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A tool other than a command begins to work."""

    call_id: str
    name: str
    """`search_history`, `read_file`, `mcp:server/tool` …"""
    call: str
    """What it was asked, on one line."""


class ToolFinished(msgspec.Struct, frozen=True, kw_only=True):
    """A tool other than a command is done."""

    call_id: str
    result: str
    """What came of it, on one short line, for people."""
    is_error: bool = False


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A command or tool was asked for and does not run."""

    call_id: str
    command: str
    reason: str
    """For people: the rule, or what the person said."""


class Cited(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of the history that the answer rests on; the newest event of an answer holds."""

    entries: tuple[Recalled, ...]


class Noted(msgspec.Struct, frozen=True):
    """Something the assistant says of itself, such as that another model answers."""

    text: str


class UsageReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer has cost so far."""

    model: str
    tokens_used: int
    """Sent and received, of all requests."""
    cost_microusd: int | None = None
    """Millionths of a US dollar; None where the price is not known."""


AssistantEvent = (
    TextDelta
    | CommandStarted
    | CommandOutput
    | CommandFinished
    | ToolStarted
    | ToolFinished
    | Refused
    | Cited
    | Noted
    | UsageReport
)


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

    def load(self) -> None:
        """Import what the first question needs; for a thread that has nothing better to do."""
        ...

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        """Return what was said so far in short, for `/compact`; None if it cannot.

        Raises:
            AssistantError: it could not now.
        """
        ...

    async def close(self) -> None:
        """Let go of what it keeps between questions."""
        ...
