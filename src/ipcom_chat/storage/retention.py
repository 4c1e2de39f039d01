"""Takes out what is old: for everybody, or only out of this replica.

The instant of a deletion by age follows from the entry alone, so that machines that do the same at
different times write the same tombstone, and none of them feeds the others.
"""

from collections.abc import Sequence
from typing import Any

from ipcom_chat.storage.database import Database, json_list
from ipcom_chat.storage.erasures import CLEAR_TITLE, DELETE
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.soundness import problems
from ipcom_chat.storage.sync_state import EVICT_ROWS, EVICTABLE, SyncState

BATCH = 200
"""How many entries one transaction changes: others write in between."""

_DUE_WHERE = """
FROM entries WHERE created_at < :before AND deleted_at IS NULL
AND mode IN (SELECT value FROM json_each(:modes))
"""
_COUNT_DUE = f"SELECT count(*) {_DUE_WHERE}"
_DUE = f"""
SELECT id, session_id, created_at + :age {_DUE_WHERE} ORDER BY created_at, id LIMIT {BATCH}
"""
_COUNT_EVICTABLE = f"SELECT count(*) FROM entries WHERE {EVICTABLE}"


class Retention:
    """What is old in one replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, before_ms: int, modes: Sequence[str]) -> int:
        """Return how many entries of some modes are older."""
        return self._database.number(_COUNT_DUE, {"before": before_ms, "modes": json_list(modes)})

    def purge(self, before_ms: int, age_ms: int, modes: Sequence[str]) -> int:
        """Turn those entries into tombstones, of the instant at which they were due."""
        bindings = {"before": before_ms, "age": age_ms, "modes": json_list(modes)}
        count = 0
        while gone := self._purge_some(bindings):
            count += gone
        return count

    def _purge_some(self, bindings: dict[str, Any]) -> int:
        gone = 0
        with self._database.write() as transaction:
            rows = transaction.execute(_DUE, bindings)
            if rows:
                transaction.clear()
            for entry_id, session_id, at_ms in rows:
                seq = transaction.next_local_seq()
                values = {"id": entry_id, "at": at_ms, "local_seq": seq}
                gone += transaction.changed(DELETE, values)
                if session_id is not None:
                    seq = transaction.next_local_seq()
                    title = {"id": session_id, "at": at_ms, "local_seq": seq}
                    transaction.execute(CLEAR_TITLE, title)
        return gone

    def evictable(self, before_ms: int, replica_id: str) -> int:
        """Return how many acknowledged entries lie before the window."""
        return self._database.number(
            _COUNT_EVICTABLE, {"before": before_ms, "replica_id": replica_id}
        )

    def evict(self, before_ms: int, replica_id: str, *, at_ms: int) -> int:
        """Drop all of them from this replica."""
        state, count = SyncState(self._database), 0
        while True:
            gone = state.evict(before_ms=before_ms, replica_id=replica_id, at_ms=at_ms)
            count += gone
            if gone < EVICT_ROWS:
                return count

    def problems(self) -> list[str]:
        """Return what SQLite says of the file's pages, indexes and checks."""
        with translated(self._database.path):
            return problems(self._database.connection)
