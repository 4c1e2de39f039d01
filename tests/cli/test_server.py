"""`server`: texts, exit codes, JSON, and a primary in the foreground."""

import os
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import msgspec
import pytest

from ipcom_chat import i18n
from ipcom_chat.cli.root import root
from ipcom_chat.cli.server_token import token_commands
from ipcom_chat.sync.server import Migrated, Prepared, PrimaryStatus
from ipcom_chat.sync.server_verify import Problem, Verification
from tests.cli.conftest import Env
from tests.support import sqld as sqld_module
from tests.support.cli import Finished, run_cli, run_program, start_program
from tests.support.env import data_dir, replica
from tests.support.sqld import Keys, Sqld, free_port, jwt_keys, sqld
from tests.support.tmux import requires_tool

__all__ = ["jwt_keys", "sqld"]

LIMIT_S = 30.0
DOCS = Path(__file__).parents[2] / "docs" / "cli.md"


@pytest.fixture
def on(env: Env, sqld: Sqld) -> Env:
    """Give the environment of an administrator with an empty database."""
    return env | {"TURSO_DATABASE_URL": sqld.url}


@pytest.fixture
def dev_env(env: Env) -> Env:
    return env | {"SQLD_BIN": str(sqld_module.binary())}


def execute(url: str, sql: str, env: Env) -> None:
    """Carry out one statement, as a tool of others would."""
    import urllib.request  # noqa: PLC0415

    body = {"requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}]}
    request = urllib.request.Request(
        f"{url}/v3/pipeline", msgspec.json.encode(body), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
        assert b'"error"' not in answer.read()


# init, migrate, status, verify


def test_a_primary_is_prepared_and_looked_at(on: Env, sqld: Sqld) -> None:
    host = f"127.0.0.1:{sqld.port}"
    first = run_cli(["server", "init"], on)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith(f"The database at {host} is prepared: schema 1.")
    again = run_cli(["server", "init"], on)
    assert again.out == (
        f"The database at {host} was prepared before: schema 1. Nothing was changed.\n"
    )
    migrated = run_cli(["server", "migrate"], on)
    assert migrated.out == f"The database at {host} has the newest schema, 1, already.\n"
    shown = run_cli(["server", "status"], on)
    assert f"Primary\t{host}\n" in shown.out
    assert re.search(r"^Clock\tthis machine is \d+ ms (ahead|behind)$", shown.out, re.MULTILINE)
    verified = run_cli(["server", "verify"], on)
    assert (verified.code, verified.err) == (0, "")
    assert verified.out == f"The database at {host} is as it should be.\n"
    assert not replica(on).exists()  # it needs no history of its own


def test_json(on: Env, sqld: Sqld) -> None:
    host = f"127.0.0.1:{sqld.port}"
    first = run_cli(["server", "init", "--json"], on).json()
    assert (first["host"], first["schema"], first["is_new"]) == (host, 1, True)
    assert run_cli(["server", "init", "--json"], on).json()["is_new"] is False
    migrated = run_cli(["server", "migrate", "--json"], on).json()
    assert migrated == {"host": host, "before": 1, "after": 1}
    found = run_cli(["server", "status", "--json"], on).json()
    assert (found["epoch"], found["entries"], found["oldest_at"]) == (first["epoch"], 0, None)
    verified = run_cli(["server", "verify", "--json"], on).json()
    assert verified == {"host": host, "schema": 1, "problems": [], "skipped": []}


def test_each_problem_is_one_line(on: Env, sqld: Sqld) -> None:
    run_cli(["server", "init"], on)
    execute(sqld.url, "DROP VIEW command_cache", on)
    execute(sqld.url, "DELETE FROM sync_counter", on)
    done = run_cli(["server", "verify"], on)
    assert done.code == 1
    assert done.out.splitlines() == [
        "schema: view command_cache is missing",
        "state: sync_counter has 0 rows, not one",
    ]
    assert done.err.startswith("2 problems at 127.0.0.1")
    assert "server init" in done.err
    problems = run_cli(["server", "verify", "--json"], on)
    assert problems.code == 1
    assert [each["check"] for each in problems.json()["problems"]] == ["schema", "state"]


@pytest.mark.parametrize("verb", ["init", "migrate", "status", "verify"])
def test_what_can_be_wrong_is_one_line_with_the_remedy(env: Env, verb: str) -> None:
    def run(**more: str) -> Finished:
        done = run_cli(["server", verb], env | more)
        assert done.out == ""
        assert done.err.count("\n") == 1
        return done

    none = run()
    assert none.code == 1
    assert "TURSO_DATABASE_URL" in none.err
    assert "TURSO_AUTH_TOKEN" in none.err
    gone = run(TURSO_DATABASE_URL=f"http://127.0.0.1:{free_port()}")
    assert gone.code == 3
    wrong = run(TURSO_DATABASE_URL="ftp://example.com")
    assert wrong.code == 1
    plain = run(TURSO_DATABASE_URL="http://primary.example.com", TURSO_AUTH_TOKEN="t0p")
    assert plain.code == 1
    assert "unencrypted" in plain.err
    assert "t0p" not in plain.err


@pytest.mark.parametrize("verb", ["migrate", "status", "verify"])
def test_a_database_that_was_not_prepared(on: Env, verb: str) -> None:
    done = run_cli(["server", verb], on)
    assert (done.code, done.out) == (1, "")
    assert "'ipcom-chat server init'" in done.err


def test_the_screen_speaks_portuguese(on: Env) -> None:
    done = run_cli(["server", "init"], on | {"IPCOM_CHAT_LANGUAGE": "pt_BR"})
    assert done.out.startswith("O banco em 127.0.0.1")
    shown = run_cli(["server", "status"], on | {"IPCOM_CHAT_LANGUAGE": "pt_BR"})
    assert "Registros\t0" in shown.out


def test_every_field_and_verb_is_documented() -> None:
    page = DOCS.read_text(encoding="utf-8")
    group = root().get_command(click.Context(root()), "server")
    assert isinstance(group, click.Group)
    for verb in group.commands:
        assert f"`server {verb}" in page, verb
    for record in (Prepared, Migrated, PrimaryStatus, Verification, Problem):
        for field in record.__struct_fields__:
            assert f"`{field}`" in page, field


# token


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_commands_make_tokens_that_a_server_takes(env: Env, tmp_path: Path, shell: str) -> None:
    for tool in ("openssl", "setpriv", shell):
        requires_tool(tool)
    keys = tmp_path / "keys"
    keys.mkdir()
    for argv in (["server", "token"], ["server", "token", "--read-only", "--days", "1"]):
        printed = run_cli(argv, env)
        assert (printed.code, printed.err) == (0, "")
        done = subprocess.run(
            [shell], input=printed.out.encode(), cwd=keys, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()}
    assert made == {
        "jwt.pem": 0o600, "jwt.pub.pem": 0o644, "rw.token": 0o600, "ro.token": 0o600,
    }  # fmt: skip
    server_keys = Keys.__new__(Keys)  # those of the administrator, not ours
    server_keys.public = keys / "jwt.pub.pem"
    with Sqld(tmp_path / "sqld", keys=server_keys) as sqld:
        where = env | {"TURSO_DATABASE_URL": sqld.url}
        reader = where | {"TURSO_AUTH_TOKEN_FILE": str(keys / "ro.token")}
        writer = where | {"TURSO_AUTH_TOKEN_FILE": str(keys / "rw.token")}
        assert run_cli(["server", "init"], where).code == 1
        assert "may write" in run_cli(["server", "init"], reader).err
        assert run_cli(["server", "init"], writer).code == 0
        assert run_cli(["server", "verify"], reader).code == 0


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_the_commands_survive_an_interactive_zsh(language: i18n.Language) -> None:
    i18n.use(language)
    lines = token_commands(read_only=True, days=30).splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert len(comments) >= 5
    for line in comments:
        # There a comment is a command that is not found; its words must do nothing either.
        assert re.fullmatch(r"#[\w .,:=/-]+", line), line
    assert any("turso db tokens create" in line and "30d --read-only" in line for line in comments)


def test_the_number_of_days_must_be_one(env: Env) -> None:
    for days in ("0", "-1", "x"):
        assert run_cli(["server", "token", f"--days={days}"], env).code == 2


# dev


@contextmanager
def running_dev(env: Env, *options: str) -> Iterator[tuple["subprocess.Popen[bytes]", list[str]]]:
    """Run `server dev` and yield it with the two lines it prints."""
    process = start_program(["server", "dev", *options], env)
    assert process.stdout is not None
    try:
        yield process, [process.stdout.readline().decode().strip() for _ in range(2)]
    finally:
        process.kill()
        process.communicate()


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def is_alive(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until_gone(pid: int) -> None:
    until = time.monotonic() + LIMIT_S
    while is_alive(pid):
        assert time.monotonic() < until, "a child was left behind"
        time.sleep(0.01)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_primary_in_the_foreground_ends_with_the_program(dev_env: Env, end: int) -> None:
    port = free_port()
    with running_dev(dev_env, "--port", str(port)) as (process, lines):
        assert lines == [
            f"export TURSO_DATABASE_URL=http://127.0.0.1:{port}",
            "export TURSO_AUTH_TOKEN=",
        ]
        where = dev_env | {"TURSO_DATABASE_URL": f"http://127.0.0.1:{port}"}
        assert run_cli(["server", "verify"], where).code == 0
        (child,) = children(process.pid)
        command = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        assert "--max-concurrent-connections" in command
        process.send_signal(end)
        _out, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 130
        assert b"Traceback" not in err
        assert not is_alive(child)
    folder = data_dir(dev_env) / "dev-primary"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with socket.socket() as probe:  # the port is free again
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_an_impatient_second_signal_leaves_no_child(dev_env: Env) -> None:
    with running_dev(dev_env, "--port", str(free_port())) as (process, _lines):
        (child,) = children(process.pid)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate(timeout=LIMIT_S)
        assert b"Traceback" not in err
        assert not is_alive(child)


def test_its_data_stays(dev_env: Env, tmp_path: Path) -> None:
    epochs = set()
    for _ in range(2):
        port = free_port()
        options = ("--port", str(port), "--folder", str(tmp_path / "here"))
        with running_dev(dev_env, *options) as (process, _lines):
            where = dev_env | {"TURSO_DATABASE_URL": f"http://127.0.0.1:{port}"}
            epochs.add(run_cli(["server", "init", "--json"], where).json()["epoch"])
            process.terminate()
            process.communicate(timeout=LIMIT_S)
    assert len(epochs) == 1


def test_no_child_is_left_when_the_program_is_killed(dev_env: Env) -> None:
    requires_tool("setpriv")
    with running_dev(dev_env, "--port", str(free_port())) as (process, _lines):
        (child,) = children(process.pid)
        process.kill()
        process.wait()
        wait_until_gone(child)


def test_a_server_that_dies_ends_the_program(dev_env: Env) -> None:
    with running_dev(dev_env, "--port", str(free_port())) as (process, _lines):
        (child,) = children(process.pid)
        os.kill(child, signal.SIGKILL)
        _out, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 1
        assert b"sqld ended by itself" in err


def test_a_taken_port_and_a_taken_folder_are_told(dev_env: Env) -> None:
    port = free_port()
    with running_dev(dev_env, "--port", str(port)):
        taken = run_program(["server", "dev", "--port", str(port)], dev_env)
        assert (taken.code, taken.out) == (1, "")
        assert f"port {port}" in taken.err
        assert "--port N" in taken.err
        twice = run_program(["server", "dev", "--port", str(free_port())], dev_env)
        assert (twice.code, twice.out) == (1, "")
        assert "Another 'ipcom-chat server dev' runs in" in twice.err


def test_no_server_to_run_is_told(env: Env, tmp_path: Path) -> None:
    none = run_program(["server", "dev"], env | {"PATH": str(tmp_path)})
    assert (none.code, none.out) == (1, "")
    assert "SQLD_BIN" in none.err
    named = run_program(["server", "dev"], env | {"SQLD_BIN": "/nowhere/sqld"})
    assert (named.code, named.out) == (1, "")
    assert "/nowhere/sqld" in named.err


def test_a_program_that_is_no_server_is_told(env: Env) -> None:
    port = free_port()
    done = run_program(["server", "dev", "--port", str(port)], env | {"SQLD_BIN": "/bin/false"})
    assert (done.code, done.out) == (1, "")
    assert "sqld ended by itself" in done.err


def test_a_folder_that_cannot_be_made_is_told(dev_env: Env, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    argv = ["server", "dev", "--port", str(free_port()), "--folder", str(tmp_path / "file" / "x")]
    done = run_program(argv, dev_env)
    assert (done.code, done.out) == (1, "")
    assert "Cannot use the folder" in done.err
