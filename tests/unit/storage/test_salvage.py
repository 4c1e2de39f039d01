"""A damaged replica is set aside with its bytes; what is readable goes on in a new one."""

import errno
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import apsw
import pytest

from ipcom_chat.domain.entry import Status
from ipcom_chat.domain.people import Machine, Session
from ipcom_chat.errors import StorageCorruptError, StorageFullError
from ipcom_chat.schema import latest
from ipcom_chat.storage import salvage
from ipcom_chat.storage.database import Database, connect
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.locks import damage_mark
from ipcom_chat.storage.migrate import schema_version
from ipcom_chat.storage.people import Machines, Sessions
from ipcom_chat.storage.replica import Replica, open_replica
from tests.support.replica import (
    MACHINE,
    NOW_MS,
    REPLICA,
    SESSION,
    an_entry,
    die_at,
    exit_code,
    fill,
    opened,
    parts,
    process,
    together,
)

PAGE = 4096
COUNT = 2000
STEPS = frozenset(
    {"os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "shutil.copyfile", "open"}
)


def _pages_of(path: Path, name: str) -> list[int]:
    """Return the numbers of the leaf pages of a table or index, in order."""
    connection = apsw.Connection(str(path))
    rows: Any = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", (name,)
    ).fetchall()
    connection.close()
    return [row[0] for row in rows]


def _overwrite(path: Path, pages: list[int], junk: bytes = b"\xff") -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(junk * PAGE)


def _notice(path: Path) -> None:
    """Read everything, as an export does, until the damage shows."""
    with (
        opened(path) as database,
        pytest.raises(StorageCorruptError, match=r"It was not changed; start .* again"),
    ):
        list(database.rows("SELECT * FROM entries NOT INDEXED"))


def _check_sound(path: Path, replica: Replica, entries: int) -> None:
    database = replica.database
    assert database.number("SELECT count(*) FROM entries") == entries
    assert database.connection.pragma("integrity_check") == "ok"
    assert database.connection.pragma("journal_mode") == "wal"
    assert schema_version(database.connection) == latest("replica")
    replica.close()
    again = open_replica(path, now_ms=NOW_MS)
    assert again.recovery is None
    assert Entries(again.database).add(an_entry(), actor="test")
    again.close()
    # No folder of a dead recovery, no file of a half-finished one.
    assert not [item for item in path.parent.iterdir() if "salvage" in item.name]
    assert not salvage._recovered(path).exists()


def _recovered(path: Path) -> tuple[Replica, int]:
    replica = open_replica(path, now_ms=NOW_MS)
    assert replica.recovery is not None
    return replica, replica.recovery.entries


def test_what_lies_beside_damaged_text_is_recovered(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path, COUNT)
    pages = _pages_of(path, "entries")
    _overwrite(path, pages[100:103])
    before = parts(path)
    _notice(path)
    replica, entries = _recovered(path)
    assert COUNT - 60 < entries < COUNT
    assert replica.recovery is not None
    assert replica.recovery.set_aside.read_bytes() == before["replica.db"]
    _check_sound(path, replica, entries)


@pytest.mark.parametrize("index", ["entries_by_time", "entries_by_change", "entries_by_tail"])
def test_a_damaged_index_loses_no_entry(tmp_path: Path, index: str) -> None:
    path = tmp_path / "replica.db"
    fill(path, COUNT)
    _overwrite(path, _pages_of(path, index)[2:5])
    damage_mark(path).touch()
    replica, entries = _recovered(path)
    assert entries == COUNT
    _check_sound(path, replica, COUNT)


@pytest.mark.parametrize("junk", [b"\0", b"\xff", b"text "])
def test_a_lost_first_page_loses_no_entry(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "replica.db"
    fill(path, COUNT)
    with path.open("r+b") as file:
        file.write((junk * PAGE)[:PAGE])
    before = path.read_bytes()
    replica, entries = _recovered(path)
    assert entries == COUNT
    assert replica.recovery is not None
    assert replica.recovery.set_aside.read_bytes() == before
    _check_sound(path, replica, COUNT)


def test_what_only_the_wal_holds_is_recovered(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path, COUNT)
    connection = connect(path)  # leaves the WAL when it closes, as a crash would
    with translated(path):
        entries = Entries(Database(connection, path))
        for number in range(20):
            entries.add(an_entry(command=f"late {number}"), actor="test")
    connection.close()
    # A page that the WAL does not hold, and that the salvage must read around.
    page = _copy_of_wal_pages(path)
    _overwrite(path, [next(n for n in _pages_in_copy(path, tmp_path) if n not in page)])
    before = parts(path)
    damage_mark(path).touch()
    replica, recovered = _recovered(path)
    assert COUNT < recovered < COUNT + 20
    late = replica.database.number("SELECT count(*) FROM entries WHERE command LIKE 'late %'")
    assert late == 20
    assert replica.recovery is not None
    aside = replica.recovery.set_aside
    assert aside.read_bytes() == before["replica.db"]
    assert Path(f"{aside}-wal").read_bytes() == before["replica.db-wal"]
    _check_sound(path, replica, recovered)


def _copy_of_wal_pages(path: Path) -> set[int]:
    wal = Path(f"{path}-wal").read_bytes()
    frames = range(32, len(wal), 24 + PAGE)
    return {int.from_bytes(wal[start : start + 4], "big") for start in frames}


def _pages_in_copy(path: Path, folder: Path) -> list[int]:
    copy = folder / "copy.db"
    for name, content in parts(path).items():
        (folder / name.replace("replica", "copy")).write_bytes(content)
    pages = _pages_of(copy, "entries")
    for part in folder.glob("copy.db*"):
        part.unlink()
    return pages


def test_everything_but_entries_is_recovered_too(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    entry = an_entry(status=Status.COMPLETED)
    with opened(path) as database:
        Entries(database).add(entry, actor="test")
        Machines(database).save(
            Machine(
                id=MACHINE,
                hostname="h",
                ip_address=None,
                mac_address=None,
                os_info={"id": "debian"},
                aliases=("x",),
                version="1",
                first_seen=1,
                last_seen=2,
            )
        )
        Sessions(database).open(
            Session(
                id=SESSION,
                mode="global",
                private=False,
                user_id=None,
                os_user="ana",
                machine_id=MACHINE,
                replica_id=REPLICA,
                started_at=1,
                last_active_at=1,
            )
        )
        before = {name: list(database.rows(f"SELECT * FROM {name}")) for name in salvage._TABLES}
        counter = database.number("SELECT n FROM counters")
    damage_mark(path).touch()
    replica, _entries = _recovered(path)
    after = {name: list(replica.database.rows(f"SELECT * FROM {name}")) for name in salvage._TABLES}
    assert after == before
    assert replica.database.number("SELECT n FROM counters") == counter
    replica.close()


def test_numbers_never_fall_when_the_counter_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path, 50)
    _overwrite(path, [_root_of(path, "counters")])
    damage_mark(path).touch()
    replica, entries = _recovered(path)
    assert entries == 50
    assert replica.database.number("SELECT n FROM counters") == 50
    replica.close()


def _root_of(path: Path, name: str) -> int:
    connection = apsw.Connection(str(path))
    sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
    root: Any = connection.execute(sql, (name,)).fetchall()[0][0]
    connection.close()
    return int(root)


def test_bytes_that_are_no_utf8_do_not_stop_the_recovery(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path, 100)
    content = path.read_bytes()
    assert content.count(b"question 42") == 1
    path.write_bytes(content.replace(b"question 42", b"questi\xff\xfe 42"))
    damage_mark(path).touch()
    replica, entries = _recovered(path)
    assert entries == 99
    _check_sound(path, replica, 99)


def test_a_table_that_a_later_schema_adds_is_not_forgotten(tmp_path: Path) -> None:
    with opened(tmp_path / "replica.db") as database:
        rows = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        tables = {row[0] for row in rows if not row[0].startswith("sqlite_")}
    assert tables == {*salvage._TABLES, *salvage._LEFT_BEHIND, "counters", "schema_migrations"}


@pytest.mark.parametrize("content", [b"meus apontamentos\n" * 500, b"\0" * 5000, b"oi\n"])
def test_a_file_that_is_no_database_is_set_aside_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "replica.db"
    path.write_bytes(content)
    replica, entries = _recovered(path)
    assert entries == 0
    assert replica.recovery is not None
    assert replica.recovery.set_aside.read_bytes() == content
    _check_sound(path, replica, 0)


def test_a_truncated_file_gives_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path, COUNT)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    damage_mark(path).touch()
    replica, entries = _recovered(path)
    assert replica.recovery is not None
    assert replica.recovery.set_aside.read_bytes() == content[: len(content) * 2 // 3]
    assert COUNT // 3 < entries < COUNT
    _check_sound(path, replica, entries)


def test_rows_are_found_when_their_highest_number_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path, COUNT)
    for name in ("entries", "counters"):
        _overwrite(path, _pages_of(path, name)[-1:])
    damage_mark(path).touch()
    replica, entries = _recovered(path)
    assert COUNT - 20 < entries < COUNT
    _check_sound(path, replica, entries)


def test_two_damages_at_one_instant_get_two_names(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    for _round in range(2):
        path.write_bytes(b"junk" * 5000)
        _recovered(path)[0].close()
    assert len(list(tmp_path.glob("replica.damaged-*.db"))) == 2


def _hold(connection: Connection, path: Path) -> None:
    with opened(path):
        connection.send("open")
        connection.recv()


def test_a_file_that_another_process_holds_is_left_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "replica.db"
    fill(path, 100)
    monkeypatch.setattr("ipcom_chat.storage.replica.ALONE_TIMEOUT_S", 0.2)
    child, connection = process(_hold, path)
    connection.recv()
    damage_mark(path).touch()
    before = {item.name for item in tmp_path.iterdir()}
    with pytest.raises(StorageCorruptError, match="close every other ipcom-chat of yours"):
        open_replica(path, now_ms=NOW_MS)
    assert {item.name for item in tmp_path.iterdir()} == before
    connection.send("close")
    child.join(30)
    _recovered(path)[0].close()


def _open_count(_index: int, path: Path) -> tuple[int, bool]:
    replica = open_replica(path, now_ms=NOW_MS)
    count = replica.database.number("SELECT count(*) FROM entries")
    replica.close()
    return count, replica.recovery is not None


def test_16_processes_that_find_one_damaged_file(tmp_path: Path) -> None:
    for repeat in range(3):
        path = tmp_path / f"{repeat}" / "replica.db"
        fill(path, 300)
        with path.open("r+b") as file:
            file.write(b"\xff" * PAGE)
        results = together(_open_count, 16, path)
        assert [count for count, _recovered in results] == [300] * 16
        assert sum(recovered for _count, recovered in results) == 1
        assert len(list(path.parent.glob("replica.damaged-*.db"))) == 1


def test_without_hard_links_the_damaged_file_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "replica.db"
    fill(path, 10)
    before = path.read_bytes()
    damage_mark(path).touch()
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    replica, entries = _recovered(path)
    assert entries == 10
    assert replica.recovery is not None
    assert replica.recovery.set_aside.read_bytes() == before
    assert replica.recovery.set_aside.stat().st_ino != path.stat().st_ino
    _check_sound(path, replica, 10)


def test_a_disk_without_space_leaves_the_damaged_file_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "replica.db"
    path.write_bytes(b"junk" * 5000)
    with monkeypatch.context() as full:
        full.setattr("shutil.copy2", refuse)
        with pytest.raises(StorageFullError):
            open_replica(path, now_ms=NOW_MS)
    assert path.read_bytes() == b"junk" * 5000
    _recovered(path)[0].close()


@pytest.mark.parametrize("table", ["machines", "users", "entry_events", "counters"])
def test_a_lost_small_table_costs_only_itself(tmp_path: Path, table: str) -> None:
    path = tmp_path / "replica.db"
    fill(path, 60)
    _overwrite(path, [_root_of(path, table)])
    damage_mark(path).touch()
    replica, entries = _recovered(path)
    assert entries == 60
    assert replica.database.number("SELECT n FROM counters") == 60
    _check_sound(path, replica, 60)


def _die_while_recovering(_connection: Connection, path: Path, step: int) -> None:
    die_at(step, lambda sql: not sql.startswith("INSERT OR IGNORE"), STEPS)
    open_replica(path, now_ms=NOW_MS).close()


def test_a_crash_at_any_step_of_the_recovery_loses_nothing(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    fill(damaged, 12)
    with opened(damaged) as database:
        database.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        Entries(database).add(an_entry(command="only in the WAL"), actor="test")
    with damaged.open("r+b") as file:
        file.write(b"\xff" * PAGE)
    content = parts(damaged)
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        path = tmp_path / f"{step}" / "replica.db"
        path.parent.mkdir()
        for name, part in content.items():
            (path.parent / name.replace("damaged", "replica")).write_bytes(part)
        code = exit_code(_die_while_recovering, path, step)
        replica = open_replica(path, now_ms=NOW_MS)
        asides = sorted(path.parent.glob("replica.damaged-*.db"))
        assert {aside.read_bytes() for aside in asides} == {content["damaged.db"]}, step
        wals = [Path(f"{aside}-wal") for aside in asides]
        assert content["damaged.db-wal"] in [wal.read_bytes() for wal in wals if wal.exists()], step
        _check_sound(path, replica, 13)
    assert code == 0
    assert step > 50


@pytest.mark.parametrize("said", ["nonsense", "3 gone.db", "3 ../elsewhere", "\xff"])
def test_a_mark_that_makes_no_sense_loses_nothing(tmp_path: Path, said: str) -> None:
    path = tmp_path / "history.db"
    fill(path, 5)
    damage_mark(path).write_text(said, encoding="latin-1")
    replica, entries = _recovered(path)
    replica.close()
    assert entries == 5
