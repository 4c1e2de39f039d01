"""How entries become rows, and rows entries.

The columns stand in one place, so that no statement forgets one. Tags and context that are no
JSON of ours count as empty.
"""

from typing import Any

import msgspec

from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status, content_hash
from ipcom_chat.ids import SessionId, UserId
from ipcom_chat.storage.database import Row, decoded

COLUMNS = (
    "id, kind, parent_id, retry_of, mode, private, source, time_estimated, user_id, os_user, "
    "machine_id, replica_id, session_id, command, response, status, error_code, tags, context, "
    "model, tokens_used, cost_microusd, execution_time_ms, cwd, truncated, cancel_requested_at, "
    "cancelled_by, redaction_command, redaction_response, content_hash, version, created_at, "
    "updated_at, completed_at, deleted_at, rev"
)
NAMES = COLUMNS.split(", ")

_TAGS = msgspec.json.Decoder(tuple[str, ...])
_CONTEXT = msgspec.json.Decoder(dict[str, Any])
_EVER = 1 << 62


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries of a scope; a field that is None lets all pass. Instants are epoch ms."""

    kind: Kind | None = None
    user_id: UserId | None = None
    session_id: SessionId | None = None
    status: Status | None = None
    since_ms: int = 0
    until_ms: int = _EVER


class EntryStats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over a scope. Instants are epoch milliseconds."""

    entries: int
    commands: int
    completed: int
    errors: int
    cancelled: int
    open: int
    commands_ok: int
    users: int
    machines: int
    tokens_used: int
    mean_execution_time_ms: float | None
    first_at: int | None
    last_at: int | None


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """How much was asked and run on one day of the local calendar."""

    day: str
    questions: int
    commands: int


def entry_bindings(entry: Entry) -> dict[str, Any]:
    """Return the values of an entry by column, its hash renewed."""
    values = msgspec.structs.asdict(entry)
    tags = msgspec.json.encode(entry.tags).decode()
    values |= {
        "kind": entry.kind.value,
        "mode": entry.mode.value,
        "status": entry.status.value,
        "private": int(entry.private),
        "time_estimated": int(entry.time_estimated),
        "truncated": int(entry.truncated),
        "tags": tags,
        "context": msgspec.json.encode(entry.context).decode(),
        "content_hash": content_hash(
            entry.id,
            entry.version,
            entry.status.value,
            entry.command,
            entry.response,
            entry.error_code,
            tags,
            entry.model,
            entry.tokens_used,
            entry.execution_time_ms,
        ),
    }
    return values


def entry_of(row: Row) -> Entry:
    """Return the entry that a row of `COLUMNS` holds."""
    values = dict(zip(NAMES, row, strict=True))
    values |= {
        "kind": Kind(values["kind"]),
        "mode": Mode(values["mode"]),
        "status": Status(values["status"]),
        "private": bool(values["private"]),
        "time_estimated": bool(values["time_estimated"]),
        "truncated": bool(values["truncated"]),
        "tags": decoded(_TAGS, values["tags"], ()),
        "context": decoded(_CONTEXT, values["context"], {}),
    }
    return Entry(**values)


def filter_bindings(scope: Scope, where: EntryFilter) -> dict[str, Any]:
    """Return what the conditions of a scope and of a filter are bound to."""
    return msgspec.structs.asdict(where) | {
        "scope_user": scope.user_id,
        "scope_machine": scope.machine_id,
        "kind": where.kind and where.kind.value,
        "status": where.status and where.status.value,
    }
