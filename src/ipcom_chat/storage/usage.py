"""Counts of finished entries by hour, person, machine, kind and outcome, derived from the entries.

Invariants: writing an entry costs nothing for them; who reads them calls `catch_up` first, which
counts anew the hours of the entries that changed since. Every change of an entry has a number
(`local_seq`), and what leaves without one marks its hour (`usage_dirty`), so that afterwards the
counts equal those of the entries. Counting happens outside of the transaction that stores it, so no
save waits for it; if another process was faster, that one's counts stay and this one begins anew.
"""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

import msgspec

from ipcom_chat.domain.entry import Scope
from ipcom_chat.domain.histogram import BOUNDS_MS
from ipcom_chat.storage.database import Database, Row, Transaction
from ipcom_chat.storage.entries import SCOPE_SQL
from ipcom_chat.storage.entry_rows import scope_bindings
from ipcom_chat.storage.meter import HOUR_MS

BATCH: Final = 5_000
"""So many changes are looked at at once."""
HOURS: Final = 100
"""So many hours one transaction replaces: others write in between."""

_STATE = """
SELECT turn, seen_seq, (SELECT n FROM counters WHERE name = 'local_seq') FROM usage_state
"""
# Up to where one batch goes; none: up to the last change.
_UNTIL = "SELECT local_seq FROM entries WHERE local_seq > ? ORDER BY local_seq LIMIT 1 OFFSET ?"
_HOURS = """
SELECT hour, max(mark) FROM (
  SELECT created_at / 3600000 AS hour, 0 AS mark FROM entries
  WHERE local_seq > :after AND local_seq <= :until
  UNION ALL SELECT hour, mark FROM usage_dirty
) GROUP BY hour
"""
_UPTO = (
    "CASE WHEN kind = 'question' AND status = 'completed' AND execution_time_ms IS NOT NULL "
    "THEN CASE "
    + " ".join(f"WHEN execution_time_ms <= {bound} THEN {bound}" for bound in BOUNDS_MS)
    + " END ELSE 0 END"
)
_COUNT = f"""
SELECT coalesce(user_id, ''), os_user, machine_id, mode, private, kind, status, {_UPTO} AS upto_ms,
  count(*), coalesce(sum(kind = 'command' AND error_code = '0'), 0), coalesce(sum(tokens_used), 0),
  coalesce(sum(cost_microusd), 0),
  coalesce(sum(CASE WHEN kind = 'question' AND status = 'completed' THEN execution_time_ms END), 0)
FROM entries
WHERE created_at >= :hour * 3600000 AND created_at < (:hour + 1) * 3600000
  AND completed_at IS NOT NULL AND deleted_at IS NULL
GROUP BY user_id, os_user, machine_id, mode, private, kind, status, upto_ms
"""
_TURN = "UPDATE usage_state SET turn = turn + 1, seen_seq = :seen WHERE turn = :turn"
_CLEAR = "DELETE FROM usage WHERE hour = ?"
_CLEAN = "DELETE FROM usage_dirty WHERE hour = ? AND mark = ?"
_WHO = """
INSERT INTO usage_who (user_id, os_user, machine_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_ADD = """
INSERT INTO usage (hour, who, mode, private, kind, status, upto_ms, n, ok, tokens, cost_microusd,
  time_ms)
SELECT ?1, who, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 FROM usage_who
WHERE user_id = ?2 AND os_user = ?3 AND machine_id = ?4
"""
_MARK = """
INSERT INTO usage_dirty (hour, mark) VALUES (?, 1) ON CONFLICT DO UPDATE SET mark = mark + 1
"""

_SHOWN = {
    mode: (
        f"FROM usage JOIN usage_who USING (who) WHERE {scope} AND hour >= :first AND hour < :end"
    )
    for mode, scope in SCOPE_SQL.items()
}
_PERIODS = {
    mode: (
        "SELECT hour / :hours * :hours AS period, sum(iif(kind = 'question' AND status = "
        "'completed', n, 0)), sum(iif(kind = 'question' AND status = 'error', n, 0)), "
        "sum(iif(kind = 'question' AND status = 'cancelled', n, 0)), "
        f"sum(iif(kind = 'command', n, 0)), sum(ok) {shown} GROUP BY period ORDER BY period"
    )
    for mode, shown in _SHOWN.items()
}
_PACES = {
    mode: f"SELECT upto_ms, sum(n), sum(time_ms) {shown} AND upto_ms > 0 GROUP BY upto_ms"
    for mode, shown in _SHOWN.items()
}
_PEOPLE = {
    mode: (
        "SELECT user_id, iif(user_id = '', os_user, '') AS account, "
        "sum(iif(kind = 'question', n, 0)), sum(iif(kind = 'command', n, 0)), sum(tokens), "
        f"sum(cost_microusd) {shown} GROUP BY user_id, account "
        "ORDER BY sum(n) DESC, user_id, account LIMIT :limit"
    )
    for mode, shown in _SHOWN.items()
}
_ACTIVE = {
    mode: (
        "SELECT hour / 24 AS day, count(DISTINCT iif(user_id = '', os_user, user_id)), "
        f"count(DISTINCT machine_id) {shown} GROUP BY day ORDER BY day"
    )
    for mode, shown in _SHOWN.items()
}
_ALL_ACTIVE = {
    mode: (
        "SELECT count(DISTINCT iif(user_id = '', os_user, user_id)), count(DISTINCT machine_id) "
        f"{shown}"
    )
    for mode, shown in _SHOWN.items()
}
_OF_MACHINE = """
SELECT sum(n) FROM usage JOIN usage_who USING (who)
WHERE machine_id = ? AND private = 0 AND hour >= ? AND hour < ?
"""
_SPENDING = {
    mode: (
        "SELECT hour / 24 AS day, user_id, iif(user_id = '', os_user, '') AS account, "
        f"sum(tokens), sum(cost_microusd) {shown} AND (tokens > 0 OR cost_microusd > 0) "
        "GROUP BY day, user_id, account "
        "ORDER BY day DESC, sum(cost_microusd) DESC, sum(tokens) DESC"
    )
    for mode, shown in _SHOWN.items()
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
    """How many used it on one day."""

    day_ms: int
    users: int
    machines: int


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
    """The counts of one replica. Instants are epoch milliseconds; hours count as a whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def catch_up(self, *, limit_s: float | None = None) -> bool:
        """Count what changed since the last time; return whether all of it was counted.

        Args:
            limit_s: about how long it may take.

        Raises:
            StorageError: see `errors`; what is counted stays.
        """
        end_s = None if limit_s is None else monotonic() + limit_s
        while not self._step():
            if end_s is not None and monotonic() > end_s:
                return False
        return True

    def _step(self) -> bool:
        """Count one batch; return whether it was the last one."""
        turn, seen, last = self._database.row(_STATE) or (0, 0, 0)
        row = self._database.row(_UNTIL, (seen, BATCH - 1))
        until = row[0] if row else last
        hours = list(self._database.rows(_HOURS, {"after": seen, "until": until}))
        if not hours and until == seen:
            return True
        for place in range(0, len(hours) or 1, HOURS):
            is_end = place + HOURS >= len(hours)
            if not self._replace(hours[place : place + HOURS], turn, until if is_end else seen):
                return False
            turn += 1
        return row is None

    def _replace(self, hours: Sequence[Row], turn: int, seen: int) -> bool:
        """Store the counts of some hours; return False if another process stored meanwhile."""
        counted = [
            (hour, *row)
            for hour, _mark in hours
            for row in self._database.rows(_COUNT, {"hour": hour})
        ]
        with self._database.write() as transaction:
            if transaction.changed(_TURN, {"turn": turn, "seen": seen}) == 0:
                return False
            transaction.execute_many(_CLEAR, [(hour,) for hour, _mark in hours])
            transaction.execute_many(_CLEAN, hours)
            transaction.execute_many(_WHO, {row[1:4] for row in counted})
            transaction.execute_many(_ADD, counted)
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
        return [Active(day_ms=day * 24 * HOUR_MS, users=u, machines=m) for day, u, m in rows]

    def all_active(self, span: Span) -> tuple[int, int]:
        """Return how many users and machines used it in a span."""
        row = self._database.row(_ALL_ACTIVE[span.scope.mode], _bindings(span)) or (0, 0)
        return row[0], row[1]

    def of_machine(self, machine_id: str, span: Span) -> int:
        """Return how many entries of a machine, in whatever mode, are to be shared."""
        hours = _bindings(span)
        return self._database.number(_OF_MACHINE, (machine_id, hours["first"], hours["end"]))

    def spending(self, span: Span) -> list[Spent]:
        """Return what answers took by day and user, the newest day first."""
        rows = self._database.rows(_SPENDING[span.scope.mode], _bindings(span))
        return [
            Spent(
                day_ms=row[0] * 24 * HOUR_MS, user_id=row[1], account=row[2], tokens=row[3],
                cost_microusd=row[4],
            )
            for row in rows
        ]  # fmt: skip


def mark_hours(transaction: Transaction, instants_ms: Iterator[int]) -> None:
    """Note that entries of these instants left without a local change."""
    hours = {at_ms // HOUR_MS for at_ms in instants_ms}
    transaction.execute_many(_MARK, [(hour,) for hour in hours])


def _bindings(span: Span) -> dict[str, object]:
    return scope_bindings(span.scope) | {
        "first": span.since_ms // HOUR_MS,
        "end": -(-span.until_ms // HOUR_MS),
    }
