"""The chat line by line, on a pseudo-terminal, with a real program and a real server of an AI."""

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Env
from tests.support.cli import PROGRAM, run_cli
from tests.support.machine import eventually
from tests.support.raw_pty import RawPty

READY = "Ctrl-D leaves, /help tells more."
CTRL_D, ESC = b"\x04", b"\x1b"


@contextmanager
def plain(env: Env, *argv: str) -> Iterator[RawPty]:
    with RawPty([*PROGRAM, *(argv or ("--plain",))], env=env) as terminal:
        terminal.wait_for(READY)
        yield terminal


def leave(terminal: RawPty) -> int:
    eventually(lambda: terminal.output, lambda shown: shown.endswith(b"> "))
    terminal.send(CTRL_D)
    return terminal.process.wait(timeout=30)


def press(terminal: RawPty, key: bytes | None) -> None:
    """Press a key; None is Ctrl-C, which is a signal: this terminal controls no session."""
    if key is None:
        os.kill(terminal.process.pid, signal.SIGINT)
    else:
        terminal.send(key)


def entries(env: Env, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_cli(["history", "list", "--json", "--kind", kind], env).json()
    return found


def test_questions_are_answered_one_after_the_other_in_one_conversation(ai: Env) -> None:
    with plain(ai) as terminal:
        terminal.send(b"first question\n")
        terminal.wait_for("End of the answer")
        terminal.send(b"what did I ask?\n")
        terminal.wait_for("End of the answer", times=2)
        terminal.send(b"/good\n")
        terminal.wait_for("1 good, 0 bad")
        assert b"\x1b[2J" not in terminal.output  # nothing is painted
        assert leave(terminal) == 0
    asked = entries(ai, "question")
    assert [each["command"] for each in asked] == ["what did I ask?", "first question"]
    assert {each["status"] for each in asked} == {"completed"}
    assert len({each["session_id"] for each in asked}) == 1


@pytest.mark.parametrize("key", [ESC, None])
def test_a_key_cancels_what_runs_and_the_chat_goes_on(env: Env, key: bytes | None) -> None:
    with plain(env) as terminal:
        terminal.send(b"!echo go; exec sleep 600\n")
        terminal.wait_for("go\r\n")
        terminal.send(b"\x1b[A")  # an arrow key is no ESC
        terminal.send(b"!echo ")  # what is typed meanwhile stands in the next line
        press(terminal, key)
        terminal.wait_for("Operation cancelled by user")
        terminal.wait_for("> !echo ", times=2)
        terminal.send(b"$((40+2))\n")
        terminal.wait_for("42\r\n> ")
        terminal.send(b"/retry\n")
        terminal.wait_for("go\r\n", times=2)
        press(terminal, key)
        terminal.wait_for("Operation cancelled by user", times=2)
        assert leave(terminal) == 0
    statuses = [(each["command"], each["status"]) for each in entries(env, "command")]
    slept = "echo go; exec sleep 600"
    assert statuses == [
        (slept, "cancelled"), ("echo $((40+2))", "completed"), (slept, "cancelled")
    ]  # fmt: skip


def test_lines_that_were_typed_meanwhile_do_not_run_into_one_another(env: Env) -> None:
    with plain(env) as terminal:
        terminal.send(b"!echo go; exec sleep 600\n")
        terminal.wait_for("go\r\n")
        terminal.send(b"!echo one\ntwo\n")
        press(terminal, ESC)
        terminal.wait_for("> !echo one two")
        terminal.send(b"\n")
        terminal.wait_for("one two\r\n> ")
        assert leave(terminal) == 0
    assert "echo one two" in [each["command"] for each in entries(env, "command")]


def test_lines_that_were_pasted_wait_for_a_yes_and_are_one_question(env: Env) -> None:
    with plain(env | {"TERM": "dumb"}, "--local") as terminal:
        terminal.send(b"rm one\nrm two\n")
        terminal.wait_for("2 lines were pasted.")
        press(terminal, None)
        terminal.wait_for("Dropped.")
        assert entries(env, "all") == []
        terminal.send(b"is the memory\nof web1\n")
        terminal.wait_for("lines were pasted.", times=2)
        terminal.send(b"full?\n")
        terminal.wait_for("End of the answer")
        assert leave(terminal) == 0
    (asked,) = entries(env | {"HISTORY_MODE": "machine"}, "question")
    assert asked["command"] == "is the memory\nof web1\nfull?"


def test_ctrl_c_at_the_prompt_is_heard_whichever_thread_the_kernel_gives_it_to(env: Env) -> None:
    with plain(env | {"TERM": "dumb"}, "--local") as terminal:
        terminal.send(b"rm one\nrm two\n")
        terminal.wait_for("2 lines were pasted.")
        terminal.wait_for("> ", times=2)
        # What is sent to a thread is handled there: the main one is not woken from its wait.
        main = terminal.process.pid
        others = [int(each.name) for each in Path(f"/proc/{main}/task").iterdir()]
        os.kill(next(each for each in others if each != main), signal.SIGINT)
        terminal.wait_for("Dropped.")
        os.kill(next(each for each in others if each != main), signal.SIGTERM)
        assert terminal.process.wait(timeout=30) == 0


def test_what_was_typed_during_an_answer_begins_the_next_line_and_no_pasted_one(env: Env) -> None:
    with plain(env) as terminal:
        terminal.send(b"!echo go; exec sleep 600\n")
        terminal.wait_for("go\r\n")
        terminal.send(b"!echo ")
        press(terminal, ESC)
        terminal.wait_for("> !echo ", times=2)
        terminal.send(b"a; echo \\\nb\n")
        terminal.wait_for("2 lines were pasted.")
        terminal.send(b"\n")
        terminal.wait_for("a\r\nb\r\n")
        assert leave(terminal) == 0
    assert "echo a; echo \\\nb" in [each["command"] for each in entries(env, "command")]


def test_what_the_assistant_wants_to_run_is_asked_and_keys_cancel_again_afterwards(
    ai: Env,
) -> None:
    with plain(ai) as terminal:
        terminal.send(b"RUN: echo made-$((1+1)); exec sleep 600\n")
        terminal.wait_for("Run this?")
        terminal.send(b"y\n")
        terminal.wait_for("$ echo made", times=2)
        terminal.send(ESC)
        terminal.wait_for("Operation cancelled by user")
        assert leave(terminal) == 0
    (asked,), (ran,) = entries(ai, "question"), entries(ai, "command")
    assert asked["status"] == "cancelled"
    assert (ran["response"], ran["error_code"]) == ("made-2\n", "143")


def test_the_terminal_gets_its_settings_back_and_a_signal_ends_it_in_order(env: Env) -> None:
    with plain(env) as terminal:
        terminal.send(b"!echo go; exec sleep 600\n")
        terminal.wait_for("go\r\n")
        assert not terminal.local_modes() & termios.ICANON
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.process.wait(timeout=30) == 0
        assert terminal.local_modes() & termios.ECHO
    (stopped,) = entries(env, "command")
    assert stopped["status"] == "cancelled"


def test_commands_that_it_lacks_are_told_and_no_question(env: Env) -> None:
    with plain(env | {"IPCOM_CHAT_PLAIN": "true"}, "--global") as terminal:
        terminal.send(b"/monitor\n")
        terminal.wait_for("There is no /monitor in the plain chat")
        terminal.send(b"/good\n")
        terminal.wait_for("Nothing was answered yet")
        terminal.send(b"!\n")
        terminal.wait_for("After the ! comes a command")
        terminal.send(b"/help\n")
        terminal.wait_for("/retry asks again")
        terminal.send(b"/quit\n")
        assert terminal.process.wait(timeout=30) == 0
    assert entries(env, "all") == []


def test_a_session_is_chosen_by_its_id_alone(env: Env) -> None:
    done = run_cli(["--plain", "--resume"], env, terminal=True)
    assert done.code == 2
    assert "The plain chat lists no sessions" in done.err
    assert run_cli(["--plain"], env, "").code == 2  # not on a terminal
