"""What runs and what does not, decided in a real terminal, through the real gate."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.env import isolated_env
from tests.support.tmux import Terminal, requires_tool

ROOT = Path(__file__).parents[2]
CHAT = [sys.executable, "-m", "tests.support.terminal_chat"]
READY = "Ask, or paste an error"
ASKS = "always in this session"
DANGEROUS = "mkfs.ext4 /dev/nope9"

pytestmark = pytest.mark.tmux
Env = dict[str, str]


@pytest.fixture
def env(tmp_path: Path) -> Env:
    requires_tool("tmux")
    made = isolated_env(tmp_path)
    return made | {"PYTHONPATH": f"{ROOT}/src:{ROOT}", "IPCOM_CHAT_SEMANTIC": "false"}


@contextmanager
def chat(env: Env) -> Iterator[Terminal]:
    with Terminal(CHAT, env=env, cwd=env["HOME"]) as terminal:
        terminal.wait_for(READY)
        yield terminal


def ask(terminal: Terminal, line: str) -> None:
    """Let the assistant ask whether a line may run; wait until the panel is there."""
    terminal.type(f"run {line}")
    terminal.wait_for(f"❯ run {line}")
    terminal.keys("Enter")
    terminal.wait_for("waits for your answer")


def press(terminal: Terminal, key: str, until: str) -> str:
    """Press a key until it counts: one that comes too early goes into the prompt."""
    for _attempt in range(50):
        terminal.keys(key)
        try:
            return terminal.wait_for(until, timeout_s=0.6)
        except AssertionError:
            continue
    raise AssertionError(f"{until!r} did not appear:\n{terminal.screen()}")


def test_yes_always_and_a_line_that_is_edited(env: Env) -> None:
    with chat(env) as terminal:
        ask(terminal, "systemctl restart nginx")
        press(terminal, "y", "allowed: systemctl restart nginx")
        terminal.wait_gone("waits for your answer")
        terminal.keys("C-u")
        ask(terminal, "systemctl stop nginx")
        press(terminal, "a", "allowed: systemctl stop nginx")
        terminal.keys("C-u")
        terminal.type("run systemctl stop nginx")
        terminal.keys("Enter")  # not asked again
        terminal.wait_gone("❯ run systemctl stop nginx")
        terminal.wait_for(READY)
        ask(terminal, "systemctl start nginx")
        press(terminal, "e", "run it so")
        terminal.keys("BSpace", "BSpace", "BSpace", "BSpace", "BSpace")
        terminal.type("httpd")
        terminal.wait_for("$ systemctl start httpd")
        terminal.keys("Enter")
        terminal.wait_for("allowed: systemctl start httpd")


def test_no_with_a_reason_is_told(env: Env) -> None:
    with chat(env) as terminal:
        ask(terminal, "systemctl restart nginx")
        press(terminal, "n", "Why not?")
        terminal.type("users are on it")
        terminal.wait_for("❯ users are on it")
        terminal.keys("Enter")

        terminal.wait_for("✗ not run: systemctl restart nginx — users are on it")


def test_what_is_dangerous_is_asked_twice_and_the_second_time_takes_a_word(env: Env) -> None:
    with chat(env) as terminal:
        ask(terminal, DANGEROUS)
        screen = terminal.wait_for("This is dangerous. Run it?")
        assert ASKS not in screen
        press(terminal, "y", "Really run it?")
        terminal.keys("Enter")
        screen = press(terminal, "y", "┃ ❯ y")
        assert "allowed" not in screen
        terminal.keys("Enter")
        assert "allowed" not in terminal.wait_for("yes or no, please")
        terminal.keys("C-u")
        terminal.wait_gone("┃ ❯ y")
        terminal.type("yes")
        terminal.wait_for("┃ ❯ yes")
        terminal.keys("Enter")

        terminal.wait_for(f"allowed: {DANGEROUS}")


@pytest.mark.parametrize("keys", [(), ("n",), ("e",)])
def test_escape_cancels_from_everywhere_and_the_next_question_is_answered(
    env: Env, keys: tuple[str, ...]
) -> None:
    with chat(env) as terminal:
        ask(terminal, "systemctl restart nginx")
        for key in keys:
            press(terminal, key, "Why not?" if key == "n" else "run it so")
        terminal.keys("Escape")
        screen = terminal.wait_for("Operation cancelled by user")
        assert ASKS not in screen
        assert "allowed" not in screen
        terminal.keys("C-u")
        terminal.type("say still here")
        terminal.wait_for("❯ say still here")
        terminal.keys("Enter")

        terminal.wait_gone("❯ say still here")
        terminal.wait_for("still here")


def test_a_paste_into_the_panel_is_a_draft(env: Env) -> None:
    with chat(env) as terminal:
        ask(terminal, "systemctl restart nginx")
        terminal.paste("y\n")
        screen = terminal.wait_for("❯ y")

        assert ASKS in screen
        assert "allowed" not in screen


def test_a_typed_command_runs_streams_and_is_stopped(env: Env) -> None:
    with chat(env) as terminal:
        terminal.type("!echo one; echo two; exec sleep 300")
        terminal.wait_for("$ !echo one")
        terminal.keys("Enter")
        terminal.wait_for("  two")
        terminal.keys("Escape")
        screen = terminal.wait_for("Operation cancelled by user")
        assert "two" in screen
        terminal.keys("Up")
        terminal.wait_for("$ !echo one; echo two; exec sleep 300")
        terminal.keys("C-u")
        terminal.type("!echo done && basename $PWD")
        terminal.keys("Enter")

        terminal.wait_for(f"    {Path(env['HOME']).name}\n")
