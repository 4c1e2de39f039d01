"""What the processes of a replica measured of themselves, as rows.

Invariants: everything is added, never replaced, so any number of processes may write; what is
older than `KEPT_DAYS` is told by hour no more, but stays in the sums, which only rise.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from ipcom_chat.clock import DAY_MS, HOUR_MS, MINUTE_MS
from ipcom_chat.storage.database import Database, Transaction, json_list
from ipcom_chat.storage.meter import Measured

KEPT_DAYS: Final = 30

_ADD_LATENCY = """
INSERT INTO latencies (hour, kind, upto_us, n, sum_us) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + excluded.n, sum_us = sum_us + excluded.sum_us
"""
_ADD_TALLY = """
INSERT INTO tallies (hour, name, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n
"""
_ADD_MINUTE = """
INSERT INTO minutes (minute, kind, ok, failed) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET ok = ok + excluded.ok, failed = failed + excluded.failed
"""
_ADD_REUSE = """
INSERT INTO reuses (day, entry_id, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n
"""
_FORGET = (
    """
    INSERT INTO latencies (hour, kind, upto_us, n, sum_us)
    SELECT 0, kind, upto_us, sum(n), sum(sum_us) FROM latencies
    WHERE hour > 0 AND hour < :hour GROUP BY kind, upto_us
    ON CONFLICT DO UPDATE SET n = n + excluded.n, sum_us = sum_us + excluded.sum_us
    """,
    "DELETE FROM latencies WHERE hour > 0 AND hour < :hour",
    """
    INSERT INTO tallies (hour, name, n)
    SELECT 0, name, sum(n) FROM tallies WHERE hour > 0 AND hour < :hour GROUP BY name
    ON CONFLICT DO UPDATE SET n = n + excluded.n
    """,
    "DELETE FROM tallies WHERE hour > 0 AND hour < :hour",
    "DELETE FROM minutes WHERE minute < 60 * :hour",
    "DELETE FROM reuses WHERE day < :hour / 24",
)
_OLDEST_HOUR = """
SELECT min((SELECT coalesce(min(hour), 9e9) FROM latencies WHERE hour > 0),
           (SELECT coalesce(min(hour), 9e9) FROM tallies WHERE hour > 0),
           (SELECT coalesce(min(minute), 9e9) / 60 FROM minutes))
"""
_LATENCIES = """
SELECT kind, upto_us, sum(n), sum(sum_us) FROM latencies WHERE hour >= ? AND hour < ?
GROUP BY kind, upto_us
"""
_TALLIES = "SELECT name, sum(n) FROM tallies WHERE hour >= ? AND hour < ? GROUP BY name"
_TALLIES_BY_HOUR = "SELECT hour, name, n FROM tallies WHERE hour >= ? AND hour < ?"
# Of the kinds together: a minute in which one of them failed was not available.
_MINUTES = """
SELECT count(*), coalesce(sum(ok > 0), 0), coalesce(sum(failed = 0), 0) FROM (
  SELECT sum(ok) AS ok, sum(failed) AS failed FROM minutes
  WHERE minute >= ? AND minute < ? AND kind IN (SELECT value FROM json_each(?)) GROUP BY minute
)
"""
_LAST_TRY = "SELECT max(minute), sum(ok), sum(failed) FROM minutes WHERE kind = ? AND minute >= ?"
_REUSES = """
SELECT entry_id, sum(n) FROM reuses WHERE day >= ? AND day < ? GROUP BY entry_id
ORDER BY sum(n) DESC LIMIT ?
"""
_SIZE = "SELECT at, bytes, entries FROM primary_size"
_SET_SIZE = """
INSERT INTO primary_size (one, at, bytes, entries) VALUES (1, ?, ?, ?)
ON CONFLICT DO UPDATE SET at = excluded.at, bytes = excluded.bytes, entries = excluded.entries
"""


class Measures:
    """The measurements of one replica. Instants are epoch milliseconds; hours count as a whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, measured: Measured, *, now_ms: int) -> None:
        """Add what a process measured, in one transaction.

        Raises:
            StorageError: nothing was added.
        """
        with self._database.write() as transaction:
            _add(transaction, measured)
            oldest = transaction.execute(_OLDEST_HOUR)[0][0]
            first = (now_ms - KEPT_DAYS * DAY_MS) // HOUR_MS
            if oldest < first:
                for sql in _FORGET:
                    transaction.execute(sql, {"hour": first} if ":hour" in sql else ())

    def latencies(self, since_ms: int, until_ms: int) -> dict[str, tuple[dict[int, int], int]]:
        """Return by kind how many took up to so many microseconds, and the sum of all."""
        counts: dict[str, dict[int, int]] = defaultdict(dict)
        sums: dict[str, int] = defaultdict(int)
        hours = (since_ms // HOUR_MS, _until(until_ms, HOUR_MS))
        for kind, upto_us, n, sum_us in self._database.rows(_LATENCIES, hours):
            counts[kind][upto_us] = n
            sums[kind] += sum_us
        return {kind: (counts[kind], sums[kind]) for kind in counts}

    def tallies(self, since_ms: int, until_ms: int) -> dict[str, int]:
        """Return how often things happened, by name."""
        hours = (since_ms // HOUR_MS, _until(until_ms, HOUR_MS))
        return dict(self._database.rows(_TALLIES, hours))

    def minutes(self, kinds: Iterable[str], since_ms: int, until_ms: int) -> tuple[int, int, int]:
        """Return in how many minutes something of these kinds was tried, went well, never failed.

        A minute counts as a whole.
        """
        span = (since_ms // MINUTE_MS, _until(until_ms, MINUTE_MS), json_list(kinds))
        row = self._database.row(_MINUTES, span) or (0, 0, 0)
        return row[0], row[1], row[2]

    def reuses(self, since_ms: int, until_ms: int, *, limit: int) -> dict[str, int]:
        """Return how often answers of entries were handed on, by entry, the most first."""
        days = (since_ms // DAY_MS, _until(until_ms, DAY_MS), limit)
        return dict(self._database.rows(_REUSES, days))

    def primary_size(self) -> tuple[int, int | None, int | None] | None:
        """Return when the primary said its size last, its bytes and its entries."""
        row = self._database.row(_SIZE)
        return None if row is None else (row[0], row[1], row[2])

    def set_primary_size(self, nbytes: int | None, entries: int | None, *, at_ms: int) -> None:
        """Remember what the primary said of its size."""
        with self._database.write() as transaction:
            transaction.execute(_SET_SIZE, (at_ms, nbytes, entries))


def _add(transaction: Transaction, measured: Measured) -> None:
    transaction.execute_many(
        _ADD_LATENCY,
        [(*key, n, measured.sums_us[key]) for key, n in measured.latencies.items()],
    )
    transaction.execute_many(_ADD_TALLY, [(*key, n) for key, n in measured.tallies.items()])
    transaction.execute_many(_ADD_MINUTE, [(*key, *n) for key, n in measured.minutes.items()])
    transaction.execute_many(_ADD_REUSE, [(*key, n) for key, n in measured.reuses.items()])


def _until(until_ms: int, unit_ms: int) -> int:
    return -(-until_ms // unit_ms)
