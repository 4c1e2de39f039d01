"""What was saved stays; what cannot be saved says so in one sentence and changes nothing."""

import os
import random
import stat
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest

from ipcom_chat.errors import (
    FileSystemError,
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
)
from ipcom_chat.storage.database import (
    WAL_MAX_BYTES,
    connect,
    fair_busy_handler,
    use_wal,
)
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.locks import damage_mark
from ipcom_chat.storage.replica import open_replica
from tests.support.replica import (
    NOBODY,
    NOW_MS,
    an_entry,
    exit_code,
    fill,
    in_mounted,
    kill,
    opened,
    parts,
    process,
    together,
)

ROUNDS = 200
ROUNDS_S = 40.0


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _open_under(connection: Connection, path: Path, umask: int) -> None:
    os.umask(umask)
    with opened(path) as database:
        Entries(database).add(an_entry(), actor="test")
        modes = {item.name: _mode(item) for item in path.parent.iterdir()}
    connection.send(modes | {"": _mode(path.parent), "..": _mode(path.parent.parent)})


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_for_the_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "share" / "ipcom-chat" / "replica.db"
    child, connection = process(_open_under, path, umask)
    modes = connection.recv()
    child.join(30)
    assert modes == {
        "": 0o700,
        "..": 0o700,
        "replica.db": 0o600,
        "replica.db-wal": 0o600,
        "replica.db-shm": 0o600,
        "replica.db.lock": 0o600,
    }


def test_durable_private_and_bounded_by_its_settings(tmp_path: Path) -> None:
    with opened(tmp_path / "replica.db") as database:
        pragma = database.connection.pragma
        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 2  # FULL
        assert pragma("secure_delete") == 1
        assert pragma("journal_size_limit") == WAL_MAX_BYTES
        assert pragma("wal_autocheckpoint") == 1000
        assert pragma("mmap_size") == 0


def test_deleted_text_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with opened(path) as database:
        Entries(database).add(an_entry(command="senha-secreta-4711"), actor="test")
        with database.write() as transaction:
            transaction.execute("DELETE FROM entries")
    assert b"senha-secreta-4711" not in b"".join(parts(path).values())


def test_the_wal_stays_bounded(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with opened(path) as database:
        entries = Entries(database)
        for _number in range(600):
            entries.add(an_entry(response="x" * 4000), actor="test")
        assert Path(f"{path}-wal").stat().st_size < WAL_MAX_BYTES
    assert parts(path).keys() == {"replica.db"}, "the last one to close folds the WAL in"


def test_a_background_connection_takes_checkpoints_off_the_others(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with opened(path) as database, opened(path) as background:
        background.take_checkpoints()
        entries = Entries(database)
        held: list[int] = []

        def committed(_connection: apsw.Connection, _name: str, pages: int) -> int:
            held.append(pages)
            return 0

        database.connection.set_wal_hook(committed)  # replaces its own checkpoints
        while not held or held[-1] < 600:
            entries.add(an_entry(response="x" * 4000), actor="test")
        size = path.stat().st_size
        with background.write() as transaction:
            transaction.next_local_seq()
        assert path.stat().st_size > size, "its commit moves what the others have written"
        entries.add(an_entry(), actor="test")
        assert held[-1] < 100, "the WAL begins anew"


def test_opening_a_second_time_does_not_drop_the_locks_of_the_first(tmp_path: Path) -> None:
    # Closing any descriptor of a file drops all POSIX locks of the process on it.
    path = tmp_path / "replica.db"
    with opened(path) as first:
        with first.write() as transaction:
            transaction.next_local_seq()
        locks = _locks_of_this_process(path)
        assert locks
        connect(path).close()
        assert _locks_of_this_process(path) == locks


def _locks_of_this_process(path: Path) -> set[str]:
    inode = path.stat().st_ino
    lines = Path("/proc/locks").read_text().splitlines()
    mine = [line.split() for line in lines if f":{inode} " in line and f" {os.getpid()} " in line]
    return {" ".join(fields[1:]) for fields in mine}


def _write_until_killed(connection: Connection, path: Path, number: int) -> None:
    with opened(path) as database:
        entries = Entries(database)
        for index in range(1_000_000):
            entry_id = f"{number:08d}-0000-7000-8000-{index:012d}"
            entries.add(an_entry(id=entry_id), actor="test")
            connection.send(entry_id)


def test_what_was_saved_survives_a_kill_200_times(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path, 1)
    saved: set[str] = set()
    until = time.monotonic() + ROUNDS_S
    for number in range(ROUNDS):
        child, connection = process(_write_until_killed, path, number)
        saved.add(connection.recv())
        time.sleep(random.uniform(0, 0.03))
        kill(child)
        try:
            while True:
                saved.add(connection.recv())
        except EOFError:
            connection.close()
        if number % 20 == 19:
            _check_all_there(path, saved)
        if time.monotonic() > until:
            break
    _check_all_there(path, saved)
    assert len(saved) > number


def _check_all_there(path: Path, saved: set[str]) -> None:
    with opened(path) as database:
        there = {row[0] for row in database.rows("SELECT id FROM entries")}
        assert saved <= there
        assert database.connection.pragma("integrity_check") == "ok"


def _write_with_pauses(index: int, path: Path) -> int:
    with opened(path) as database:
        added = 0
        for number in range(60):
            time.sleep(random.uniform(0, 0.02))
            entry = an_entry(id=f"{index:08d}-0000-7000-8000-{number:012d}")
            added += Entries(database).add(entry, actor="test")
        return added


def test_16_writers_keep_every_row(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    assert together(_write_with_pauses, 16, path) == [60] * 16
    with opened(path) as database:
        assert database.number("SELECT count(*) FROM entries") == 960
        assert database.number("SELECT count(DISTINCT local_seq) FROM entries") == 960
        assert database.number("SELECT n FROM counters") == 960
        assert Path(f"{path}-wal").stat().st_size < WAL_MAX_BYTES


def _hold_the_lock(connection: Connection, path: Path) -> None:
    with opened(path) as database, database.write():
        connection.send("locked")
        connection.recv()


def test_a_lock_held_too_long_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with opened(path) as database:
        child, connection = process(_hold_the_lock, path)
        connection.recv()
        database.connection.set_busy_handler(fair_busy_handler(timeout_s=0.1))
        with pytest.raises(StorageBusyError, match="Another program has been writing") as caught:
            Entries(database).add(an_entry(), actor="test")
        assert caught.value.retryable
        connection.send("let go")
        child.join(30)
        assert Entries(database).add(an_entry(), actor="test")
        assert database.number("SELECT count(*) FROM entries") == 1


def test_a_busy_handler_waits_the_same_for_everybody_and_gives_up() -> None:
    pauses: list[float] = []
    wait = fair_busy_handler(timeout_s=0.0, pause=pauses.append)
    assert wait(0)
    time.sleep(0.001)
    assert not wait(1)
    wait = fair_busy_handler(timeout_s=60.0, pause=pauses.append)
    assert all(wait(attempt) for attempt in range(500))
    assert 0.0003 <= min(pauses) < max(pauses) <= 0.002


def test_an_error_leaves_nothing_of_its_transaction(tmp_path: Path) -> None:
    with opened(tmp_path / "replica.db") as database:
        with pytest.raises(ZeroDivisionError), database.write() as transaction:
            assert transaction.next_local_seq() / 0
        assert database.number("SELECT n FROM counters") == 0
        assert not database.connection.in_transaction


def test_a_constraint_is_not_hidden(tmp_path: Path) -> None:
    with opened(tmp_path / "replica.db") as database:
        with pytest.raises(apsw.ConstraintError), database.write() as transaction:
            transaction.execute("INSERT INTO counters (name, n) VALUES ('local_seq', 1)")
        assert database.row("SELECT n FROM counters WHERE name = 'other'") is None
        assert database.number("SELECT n FROM counters WHERE name = 'other'") == 0


def _in_folder(function: str) -> str:
    return (
        "import os, pathlib; from tests.support import replica; "
        f"replica.{function}(pathlib.Path(os.environ['FOLDER']))"
    )


def test_a_full_disk_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    done = in_mounted(
        'mount -t tmpfs -o size=3m tmpfs "$FOLDER"',
        _in_folder("fill_the_disk"),
        tmp_path,
    )
    assert done.stdout.startswith("True True ok No space left on the disk of"), done.stderr


def test_a_disk_that_is_full_from_the_start_says_so(tmp_path: Path) -> None:
    done = in_mounted(
        'mount -t tmpfs -o size=16k tmpfs "$FOLDER"',
        _in_folder("try_to_open"),
        tmp_path,
    )
    assert done.stdout.startswith("StorageFullError No space left"), done.stderr


@pytest.mark.parametrize("with_replica", [False, True])
def test_a_read_only_folder_says_so(tmp_path: Path, with_replica: bool) -> None:
    if with_replica:
        fill(tmp_path / "data" / "replica.db", 3)
    before = {item: item.read_bytes() for item in tmp_path.rglob("*") if item.is_file()}
    done = in_mounted(
        'mount --bind "$FOLDER" "$FOLDER" && mount -o remount,bind,ro "$FOLDER"',
        _in_folder("try_to_open"),
        tmp_path,
    )
    assert done.stdout.startswith("StorageReadOnlyError The history"), done.stderr
    assert "Nothing was changed; check the permissions" in done.stdout
    assert {item: item.read_bytes() for item in tmp_path.rglob("*") if item.is_file()} == before


def _open_as_nobody(connection: Connection, path: Path) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        open_replica(path, now_ms=NOW_MS).close()
    except StorageReadOnlyError as error:
        connection.send(str(error))


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o500, 0o400), (0o700, 0o400), (0, 0)])
def test_files_without_permission_say_so(folder_mode: int, file_mode: int) -> None:
    with TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name) / "data"
        path = folder / "replica.db"
        fill(path, 3)
        if os.geteuid() == 0:
            for item in (Path(name), folder, *folder.iterdir()):
                os.chown(item, NOBODY, NOBODY)
        before = path.read_bytes()
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        child, connection = process(_open_as_nobody, path)
        assert connection.poll(30)
        assert "Nothing was changed; check the permissions" in connection.recv()
        child.join(30)
        folder.chmod(0o700)
        path.chmod(0o600)
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (apsw.exception_for(apsw.SQLITE_CORRUPT), StorageCorruptError),
        (apsw.exception_for(apsw.SQLITE_NOTADB), StorageCorruptError),
        (apsw.exception_for(apsw.SQLITE_BUSY_RECOVERY), StorageBusyError),
        (apsw.exception_for(apsw.SQLITE_PROTOCOL), StorageBusyError),
        (apsw.exception_for(apsw.SQLITE_FULL), StorageFullError),
        (apsw.exception_for(apsw.SQLITE_READONLY_DIRECTORY), StorageReadOnlyError),
        (apsw.exception_for(apsw.SQLITE_CANTOPEN), StorageReadOnlyError),
        (apsw.exception_for(apsw.SQLITE_IOERR_READ), StorageError),
        (apsw.exception_for(apsw.SQLITE_IOERR_SHMSIZE), StorageFullError),
        (OSError(28, "No space left on device"), StorageFullError),
        (OSError(122, "Disk quota exceeded"), StorageFullError),
        (OSError(30, "Read-only file system"), StorageReadOnlyError),
        (PermissionError(13, "Permission denied"), StorageReadOnlyError),
        (OSError(40, "Too many levels of symbolic links"), StorageError),
    ],
)
def test_foreign_errors_are_translated_once(
    tmp_path: Path, foreign: Exception, ours: type[StorageError]
) -> None:
    path = tmp_path / "replica.db"
    with pytest.raises(StorageError) as caught, translated(path):
        raise foreign
    assert type(caught.value) is ours
    assert caught.value.__cause__ is foreign
    assert str(path) in str(caught.value)
    assert damage_mark(path).exists() == (ours is StorageCorruptError)


def test_a_file_system_that_refuses_wal_is_said(tmp_path: Path) -> None:
    # A database in memory cannot use WAL either.
    connection = apsw.Connection(":memory:")
    with pytest.raises(FileSystemError, match=r"Nothing was written\. Set IPCOM_CHAT_DATA_DIR"):
        use_wal(connection, tmp_path / "replica.db")


def test_switching_to_wal_waits_for_a_reader_and_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "replica.db"
    reader, ours = connect(path), connect(path)
    reader.execute("CREATE TABLE t (x)")
    cursor = reader.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(
        "ipcom_chat.storage.database.fair_busy_handler", lambda: lambda attempt: attempt < 3
    )
    ours.set_busy_handler(None)
    with pytest.raises(apsw.BusyError):
        use_wal(ours, path)
    cursor.close(True)
    reader.execute("ROLLBACK")
    use_wal(ours, path)
    assert ours.pragma("journal_mode") == "wal"
    reader.close()
    ours.close()


def test_two_threads_with_a_connection_each_number_every_change_once(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with opened(path):
        threads = [threading.Thread(target=fill, args=(path, 50)) for _number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with opened(path) as database:
        assert database.number("SELECT count(DISTINCT local_seq) FROM entries") == 200


def test_a_process_that_cannot_be_served_ends_in_an_error_not_a_hang(tmp_path: Path) -> None:
    folder = tmp_path / "replica.db"
    folder.mkdir()
    assert exit_code(_open_a_folder, folder) == 0


def _open_a_folder(_connection: Connection, path: Path) -> None:
    with pytest.raises(StorageError, match=str(path)):
        open_replica(path, now_ms=NOW_MS)


def test_a_folder_of_an_older_locale_can_hold_the_history(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/jo\xe3o 100%?#"))
    with opened(folder / "history.db") as database:
        assert Entries(database).add(an_entry(), actor="x")
    assert (folder / "history.db").exists()
