"""The votes of the replica: one for each voter and entry.

Invariants: a vote belongs to the histories of its entry; a change raises `local_seq`, and
`updated_at` whatever the clock says: by it the last writer wins. A vote that says what it said
before changes nothing, so nothing travels. A private
entry has none: its vote would travel, and nobody else could know of what.
"""

from collections.abc import Iterable

from ipcom_chat.domain.votes import Tally, Vote
from ipcom_chat.ids import EntryId
from ipcom_chat.storage.database import Database, json_list

_CAST = """
INSERT INTO votes (entry_id, voter, value, mode, user_id, machine_id, created_at, updated_at,
  local_seq, acked_seq)
SELECT id, :voter, :value, mode, user_id, machine_id, :at, :at, :local_seq, 0 FROM entries
WHERE id = :id AND private = 0 AND deleted_at IS NULL
  -- Who never voted has nothing to take back.
  AND (:value <> 0 OR EXISTS (SELECT 1 FROM votes WHERE entry_id = :id AND voter = :voter))
ON CONFLICT (entry_id, voter) DO UPDATE SET value = excluded.value,
  updated_at = max(excluded.updated_at, updated_at + 1), local_seq = excluded.local_seq
WHERE value <> excluded.value
"""
_TALLIES = """
SELECT entry_id, sum(value > 0), sum(value < 0) FROM votes
WHERE entry_id IN (SELECT value FROM json_each(?)) GROUP BY entry_id
"""


class Votes:
    """The votes of one replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cast(self, entry_id: EntryId, voter: str, vote: Vote, *, at_ms: int) -> bool:
        """Store what a voter says of an entry that is shared; return whether anything changed."""
        values = {"id": entry_id, "voter": voter, "value": vote.weight, "at": at_ms}
        with self._database.write() as transaction:
            seq = transaction.next_local_seq()
            return transaction.changed(_CAST, values | {"local_seq": seq}) == 1

    def tallies(self, ids: Iterable[str]) -> dict[str, Tally]:
        """Return the votes by entry id, for those that ever had any."""
        rows = self._database.rows(_TALLIES, (json_list(ids),))
        return {row[0]: Tally(good=row[1], bad=row[2]) for row in rows}
