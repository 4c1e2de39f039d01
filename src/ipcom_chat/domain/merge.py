"""How two versions of one row become one: the rule of replicas and primary.

Pure, commutative, associative and idempotent, so rows may come in any order, twice, or late. The
same rule stands in SQL in the trigger of the primary's `sync_push`; a test holds the two against
one another.

An entry is merged by groups of fields, each an ordered register of its own:

- **tombstone**: `deleted_at`, the earliest that is set; it clears every text.
- **cancel request**: `cancel_requested_at` with who asked, the earliest that is set.
- **body**: what the owner writes. A real end beats an end that was only presumed after a crash
  (`interrupted`), which beats an open state; then the higher `version`; the rest of the key only
  matters where a replica was cloned.
- **command text**: it never changes, so the higher redaction level wins, with its text.
- **response text**: it belongs to the body; among bodies of one version and hash, which have one
  answer, the higher redaction level wins. A redaction by hand is of no version: it blanks the
  response of all.

Users, machines, sessions and votes: the last writer wins, by `updated_at`, which their writers
only ever raise.
"""

from typing import Literal, TypeVar

import msgspec

from ipcom_chat.domain.lifecycle import INTERRUPTED

BY_HAND = 1 << 30
"""The redaction level that blanks a field, whatever rules come later."""

ModeName = Literal["global", "user", "machine", "hybrid"]
Bit = Literal[0, 1]

_OPEN = ("pending", "processing")


class EntryRow(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it travels: the columns of the table but `private` and those of one replica."""

    id: str
    kind: Literal["question", "command"]
    parent_id: str | None
    retry_of: str | None
    mode: ModeName
    source: str
    time_estimated: Bit
    user_id: str | None
    os_user: str
    machine_id: str
    replica_id: str
    session_id: str | None
    command: str
    response: str | None
    status: Literal["pending", "processing", "completed", "error", "cancelled"]
    error_code: str | None
    tags: str
    context: str
    model: str | None
    tokens_used: int | None
    cost_microusd: int | None
    execution_time_ms: int | None
    cwd: str | None
    truncated: Bit
    cancel_requested_at: int | None
    cancelled_by: str | None
    redaction_command: int
    redaction_response: int
    content_hash: int
    version: int
    created_at: int
    updated_at: int
    completed_at: int | None
    deleted_at: int | None


class UserRow(msgspec.Struct, frozen=True, array_like=True):
    """A user as it travels."""

    id: str
    username: str
    name: str
    email: str
    is_active: Bit
    created_at: int
    updated_at: int


class MachineRow(msgspec.Struct, frozen=True, array_like=True):
    """A machine as it travels."""

    id: str
    hostname: str
    ip_address: str | None
    mac_address: str | None
    os_info: str
    aliases: str
    version: str
    first_seen: int
    last_seen: int
    updated_at: int


class SessionRow(msgspec.Struct, frozen=True, array_like=True):
    """A session as it travels."""

    id: str
    parent_id: str | None
    title: str | None
    mode: ModeName
    user_id: str | None
    os_user: str
    machine_id: str
    replica_id: str
    started_at: int
    last_active_at: int
    ended_at: int | None
    updated_at: int
    deleted_at: int | None


class VoteRow(msgspec.Struct, frozen=True, array_like=True):
    """A vote as it travels."""

    entry_id: str
    voter: str
    value: Literal[-1, 0, 1]
    mode: ModeName
    user_id: str | None
    machine_id: str
    created_at: int
    updated_at: int


SmallRow = UserRow | MachineRow | SessionRow | VoteRow
Small = TypeVar("Small", UserRow, MachineRow, SessionRow, VoteRow)

_EARLIEST = "first_seen"
"""The column whose earlier value is kept, whoever wrote last."""
_NO_INSTANT = ("ended_at", "deleted_at")
"""Columns whose missing value comes before every instant; of others it is the empty text."""

_Key = tuple[int | str, ...]


def merge_entries(one: EntryRow, other: EntryRow) -> EntryRow:
    """Return what both versions of an entry become."""
    body = max(one, other, key=_body_key)
    requested_at, requested_by = _cancel_request(one, other)
    command = max(one, other, key=lambda row: (row.redaction_command, row.command))
    answer = max(one, other, key=_answer_key)
    by_hand = max(one.redaction_response, other.redaction_response) >= BY_HAND
    merged = msgspec.structs.replace(
        body,
        cancel_requested_at=requested_at,
        cancelled_by=requested_by if body.status in _OPEN else body.cancelled_by,
        command=command.command,
        redaction_command=command.redaction_command,
        response=None if by_hand else answer.response,
        redaction_response=BY_HAND if by_hand else answer.redaction_response,
        deleted_at=_earliest(one.deleted_at, other.deleted_at),
    )
    return merged if merged.deleted_at is None else cleared(merged)


def cleared(row: EntryRow) -> EntryRow:
    """Return an entry without any text, as a tombstone keeps it."""
    return msgspec.structs.replace(
        row, command="", response=None, tags="[]", context="{}", cwd=None
    )


def loses_text(before: EntryRow, after: EntryRow) -> bool:
    """Return whether a merge takes text out of an entry, which must leave the disk then, too."""
    is_answered_otherwise = bool(before.response) and after.response != before.response
    return after.command != before.command or is_answered_otherwise


def merge_small(one: Small, other: Small) -> Small:
    """Return what both versions of a user, machine, session or vote become."""
    last = max(one, other, key=_small_key)
    if isinstance(last, MachineRow):
        earliest = min(getattr(one, _EARLIEST), getattr(other, _EARLIEST))
        return msgspec.structs.replace(last, **{_EARLIEST: earliest})
    return last


def _body_key(row: EntryRow) -> _Key:
    finality = _finality(row)
    return (
        finality,
        row.version,
        row.content_hash,
        row.updated_at,
        row.replica_id,
        row.machine_id,
        row.completed_at or 0,
        (row.cancelled_by or "") if finality else "",
    )


def _finality(row: EntryRow) -> int:
    if row.status in _OPEN:
        return 0
    return 1 if row.status == "error" and row.error_code == INTERRUPTED else 2


def _answer_key(row: EntryRow) -> _Key:
    # One hash, one answer: what was imported on two machines is not to come back unredacted.
    return (*_body_key(row)[:3], row.redaction_response, row.response or "")


def _cancel_request(one: EntryRow, other: EntryRow) -> tuple[int | None, str | None]:
    asked = [
        (row.cancel_requested_at, row.cancelled_by or "")
        for row in (one, other)
        if row.cancel_requested_at is not None and row.status in _OPEN
    ]
    times = _earliest(one.cancel_requested_at, other.cancel_requested_at)
    return times, (min(asked)[1] or None) if asked else None


def _earliest(one: int | None, other: int | None) -> int | None:
    known = [at for at in (one, other) if at is not None]
    return min(known, default=None)


def _small_key(row: SmallRow) -> _Key:
    others = (name for name in row.__struct_fields__ if name != _EARLIEST)
    return (row.updated_at, *(_comparable(row, name) for name in others))


def _comparable(row: SmallRow, name: str) -> int | str:
    value: int | str | None = getattr(row, name)
    if value is None:
        return -1 if name in _NO_INSTANT else ""
    return value
