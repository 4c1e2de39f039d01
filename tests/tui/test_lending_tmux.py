"""The terminal is lent to a program that asks for a password, and comes back as it was."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.env import isolated_env
from tests.support.tmux import Terminal, requires_tool

ROOT = Path(__file__).parents[2]
CHAT = [sys.executable, "-m", "tests.support.terminal_chat"]
READY = "Ask, or paste an error"
PASSWORD = """#!/bin/sh
echo $PPID >chat.pid
stty -echo </dev/tty
printf 'Password: ' >/dev/tty
read -r word </dev/tty
stty echo </dev/tty
echo Thanks >/dev/tty
[ -z "$GATE" ] || read -r _ <"$GATE"
[ "$word" = opensesame ]
"""

pytestmark = pytest.mark.tmux
Env = dict[str, str]


@pytest.fixture
def env(tmp_path: Path) -> Env:
    requires_tool("tmux")
    made = isolated_env(tmp_path)
    program = Path(made["HOME"]) / "ask-password"
    program.write_text(PASSWORD)
    program.chmod(0o755)
    return made | {"PYTHONPATH": f"{ROOT}/src:{ROOT}", "IPCOM_CHAT_SEMANTIC": "false"}


@contextmanager
def asked(env: Env, question: str, *, command: Sequence[str] = CHAT) -> Iterator[Terminal]:
    """Open the chat, ask, and wait for the program that asks for the password."""
    with Terminal(command, env=env, cwd=env["HOME"]) as terminal:
        terminal.wait_for(READY)
        terminal.type(question)
        terminal.wait_for(question[-20:])
        terminal.keys("Enter")
        terminal.wait_for("Password:")
        assert terminal.value("#{alternate_on} #{mouse_any_flag}") == "0 0"
        yield terminal


@pytest.mark.parametrize(("word", "code"), [("opensesame", 0), ("friend", 1)])
def test_a_password_reaches_the_program_and_nothing_else(env: Env, word: str, code: int) -> None:
    with asked(env, "borrow ./ask-password") as terminal:
        terminal.type(word)
        terminal.keys("Enter")
        screen = terminal.wait_for(f"it ended with {code}")
        assert terminal.value("#{alternate_on} #{mouse_any_flag}") == "1 1"
        assert READY in screen
        assert word not in screen
        terminal.type("say still here")
        terminal.wait_for("say still here")
        terminal.keys("Enter")
        terminal.wait_gone("❯ say still here")
        terminal.keys("C-d")
        assert terminal.wait_end() == 0
        assert word not in terminal.screen()


def test_what_is_typed_and_not_read_never_comes_into_the_prompt(env: Env, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with asked(env | {"GATE": str(gate)}, "borrow ./ask-password") as terminal:
        terminal.type("opensesame")
        terminal.keys("Enter")
        terminal.wait_for("Thanks")
        terminal.type("secret left over")
        terminal.wait_for("secret left over")  # the terminal echoes it: nobody reads
        gate.write_text("go\n")
        screen = terminal.wait_for("it ended with 0")

        assert READY in screen
        assert "left over" not in screen


def test_ctrl_c_ends_the_program_and_not_the_chat(env: Env) -> None:
    with asked(env, "borrow ./ask-password") as terminal:
        terminal.keys("C-c")
        terminal.wait_for("it ended with 130")
        # The program died while the terminal had no echo: the chat's keys work all the same.
        terminal.type("say hello again")
        terminal.wait_for("say hello again")
        terminal.keys("C-c")
        terminal.wait_for("Ctrl-C again leaves")
        terminal.keys("C-c")
        assert terminal.wait_end() == 0


def test_a_size_that_changed_meanwhile_is_obeyed(env: Env) -> None:
    with asked(env, "borrow ./ask-password") as terminal:
        terminal.resize(60, 20)
        terminal.type("opensesame")
        terminal.keys("Enter")
        terminal.wait_for("it ended with 0")

        assert "─" * 50 in terminal.wait_gone("─" * 60)


def test_a_program_that_is_not_there_leaves_the_chat_as_it_was(env: Env) -> None:
    with Terminal(CHAT, env=env, cwd=env["HOME"]) as terminal:
        terminal.wait_for(READY)
        terminal.type("borrow ./nothing")
        terminal.wait_for("nothing")
        terminal.keys("Enter")

        assert READY in terminal.wait_for("it ended with 127")


def test_whoever_ends_the_chat_meanwhile_finds_the_terminal_as_a_shell_wants_it(env: Env) -> None:
    script = f"{' '.join(CHAT)}; code=$?; stty -a; echo code=$code; read line"
    with asked(env, "borrow ./ask-password", command=["sh", "-c", script]) as terminal:
        os.kill(int((Path(env["HOME"]) / "chat.pid").read_text()), signal.SIGTERM)
        screen = terminal.wait_for("code=130")
        flags = terminal.value("#{alternate_on} #{cursor_flag} #{mouse_any_flag}")

        assert flags == "0 1 0"
        assert " echo " in screen
        assert "-icanon" not in screen
