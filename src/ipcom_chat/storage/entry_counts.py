"""Counts entries by reading them: what `usage_stats` does without for a whole history.

Invariant: what is counted is what a list of the same scope and filter shows.
"""

from ipcom_chat.domain.entry import Scope
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entry_rows import DayCount, EntryFilter, EntryStats, filter_bindings
from ipcom_chat.storage.scope_sql import FILTER_SQL, SCOPE_SQL

_SUMS = 10
"""So many of the columns of `_STATS` are numbers that are 0 where there are no entries."""
_STATS = {
    mode: (
        "SELECT count(*), sum(kind = 'command'), "
        "sum(kind = 'question' AND status = 'completed'), "
        "sum(kind = 'question' AND status = 'error'), "
        "sum(kind = 'question' AND status = 'cancelled'), "
        "sum(kind = 'question' AND status IN ('pending', 'processing')), "
        "sum(kind = 'command' AND error_code = '0'), "
        "count(DISTINCT user_id), count(DISTINCT machine_id), CAST(total(tokens_used) AS INTEGER), "
        "avg(CASE WHEN kind = 'question' AND status = 'completed' THEN execution_time_ms END), "
        "min(created_at), max(created_at) "
        f"FROM entries WHERE {scope} AND {FILTER_SQL}"
    )
    for mode, scope in SCOPE_SQL.items()
}
_DAYS = {
    mode: (
        "SELECT date(created_at / 1000, 'unixepoch', 'localtime') AS day, "
        "sum(kind = 'question'), sum(kind = 'command') "
        f"FROM entries WHERE {scope} AND {FILTER_SQL} GROUP BY day ORDER BY day DESC"
    )
    for mode, scope in SCOPE_SQL.items()
}


def stats(database: Database, scope: Scope, where: EntryFilter) -> EntryStats:
    """Return counts over the entries of a scope that a filter lets pass."""
    row = database.row(_STATS[scope.mode], filter_bindings(scope, where)) or ()
    values = [*(value or 0 for value in row[:_SUMS]), *row[_SUMS:]]
    return EntryStats(**dict(zip(EntryStats.__struct_fields__, values, strict=True)))


def days(database: Database, scope: Scope, where: EntryFilter) -> list[DayCount]:
    """Return the counts of them per day of the local calendar, newest day first."""
    rows = database.rows(_DAYS[scope.mode], filter_bindings(scope, where))
    return [DayCount(day=row[0], questions=row[1], commands=row[2]) for row in rows]
