"""Writes what is imported: many rows in one transaction, each id once.

Invariants:
- An id that is known already stays as it is; so an import may stop anywhere and begin again.
- A row of one of our own exports is stored as it was; if its id is known, both versions are merged
  by `domain.merge`, as if the primary had brought it. Its votes and session come with it.
- A row that is imported has no event: its status never changed here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ipcom_chat.domain.entry import Entry, EntryEvent
from ipcom_chat.domain.merge import EntryRow, loses_text, merge_entries
from ipcom_chat.storage.beside import Beside, BesideRows, bring
from ipcom_chat.storage.database import WAL_PAGES, Database, Row, Transaction, json_list
from ipcom_chat.storage.entry_rows import COLUMNS, NAMES, entry_bindings
from ipcom_chat.storage.merged_rows import ADD_EVENT, ROWS, store_merged

CACHE_KIB = 64 * 1024
"""Ids are drawn at random, so every row touches pages all over the indexes."""
BULK_WAL_PAGES = 16_000
"""Fewer, larger checkpoints write a page once that many transactions changed."""

_INSERT = (
    f"INSERT INTO entries ({COLUMNS}, local_seq, acked_seq) "
    f"VALUES ({', '.join('?' for _name in NAMES)}, ?, 0) ON CONFLICT (id) DO NOTHING"
)
_COUNT_FROM = "SELECT count(*) FROM entries WHERE local_seq >= ?"
_KNOWN = "SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?))"
_SIZE = "PRAGMA cache_size"

ExportedRow = tuple[Entry, Sequence[EntryEvent], Beside]
"""What one object of an export holds."""


class ImportedRows:
    """The way of imported rows into one replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of the ids are there already, deleted ones included."""
        return {row[0] for row in self._database.rows(_KNOWN, (json_list(ids),))}

    def add(self, entries: Sequence[Entry]) -> int:
        """Insert entries in one transaction; return how many were new."""
        rows = [tuple(entry_bindings(entry).values()) for entry in entries]
        with self._database.write() as transaction:
            numbers = transaction.next_local_seqs(len(rows))
            transaction.execute_many(
                _INSERT, ((*row, seq) for row, seq in zip(rows, numbers, strict=True))
            )
            return int(transaction.execute(_COUNT_FROM, (numbers[0],))[0][0])

    def restore(self, rows: Sequence[ExportedRow]) -> int:
        """Insert or merge exported entries in one transaction; return how many were new."""
        unique = {entry.id: (entry, events) for entry, events, _beside in rows}
        ids = json_list(unique)
        with self._database.write() as transaction:
            known = {row[1]: row for row in transaction.execute(ROWS, (ids,))}
            numbers = iter(transaction.next_local_seqs(len(unique)))
            for entry_id, (entry, events) in unique.items():
                if entry_id in known:
                    _merge(transaction, known[entry_id], entry, next(numbers))
                else:
                    _restore(transaction, entry, events, next(numbers))
            bring(transaction, [beside for _entry, _events, beside in rows])
        return len(unique) - len(known)

    def would_change(self, rows: Sequence[ExportedRow]) -> bool:
        """Return whether `restore` would change anything."""
        ids = json_list(entry.id for entry, _events, _beside in rows)
        known = {row[1]: row for row in self._database.rows(ROWS, (ids,))}
        return any(
            entry.id not in known or _merged(known[entry.id], entry) is not None
            for entry, _events, _beside in rows
        ) or BesideRows(self._database).would_change([beside for *_row, beside in rows])

    @contextmanager
    def in_bulk(self) -> Iterator[None]:
        """Let the connection write many rows: more memory, larger checkpoints."""
        connection = self._database.connection
        size = self._database.number(_SIZE)
        connection.execute(f"{_SIZE} = {-CACHE_KIB}")
        connection.wal_autocheckpoint(BULK_WAL_PAGES)
        try:
            yield
        finally:
            connection.wal_autocheckpoint(WAL_PAGES)
            connection.execute(f"{_SIZE} = {size}")


def _restore(
    transaction: Transaction, entry: Entry, events: Sequence[EntryEvent], number: int
) -> None:
    # The hash stays the one that its owner made: a redaction since then does not renew it.
    values = entry_bindings(entry) | {"content_hash": entry.content_hash}
    transaction.execute(_INSERT, (*values.values(), number))
    transaction.execute_many(
        ADD_EVENT,
        [
            (entry.id, event.at, event.from_status and event.from_status.value,
             event.to_status.value, event.actor, event.replica_id)
            for event in events
        ],
    )  # fmt: skip


def _merge(transaction: Transaction, known: Row, entry: Entry, number: int) -> None:
    merged = _merged(known, entry)
    if merged is not None:
        if loses_text(EntryRow(*known[1:]), merged):
            transaction.clear()  # the export knows a redaction that was not known here
        store_merged(transaction, merged, number)


def _merged(known: Row, entry: Entry) -> EntryRow | None:
    """Return what a row becomes; None if it stays, as a private row always does."""
    if known[0] or entry.private:
        return None
    values = entry_bindings(entry) | {"content_hash": entry.content_hash}
    ours = EntryRow(*known[1:])
    theirs = EntryRow(*(values[name] for name in EntryRow.__struct_fields__))
    merged = merge_entries(ours, theirs)
    return merged if merged != ours else None
