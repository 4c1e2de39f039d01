"""The thread that counts the history ahead."""

from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Status
from ipcom_chat.errors import StorageFullError
from ipcom_chat.services.counting import Counting
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.usage import Usage
from tests.support.machine import eventually
from tests.support.replica import StepClock, an_entry, opened

_COUNTED = "SELECT coalesce(sum(n), 0) FROM usage_hours"


def _wait_for(database: Database, count: int) -> None:
    eventually(lambda: database.number(_COUNTED), lambda counted: counted == count)


def test_it_counts_what_others_save_without_being_looked_at(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        thread = Counting(tmp_path / "history.db", StepClock(), every_s=0.02)
        thread.start()
        try:
            for count in (1, 2):
                Entries(database).add(an_entry(status=Status.COMPLETED), actor="test")
                _wait_for(database, count)
        finally:
            thread.stop()


def test_it_goes_on_after_the_disk_was_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up, tries = Usage.catch_up, []

    def refused(usage: Usage, *, limit_s: float | None = None) -> bool:
        tries.append(limit_s)
        if len(tries) < 3:
            raise StorageFullError("full")
        return catch_up(usage, limit_s=limit_s)

    monkeypatch.setattr(Usage, "catch_up", refused)
    with opened(tmp_path / "history.db") as database:
        Entries(database).add(an_entry(status=Status.COMPLETED), actor="test")
        thread = Counting(tmp_path / "history.db", StepClock(), every_s=0.02)
        thread.start()
        try:
            _wait_for(database, 1)
        finally:
            thread.stop()
    assert len(tries) >= 3


def test_it_ends_quietly_where_there_is_no_replica(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    thread = Counting(tmp_path / "history.db", StepClock())
    thread.start()
    thread.stop()
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".db"] == ["history.db"]
