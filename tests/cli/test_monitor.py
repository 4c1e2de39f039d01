"""`monitor` on the command line: text, JSON, Prometheus' format, and a server."""

import os
import re
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.settings import load
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.measures import Measures
from ipcom_chat.storage.replica import open_replica
from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli, run_program, start_program
from tests.support.exposition import parse, value
from tests.support.proxy import refused_port
from tests.support.replica import an_entry, new_id, together

EVIL = "how \x1b]0;T\x07\x1b[31m[bold]\u202e?"


def test_once_tells_what_happened(env: Env) -> None:
    add_entries(
        env, {"execution_time_ms": 900}, {"status": Status.CANCELLED, "command": EVIL},
        {"kind": Kind.COMMAND, "error_code": "0"},
    )  # fmt: skip
    done = run_cli(["monitor", "--once"], env)
    assert (done.code, done.err) == (0, "")
    lines = dict(line.split("\t", 1) for line in done.out.splitlines() if "\t" in line)
    assert lines["Health"] == "ok"
    assert lines["Entries"] == "3"
    assert lines["Cancelled"].startswith("50.0 %")
    assert lines["root"].startswith("2\t1\t")
    assert "\x1b" not in done.out


def test_without_a_terminal_it_is_told_once(env: Env) -> None:
    done = run_program(["monitor"], env)
    assert done.code == 0
    assert done.out.startswith("Health\tok\n")


def test_a_terminal_gets_aligned_columns(env: Env) -> None:
    add_entries(env, {})
    done = run_cli(["monitor", "--once", "--days", "7"], env, terminal=True)
    assert re.search(r"^Health +ok$", done.out, re.MULTILINE)
    assert re.search(r"^Availability +- +≥ 99.95 %$", done.out, re.MULTILINE)


def test_json_holds_the_whole_snapshot(env: Env) -> None:
    add_entries(env, {})
    found = run_cli(["monitor", "--json"], env).json()
    assert found["health"] == "ok"
    assert len(found["periods"]) == 24
    assert found["periods"][-1]["completed"] + found["periods"][-2]["completed"] == 1
    assert {each["name"] for each in found["kpis"]} >= {"availability", "sync_rate", "reuse"}
    week = run_cli(["monitor", "--json", "--days", "7"], env).json()
    assert (len(week["periods"]), week["step_hours"]) == (7, 24)


def test_a_flag_chooses_the_history(ana: Env) -> None:
    add_entries(ana, {}, {"mode": "machine"})
    everything = run_cli(["monitor", "--json"], ana).json()
    local = run_cli(["monitor", "--json", "--local"], ana).json()
    theirs = run_cli(["monitor", "--json", "--user", "ana"], ana).json()
    assert [_done(found) for found in (everything, local, theirs)] == [2, 1, 0]


def _done(found: Any) -> int:
    return sum(each["completed"] for each in found["periods"])


def test_in_portuguese(env: Env) -> None:
    done = run_cli(["monitor", "--once"], env | {"LANG": "pt_BR.UTF-8"})
    assert done.out.startswith("Saúde\tok\n")
    assert "Disponibilidade\t-\t≥ 99,95 %" in done.out


def test_what_verbs_do_is_measured_and_told(env: Env) -> None:
    add_entries(env, {})
    for _ in range(2):
        assert run_cli(["history", "list"], env).code == 0
    found = parse(run_cli(["monitor", "--prometheus"], env).out)
    assert value(found, "ipcom_chat_duration_seconds_count", kind="read") == 2
    ask = run_cli(["ask", "how full is the disk?"], env)
    assert ask.code == 0
    found = parse(run_cli(["monitor", "--prometheus"], env).out)
    assert value(found, "ipcom_chat_duration_seconds_count", kind="assistant") == 1
    assert value(found, "ipcom_chat_duration_seconds_count", kind="write") >= 3
    assert value(found, "ipcom_chat_reuse_lookups_total", result="hit") == 1
    assert value(found, "ipcom_chat_availability_ratio") == 1


def test_the_file_of_the_collector_is_replaced_whole(env: Env, tmp_path: Path) -> None:
    target = tmp_path / "ipcom-chat.prom"
    target.write_text("old")
    done = run_cli(["monitor", "--prometheus", "--output", str(target)], env)
    assert (done.code, done.out) == (0, "")
    assert "ipcom_chat_info" in parse(target.read_text())
    assert target.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.glob("*.prom")] == [target.name]
    assert not list(tmp_path.glob(".ipcom-chat-*"))


def test_a_file_that_cannot_be_written_is_told_in_one_line(env: Env, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path / "pipe", tmp_path / "missing" / "x.prom", tmp_path):
        done = run_cli(["monitor", "--prometheus", "--output", str(target)], env)
        assert done.code == 1
        assert done.err.count("\n") == 1
        assert f"Cannot write to {target}" in done.err


@pytest.mark.parametrize(
    "argv",
    [
        ["monitor", "--output", "x"], ["monitor", "--days", "0"], ["monitor", "--days", "31"],
        ["monitor", "serve", "--port", "65536"], ["monitor", "what"],
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(env: Env, argv: list[str]) -> None:
    done = run_cli(argv, env)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1


def test_a_primary_that_cannot_be_asked_is_told(env: Env) -> None:
    with refused_port() as port:
        gone = env | {"TURSO_DATABASE_URL": f"http://127.0.0.1:{port}"}
        assert run_cli(["monitor", "--once", "--fleet"], gone).code == 3
        assert run_cli(["monitor", "--once"], gone).code == 0


@contextmanager
def serving(env: Env, *more: str) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    process = start_program(["monitor", "serve", "--port", "0", *more], env)
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    found = re.search(r"http://[0-9.]+:\d+", line)
    assert found, line
    try:
        yield process, found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_the_server_answers_and_ends_when_told(env: Env) -> None:
    add_entries(env, {})
    with serving(env) as (process, url):
        with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert value(parse(answer.read().decode()), "ipcom_chat_entries") == 1
        with urllib.request.urlopen(f"{url}/healthz?x=1", timeout=30) as answer:
            assert msgspec.json.decode(answer.read())["health"] == "ok"
        head = urllib.request.Request(f"{url}/metrics", method="HEAD")
        with urllib.request.urlopen(head, timeout=30) as answer:
            assert answer.read() == b""
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{url}/../../etc/passwd", timeout=30)
        assert error.value.code == 404
        error.value.close()
    assert process.returncode == 0


def test_the_server_listens_on_loopback_and_survives_rude_clients(env: Env) -> None:
    with serving(env) as (_process, url):
        host, port = url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        silent = socket.create_connection((host, int(port)))
        rude = socket.create_connection((host, int(port)))
        rude.sendall(b"\x00\xff GET nonsense\r\n\r\n")
        rude.close()
        answers: list[int] = []

        def ask() -> None:
            with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
                answers.append(answer.status)

        asking = [threading.Thread(target=ask) for _ in range(20)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(60)
        silent.close()
        assert answers == [200] * 20


def test_a_failing_replica_is_not_healthy(env: Env) -> None:
    add_entries(env, {})
    replica = open_replica(load(env).paths.replica, now_ms=1)
    with replica.database.write() as transaction:
        transaction.execute("INSERT INTO parked VALUES ('entry', 'k', 1, 'no', 1)")
    replica.close()
    with serving(env | {"TURSO_DATABASE_URL": "http://127.0.0.1:1"}) as (_process, url):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{url}/healthz", timeout=30)
        assert error.value.code == 503
        told = msgspec.json.decode(error.value.read())
        assert told["health"] == "failing"
        assert "parked" in told["reasons"]


def test_an_address_that_is_taken_is_told(env: Env) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_cli(["monitor", "serve", "--port", port], env)
    assert done.code == 2
    assert f"Cannot listen on 127.0.0.1:{port}" in done.err


def _save(index: int, path: Path, port: str) -> int:
    """Save while the server is asked; return how many answers came."""
    clock, answers = SystemClock(), 0
    replica = open_replica(path, now_ms=clock.now_ms())
    entries = Entries(replica.database)
    for number in range(20):
        now = clock.now_ms()
        entry_id = f"00000000-0000-7000-8{index:03x}-{number:012x}"
        entries.add(an_entry(id=entry_id, status=Status.COMPLETED, created_at=now), actor="test")
        if index == 0:
            with urllib.request.urlopen(f"{port}/metrics", timeout=60) as answer:
                parse(answer.read().decode())
                answers += 1
    replica.close()
    return answers


def test_sixteen_processes_save_while_it_is_watched(env: Env) -> None:
    path = load(env).paths.replica
    add_entries(env, {"id": new_id()})
    with serving(env) as (_process, url):
        assert sum(together(_save, 16, path, url)) == 20
    found = run_cli(["monitor", "--json"], env).json()
    assert _done(found) == 16 * 20 + 1
    assert found["is_partial"] is False


def test_who_asks_is_measured_even_if_killed_later(env: Env) -> None:
    add_entries(env, {})
    with serving(env) as (process, url):
        urllib.request.urlopen(f"{url}/metrics", timeout=30).close()
        assert run_cli(["history", "list"], env).code == 0
        process.kill()
        process.wait(30)
    replica = open_replica(load(env).paths.replica, now_ms=1)
    assert Measures(replica.database).latencies(0, 1 << 50)["read"][0]
    replica.close()
