"""What monitoring reads straight from the rows: little, or by an index.

Invariant: no statement reads more rows than the time it looks at, or the bound it names, holds.
"""

import msgspec

from ipcom_chat.clock import DAY_MS, MINUTE_MS
from ipcom_chat.domain.entry import Scope
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entry_rows import scope_bindings
from ipcom_chat.storage.scope_sql import SCOPE_SQL

_QUESTION_CHARS = 200
_CANDIDATES = 500

_OPEN = {
    mode: (
        "SELECT count(*) FROM entries INDEXED BY entries_open "
        f"WHERE status IN ('pending', 'processing') AND deleted_at IS NULL AND {scope}"
    )
    for mode, scope in SCOPE_SQL.items()
}
_COMMANDS = {
    mode: (
        "SELECT created_at / 60000, count(*) FROM entries INDEXED BY entries_by_time "
        "WHERE created_at >= :since AND created_at < :until AND kind = 'command' "
        f"AND deleted_at IS NULL AND {scope} GROUP BY 1"
    )
    for mode, scope in SCOPE_SQL.items()
}
_ENDED_OF_MACHINE = """
SELECT coalesce(sum(status = 'completed'), 0), coalesce(sum(status = 'error'), 0),
  coalesce(sum(status = 'cancelled'), 0)
FROM entries INDEXED BY entries_by_time
WHERE created_at >= ? AND created_at < ? AND machine_id = ? AND kind = 'question'
  AND deleted_at IS NULL
"""
# The best of what was voted on or handed on; then those of them that are shown.
_PROBLEMS = {
    mode: f"""
WITH said AS (
  SELECT entry_id, sum(value > 0) AS good, sum(value < 0) AS bad, 0 AS reused FROM votes
  WHERE updated_at >= :since AND updated_at < :until GROUP BY entry_id
  UNION ALL
  SELECT entry_id, 0, 0, sum(n) FROM reuses WHERE day >= :first AND day < :end GROUP BY entry_id
), best AS (
  SELECT entry_id, sum(good) AS good, sum(bad) AS bad, sum(reused) AS reused FROM said
  GROUP BY entry_id HAVING sum(good) - sum(bad) + sum(reused) > 0
  ORDER BY sum(good) - sum(bad) + sum(reused) DESC, entry_id LIMIT {_CANDIDATES}
)
SELECT entry_id, substr(command, 1, {_QUESTION_CHARS}), coalesce(user_id, ''), os_user, good, bad,
  reused
FROM best CROSS JOIN entries ON entries.id = best.entry_id
WHERE kind = 'question' AND status = 'completed' AND deleted_at IS NULL AND {scope}
ORDER BY good - bad + reused DESC, entry_id LIMIT :limit
"""
    for mode, scope in SCOPE_SQL.items()
}
_THUMBS = """
SELECT coalesce(sum(value > 0), 0), coalesce(sum(value < 0), 0) FROM votes
WHERE updated_at >= ? AND updated_at < ?
"""
_ENTRIES = "SELECT count(*) FROM entries INDEXED BY entries_by_change"
# Of a queue that is longer, the rate says nothing that the queue does not.
_LATE = """
SELECT count(*) FROM (
  SELECT updated_at, created_at, replica_id FROM entries
  WHERE local_seq > acked_seq AND private = 0 ORDER BY local_seq LIMIT 10000
) WHERE updated_at < :before AND created_at >= :since AND replica_id = :replica_id
"""


class ProblemRow(msgspec.Struct, frozen=True, array_like=True):
    """A question whose answer was voted good, or handed on."""

    entry_id: str
    question: str
    user_id: str
    os_user: str
    good: int
    bad: int
    reused: int


class MonitoringRows:
    """The rows of one replica, as monitoring reads them. Instants are epoch milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_requests(self, scope: Scope) -> int:
        """Return how many requests have not ended."""
        return self._database.number(_OPEN[scope.mode], scope_bindings(scope))

    def commands_by_minute(self, scope: Scope, *, minutes: int, now_ms: int) -> tuple[int, ...]:
        """Return how many commands ran in each of the last minutes, oldest first."""
        last = now_ms // MINUTE_MS
        first = last - minutes + 1
        bindings = {"since": first * MINUTE_MS, "until": (last + 1) * MINUTE_MS}
        counts: dict[int, int] = dict(
            self._database.rows(_COMMANDS[scope.mode], scope_bindings(scope) | bindings)
        )
        return tuple(counts.get(minute, 0) for minute in range(first, last + 1))

    def ended_of_machine(
        self, machine_id: str, *, since_ms: int, until_ms: int
    ) -> tuple[int, int, int]:
        """Return how many questions of a machine were answered, failed and were cancelled."""
        row = self._database.row(_ENDED_OF_MACHINE, (since_ms, until_ms, machine_id)) or (0, 0, 0)
        return row[0], row[1], row[2]

    def problems(
        self, scope: Scope, *, since_ms: int, until_ms: int, limit: int
    ) -> list[ProblemRow]:
        """Return the solved problems that helped most."""
        bindings = scope_bindings(scope) | {
            "since": since_ms, "until": until_ms, "limit": limit,
            "first": since_ms // DAY_MS, "end": -(-until_ms // DAY_MS),
        }  # fmt: skip
        return [ProblemRow(*row) for row in self._database.rows(_PROBLEMS[scope.mode], bindings)]

    def thumbs(self, *, since_ms: int, until_ms: int) -> tuple[int, int]:
        """Return how many voted good and bad in a time."""
        row = self._database.row(_THUMBS, (since_ms, until_ms)) or (0, 0)
        return row[0], row[1]

    def entries(self) -> int:
        """Return how many entries the replica holds, deleted ones included."""
        return self._database.number(_ENTRIES)

    def late(self, replica_id: str, *, since_ms: int, before_ms: int) -> int:
        """Return how many own entries since an instant wait whose last change is before another."""
        bindings = {"replica_id": replica_id, "since": since_ms, "before": before_ms}
        return self._database.number(_LATE, bindings)
