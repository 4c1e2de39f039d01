"""Going on with a session in a real terminal, with real processes and real locks."""

import os
import signal
from pathlib import Path

import pytest

from ipcom_chat.domain.lifecycle import INTERRUPTED
from tests.support.cli import run_program
from tests.support.env import isolated_env
from tests.support.tmux import Terminal, requires_tool
from tests.tui.test_chat_tmux import CHAT, READY, ROOT, Env, entries, eventually

pytestmark = pytest.mark.tmux


@pytest.fixture
def env(tmp_path: Path) -> Env:
    requires_tool("tmux")
    return isolated_env(tmp_path) | {"PYTHONPATH": f"{ROOT}/src:{ROOT}"}


def opened(env: Env, *flags: str) -> Terminal:
    return Terminal([*CHAT, *flags], env=env, cwd=env["HOME"])


def ask(terminal: Terminal, text: str) -> None:
    terminal.type(text)
    terminal.wait_for(text)
    terminal.keys("Enter")


def test_continue_goes_on_after_leaving_and_after_a_kill(env: Env) -> None:
    with opened(env) as first:
        first.wait_for(READY)
        ask(first, "zeta is the first question")
        eventually(lambda: [each.status.value for each in entries(env)], ["completed"])
        first.keys("C-d")
        assert first.wait_end() == 0
    with opened(env, "--continue") as second:
        second.wait_for("goes on: zeta is the first question")
        ask(second, "omega is the second question")
        eventually(lambda: len(entries(env)), 2)
        eventually(lambda: {each.status.value for each in entries(env)}, {"completed"})
        os.kill(second.pid, signal.SIGKILL)
        second.wait_end()
    with opened(env, "-c") as third:
        third.wait_for("goes on: zeta is the first question")
        ask(third, "alpha is the third question")
        eventually(lambda: len(entries(env)), 3)
        eventually(lambda: {each.status.value for each in entries(env)}, {"completed"})
        third.keys("C-d")
        assert third.wait_end() == 0
    assert len({each.session_id for each in entries(env)}) == 1


def test_a_second_terminal_forks_what_the_first_one_is_in(env: Env) -> None:
    with opened(env) as first:
        first.wait_for(READY)
        ask(first, "zeta is asked here")
        eventually(lambda: [each.status.value for each in entries(env)], ["completed"])
        with opened(env, "--continue") as second:
            second.wait_for("open in another terminal")
            ask(second, "omega is asked there")
            eventually(lambda: len(entries(env)), 2)
            eventually(lambda: {each.status.value for each in entries(env)}, {"completed"})
            second.keys("C-d")
            assert second.wait_end() == 0
    one, other = entries(env)
    assert one.session_id != other.session_id
    assert not any(each.error_code == INTERRUPTED for each in entries(env))


def test_resume_opens_the_chooser_of_eighty_columns(env: Env) -> None:
    assert run_program(["ask", "zeta is asked once"], env).code == 0
    assert run_program(["ask", "omega is asked once"], env).code == 0
    with opened(env, "--resume") as terminal:
        shown = terminal.wait_for("zeta is asked once")
        assert "2 sessions" in shown
        assert "Search the sessions" in shown
        terminal.type("zeta")
        terminal.wait_gone("2 sessions")
        terminal.keys("Enter")
        terminal.wait_for("goes on: zeta is asked once")
        terminal.keys("C-d")
        assert terminal.wait_end() == 0


def test_an_unknown_id_is_one_line_on_the_terminal(env: Env) -> None:
    done = run_program(["--resume", "abcdef", "ask", "why?"], env)
    assert done.code == 1
    assert done.err.count("\n") == 1
    with opened(env, "--resume", "abcdef") as terminal:
        terminal.wait_for("No session has the id 'abcdef'")
        assert terminal.wait_end() == 1
