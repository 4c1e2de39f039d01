"""Migrations: one transaction with their record, any number of processes, any interruption."""

import signal
from multiprocessing.connection import Connection
from pathlib import Path

import apsw
import pytest

from ipcom_chat import schema
from ipcom_chat.domain.entry import Status
from ipcom_chat.errors import SchemaTooNewError, StorageError
from ipcom_chat.schema import Migration, latest, migrations
from ipcom_chat.storage.database import connect
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import EntryFilter
from ipcom_chat.storage.migrate import APPLICATION_ID, migrate, schema_version
from ipcom_chat.storage.replica import open_replica
from tests.support.replica import (
    GLOBAL,
    NOW_MS,
    an_entry,
    die_at,
    exit_code,
    new_id,
    opened,
    parts,
    together,
)

ONE = Migration(1, "one", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);")
TWO = Migration(2, "two", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1;")


def _open(_index: int, path: Path) -> int:
    replica = open_replica(path, now_ms=NOW_MS)
    version = schema_version(replica.database.connection)
    replica.close()
    return version


def _open_and_perhaps_write(index: int, path: Path) -> int:
    count = 0 if index % 4 == 3 else 5
    with opened(path) as database:
        for number in range(count):
            entry = an_entry(id=f"{index:08d}-0000-7000-8000-{number:012d}")
            assert Entries(database).add(entry, actor="test")
    return count


def _die_while_opening(_connection: Connection, path: Path, step: int) -> None:
    die_at(step, lambda _sql: True, frozenset())
    _open(0, path)


def _die_while_migrating(_connection: Connection, path: Path, step: int) -> None:
    connection = connect(path)
    migrate(connection, path, [ONE], now_ms=NOW_MS)
    connection.close()
    die_at(step, lambda _sql: True, frozenset())
    migrate(connect(path), path, [ONE, TWO], now_ms=NOW_MS)


def _schema(path: Path) -> list[tuple[object, ...]]:
    with opened(path) as database:
        return list(database.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY name"))


def test_d9_every_step_is_recorded_once(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with opened(path) as database:
        rows = list(database.rows("SELECT number, name, applied_at FROM schema_migrations"))
        assert rows == [(step.number, step.name, NOW_MS) for step in migrations("replica")]
        assert schema_version(database.connection) == latest("replica")
        assert database.number("PRAGMA application_id") == APPLICATION_ID


def test_d96_a_second_run_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    _open(0, path)
    before = parts(path)
    _open(0, path)
    assert parts(path) == before


def test_d95_data_and_schema_of_a_step_change_together(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    connection = connect(path)
    migrate(connection, path, [ONE], now_ms=NOW_MS)
    migrate(connection, path, [ONE, TWO], now_ms=NOW_MS)
    assert connection.execute("SELECT x, y FROM a").fetchall() == [(1, 2)]
    connection.close()


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    connection = connect(path)
    migrate(connection, path, [ONE], now_ms=NOW_MS)
    broken = Migration(2, "broken", "CREATE TABLE b (x INTEGER); INSERT INTO missing VALUES (1);")
    with pytest.raises(apsw.SQLError):
        migrate(connection, path, [ONE, broken], now_ms=NOW_MS)
    assert schema_version(connection) == 1
    names = connection.execute("SELECT name FROM sqlite_schema ORDER BY name").fetchall()
    assert names == [("a",), ("schema_migrations",)]
    connection.close()


def test_numbers_are_one_two_three() -> None:
    steps = migrations("replica")
    assert [step.number for step in steps] == list(range(1, latest("replica") + 1))


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("0001_one.sql", "0003_three.sql"):
        (tmp_path / "replica").mkdir(exist_ok=True)
        (tmp_path / "replica" / name).write_text("SELECT 1;")
    monkeypatch.setattr(schema, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ValueError, match="not numbered 1, 2, 3"):
        migrations("replica")


def test_killed_before_any_statement_of_the_first_start(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    expected = _schema(whole)
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        path = tmp_path / f"{step}" / "replica.db"
        code = exit_code(_die_while_opening, path, step)
        assert _schema(path) == expected, f"killed before statement {step}"
    assert code == 0
    assert step > 20


def test_killed_before_any_statement_of_a_later_step(tmp_path: Path) -> None:
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        path = tmp_path / f"{step}.db"
        code = exit_code(_die_while_migrating, path, step)
        connection = connect(path)
        migrate(connection, path, [ONE, TWO], now_ms=NOW_MS)
        assert connection.execute("SELECT x, y FROM a").fetchall() == [(1, 2)]
        assert connection.execute("SELECT count(*) FROM schema_migrations").fetchall() == [(2,)]
        connection.close()
    assert code == 0
    assert step > 5


def test_16_first_starts_at_once_20_times(tmp_path: Path) -> None:
    for repeat in range(20):
        path = tmp_path / f"{repeat}" / "data" / "replica.db"
        assert together(_open, 16, path) == [latest("replica")] * 16
        with opened(path) as database:
            assert database.number("SELECT count(*) FROM schema_migrations") == latest("replica")
            assert database.connection.pragma("integrity_check") == "ok"


def test_openers_and_writers_that_start_first_together(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    written = sum(together(_open_and_perhaps_write, 16, path))
    with opened(path) as database:
        found = list(Entries(database).oldest(GLOBAL, EntryFilter(status=Status.PENDING)))
        assert len(found) == written == 60
        assert database.number("SELECT n FROM counters") == written


@pytest.mark.parametrize("with_wal", [False, True])
def test_a_newer_schema_is_not_touched(tmp_path: Path, with_wal: bool) -> None:
    path = tmp_path / "replica.db"
    _open(0, path)
    connection = connect(path)  # leaves the WAL as it is when it closes, as a crash would
    connection.execute(f"PRAGMA user_version = {latest('replica') + 1}")
    if not with_wal:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = parts(path)
    with pytest.raises(SchemaTooNewError, match=r"newer ipcom-chat .* not changed; upgrade"):
        open_replica(path, now_ms=NOW_MS)
    after = parts(path)
    assert after["replica.db"] == before["replica.db"]
    assert after["replica.db-wal"] == before["replica.db-wal"]
    assert [item.name for item in tmp_path.glob("*damaged*")] == []


@pytest.mark.parametrize("version", [0, 1, 99])
def test_another_programs_database_is_not_touched(tmp_path: Path, version: int) -> None:
    path = tmp_path / "replica.db"
    other = apsw.Connection(str(path))
    other.execute(f"CREATE TABLE notes (text TEXT); PRAGMA user_version = {version}")
    other.close()
    before = parts(path)
    with pytest.raises(StorageError, match=r"database of another program\. It was not changed"):
        open_replica(path, now_ms=NOW_MS)
    assert parts(path) == before


def test_an_empty_file_becomes_a_replica(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    path.touch()
    assert _open(0, path) == latest("replica")


def test_counts_from_before_their_sums_were_kept_are_summed(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    connection = connect(path)
    migrate(connection, path, migrations("replica")[:5], now_ms=NOW_MS)
    for at in (1, 2):
        connection.execute(
            "INSERT INTO usage_hours VALUES (?, 'global', 0, 'question', 'error', 0, 3, 0, 0)",
            (at,),
        )
        connection.execute(
            "INSERT INTO usage_days VALUES (?, 1, 'global', 0, 'question', 'error', 3, 0, 7, 0)",
            (at,),
        )
    connection.close()
    with opened(path) as database:
        assert database.number("SELECT sum(n) FROM usage_totals") == 6
        assert database.row("SELECT who, n, tokens FROM usage_who_totals") == (1, 6, 14)


def test_events_from_before_their_index_was_made_smaller_are_found(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    connection = connect(path)
    migrate(connection, path, migrations("replica")[:3], now_ms=NOW_MS)
    sql = "INSERT INTO entry_events (entry_id, at, to_status, actor, replica_id) VALUES (?,?,?,?,?)"
    one, other = new_id(), new_id()
    for at, entry_id in enumerate((one, other, one)):
        connection.execute(sql, (entry_id, at, "pending", "test", "r"))
    connection.close()
    with opened(path) as database:
        assert [event.at for event in Entries(database).events(one)] == [0, 2]
        assert [event.at for event in Entries(database).events(other)] == [1]
