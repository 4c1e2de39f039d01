"""What the replica remembers of synchronisation: timeline, subscriptions, parked rows, report.

Invariants: a cursor only moves together with the rows that were pulled, in one transaction; a
changed timeline lets every row that is not private wait again, and a process that dies in the
middle of that finishes it at the next exchange.
"""

from collections.abc import Iterable

import msgspec

from ipcom_chat.storage.database import Database, Transaction
from ipcom_chat.storage.entries import OF_ENTRY
from ipcom_chat.storage.usage_counting import mark_evicted

RESET_ROWS = 2_000
"""How many entries one transaction of a reset touches: others write in between."""
EVICT_ROWS = 500
PULLED = "pulled"
"""The kind of a parked row that came from the primary and cannot be read here."""

_TIMELINE = "SELECT epoch, anchor_n, anchor_nonce, reset_seq, reset_from FROM sync_timeline"
_SUBSCRIPTIONS = """
SELECT scope, cursor, fill_below, since_ms, added_at FROM subscriptions ORDER BY added_at, scope
"""
_SUBSCRIBE = """
INSERT INTO subscriptions (scope, cursor, fill_below, since_ms, added_at)
VALUES (:scope, NULL, NULL, :since_ms, :at)
-- A window that was made longer is filled once more; one that moves on with time is not.
ON CONFLICT (scope) DO UPDATE SET since_ms = excluded.since_ms, fill_below = cursor + 1
WHERE excluded.since_ms < since_ms
"""
_WAITING_SCOPES = """
SELECT CASE mode WHEN 'user' THEN 'u:' || coalesce(user_id, '')
                 WHEN 'machine' THEN 'm:' || machine_id ELSE 'g' END
FROM (
  -- Most entries are for all, which every replica holds: the index has the others alone.
  SELECT mode, user_id, machine_id FROM entries
  WHERE local_seq > acked_seq AND private = 0 AND mode IN ('user', 'machine')
  UNION
  SELECT mode, user_id, machine_id FROM sessions WHERE local_seq > acked_seq AND private = 0
  UNION
  SELECT mode, user_id, machine_id FROM votes WHERE local_seq > acked_seq
)
"""
_ADVANCE = "UPDATE subscriptions SET cursor = ?, fill_below = ? WHERE scope = ?"
_ANCHOR = "UPDATE sync_timeline SET anchor_n = ?, anchor_nonce = ?"

_BEGIN_RESET = """
UPDATE sync_timeline SET
  epoch = :epoch, anchor_n = NULL, anchor_nonce = NULL, reset_from = 0,
  -- Before the first primary nothing was ever acknowledged, and nothing need wait for a pull.
  reset_seq = CASE WHEN epoch IS NULL THEN 0
              ELSE (SELECT n FROM counters WHERE name = 'local_seq') END
"""
_FORGET_CURSORS = "UPDATE subscriptions SET cursor = NULL, fill_below = NULL"
_RESET_SMALL = tuple(
    f"UPDATE {table} SET acked_seq = 0, rev = NULL"
    for table in ("users", "machines", "sessions", "votes")
)
_UNPARK_ALL = "DELETE FROM parked"
_RESET_ENTRIES = """
UPDATE entries SET acked_seq = 0, rev = NULL WHERE seq >= :first AND seq < :end AND acked_seq > 0
"""
_RESET_NEXT = """
UPDATE sync_timeline SET reset_from =
  CASE WHEN :end > (SELECT coalesce(max(seq), 0) FROM entries) THEN NULL ELSE :end END
"""

_KINDS = (
    ("entry", "entries", "AND private = 0"),
    ("user", "users", ""),
    ("machine", "machines", ""),
    ("session", "sessions", "AND private = 0"),
    ("vote", "votes", ""),
)
_PARK = """
INSERT INTO parked (kind, key, local_seq, reason, parked_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET local_seq = excluded.local_seq, reason = excluded.reason,
  parked_at = excluded.parked_at
"""
_PARKED_KEYS = {"vote": "entry_id || ' ' || voter"}
_FORGET_PARKED = tuple(
    f"DELETE FROM parked WHERE kind = '{kind}' AND NOT EXISTS (SELECT 1 FROM {table} "
    f"WHERE {_PARKED_KEYS.get(kind, 'id')} = parked.key AND {table}.local_seq = parked.local_seq "
    f"AND {table}.local_seq > {table}.acked_seq)"
    for kind, table, _private in _KINDS
)
_PARKED = "SELECT kind, key, reason, parked_at FROM parked ORDER BY parked_at, kind, key"
_RETRY = "DELETE FROM parked RETURNING kind"
_FILL_ANEW = "UPDATE subscriptions SET fill_below = cursor + 1 WHERE cursor IS NOT NULL"

_REPORT = (
    "SELECT tried_at, succeeded_at, failing_since, error_code, error, read_only, skew_ms, beat_at, "
    "evicted_at FROM sync_report"
)
_SUCCEEDED = """
UPDATE sync_report SET tried_at = :at, succeeded_at = :at, failing_since = NULL,
  error_code = NULL, error = NULL, skew_ms = :skew_ms, read_only = :read_only
"""
_FAILED = """
UPDATE sync_report SET tried_at = :at, failing_since = coalesce(failing_since, :at),
  error_code = :code, error = :text
"""
_BEAT = "UPDATE sync_report SET beat_at = ?"
_EVICTED = "UPDATE sync_report SET evicted_at = ?"

_COUNT_WAITING = tuple(
    (kind, f"SELECT count(*) FROM {table} WHERE local_seq > acked_seq {private}")
    for kind, table, private in _KINDS
)
_OLDEST_WAITING = """
SELECT min(updated_at) FROM entries WHERE local_seq > acked_seq AND private = 0
"""
EVICTABLE = """
created_at < :before AND acked_seq >= local_seq AND private = 0 AND rev IS NOT NULL
  -- Its owner still writes an open one; of others', what became of it would not be pulled.
  AND (status NOT IN ('pending', 'processing') OR replica_id <> :replica_id)
"""
_EVICT_ENTRIES = f"""
DELETE FROM entries WHERE seq IN (
  SELECT seq FROM entries WHERE {EVICTABLE} ORDER BY created_at, id LIMIT :limit
) RETURNING id, created_at, machine_id
"""
_EVICT_EVENTS = f"DELETE FROM entry_events WHERE {OF_ENTRY}"
_EVICT_SESSIONS = """
DELETE FROM sessions WHERE id IN (
  SELECT id FROM sessions
  WHERE started_at < :before AND acked_seq >= local_seq AND private = 0 AND rev IS NOT NULL
    AND (ended_at IS NOT NULL OR replica_id <> :replica_id)
  LIMIT :limit
)
"""
_EVICT_VOTES = """
DELETE FROM votes WHERE (entry_id, voter) IN (
  SELECT entry_id, voter FROM votes
  WHERE created_at < :before AND acked_seq >= local_seq AND rev IS NOT NULL LIMIT :limit
)
"""
# A window that is made longer again is filled from here; until then, what is held is pulled.
_HELD_SINCE = """
UPDATE subscriptions SET since_ms = max(since_ms, min(
  :before,
  coalesce((SELECT min(created_at) FROM entries WHERE private = 0), :before),
  coalesce((SELECT min(started_at) FROM sessions WHERE private = 0), :before),
  coalesce((SELECT min(created_at) FROM votes), :before)
))
"""


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Which primary this replica follows, and how far a change of it has come."""

    epoch: str | None
    anchor_n: int | None
    anchor_nonce: str | None
    reset_seq: int
    reset_from: int | None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One scope of the primary that is held here. Cursors are revs, instants epoch ms."""

    scope: str
    cursor: int | None
    fill_below: int | None
    since_ms: int
    added_at: int

    @property
    def is_filled(self) -> bool:
        """Whether everything that the window holds has been pulled."""
        return self.cursor is not None and self.fill_below is None


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A row that one side refuses."""

    kind: str
    key: str
    reason: str
    parked_at: int


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the last exchanges went. Instants are epoch milliseconds."""

    tried_at: int | None
    succeeded_at: int | None
    failing_since: int | None
    error_code: str | None
    error: str | None
    read_only: bool
    skew_ms: int | None
    beat_at: int | None
    evicted_at: int | None


class SyncState:
    """What one replica remembers of synchronisation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def timeline(self) -> Timeline:
        """Return which primary this replica follows."""
        row = self._database.row(_TIMELINE) or ()
        return Timeline(**dict(zip(Timeline.__struct_fields__, row, strict=True)))

    def subscriptions(self) -> list[Subscription]:
        """Return what is held here, in the order in which it was subscribed to."""
        fields = Subscription.__struct_fields__
        return [
            Subscription(**dict(zip(fields, row, strict=True)))
            for row in self._database.rows(_SUBSCRIPTIONS)
        ]

    def subscribe(self, scopes: Iterable[str], *, since_ms: int, at_ms: int) -> None:
        """Hold these scopes, and those of the rows that wait, from now on."""
        waiting = [str(row[0]) for row in self._database.rows(_WAITING_SCOPES)]
        known = {each.scope: each.since_ms for each in self.subscriptions()}
        wanted = {*known, *scopes, *waiting}
        if all(scope in known and known[scope] <= since_ms for scope in wanted):
            return
        with self._database.write() as transaction:
            for scope in sorted(wanted):
                values = {"scope": scope, "since_ms": since_ms, "at": at_ms}
                transaction.execute(_SUBSCRIBE, values)

    def fill_anew(self, scope: str) -> None:
        """Pull everything of a scope once more."""
        with self._database.write() as transaction:
            transaction.execute(f"{_FILL_ANEW} AND scope = ?", (scope,))

    def begin_reset(self, epoch: str) -> None:
        """Follow another timeline: what is not private waits again, cursors begin anew."""
        with self._database.write() as transaction:
            transaction.execute(_BEGIN_RESET, {"epoch": epoch})
            for sql in (_FORGET_CURSORS, _UNPARK_ALL, *_RESET_SMALL):
                transaction.execute(sql)

    def finish_reset(self) -> None:
        """Let the entries wait again, a few at a time, from where an earlier process stopped."""
        while (first := self.timeline().reset_from) is not None:
            end = first + RESET_ROWS
            with self._database.write() as transaction:
                transaction.execute(_RESET_ENTRIES, {"first": first, "end": end})
                transaction.execute(_RESET_NEXT, {"end": end})

    def park(self, kind: str, key: str, local_seq: int, reason: str, *, at_ms: int) -> None:
        """Leave a row out of every push until it changes or is retried."""
        with self._database.write() as transaction:
            park(transaction, kind, key, local_seq, reason, at_ms)

    def parked(self) -> list[Parked]:
        """Return the rows that one side refuses, the oldest first."""
        return [
            Parked(kind=row[0], key=row[1], reason=row[2], parked_at=row[3])
            for row in self._database.rows(_PARKED)
        ]

    def retry(self) -> int:
        """Let every parked row be pushed or pulled again; return how many there were."""
        with self._database.write() as transaction:
            kinds = [row[0] for row in transaction.execute(_RETRY)]
            if PULLED in kinds:
                transaction.execute(_FILL_ANEW)
            return len(kinds)

    def report(self) -> SyncReport:
        """Return how the last exchanges went."""
        values = dict(
            zip(SyncReport.__struct_fields__, self._database.row(_REPORT) or (), strict=True)
        )
        return SyncReport(**(values | {"read_only": bool(values["read_only"])}))

    def failed(self, code: str, text: str, *, at_ms: int) -> None:
        """Record why an exchange failed."""
        with self._database.write() as transaction:
            transaction.execute(_FAILED, {"at": at_ms, "code": code, "text": text})

    def beaten(self, *, at_ms: int) -> None:
        """Record that the primary got a sign of life."""
        with self._database.write() as transaction:
            transaction.execute(_BEAT, (at_ms,))

    def waiting(self) -> dict[str, int]:
        """Return how many rows of each kind the primary has not acknowledged."""
        return {kind: self._database.number(sql) for kind, sql in _COUNT_WAITING}

    def oldest_waiting_ms(self) -> int | None:
        """Return since when the oldest waiting entry is as it is."""
        row = self._database.row(_OLDEST_WAITING)
        return row[0] if row else None

    def evict(self, *, before_ms: int, replica_id: str, at_ms: int) -> int:
        """Drop some acknowledged rows from before the window; return how many entries."""
        values = {"before": before_ms, "replica_id": replica_id, "limit": EVICT_ROWS}
        with self._database.write() as transaction:
            gone = transaction.execute(_EVICT_ENTRIES, values)
            transaction.execute_many(_EVICT_EVENTS, [(row[0],) for row in gone])
            mark_evicted(transaction, (row[1:] for row in gone))
            for sql in (_EVICT_SESSIONS, _EVICT_VOTES):
                transaction.execute(sql, values)
            transaction.execute(_HELD_SINCE, {"before": before_ms})
            if len(gone) < EVICT_ROWS:
                transaction.execute(_EVICTED, (at_ms,))
            return len(gone)


def advance(transaction: Transaction, scope: str, cursor: int, fill_below: int | None) -> None:
    """Move a subscription on, in the transaction that holds what was pulled."""
    transaction.execute(_ADVANCE, (cursor, fill_below, scope))


def anchor(transaction: Transaction, n: int | None, nonce: str | None) -> None:
    """Remember the newest push of the primary that this replica has seen."""
    transaction.execute(_ANCHOR, (n, nonce))


def succeeded(transaction: Transaction, *, at_ms: int, skew_ms: int, read_only: bool) -> None:
    """Record that an exchange went well."""
    transaction.execute(_SUCCEEDED, {"at": at_ms, "skew_ms": skew_ms, "read_only": int(read_only)})


def park(
    transaction: Transaction, kind: str, key: str, local_seq: int, reason: str, at_ms: int
) -> None:
    """Leave a row out until it changes or is retried."""
    transaction.execute(_PARK, (kind, key, local_seq, reason, at_ms))


def forget_parked(transaction: Transaction) -> None:
    """Forget which rows were refused that have changed since, or are on the primary now."""
    for sql in _FORGET_PARKED:
        transaction.execute(sql)
