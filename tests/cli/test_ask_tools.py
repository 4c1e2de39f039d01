"""One-shot questions with tools: asked on the terminal, by rule, not at all; events; models."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.conftest import Env
from tests.support.cli import PROGRAM, run_cli, run_program
from tests.support.raw_pty import RawPty

QUESTION = "RUN: echo made-$((1+1))"
OUTPUT = "made-2"


def entries(env: Env, kind: str) -> list[dict[str, Any]]:
    listed = run_cli(["history", "list", "--json", "--kind", kind], env)
    found: list[dict[str, Any]] = listed.json()
    return found


@contextmanager
def on_terminal(env: Env, *argv: str) -> Iterator[RawPty]:
    with RawPty([*PROGRAM, *argv], env=env) as terminal:
        yield terminal


def ended(terminal: RawPty) -> int:
    return terminal.process.wait(timeout=30)


def test_a_person_at_the_terminal_is_asked_and_the_output_comes_back(ai: Env) -> None:
    with on_terminal(ai, "ask", QUESTION) as terminal:
        terminal.wait_for("Run this?")
        assert OUTPUT.encode() not in terminal.output
        terminal.send(b"y\n")
        terminal.wait_for("It said: ")
        terminal.wait_for(OUTPUT)
        assert ended(terminal) == 0
    (command,) = entries(ai, "command")
    assert command["command"] == "echo made-$((1+1))"
    assert (command["response"], command["error_code"]) == (f"{OUTPUT}\n", "0")
    assert command["parent_id"] == entries(ai, "question")[0]["id"]


def test_a_reason_goes_back_instead(ai: Env) -> None:
    with on_terminal(ai, "ask", QUESTION) as terminal:
        terminal.wait_for("Run this?")
        terminal.send("só amanhã\n".encode())
        terminal.wait_for("This did not run. só amanhã")
        assert ended(terminal) == 0
    assert entries(ai, "command") == []


def test_a_line_is_edited_and_runs_as_edited(ai: Env) -> None:
    with on_terminal(ai, "ask", QUESTION) as terminal:
        terminal.wait_for("Run this?")
        terminal.send(b"e\n")
        terminal.wait_for("The line to run instead")
        terminal.send(b"echo mine\n")
        assert ended(terminal) == 0
    assert [each["command"] for each in entries(ai, "command")] == ["echo mine"]


def test_what_is_dangerous_needs_the_whole_word_the_second_time(ai: Env) -> None:
    with on_terminal(ai, "ask", "RUN: rm -rf / --nonsense-so-that-it-fails") as terminal:
        terminal.wait_for("Run this?")
        terminal.send(b"y\n")
        terminal.wait_for("Type yes to run it")
        terminal.send(b"y\n")
        terminal.wait_for("This did not run")
        assert ended(terminal) == 0
    assert entries(ai, "command") == []


def test_what_was_typed_ahead_decides_nothing(ai: Env) -> None:
    with on_terminal(ai, "ask", QUESTION) as terminal:
        terminal.send(b"y\ny\ny\n")
        terminal.wait_for("Run this?")
        assert OUTPUT.encode() not in terminal.output
        terminal.send(b"no\n")
        assert ended(terminal) == 0
    assert entries(ai, "command") == []


def test_ctrl_c_while_it_is_asked_cancels(ai: Env) -> None:
    with on_terminal(ai, "ask", QUESTION) as terminal:
        terminal.wait_for("Run this?")
        os.kill(terminal.process.pid, signal.SIGINT)
        assert ended(terminal) == 130
    (question,) = entries(ai, "question")
    assert question["status"] == "cancelled"


@pytest.mark.parametrize("argv", [["ask", QUESTION, "--quiet"], ["ask", QUESTION]])
def test_piped_or_quiet_nothing_runs(ai: Env, argv: list[str]) -> None:
    done = run_program(argv, ai)
    assert done.code == 0
    assert "nobody can be asked" in done.out
    assert entries(ai, "command") == []


def test_without_tools_the_ai_only_answers(ai: Env) -> None:
    done = run_program(["ask", "how are you", "--no-tools"], ai)
    assert done.out == "Hello world\n"


def test_without_tools_the_history_answers_without_its_checks(env: Env) -> None:
    done = run_program(["ask", "how full is the disk?", "--no-tools"], env)
    assert "$ df" not in done.err
    assert "tools are off here" in done.err
    assert entries(env, "command") == []


def test_events_are_lines_of_json_and_the_entry_the_last(ai: Env) -> None:
    done = run_program(["ask", "hello", "--json", "--stream"], ai)
    events = [msgspec.json.decode(line) for line in done.out.splitlines()]
    names = [event["event"] for event in events]
    assert names[0] == "status"
    assert [event["text"] for event in events if event["event"] == "text"] == ["Hello", " world"]
    assert names[-1] == "entry"
    assert events[-1]["entry"]["response"] == "Hello world"
    usage = next(event for event in events if event["event"] == "usage")
    assert usage["tokens_used"] == 18
    assert events[names.index("usage") + 1]["status"] == "completed"


def test_a_stream_without_json_is_a_usage_error(ai: Env) -> None:
    done = run_cli(["ask", "hello", "--stream"], ai)
    assert (done.code, done.out) == (2, "")


def test_another_model_is_asked(ai: Env) -> None:
    done = run_program(["ask", "hello", "--model", "openai-compatible:other", "--json"], ai)
    assert done.json()["model"] == "other"
    wrong = run_program(["ask", "hello", "--model", "nonsense"], ai)
    assert wrong.code == 1
    assert "VENDOR:NAME" in wrong.err


def test_the_chain_answers_when_the_model_is_down(ai: Env) -> None:
    down = {
        "IPCOM_CHAT_AI_MODEL": "openai-compatible:gone@http://127.0.0.1:9/v1",
        "IPCOM_CHAT_AI_FALLBACK": "openai-compatible:test",
    }
    done = run_program(["ask", "hello", "--json"], ai | down)
    assert (done.json()["model"], done.json()["response"]) == ("test", "Hello world")
    assert "test answers instead" in done.err


def test_history_is_sent_along_as_far_as_wished(ai: Env) -> None:
    for words in ("printer queue stuck on cups", "printer queue stuck on cups again"):
        assert run_program(["ask", words], ai).code == 0
    done = run_program(["ask", "printer queue stuck"], ai)
    assert done.err.count("printer queue stuck") == 2
    none = run_program(["ask", "printer queue stuck", "--context", "0"], ai)
    assert "printer queue" not in none.err


def test_what_comes_through_a_pipe_attaches_no_file(ai: Env, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("my own words")
    path = tmp_path / "mine.txt"
    piped = run_cli(["ask", "what is wrong?"], ai, stdin=f"error: see @{path}\n")
    alone = run_cli(["ask", "-"], ai, stdin=f"error: see @{path}\n")
    named = run_cli(["ask", f"what is wrong in @{path} ?"], ai, stdin="error\n")
    assert ["is attached" in each.err for each in (piped, alone, named)] == [False, False, True]
