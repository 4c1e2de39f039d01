"""Counts finished entries by hour, and by day, person and machine, for whoever reads `usage`.

Two kinds of steps, each one short transaction: changed entries are *noted*, as hours to be counted
anew (`usage_dirty`), from one local change (`seen_seq`) to the next; noted hours are *counted*, day
by day, from the entries themselves, and what is counted is noted no more. So nothing is counted
twice however changes are spread, and who stops or dies leaves what the next one goes on with.

Invariants: counts are right but for what is noted and what changed after `seen_seq`; counting reads
outside of the transaction that stores, so no save waits for it; if another process stored meanwhile
(`turn`), that one's counts stay and this one begins its step anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from time import monotonic
from typing import Final, NamedTuple

from ipcom_chat.domain.histogram import BOUNDS_MS
from ipcom_chat.storage.database import Database, Row, Transaction
from ipcom_chat.storage.meter import HOUR_MS

BATCH: Final = 20_000
"""So many changes are noted at once."""
LITTLE: Final = 200
"""So many changes are counted in a moment."""
FEW: Final = 500
"""Changes in more places than that are noted for all machines of their hours."""
PART: Final = 500
"""So many rows one transaction stores: some milliseconds in which others wait."""
_PATIENCE_S: Final = 5.0
_ALL: Final = ""
"""The machine under which an hour is noted for all of them."""

_STATE = """
SELECT turn, seen_seq, (SELECT n FROM counters WHERE name = 'local_seq') FROM usage_state
"""
# Up to where one batch goes; none: up to the last change.
_UNTIL = "SELECT local_seq FROM entries WHERE local_seq > ? ORDER BY local_seq LIMIT 1 OFFSET ?"
_CHANGED = f"""
SELECT DISTINCT created_at / 3600000, machine_id FROM entries
WHERE local_seq > ? AND local_seq <= ? LIMIT {FEW + 1}
"""
_CHANGED_HOURS = """
SELECT DISTINCT created_at / 3600000, '' FROM entries WHERE local_seq > ? AND local_seq <= ?
"""
_TURN = "UPDATE usage_state SET turn = turn + 1 WHERE turn = ?"
_SEEN = "UPDATE usage_state SET seen_seq = ?"
_NOTE = """
INSERT INTO usage_dirty (hour, machine_id, mark) VALUES (?, ?, 1)
ON CONFLICT DO UPDATE SET mark = mark + 1
"""
# Of one day: the first that anything is noted of.
_NOTED = """
SELECT hour, machine_id, mark FROM usage_dirty
WHERE hour < ((SELECT min(hour) FROM usage_dirty) / 24 + 1) * 24
ORDER BY hour
"""
_WAITING = "SELECT count(*) FROM (SELECT 1 FROM usage_dirty LIMIT ?)"
_CLEAN = "DELETE FROM usage_dirty WHERE hour = ? AND machine_id = ? AND mark = ?"
_UPTO = (
    "CASE WHEN kind = 'question' AND status = 'completed' AND execution_time_ms IS NOT NULL "
    "THEN CASE "
    + " ".join(f"WHEN execution_time_ms <= {bound} THEN {bound}" for bound in BOUNDS_MS)
    + " END ELSE 0 END"
)
COUNTED = "completed_at IS NOT NULL AND deleted_at IS NULL"
_OK = "coalesce(sum(kind = 'command' AND error_code = '0'), 0)"
BY_HOUR = (
    f"created_at / 3600000 AS hour, mode, private, kind, status, {_UPTO} AS upto_ms, "
    f"count(*) AS n, {_OK} AS ok, coalesce(sum(CASE WHEN kind = 'question' AND "
    "status = 'completed' THEN execution_time_ms END), 0) AS time_ms"
)
GROUP_BY_HOUR = "GROUP BY hour, mode, private, kind, status, upto_ms"
_COUNT_HOURS = f"""
SELECT {BY_HOUR} FROM entries INDEXED BY entries_by_time
WHERE created_at >= ?1 * 3600000 AND created_at < ?2 * 3600000 AND {COUNTED} {GROUP_BY_HOUR}
"""
_BY_WHO = (
    "?1, machine_id, coalesce(user_id, ''), os_user, mode, private, kind, status, count(*), "
    f"{_OK}, coalesce(sum(tokens_used), 0), coalesce(sum(cost_microusd), 0)"
)
_GROUP_BY_WHO = "GROUP BY machine_id, user_id, os_user, mode, private, kind, status"
_COUNT_DAY = f"""
SELECT {_BY_WHO} FROM entries INDEXED BY entries_by_time
WHERE created_at >= ?1 * 86400000 AND created_at < (?1 + 1) * 86400000 AND {COUNTED}
{_GROUP_BY_WHO}
"""
_COUNT_MACHINE = f"""
SELECT {_BY_WHO} FROM entries INDEXED BY entries_by_machine
WHERE machine_id = ?2 AND created_at >= ?1 * 86400000 AND created_at < (?1 + 1) * 86400000
  AND {COUNTED} {_GROUP_BY_WHO}
"""
_CLEAR_HOURS = "DELETE FROM usage_hours WHERE hour >= ? AND hour < ?"
_CLEAR_DAY = "DELETE FROM usage_days WHERE day = ?"
_CLEAR_MACHINE = """
DELETE FROM usage_days
WHERE day = ? AND who IN (SELECT who FROM usage_who WHERE machine_id = ?)
"""
_ADD_HOUR = "INSERT INTO usage_hours VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_WHO = """
INSERT INTO usage_who (machine_id, user_id, os_user) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_ADD_DAY = """
INSERT INTO usage_days SELECT ?1, who, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM usage_who
WHERE machine_id = ?2 AND user_id = ?3 AND os_user = ?4
"""


class State(NamedTuple):
    """How far the counts are."""

    turn: int
    """Rises with everything that is stored."""
    seen: int
    """Up to which local change it is noted what is to be counted."""
    last: int
    """The last local change."""


class Piece(NamedTuple):
    """What is counted anew together: hours of one day, and that day of some machines or of all."""

    spans: Sequence[Row]
    """Hours: from, and up to without."""
    whose: Sequence[Row]
    """What is bound to the two statements that follow."""
    counting: str
    clearing: str
    noted: Sequence[Row]


Work = tuple[str, Sequence[Row]]
"""A statement, and what is bound to it, once for each row."""


class UsageCounting:
    """What counts in one replica. Instants are epoch milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def catch_up(self, *, limit_s: float | None = None) -> bool:
        """Count what changed since the last time; return whether all of it was counted.

        Args:
            limit_s: about how long it may take; None: until all is counted; 0: nothing is begun
                that takes longer than a moment. Otherwise one step is taken in any case.

        Raises:
            StorageError: see `errors`; what is counted stays.
        """
        if limit_s == 0 and self._waiting() > LITTLE:
            return False
        end_s = inf if limit_s is None else monotonic() + limit_s
        # What a power cut takes back is counted again.
        with self._database.hurried(_PATIENCE_S):
            while self.step():
                if monotonic() > end_s and limit_s != 0:
                    return self._waiting() == 0
        return True

    def step(self) -> bool:
        """Note some changes, or count a day; return False if there is nothing to be done."""
        state = self._state()
        if state.seen < state.last:
            self._note(state)
            return True
        noted = list(self._database.rows(_NOTED))
        if noted:
            self._count(state.turn, _piece(noted))
        return bool(noted)

    def _waiting(self) -> int:
        """Return about how many changes and noted hours wait, `LITTLE` of the hours at most."""
        state = self._state()
        return state.last - state.seen + self._database.number(_WAITING, (LITTLE,))

    def _state(self) -> State:
        return State(*(self._database.row(_STATE) or (0, 0, 0)))

    def _note(self, state: State) -> None:
        row = self._database.row(_UNTIL, (state.seen, BATCH - 1))
        until = row[0] if row else state.last
        places = list(self._database.rows(_CHANGED, (state.seen, until)))
        if len(places) > FEW:
            places = list(self._database.rows(_CHANGED_HOURS, (state.seen, until)))
        with self._database.write() as transaction:
            if transaction.changed(_TURN, (state.turn,)):
                transaction.execute_many(_NOTE, places)
                transaction.execute(_SEEN, (until,))

    def _count(self, turn: int, piece: Piece) -> None:
        """Count a piece, and store it in parts that let others write in between."""
        hours = [row for span in piece.spans for row in self._database.rows(_COUNT_HOURS, span)]
        days = [row for one in piece.whose for row in self._database.rows(piece.counting, one)]
        work: list[Work] = [
            (_CLEAR_HOURS, piece.spans), (piece.clearing, piece.whose), (_ADD_HOUR, hours),
            (_ADD_WHO, list({row[1:4] for row in days})), (_ADD_DAY, days), (_CLEAN, piece.noted),
        ]  # fmt: skip
        for number, part in enumerate(_parts(work)):
            if not self._store(turn + number, part):
                return

    def _store(self, turn: int, part: Sequence[Work]) -> bool:
        """Store a part; return False if another process stored meanwhile."""
        with self._database.write() as transaction:
            if not transaction.changed(_TURN, (turn,)):
                return False
            for sql, rows in part:
                transaction.execute_many(sql, rows)
        return True


def _piece(noted: Sequence[Row]) -> Piece:
    day = noted[0][0] // 24
    machines = sorted({machine for _hour, machine, _mark in noted})
    if _ALL in machines:
        spans: list[Row] = [(day * 24, day * 24 + 24)]
        return Piece(spans, [(day,)], _COUNT_DAY, _CLEAR_DAY, noted)
    spans = sorted({(hour, hour + 1) for hour, _machine, _mark in noted})
    whose = [(day, machine) for machine in machines]
    return Piece(spans, whose, _COUNT_MACHINE, _CLEAR_MACHINE, noted)


def _parts(work: Iterable[Work]) -> Iterator[list[Work]]:
    """Yield what is to be done in portions of `PART` rows at most."""
    part: list[Work] = []
    size = 0
    for sql, rows in work:
        for place in range(0, len(rows), PART):
            some = rows[place : place + PART]
            if size + len(some) > PART:
                yield part
                part, size = [], 0
            part.append((sql, some))
            size += len(some)
    yield part


def mark_evicted(transaction: Transaction, gone: Iterable[Row]) -> None:
    """Note that entries left without a local change; each is told by its instant and machine."""
    places = {(created_at // HOUR_MS, machine_id) for created_at, machine_id in gone}
    transaction.execute_many(_NOTE, places)
