"""Backups of replicas and of the primary, through the real program, files and server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.errors import BackupError
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.storage import archives
from ipcom_chat.sync import primary_dump
from ipcom_chat.sync.primary_load import load
from tests.support.machine import (
    Machine,
    background,
    initialise,
    questions_on,
    rows_of,
    running,
)
from tests.support.replica import parts
from tests.support.sqld import Keys, Sqld

WORD = "jabuticaba"


@pytest.fixture
def url(sqld: Sqld, tmp_path: Path) -> str:
    initialise(sqld.url, tmp_path)
    return sqld.url


@pytest.fixture
def one(url: str, tmp_path: Path) -> Machine:
    return Machine(tmp_path, "one", url)


@pytest.fixture
def two(url: str, tmp_path: Path) -> Machine:
    return Machine(tmp_path, "two", url)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Sqld]:
    """Give a second server, with an empty database."""
    with Sqld(tmp_path / "other") as server:
        yield server


def back_up(machine: Machine, *more: str) -> Path:
    done = machine.run("backup", "create", "--json", *more)
    assert done.code == 0, done.err
    return Path(done.json()["backup"]["path"])


def restore(machine: Machine, file: Path, *more: str, **environment: str) -> None:
    done = machine.run("backup", "restore", str(file), "--yes", *more, **environment)
    assert done.code == 0, done.err


def take_out(machine: Machine, verb: str, entry_id: str) -> None:
    done = machine.run("history", verb, entry_id, "--yes")
    assert done.code == 0, done.err


def assert_equal(*machines: Machine) -> None:
    for machine in machines:
        machine.sync()
    for machine in machines:
        done = machine.run("sync", "verify")
        assert done.code == 0, done.out + done.err


def is_on_disk(machine: Machine, text: str) -> bool:
    return any(text.encode() in data for data in parts(machine.file).values())


# a replica


def test_a_restored_replica_ends_with_all_that_anybody_has_and_nothing_twice(
    one: Machine, two: Machine
) -> None:
    _kept, gone, blanked = one.save("first", f"deleted {WORD}", f"blanked {WORD}")
    one.save("only here", private=True)
    assert_equal(one, two)
    backup = back_up(one)
    with one.runtime() as runtime:
        before = runtime.replica_id
    one.save("after the backup")
    two.save("of the other")
    take_out(two, "delete", gone)
    take_out(two, "redact", blanked)
    assert_equal(one, two)
    one.save("never sent")
    one.save("private after the backup", private=True)
    restore(one, backup, TURSO_DATABASE_URL="http://127.0.0.1:9")  # nobody answers there

    assert not is_on_disk(one, WORD)
    assert_equal(one, two)
    shared = ["", "", "after the backup", "first", "never sent", "of the other"]
    assert questions_on(one.env["TURSO_DATABASE_URL"]) == shared == two.texts()
    assert one.texts() == sorted([*shared, "only here", "private after the backup"])
    with one.runtime() as runtime:
        assert runtime.replica_id != before


def test_what_was_deleted_elsewhere_leaves_a_restored_replica_with_the_first_exchange(
    one: Machine, two: Machine
) -> None:
    ids = one.save("first", f"deleted {WORD}", f"blanked {WORD}")
    assert_equal(one, two)
    backup = back_up(one)
    take_out(two, "delete", ids[1])
    take_out(two, "redact", ids[2])
    two.save("newer")
    two.sync()
    one.file.unlink()  # lost: nothing of it can be handed on
    restore(one, backup)
    assert is_on_disk(one, WORD)
    assert_equal(one, two)
    assert not is_on_disk(one, WORD)
    assert one.texts() == two.texts() == ["", "", "first", "newer"]


def test_an_end_that_was_reached_after_the_backup_is_not_open_again(
    one: Machine, two: Machine
) -> None:
    with one.runtime() as runtime:
        own = {"replica_id": runtime.replica_id, "created_at": runtime.clock.now_ms() - 9_000}
    done, open_ = one.save("answered", "asked", status="pending", response=None,
                           completed_at=None, **own)  # fmt: skip
    backup = back_up(one)
    one.rows(
        "UPDATE entries SET status = 'completed', response = 'an answer', version = 3, "
        "completed_at = created_at, local_seq = local_seq + 10 WHERE id = ?", done
    )  # fmt: skip
    assert_equal(one, two)
    assert two.rows("SELECT status FROM entries WHERE id = ?", open_) == [("pending",)]
    one.file.unlink()
    restore(one, backup)
    # Nobody answers any more what this machine was answering then.
    assert one.rows("SELECT DISTINCT status, error_code FROM entries") == [("error", "interrupted")]
    assert_equal(one, two)
    for machine in (one, two):
        assert sorted(machine.rows("SELECT command, status, response FROM entries")) == [
            ("answered", "completed", "an answer"), ("asked", "error", None),
        ]  # fmt: skip


def test_a_backup_that_goes_to_another_machine_becomes_a_replica_of_its_own(
    one: Machine, two: Machine, tmp_path: Path
) -> None:
    one.save("first")
    one.sync()
    backup = back_up(one, "--output", str(tmp_path / "shared"))
    one.save("second")
    restore(two, backup)
    two.save("third")
    assert_equal(one, two, one)
    assert one.texts() == two.texts() == ["first", "second", "third"]
    with one.runtime() as first, two.runtime() as second:
        assert first.replica_id != second.replica_id


def test_a_restore_waits_for_others_as_long_as_it_is_told(one: Machine) -> None:
    one.save("first")
    backup = back_up(one)
    one.save("second")
    with running(one, "sync", "--watch") as (process, told):
        told.wait_for("")
        refused = one.run("backup", "restore", str(backup), "--yes", "--wait", "0")
        assert (refused.code, refused.out) == (1, "")
        assert "has the history" in refused.err
        assert one.texts() == ["first", "second"]
        waiting = background(
            lambda: one.program("backup", "restore", str(backup), "--yes", "--wait", "60")
        )
        process.terminate()
        done = waiting.result(60)
    assert done.code == 0, done.err
    assert one.texts()[0] == "first"


# the primary


def test_a_backup_of_the_primary_goes_into_an_empty_one_and_everybody_goes_on(
    one: Machine, two: Machine, other: Sqld
) -> None:
    ids = one.save("first", "second", f"deleted {WORD}", response='a\nb "c" ç 😀')
    one.save("only here", private=True)
    two.save("of the other", mode="machine")
    two.run("user", "create", "--username", "ana", "--name", "Ana", "--email", "ana@x.com")
    one.run("history", "vote", ids[0])
    assert_equal(one, two)
    take_out(one, "delete", ids[2])
    assert_equal(one, two)
    backup = back_up(one, "--primary")
    assert one.run("backup", "verify", str(backup)).code == 0
    one.save("after the backup")
    one.sync()

    for machine in (one, two):
        machine.env["TURSO_DATABASE_URL"] = other.url
    done = one.run("backup", "restore", str(backup), "--primary", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json()["verification"]["problems"] == []
    assert one.run("server", "verify").code == 0
    assert "only here" not in questions_on(other.url)
    assert_equal(two, one, two)
    assert questions_on(other.url) == ["", "after the backup", "first", "of the other", "second"]
    assert one.run("server", "verify").code == 0


def test_a_primary_that_holds_something_is_left_alone(one: Machine, other: Sqld) -> None:
    one.save("first")
    one.sync()
    backup = back_up(one, "--primary")
    refused = one.run("backup", "restore", str(backup), "--primary", "--yes")
    assert refused.code == 1
    assert "is not empty" in refused.err
    assert questions_on(one.env["TURSO_DATABASE_URL"]) == ["first"]
    # One that was prepared, and is empty, will do.
    one.env["TURSO_DATABASE_URL"] = other.url
    assert one.run("server", "init").code == 0
    restore(one, backup, "--primary")
    assert questions_on(other.url) == ["first"]


def test_a_backup_of_the_other_kind_is_refused(one: Machine, tmp_path: Path) -> None:
    one.save("first")
    one.sync()
    primary, replica = back_up(one, "--primary"), back_up(one)
    assert "of the primary" in one.run("backup", "restore", str(primary), "--yes").err
    assert (
        "not of the primary" in one.run("backup", "restore", str(replica), "--primary", "--yes").err
    )


def test_a_load_that_was_cut_off_is_seen_by_nobody_and_begun_anew(
    one: Machine, other: Sqld
) -> None:
    one.save(*(f"question {n:04}" for n in range(1200)))
    one.sync()
    backup = back_up(one, "--primary")
    lines = b"".join(archives.contents(archives.archive_at(backup))).splitlines(keepends=True)
    with pytest.raises(BackupError, match="whole primary"):
        asyncio.run(_load(other.url, lines[:-1]))
    assert rows_of(other.url, "SELECT count(*) FROM entries") == [(1200,)]
    one.env["TURSO_DATABASE_URL"] = other.url
    assert "not prepared" in one.run("sync").err
    restore(one, backup, "--primary")
    assert rows_of(other.url, "SELECT count(*) FROM entries") == [(1200,)]
    assert_equal(one)


async def _load(url: str, lines: list[bytes]) -> None:
    async with http_client(timeout_s=20) as http:
        await load(Client(url, token=None, http=http), lines, SystemClock())


def test_a_backup_of_the_primary_is_of_one_instant_while_it_goes_on(
    one: Machine, two: Machine, other: Sqld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(primary_dump, "PAGE_ROWS", 7)
    ids = one.save(*(f"question {n:03}" for n in range(80)))
    one.sync()
    two.sync()
    stop: list[bool] = []

    def write() -> int:
        for number in range(1000):
            if stop:
                return number
            two.save(f"meanwhile {number:03}")
            if number < len(ids):
                take_out(two, "delete", ids[-1 - number])
            two.sync()
        return 1000

    writing = background(write)
    backup = back_up(one, "--primary")
    stop.append(True)
    assert writing.result(60) > 0
    assert one.run("backup", "verify", str(backup)).code == 0
    for machine in (one, two):
        machine.env["TURSO_DATABASE_URL"] = other.url
    restore(one, backup, "--primary")
    assert one.run("server", "verify").code == 0
    assert_equal(two, one, two)
    assert sorted(one.texts()) == sorted(two.texts()) == questions_on(other.url)


def test_a_token_that_only_reads_is_enough_for_a_backup(tmp_path: Path, jwt_keys: Keys) -> None:
    with Sqld(tmp_path / "guarded", keys=jwt_keys) as server:
        initialise(server.url, tmp_path, TURSO_AUTH_TOKEN=jwt_keys.token())
        one = Machine(tmp_path, "one", server.url, TURSO_AUTH_TOKEN=jwt_keys.token("ro"))
        assert back_up(one, "--primary").exists()
        refused = one.run("backup", "create", "--primary", TURSO_AUTH_TOKEN="x.y.z")
    assert refused.code == 1
    assert sorted(path.suffix for path in (one.file.parent / "backups").iterdir()) == [
        ".gz", ".json",
    ]  # fmt: skip


# maintenance with a primary


def test_machines_that_delete_by_age_write_the_same_and_feed_nobody(
    one: Machine, two: Machine
) -> None:
    one.save(WORD, "as old", created_at=1_000)
    two.save("new")
    assert_equal(one, two)
    for machine in (one, two):
        assert machine.run("maintenance", "run", IPCOM_CHAT_PURGE_DAYS="30").code == 0
    assert_equal(one, two, one, two)
    counter = rows_of(one.env["TURSO_DATABASE_URL"], "SELECT n FROM sync_counter")
    assert_equal(one, two)
    assert rows_of(one.env["TURSO_DATABASE_URL"], "SELECT n FROM sync_counter") == counter
    due = [(1_000 + 30 * 86_400_000,)] * 2
    for machine in (one, two):
        assert machine.texts() == ["", "", "new"]
        assert machine.rows("SELECT deleted_at FROM entries WHERE deleted_at > 0") == due
        assert not is_on_disk(machine, WORD)


def test_what_lies_before_the_window_is_dropped_here_and_stays_on_the_primary(
    one: Machine,
) -> None:
    one.env["SYNC_WINDOW_DAYS"] = "30"
    one.save(*(f"old {n:04}" for n in range(1_100)), created_at=1_000)
    one.save("new")
    one.save("only here", created_at=1_000, private=True)
    one.sync()
    done = one.run("maintenance", "run", "--json")
    assert done.code == 0
    evicted = next(step for step in done.json() if step["name"] == "evict")
    # The exchange itself drops some every hour.
    assert 0 < evicted["count"] <= 1_100
    one.sync()
    assert one.texts() == ["new", "only here"]
    assert len(questions_on(one.env["TURSO_DATABASE_URL"])) == 1_101
