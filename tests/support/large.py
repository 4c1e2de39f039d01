"""A long history, written by one statement: a million entries in some 15 s of the processor."""

from typing import Final

from ipcom_chat.storage.database import Database

MACHINES: Final = 300
PER_MACHINE: Final = 3
"""Accounts."""

_INDEXES = """
SELECT name, sql FROM sqlite_master
WHERE type = 'index' AND tbl_name = 'entries' AND sql IS NOT NULL
"""
# Ids rise with time, as those of the program do; what a text says follows from its number.
_FILL = f"""
INSERT INTO entries (
  id, kind, mode, private, source, time_estimated, os_user, machine_id, replica_id, command,
  response, status, error_code, tags, context, tokens_used, cost_microusd, execution_time_ms,
  truncated, redaction_command, redaction_response, content_hash, version, created_at, updated_at,
  completed_at, local_seq, acked_seq
)
WITH RECURSIVE
  numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :count),
  placed AS (
    SELECT n, :now - :span + n * :span / :count AS at, n % 10 IN (7, 8) AS is_command FROM numbers
  )
SELECT
  printf('%08x-%04x-7000-8000-%012x', at >> 16, at & 65535, n),
  iif(is_command, 'command', 'question'), 'global', 0, 'chat', 0,
  'user-' || (n % {MACHINES} * {PER_MACHINE} + n / {MACHINES} % {PER_MACHINE}),
  printf('%064x', n % {MACHINES}), printf('%032x', n % {MACHINES}),
  CASE n % 5
    WHEN 0 THEN 'disk full on server ' WHEN 1 THEN 'nginx does not start '
    WHEN 2 THEN 'restart postgres on node ' WHEN 3 THEN 'which process uses port '
    ELSE 'docker container exits ' END || n,
  iif(is_command, 'done ', 'Look at the journal of the unit, then restart it: case ') || n,
  CASE WHEN is_command THEN 'completed' WHEN n % 20 = 3 THEN 'cancelled'
    WHEN n % 50 = 11 THEN 'error' ELSE 'completed' END,
  iif(is_command, '0', NULL), '[]', '{{}}', n % 900, n % 700, n % 30000, 0, 1, 1, n, 1, at, at, at,
  n + 1, n + 1
FROM placed
"""


def fill_by_sql(database: Database, count: int, *, now_ms: int, span_ms: int) -> None:
    """Fill an empty replica with entries of many machines, as many at all times of a span."""
    with database.write() as transaction:
        indexes = transaction.execute(_INDEXES)
        for name, _sql in indexes:  # made at once afterwards
            transaction.execute(f"DROP INDEX {name}")
        transaction.execute(_FILL, {"count": count, "now": now_ms, "span": span_ms})
        for _name, sql in indexes:
            transaction.execute(sql)
        transaction.execute("UPDATE counters SET n = ? WHERE name = 'local_seq'", (count,))
