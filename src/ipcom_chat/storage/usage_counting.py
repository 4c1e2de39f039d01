"""Counts finished entries by hour, and by day, person and machine, for whoever reads `usage`.

Two kinds of steps, each one short transaction: changed entries are *noted*, as hours to be counted
anew (`usage_dirty`), from one local change (`seen_seq`) to the next; noted hours are *counted*, day
by day, from the entries themselves, and what is counted is noted no more. So nothing is counted
twice however changes are spread, and who stops or dies leaves what the next one goes on with.

Invariants: counts are right but for what is noted and what changed after `seen_seq`; counting reads
outside of the transaction that stores, so no save waits for it; if another process stored meanwhile
(`turn`), that one's counts stay and this one begins its step anew. What is counted goes from
statement to statement in temporary tables: a transaction is a handful of statements, and does not
wait for the interpreter, row by row, while another thread of this process computes.
"""

from collections.abc import Iterable, Sequence
from math import inf
from time import monotonic
from typing import Final, NamedTuple

from ipcom_chat.clock import HOUR_MS
from ipcom_chat.domain.histogram import BOUNDS_MS
from ipcom_chat.storage.database import Database, Row, Transaction

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
_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS changed (hour, machine_id);
CREATE TEMP TABLE IF NOT EXISTS noted (hour, machine_id, mark);
CREATE TEMP TABLE IF NOT EXISTS hours (hour, mode, private, kind, status, upto_ms, n, ok, time_ms);
CREATE TEMP TABLE IF NOT EXISTS days (
  place INTEGER PRIMARY KEY, day, machine_id, user_id, os_user, mode, private, kind, status, n, ok,
  tokens, cost_microusd
);
"""
_EMPTY = """
DELETE FROM temp.changed; DELETE FROM temp.noted; DELETE FROM temp.hours; DELETE FROM temp.days;
"""
_CHANGED = f"""
INSERT INTO temp.changed SELECT DISTINCT created_at / 3600000, machine_id FROM entries
WHERE local_seq > ? AND local_seq <= ? LIMIT {FEW + 1}
"""
_CHANGED_HOURS = """
INSERT INTO temp.changed SELECT DISTINCT created_at / 3600000, '' FROM entries
WHERE local_seq > ? AND local_seq <= ?
"""
_FORGET_CHANGED = "DELETE FROM temp.changed"
_COUNT_CHANGED = "SELECT count(*) FROM temp.changed"
_TURN = "UPDATE usage_state SET turn = turn + 1 WHERE turn = ?"
_SEEN = "UPDATE usage_state SET seen_seq = ?"
_NOTE = """
INSERT INTO usage_dirty (hour, machine_id, mark) SELECT hour, machine_id, 1 FROM temp.changed
WHERE true ON CONFLICT DO UPDATE SET mark = mark + 1
"""
_NOTE_EVICTED = """
INSERT INTO usage_dirty (hour, machine_id, mark) VALUES (?, ?, 1)
ON CONFLICT DO UPDATE SET mark = mark + 1
"""
# Of one day: the first that anything is noted of.
_NOTED = """
INSERT INTO temp.noted SELECT hour, machine_id, mark FROM usage_dirty
WHERE hour < ((SELECT min(hour) FROM usage_dirty) / 24 + 1) * 24
"""
_HOURS = "SELECT DISTINCT hour FROM temp.noted ORDER BY hour"
_MACHINES = "SELECT DISTINCT machine_id FROM temp.noted"
_WAITING = "SELECT count(*) FROM (SELECT 1 FROM usage_dirty LIMIT ?)"
_CLEAN = """
DELETE FROM usage_dirty
WHERE (hour, machine_id, mark) IN (SELECT hour, machine_id, mark FROM temp.noted)
"""
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
INSERT INTO temp.hours SELECT {BY_HOUR} FROM entries INDEXED BY entries_by_time
WHERE created_at >= ?1 * 3600000 AND created_at < ?2 * 3600000 AND {COUNTED} {GROUP_BY_HOUR}
"""
_BY_WHO = (
    "NULL, ?1, machine_id, coalesce(user_id, ''), os_user, mode, private, kind, status, count(*), "
    f"{_OK}, coalesce(sum(tokens_used), 0), coalesce(sum(cost_microusd), 0)"
)
_GROUP_BY_WHO = "GROUP BY machine_id, user_id, os_user, mode, private, kind, status"
_COUNT_DAY = f"""
INSERT INTO temp.days SELECT {_BY_WHO} FROM entries INDEXED BY entries_by_time
WHERE created_at >= ?1 * 86400000 AND created_at < (?1 + 1) * 86400000 AND {COUNTED}
{_GROUP_BY_WHO}
"""
_COUNT_MACHINE = f"""
INSERT INTO temp.days SELECT {_BY_WHO} FROM entries INDEXED BY entries_by_machine
WHERE machine_id = ?2 AND created_at >= ?1 * 86400000 AND created_at < (?1 + 1) * 86400000
  AND {COUNTED} {_GROUP_BY_WHO}
"""
_CLEAR_HOURS = "DELETE FROM usage_hours WHERE hour >= ? AND hour < ?"
_CLEAR_DAY = "DELETE FROM usage_days WHERE day = ?"
_CLEAR_MACHINE = """
DELETE FROM usage_days
WHERE day = ? AND who IN (SELECT who FROM usage_who WHERE machine_id = ?)
"""
_ADD_HOURS = "INSERT INTO usage_hours SELECT * FROM temp.hours"
_ADD_WHO = """
INSERT INTO usage_who (machine_id, user_id, os_user)
SELECT DISTINCT machine_id, user_id, os_user FROM temp.days WHERE true ON CONFLICT DO NOTHING
"""
_ADD_DAYS = """
INSERT INTO usage_days
SELECT day, who, mode, private, kind, status, n, ok, tokens, cost_microusd
FROM temp.days JOIN usage_who USING (machine_id, user_id, os_user) WHERE place > ? AND place <= ?
"""
_COUNT_DAYS = "SELECT count(*) FROM temp.days"


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


Work = tuple[str, Row]
"""A statement, and what is bound to it."""


class UsageCounting:
    """What counts in one replica. Instants are epoch milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._has_tables = False

    def catch_up(self, *, limit_s: float | None = None) -> bool:
        """Count what changed since the last time; return whether all of it was counted.

        Args:
            limit_s: about how long it may take; None: until all is counted; 0: nothing is begun
                that takes longer than a moment. Otherwise one step is taken in any case.

        Raises:
            StorageError: see `errors`; what is counted stays.
        """
        if limit_s == 0 and self.waiting() > LITTLE:
            return False
        end_s = inf if limit_s is None else monotonic() + limit_s
        # What a power cut takes back is counted again.
        with self._database.hurried(_PATIENCE_S):
            while self.step():
                if monotonic() > end_s and limit_s != 0:
                    return self.waiting() == 0
        return True

    def step(self) -> bool:
        """Note some changes, or count a day; return False if there is nothing to be done."""
        self._begin()
        state = self._state()
        if state.seen < state.last:
            self._note(state)
            return True
        self._database.row(_NOTED)
        piece = self._piece()
        if piece is not None:
            self._count(state.turn, piece)
        return piece is not None

    def _begin(self) -> None:
        # Temporary tables are this connection's own: nobody waits for what changes in them.
        self._database.row(_EMPTY if self._has_tables else _TABLES)
        self._has_tables = True

    def waiting(self) -> int:
        """Return about how many changes and noted hours wait, `LITTLE` of the hours at most."""
        state = self._state()
        return state.last - state.seen + self._database.number(_WAITING, (LITTLE,))

    def _state(self) -> State:
        return State(*(self._database.row(_STATE) or (0, 0, 0)))

    def _note(self, state: State) -> None:
        row = self._database.row(_UNTIL, (state.seen, BATCH - 1))
        until = row[0] if row else state.last
        changed = (state.seen, until)
        self._database.row(_CHANGED, changed)
        if self._database.number(_COUNT_CHANGED) > FEW:
            self._database.row(_FORGET_CHANGED)
            self._database.row(_CHANGED_HOURS, changed)
        self._store(state.turn, [(_NOTE, ()), (_SEEN, (until,))])

    def _piece(self) -> Piece | None:
        hours = [row[0] for row in self._database.rows(_HOURS)]
        if not hours:
            return None
        machines = [row[0] for row in self._database.rows(_MACHINES)]
        day = hours[0] // 24
        if _ALL in machines:
            return Piece([(day * 24, day * 24 + 24)], [(day,)], _COUNT_DAY, _CLEAR_DAY)
        spans = [(hour, hour + 1) for hour in hours]
        whose = [(day, machine) for machine in machines]
        return Piece(spans, whose, _COUNT_MACHINE, _CLEAR_MACHINE)

    def _count(self, turn: int, piece: Piece) -> None:
        """Count a piece, and store it in parts that let others write in between."""
        for span in piece.spans:
            self._database.row(_COUNT_HOURS, span)
        for one in piece.whose:
            self._database.row(piece.counting, one)
        count = self._database.number(_COUNT_DAYS)
        first: list[Work] = [
            *((_CLEAR_HOURS, span) for span in piece.spans),
            *((piece.clearing, one) for one in piece.whose), (_ADD_HOURS, ()), (_ADD_WHO, ()),
        ]  # fmt: skip
        parts = [first, *([(_ADD_DAYS, (at, at + PART))] for at in range(0, count, PART))]
        if count <= PART:
            parts = [[work for part in parts for work in part]]
        parts[-1].append((_CLEAN, ()))
        for number, part in enumerate(parts):
            if not self._store(turn + number, part):
                return

    def _store(self, turn: int, part: Sequence[Work]) -> bool:
        """Store a part; return False if another process stored meanwhile."""
        with self._database.write() as transaction:
            if not transaction.changed(_TURN, (turn,)):
                return False
            for sql, bindings in part:
                transaction.execute(sql, bindings)
        return True


def mark_evicted(transaction: Transaction, gone: Iterable[Row]) -> None:
    """Note that entries left without a local change; each is told by its instant and machine."""
    places = {(created_at // HOUR_MS, machine_id) for created_at, machine_id in gone}
    transaction.execute_many(_NOTE_EVICTED, places)
