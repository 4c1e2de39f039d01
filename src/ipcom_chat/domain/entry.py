"""What an entry is: one request and its answer, or one command that ran.

Its id is the id of the request. A final body never changes again, deletion and redaction apart.
"""

from enum import StrEnum
from hashlib import blake2b
from typing import Any

import msgspec

from ipcom_chat.ids import EntryId, MachineId, ReplicaId, SessionId, UserId

COMMAND_MAX_CHARS = 1_000_000
RESPONSE_MAX_CHARS = 1_000_000

RULES_VERSION = 4
"""The version of the rules of `domain.redaction`, raised with every change of them.

The redaction level of a text is the version of the rules that have seen it last.
"""

_HASH_BITS = 63


class Kind(StrEnum):
    """What an entry holds."""

    QUESTION = "question"
    COMMAND = "command"


class Mode(StrEnum):
    """In which histories an entry appears; fixed when it is written."""

    GLOBAL = "global"
    USER = "user"
    MACHINE = "machine"
    HYBRID = "hybrid"

    @classmethod
    def _missing_(cls, value: object) -> "Mode | None":
        """Let `local`, as on the command line, mean this machine wherever a mode is named."""
        return cls.MACHINE if value == "local" else None


class Status(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLED = "cancelled"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, from where, into which histories."""

    mode: Mode
    private: bool
    user_id: UserId | None
    os_user: str
    machine_id: MachineId
    replica_id: ReplicaId
    session_id: SessionId | None
    cwd: str | None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which history is read."""

    mode: Mode | None
    """None: everything that this replica holds."""
    machine_id: MachineId
    user_id: UserId | None = None
    """Whose history modes `user` and `hybrid` show; the other modes do not look at it."""
    with_private: bool = True
    """Whether entries that never leave this replica are shown, too."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the history; the names are the columns. Instants are epoch milliseconds."""

    id: EntryId
    kind: Kind
    parent_id: EntryId | None = None
    """The question that a command belongs to."""
    retry_of: EntryId | None = None
    mode: Mode
    private: bool = False
    """Never leaves its replica."""
    source: str = "chat"
    time_estimated: bool = False
    user_id: UserId | None = None
    os_user: str
    machine_id: MachineId
    replica_id: ReplicaId
    session_id: SessionId | None = None
    command: str
    """The question as it was asked, or the command line that ran."""
    response: str | None = None
    """The answer, or the command's output."""
    status: Status
    error_code: str | None = None
    """Why a question failed, or the exit code of a command as text (`0` is success)."""
    tags: tuple[str, ...] = ()
    context: dict[str, Any] = {}
    model: str | None = None
    tokens_used: int | None = None
    cost_microusd: int | None = None
    execution_time_ms: int | None = None
    cwd: str | None = None
    truncated: bool = False
    cancel_requested_at: int | None = None
    cancelled_by: str | None = None
    redaction_command: int = 0
    redaction_response: int = 0
    content_hash: int = 0
    version: int = 1
    """Counts the owner's changes."""
    created_at: int
    updated_at: int
    completed_at: int | None = None
    deleted_at: int | None = None
    rev: int | None = None
    """The primary's number of this version; none while it was never there."""


class EntryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change of status, for audit."""

    entry_id: EntryId
    at: int
    from_status: Status | None
    to_status: Status
    actor: str
    replica_id: ReplicaId


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of its life makes of a request's body."""

    status: Status
    response: str | None = None
    error_code: str | None = None
    model: str | None = None
    tokens_used: int | None = None
    cost_microusd: int | None = None
    execution_time_ms: int | None = None
    truncated: bool = False


def capped(text: str, max_chars: int) -> tuple[str, bool]:
    """Return `text` cut to `max_chars` characters, and whether it was cut."""
    return (text, False) if len(text) <= max_chars else (text[:max_chars], True)


def storable(text: str) -> str:
    """Return `text` as SQLite can hold it: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def content_hash(*body: str | float | None) -> int:
    """Return 63 bits of BLAKE2b over the values of a body, types and borders included.

    Source: RFC 7693.
    """
    digest = blake2b(msgspec.json.encode(body), digest_size=8).digest()
    return int.from_bytes(digest, "big") & ((1 << _HASH_BITS) - 1)
