"""`ask`, piped questions and cancellation, with the real assistants."""

import os
import signal
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.cli import ask as ask_module
from ipcom_chat.cli import ask_input
from ipcom_chat.cli.ask_input import fenced
from ipcom_chat.domain.entry import Entry
from ipcom_chat.errors import StorageFullError
from ipcom_chat.services.sessions import SessionService
from ipcom_chat.storage.entries import Entries
from tests.cli.conftest import Env
from tests.support.cli import (
    PROGRAM,
    Finished,
    run_cli,
    run_on_terminal,
    run_program,
    start_program,
)
from tests.support.env import data_dir, log_file, replica
from tests.support.machine import eventually

QUESTION = "why is nginx down?"


def test_the_answer_is_on_stdout_and_nothing_else(ai: Env) -> None:
    done = run_program(["ask", QUESTION], ai)
    assert done.code == 0
    assert done.out.endswith("\n")
    assert "\x1b" not in done.out
    (entry,) = _entries(ai)
    assert entry["status"] == "completed"
    assert entry["command"] == QUESTION
    assert entry["response"].strip() == done.out.strip()


def test_json_is_the_one_entry(ai: Env) -> None:
    done = run_cli(["ask", QUESTION, "--json"], ai)
    entry = done.json()
    assert set(entry) == set(Entry.__struct_fields__)
    assert entry["status"] == "completed"
    assert done.out.count("\n") == 1


@pytest.mark.parametrize(
    "argv",
    [["ask", "-"], ["ask"], [], ["-"]],
)
def test_a_piped_question_needs_no_terminal(ai: Env, argv: list[str]) -> None:
    done = run_cli(argv, ai, stdin=f"{QUESTION}\n")
    assert done.code == 0
    assert [entry["command"] for entry in _entries(ai)] == [QUESTION]


def test_piped_input_is_added_to_the_question_as_a_block(ai: Env) -> None:
    run_cli(["ask", QUESTION, "--quiet"], ai, stdin=b"bad ```` line \xff\n")
    (entry,) = _entries(ai)
    assert entry["command"] == f"{QUESTION}\n\n`````\nbad ```` line \ufffd\n`````"


def test_a_bare_question_is_answered(ai: Env) -> None:
    assert run_cli([QUESTION], ai).code == 0
    assert _entries(ai)[0]["command"] == QUESTION


def test_without_an_ai_the_machine_is_asked(env: Env) -> None:
    done = run_cli(["ask", "how full is the disk?"], env)
    assert done.code == 0
    assert done.out
    commands = [e for e in _entries(env, "command") if e["parent_id"]]
    assert all(entry["error_code"] == "0" for entry in commands)
    assert done.err.count("$ ") == len(commands) > 0
    quiet = run_cli(["ask", "how full is the disk?", "--quiet"], env)
    assert quiet.err == ""


@pytest.mark.parametrize("stdin", ["", " \n"])
def test_nothing_asked_is_a_usage_error(env: Env, stdin: str) -> None:
    done = run_cli([], env, stdin=stdin)
    assert (done.code, done.out) == (2, "")
    assert not data_dir(env).exists()


def test_a_failing_ai_is_one_sentence_and_exit_1(ai: Env) -> None:
    done = run_cli(["ask", "BADJSON please"], ai)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    (entry,) = _entries(ai)
    assert entry["status"] == "error"


def test_an_ai_that_refuses_the_key_is_told_and_the_history_answers(ai: Env) -> None:
    done = run_cli(["ask", "ERR401 how full is the disk?"], ai)
    assert done.code == 0
    assert "### Disk space" in done.out
    assert "refused the key" in done.err
    assert "answer instead" in done.err


def test_a_wrong_ai_setting_is_told_and_the_machine_answers(env: Env) -> None:
    done = run_cli(["ask", "how full is the disk?"], env | {"IPCOM_CHAT_AI_MODEL": "nonsense"})
    assert done.code == 0
    assert "'nonsense' is not" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_the_request(ai: Env, number: signal.Signals) -> None:
    process = start_program(["ask", "STALL please"], ai)
    _wait_for_text(process)
    process.send_signal(number)
    done = _end(process)
    assert done.code == 130
    assert "Traceback" not in done.err
    (entry,) = _entries(ai)
    assert entry["status"] == "cancelled"
    assert entry["response"]


def test_ctrl_c_before_the_request_began_leaves_none_open(
    ai: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal before `ask` listened ended the program while the row stayed pending for ever."""
    original = ask_module._grant

    def interrupted(*args: Any) -> None:
        original(*args)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ask_module, "_grant", interrupted)
    assert run_cli(["ask", "LONG"], ai).code == 130
    assert [entry["status"] for entry in _entries(ai)] == ["cancelled"]


def test_a_command_that_is_slow_to_give_the_key_holds_nobody_up(ai: Env, tmp_path: Path) -> None:
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    command = f"sh -c 'touch {begun}; sleep 9; touch {ended}; echo k'"
    process = start_program(["ask", QUESTION], ai | {"IPCOM_CHAT_AI_API_KEY_COMMAND": command})
    eventually(begun.exists, bool)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not ended.exists(), "the program has ended before the command would have"


def test_another_terminal_can_cancel(ai: Env) -> None:
    process = start_program(["ask", "STALL please"], ai)
    _wait_for_text(process)
    (entry,) = _entries(ai)
    assert run_cli(["cancel", entry["short_id"]], ai).code == 0
    assert _end(process).code == 130
    assert _entries(ai)[0]["status"] == "cancelled"


def test_a_request_whose_process_died_is_told_by_the_next(ai: Env) -> None:
    process = start_program(["ask", "STALL please"], ai)
    _wait_for_text(process)
    process.kill()
    _end(process)
    done = run_cli(["ask", QUESTION], ai)
    assert "One earlier request was interrupted" in done.err
    dead = _entries(ai)[1]
    assert (dead["status"], dead["error_code"]) == ("error", "interrupted")


def test_private_and_mode_are_written_with_the_entry(ai: Env) -> None:
    run_cli(["ask", QUESTION, "--private", "--local"], ai)
    (entry,) = run_cli(["history", "list", "--json", "--local"], ai).json()
    assert (entry["private"], entry["mode"]) == (True, "machine")


def test_d51_the_real_account_is_written_with_each_entry(ai: Env) -> None:
    run_cli(["ask", QUESTION], ai | {"USER": "mallory", "LOGNAME": "mallory"})
    assert _entries(ai)[0]["os_user"] != "mallory"


def test_a_reader_that_goes_away_loses_no_answer(env: Env) -> None:
    command = f"{' '.join(PROGRAM)} ask 'how full is the disk?' | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    (entry,) = _entries(env)
    assert entry["status"] == "completed"


def test_the_log_has_ids_and_no_texts(ai: Env) -> None:
    run_cli(["ask", QUESTION], ai)
    text = log_file(ai).read_text()
    assert _entries(ai)[0]["id"] in text
    assert "nginx" not in text
    for line in text.splitlines():
        assert {"at", "level", "logger", "message"} <= set(msgspec.json.decode(line))


def test_on_a_terminal_the_answer_ends_with_a_line(ai: Env) -> None:
    done = run_on_terminal(["ask", QUESTION], ai)
    assert done.code == 0
    assert done.out.endswith("\n")


def test_the_chat_needs_a_terminal_on_both_sides(env: Env) -> None:
    done = run_cli([], env)
    assert done.code == 2
    assert "needs a terminal" in done.err


def test_d31_d113_d123_a_primary_that_is_away_stops_nothing(env: Env) -> None:
    away = env | {"TURSO_DATABASE_URL": "http://127.0.0.1:9", "TURSO_AUTH_TOKEN": "t"}
    assert run_cli(["ask", "how full is the disk?"], away).code == 0
    assert [entry["status"] for entry in _entries(away, "question")] == ["completed"]
    assert len(run_cli(["machine", "list", "--json"], away).json()) == 1


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fenced("a") == "```\na\n```"
    assert fenced("```` x") == "`````\n```` x\n`````"


def _entries(env: Env, kind: str = "question") -> list[dict[str, Any]]:
    listed = run_cli(["history", "list", "--json", "--kind", kind], env)
    entries: list[dict[str, Any]] = listed.json()
    return entries


def _wait_for_text(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 1)


def _end(process: "subprocess.Popen[bytes]") -> Finished:
    out, err = process.communicate(timeout=60)
    return Finished(process.returncode, out.decode(), err.decode())


def test_too_much_input_is_cut_and_told(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask_input, "STDIN_MAX_BYTES", 5)
    done = run_cli(["ask", "-"], env, stdin="is it up?")
    assert "Only the first" in done.err
    assert _entries(env)[0]["command"] == "is it"


def test_a_full_disk_while_answering_keeps_the_answer(
    ai: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise StorageFullError("No space left")

    run_cli(["machine", "register"], ai)
    monkeypatch.setattr(Entries, "add", full)
    monkeypatch.setattr(Entries, "advance", full)
    monkeypatch.setattr(SessionService, "open", full)
    done = run_cli(["ask", QUESTION, "--json"], ai)
    assert done.code == 0
    assert done.json()["response"]
    assert done.json()["status"] == "completed"
    assert "ipcom-chat: No space left" in done.err
    assert run_cli(["history", "list", "--json"], ai).json() == []


def test_input_is_read_only_from_what_can_end(env: Env) -> None:
    silent = start_program(["ask", "is it up?"], env)  # its stdin is /dev/null
    assert _end(silent).code == 0
    assert _entries(env)[0]["command"] == "is it up?"


def test_d5_a_session_is_recorded_and_ended(ai: Env) -> None:
    run_cli(["ask", QUESTION], ai)
    with sqlite3.connect(replica(ai)) as connection:
        ((session_id, ended_at),) = connection.execute("SELECT id, ended_at FROM sessions")
    connection.close()
    assert ended_at is not None
    assert _entries(ai)[0]["session_id"] == session_id


def test_d2_history_mode_decides_where_it_is_written(ai: Env) -> None:
    run_cli(["ask", QUESTION], ai | {"HISTORY_MODE": "machine"})
    assert _entries(ai) == []
    (entry,) = run_cli(["history", "list", "--json", "--local"], ai).json()
    assert entry["mode"] == "machine"


def test_d4_a_user_can_write_into_the_hybrid_history(ai: Env) -> None:
    argv = ["user", "create", "--username", "ana", "--name", "Ana", "--email", "ana@x.com"]
    user = run_cli([*argv, "--json"], ai).json()
    run_cli(["ask", QUESTION, "--user", "ana", "--hybrid"], ai)
    (entry,) = _entries(ai)
    assert (entry["mode"], entry["user_id"]) == ("hybrid", user["id"])


def test_an_input_that_stays_open_is_waited_for_aloud(ai: Env) -> None:
    """A pipe that a remote shell or a job runner forgot to close looks like a hang otherwise."""
    process = subprocess.Popen(
        [*PROGRAM, "ask", QUESTION],
        env=dict(ai),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    assert b"Waiting for the input to end" in process.stderr.readline()
    out, _err = process.communicate(b"the log", timeout=60)
    assert (process.returncode, bool(out)) == (0, True)
    (entry,) = _entries(ai)
    assert "the log" in entry["command"]
