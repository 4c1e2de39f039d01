"""The replica is written anew only when that disturbs nobody, and indexes know it again."""

import signal
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import apsw

from ipcom_chat.ids import EntryId
from ipcom_chat.storage import compact as module
from ipcom_chat.storage.compact import PREFIX, compact, space
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.locks import alone_mark
from ipcom_chat.storage.search_rows import SearchRows
from tests.support.replica import an_entry, die_at, exit_code, fill, opened, together

STEPS = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "open"})


def emptied(path: Path) -> int:
    """Make a replica most of which is free; return its birth."""
    fill(path, 3000)
    with opened(path) as database:
        with database.write() as transaction:
            transaction.execute("DELETE FROM entries WHERE seq > 300")
        assert space(database).is_worth_it
        return SearchRows(database).birth()


def test_free_space_goes_back_and_indexes_need_not_begin_anew(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    birth = emptied(path)
    found = compact(path)
    assert not found.was_busy
    assert found.after_bytes == path.stat().st_size < found.before_bytes / 2
    assert path.stat().st_mode & 0o777 == 0o600
    with opened(path) as database:
        rows = SearchRows(database)
        assert rows.birth() == birth != path.stat().st_ino
        assert rows.count() == 300
        assert not space(database).is_worth_it
        assert database.connection.pragma("integrity_check") == "ok"
    # Once more, it is still the same; a copy of it is another.
    assert not compact(path).was_busy
    with opened(path) as database:
        assert SearchRows(database).birth() == birth
    other = tmp_path / "other.db"
    other.write_bytes(path.read_bytes())
    with opened(other) as database:
        assert SearchRows(database).birth() == other.stat().st_ino


def test_who_has_it_open_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    emptied(path)
    with opened(path) as database:
        before = path.stat().st_ino
        assert compact(path, patience_s=0.2).was_busy
        Entries(database).add(an_entry(), actor="test")
    assert path.stat().st_ino == before
    assert not alone_mark(path).exists()
    assert [each.name for each in tmp_path.glob(f"{PREFIX}*")] == []
    with opened(path) as database:
        assert SearchRows(database).count() == 301


def test_what_was_saved_while_the_copy_was_made_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    emptied(path)
    christen = module._christen

    def late(copy: Path, birth: int) -> None:
        with opened(path) as database:
            Entries(database).add(an_entry(), actor="test")
        christen(copy, birth)

    with mock.patch.object(module, "_christen", late):
        assert compact(path).was_busy
    with opened(path) as database:
        assert SearchRows(database).count() == 301


def _save_or_compact(index: int, path: Path) -> bool:
    if index < 4:
        return not compact(path, patience_s=5.0).was_busy
    for number in range(10):
        entry_id = EntryId(f"00000000-0000-7000-8{index:03x}-{number:012x}")
        with opened(path) as database:
            Entries(database).add(an_entry(id=entry_id), actor="test")
    return False


def test_sixteen_processes_that_save_and_compact_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    emptied(path)
    together(_save_or_compact, 16, path)
    with opened(path) as database:
        assert SearchRows(database).count() == 300 + 12 * 10
        assert database.connection.pragma("integrity_check") == "ok"
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
    assert not alone_mark(path).exists()


def _die(_connection: Connection, path: Path, step: int) -> None:
    die_at(step, lambda _sql: True, STEPS)
    compact(path)


def test_a_process_that_dies_at_any_step_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    fill(path, 20)
    with opened(path) as database:
        database.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        Entries(database).add(an_entry(), actor="test")
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        code = exit_code(_die, path, step)
        with opened(path) as database:
            assert SearchRows(database).count() == 21, step
            assert database.connection.pragma("integrity_check") == "ok"
            database.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            with database.write() as transaction:
                transaction.execute("UPDATE counters SET n = n + 1")
    assert code == 0
    assert step > 10
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
