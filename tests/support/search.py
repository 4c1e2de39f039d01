"""A replica with its search, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ipcom_chat.domain.entry import Entry, Scope
from ipcom_chat.search.index import Reader
from ipcom_chat.services.history import EntryFilter, HistoryService
from ipcom_chat.services.search import Found, SearchService, Wanted, open_index
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Machines, Users
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.search_rows import SearchRows
from tests.support.replica import GLOBAL, NOW_MS, StepClock

TEXT_FIELDS = ("q_words", "q_en", "q_pt", "a_words", "exact")


class Searched:
    """An open replica with its search. Close it."""

    def __init__(self, folder: Path) -> None:
        self.clock = StepClock()
        self._replica = open_replica(folder / "history.db", now_ms=NOW_MS)
        self.database = self._replica.database
        self.entries = Entries(self.database)
        self.rows = SearchRows(self.database)
        self.folder = folder / "search"
        self.index = open_index(self.folder)
        self.history = HistoryService(
            self.entries, Users(self.database), Machines(self.database), self.clock
        )
        self.service = SearchService(self.rows, self.entries, self.history, self.index, self.clock)

    def add(self, *entries: Entry) -> None:
        """Save entries."""
        self.entries.add_all(entries, actor="test")

    def find(self, text: str, scope: Scope = GLOBAL, **wanted: Any) -> list[str]:
        """Return the commands of what is found."""
        return [hit.entry.command for hit in self.found(text, scope, **wanted).hits]

    def found(self, text: str, scope: Scope = GLOBAL, *, limit: int = 20, **wanted: Any) -> Found:
        """Return what is found."""
        return self.service.search(scope, text, Wanted(**wanted), limit=limit)

    def listed(self, scope: Scope) -> list[Entry]:
        """Return what a listing shows."""
        return list(self.entries.newest(scope, EntryFilter(), limit=None, preview=False))

    def change(self, sql: str, *args: Any) -> None:
        """Change rows with plain SQL; `:seq` is the number of the change."""
        with self.database.write() as transaction:
            transaction.execute(sql, (transaction.next_local_seq(), *args))

    def reader(self) -> Reader:
        """Return the index as it is."""
        reader = self.index.reader()
        assert reader is not None
        return reader

    def close(self) -> None:
        """Close the replica."""
        self._replica.close()


def searched(folder: Path) -> Searched:
    """Return a new replica in a folder, with its search."""
    return Searched(folder)


@contextmanager
def searching(folder: Path) -> Iterator[Searched]:
    """Give a replica in a folder, with its search."""
    made = Searched(folder)
    try:
        yield made
    finally:
        made.close()


def is_in_terms(reader: Reader, word: str) -> bool:
    """Return whether any field of the index knows a word, or one that begins with it."""
    return any(
        reader.searcher.doc_freq(field, word) or reader.searcher.terms_with_prefix(field, word)
        for field in TEXT_FIELDS
    )
