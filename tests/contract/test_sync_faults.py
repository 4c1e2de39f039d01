"""Synchronisation against the real server while everything around it breaks."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import apsw
import pytest

from ipcom_chat.errors import PrimaryError, PrimaryUnreachableError
from ipcom_chat.services.sync import Condition
from ipcom_chat.sync.primary import Primary
from tests.support import replica as support
from tests.support.machine import (
    LIMIT_S,
    WRONG_TOKEN,
    Machine,
    Told,
    background,
    eventually,
    initialise,
    questions_on,
    rows_of,
    running,
    silent_server,
)
from tests.support.proxy import Faults, Proxy, refused_port
from tests.support.replica import die_at, exit_code, in_mounted, together
from tests.support.sqld import Keys, Sqld

support._context.set_forkserver_preload(
    ["ipcom_chat.runtime", "ipcom_chat.services.sync", "ipcom_chat.sync.primary",
     "tests.support.machine", "tests.support.replica"]
)  # fmt: skip

QUICK = {"TURSO_QUERY_TIMEOUT": "400"}


@pytest.fixture
def primary(sqld: Sqld, tmp_path: Path) -> Sqld:
    """Give a prepared primary without tokens."""
    initialise(sqld.url, tmp_path)
    return sqld


@pytest.fixture
def proxy(primary: Sqld) -> Iterator[Proxy]:
    with Proxy(primary.port) as made:
        yield made


def texts(word: str, count: int) -> list[str]:
    return [f"{word} {number:04}" for number in range(count)]


def same_everywhere(server: str, wanted: list[str], *machines: Machine) -> None:
    """Make sure that the primary and the machines hold just these questions, each once."""
    assert questions_on(server) == sorted(wanted)
    for machine in machines:
        assert machine.texts() == sorted(wanted)
        assert machine.unacknowledged() == 0


# The server dies.


@pytest.mark.parametrize("moment", ["half of it", "all of it", "the answer"])
def test_a_server_killed_in_mid_push_loses_nothing_and_doubles_nothing(
    primary: Sqld, proxy: Proxy, tmp_path: Path, moment: str
) -> None:
    """The kill comes when so much of a push, or of its answer, has passed the proxy."""
    machine = Machine(tmp_path, "one", proxy.url, TURSO_QUERY_TIMEOUT="20000")
    machine.save("before")
    machine.sync()
    wanted = ["before", *texts("big", 300)]
    machine.save(*texts("big", 300), response="x" * 3_000)
    proxy.faults = {
        "half of it": Faults(delay_up_s=0.02),
        "all of it": Faults(),
        "the answer": Faults(stall_down=True),
    }[moment]
    start_up, start_down = proxy.up_bytes, proxy.down_bytes
    pushing = background(machine.sync)
    if moment == "the answer":
        eventually(lambda: proxy.down_bytes - start_down, bool)
    else:
        least = 400_000 if moment == "half of it" else 900_000
        eventually(lambda: proxy.up_bytes - start_up, lambda passed: passed > least)
    primary.kill()
    proxy.faults = Faults(refuse=True)
    if moment != "all of it":  # there it may have been quicker than the kill
        with pytest.raises(PrimaryUnreachableError):
            pushing.result(LIMIT_S)
        assert machine.unacknowledged() == 300
    eventually(pushing.done, bool)
    primary.start()
    proxy.faults = Faults()
    machine.sync()
    other = Machine(tmp_path, "two", primary.url)
    other.sync()
    same_everywhere(primary.url, wanted, machine, other)
    assert "as it should be" in other.run("server", "verify").out


def test_a_server_killed_again_and_again_under_load(primary: Sqld, tmp_path: Path) -> None:
    machines = [Machine(tmp_path, name, primary.url, **QUICK) for name in ("one", "two")]
    stop = threading.Event()
    wanted: list[str] = []

    def work(machine: Machine) -> list[str]:
        saved: list[str] = []
        while not stop.is_set():
            text = f"{machine.name} {len(saved):04}"
            machine.save(text, response="x" * 2_000)
            saved.append(text)
            try:
                machine.sync()
            except PrimaryUnreachableError:
                stop.wait(0.05)
        return saved

    working = [background(lambda each=machine: work(each)) for machine in machines]  # type: ignore[misc]
    for _death in range(4):
        before = len(questions_on(primary.url))
        eventually(lambda: len(questions_on(primary.url)), lambda now: now > before + 2)  # noqa: B023
        primary.kill()
        primary.start()
    stop.set()
    for each in working:
        wanted += each.result(LIMIT_S)
    for _round in range(2):
        for machine in machines:
            machine.sync()
    same_everywhere(primary.url, wanted, *machines)


# The client dies.


def _exchange_and_die(connection: Connection, machine: Machine, step: int) -> None:
    """Exchange until the `step`-th change of the replica, or side of a request, is reached."""
    original = Primary.exchange

    async def audited(self: Primary, *args: Any, **kwargs: Any) -> Any:
        sys.audit("exchange.before")
        answered = await original(self, *args, **kwargs)
        sys.audit("exchange.after")
        return answered

    Primary.exchange = audited  # type: ignore[method-assign]
    with machine.runtime() as runtime:
        runtime.sync.status()
        _die_at(runtime.sync._database.connection, step)
        runtime.sync.cycle(runtime.sync_users())


def _die_at(connection: Any, step: int) -> None:
    """As `die_at`, for a connection that is open already; the rows of one statement are a step."""
    last = ""

    def changes(sql: str) -> bool:
        nonlocal last
        is_new, last = sql != last, sql
        return is_new and sql.lstrip().startswith(("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE"))

    hooks: list[Callable[[Any], object]] = []
    with patch.object(apsw, "connection_hooks", hooks):
        die_at(step, changes, frozenset({"exchange.before", "exchange.after"}))
        for hook in hooks:
            hook(connection)


def test_a_client_killed_after_each_step_of_an_exchange(primary: Sqld, tmp_path: Path) -> None:
    """Each round has something to push, to pull and to merge; what comes next finishes it."""
    machine, other = (Machine(tmp_path, name, primary.url) for name in ("one", "two"))
    wanted: list[str] = []
    for machine_ in (machine, other):
        machine_.sync()
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        for each in (machine, other):
            each.save(f"{each.name} {step:03}")
            wanted.append(f"{each.name} {step:03}")
        other.sync()
        code = exit_code(_exchange_and_die, machine, step)
        assert code in {0, -signal.SIGKILL}
        found = questions_on(primary.url)
        assert len(found) == len(set(found))
        assert set(found) >= {text for text in wanted if text != f"one {step:03}"}
        machine.sync()
        assert machine.texts() == sorted(wanted)
    assert step > 12, "steps were missed"
    other.sync()
    same_everywhere(primary.url, wanted, machine, other)


def test_a_client_killed_in_its_first_exchanges(primary: Sqld, tmp_path: Path) -> None:
    """On an empty home: the timeline is followed, pages are filled, then what waited is pushed."""
    elder = Machine(tmp_path, "elder", primary.url)
    elder.save(*texts("old", 250))
    elder.sync()
    wanted = texts("old", 250)
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 4  # every fourth of the steps: the test before takes them all
        fresh = Machine(tmp_path, f"fresh{step}", primary.url)
        fresh.save(f"fresh {step:03}")
        wanted.append(f"fresh {step:03}")
        code = exit_code(_exchange_and_die, fresh, step)
        fresh.sync()
        assert fresh.texts() == sorted(wanted)
        assert fresh.unacknowledged() == 0
    assert step > 20, "steps were missed"
    assert questions_on(primary.url) == sorted(wanted)


# The network.


@pytest.mark.parametrize(
    "faults",
    [
        Faults(refuse=True),
        Faults(cut_up_after=300),
        Faults(cut_down_after=0),
        Faults(cut_down_after=200),
        Faults(stall_up=True),
        Faults(stall_down=True),
        Faults(swallow=True),
        Faults(corrupt_down_at=3),
        Faults(corrupt_down_at=60),
        Faults(corrupt_down_at=400),
    ],
    ids=str,
)
def test_whatever_the_network_does_the_next_exchange_mends(
    primary: Sqld, proxy: Proxy, tmp_path: Path, faults: Faults
) -> None:
    elder, machine = Machine(tmp_path, "elder", primary.url), Machine(tmp_path, "one", proxy.url)
    machine.sync()
    elder.save("from afar")
    elder.sync()
    machine.save("from here")
    proxy.faults = faults
    for _try in range(2):
        with pytest.raises(PrimaryError) as caught:
            machine.sync(**QUICK)
        assert str(caught.value).count("127.0.0.1") >= 1
        assert "safe" in str(caught.value)
    if faults.corrupt_down_at is None:
        assert machine.status().error_code == PrimaryUnreachableError.code
    assert machine.unacknowledged() == 1
    assert machine.texts() == ["from here"]
    proxy.faults = Faults()
    machine.sync()
    elder.sync()
    same_everywhere(primary.url, ["from afar", "from here"], machine, elder)


def test_a_request_that_arrives_twice_changes_nothing_the_second_time(
    primary: Sqld, proxy: Proxy, tmp_path: Path
) -> None:
    machine, other = Machine(tmp_path, "one", proxy.url), Machine(tmp_path, "two", primary.url)
    machine.save("from here")
    proxy.faults = Faults(repeat=True)
    machine.sync()
    commits = "SELECT count(*) FROM sync_commits"
    eventually(lambda: rows_of(primary.url, commits), lambda found: found == [(2,)])
    proxy.faults = Faults()
    other.sync()
    machine.sync()
    same_everywhere(primary.url, ["from here"], machine, other)


# Disks.


def in_memory(
    size: str, call: str, folder: Path, url: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a function of this module where `folder` is a small disk of its own."""
    mount = f"mount -t tmpfs -o size={size} tmpfs {folder}"
    code = (
        "import os, pathlib; from tests.contract import test_sync_faults as module; "
        f"module.{call}(pathlib.Path(os.environ['FOLDER']), {url!r})"
    )
    return in_mounted(mount, code, folder)


def fill(folder: Path) -> Path:
    """Write until nothing fits any more; return what to delete to have room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            while True:
                try:
                    if file.write(b"x" * size) < size:
                        break
                except OSError:
                    break
    return ballast


def pull_onto_a_full_disk(folder: Path, url: str) -> None:
    machine = Machine(folder, "one", url)
    machine.sync()
    machine.save("from here")
    with machine.runtime():  # so that the files beside the replica are there
        ballast = fill(folder)
        full = machine.run("sync")
        asked = machine.program("ask", "--quiet", "hello", "there")
        status = machine.run("sync", "status")
    ballast.unlink()
    again = machine.run("sync")
    print((full.code, full.out, full.err))  # noqa: T201
    print((asked.code, "Containers" in asked.out, asked.err))  # noqa: T201
    print((status.code in {0, 1}, "Traceback" in status.err))  # noqa: T201
    print((again.code, machine.texts() == ["from here", *texts("old", 300)]))  # noqa: T201


def test_a_full_disk_of_the_client(primary: Sqld, tmp_path: Path) -> None:
    elder = Machine(tmp_path, "elder", primary.url)
    elder.save(*texts("old", 300), response="x" * 3_000)
    elder.sync()
    folder = tmp_path / "small"
    folder.mkdir()
    done = in_memory("6m", "pull_onto_a_full_disk", folder, primary.url)
    assert done.returncode == 0, done.stderr
    full, asked, status, again = (eval(line) for line in done.stdout.splitlines())
    assert (full[0], full[1], full[2].count("\n")) == (1, "", 1)
    assert "disk" in full[2]
    assert asked[:2] == (0, True)
    assert "Traceback" not in asked[2]
    assert status == (True, False)
    assert again == (0, True)
    elder.sync()
    same_everywhere(primary.url, ["from here", *texts("old", 300)], elder)


def push_to_a_full_server(folder: Path, _url: str) -> None:
    home = Path(os.environ["HOME"]) / "home"
    with Sqld(folder / "sqld") as server:
        initialise(server.url, home)
        machine = Machine(home, "one", server.url)
        machine.sync()
        ballast = fill(folder)
        machine.save(*texts("big", 200), response="x" * 3_000)
        full = machine.run("sync")
        waiting = machine.unacknowledged()
        parked = machine.status().parked
        ballast.unlink()
        server.restart()
        again = machine.run("sync")
        print((full.code, full.out, full.err, waiting, len(parked)))  # noqa: T201
        print((again.code, again.err, questions_on(server.url) == texts("big", 200)))  # noqa: T201


def test_a_full_disk_of_the_server(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    done = in_memory("8m", "push_to_a_full_server", folder)
    assert done.returncode == 0, done.stderr
    full, again = (eval(line) for line in done.stdout.splitlines())
    assert full[0] == 3, full
    assert (full[1], full[2].count("\n")) == ("", 1)
    assert full[3:] == (200, 0)
    assert again == (0, "", True)


# Tokens.


@pytest.fixture
def guarded(tmp_path: Path, jwt_keys: Keys) -> Iterator[Sqld]:
    """Give a prepared primary that wants tokens."""
    with Sqld(tmp_path / "guarded", keys=jwt_keys) as server:
        initialise(server.url, tmp_path, TURSO_AUTH_TOKEN=jwt_keys.token())
        yield server


def impatient(machine: Machine, **constants: float) -> "subprocess.Popen[bytes]":
    """Start `sync --watch` with other constants: what takes minutes takes a moment here."""
    changes = "; ".join(
        f"import {name.rpartition('.')[0]} as m; m.{name.rpartition('.')[2]} = {value}"
        for name, value in constants.items()
    )
    code = f"{changes}; import sys; from ipcom_chat.cli.main import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", code, "sync", "--watch"],
        env=machine.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@contextmanager
def watching(machine: Machine, **constants: float) -> Iterator[Told]:
    process = impatient(machine, **constants)
    try:
        yield Told(process.stderr)
        process.terminate()
        assert process.wait(LIMIT_S) == 0
    finally:
        process.kill()
        process.wait()


def token_file(machine: Machine, folder: Path, token: str) -> Path:
    file = folder / f"token-{machine.name}"
    put_token(file, token)
    machine.env["TURSO_AUTH_TOKEN_FILE"] = str(file)
    return file


def put_token(file: Path, token: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(f"{token}\n")
    new.chmod(0o600)
    new.replace(file)


@pytest.mark.parametrize("token", ["wrong", "expired"])
def test_a_token_that_is_refused_during_a_watch_and_renewed(
    guarded: Sqld, tmp_path: Path, jwt_keys: Keys, token: str
) -> None:
    machine = Machine(tmp_path, "one", guarded.url, SYNC_ACTIVE_INTERVAL="1")
    file = token_file(machine, tmp_path, jwt_keys.token())
    keys = Keys(tmp_path / "other-keys")
    refused = WRONG_TOKEN if token == "wrong" else keys.token(expires_in_s=-3600)
    with watching(machine, **{"ipcom_chat.sync.scheduler.TOKEN_S": 0.3}) as told:
        told.wait_for("synced with")
        # The server gets other keys, as after `turso db tokens invalidate`.
        put_token(file, refused)
        guarded.kill()
        guarded._keys = keys
        guarded.start()
        machine.save("during")
        line = told.wait_for("needs attention")
        assert re.fullmatch(
            r"needs attention: The primary at 127\.0\.0\.1:\d+ does not accept the token; .*safe.*"
            r"Set TURSO_AUTH_TOKEN.*",
            line,
        )
        status = machine.status()
        assert (status.condition, status.error_code) == (Condition.ATTENTION, "primary_auth")
        shown = machine.run("sync", "status")
        assert shown.code == 1
        assert "needs attention" in shown.out
        tries = status.tried_at
        eventually(lambda: machine.status().tried_at, lambda now: now != tries)
        assert sum("needs attention" in each for each in told.lines) == 1
        put_token(file, keys.token())
        told.wait_for("synced with", after=told.lines.index(line))
    assert questions_on(guarded.url, keys.token()) == ["during"]


@pytest.mark.parametrize("source", ["file", "command"])
def test_tokens_are_rotated_without_a_stop(tmp_path: Path, jwt_keys: Keys, source: str) -> None:
    """The old key goes while a watch holds a token of it: nobody has to notice."""
    new_keys = Keys(tmp_path / "new-keys")
    server = Sqld(tmp_path / "rotating", keys=jwt_keys)
    with server:
        initialise(server.url, tmp_path, TURSO_AUTH_TOKEN=jwt_keys.token())
        both = tmp_path / "both.pub.pem"
        both.write_text(jwt_keys.public.read_text() + new_keys.public.read_text())
        server._options = ("--auth-jwt-key-file", str(both))
        server._keys = None
        server.restart()
        machine = Machine(tmp_path, "one", server.url, SYNC_ACTIVE_INTERVAL="1")
        file = token_file(machine, tmp_path, jwt_keys.token())
        if source == "command":
            del machine.env["TURSO_AUTH_TOKEN_FILE"]
            machine.env["TURSO_AUTH_TOKEN_COMMAND"] = f"cat {file}"
        with watching(machine, **{"ipcom_chat.sync.scheduler.TOKEN_S": 60}) as told:
            told.wait_for("synced with")
            machine.save("with the old token")
            questions = eventually(
                lambda: questions_on(server.url, new_keys.token()), lambda found: len(found) == 1
            )
            assert questions == ["with the old token"]
            put_token(file, new_keys.token())
            server._options, server._keys = (), new_keys
            server.restart()
            machine.save("with the new token")
            eventually(
                lambda: questions_on(server.url, new_keys.token()), lambda found: len(found) == 2
            )
            assert not any("attention" in line for line in told.lines)
        assert machine.unacknowledged() == 0


def test_a_wrong_token_is_one_sentence_and_work_goes_on(guarded: Sqld, tmp_path: Path) -> None:
    machine = Machine(tmp_path, "one", guarded.url, TURSO_AUTH_TOKEN=WRONG_TOKEN)
    done = machine.run("sync")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "does not accept the token" in done.err
    assert WRONG_TOKEN not in done.err
    asked = machine.run("ask", "hello", "there")
    assert (asked.code, asked.err) == (0, "")
    assert machine.unacknowledged() == 1
    doctor = machine.run("doctor")
    assert "does not accept the token" in doctor.out
    assert doctor.code == 1


def test_a_read_only_token_reads_and_says_so_until_it_may_write(
    guarded: Sqld, tmp_path: Path, jwt_keys: Keys
) -> None:
    full = jwt_keys.token()
    elder = Machine(tmp_path, "elder", guarded.url, TURSO_AUTH_TOKEN=full)
    elder.save("from afar")
    elder.sync()
    machine = Machine(tmp_path, "one", guarded.url)
    reading = {"TURSO_AUTH_TOKEN": jwt_keys.token("ro")}
    machine.save("from here")
    done = machine.run("sync", **reading)
    assert done.code == 0
    assert re.fullmatch(r"Pushed 0, pulled \d, 2 waiting, 0 refused\.\n", done.out)
    assert "The token does not allow writing" in done.err
    assert machine.texts() == ["from afar", "from here"]
    status = machine.run("sync", "status", "--json", **reading)
    found = status.json()
    assert (status.code, found["condition"], found["read_only"]) == (1, "attention", True)
    assert found["error"] is None
    shown = machine.run("sync", "status", **reading)
    assert "needs attention: the token does not allow writing" in shown.out
    assert "does not allow writing" in machine.run("doctor", **reading).out
    again = machine.run("sync", TURSO_AUTH_TOKEN=full)
    assert (again.code, again.out) == (0, "Pushed 2, pulled 0, 0 waiting, 0 refused.\n")
    assert again.err == ""
    assert machine.run("sync", "status", TURSO_AUTH_TOKEN=full).code == 0
    assert questions_on(guarded.url, full) == ["from afar", "from here"]


def test_a_watch_learns_that_its_token_may_write_now(
    guarded: Sqld, tmp_path: Path, jwt_keys: Keys
) -> None:
    """A client that kept the read-only token in memory never wrote until it was restarted."""
    machine = Machine(tmp_path, "one", guarded.url, SYNC_ACTIVE_INTERVAL="1")
    file = token_file(machine, tmp_path, jwt_keys.token("ro"))
    machine.save("from here")
    with watching(machine, **{"ipcom_chat.sync.engine.READ_ONLY_MS": 300}) as told:
        told.wait_for("needs attention: the token does not allow writing")
        put_token(file, jwt_keys.token())
        told.wait_for("synced with")
    assert questions_on(guarded.url, jwt_keys.token()) == ["from here"]


# A primary with replicas of its own.


def test_a_dead_primary_with_a_live_replica_is_read_and_written_later(tmp_path: Path) -> None:
    with (
        Sqld(tmp_path / "primary", feeds_replicas=True) as server,
        Sqld(tmp_path / "replica", primary=server) as copy,
    ):
        initialise(server.url, tmp_path)
        elder = Machine(tmp_path, "elder", server.url)
        machine = Machine(
            tmp_path, "one", f"{server.url},{copy.url}", TURSO_SYNC_URL=copy.url,
            TURSO_QUERY_TIMEOUT="1000",
        )  # fmt: skip
        elder.save("early")
        elder.sync()
        eventually(lambda: questions_on(copy.url), lambda found: found == ["early"])
        machine.sync()
        assert machine.texts() == ["early"]
        elder.save("late")
        elder.sync()
        eventually(lambda: questions_on(copy.url), lambda found: found == ["early", "late"])
        server.kill()
        machine.save("offline 1")
        with pytest.raises(PrimaryUnreachableError):
            machine.sync()
        assert machine.texts() == ["early", "late", "offline 1"]  # reading went on
        assert machine.unacknowledged() == 1
        machine.save("offline 2")
        assert machine.run("ask", "--quiet", "hello").code == 0
        server.start()
        eventually(lambda: machine.run("sync"), lambda done: done.code == 0)
        elder.sync()
        same_everywhere(
            server.url, ["early", "hello", "late", "offline 1", "offline 2"], machine, elder
        )


# Many processes on one replica.


def test_two_terminals_and_a_watch_share_one_replica(primary: Sqld, tmp_path: Path) -> None:
    machine = Machine(tmp_path, "one", primary.url)
    wanted = [f"{name} {number}" for name in ("left", "right") for number in range(3)]

    def terminal(name: str) -> list[int]:
        return [machine.program("ask", "--quiet", name, str(number)).code for number in range(3)]

    with running(machine, "sync", "--watch") as (process, told):
        told.wait_for("synced with")
        both = [background(lambda each=name: terminal(each)) for name in ("left", "right")]  # type: ignore[misc]
        assert [each.result(3 * LIMIT_S) for each in both] == [[0, 0, 0], [0, 0, 0]]
        eventually(machine.unacknowledged, lambda waiting: waiting == 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    same_everywhere(primary.url, wanted, machine)
    sessions = rows_of(primary.url, "SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL")
    assert sessions == [(6,)]


def test_one_process_of_a_replica_exchanges_at_a_time(
    primary: Sqld, proxy: Proxy, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, "one", proxy.url)
    machine.sync()
    machine.save("from here")
    proxy.faults = Faults(stall_down=True)
    first = background(machine.sync)
    eventually(lambda: questions_on(primary.url), lambda found: found == ["from here"])
    accepted = proxy.accepted
    second = machine.run("sync")
    assert (second.code, second.out) == (0, "")
    assert second.err == (
        "Another process of this machine is synchronising; what it does not carry goes next.\n"
    )
    assert proxy.accepted == accepted
    proxy.faults = Faults()
    assert first.result(LIMIT_S).pushed == 1
    same_everywhere(primary.url, ["from here"], machine)


def _sync_once(_index: int, machine: Machine) -> tuple[int, str]:
    done = machine.run("sync")
    return done.code, done.err


def test_sixteen_processes_at_once_on_an_empty_home(primary: Sqld, tmp_path: Path) -> None:
    elder = Machine(tmp_path, "elder", primary.url)
    elder.save(*texts("old", 250))
    elder.sync()
    machine = Machine(tmp_path, "one", primary.url)
    done = together(_sync_once, 16, machine)
    assert [code for code, _err in done] == [0] * 16
    assert {err for _code, err in done} <= {
        "", "Another process of this machine is synchronising; what it does not carry goes next.\n"
    }  # fmt: skip
    machine.sync()
    same_everywhere(primary.url, texts("old", 250), machine)
    assert rows_of(primary.url, "SELECT count(*) FROM heartbeats") == [(2,)]


# The database.


FOREIGN = "is not prepared for ipcom-chat. What is saved here is safe and waits; check"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ((), FOREIGN),
        (("CREATE TABLE users (id INTEGER)", "CREATE TABLE entries (id INTEGER)"), FOREIGN),
        (("init", "UPDATE sync_meta SET min_protocol = 99"), "upgrade ipcom-chat"),
        (("init", "UPDATE schema_migrations SET number = 0"), "run 'ipcom-chat server migrate'"),
        (("init", "DELETE FROM sync_meta"), FOREIGN),
        (("init", "DROP VIEW sync_changes"), "libSQL|primary"),
    ],
    ids=["empty", "foreign", "too new", "too old", "no epoch", "damaged"],
)
def test_a_database_that_cannot_be_used_is_told_and_work_goes_on(
    sqld: Sqld, tmp_path: Path, changes: tuple[str, ...], sentence: str
) -> None:
    for change in changes:
        if change == "init":
            initialise(sqld.url, tmp_path)
        else:
            rows_of(sqld.url, change)
    machine = Machine(tmp_path, "one", sqld.url)
    machine.save("from here")
    done = machine.run("sync")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert re.search(sentence, done.err)
    asked = machine.run("ask", "--quiet", "hello")
    assert (asked.code, asked.err) == (0, "")
    assert machine.status().condition is Condition.ATTENTION
    assert machine.texts() == ["from here", "hello"]
    shown = machine.run("sync", "status")
    assert (shown.code, "needs attention" in shown.out) == (1, True)
    assert re.search(sentence, shown.out)


@pytest.mark.parametrize("hours", [-25.5, 25.5])
def test_a_clock_that_is_off_by_a_day_is_told_and_harms_nothing(
    primary: Sqld, tmp_path: Path, hours: float
) -> None:
    elder, machine = (Machine(tmp_path, name, primary.url) for name in ("elder", "one"))
    elder.save("before")
    elder.sync()
    real = time.time_ns
    with patch("time.time_ns", lambda: real() + round(hours * 3_600_000_000_000)):
        machine.save("from here")
        done = machine.run("sync")
        assert done.code == 0
        assert re.search(r"clock is 25 h \d+ min away from the primary's", done.err)
        assert "timedatectl" in done.err
        found = machine.run("sync", "status", "--json").json()
        assert abs(found["skew_ms"] - hours * 3_600_000) < 60_000
        assert found["condition"] == "synced"
        assert "timedatectl" in machine.run("sync", "status").err
        doctor = machine.run("doctor")
        assert "clock" in doctor.out
        assert "timedatectl set-ntp true" in doctor.out
    elder.save("after")
    elder.sync()
    machine.sync()
    assert machine.run("sync").err == ""
    same_everywhere(primary.url, ["before", "from here", "after"], elder, machine)


# Nothing of ours answers.


class _Page(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = b"<html><title>Sign in to the hotel's network</title></html>"
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def page_server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


NEW_USER = ("user", "create", "--username", "ana", "--name", "Ana", "--email", "ana@x.com")
VERBS = (("sync",), ("sync", "--json"), ("sync", "retry"), ("sync", "verify"), NEW_USER)


@pytest.mark.parametrize(
    ("server", "code", "sentence", "remedy"),
    [
        (page_server, 1, "is not a libSQL server: it sent a page", "check the primary's address"),
        (refused_port, 3, "did not answer as it should: ", "sent later"),
        (silent_server, 3, "it took too long", "sent later"),
    ],
    ids=["a page", "nobody", "silence"],
)
def test_every_error_is_one_line_and_work_goes_on(
    tmp_path: Path,
    server: Callable[[], Any],
    code: int,
    sentence: str,
    remedy: str,
) -> None:
    with server() as port:
        machine = Machine(tmp_path, "one", f"http://127.0.0.1:{port}", TURSO_QUERY_TIMEOUT="300")
        for verb in VERBS:
            done = machine.run(*verb)
            told = done.err.splitlines()[-1]
            assert (done.code, done.out) == (code, ""), verb
            assert done.err.count("\n") == 1 + (verb == ("sync", "retry"))
            assert told.startswith("ipcom-chat: ")
            assert sentence in told
            assert remedy in told
        doctor = machine.run("doctor")
        assert doctor.code == 1
        assert sentence in doctor.out
        asked = machine.run("ask", "--quiet", "hello")
        assert (asked.code, asked.err) == (0, "")
        assert machine.texts() == ["hello"]
        assert machine.run("history", "list").code == 0
        condition = machine.status().condition
        assert condition is (Condition.ATTENTION if code == 1 else Condition.OFFLINE)


def test_an_address_that_cannot_be_used_is_told_and_work_goes_on(tmp_path: Path) -> None:
    for url in ("ftp://example.com", "http://ana:secret@example.com", "not an address"):
        machine = Machine(tmp_path, "one", url)
        done = machine.run("sync")
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert "secret" not in done.err
        asked = machine.run("ask", "--quiet", "hello")
        assert (asked.code, asked.err) == (0, "")
