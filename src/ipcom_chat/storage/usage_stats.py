"""The counts of a whole history, from what is counted already: what `history stats` shows.

Invariant: they equal what `Entries.stats` and `Entries.days` give, or there are none: for a part
of the history, for one person's or machine's, and where counts cannot be stored, the caller
counts the entries themselves. What waits to be counted is counted first: that takes hardly longer
than to count it otherwise, and is of use to the next.
"""

import time
from typing import Any, Final

from ipcom_chat.domain.entry import Mode, Scope
from ipcom_chat.errors import StorageError
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entry_rows import DayCount, EntryFilter, EntryStats, filter_bindings
from ipcom_chat.storage.scope_sql import FILTER_SQL, SCOPE_SQL
from ipcom_chat.storage.usage import Usage

_MODES: Final = (None, Mode.GLOBAL)
_CHOSEN = "(:kind IS NULL OR kind = :kind) AND (:status IS NULL OR status = :status)"
# Open requests are few, and in no count.
_OPEN = {
    mode: (
        "FROM entries INDEXED BY entries_open WHERE status IN ('pending', 'processing') "
        f"AND {SCOPE_SQL[mode]} AND deleted_at IS NULL AND {_CHOSEN}"
    )
    for mode in _MODES
}
_TOTALS = {mode: f"FROM usage_totals WHERE {SCOPE_SQL[mode]} AND {_CHOSEN}" for mode in _MODES}
_COUNTS = {
    mode: f"""
SELECT sum(n), sum(n * (kind = 'command')), sum(n * (kind = 'question' AND status = 'completed')),
  sum(n * (kind = 'question' AND status = 'error')),
  sum(n * (kind = 'question' AND status = 'cancelled')),
  sum(n * (kind = 'question' AND status IN ('pending', 'processing'))), sum(ok)
FROM (
  SELECT kind, status, n, ok {_TOTALS[mode]}
  UNION ALL SELECT kind, status, 1, kind = 'command' AND error_code IS '0' {_OPEN[mode]}
)
"""
    for mode in _MODES
}
_WHO = {
    mode: f"""
SELECT count(DISTINCT user_id), count(DISTINCT machine_id), sum(tokens)
FROM (
  SELECT nullif(user_id, '') AS user_id, machine_id, tokens
  FROM usage_who_totals JOIN usage_who USING (who)
  WHERE n > 0 AND {SCOPE_SQL[mode]} AND {_CHOSEN}
  UNION ALL SELECT user_id, machine_id, coalesce(tokens_used, 0) {_OPEN[mode]}
)
"""
    for mode in _MODES
}
_MEAN = {
    mode: f"SELECT sum(time_ms) * 1.0 / sum(n) {totals} AND upto_ms > 0"
    for mode, totals in _TOTALS.items()
}
_ENDS = {
    (mode, way): (
        f"SELECT created_at FROM entries INDEXED BY entries_by_time WHERE {SCOPE_SQL[mode]} "
        f"AND {FILTER_SQL} ORDER BY created_at {way} LIMIT 1"
    )
    for mode in _MODES
    for way in ("ASC", "DESC")
}
# Hour by hour first: to find the local day of an instant takes longer than to add up its hour.
_BY_DAY = {
    mode: f"""
SELECT date(at, 'unixepoch', 'localtime') AS day, sum(questions), sum(commands)
FROM (
  SELECT hour * 3600 AS at, sum(iif(kind = 'question', n, 0)) AS questions,
    sum(iif(kind = 'command', n, 0)) AS commands
  FROM usage_hours WHERE {SCOPE_SQL[mode]} AND {_CHOSEN} GROUP BY hour
  UNION ALL SELECT created_at / 1000, kind = 'question', kind = 'command' {_OPEN[mode]}
)
GROUP BY day ORDER BY day DESC
"""
    for mode in _MODES
}


class CountedStats:
    """The counts of one replica's whole history."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._usage = Usage(database)

    def stats(self, scope: Scope, where: EntryFilter) -> EntryStats | None:
        """Return counts over a scope; None if they must be counted otherwise."""
        if not self._is_counted(scope, where):
            return None
        bindings, mode = filter_bindings(scope, where), scope.mode
        first, last = (self._row(_ENDS[mode, way], bindings) for way in ("ASC", "DESC"))
        counts = (*self._row(_COUNTS[mode], bindings), *self._row(_WHO[mode], bindings))
        values = [int(value or 0) for value in counts]
        names = EntryStats.__struct_fields__
        return EntryStats(
            **dict(zip(names, values, strict=False)),
            mean_execution_time_ms=self._row(_MEAN[mode], bindings)[0],
            first_at=first[0] if first else None,
            last_at=last[0] if last else None,
        )

    def days(self, scope: Scope, where: EntryFilter) -> list[DayCount] | None:
        """Return the counts per day, newest first; None if they must be counted otherwise."""
        if not self._is_counted(scope, where) or not self._are_hours_whole(scope, where):
            return None
        rows = self._database.rows(_BY_DAY[scope.mode], filter_bindings(scope, where))
        return [DayCount(day=row[0], questions=row[1], commands=row[2]) for row in rows]

    def waiting(self, scope: Scope, where: EntryFilter) -> int:
        """Return about how many entries are to be counted before these counts can be told."""
        return self._usage.waiting() if _is_whole(scope, where) else 0

    def _is_counted(self, scope: Scope, where: EntryFilter) -> bool:
        if not _is_whole(scope, where):
            return False
        try:
            return self._usage.catch_up()
        except StorageError:
            return False

    def _are_hours_whole(self, scope: Scope, where: EntryFilter) -> bool:
        """Return whether the local calendar begins its days with an hour of UTC."""
        ends = [self._row(_ENDS[scope.mode, way], filter_bindings(scope, where))
                for way in ("ASC", "DESC")]  # fmt: skip
        try:
            return all(time.localtime(end[0] / 1000).tm_gmtoff % 3600 == 0 for end in ends if end)
        except (OverflowError, ValueError, OSError):
            return False

    def _row(self, sql: str, bindings: dict[str, Any]) -> tuple[Any, ...]:
        return self._database.row(sql, bindings) or ()


def _is_whole(scope: Scope, where: EntryFilter) -> bool:
    return scope.mode in _MODES and where == EntryFilter(kind=where.kind, status=where.status)
