"""The real program in a real terminal: questions, ESC in each phase, pastes, signals, crashes."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from ipcom_chat.domain.entry import Entry, Kind, Status
from ipcom_chat.domain.lifecycle import INTERRUPTED
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.history import EntryFilter
from ipcom_chat.settings import load
from tests.support.cli import run_program
from tests.support.env import isolated_env, replica
from tests.support.meaning import end_process
from tests.support.tmux import Terminal, requires_tool

ROOT = Path(__file__).parents[2]
CHAT = [sys.executable, "-m", "ipcom_chat"]
READY = "Ask, or paste an error"
CANCELLED = "Operation cancelled by user"
EVIL = "\x1b]0;HACKED\x07\x1b]52;c;SEFDS0VE\x07\x1b[2J\x1b[?1049l[/][@click=app.exit]x\u202e"
LIMIT_S = 15.0

pytestmark = pytest.mark.tmux
Env = dict[str, str]


@pytest.fixture
def env(tmp_path: Path) -> Env:
    requires_tool("tmux")
    tools = tmp_path / "tools"
    tools.mkdir()
    made = isolated_env(tmp_path)
    return made | {"PATH": f"{tools}:{made['PATH']}", "PYTHONPATH": f"{ROOT}/src:{ROOT}"}


@contextmanager
def chat(env: Env, *, ready: str = READY, **size: int) -> Iterator[Terminal]:
    with Terminal(CHAT, env=env, cwd=env["HOME"], **size) as opened:
        opened.wait_for(ready)
        yield opened


def tool(env: Env, name: str, body: str) -> None:
    """Put a program of that name before all others."""
    path = Path(env["PATH"].split(":")[0]) / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def entries(env: Env, kind: Kind = Kind.QUESTION) -> list[Entry]:
    """Return the rows of a kind, oldest first, as another process sees them."""
    runtime = Runtime(load(env))
    try:
        return list(runtime.history.oldest(runtime.scope(), EntryFilter(kind=kind)))
    finally:
        runtime.close()


def eventually(read: Callable[[], Any], wanted: Any, limit_s: float = LIMIT_S) -> None:
    """Wait until `read` returns what is wanted."""
    deadline_s = time.monotonic() + limit_s
    while (found := read()) != wanted:
        assert time.monotonic() < deadline_s, f"{found!r} is not {wanted!r}"
        time.sleep(0.02)


def last_status(env: Env) -> Status | None:
    found = entries(env)
    return found[-1].status if found else None


def ask(terminal: Terminal, question: str) -> None:
    terminal.type(question)
    terminal.wait_for(question[-20:])
    terminal.keys("Enter")


def is_sane(terminal: Terminal) -> bool:
    """Return whether the terminal is as a shell wants it: main screen, cursor, no mouse."""
    flags = terminal.value("#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{mouse_button_flag}")
    return flags == "0 1 0 0"


def test_a_question_is_answered_stored_and_found_again(env: Env) -> None:
    tool(env, "ss", "echo 'tcp LISTEN 0 128 0.0.0.0:8080 0.0.0.0:*'")
    with chat(env) as terminal:
        ask(terminal, "which ports are open?")
        terminal.wait_for("8080  tcp")
        eventually(lambda: last_status(env), Status.COMPLETED)
        ask(terminal, "/history kind:question")
        terminal.wait_for("✓ which ports are open?")
        terminal.resize(40, 12)
        terminal.wait_gone("─" * 40)
        terminal.resize(200, 50)
        terminal.wait_for("─" * 190)
        assert "✓ which ports are open?" in terminal.wait_for("8080  tcp")
        terminal.keys("Escape")
        terminal.wait_for(READY)
        terminal.keys("C-c")
        terminal.wait_for("Ctrl-C again leaves")
        terminal.keys("C-c")
        assert terminal.wait_end() == 0
    (question,) = entries(env)
    (command,) = entries(env, Kind.COMMAND)

    assert question.command == "which ports are open?"
    assert "8080" in (question.response or "")
    assert (command.parent_id, command.error_code) == (question.id, "0")


def test_a_chat_lets_others_search_by_meaning(env: Env) -> None:
    env |= {"IPCOM_CHAT_SEMANTIC": "true"}
    tool(env, "ss", "echo 'tcp LISTEN 0 128 0.0.0.0:8080 0.0.0.0:*'")
    asked = ["history", "search", "quais portas estão abertas nesta máquina", "--kind", "question"]
    with chat(env) as terminal:
        ask(terminal, "which ports are open?")
        eventually(lambda: last_status(env), Status.COMPLETED)
        # The model is loaded by a process of the lowest priority.
        eventually(lambda: run_program(asked, env).err, "", limit_s=4 * LIMIT_S)
        assert run_program(asked, env).out.startswith("which ports are open?\n")
        terminal.keys("C-c")
        terminal.wait_for("Ctrl-C again leaves")
        terminal.keys("C-c")
        assert terminal.wait_end() == 0
    end_process(env)


def test_escape_before_the_first_write(env: Env) -> None:
    with chat(env) as terminal:
        other = apsw.Connection(str(replica(env)))
        other.execute("BEGIN IMMEDIATE")
        ask(terminal, "why is it slow?")
        terminal.wait_for("ESC cancels")
        terminal.keys("Escape")
        terminal.wait_for(CANCELLED)
        assert entries_of(other) == []
        other.execute("ROLLBACK")
        other.close()
        eventually(lambda: last_status(env), Status.CANCELLED)
        terminal.keys("C-d")
        assert terminal.wait_end() == 0
    (entry,) = entries(env)

    assert (entry.command, entry.response, entry.cancelled_by) == ("why is it slow?", None, "user")


def entries_of(connection: apsw.Connection) -> list[Any]:
    return list(connection.execute("SELECT id FROM entries"))


def test_d115_escape_while_a_command_runs_ends_its_processes(env: Env, tmp_path: Path) -> None:
    tool(env, "ss", f"sleep 600 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/pid; wait")
    with chat(env) as terminal:
        ask(terminal, "which ports are open?")
        terminal.wait_for("$ ss")
        eventually((tmp_path / "pid").exists, wanted=True)
        terminal.keys("Escape")
        screen = terminal.wait_for(CANCELLED)
        assert "[ESC - Message cancelled]" in screen
        assert "stopped" in screen
        for name in ("pid", "child"):
            eventually(partial(_is_running, tmp_path / name), wanted=False)
        eventually(lambda: last_status(env), Status.CANCELLED)
        eventually(lambda: len(entries(env, Kind.COMMAND)), 1)
    (command,) = entries(env, Kind.COMMAND)

    assert command.error_code not in (None, "0")


def _is_running(pid_file: Path) -> bool:
    """Return whether the process whose id the file holds is there and no zombie."""
    process = Path("/proc", pid_file.read_text().strip())
    try:
        return "\nState:\tZ" not in (process / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


class Server:
    """The scripted OpenAI-compatible server as a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.openai_server"], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def seen(self) -> tuple[int, int]:
        """Return how many requests came, and how many clients went away before the end."""
        with urllib.request.urlopen(f"{self.url}/_log", timeout=LIMIT_S) as reply:
            log = json.load(reply)
        return len(log["requests"]), len(log["gone_at_s"])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def test_p2_scenario_3_escape_in_each_phase_of_a_stream(env: Env, server: Server) -> None:
    pytest.importorskip("pydantic_ai")
    env |= {
        "IPCOM_CHAT_AI_MODEL": "openai-compatible:scripted",
        "IPCOM_CHAT_AI_BASE_URL": f"{server.url}/v1",
    }
    phases = {"SLOWHEAD": None, "STALL": "one two three", "LONG": "Passo 1"}
    with chat(env) as terminal:
        terminal.wait_for("scripted")
        for number, (word, shown) in enumerate(phases.items(), start=1):
            ask(terminal, f"please {word}")
            eventually(lambda: server.seen()[0], number)
            if shown:
                terminal.wait_for(shown)
            terminal.keys("Escape")
            eventually(lambda: [entry.status for entry in entries(env)],
                       [Status.CANCELLED] * number)  # fmt: skip
            eventually(lambda: server.seen()[1], number)
            terminal.wait_for(CANCELLED)
            terminal.keys("C-l")
            terminal.wait_gone(CANCELLED)
        ask(terminal, "and now?")
        terminal.wait_for("Hello world")
        eventually(lambda: last_status(env), Status.COMPLETED)
    found = entries(env)

    assert [entry.status for entry in found[:3]] == [Status.CANCELLED] * 3
    assert found[0].response is None
    assert (found[1].response or "").strip() == "one two three"
    assert (found[2].response or "").startswith("## Passo 1")
    assert len(found[2].response or "") < 10_000


def test_p2_scenario_1_pastes_arrive_whole_never_send_and_are_cancelled(env: Env) -> None:
    log = "\n".join(["\x1b[31mERROR\x1b[0m bind() to 0.0.0.0:80 failed"] * 3)
    big = "\n".join(f"{number:05} ção nginx bind() 0.0.0.0:80" for number in range(5_600))
    assert len(big.encode()) > 200_000
    with chat(env) as terminal:
        for text, shown in (
            (log, "0.0.0.0:80 failed"),
            ("one \x1b[200~two\x1b[201~\nrm -rf /nothing\nthree", "three"),
            (big, "[Pasted 5600 lines]"),
        ):
            terminal.paste(text)
            terminal.wait_for(shown)
            assert entries(env) == []
            empty(terminal)
        terminal.paste(big)
        terminal.wait_for("[Pasted 5600 lines]")
        terminal.keys("Enter")
        terminal.keys("Escape")
        terminal.wait_for(CANCELLED)
        eventually(lambda: last_status(env), Status.CANCELLED)
    (entry,) = entries(env)

    assert (entry.command, entry.response) == (big, None)


def empty(terminal: Terminal) -> None:
    """Press ESC until the prompt is empty."""
    deadline_s = time.monotonic() + LIMIT_S
    while READY not in terminal.screen():
        assert time.monotonic() < deadline_s
        terminal.keys("Escape")
        time.sleep(0.1)  # as a person does; what comes at once belongs to the paste before it


def test_p2_scenario_1_a_paste_and_escape_at_once_send_nothing(env: Env) -> None:
    with chat(env) as terminal:
        terminal.raw(b"\x1b[200~first\rsecond\x1b[201~\x1b")
        terminal.wait_for("second")
        terminal.type("!")
        terminal.wait_for("second!")
        assert entries(env) == []


def test_sequences_in_data_do_not_reach_the_terminal(env: Env, tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    evil.write_text(EVIL * 3)
    tool(env, "ss", f"cat {evil}; exit 3")
    with chat(env) as terminal:
        title = terminal.value("#{pane_title}")
        terminal.paste(f"which ports are open? {EVIL}")
        terminal.wait_for("[@click=app.exit]x")
        terminal.keys("Enter")
        terminal.wait_for("exit 3")
        eventually(lambda: last_status(env), Status.COMPLETED)
        ask(terminal, "/history")
        terminal.wait_for("2 entries")
        terminal.wait_for("[/][@click=app.exit]x[/]")

        assert terminal.value("#{pane_title}") == title
        assert terminal.value("#{alternate_on}") == "1"
        assert terminal.value("#{buffer_size}") == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_d117_a_signal_cancels_and_leaves_a_sane_terminal(env: Env, number: signal.Signals) -> None:
    tool(env, "ss", "exec sleep 60")
    script = f"{sys.executable} -m ipcom_chat; code=$?; stty -a; echo code=$code; read line"
    with Terminal(["sh", "-c", script], env=env, cwd=env["HOME"]) as terminal:
        terminal.wait_for(READY)
        ask(terminal, "which ports are open?")
        terminal.wait_for("$ ss")
        os.kill(child_of(terminal.pid), number)
        screen = terminal.wait_for("code=130")

        assert is_sane(terminal)
        assert " icanon" in screen
        assert " echo " in screen
        assert "Traceback" not in screen
    (entry,) = entries(env)

    assert (entry.status, entry.cancelled_by) == (Status.CANCELLED, "exit")


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def test_d38_d117_kill_9_and_restart_offers_the_question_again(env: Env) -> None:
    tool(env, "ss", "exec sleep 60")
    with chat(env) as terminal:
        ask(terminal, "which ports are open?")
        terminal.wait_for("$ ss")
        eventually(lambda: last_status(env), Status.PROCESSING)
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.wait_end()
    tool(env, "ss", "echo 'tcp LISTEN 0 128 0.0.0.0:8080 0.0.0.0:*'")
    with chat(env) as terminal:
        terminal.wait_for("A question was interrupted when the program ended: which ports")
        terminal.wait_for("/retry asks it again.")
        (interrupted,) = entries(env)
        assert (interrupted.status, interrupted.error_code) == (Status.ERROR, INTERRUPTED)
        ask(terminal, "/retry")
        terminal.wait_for("8080  tcp")
        eventually(lambda: last_status(env), Status.COMPLETED)

    assert entries(env)[-1].retry_of == interrupted.id


def test_a_terminal_that_goes_away_ends_the_program_and_the_request(
    env: Env, tmp_path: Path
) -> None:
    tool(env, "ss", f"echo $$ > {tmp_path}/pid; exec sleep 600")
    with chat(env) as terminal:
        ask(terminal, "which ports are open?")
        eventually((tmp_path / "pid").exists, wanted=True)

    eventually(partial(_is_running, tmp_path / "pid"), wanted=False)
    eventually(lambda: last_status(env), Status.CANCELLED)


def test_portuguese_by_locale(env: Env) -> None:
    with chat(env | {"LANG": "pt_BR.UTF-8"}, ready="Pergunte, ou cole um erro") as terminal:
        terminal.wait_for("A memória da equipe, no seu terminal.")
        ask(terminal, "/mode machine")
        terminal.wait_for("Modo machine: o que você pergunta fica no histórico desta máquina.")
        assert "só local" in terminal.screen()


def test_the_history_alone_is_searched_read_and_taken_into_the_chat(env: Env) -> None:
    tool(env, "ss", "echo 'tcp LISTEN 0 128 0.0.0.0:8080 0.0.0.0:*'")
    done = subprocess.run([*CHAT, "ask", "which ports are open?"], env=env, check=False)
    assert done.returncode == 0
    with Terminal([*CHAT, "history"], env=env, cwd=env["HOME"]) as terminal:
        terminal.wait_for("Search the history")
        terminal.type("kind:question por")
        terminal.wait_for("one entry")
        terminal.keys("Enter")
        terminal.wait_for("ask again")
        terminal.keys("a")
        terminal.wait_for("❯ which ports are open?")
        terminal.keys("C-c", "C-c")
        assert terminal.wait_end() == 0
    assert [entry.command for entry in entries(env)] == ["which ports are open?"]


def test_esc_leaves_the_history_alone_and_the_terminal_as_it_was(env: Env) -> None:
    script = f"{sys.executable} -m ipcom_chat history; echo code=$?; read line"
    with Terminal(["sh", "-c", script], env=env, cwd=env["HOME"]) as terminal:
        terminal.wait_for("Nothing was asked yet in this history.")
        terminal.keys("Escape")
        terminal.wait_for("code=0")

        assert is_sane(terminal)


def test_two_terminals_share_one_history(env: Env) -> None:
    tool(env, "ss", "exec sleep 60")
    with chat(env) as one, chat(env) as two:
        ask(one, "which ports are open?")
        one.wait_for("$ ss")
        eventually(lambda: last_status(env), Status.PROCESSING)
        ask(two, "/history")
        two.wait_for("… which ports are open?")
        short = entries(env)[0].id[-12:-6]
        done = subprocess.run([*CHAT, "cancel", short], env=env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        one.wait_for("Cancelled from another terminal by")
        eventually(lambda: last_status(env), Status.CANCELLED)


def test_a_user_who_cannot_write_is_told_before_the_chat_opens(env: Env) -> None:
    command = [*CHAT, "--user", "nobody-here"]
    with Terminal(command, env=env, cwd=env["HOME"], width=200) as terminal:
        terminal.wait_for("There is no user 'nobody-here'.")
        assert terminal.wait_end() == 1


def test_enter_right_after_a_paste_sends_it(env: Env) -> None:
    with chat(env) as terminal:
        for number in range(5):
            terminal.paste(f"pasted question {number}")
            terminal.keys("Enter")
            eventually(lambda: len(entries(env)), number + 1)
            eventually(lambda: last_status(env), Status.COMPLETED)

    assert [entry.command for entry in entries(env)] == [f"pasted question {n}" for n in range(5)]


def test_an_editor_that_fails_gives_the_terminal_back(env: Env, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nkill -9 $$\n")
    editor.chmod(0o755)
    with chat(env | {"EDITOR": str(editor)}) as terminal:
        terminal.type("draft")
        terminal.wait_for("draft")
        terminal.keys("C-x", "C-e")
        terminal.wait_for("The editor")
        terminal.type(" goes on")
        terminal.wait_for("draft goes on")
        assert terminal.value("#{alternate_on}") == "1"


class StalledTerminal:
    """The chat on a pseudo terminal that stops reading once the chat is there."""

    def __init__(self, env: Env) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            CHAT, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)
        seen = b""
        while READY.encode() not in seen:
            seen += os.read(self.master, 65_536)

    def ask_for_much(self, env: Env) -> None:
        os.write(self.master, b"please LONG")
        time.sleep(0.3)
        os.write(self.master, b"\r")
        eventually(lambda: last_status(env), Status.PROCESSING)
        time.sleep(3)  # until far more is painted than the terminal takes


@pytest.mark.parametrize("how", ["escape", "signal", "hang up"])
def test_a_terminal_that_takes_nothing_stops_neither_escape_nor_the_end(
    env: Env, server: Server, how: str
) -> None:
    pytest.importorskip("pydantic_ai")
    env |= {
        "IPCOM_CHAT_AI_MODEL": "openai-compatible:scripted",
        "IPCOM_CHAT_AI_BASE_URL": f"{server.url}/v1",
    }
    terminal = StalledTerminal(env)
    try:
        terminal.ask_for_much(env)
        if how == "escape":
            os.write(terminal.master, b"\x1b")
            eventually(lambda: last_status(env), Status.CANCELLED)
            terminal.process.terminate()
        elif how == "signal":
            terminal.process.terminate()
        else:
            os.close(terminal.master)
        terminal.process.wait(LIMIT_S)
    finally:
        terminal.process.kill()
        terminal.process.wait()
        if how != "hang up":
            os.close(terminal.master)

    assert last_status(env) is Status.CANCELLED
