"""Counts and sums over what the replica holds, to compare it with the primary.

The expressions are the same on both sides. Private rows, and rows that the primary never
acknowledged, do not count.
"""

from ipcom_chat.storage.database import Database
from ipcom_chat.storage.sync_rows import ENTRY_STATE

BUCKET = 4096
"""How many neighbouring revs are summed up together."""
# The halves of the hash: sums of whole ones would not fit into 64 bits.
ENTRY_SUMS = (
    "count(*),sum(content_hash>>32),sum(content_hash&4294967295),"
    "sum(version+7*redaction_command+11*redaction_response+13*(cancel_requested_at IS NOT NULL)"
    "+17*(deleted_at IS NOT NULL)+updated_at%1000003)"
)
States = dict[str, tuple[int, str]]
"""By id of an entry, its rev and its state."""

_SCOPE = (
    "CASE mode WHEN 'user' THEN 'u:' || user_id WHEN 'machine' THEN 'm:' || machine_id ELSE 'g' END"
)
_HELD = f"{_SCOPE} = ? AND created_at >= ? AND rev <= ? AND private = 0"
_SUMS = f"SELECT rev / {BUCKET}, {ENTRY_SUMS} FROM entries WHERE {_HELD} GROUP BY 1"
_STATES = (
    f"SELECT id, rev, json_array({ENTRY_STATE}) FROM entries WHERE {_HELD} AND rev >= ? AND rev < ?"
)
_SMALL = f"""
SELECT 'u', count(*), sum(rev) FROM users WHERE 'g' = :scope AND rev <= :cursor
UNION ALL SELECT 'm', count(*), sum(rev) FROM machines WHERE 'g' = :scope AND rev <= :cursor
UNION ALL SELECT 's', count(*), sum(rev) FROM sessions
  WHERE {_SCOPE} = :scope AND rev <= :cursor AND started_at >= :since AND private = 0
UNION ALL SELECT 'v', count(*), sum(rev) FROM votes
  WHERE {_SCOPE} = :scope AND rev <= :cursor AND created_at >= :since
"""

Held = tuple[str, int, int]
"""A scope, since when it is held, and up to which rev."""


def local_sums(database: Database, held: Held) -> dict[int, tuple[int, ...]]:
    """Return count and sums of the entries of each bucket."""
    return {row[0]: tuple(row[1:]) for row in database.rows(_SUMS, held)}


def local_states(database: Database, bounds: tuple[str | int, ...]) -> States:
    """Return the entries of one bucket; `bounds` is `Held` with the first rev and the end."""
    return {row[0]: (row[1], row[2]) for row in database.rows(_STATES, bounds)}


def small_sums(database: Database, held: Held) -> dict[str, tuple[int, int]]:
    """Return count and sum of revs of each other table that has rows, by its first letter."""
    bindings = dict(zip(("scope", "since", "cursor"), held, strict=True))
    return {row[0]: (row[1], row[2]) for row in database.rows(_SMALL, bindings) if row[1]}
