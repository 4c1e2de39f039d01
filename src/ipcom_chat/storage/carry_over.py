"""What a replaced replica hands on to the backup that takes its place.

Invariants:
- What was taken out since the backup stays out: tombstones and redactions are merged in, by the
  rule of `domain.merge`, and so is every later state, so no end that was reached is open again.
- Of a replica that has followed a primary, entries that nobody else can have, private ones and
  those that wait, are handed on whole; the others come back with synchronisation.
- What was merged waits to be pushed. The replaced file is only read.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import apsw
import msgspec

from ipcom_chat.domain.merge import EntryRow, merge_entries
from ipcom_chat.storage.database import Database, Row, json_list
from ipcom_chat.storage.merged_rows import ADD_EVENT, MERGED_COLUMNS, ROWS, store_merged

BATCH = 500

_MARKS = ", ".join("?" for _name in EntryRow.__struct_fields__)
_STATE = (
    "deleted_at, version, redaction_command, redaction_response, cancel_requested_at, content_hash"
)
_HAS_PRIMARY = "SELECT epoch IS NOT NULL FROM sync_timeline"
_STATES = f"""
SELECT seq, id, local_seq > acked_seq OR private, {_STATE} FROM entries
WHERE seq > ? ORDER BY seq LIMIT {BATCH}
"""
_KNOWN_STATES = f"SELECT id, {_STATE} FROM entries WHERE id IN (SELECT value FROM json_each(?))"
_INSERT = f"""
INSERT INTO entries ({MERGED_COLUMNS}, private, local_seq, acked_seq) VALUES ({_MARKS}, ?, ?, 0)
"""
_EVENTS = """
SELECT entry_id, at, from_status, to_status, actor, replica_id FROM entry_events
WHERE substr(entry_id, -6) IN (SELECT substr(value, -6) FROM json_each(?1))
  AND entry_id IN (SELECT value FROM json_each(?1))
ORDER BY seq
"""


class CarriedOver(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed on."""

    merged: int = 0
    """Entries of the backup that were taken out, or went on, since."""
    added: int = 0
    """Entries that only the replaced file had."""
    is_readable: bool = True
    """Whether the replaced file could be read to its end."""


def carry_over(old: Database, new: Database) -> CarriedOver:
    """Merge what must not be lost of a replaced replica into the one that takes its place."""
    merged = added = 0
    try:
        adds = bool(old.connection.execute(_HAS_PRIMARY).fetchall()[0][0])
        for states in _batches(old):
            known = _known(new, states)
            changed = [row[1] for row in states if row[1] in known and row[3:] != known[row[1]]]
            missing = [row[1] for row in states if adds and row[2] and row[1] not in known]
            if changed or missing:
                merged += _merge(old, new, changed)
                added += _add(old, new, missing)
    except (apsw.Error, IndexError, UnicodeDecodeError):
        return CarriedOver(merged=merged, added=added, is_readable=False)
    return CarriedOver(merged=merged, added=added)


def _batches(old: Database) -> Iterator[list[Row]]:
    after: Any = 0
    while rows := old.connection.execute(_STATES, (after,)).fetchall():
        after = rows[-1][0]
        yield rows


def _known(new: Database, states: Sequence[Row]) -> dict[str, Row]:
    ids = json_list([row[1] for row in states])
    return {row[0]: row[1:] for row in new.rows(_KNOWN_STATES, (ids,))}


def _merge(old: Database, new: Database, ids: Sequence[str]) -> int:
    listed = (json_list(ids),)
    theirs = {row[1]: EntryRow(*row[1:]) for row in old.connection.execute(ROWS, listed)}
    ours = {row[1]: EntryRow(*row[1:]) for row in new.rows(ROWS, listed)}
    count = 0
    with new.write() as transaction:
        transaction.clear()
        for entry_id, row in theirs.items():
            merged = merge_entries(ours[entry_id], row)
            if merged != ours[entry_id]:
                store_merged(transaction, merged, transaction.next_local_seq())
                count += 1
    return count


def _add(old: Database, new: Database, ids: Sequence[str]) -> int:
    rows = old.connection.execute(ROWS, (json_list(ids),)).fetchall()
    events = old.connection.execute(_EVENTS, (json_list(ids),)).fetchall()
    with new.write() as transaction:
        for private, *values in rows:
            transaction.execute(_INSERT, (*values, private, transaction.next_local_seq()))
        transaction.execute_many(ADD_EVENT, events)
    return len(rows)
