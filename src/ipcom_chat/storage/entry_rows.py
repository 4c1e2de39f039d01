"""How entries become rows, and rows entries.

The columns stand in one place, so that no statement forgets one. Tags and context that are no
JSON of ours count as empty.

Invariant: every text on its way into the replica passes `redacted` or `redacted_text` here, so no
secret that the rules know reaches the disk; the hash is that of what is stored.
"""

from typing import Any

import msgspec

from ipcom_chat.domain.entry import (
    RULES_VERSION,
    Entry,
    Kind,
    Mode,
    Scope,
    Status,
    content_hash,
)
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
GET_ALL = (
    f"SELECT {COLUMNS} FROM entries "
    "WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL"
)
"""Bound to a list of ids (`json_list`)."""

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


def redacted_text(text: str | None) -> str | None:
    """Return a text without its secrets."""
    if not text:
        return text
    # Late: plain verbs read only, and need none of the rules.
    from ipcom_chat.domain.redaction import redact  # noqa: PLC0415

    return redact(text).text


def redacted(entry: Entry) -> Entry:
    """Return an entry as it may be stored: seen by the rules of today, if not by newer ones."""
    changes: dict[str, Any] = {}
    if entry.redaction_command < RULES_VERSION:
        changes = {
            "command": redacted_text(entry.command),
            "redaction_command": RULES_VERSION,
            "tags": tuple(redacted_text(tag) or "" for tag in entry.tags),
            "context": _redacted_context(entry.context),
        }
    if entry.redaction_response < RULES_VERSION:
        changes |= {
            "response": redacted_text(entry.response),
            "redaction_response": RULES_VERSION,
        }
    return msgspec.structs.replace(entry, **changes) if changes else entry


def _redacted_context(value: Any) -> Any:
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, dict):
        return {key: _redacted_context(each) for key, each in value.items()}
    return [_redacted_context(each) for each in value] if isinstance(value, list) else value


def entry_bindings(entry: Entry) -> dict[str, Any]:
    """Return the values of an entry by column: redacted, its hash renewed."""
    entry = redacted(entry)
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


def scope_bindings(scope: Scope) -> dict[str, Any]:
    """Return what the conditions of a scope are bound to."""
    return {
        "scope_user": scope.user_id,
        "scope_machine": scope.machine_id,
        "scope_private": int(scope.with_private),
    }


def filter_bindings(scope: Scope, where: EntryFilter) -> dict[str, Any]:
    """Return what the conditions of a scope and of a filter are bound to."""
    return msgspec.structs.asdict(where) | {
        **scope_bindings(scope),
        "kind": where.kind and where.kind.value,
        "status": where.status and where.status.value,
    }
