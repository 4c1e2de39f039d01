"""The program as a process: pipes, locales, closed streams, broken disks."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import pytest

from ipcom_chat import __version__
from ipcom_chat.cli import main as main_module
from ipcom_chat.cli.output import ExitCode
from ipcom_chat.runtime import Runtime
from tests.cli.conftest import Env
from tests.support.cli import PROGRAM, Finished, add_entries, run_cli, run_program, start_program
from tests.support.env import data_dir, log_file, replica
from tests.support.replica import process

LIST = ["history", "list"]
NOBODY = 65534
FILE_LIMIT_KIB = 64


def test_version_and_help(env: Env) -> None:
    assert run_program(["--version"], env).out.startswith("ipcom-chat ")
    helped = run_program(["--help"], env)
    assert helped.code == 0
    assert "completion" in helped.out
    assert run_program(["history", "list", "--help"], env).out.startswith("Usage: ipcom-chat")
    assert not data_dir(env).exists()


def test_the_screen_speaks_portuguese(env: Env) -> None:
    done = run_program(["usr"], env | {"LANG": "pt_BR.UTF-8"})
    assert "Você quis dizer 'user'?" in done.err
    helped = run_program(["user", "-h"], env | {"IPCOM_CHAT_LANGUAGE": "pt_BR"})
    assert helped.out.startswith("Uso: ")


@pytest.mark.parametrize(
    ("argv", "suggestion"),
    [
        (["usr"], "'user'"),
        (["user", "lst"], "'list'"),
        (["user", "list", "--jsn"], "'--json'"),
    ],
)
def test_a_typing_error_is_told_with_a_suggestion(
    env: Env, argv: list[str], suggestion: str
) -> None:
    done = run_cli(argv, env)
    assert (done.code, done.out) == (2, "")
    assert f"Did you mean {suggestion}?" in done.err
    assert done.err.count("\n") == 1


def test_a_noun_alone_shows_its_verbs_and_fails(env: Env) -> None:
    done = run_cli(["user"], env)
    assert (done.code, done.out) == (2, "")
    assert "reactivate" in done.err


@pytest.mark.parametrize(
    "locale",
    [
        {"LANG": "C"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_no_encoding_makes_it_crash(env: Env, locale: Env) -> None:
    add_entries(env, {"command": "como está o disco? 漢字"})
    for argv in (LIST, [*LIST, "--json"], ["history", "export", "--format", "csv"]):
        done = run_program(argv, env | locale)
        assert done.code == 0, done.err
        assert "como est" in done.out


def test_json_stays_lossless_in_an_ascii_terminal(env: Env) -> None:
    add_entries(env, {"command": "está 漢 \U0001f600"})
    done = run_program([*LIST, "--json"], env | {"PYTHONIOENCODING": "ascii"})
    assert done.json()[0]["command"] == "está 漢 \U0001f600"


def test_arguments_that_are_no_text_are_told(env: Env) -> None:
    done = subprocess.run(
        [*PROGRAM, b"\xff\xfe"], env=env, capture_output=True, check=False, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_reader_that_has_enough_ends_it_quietly(env: Env) -> None:
    add_entries(env, *({"command": f"q{number} " + "x" * 900} for number in range(300)))
    command = f"{' '.join(PROGRAM)} history list --limit 300 | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=env, capture_output=True, check=False, timeout=60
    )
    assert done.stderr == b""
    assert done.stdout.splitlines()[-1] == b"0"


@pytest.mark.parametrize("argv", [LIST, ["--version"], ["--help"], [*LIST, "--json"]])
def test_a_full_device_behind_stdout_is_one_sentence(env: Env, argv: list[str]) -> None:
    add_entries(env, {})
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, *argv], env=env, stdout=full, stderr=subprocess.PIPE, check=False,
            timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().startswith("ipcom-chat: Cannot write the output")
    assert done.stderr.count(b"\n") == 1


def test_an_answer_that_stdout_does_not_take_is_kept(env: Env) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "ask", "zzz"], env=env, stdout=full, stderr=subprocess.PIPE, check=False,
            timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().startswith("ipcom-chat: Cannot write the output")
    assert done.stderr.count(b"\n") == 1
    (entry,) = run_cli([*LIST, "--json"], env).json()
    assert entry["status"] == "completed"
    assert "found nothing about this" in entry["response"]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_do_not_touch_the_history(env: Env, closed: str) -> None:
    add_entries(env, {})
    command = f"{' '.join(PROGRAM)} history list {closed}"
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, timeout=60,
                          check=False)  # fmt: skip
    assert done.returncode == (1 if ">&-" in closed.replace("2>&-", "") else 0)
    assert b"Traceback" not in done.stderr
    with sqlite3.connect(replica(env)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_d56_files_are_private_whatever_the_umask(env: Env) -> None:
    old = os.umask(0)
    try:
        run_program(["machine", "register"], env)
    finally:
        os.umask(old)
    for path in data_dir(env).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(data_dir(env).stat().st_mode) == 0o700


def test_a_newer_schema_is_refused_and_left_alone(env: Env) -> None:
    add_entries(env, {})
    with sqlite3.connect(replica(env)) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = replica(env).read_bytes()
    done = run_program(LIST, env)
    assert done.code == 1
    assert "newer ipcom-chat (schema 999" in done.err
    assert done.err.count("\n") == 1
    assert replica(env).read_bytes() == before


def test_a_damaged_file_is_set_aside_and_told(env: Env) -> None:
    add_entries(env, {})
    replica(env).write_bytes(b"this is no database at all" * 400)
    done = run_program(LIST, env)
    assert "It was set aside as" in done.err
    assert [path for path in data_dir(env).iterdir() if "damaged" in path.name]
    assert run_program(LIST, env).err == "Nothing was found in this history.\n"


def test_a_folder_that_cannot_be_written_is_one_sentence(env: Env) -> None:
    blocker = Path(env["XDG_DATA_HOME"])
    blocker.write_text("a file where the folder should be")
    done = run_program(LIST, env)
    assert done.code == 1
    assert done.err.startswith("ipcom-chat: Cannot open the history")
    assert done.err.count("\n") == 1


def test_a_read_only_folder_is_one_sentence(env: Env, tmp_path: Path) -> None:
    """As an ordinary user, since nothing is read-only to root."""
    add_entries(env, {})
    data_dir(env).chmod(0o500)
    for path in (replica(env), Path(f"{replica(env)}.lock")):
        path.chmod(0o400)
    done = _as_ordinary_user(LIST, env, tmp_path)
    data_dir(env).chmod(0o700)
    assert done.code == 1
    assert "cannot be written. Nothing was changed" in done.err
    assert done.err.count("\n") == 1


def test_a_full_disk_keeps_no_answer_back(env: Env) -> None:
    """The limit of a file's size stands for a disk that is full."""
    add_entries(env, *({"response": "x" * 3000} for _number in range(60)))
    limited = f'ulimit -f {FILE_LIMIT_KIB} && exec "$@"'
    done = subprocess.run(
        ["bash", "-c", limited, "bash", *PROGRAM, "ask", "no space left on device"],
        env=env, capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert b"ipcom-chat: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_an_unexpected_fault_shows_no_traceback(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> int:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(main_module, "_dispatch", broken)
    done = run_cli(LIST, env)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "secret detail" not in done.err
    text = log_file(env).read_text()
    assert "RuntimeError" in text
    assert "secret detail" not in text


def test_ctrl_c_anywhere_is_130(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "_dispatch", interrupted)
    done = run_cli(LIST, env)
    assert (done.code, done.out, done.err) == (130, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(env: Env, shell: str) -> None:
    done = run_cli(["completion", shell], env)
    assert done.code == 0
    assert "_IPCOM_CHAT_COMPLETE" in done.out
    assert run_cli(["completion", "tcsh"], env).code == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ipcom-chat his", "plain,history"),
        ("ipcom-chat user show a", "plain,ana"),
        ("ipcom-chat history list --user a", "plain,ana"),
        ("ipcom-chat --user a", "plain,ana"),
        ("ipcom-chat config set history.m", "plain,history.mode"),
        ("ipcom-chat history list --kind c", "plain,command"),
    ],
)
def test_tab_completes(ana: Env, words: str, expected: str) -> None:
    count = len(words.split()) - 1
    typed = {"COMP_WORDS": words, "COMP_CWORD": str(count)}
    done = run_cli([], ana | typed | {"_IPCOM_CHAT_COMPLETE": "bash_complete"})
    assert done.out.splitlines() == [expected]


def test_tab_makes_no_history(env: Env) -> None:
    typed = {"COMP_WORDS": "ipcom-chat user show a", "COMP_CWORD": "3"}
    done = run_cli([], env | typed | {"_IPCOM_CHAT_COMPLETE": "bash_complete"})
    assert done.out.strip() == ""
    assert not data_dir(env).exists()
    assert run_cli([], env | {"_IPCOM_CHAT_COMPLETE": "nonsense"}).code == 1


@pytest.mark.parametrize("argv", [["--version"], ["--local", "--version"]])
def test_the_version_needs_no_verb(env: Env, argv: list[str]) -> None:
    assert run_cli(argv, env) == (0, f"ipcom-chat {__version__}\n", "")


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["ask", "--help"], ["user", "show", "-h"]])
def test_every_page_of_help_is_on_stdout(env: Env, argv: list[str]) -> None:
    done = run_cli(argv, env)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: ipcom-chat")


def test_doctor_tells_people_what_to_do(env: Env) -> None:
    add_entries(env, {})
    replica(env).chmod(0o644)
    done = run_cli(["doctor"], env)
    assert done.code == 0
    assert f"chmod 600 {replica(env)}" in done.out
    assert "ok       machine_id" in done.out


def test_recovery_is_told_by_every_verb(env: Env) -> None:
    add_entries(env, {})
    replica(env).write_bytes(b"nonsense " * 999)
    done = run_cli(["user", "list", "--json"], env)
    assert done.json() == []
    assert "ipcom-chat: The history file was damaged." in done.err


def test_no_verb_on_a_terminal_opens_the_chat(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = _opened(monkeypatch)
    assert run_cli(["--debug"], env, terminal=True).code == 7
    assert opened == [False]
    assert "chat ended with 7" in log_file(env).read_text()


def test_history_without_a_verb_opens_its_screen_on_a_terminal_alone(
    env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _opened(monkeypatch)
    assert run_cli(["history"], env, terminal=True).code == 7
    assert run_cli(["--local", "history"], env, terminal=True).code == 7
    assert opened == [True, True]
    for done in (
        run_cli(["history"], env),
        run_cli(["history"], env, "", terminal=True),
        run_cli(["history"], env | {"TERM": "dumb"}, terminal=True),
    ):
        assert done.code == ExitCode.USAGE
        assert "Usage: ipcom-chat history" in done.err
    assert run_cli(["history", "list"], env, terminal=True).code == ExitCode.FAILED
    assert opened == [True, True]


def _opened(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let nothing open a screen; return whether each that would was the history's."""
    opened: list[bool] = []

    def run_chat(runtime: object, *, opens_history: bool, opens_sessions: bool) -> int:
        assert isinstance(runtime, Runtime)
        assert not opens_sessions
        opened.append(opens_history)
        return 7

    monkeypatch.setitem(sys.modules, "ipcom_chat.tui.app", SimpleNamespace(run_chat=run_chat))
    return opened


def test_the_same_process_can_be_started_as_a_module(env: Env) -> None:
    script = Path(PROGRAM[0]).with_name("ipcom-chat")
    done = subprocess.run([script, "--version"], env=env, capture_output=True, check=True)
    assert done.stdout.decode() == run_program(["--version"], env).out


def _as_ordinary_user(argv: list[str], env: Env, folder: Path) -> Finished:
    """Run in a process that gave root away, if this one is root's."""
    if os.getuid() != 0:
        return run_cli(argv, env)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    for parent in folder.parents:  # pytest makes them for their owner alone
        if not parent.stat().st_mode & 0o001:
            parent.chmod(0o755)
    child, connection = process(_run_as_nobody, argv, env)
    assert connection.poll(60)
    finished = Finished(*connection.recv())
    child.join(60)
    return finished


def _run_as_nobody(connection: Connection, argv: list[str], env: Env) -> None:
    # All modules while root still reads them: the interpreter may lie in root's home.
    run_cli(argv, env | {"XDG_DATA_HOME": env["XDG_CACHE_HOME"]})
    os.setuid(NOBODY)
    connection.send(tuple(run_cli(argv, env)))


NO_TEXT = os.fsdecode(b"\xff\xfe")


@pytest.mark.parametrize(
    "argv",
    [
        ["--user", NO_TEXT, "history", "list"],
        ["history", "list", "--user", NO_TEXT],
        ["history", "list", "--session", NO_TEXT],
        ["history", "show", NO_TEXT + "0" * 34],
        ["user", "show", NO_TEXT],
        ["config", "set", "user", NO_TEXT],
        ["machine", "info", NO_TEXT],
        ["cancel", NO_TEXT],
    ],
)
def test_bytes_that_are_no_text_are_no_fault(env: Env, argv: list[str]) -> None:
    done = run_program(argv, env)
    assert done.code in {1, 2}
    assert "fault" not in done.err
    assert done.err.count("\n") == 1


def test_what_is_asked_in_a_folder_of_an_older_locale_is_saved(env: Env, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"Configura\xe7\xe3o")
    folder.mkdir()
    assert run_program(["ask", "zzz"], env, cwd=folder).err == ""
    (entry,) = run_program(["history", "list", "--json"], env).json()
    assert (entry["status"], entry["cwd"]) == ("completed", f"{tmp_path}/Configura??o")


def test_a_terminal_with_a_strange_name_can_be_looked_at(env: Env) -> None:
    done = run_program(["doctor", "--json"], env | {"TERM": NO_TEXT})
    assert done.code == 0
    assert "terminal \udcff\udcfe" in json.loads(done.out)[2]["detail"]


def test_without_any_home_it_is_one_sentence(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    del env["HOME"]
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # no account has this number
    done = run_cli(["history", "list"], env)
    assert done.code == 1
    assert done.err == "ipcom-chat: There is no folder '~'; set HOME to a folder of yours.\n"


def test_folders_above_are_private_whatever_the_umask(env: Env) -> None:
    fresh = {name: value for name, value in env.items() if not name.startswith("XDG_")}
    assert run_program(["ask", "zzz"], fresh, umask=0).code == 0
    made = [path for path in Path(env["HOME"]).rglob("*") if path.lstat().st_mode & 0o077]
    assert made == []


def test_nohup_lets_it_go_on(env: Env) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a child begins with the same
    try:
        started = start_program(["ask", "port 9 on 203.0.113.1 refused"], env)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert started.stderr is not None
    started.stderr.readline()  # the first command runs: the signals are set up
    started.send_signal(signal.SIGHUP)
    started.communicate(timeout=60)
    assert started.returncode == 0


def test_a_huge_argument_is_not_echoed_whole(env: Env) -> None:
    done = run_cli(["history", "show", "x" * 100_000], env)
    assert done.err.startswith("ipcom-chat: No entry has the id 'xxx")
    assert len(done.err) < 5_000


def test_ctrl_c_during_the_imports_is_quiet(env: Env) -> None:
    done = _run_changed(
        env,
        """
import builtins, os, signal
real = builtins.__import__
def load(name, *rest):
    if name == 'ipcom_chat.cli':
        os.kill(os.getpid(), signal.SIGINT)
    return real(name, *rest)
builtins.__import__ = load
""",
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_ctrl_c_while_the_event_loop_begins_is_quiet(env: Env) -> None:
    done = _run_changed(
        env,
        """
import asyncio.selector_events
def interrupted(loop):
    raise KeyboardInterrupt
asyncio.selector_events.BaseSelectorEventLoop._make_self_pipe = interrupted
""",
        "ask", "why?",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_ctrl_c_in_a_finaliser_is_not_lost(env: Env) -> None:
    done = _run_changed(
        env,
        """
import time
import ipcom_chat.cli.main
def listing(context, arguments):
    class Interrupted:
        def __del__(self):
            raise KeyboardInterrupt
    Interrupted()
    time.sleep(60)
    return 0
ipcom_chat.cli.main._dispatch = listing
""",
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_faults_that_nobody_can_catch_go_to_the_log(env: Env) -> None:
    done = _run_changed(
        env,
        """
import threading
import ipcom_chat.cli.main
class Broken:
    def __del__(self):
        raise LookupError
def broken():
    raise ArithmeticError
def listing(context, arguments):
    Broken()
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    return 0
ipcom_chat.cli.main._dispatch = listing
""",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert "LookupError" in (text := log_file(env).read_text())
    assert "ArithmeticError" in text


def _run_changed(env: Env, change: str, *argv: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the program with something in it that goes wrong."""
    door = "from ipcom_chat.__main__ import main\nraise SystemExit(main())\n"
    return subprocess.run(
        [sys.executable, "-c", change + door, *argv], env=dict(env), stdin=subprocess.DEVNULL,
        capture_output=True, check=False,
    )  # fmt: skip
