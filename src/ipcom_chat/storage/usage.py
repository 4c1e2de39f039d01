"""Counts of finished entries, derived from the entries: by hour, and by day, person and machine.

Invariants: writing an entry costs nothing for them. Who wants them up to date lets them be counted
first (`usage_counting`); afterwards they equal those of the entries. Reading them counts nothing.
"""

import msgspec

from ipcom_chat.clock import DAY_MS, HOUR_MS
from ipcom_chat.domain.entry import Mode, Scope
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entry_rows import scope_bindings
from ipcom_chat.storage.scope_sql import SCOPE_SQL
from ipcom_chat.storage.usage_counting import BY_HOUR, COUNTED, GROUP_BY_HOUR, UsageCounting

# Whose entries they are stands in no hour: a history of few is counted as it is read.
_HOURS = {
    mode: (
        f"FROM usage_hours WHERE {scope} AND hour >= :first AND hour < :end"
        if mode in (None, Mode.GLOBAL)
        else f"FROM (SELECT {BY_HOUR} FROM entries WHERE {scope} AND {COUNTED} AND "
        f"created_at >= :first * 3600000 AND created_at < :end * 3600000 {GROUP_BY_HOUR}) "
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
        self._counting = UsageCounting(database)

    def catch_up(self, *, limit_s: float | None = None) -> bool:
        """Let be counted what changed; return whether all of it was.

        Args:
            limit_s: about how long it may take; 0: what takes a moment only.

        Raises:
            StorageError: see `errors`; what is counted stays.
        """
        return self._counting.catch_up(limit_s=limit_s)

    def waiting(self) -> int:
        """Return about how many entries changed since they were counted."""
        return self._counting.waiting()

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


def _bindings(span: Span) -> dict[str, object]:
    return scope_bindings(span.scope) | {
        "first": span.since_ms // HOUR_MS,
        "end": -(-span.until_ms // HOUR_MS),
    }
