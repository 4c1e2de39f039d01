"""A replica full of questions with an index beside it, for the benchmarks of the search."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId
from ipcom_chat.meaning.client import Meaning
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.search import SearchService, open_index
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Machines, Users
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.search_rows import SearchRows

_BATCH = 10_000


class Opened:
    """An open replica with its search. Close it."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self._replica = open_replica(folder / "history.db", now_ms=self.clock.now_ms())
        self.database = self._replica.database
        self.entries = Entries(self.database)
        self.rows = SearchRows(self.database)
        self.index = open_index(folder / "search")
        self.history = HistoryService(
            self.entries, Users(self.database), Machines(self.database), self.clock
        )
        self.meaning = Meaning(folder / "history.db", folder / "meaning")
        self.service = SearchService(
            self.rows, self.entries, self.history, self.index, self.clock, self.meaning
        )
        self.place: dict[str, int] = {}
        """By entry id: where it stood in what was filled in."""

    def close(self) -> None:
        """Close the replica."""
        self._replica.close()


def filled(folder: Path, texts: Iterable[tuple[str, str]]) -> Opened:
    """Return a replica with an answered question for each pair of texts, all indexed."""
    opened = Opened(folder)
    fill(opened, texts)
    opened.service.catch_up()
    return opened


def fill(opened: Opened, texts: Iterable[tuple[str, str]]) -> None:
    """Write an answered question for each pair of texts."""
    ids = IdSource(opened.clock)
    at_ms = opened.clock.now_ms()
    made = (_entry(ids, at_ms, *pair) for pair in texts)
    while batch := list(islice(made, _BATCH)):
        opened.entries.add_all(batch, actor="bench")
        for entry in batch:
            opened.place[entry.id] = len(opened.place)


def _entry(ids: IdSource, at_ms: int, question: str, answer: str) -> Entry:
    return Entry(
        id=EntryId(ids.new()),
        kind=Kind.QUESTION,
        mode=Mode.GLOBAL,
        os_user="bench",
        machine_id=MachineId("bench"),
        replica_id=ReplicaId("r" * 32),
        command=question,
        response=answer,
        status=Status.COMPLETED,
        created_at=at_ms,
        updated_at=at_ms,
        completed_at=at_ms,
    )
