"""Counts of finished entries, derived from the entries: by hour, and by day, person and machine.

Invariants: writing an entry costs nothing for them; who reads them calls `catch_up` first, which
counts anew what the entries that changed since belong to. Every change of an entry has a number
(`local_seq`), and what leaves without one leaves a mark (`usage_dirty`), so that afterwards the
counts equal those of the entries. Counting happens outside of the transaction that stores it, so no
save waits for it; if another process was faster, that one's counts stay and this one begins anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from time import monotonic
from typing import Final

import msgspec

from ipcom_chat.domain.entry import Mode, Scope
from ipcom_chat.domain.histogram import BOUNDS_MS
from ipcom_chat.storage.database import Database, Row, Transaction
from ipcom_chat.storage.entry_rows import scope_bindings
from ipcom_chat.storage.meter import DAY_MS, HOUR_MS
from ipcom_chat.storage.scope_sql import SCOPE_SQL

BATCH: Final = 20_000
"""So many changes are looked at at once."""
SMALLEST_BATCH: Final = 250
STEP_S: Final = 1.0
"""A step that takes longer, beyond the time given, is given up for a smaller one."""
PIECE: Final = 200
"""So many hours, or days of machines, one transaction replaces: others write in between."""

_STATE = """
SELECT turn, seen_seq, (SELECT n FROM counters WHERE name = 'local_seq') FROM usage_state
"""
# Up to where one batch goes; none: up to the last change.
_UNTIL = "SELECT local_seq FROM entries WHERE local_seq > ? ORDER BY local_seq LIMIT 1 OFFSET ?"
_CHANGED_HOURS = """
SELECT created_at / 3600000 FROM entries WHERE local_seq > :after AND local_seq <= :until
UNION SELECT hour FROM usage_dirty
"""
_CHANGED_DAYS = """
SELECT created_at / 86400000, machine_id FROM entries
WHERE local_seq > :after AND local_seq <= :until
UNION SELECT hour / 24, machine_id FROM usage_dirty
"""
_MARKS = "SELECT hour, machine_id, mark FROM usage_dirty"
_UPTO = (
    "CASE WHEN kind = 'question' AND status = 'completed' AND execution_time_ms IS NOT NULL "
    "THEN CASE "
    + " ".join(f"WHEN execution_time_ms <= {bound} THEN {bound}" for bound in BOUNDS_MS)
    + " END ELSE 0 END"
)
_COUNTED = "completed_at IS NOT NULL AND deleted_at IS NULL"
_OK = "coalesce(sum(kind = 'command' AND error_code = '0'), 0)"
_BY_HOUR = (
    f"created_at / 3600000 AS hour, mode, private, kind, status, {_UPTO} AS upto_ms, "
    f"count(*) AS n, {_OK} AS ok, coalesce(sum(CASE WHEN kind = 'question' AND "
    "status = 'completed' THEN execution_time_ms END), 0) AS time_ms"
)
_GROUP_BY_HOUR = "GROUP BY hour, mode, private, kind, status, upto_ms"
_COUNT_HOUR = f"""
SELECT {_BY_HOUR} FROM entries INDEXED BY entries_by_time
WHERE created_at >= ?1 * 3600000 AND created_at < (?1 + 1) * 3600000 AND {_COUNTED}
{_GROUP_BY_HOUR}
"""
_COUNT_DAY = f"""
SELECT ?1, machine_id, coalesce(user_id, ''), os_user, mode, private, kind, status, count(*), {_OK},
  coalesce(sum(tokens_used), 0), coalesce(sum(cost_microusd), 0)
FROM entries INDEXED BY entries_by_machine
WHERE machine_id = ?2 AND created_at >= ?1 * 86400000 AND created_at < (?1 + 1) * 86400000
  AND {_COUNTED}
GROUP BY user_id, os_user, mode, private, kind, status
"""
_TURN = "UPDATE usage_state SET turn = turn + 1 WHERE turn = ?"
_SEEN = "UPDATE usage_state SET seen_seq = ?"
_CLEAR_HOUR = "DELETE FROM usage_hours WHERE hour = ?"
_CLEAR_DAY = """
DELETE FROM usage_days
WHERE day = ? AND who IN (SELECT who FROM usage_who WHERE machine_id = ?)
"""
_CLEAN = "DELETE FROM usage_dirty WHERE hour = ? AND machine_id = ? AND mark = ?"
_ADD_HOUR = "INSERT INTO usage_hours VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_WHO = """
INSERT INTO usage_who (machine_id, user_id, os_user) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_ADD_DAY = """
INSERT INTO usage_days SELECT ?1, who, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM usage_who
WHERE machine_id = ?2 AND user_id = ?3 AND os_user = ?4
"""
_MARK = """
INSERT INTO usage_dirty (hour, machine_id, mark) VALUES (?, ?, 1)
ON CONFLICT DO UPDATE SET mark = mark + 1
"""

# Whose entries they are stands in no hour: a history of few is counted as it is read.
_HOURS = {
    mode: (
        f"FROM usage_hours WHERE {scope} AND hour >= :first AND hour < :end"
        if mode in (None, Mode.GLOBAL)
        else f"FROM (SELECT {_BY_HOUR} FROM entries WHERE {scope} AND {_COUNTED} AND "
        f"created_at >= :first * 3600000 AND created_at < :end * 3600000 {_GROUP_BY_HOUR}) "
        "WHERE true"
    )
    for mode, scope in SCOPE_SQL.items()
}
_DAYS = {
    mode: (
        f"FROM usage_days JOIN usage_who USING (who) WHERE {scope} "
        "AND day >= :first / 24 AND day <= (:end - 1) / 24"
    )
    for mode, scope in SCOPE_SQL.items()
}
_PERIODS = {
    mode: (
        "SELECT hour / :hours * :hours AS period, sum(iif(kind = 'question' AND status = "
        "'completed', n, 0)), sum(iif(kind = 'question' AND status = 'error', n, 0)), "
        "sum(iif(kind = 'question' AND status = 'cancelled', n, 0)), "
        f"sum(iif(kind = 'command', n, 0)), sum(ok) {hours} GROUP BY period ORDER BY period"
    )
    for mode, hours in _HOURS.items()
}
_PACES = {
    mode: f"SELECT upto_ms, sum(n), sum(time_ms) {hours} AND upto_ms > 0 GROUP BY upto_ms"
    for mode, hours in _HOURS.items()
}
_PEOPLE = {
    mode: (
        "SELECT user_id, iif(user_id = '', os_user, '') AS account, "
        "sum(iif(kind = 'question', n, 0)), sum(iif(kind = 'command', n, 0)), sum(tokens), "
        f"sum(cost_microusd) {days} GROUP BY user_id, account "
        "ORDER BY sum(n) DESC, user_id, account LIMIT :limit"
    )
    for mode, days in _DAYS.items()
}
_ACTIVE = {
    mode: (
        "SELECT day, count(DISTINCT iif(user_id = '', os_user, user_id)), "
        f"count(DISTINCT machine_id), sum(tokens), sum(cost_microusd) {days} "
        "GROUP BY day ORDER BY day"
    )
    for mode, days in _DAYS.items()
}
_ALL_ACTIVE = {
    mode: (
        "SELECT count(DISTINCT iif(user_id = '', os_user, user_id)), count(DISTINCT machine_id) "
        f"{days}"
    )
    for mode, days in _DAYS.items()
}
_OF_MACHINE = """
SELECT sum(n) FROM usage_days JOIN usage_who USING (who)
WHERE machine_id = ? AND private = 0 AND day >= ? AND day <= ?
"""
_SPENDING = {
    mode: (
        "SELECT day, user_id, iif(user_id = '', os_user, '') AS account, "
        f"sum(tokens), sum(cost_microusd) {days} AND (tokens > 0 OR cost_microusd > 0) "
        "GROUP BY day, user_id, account "
        "ORDER BY day DESC, sum(cost_microusd) DESC, sum(tokens) DESC LIMIT :limit"
    )
    for mode, days in _DAYS.items()
}


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What ended of what was begun in one hour or day. Instants are epoch milliseconds."""

    start_ms: int
    completed: int = 0
    errors: int = 0
    cancelled: int = 0
    commands: int = 0
    commands_ok: int = 0

    @property
    def requests(self) -> int:
        """How many questions ended."""
        return self.completed + self.errors + self.cancelled

    @property
    def cancellation_rate(self) -> float | None:
        """Which share of them was cancelled; None if there were none."""
        return self.cancelled / self.requests if self.requests else None


class Doer(msgspec.Struct, frozen=True, kw_only=True):
    """What one user did; or one account of a machine, where nobody was named."""

    user_id: str
    account: str
    questions: int
    commands: int
    tokens: int
    cost_microusd: int


class Active(msgspec.Struct, frozen=True, kw_only=True):
    """How many used it on one day, and what the answers took."""

    day_ms: int
    users: int
    machines: int
    tokens: int
    cost_microusd: int


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers to one user took on one day."""

    day_ms: int
    user_id: str
    account: str
    tokens: int
    cost_microusd: int


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: a scope, and the hours that a time touches."""

    scope: Scope
    since_ms: int
    until_ms: int


class Usage:
    """The counts of one replica.

    Instants are epoch milliseconds. Hours count as a whole; where it is told who, days (UTC) do.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batch = BATCH
        """How many changes one step counts; fewer where they lie in too many hours."""

    def catch_up(self, *, limit_s: float | None = None) -> bool:
        """Count what changed since the last time; return whether all of it was counted.

        Args:
            limit_s: about how long it may take.

        Raises:
            StorageError: see `errors`; what is counted stays.
        """
        end_s = inf if limit_s is None else monotonic() + limit_s
        while not self._step(end_s):
            if monotonic() > end_s:
                return False
        return True

    def _step(self, end_s: float) -> bool:
        """Count one batch; return whether it was the last one.

        One that takes too long is given up, and the next is smaller: what it has stored is right,
        and is stored again.
        """
        turn, seen, last = self._database.row(_STATE) or (0, 0, 0)
        row = self._database.row(_UNTIL, (seen, self._batch - 1))
        until = row[0] if row else last
        marks = list(self._database.rows(_MARKS))
        if until == seen and not marks:
            return True
        changed = {"after": seen, "until": until}
        hours = list(self._database.rows(_CHANGED_HOURS, changed))
        days = list(self._database.rows(_CHANGED_DAYS, changed))
        late_s = max(end_s, monotonic() + STEP_S)
        pieces = [*({"hours": each} for each in _pieces(hours)),
                  *({"days": each} for each in _pieces(days))]  # fmt: skip
        for piece in pieces:
            if monotonic() > late_s and self._batch > SMALLEST_BATCH:
                self._batch = max(SMALLEST_BATCH, self._batch // 4)
                return False
            if not self._replace(turn, **piece):
                return False
            turn += 1
        return self._finish(turn, until, marks) and row is None

    def _replace(self, turn: int, *, hours: Sequence[Row] = (), days: Sequence[Row] = ()) -> bool:
        """Store new counts; return False if another process stored meanwhile."""
        by_hour = [row for hour in hours for row in self._database.rows(_COUNT_HOUR, hour)]
        by_day = [row for day in days for row in self._database.rows(_COUNT_DAY, day)]
        with self._database.write() as transaction:
            if transaction.changed(_TURN, (turn,)) == 0:
                return False
            transaction.execute_many(_CLEAR_HOUR, hours)
            transaction.execute_many(_ADD_HOUR, by_hour)
            transaction.execute_many(_CLEAR_DAY, days)
            transaction.execute_many(_ADD_WHO, {row[1:4] for row in by_day})
            transaction.execute_many(_ADD_DAY, by_day)
        return True

    def _finish(self, turn: int, until: int, marks: Sequence[Row]) -> bool:
        with self._database.write() as transaction:
            if transaction.changed(_TURN, (turn,)) == 0:
                return False
            transaction.execute(_SEEN, (until,))
            transaction.execute_many(_CLEAN, marks)
        return True

    def periods(self, span: Span, *, hours: int) -> list[Period]:
        """Return what ended in each `hours` hours of a span, oldest first, if anything did."""
        bindings = _bindings(span) | {"hours": hours}
        return [
            Period(
                start_ms=row[0] * HOUR_MS, completed=row[1], errors=row[2], cancelled=row[3],
                commands=row[4], commands_ok=row[5],
            )
            for row in self._database.rows(_PERIODS[span.scope.mode], bindings)
        ]  # fmt: skip

    def paces(self, span: Span) -> tuple[dict[int, int], int]:
        """Return how many answers took up to so many milliseconds, and the time of all together."""
        rows = list(self._database.rows(_PACES[span.scope.mode], _bindings(span)))
        return {upto: n for upto, n, _time in rows}, sum(row[2] for row in rows)

    def people(self, span: Span, *, limit: int) -> list[Doer]:
        """Return who did most."""
        bindings = _bindings(span) | {"limit": limit}
        rows = self._database.rows(_PEOPLE[span.scope.mode], bindings)
        return [Doer(**dict(zip(Doer.__struct_fields__, row, strict=True))) for row in rows]

    def active(self, span: Span) -> list[Active]:
        """Return how many used it on each day, oldest first."""
        rows = self._database.rows(_ACTIVE[span.scope.mode], _bindings(span))
        names = Active.__struct_fields__
        found = [Active(**dict(zip(names, row, strict=True))) for row in rows]
        return [msgspec.structs.replace(each, day_ms=each.day_ms * DAY_MS) for each in found]

    def all_active(self, span: Span) -> tuple[int, int]:
        """Return how many users and machines used it in a span."""
        row = self._database.row(_ALL_ACTIVE[span.scope.mode], _bindings(span)) or (0, 0)
        return row[0], row[1]

    def of_machine(self, machine_id: str, span: Span) -> int:
        """Return how many entries of a machine, in whatever mode, are to be shared."""
        days = (span.since_ms // DAY_MS, (span.until_ms - 1) // DAY_MS)
        return self._database.number(_OF_MACHINE, (machine_id, *days))

    def spending(self, span: Span, *, limit: int) -> list[Spent]:
        """Return what answers took by day and user: the newest day first, who took most first."""
        bindings = _bindings(span) | {"limit": limit}
        rows = self._database.rows(_SPENDING[span.scope.mode], bindings)
        return [
            Spent(
                day_ms=row[0] * DAY_MS, user_id=row[1], account=row[2], tokens=row[3],
                cost_microusd=row[4],
            )
            for row in rows
        ]  # fmt: skip


def mark_evicted(transaction: Transaction, gone: Iterable[Row]) -> None:
    """Note that entries left without a local change; each is told by its instant and machine."""
    places = {(created_at // HOUR_MS, machine_id) for created_at, machine_id in gone}
    transaction.execute_many(_MARK, places)


def _pieces(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for place in range(0, len(rows), PIECE):
        yield rows[place : place + PIECE]


def _bindings(span: Span) -> dict[str, object]:
    return scope_bindings(span.scope) | {
        "first": span.since_ms // HOUR_MS,
        "end": -(-span.until_ms // HOUR_MS),
    }
