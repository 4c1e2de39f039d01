"""Entries of other replicas, of exports and of replaced files, as rows on their way in.

What is merged with an entry that is there changes all of its columns that travel; so does the
statement here, and its caller says which local change (`local_seq`) that is.
"""

import msgspec

from ipcom_chat.domain.merge import EntryRow
from ipcom_chat.storage.database import Transaction

MERGED_COLUMNS = ", ".join(EntryRow.__struct_fields__)
"""The columns that travel, in the order of `EntryRow`."""
SET_MERGED = ", ".join(f"{name} = ?" for name in EntryRow.__struct_fields__[1:])
"""All of them but the id, for an `UPDATE`."""
ROWS = f"SELECT private, {MERGED_COLUMNS} FROM entries WHERE id IN (SELECT value FROM json_each(?))"
"""Whether entries are private, then what travels of them; bound to a list of ids."""
ADD_EVENT = (
    "INSERT INTO entry_events (entry_id, at, from_status, to_status, actor, replica_id) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_UPDATE = f"UPDATE entries SET {SET_MERGED}, local_seq = ? WHERE id = ?"


def store_merged(transaction: Transaction, merged: EntryRow, local_seq: int) -> None:
    """Store what an entry that is there has become; it waits to be pushed."""
    entry_id, *values = msgspec.structs.astuple(merged)
    transaction.execute(_UPDATE, (*values, local_seq, entry_id))
