"""`sync` and everything of the command line that meets the primary."""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from ipcom_chat import __version__, host
from ipcom_chat.errors import StorageFullError
from ipcom_chat.meaning.texts import CHARS, DIMENSION, MODEL, text_hash
from ipcom_chat.meaning.wire import VECTORS
from ipcom_chat.services.sessions import SessionService
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.storage.search_rows import SearchRows
from ipcom_chat.storage.vectors import Vector, VectorMark, open_vectors
from tests.cli.conftest import Env
from tests.support.cli import Finished
from tests.support.env import data_dir
from tests.support.machine import (
    LIMIT_S,
    Machine,
    eventually,
    initialise,
    questions_on,
    rows_of,
    running,
    silent_server,
)
from tests.support.mcp_clients import called, connected
from tests.support.meaning import end_process
from tests.support.proxy import Faults, Proxy, refused_port
from tests.support.replica import opened, together
from tests.support.sqld import Sqld, sqld

__all__ = ["sqld"]

DAY_MS = 86_400_000
ALONE = {"TURSO_DATABASE_URL": ""}


@pytest.fixture
def primary(sqld: Sqld, tmp_path: Path) -> Sqld:
    """Give a prepared primary."""
    initialise(sqld.url, tmp_path)
    return sqld


@pytest.fixture
def one(primary: Sqld, tmp_path: Path) -> Machine:
    return Machine(tmp_path, "machine-one", primary.url)


@pytest.fixture
def two(primary: Sqld, tmp_path: Path) -> Machine:
    return Machine(tmp_path, "machine-two", primary.url)


def a_user(username: str, email: str | None = None) -> tuple[str, ...]:
    address = email or f"{username}@x.com"
    return ("user", "create", "--username", username, "--name", username, "--email", address)


def one_line(done: Finished, code: int) -> str:
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    return done.err


# sync


def test_what_is_saved_here_is_found_there(one: Machine, two: Machine) -> None:
    one.save("how full is it?", "who listens?")
    done = one.run("sync")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Pushed ")
    assert done.out.endswith(", 0 waiting, 0 refused.\n")
    found = two.run("sync", "--json").json()
    assert found["progress"]["pulled"] >= 2
    assert found["progress"]["is_done"] is True
    assert found["status"]["condition"] == "synced"
    assert two.texts() == ["how full is it?", "who listens?"]
    again = two.run("sync")
    assert again.out == "Pushed 0, pulled 0, 0 waiting, 0 refused.\n"
    assert "how full is it?" in two.run("history", "list").out


def test_without_a_primary_it_says_what_to_set(env: Env, one: Machine) -> None:
    for verb in ((), ("--watch",), ("retry",), ("verify",)):
        done = one.run("sync", *verb, **ALONE)
        assert done.code == 1
        assert done.err.splitlines()[-1].startswith(
            "ipcom-chat: No primary is configured. Set TURSO"
        )
    status = one.run("sync", "status", **ALONE)
    assert status.code == 0
    assert "no primary is configured" in status.out
    assert one.run("sync", "--watch", "status").code == 2


def test_status_shows_everything(one: Machine, primary: Sqld) -> None:
    address = f"127.0.0.1:{primary.port}"
    one.save("early")
    before = one.run("sync", "status", "--json").json()
    assert set(before) == set(SyncStatus.__struct_fields__)
    assert (before["condition"], before["waiting"]["entry"]) == ("waiting", 1)
    assert (before["host"], before["epoch"], before["succeeded_at"]) == (address, None, None)
    one.sync()
    found = one.run("sync", "status", "--json").json()
    assert (found["condition"], sum(found["waiting"].values())) == ("synced", 0)
    assert found["epoch"] == rows_of(primary.url, "SELECT epoch FROM sync_meta")[0][0]
    assert [each["scope"] for each in found["subscriptions"]] == ["g", "m:machine-one"]
    assert all(each["cursor"] == 1 for each in found["subscriptions"])
    assert (found["error"], found["error_code"], found["failing_since"]) == (None, None, None)
    assert abs(found["skew_ms"]) < 60_000
    shown = one.run("sync", "status")
    assert (shown.code, shown.err) == (0, "")
    for line in (f"State\tsynced with {address}", f"Primary\t{address}", "Waiting\t0",
                 "Oldest waits\t-", "shared by all\t1\tyes", "machine-one"):  # fmt: skip
        assert line in shown.out
    one.save("late", "later")
    waiting = one.run("sync", "status")
    assert f"State\t2 rows wait for {address}" in waiting.out
    assert "Waiting\t2 entries" in waiting.out


@pytest.mark.parametrize(
    "settings",
    [
        {"TURSO_DATABASE_URL": "ftp://x"},
        {"TURSO_DATABASE_URL": "https://ana:secret@x"},
        {"TURSO_DATABASE_URL": "http://127.0.0.1:9", "TURSO_SYNC_URL": "nonsense"},
    ],
)
def test_status_names_the_fault_of_an_address_before_anything_was_tried(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    machine = Machine(tmp_path, "one", "", **settings)
    found = machine.run("sync", "status")
    tried = machine.run("sync")
    assert (found.code, tried.code) == (1, 1)
    fault = tried.err.removeprefix("ipcom-chat: ").strip()
    assert fault.startswith("The primary's address cannot be used: ")
    assert f"State\tneeds attention: {fault}\n" in found.out
    assert "secret" not in found.out
    as_json = machine.run("sync", "status", "--json").json()
    assert (as_json["condition"], as_json["error"]) == ("attention", fault)


def test_a_machine_that_was_never_synchronised_does_not_say_synced(
    one: Machine, primary: Sqld
) -> None:
    done = one.run("sync", "status")
    assert (
        f"State\tthe shared history of 127.0.0.1:{primary.port} is still to be pulled" in done.out
    )
    assert one.run("sync", "status", "--json").json()["condition"] == "filling"
    one.sync()
    assert "State\tsynced with" in one.run("sync", "status").out
    primary.kill()
    assert one.run("sync").code == 3
    assert "State\tsynced" not in one.run("sync", "status").out


def test_tls_to_a_server_without_it_is_told_in_words(tmp_path: Path, primary: Sqld) -> None:
    done = Machine(tmp_path, "plain", f"libsql://127.0.0.1:{primary.port}").run("sync")
    assert done.code == 1
    assert "does not speak TLS. Nothing was sent" in done.err
    assert done.err.count("\n") == 1


def test_status_offline(one: Machine, primary: Sqld) -> None:
    one.sync()
    primary.kill()
    assert one.run("sync").code == 3
    one.save("offline")
    # Only what lasts is told: half a minute ago stands for the time that a test has not.
    one.rows("UPDATE sync_report SET failing_since = failing_since - 30000")
    done = one.run("sync", "status")
    assert done.code == 1
    assert "State\toffline since 20" in done.out
    assert "Last error\tThe primary at 127.0.0.1" in done.out
    found = one.run("sync", "status", "--json").json()
    assert (found["condition"], found["error_code"]) == ("offline", "primary_unreachable")
    assert found["failing_since"] <= found["tried_at"]
    primary.start()
    assert one.run("sync").code == 0
    assert one.run("sync", "status").code == 0


def test_a_refused_row_is_shown_and_tried_again(one: Machine, two: Machine, primary: Sqld) -> None:
    """Two machines had no primary yet, and each made a user with the same address."""
    assert one.run(*a_user("ana", "team@x.com"), **ALONE).code == 0
    assert two.run(*a_user("bia", "team@x.com"), **ALONE).code == 0
    two.save("from two")
    one.sync()
    done = two.run("sync")
    assert (done.code, done.out.endswith(", 1 waiting, 1 refused.\n")) == (0, True)
    assert questions_on(primary.url) == ["from two"]
    found = two.run("sync", "status", "--json").json()
    (parked,) = found["parked"]
    assert (found["condition"], parked["kind"]) == ("attention", "user")
    shown = two.run("sync", "status")
    assert shown.code == 1
    assert "State\tneeds attention: one row was refused" in shown.out
    assert f"refused: user {parked['key']}: " in shown.out
    assert "'ipcom-chat sync retry' tries them again." in shown.err
    again = two.run("sync", "retry")
    assert again.err.startswith("One refused row is tried again.\n")
    assert again.out.endswith(", 1 waiting, 1 refused.\n")
    assert one.run("user", "update", "ana", "--email", "ana@x.com").code == 0
    mended = two.run("sync", "retry")
    assert mended.out.endswith(", 0 waiting, 0 refused.\n")
    assert two.run("sync", "status").code == 0
    assert two.run("sync", "retry").err.startswith("0 refused rows are tried again.\n")
    assert rows_of(primary.url, "SELECT username FROM users ORDER BY username") == [
        ("ana",), ("bia",)
    ]  # fmt: skip


# verify


def test_verify_says_when_all_is_equal(one: Machine, two: Machine) -> None:
    one.save("first", "second")
    one.sync()
    done = two.run("sync", "verify")
    assert (done.code, done.err) == (0, "")
    assert "shared by all: 2 entries, equal to the primary\n" in done.out
    assert two.run("sync", "verify", "--repair").out == done.out
    found = two.run("sync", "verify", "--json").json()
    assert [(each["scope"], each["entries"]) for each in found] == [
        ("g", 2), ("m:machine-two", 0)
    ]  # fmt: skip


def test_verify_finds_and_repairs_what_differs(one: Machine, two: Machine, primary: Sqld) -> None:
    wanted = [f"question {number:02}" for number in range(30)]
    ids = dict(zip(wanted, one.save(*wanted), strict=True))
    one.sync()
    two.sync()
    two.rows("DELETE FROM entries WHERE command = 'question 03'")
    two.rows("DELETE FROM entries WHERE command = 'question 17'")
    two.rows(
        "UPDATE entries SET response = 'altered', content_hash = 0 WHERE command = 'question 05'"
    )
    two.rows("UPDATE entries SET acked_seq = local_seq")  # as if nothing had touched them
    rows_of(primary.url, "DELETE FROM entries WHERE command = 'question 11'")
    done = two.run("sync", "verify")
    assert done.code == 1
    assert "28 entries; 2 missing here; 1 different; 1 missing on the primary\n" in done.out
    found = two.run("sync", "verify", "--json").json()[0]
    assert sorted(found["missing"]) == sorted([ids["question 03"], ids["question 17"]])
    assert found["different"] == [ids["question 05"]]
    assert found["extra"] == [ids["question 11"]]
    mended = two.run("sync", "verify", "--repair")
    assert (mended.code, mended.err) == (0, "Repaired: all is equal now.\n")
    assert "2 missing here" in mended.out
    assert two.texts() == questions_on(primary.url) == wanted
    answers = two.rows("SELECT DISTINCT response FROM entries")
    assert answers == [("42 %",)]
    equal = two.run("sync", "verify", "--repair")
    assert (equal.code, equal.err) == (0, "")
    assert one.run("sync", "verify").code == 0


def test_verify_repairs_the_small_tables(one: Machine, two: Machine) -> None:
    one.run("ask", "--quiet", "hello")
    one.run(*a_user("ana"))
    two.sync()
    for table in ("users", "machines", "sessions"):
        two.rows(f"DELETE FROM {table}")
    done = two.run("sync", "verify")
    assert done.code == 1
    assert "differ\n" in done.out
    assert two.run("sync", "verify", "--repair").err == "Repaired: all is equal now.\n"
    assert "ana" in two.run("user", "list").out


# --watch


@contextmanager
def systemd(folder: Path, *, abstract: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Listen as systemd does; give the address and what was told."""
    address = f"\0ipcom-chat-{folder.name}" if abstract else str(folder / "notify")
    told: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)

        def listen() -> None:
            while data := listener.recv(4096):
                told.append(data.decode())

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield address.replace("\0", "@"), told
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(LIMIT_S)


@pytest.mark.parametrize("abstract", [False, True])
def test_a_watch_serves_other_processes_and_tells_systemd(
    one: Machine, primary: Sqld, tmp_path: Path, abstract: bool
) -> None:
    # Only what it observes makes it exchange: the intervals are longer than the test.
    slow = {"SYNC_ACTIVE_INTERVAL": "600", "TURSO_SYNC_INTERVAL": "600"}
    with (
        systemd(tmp_path, abstract=abstract) as (address, told),
        running(one, "sync", "--watch", NOTIFY_SOCKET=address, **slow) as (process, err),
    ):
        err.wait_for("synced with")
        eventually(lambda: told, lambda now: "WATCHDOG=1" in now)
        assert told[0] == "READY=1"
        assert "STATUS=synced, 0 waiting" in told
        one.save("from another process")
        eventually(lambda: questions_on(primary.url), lambda found: len(found) == 1)
        eventually(lambda: told, lambda now: "STATUS=waiting, 1 waiting" in now)
        one.save("just before the end")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
        assert questions_on(primary.url) == ["from another process", "just before the end"]
        eventually(lambda: told[-1], lambda last: last == "STOPPING=1")
    # The journal has a line for each exchange, and none for each save before it.
    assert not [line for line in err.end() if "waits for" in line]
    assert one.unacknowledged() == 0


def test_a_watch_lets_others_search_by_meaning(one: Machine, primary: Sqld) -> None:
    one.env |= {"IPCOM_CHAT_SEMANTIC": "true"}
    one.save("How do I restart the web server?")
    with running(one, "sync", "--watch") as (process, _told):
        asked = ("history", "search", "como posso reiniciar o servidor da web")
        found = eventually(lambda: one.run(*asked), lambda found: not found.err)
        assert found.out.startswith("How do I restart the web server?\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    end_process(one.env)


def test_a_watch_ends_in_order_while_the_primary_is_silent(one: Machine, primary: Sqld) -> None:
    one.save("from here")
    with Proxy(primary.port) as proxy:
        proxy.faults = Faults(stall_up=True)
        url = {"TURSO_DATABASE_URL": proxy.url, "TURSO_QUERY_TIMEOUT": "60000"}
        with running(one, "sync", "--watch", **url) as (process, _told):
            eventually(lambda: proxy.up_bytes, bool)
            process.send_signal(signal.SIGINT)
            assert process.wait(LIMIT_S) == 0
    assert one.unacknowledged() == 1


# Users


def test_users_are_known_on_every_machine_and_offline(
    one: Machine, two: Machine, primary: Sqld
) -> None:
    assert one.run(*a_user("ana")).out == "Created the user ana.\n"
    assert "is taken; nothing was changed" in one_line(two.run(*a_user("ana", "other@x.com")), 1)
    assert "belongs to another active user" in one_line(two.run(*a_user("bia", "ANA@x.com")), 1)
    assert two.run("user", "update", "ana", "--name", "Ana Lima").code == 0
    one.sync()
    assert "Ana Lima" in one.run("user", "list").out
    assert one.run("user", "delete", "ana").code == 0
    two.sync()
    assert "ana" not in two.run("user", "list").out
    assert two.run("user", "reactivate", "ana").code == 0
    one.sync()
    primary.kill()
    for machine in (one, two):
        listed = machine.run("user", "list")
        assert (listed.code, listed.err) == (0, "")
        assert "Ana Lima" in listed.out


def test_user_changes_need_the_primary(one: Machine, primary: Sqld) -> None:
    one.run(*a_user("ana"))
    one.run(*a_user("bia"))
    one.run("user", "delete", "bia")
    before = one.rows("SELECT * FROM users ORDER BY id")
    primary.kill()
    for verb in (
        a_user("carl"),
        ("user", "update", "ana", "--name", "Other"),
        ("user", "delete", "ana"),
        ("user", "reactivate", "bia"),
    ):
        said = one_line(one.run(*verb), 3)
        assert "did not answer as it should" in said
        assert "none was changed" in said
    assert one.rows("SELECT * FROM users ORDER BY id") == before


def _create(index: int, machines: list[Machine]) -> tuple[int, str, str]:
    return tuple(machines[index].run(*a_user("ana", f"ana{index}@x.com")))  # type: ignore[return-value]


def test_two_machines_create_one_user_in_the_same_second(
    one: Machine, two: Machine, primary: Sqld
) -> None:
    done = sorted(together(_create, 2, [one, two]))
    assert done[0] == (0, "Created the user ana.\n", "")
    assert done[1][:2] == (1, "")
    assert "ana" in done[1][2]
    assert done[1][2].count("\n") == 1
    ((email,),) = rows_of(primary.url, "SELECT email FROM users")
    one.sync()
    two.sync()
    for machine in (one, two):
        assert machine.rows("SELECT username, email FROM users") == [("ana", email)]


def test_a_new_machine_of_a_known_user_can_begin(one: Machine, two: Machine) -> None:
    """Its settings name a user whom only the primary knows yet."""
    one.run(*a_user("ana"))
    ((user_id,),) = one.rows("SELECT id FROM users")
    one.save("what ana asked", mode="user", user_id=user_id)
    one.sync(IPCOM_CHAT_USER="ana")
    done = two.run("sync", IPCOM_CHAT_USER="ana")
    assert (done.code, done.err) == (0, "")
    assert two.texts() == ["what ana asked"]


def test_a_second_user_of_a_machine_fills_in_that_users_history(one: Machine, two: Machine) -> None:
    for name in ("ana", "bia"):
        one.run(*a_user(name))
    ids: dict[str, Any] = dict(one.rows("SELECT username, id FROM users"))
    for name, user_id in ids.items():
        one.save(f"what {name} asked", mode="user", user_id=user_id)
        one.save(f"what {name} shared", mode="global", user_id=user_id)
    one.sync()
    shared = ["what ana shared", "what bia shared"]
    two.sync()
    assert two.texts() == shared
    assert two.run("sync", IPCOM_CHAT_USER="ana").code == 0
    assert two.texts() == sorted([*shared, "what ana asked"])
    assert two.run("sync", IPCOM_CHAT_USER="bia").code == 0
    assert two.texts() == sorted([*shared, "what ana asked", "what bia asked"])
    scopes = [each["scope"] for each in two.run("sync", "status", "--json").json()["subscriptions"]]
    assert {f"u:{user_id}" for user_id in ids.values()} <= set(scopes)
    assert "user ana" in two.run("sync", "status").out


# Machines


def test_machines_show_their_signs_of_life(one: Machine, two: Machine, primary: Sqld) -> None:
    one.run("ask", "--quiet", "hello")
    two.sync()
    rows_of(
        primary.url,
        "UPDATE heartbeats SET at = 1900000000000, version = '9.8.7', lag_ms = 90000 "
        "WHERE machine_id = 'machine-one'",
    )
    found = {each["id"]: each for each in two.run("machine", "list", "--json").json()}
    beat = found["machine-one"]["heartbeat"]
    assert (beat["at"], beat["version"], beat["lag_ms"]) == (1_900_000_000_000, "9.8.7", 90_000)
    shown = two.run("machine", "list")
    assert (shown.code, shown.err) == (0, "")
    (line,) = [line for line in shown.out.splitlines() if line.startswith("machine-one\t")]
    assert line.split("\t")[-3:] == ["2030-03-17 17:46", "9.8.7", "1 min 30 s"]
    primary.kill()
    offline = two.run("machine", "list")
    assert (offline.code, offline.out) == (0, shown.out)
    assert offline.err.count("\n") == 1
    assert "did not answer" in offline.err


def test_a_machine_that_only_synchronises_is_listed(one: Machine, two: Machine) -> None:
    one.sync()
    assert one.run("sync").code == 0
    assert two.run("sync").code == 0
    found = {each["id"]: each for each in two.run("machine", "list", "--json").json()}
    assert set(found) == {"machine-one", "machine-two"}
    assert found["machine-one"]["heartbeat"]["version"] == __version__


# Cancel from elsewhere


def test_cancel_from_another_machine(
    one: Machine, two: Machine, primary: Sqld, ai_port: int
) -> None:
    ai = {
        "IPCOM_CHAT_AI_MODEL": "openai-compatible:test",
        "IPCOM_CHAT_AI_BASE_URL": f"http://127.0.0.1:{ai_port}/v1",
        "SYNC_ACTIVE_INTERVAL": "1",
    }
    with running(one, "ask", "STALL", "please", **ai) as (process, told):
        open_ = "SELECT id FROM entries WHERE status = 'processing'"
        ((entry_id,),) = eventually(lambda: rows_of(primary.url, open_), bool)
        assert process.stdout is not None
        answer = b""
        while b"three" not in answer:
            answer += os.read(process.stdout.fileno(), 4096)
        done = two.run("cancel", entry_id)
        assert (done.code, done.out) == (0, "")
        assert done.err.startswith("Asked the process that answers ")
        assert process.wait(LIMIT_S) == 130
        assert "Operation cancelled by user" in told.end()
    sql = f"SELECT status, cancelled_by, response FROM entries WHERE id = '{entry_id}'"
    assert rows_of(primary.url, sql) == [("cancelled", host.os_user(), "one two three ")]
    two.sync()
    assert two.rows(sql) == [("cancelled", host.os_user(), "one two three ")]
    again = two.run("cancel", entry_id)
    assert (again.code, "has ended already: cancelled" in again.err) == (1, True)


def test_a_cancel_that_the_primary_does_not_hear_says_so(
    one: Machine, two: Machine, primary: Sqld
) -> None:
    (entry_id,) = one.save("open", status="processing", completed_at=None, created_at=1_000_000)
    one.sync()
    two.sync()
    primary.kill()
    done = two.run("cancel", entry_id)
    assert done.code == 0
    assert "another machine hears of it later" in done.err
    assert two.unacknowledged() == 1


# What is held, and what leaves


def test_a_window_evicts_and_fills_again(one: Machine, two: Machine, primary: Sqld) -> None:
    past = time.time_ns() // 1_000_000 - 10 * DAY_MS
    one.save("old", created_at=past, updated_at=past, completed_at=past)
    one.save("new")
    one.sync()
    assert one.run("sync", SYNC_WINDOW_DAYS="5").code == 0
    assert one.texts() == ["new"]
    two.sync(SYNC_WINDOW_DAYS="5")
    assert two.texts() == ["new"]
    assert two.run("sync", "verify", SYNC_WINDOW_DAYS="5").code == 0
    assert questions_on(primary.url) == ["new", "old"]
    for machine in (one, two):
        assert machine.run("sync").code == 0
        assert machine.texts() == ["new", "old"]
        assert machine.run("sync", "verify").code == 0


def test_private_entries_never_reach_the_server(one: Machine, two: Machine, primary: Sqld) -> None:
    one.save("shared")
    one.save("secret plan 1", private=True)
    one.run("ask", "--quiet", "secret", "plan", "2", IPCOM_CHAT_PRIVATE="true")
    one.sync()
    two.sync()
    assert one.run("sync", "verify", "--repair").code == 0
    assert one.texts() == ["secret plan 1", "secret plan 2", "shared"]
    assert two.texts() == questions_on(primary.url) == ["shared"]
    assert rows_of(primary.url, "SELECT count(*) FROM sessions") == [(0,)]
    tables = rows_of(primary.url, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    for (table,) in tables:
        assert "secret plan" not in str(rows_of(primary.url, f'SELECT * FROM "{table}"'))


def test_the_vector_of_what_another_machine_deleted_goes_with_the_synchronisation(
    one: Machine, two: Machine
) -> None:
    one.save("a deleted question")
    one.save("a kept question")
    one.sync()
    two.sync()
    path = data_dir(two.env) / "meaning" / VECTORS
    path.parent.mkdir(mode=0o700)
    vectors = open_vectors(path, MODEL, DIMENSION)
    with opened(two.file) as database:
        rows = SearchRows(database)
        asked = rows.asked(0, rows.counter(), limit=9, chars=CHARS)
        made = [Vector(row.seq, text_hash(row.text or ""), b"c", b"e") for row in asked if row.text]
        vectors.put(made, (), VectorMark(rows.counter(), rows.birth(), 0))
    assert vectors.count() == 2
    (entry_id,) = [row["id"] for row in one.run("history", "list", "--json").json()
                   if row["command"] == "a deleted question"]  # fmt: skip
    assert one.run("history", "delete", entry_id, "--yes").code == 0
    one.sync()
    two.sync()
    assert vectors.count() == 1
    vectors.close()


# Offline


def test_without_fallback_being_offline_is_said_loudly(tmp_path: Path) -> None:
    with refused_port() as port:
        machine = Machine(tmp_path, "one", f"http://127.0.0.1:{port}")
        quiet = machine.run("ask", "--quiet", "hello")
        assert (quiet.code, quiet.err) == (0, "")
        loud = machine.run("ask", "--quiet", "hello", FALLBACK_ENABLED="false")
        assert (loud.code, loud.err.count("\n")) == (0, 1)
        assert "did not answer as it should" in loud.err
        assert quiet.out
        assert loud.out


def test_a_silent_primary_is_loud_too_without_fallback(tmp_path: Path) -> None:
    """The exchange was still open when the program ended, so nothing had failed yet."""
    with silent_server() as port:
        machine = Machine(
            tmp_path, "one", f"http://127.0.0.1:{port}",
            FALLBACK_ENABLED="false", TURSO_QUERY_TIMEOUT="60000",
        )  # fmt: skip
        loud = machine.run("ask", "--quiet", "hello")
    assert (loud.code, loud.err.count("\n")) == (0, 1)


def test_the_end_waits_a_moment_for_a_silent_primary_not_for_its_time_out(tmp_path: Path) -> None:
    with silent_server() as port:
        machine = Machine(tmp_path, "one", f"http://127.0.0.1:{port}", TURSO_QUERY_TIMEOUT="120000")
        seconds = {}
        for name, more in (("alone", ALONE), ("silent", {})):
            start = time.monotonic()
            assert machine.program("ask", "--quiet", "hello", **more).code == 0
            seconds[name] = time.monotonic() - start
    # 1.5 s are promised; the time-out of the network would be two minutes.
    assert seconds["silent"] - seconds["alone"] < 20


def test_a_slow_token_command_does_not_hold_the_end_up(tmp_path: Path) -> None:
    with refused_port() as port:
        machine = Machine(
            tmp_path, "one", f"http://127.0.0.1:{port}", TURSO_AUTH_TOKEN_COMMAND="sleep 60"
        )
        start = time.monotonic()
        assert machine.program("ask", "--quiet", "hello", **ALONE).code == 0
        alone_s, start = time.monotonic() - start, time.monotonic()
        assert machine.program("ask", "--quiet", "hello").code == 0
        assert time.monotonic() - start - alone_s < 7


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1"])
def test_a_disk_that_fills_during_an_answer_takes_it_not_away(tmp_path: Path, url: str) -> None:
    """With a primary, the end of the session was written where nothing caught its failure."""
    machine = Machine(tmp_path, "one", url)
    full = StorageFullError("No space left.")
    with patch.object(SessionService, "close", side_effect=full):
        done = machine.run("ask", "--quiet", "hello")
    assert (done.code, bool(done.out)) == (0, True)
    assert done.err == "ipcom-chat: No space left.\n"


def test_conditions_are_words_that_programs_may_know() -> None:
    assert {str(each) for each in Condition} == {
        "off", "synced", "waiting", "filling", "offline", "attention"
    }  # fmt: skip


# mcp


async def test_what_another_program_saves_is_pushed_while_it_runs(
    primary: Sqld, one: Machine
) -> None:
    async with connected(one.env, "mcp") as session:
        await called(session, "save_solution", question="how full is it?", solution="42 %")
        await asyncio.to_thread(eventually, lambda: questions_on(primary.url), bool)
