"""The entries of the replica and the events of their life.

Invariants:
- A status changes only by one statement `UPDATE … WHERE id = ? AND status IN (…)` whose list
  comes from the table in `domain.lifecycle`; the number of changed rows says who won. Nothing is
  read first and written after.
- Only the replica that owns an entry changes its status or answer.
- Every change of status raises `version` and `local_seq`, renews `content_hash`, and adds a row
  to `entry_events`, all in the same transaction. A request to cancel raises `local_seq` alone.
- An id is inserted once; inserting it again changes nothing.
- No text gets in but through the rules of redaction (`entry_rows`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ipcom_chat.domain.entry import RULES_VERSION, Entry, EntryEvent, Outcome, Scope, Status
from ipcom_chat.domain.lifecycle import FINAL, INTERRUPTED, OPEN, sources
from ipcom_chat.domain.merge import BY_HAND
from ipcom_chat.ids import EntryId, ReplicaId, SessionId
from ipcom_chat.storage import entry_counts
from ipcom_chat.storage.database import Database, Transaction, json_list
from ipcom_chat.storage.entry_rows import (
    COLUMNS,
    GET_ALL,
    NAMES,
    DayCount,
    EntryFilter,
    EntryStats,
    entry_bindings,
    entry_of,
    filter_bindings,
    redacted_text,
    scope_bindings,
)
from ipcom_chat.storage.meter import Meter
from ipcom_chat.storage.scope_sql import FILTER_SQL, SCOPE_SQL

_NO_LIMIT = -1

# The constants below join fixed pieces of SQL; values are always bound.
_INSERT = (
    f"INSERT INTO entries ({COLUMNS}, local_seq, acked_seq) "
    f"VALUES ({', '.join(':' + name for name in NAMES)}, :local_seq, 0) "
    "ON CONFLICT (id) DO NOTHING"
)
_BODY_HASH = (
    "content_hash(id, version + 1, :status, command, :response, :error_code, tags, :model, "
    ":tokens_used, :execution_time_ms)"
)
_MAY_ADVANCE = (
    "id = :id AND replica_id = :replica_id AND status IN (:from_1, :from_2) AND deleted_at IS NULL"
)
_ADD_ADVANCE_EVENT = f"""
INSERT INTO entry_events (entry_id, at, from_status, to_status, actor, replica_id)
SELECT id, :at, status, :status, :actor, replica_id FROM entries WHERE {_MAY_ADVANCE}
"""
_ADVANCE = f"""
UPDATE entries SET
  status = :status, response = iif(redaction_response >= :by_hand, NULL, :response),
  redaction_response = max(redaction_response, :level), error_code = :error_code, model = :model,
  tokens_used = :tokens_used, cost_microusd = :cost_microusd,
  execution_time_ms = :execution_time_ms,
  truncated = max(truncated, :truncated), updated_at = :at,
  -- Who asked to cancel is kept while the request is open.
  cancelled_by = CASE WHEN :completed_at IS NULL THEN cancelled_by ELSE :cancelled_by END,
  completed_at = :completed_at, content_hash = {_BODY_HASH}, version = version + 1,
  local_seq = :local_seq
WHERE {_MAY_ADVANCE}
"""
_ADD_EVENT = (
    "INSERT INTO entry_events (entry_id, at, from_status, to_status, actor, replica_id) "
    "VALUES (:id, :updated_at, NULL, :status, :actor, :replica_id)"
)
_REQUEST_CANCEL = """
UPDATE entries SET cancel_requested_at = :at, cancelled_by = :actor, local_seq = :local_seq
WHERE id = :id AND status IN ('pending', 'processing') AND cancel_requested_at IS NULL
"""
_CANCEL_REQUESTS = (
    "SELECT id, cancelled_by FROM entries WHERE replica_id = ? AND session_id = ? "
    "AND status IN ('pending', 'processing') AND cancel_requested_at IS NOT NULL"
)
_OPEN_SESSIONS = (
    "SELECT DISTINCT session_id FROM entries "
    "WHERE replica_id = ? AND status IN ('pending', 'processing') AND deleted_at IS NULL"
)
_OPEN_OF_SESSION = (
    "SELECT id FROM entries WHERE replica_id = ? AND session_id IS ? "
    "AND status IN ('pending', 'processing') AND deleted_at IS NULL"
)
_GET = f"SELECT {COLUMNS} FROM entries WHERE id = ? AND deleted_at IS NULL"
_OF_PARENT = f"""
SELECT {COLUMNS} FROM entries WHERE parent_id = ? AND deleted_at IS NULL ORDER BY created_at, id
"""
_BY_TAIL = (
    "SELECT id FROM entries WHERE substr(id, 25) >= ? AND substr(id, 25) < ? "
    "AND deleted_at IS NULL LIMIT ?"
)
OF_ENTRY = "substr(entry_id, -6) = substr(:entry_id, -6) AND entry_id = :entry_id"
"""Which events are those of an entry, as their index knows them."""
_EVENTS = (
    "SELECT entry_id, at, from_status, to_status, actor, replica_id FROM entry_events "
    f"WHERE {OF_ENTRY} ORDER BY seq"
)
# A listing shows one line per entry: the long texts stay in the file.
_PREVIEW = COLUMNS.replace(" command,", " substr(command, 1, 1000),").replace(
    " response,", " substr(response, 1, 200),"
)
_LIST = {
    (mode, columns): (
        f"SELECT {columns} FROM entries WHERE {scope} AND {FILTER_SQL} "
        "ORDER BY created_at DESC, id DESC LIMIT :limit"
    )
    for mode, scope in SCOPE_SQL.items()
    for columns in (COLUMNS, _PREVIEW)
}
# Open requests are few, however long the history is.
_LIST_OPEN = {
    key: sql.replace("FROM entries WHERE", "FROM entries INDEXED BY entries_open WHERE").replace(
        "ORDER BY", "AND status IN ('pending', 'processing') ORDER BY"
    )
    for key, sql in _LIST.items()
}
# The bounds, wide as they are, make SQLite walk the index whatever the limit; for a small one it
# would read and sort the whole table.
_QUESTION_SQL = (
    "deleted_at IS NULL AND kind = 'question' "
    "AND created_at >= :since_ms AND created_at <= :until_ms"
)
# Only what is compared with a new question: thousands of rows, while somebody waits.
_ANSWERED = {
    mode: (
        f"SELECT id, substr(command, 1, :max_chars) FROM entries WHERE {scope} "
        f"AND {_QUESTION_SQL} AND status = 'completed' "
        "ORDER BY created_at DESC, id DESC LIMIT :limit"
    )
    for mode, scope in SCOPE_SQL.items()
}
_ASKED = {
    mode: (
        f"SELECT command FROM entries WHERE {scope} AND {_QUESTION_SQL} "
        "ORDER BY created_at DESC, id DESC LIMIT :limit"
    )
    for mode, scope in SCOPE_SQL.items()
}
_GET_SHOWN = {
    mode: f"SELECT {COLUMNS} FROM entries WHERE id = :id AND deleted_at IS NULL AND {scope}"
    for mode, scope in SCOPE_SQL.items()
}
_EXPORT = {
    mode: (f"SELECT {COLUMNS} FROM entries WHERE {scope} AND {FILTER_SQL} ORDER BY created_at, id")
    for mode, scope in SCOPE_SQL.items()
}


class Entries:
    """The entries of one replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def meter(self) -> Meter | None:
        """What notes how long things take, if anybody asked."""
        return self._database.meter

    def add(self, entry: Entry, *, actor: str) -> bool:
        """Insert an entry in whatever status it has; return False if its id is known already."""
        bindings = entry_bindings(entry)
        with self._database.save() as transaction:
            return _insert(transaction, bindings, actor)

    def add_all(self, entries: Iterable[Entry], *, actor: str) -> int:
        """Insert entries in one transaction; return how many were new."""
        with self._database.write() as transaction:
            return sum(_insert(transaction, entry_bindings(each), actor) for each in entries)

    def advance(
        self, entry_id: EntryId, outcome: Outcome, *, replica_id: ReplicaId, at_ms: int, actor: str
    ) -> bool:
        """Move an entry to `outcome.status` if the table of transitions allows it from where it is.

        Returns whether this call did it; if not, nothing has changed.
        """
        bindings = _advance_bindings(entry_id, outcome, replica_id, at_ms, actor)
        with self._database.save() as transaction:
            return _advance(transaction, bindings)

    def cancel(self, entry: Entry, outcome: Outcome, *, at_ms: int, actor: str) -> bool:
        """Cancel an entry, inserting it as cancelled if it is not there yet.

        Returns whether it is cancelled now by this call; a final entry stays as it is.
        """
        gone = entry_bindings(_cancelled(entry, outcome, at_ms, actor))
        bindings = _advance_bindings(entry.id, outcome, entry.replica_id, at_ms, actor)
        with self._database.save() as transaction:
            return _insert(transaction, gone, actor) or _advance(transaction, bindings)

    def request_cancel(self, entry_id: EntryId, *, at_ms: int, actor: str) -> bool:
        """Ask the owner of an open entry to cancel it; return whether there was one to ask."""
        with self._database.save() as transaction:
            seq = transaction.next_local_seq()
            return (
                transaction.changed(
                    _REQUEST_CANCEL,
                    {"id": entry_id, "at": at_ms, "actor": actor, "local_seq": seq},
                )
                == 1
            )

    def cancel_requests(
        self, replica_id: ReplicaId, session_id: SessionId
    ) -> list[tuple[EntryId, str]]:
        """Return the open entries of a session that somebody asked to cancel, and who asked."""
        return [
            (EntryId(row[0]), row[1])
            for row in self._database.rows(_CANCEL_REQUESTS, (replica_id, session_id))
        ]

    def open_sessions(self, replica_id: ReplicaId) -> list[SessionId | None]:
        """Return the sessions of this replica that have open entries."""
        return [row[0] for row in self._database.rows(_OPEN_SESSIONS, (replica_id,))]

    def interrupt_session(
        self, session_id: SessionId | None, *, replica_id: ReplicaId, at_ms: int
    ) -> list[EntryId]:
        """Turn the open entries of a session whose process is gone into errors; return them."""
        rows = list(self._database.rows(_OPEN_OF_SESSION, (replica_id, session_id)))
        outcome = Outcome(status=Status.ERROR, response=None, error_code=INTERRUPTED)
        return [
            EntryId(row[0])
            for row in rows
            if self.advance(
                EntryId(row[0]), outcome, replica_id=replica_id, at_ms=at_ms, actor="recovery"
            )
        ]

    def get(self, entry_id: EntryId) -> Entry | None:
        """Return the entry with this id."""
        row = self._database.row(_GET, (entry_id,))
        return None if row is None else entry_of(row)

    def get_shown(self, scope: Scope, entry_id: EntryId) -> Entry | None:
        """Return the entry with this id if the scope shows it."""
        bindings = scope_bindings(scope) | {"id": entry_id}
        row = self._database.row(_GET_SHOWN[scope.mode], bindings)
        return None if row is None else entry_of(row)

    def get_all(self, ids: Iterable[str]) -> dict[str, Entry]:
        """Return by id those of the entries that there are."""
        rows = self._database.rows(GET_ALL, (json_list(ids),))
        return {row[0]: entry_of(row) for row in rows}

    def of_parent(self, entry_id: EntryId) -> list[Entry]:
        """Return the commands that ran for a question, in order."""
        return [entry_of(row) for row in self._database.rows(_OF_PARENT, (entry_id,))]

    def ids_with_tail(self, prefix: str, limit: int) -> list[EntryId]:
        """Return up to `limit` ids whose random tail starts with `prefix` (hex digits)."""
        return [
            EntryId(row[0]) for row in self._database.rows(_BY_TAIL, (prefix, prefix + "g", limit))
        ]

    def events(self, entry_id: EntryId) -> list[EntryEvent]:
        """Return what happened to an entry, in order."""
        return [
            EntryEvent(
                entry_id=row[0],
                at=row[1],
                from_status=None if row[2] is None else Status(row[2]),
                to_status=Status(row[3]),
                actor=row[4],
                replica_id=row[5],
            )
            for row in self._database.rows(_EVENTS, (entry_id,))
        ]

    def newest(
        self, scope: Scope, where: EntryFilter, *, limit: int | None, preview: bool
    ) -> Iterator[Entry]:
        """Yield entries, newest first.

        Args:
            scope: which history.
            where: which of its entries.
            limit: how many at most; None for all.
            preview: cut long texts, for listings.
        """
        lists = _LIST if where.status not in OPEN else _LIST_OPEN
        sql = lists[scope.mode, _PREVIEW if preview else COLUMNS]
        bindings = filter_bindings(scope, where) | {"limit": _NO_LIMIT if limit is None else limit}
        return map(entry_of, self._database.rows(sql, bindings))

    def answered(self, scope: Scope, *, limit: int, max_chars: int) -> list[tuple[EntryId, str]]:
        """Return the ids and the beginnings of the newest answered questions, newest first."""
        bindings = filter_bindings(scope, EntryFilter()) | {"limit": limit, "max_chars": max_chars}
        return [
            (EntryId(row[0]), row[1])
            for row in self._database.rows(_ANSWERED[scope.mode], bindings)
        ]

    def asked(self, scope: Scope, *, limit: int) -> list[str]:
        """Return the texts of the newest questions, newest first."""
        bindings = filter_bindings(scope, EntryFilter()) | {"limit": limit}
        return [row[0] for row in self._database.rows(_ASKED[scope.mode], bindings)]

    def oldest(self, scope: Scope, where: EntryFilter) -> Iterator[Entry]:
        """Yield whole entries, oldest first."""
        return map(
            entry_of, self._database.rows(_EXPORT[scope.mode], filter_bindings(scope, where))
        )

    def stats(self, scope: Scope, where: EntryFilter) -> EntryStats:
        """Return counts over the entries of a scope."""
        return entry_counts.stats(self._database, scope, where)

    def days(self, scope: Scope, where: EntryFilter) -> list[DayCount]:
        """Return the counts per day, newest day first."""
        return entry_counts.days(self._database, scope, where)


_ADVANCE_EVENT_NAMES = ("id", "replica_id", "from_1", "from_2", "at", "status", "actor")


def _insert(transaction: Transaction, bindings: dict[str, Any], actor: str) -> bool:
    seq = transaction.next_local_seq()
    if transaction.changed(_INSERT, bindings | {"local_seq": seq}) == 0:
        return False
    transaction.execute(_ADD_EVENT, bindings | {"actor": actor})
    return True


def _advance(transaction: Transaction, bindings: dict[str, Any]) -> bool:
    event = _only(bindings, _ADVANCE_EVENT_NAMES)
    if transaction.changed(_ADD_ADVANCE_EVENT, event) == 0:
        return False
    seq = transaction.next_local_seq()
    return transaction.changed(_ADVANCE, bindings | {"local_seq": seq}) == 1


def _cancelled(entry: Entry, outcome: Outcome, at_ms: int, actor: str) -> Entry:
    return msgspec.structs.replace(
        entry,
        **msgspec.structs.asdict(outcome),
        cancelled_by=actor,
        updated_at=at_ms,
        completed_at=at_ms,
    )


def _advance_bindings(
    entry_id: EntryId, outcome: Outcome, replica_id: ReplicaId, at_ms: int, actor: str
) -> dict[str, Any]:
    allowed = sources(outcome.status)
    return {
        "id": entry_id,
        "replica_id": replica_id,
        "from_1": allowed[0].value,
        "from_2": allowed[-1].value,
        "status": outcome.status.value,
        "response": redacted_text(outcome.response),
        "level": RULES_VERSION,
        "by_hand": BY_HAND,
        "error_code": outcome.error_code,
        "model": outcome.model,
        "tokens_used": outcome.tokens_used,
        "cost_microusd": outcome.cost_microusd,
        "execution_time_ms": outcome.execution_time_ms,
        "truncated": int(outcome.truncated),
        "cancelled_by": actor if outcome.status is Status.CANCELLED else None,
        "at": at_ms,
        "completed_at": at_ms if outcome.status in FINAL else None,
        "actor": actor,
    }


def _only(bindings: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: bindings[name] for name in names}
