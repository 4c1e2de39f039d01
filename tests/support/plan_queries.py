"""The queries that the primary must answer quickly: those of the protocol, and the plan's own.

The plan's SELECTs are written here as the plan has them, but that they name the columns of its
tables where it says `*`.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ipcom_chat.domain.merge import MachineRow
from ipcom_chat.libsql.hrana import Statement, Value
from ipcom_chat.storage.sync_state import Subscription
from ipcom_chat.sync.protocol import statements
from tests.support.versions import IDS, Push, a_plan, an_entry_row

GLOBAL = (
    "SELECT id, command, response, machine_id, user_id, timestamp, tokens_used, "
    "execution_time_ms, tags FROM history_global ORDER BY timestamp DESC LIMIT ?"
)
USER = (
    "SELECT id, user_id, command, response, machine_id, timestamp, session_id, context "
    "FROM history_user WHERE user_id = ? ORDER BY timestamp DESC LIMIT ?"
)
MACHINE = (
    "SELECT id, machine_id, command, response, user_id, timestamp, error_code "
    "FROM history_machine WHERE machine_id = ? ORDER BY timestamp DESC LIMIT ?"
)
HYBRID = """
SELECT 'global' as source, command, response, timestamp FROM history_global
WHERE timestamp > unixepoch('now', '-7 days')
UNION ALL
SELECT 'user' as source, command, response, timestamp FROM history_user
WHERE user_id = ? AND timestamp > unixepoch('now', '-7 days')
UNION ALL
SELECT 'machine' as source, command, response, timestamp FROM history_machine
WHERE machine_id = ? AND timestamp > unixepoch('now', '-7 days')
ORDER BY timestamp DESC LIMIT ?
"""
SEARCH_GLOBAL = """
SELECT id, command, ? as weight, 'global' as source FROM history_global
WHERE command LIKE ? OR response LIKE ? ORDER BY timestamp DESC LIMIT 50
"""
SEARCH_USER = """
SELECT id, command, ? as weight, 'user' as source FROM history_user
WHERE user_id = ? AND (command LIKE ? OR response LIKE ?) ORDER BY timestamp DESC LIMIT 50
"""
SEARCH_MACHINE = """
SELECT id, command, ? as weight, 'machine' as source FROM history_machine
WHERE machine_id = ? AND (command LIKE ? OR response LIKE ?) ORDER BY timestamp DESC LIMIT 50
"""
USER_STATS = """
SELECT COUNT(*) as total_commands,
  COUNT(DISTINCT DATE(timestamp/1000, 'unixepoch')) as active_days,
  MAX(timestamp) as last_command
FROM history_user WHERE user_id = ?
"""
SUCCESSFUL = """
SELECT command, response, COUNT(*) as usage_count,
  AVG(CASE WHEN error_code = 0 THEN 1 ELSE 0 END) as success_rate
FROM history_global WHERE command LIKE ?
GROUP BY command HAVING success_rate > 0.8 ORDER BY usage_count DESC LIMIT 5
"""
PATTERNS = """
WITH command_pairs AS (
  SELECT h1.command as cmd1, h2.command as cmd2, h2.timestamp - h1.timestamp as time_diff
  FROM history_global h1
  JOIN history_global h2 ON h2.machine_id = h1.machine_id
  WHERE h1.command LIKE ?
    AND h2.timestamp > h1.timestamp
    AND h2.timestamp - h1.timestamp < 300000
)
SELECT cmd2, COUNT(*) as frequency FROM command_pairs
GROUP BY cmd2 ORDER BY frequency DESC LIMIT 3
"""
SOLUTIONS = """
SELECT DISTINCT command, response, COUNT(DISTINCT user_id) as users_count,
  COUNT(DISTINCT machine_id) as machines_count
FROM history_global WHERE command LIKE ? OR response LIKE ?
GROUP BY command, response HAVING users_count > 2
ORDER BY users_count DESC, machines_count DESC LIMIT 3
"""
STATUS = "SELECT status FROM history_user WHERE request_id = ? ORDER BY timestamp DESC LIMIT 1"
EXISTS = "SELECT COUNT(*) as count FROM history_user WHERE request_id = ?"
LAST_TEN = """
SELECT
    request_id,
    substr(command, 1, 50) as command_preview,
    status,
    CASE
        WHEN response IS NULL THEN 'NULL'
        ELSE LENGTH(response) || ' chars'
    END as response_info,
    datetime(timestamp/1000, 'unixepoch', 'localtime') as time
FROM history_user
ORDER BY timestamp DESC
LIMIT 10
"""
CANCELLED = """
SELECT COUNT(*) as cancelled_count
FROM history_user
WHERE status = 'cancelled'
AND timestamp > unixepoch() - 86400
"""
USER_ID = "SELECT id FROM users WHERE username = ?"
ACTIVE_USERS = "SELECT username, name, email FROM users WHERE is_active = 1 ORDER BY name"
ALL_USERS = "SELECT username, name, email, is_active FROM users ORDER BY name"
CACHE = (
    "SELECT command_hash, command, output, workspace_id, last_executed, execution_count, "
    "avg_execution_time_ms FROM command_cache ORDER BY command_hash"
)

SLOW = ("TEMP B-TREE", "CO-ROUTINE", "MATERIALIZE", "AUTOMATIC")
"""What the plan of none of these queries may hold: rows are sorted, or copied, first."""


A_MACHINE = MachineRow("m", "host", None, None, "{}", "[]", "1", 1, 1, 1)


class Query(NamedTuple):
    """A statement, and how the tables are to be reached."""

    statement: Statement
    access: frozenset[str]


def _subscription(cursor: int | None, fill_below: int | None) -> Subscription:
    return Subscription(scope="g", cursor=cursor, fill_below=fill_below, since_ms=0, added_at=0)


def _changes(bound: str) -> frozenset[str]:
    return frozenset(
        {
            f"SEARCH entries USING INDEX entries_by_scope (scope=? AND rev{bound}?)",
            f"SEARCH users USING INDEX users_by_rev (rev{bound}?)",
            f"SEARCH machines USING INDEX machines_by_rev (rev{bound}?)",
            f"SEARCH sessions USING INDEX sessions_by_scope (scope=? AND rev{bound}?)",
            f"SEARCH votes USING INDEX votes_by_scope (scope=? AND rev{bound}?)",
        }
    )


def _exchange(push: Push, subscription: Subscription) -> dict[str, Statement]:
    """Return the statements of an exchange by what they read, but for the push."""
    plan = a_plan(push, fetched=IDS, subscriptions=(subscription,))
    found = {}
    for statement in statements(plan):
        if match := re.search(r"FROM (sync_(?!commits)\w+)(?: .*(rev DESC))?", statement.sql):
            found[" ".join(filter(None, match.groups()))] = statement
    return found


def _of_protocol() -> dict[str, Query]:
    push = Push([an_entry_row()], machines=[A_MACHINE])
    pushing = _exchange(push, _subscription(5, 3))
    pulling = _exchange(Push(), _subscription(5, None))
    beginning = _exchange(Push(), _subscription(None, None))
    by_id = frozenset({"SEARCH entries USING INDEX sqlite_autoindex_entries_1 (id=?)"})
    keys = {"users": "id", "machines": "id", "sessions": "id", "votes": "entry_id"}
    small = {f"SEARCH {name} USING PRIMARY KEY ({key}=?)" for name, key in keys.items()}
    return {
        "pull": Query(pulling["sync_changes"], _changes(">")),
        "pull of others": Query(pushing["sync_changes"], _changes(">")),
        "fill": Query(pushing["sync_changes rev DESC"], _changes("<")),
        "first page": Query(beginning["sync_changes rev DESC"], _changes("<")),
        "states by id": Query(pushing["sync_entry_states"], by_id),
        "rows by id": Query(pushing["sync_entry_rows"], by_id),
        "small rows by id": Query(pushing["sync_small_rows"], frozenset(small)),
    }


def _of_plan(sql: str, args: tuple[Value, ...], *access: str) -> Query:
    return Query(Statement(sql, args), frozenset(access))


QUERIES = _of_protocol() | {
    "newest": _of_plan(GLOBAL, (10,), "SCAN entries USING INDEX entries_by_time"),
    "newest of a user": _of_plan(
        USER, ("u", 10), "SEARCH entries USING INDEX entries_by_user (user_id=?)"
    ),
    "newest of all users": _of_plan(LAST_TEN, (), "SCAN entries USING INDEX entries_by_time"),
    "newest of a machine": _of_plan(
        MACHINE, ("m", 10), "SEARCH entries USING INDEX entries_by_machine (machine_id=?)"
    ),
    "newest of all three": _of_plan(
        HYBRID,
        ("u", "m", 10),
        "SEARCH entries USING INDEX entries_by_time (created_at>?)",
        "SEARCH entries USING INDEX entries_by_user (user_id=? AND created_at>?)",
        "SEARCH entries USING INDEX entries_by_machine (machine_id=? AND created_at>?)",
    ),
    "status of a request": _of_plan(
        STATUS, ("x",), "SEARCH entries USING INDEX sqlite_autoindex_entries_1 (id=?)"
    ),
}


def check_plan(query: Query, plan: Iterable[Any]) -> None:
    """Make sure that the rows of EXPLAIN QUERY PLAN are those that are wanted."""
    details = [str(row[3]) for row in plan]
    assert not [detail for detail in details if any(word in detail for word in SLOW)]
    ways = {
        detail
        for detail in details
        if detail.startswith(("SEARCH", "SCAN"))
        # The ids that were given, and the newest push.
        and "json_each" not in detail
        and "sync_commits" not in detail
    }
    assert ways == query.access
