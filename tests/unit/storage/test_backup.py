"""Backups of the replica, and rows written in bulk."""

from pathlib import Path

import apsw
import pytest

from ipcom_chat.domain.entry import Status
from ipcom_chat.errors import StorageError
from ipcom_chat.storage import backup
from ipcom_chat.storage.backup import back_up
from ipcom_chat.storage.beside import Beside
from ipcom_chat.storage.imported import ImportedRows
from tests.support.replica import NOW_MS, an_entry, fill, opened


def test_a_backup_is_whole_private_and_one_file(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 50)
    with opened(path) as database:
        made = back_up(database, "before-x", now_ms=NOW_MS)
        second = back_up(database, "before-x", now_ms=NOW_MS)
    assert (made.name, second.name) == (
        f"history.before-x-{NOW_MS}.db", f"history.before-x-{NOW_MS + 1}.db",
    )  # fmt: skip
    assert made.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in tmp_path.glob("*before-x*")) == [made.name, second.name]
    connection = apsw.Connection(str(made), flags=apsw.SQLITE_OPEN_READONLY)
    assert connection.execute("SELECT count(*) FROM entries").fetchall() == [(50,)]
    connection.close()


def test_only_the_last_three_of_a_label_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 1)
    with opened(path) as database:
        other = back_up(database, "other", now_ms=1)
        made = [back_up(database, "before-x", now_ms=9 + number) for number in range(5)]
    assert [each.exists() for each in made] == [False, False, True, True, True]
    assert other.exists()


def test_a_backup_that_cannot_be_verified_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "history.db"
    fill(path, 1)
    monkeypatch.setattr(backup, "problems", lambda *_file, **_how: ["row missing"])
    with opened(path) as database, pytest.raises(StorageError, match="could not be verified"):
        back_up(database, "before-x", now_ms=NOW_MS)
    assert list(tmp_path.glob("*before-x*")) == []


def test_rows_in_bulk_are_added_once_and_the_connection_is_as_before(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        rows = ImportedRows(database)
        size = database.number("PRAGMA cache_size")
        entries = [an_entry(status=Status.COMPLETED) for _number in range(10)]
        with rows.in_bulk():
            assert rows.add(entries[:6]) == 6
            assert rows.add(entries) == 4
        assert rows.known([entry.id for entry in entries] + ["x"]) == {
            entry.id for entry in entries
        }
        assert database.number("PRAGMA cache_size") == size
        assert database.number("SELECT count(*) FROM entry_events") == 0
        seqs = [row[0] for row in database.rows("SELECT local_seq FROM entries")]
        assert len(set(seqs)) == 10


def test_a_private_row_takes_nothing_in(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        rows = ImportedRows(database)
        private = an_entry(private=True)
        assert rows.restore([(private, (), Beside())]) == 1
        other = an_entry(id=private.id, status=Status.COMPLETED, response="x", version=2)
        assert not rows.would_change([(other, (), Beside())])
        assert rows.restore([(other, (), Beside())]) == 0
        assert database.row("SELECT status, private FROM entries") == ("pending", 1)
