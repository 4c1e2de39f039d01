"""A backup takes the place of the replica: alone, whole or not at all, whenever a process dies."""

import shutil
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import apsw
import msgspec
import pytest

from ipcom_chat.domain.entry import Outcome, Status
from ipcom_chat.errors import BackupError, SchemaTooNewError, StorageBusyError
from ipcom_chat.ids import MachineId
from ipcom_chat.schema import latest
from ipcom_chat.services import backups
from ipcom_chat.services.backups import BackupPlace
from ipcom_chat.storage import archives
from ipcom_chat.storage.backup import copy_to, examine
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.locks import alone_mark, damage_mark
from ipcom_chat.storage.search_rows import SearchRows
from tests.support.replica import (
    MACHINE,
    NOW_MS,
    REPLICA,
    StepClock,
    an_entry,
    die_at,
    done,
    exit_code,
    fill,
    opened,
)

WORD = "jabuticaba"
STEPS = frozenset({"os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "open"})


def place_of(path: Path, keep: int = 7) -> BackupPlace:
    return BackupPlace(
        replica=path, folder=path.parent / "backups", machine_id=MachineId(MACHINE), keep=keep
    )


def back_up(path: Path) -> archives.Archive:
    with opened(path) as database:
        return backups.create(place_of(path), database, REPLICA, StepClock()).archive


def restored(path: Path, archive: archives.Archive) -> backups.Restored:
    return backups.restore_replica(place_of(path), archive, StepClock(), wait_s=0)


def commands(path: Path) -> list[str]:
    with opened(path) as database:
        return sorted(row[0] for row in database.rows("SELECT command FROM entries"))


def test_a_copy_is_of_one_instant_while_others_write(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 300)
    with opened(path) as database, opened(path) as other:
        with other.write() as transaction:
            transaction.execute("UPDATE entries SET response = 'half'")
            contents = copy_to(database, tmp_path / "copy.db")
        assert contents.rows["entries"] == contents.rows["entry_events"] == 300
        assert contents.schema == latest("replica")
    connection = apsw.Connection(str(tmp_path / "copy.db"))
    assert connection.execute(
        "SELECT count(*) FROM entries WHERE response = 'half'"
    ).fetchall() == [(0,)]
    connection.close()


def test_what_is_no_replica_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x" * 5000)
    apsw.Connection(str(tmp_path / "foreign")).execute("CREATE TABLE mine (x)")
    apsw.Connection(str(tmp_path / "empty")).execute("PRAGMA user_version = 0")
    for name in ("text", "foreign", "empty"):
        with pytest.raises(BackupError, match="no sound history"):
            examine(tmp_path / name)
        assert not damage_mark(tmp_path / name).exists()


def test_a_backup_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 1)
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(SchemaTooNewError):
        examine(path)


def test_the_replaced_file_is_kept_and_indexes_begin_anew(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 3)
    archive = back_up(path)
    with opened(path) as database:
        birth = SearchRows(database).birth()
        Entries(database).add(an_entry(command="later"), actor="test")
    found = restored(path, archive)
    assert found.entries == 3
    assert found.carried is not None
    assert (found.carried.added, found.carried.merged) == (0, 0)
    assert commands(path) == ["question 0", "question 1", "question 2"]
    assert found.set_aside is not None
    assert found.set_aside.name == f"history.replaced-{NOW_MS}.db"
    assert "later" in commands(found.set_aside)
    with opened(path) as database:
        assert SearchRows(database).birth() != birth
    assert path.stat().st_mode & 0o777 == 0o600
    assert not damage_mark(path).exists()
    assert not alone_mark(path).exists()


def test_what_was_taken_out_or_ended_since_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with opened(path) as database:
        entries = Entries(database)
        gone, ended = an_entry(command="gone", status=Status.COMPLETED), an_entry(command="ended")
        open_, private = an_entry(command="open"), an_entry(command=WORD, private=True)
        entries.add_all([gone, ended, open_, private], actor="test")
    archive = back_up(path)
    with opened(path) as database:
        for outcome in (Outcome(status=Status.PROCESSING), done("the end")):
            assert Entries(database).advance(
                ended.id, outcome, replica_id=REPLICA, at_ms=NOW_MS, actor="test"
            )
        with database.write() as transaction:
            transaction.execute(
                "UPDATE entries SET command = '', response = NULL, deleted_at = 9, "
                "local_seq = local_seq + 9 WHERE id IN (?, ?)", (gone.id, private.id)
            )  # fmt: skip
    found = restored(path, archive)
    assert found.carried is not None
    assert found.carried.merged == 3
    with opened(path) as database:
        rows = {
            row[0]: row[1:]
            for row in database.rows(
                "SELECT id, command, status, response, deleted_at FROM entries"
            )
        }
        assert database.number("SELECT min(local_seq > acked_seq) FROM entries") == 1
    assert rows[gone.id] == ("", "completed", None, 9)
    assert rows[private.id] == ("", "pending", None, 9)
    assert rows[ended.id] == ("ended", "completed", "the end", None)
    assert rows[open_.id][1] == "error"
    assert WORD.encode() not in path.read_bytes()


def test_an_unreadable_replica_is_replaced_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 50)
    archive = back_up(path)
    junk = b"\xff" * path.stat().st_size
    path.write_bytes(junk)
    found = restored(path, archive)
    assert found.carried is not None
    assert not found.carried.is_readable
    assert found.set_aside is not None
    assert found.set_aside.read_bytes() == junk
    assert len(commands(path)) == 50
    path.unlink()
    assert restored(path, archive).set_aside is None
    assert len(commands(path)) == 50


def test_nobody_who_has_it_open_is_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 2)
    archive = back_up(path)
    with opened(path) as database:
        Entries(database).add(an_entry(command="later"), actor="test")
        with pytest.raises(StorageBusyError, match="has the history"):
            restored(path, archive)
        assert not alone_mark(path).exists()
        Entries(database).add(an_entry(command="later still"), actor="test")
    assert len(commands(path)) == 4


def test_a_backup_that_is_damaged_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 2)
    archive = back_up(path)
    before = path.read_bytes()
    data = bytearray(archive.path.read_bytes())
    data[100] ^= 1
    archive.path.write_bytes(data)
    with pytest.raises(BackupError, match="is damaged"):
        restored(path, archive)
    assert path.read_bytes() == before


def test_a_manifest_that_tells_other_rows_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 2)
    archive = back_up(path)
    manifest = msgspec.structs.replace(archive.manifest, rows={"entries": 3})
    with pytest.raises(BackupError, match="is damaged"):
        backups.verify(place_of(path), archives.Archive(path=archive.path, manifest=manifest))


def _die_while_restoring(_connection: Connection, path: Path, step: int) -> None:
    archive = backups.find(place_of(path), None)
    die_at(step, lambda _sql: True, STEPS)
    backups.restore_replica(place_of(path), archive, StepClock(), wait_s=5)


def test_a_process_that_dies_at_any_step_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    model = tmp_path / "model" / "history.db"
    fill(model, 6)
    back_up(model)
    with opened(model) as database:
        database.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        Entries(database).add(an_entry(command="only in the WAL"), actor="test")
    new = [f"question {n}" for n in range(6)]
    old = ["only in the WAL", *new]
    seen: set[bool] = set()
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        path = tmp_path / f"{step}" / "history.db"
        shutil.copytree(model.parent, path.parent)
        code = exit_code(_die_while_restoring, path, step)
        found = commands(path)
        assert found in (old, new), step
        seen.add(found == old)
        asides = list(path.parent.glob("history.replaced-*.db"))
        if found == new:
            assert [commands(aside) for aside in asides] == [old], step
        with opened(path) as database:
            assert database.connection.pragma("integrity_check") == "ok"
        shutil.rmtree(path.parent)
    assert code == 0
    assert seen == {True, False}
    assert step > 20


def _die_while_backing_up(_connection: Connection, path: Path, step: int) -> None:
    with opened(path) as database:
        die_at(step, lambda _sql: True, STEPS)
        backups.create(place_of(path, keep=1), database, REPLICA, StepClock(NOW_MS + step))


def test_a_backup_that_was_cut_off_is_none_and_leaves_no_text_behind(tmp_path: Path) -> None:
    model = tmp_path / "model" / "history.db"
    fill(model, 6)
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        path = tmp_path / f"{step}" / "history.db"
        shutil.copytree(model.parent, path.parent)
        back_up(path)
        place = place_of(path, keep=1)
        code = exit_code(_die_while_backing_up, path, step)
        whole = backups.all_in(place.folder)
        assert whole, step
        for each in whole:
            backups.verify(place, each)
        with archives.held(place.folder) as scratch:
            scratch.rmdir()
        assert {each.name for each in place.folder.iterdir()} == {
            name
            for each in whole
            for name in (each.path.name, archives.manifest_path(each.path).name)
        }, step
        shutil.rmtree(path.parent)
    assert code == 0
    assert len(whole) == 1
    assert step > 10
