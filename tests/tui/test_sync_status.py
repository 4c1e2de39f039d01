"""What the chat says of synchronisation: on its status line, and in notices."""

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import msgspec
import pytest
from textual.pilot import Pilot

from ipcom_chat import i18n
from ipcom_chat.formats import local_time
from ipcom_chat.i18n import Language
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.services.sync_thread import SyncThread
from ipcom_chat.storage.sync_state import Parked
from ipcom_chat.tui.chat_status import status_of
from tests.support.chat_app import ChatHarness, running_chat
from tests.support.machine import Machine, eventually, initialise, questions_on
from tests.support.sqld import Sqld, sqld
from tests.support.tmux import Terminal, requires_tool

__all__ = ["sqld"]

ROOT = Path(__file__).parents[2]
SINCE_MS = 1_700_000_000_000
OFFLINE = "The primary at db.example.com did not answer as it should: no route to host."
REFUSED = "The primary at db.example.com does not accept the token."

SYNCED = SyncStatus(condition=Condition.SYNCED, host="db.example.com", succeeded_at=SINCE_MS)
OFF_LINE = SyncStatus(
    condition=Condition.OFFLINE, failing_since=SINCE_MS, error=OFFLINE,
    error_code="primary_unreachable", waiting={"entry": 3},
)  # fmt: skip
NO_TOKEN = SyncStatus(condition=Condition.ATTENTION, error=REFUSED, error_code="primary_auth")
READ_ONLY = SyncStatus(condition=Condition.ATTENTION, read_only=True, waiting={"entry": 1})
PARKED = SyncStatus(
    condition=Condition.ATTENTION,
    parked=(Parked(kind="entry", key="1", reason="CHECK", parked_at=SINCE_MS),),
)


def waiting(count: int) -> SyncStatus:
    return SyncStatus(condition=Condition.WAITING, waiting={"entry": count - 1, "session": 1})


def told(chat: ChatHarness) -> str:
    """Return the transcript as if no line had been wrapped."""
    return " ".join(chat.text.split())


class NoThread:
    """Stands where a thread would synchronise."""

    def start(self) -> None: ...

    def nudge(self) -> None: ...

    def stop(self) -> None: ...


@asynccontextmanager
async def synchronising_chat(
    home: Path, width: int = 80
) -> AsyncIterator[tuple[ChatHarness, Pilot[int]]]:
    """Run a chat that has a primary, as far as it knows."""
    async with running_chat(home, size=(width, 24)) as (chat, pilot):
        chat.conversation.sync = cast("SyncThread", NoThread())
        chat.screen.status.show(status_of(chat.conversation))
        yield chat, pilot


async def test_without_a_primary_it_is_local_only(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, _pilot):
        assert chat.status_text.rstrip().endswith("·  local only")


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("language", ["en", "pt_BR"])
async def test_the_line_says_where_it_stands(
    tmp_path: Path, width: int, language: Language
) -> None:
    at = local_time(SINCE_MS, "%H:%M")
    texts = {
        "en": ("connecting", "synced", "one waiting", "12 waiting", "pulling",
               f"offline since {at}", "sync needs attention"),
        "pt_BR": ("conectando", "sincronizado", "1 esperando", "12 esperando", "recebendo",
                  f"sem conexão desde {at}", "sincronização precisa de atenção"),
    }[language]  # fmt: skip
    states = (
        None, SYNCED, waiting(1), waiting(12), SyncStatus(condition=Condition.FILLING), OFF_LINE,
        NO_TOKEN,
    )  # fmt: skip
    async with synchronising_chat(tmp_path, width) as (chat, pilot):
        i18n.use(language)
        for state, text in zip(states, texts, strict=True):
            if state is None:
                chat.screen.status.show(status_of(chat.conversation))
            else:
                chat.app.show_sync(state)
            await pilot.pause()
            assert chat.status_text.rstrip().endswith(f"·  {text}")
            assert chat.screen.status.size.height == 1


async def test_a_problem_is_told_once(tmp_path: Path) -> None:
    async with synchronising_chat(tmp_path) as (chat, pilot):
        for state in (SYNCED, NO_TOKEN, NO_TOKEN, msgspec.structs.replace(NO_TOKEN, tried_at=1)):
            chat.app.show_sync(state)
            await pilot.pause()
        assert told(chat).count("does not accept the token") == 1
        chat.app.show_sync(SYNCED)
        chat.app.show_sync(NO_TOKEN)
        await pilot.pause()
        assert told(chat).count("does not accept the token") == 2


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (READ_ONLY, "the token does not allow writing"),
        (PARKED, "one row was refused; see 'ipcom-chat sync status'"),
    ],
)
async def test_what_a_person_must_do_is_told(tmp_path: Path, status: SyncStatus, text: str) -> None:
    async with synchronising_chat(tmp_path, 200) as (chat, pilot):
        chat.app.show_sync(status)
        await chat.until(pilot, text)


async def test_being_offline_is_no_problem_unless_it_is_to_be_loud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with synchronising_chat(tmp_path) as (chat, pilot):
        chat.app.show_sync(OFF_LINE)
        await pilot.pause()
        assert "did not answer" not in chat.text
        chat.app.show_sync(SYNCED)
        monkeypatch.setitem(chat.runtime.settings.values, "sync.fallback_enabled", False)
        chat.app.show_sync(OFF_LINE)
        await chat.until(pilot, "did not answer")


async def test_another_reason_to_be_offline_is_no_other_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, timed out, refused: each try of a long night told the user again."""
    async with synchronising_chat(tmp_path) as (chat, pilot):
        monkeypatch.setitem(chat.runtime.settings.values, "sync.fallback_enabled", False)
        for reason in ("refused", "it took too long", "refused"):
            chat.app.show_sync(msgspec.structs.replace(OFF_LINE, error=f"Offline: {reason}."))
            await pilot.pause()
        assert chat.text.count("Offline: ") == 1


async def test_what_it_says_reaches_no_markup(tmp_path: Path) -> None:
    async with synchronising_chat(tmp_path) as (chat, pilot):
        evil = msgspec.structs.replace(NO_TOKEN, error="[@click=app.exit]x[/]\x1b[2J\nline two")
        chat.app.show_sync(evil)
        await chat.until(pilot, "[@click=app.exit]x[/]")
        assert "\x1b" not in chat.text


async def test_a_state_that_arrives_after_the_end_changes_nothing(tmp_path: Path) -> None:
    async with synchronising_chat(tmp_path) as (chat, _pilot):
        pass
    chat.app.show_sync(NO_TOKEN)
    assert chat.conversation.sync_status is NO_TOKEN


# The real program on a real terminal, with a real server.


@pytest.fixture
def machine(sqld: Sqld, tmp_path: Path) -> Machine:
    requires_tool("tmux")
    initialise(sqld.url, tmp_path)
    return Machine(
        tmp_path, "one", sqld.url,
        SYNC_ACTIVE_INTERVAL="1", TURSO_QUERY_TIMEOUT="1000", RETRY_INTERVAL="2000",
        PYTHONPATH=f"{ROOT}/src:{ROOT}",
    )  # fmt: skip


def ask(terminal: Terminal, question: str) -> None:
    terminal.type(question)
    terminal.wait_for(question)
    terminal.keys("Enter")


def chat_on(machine: Machine, **size: int) -> Terminal:
    return Terminal([sys.executable, "-m", "ipcom_chat"], env=machine.env, **size)  # type: ignore[arg-type]


@pytest.mark.tmux
def test_the_line_follows_the_server(machine: Machine, sqld: Sqld) -> None:
    with chat_on(machine) as terminal:
        terminal.wait_for("·  synced", 60)
        ask(terminal, "first question")
        terminal.wait_for("the program then says what it still needs")
        eventually(lambda: questions_on(sqld.url), lambda found: found == ["first question"])
        terminal.wait_for("·  synced", 60)

        sqld.kill()
        terminal.keys("C-l")
        ask(terminal, "second question")
        terminal.wait_for("the program then says what it still needs")
        terminal.wait_for("waiting", 60)
        terminal.wait_for("offline since", 60)
        # The screen stays as quick as ever.
        terminal.type("typed while it is offline")
        terminal.wait_for("typed while it is offline", 5)
        terminal.keys("C-u")
        terminal.wait_gone("typed while it is offline", 5)

        sqld.start()
        terminal.wait_for("·  synced", 60)
        assert questions_on(sqld.url) == ["first question", "second question"]
        terminal.keys("C-d")
        assert terminal.wait_end(60) == 0
    same = [("first question",), ("second question",)]
    assert machine.rows("SELECT command FROM entries ORDER BY command") == same
    assert machine.unacknowledged() == 0


@pytest.mark.tmux
def test_esc_is_immediate_while_the_primary_is_silent(machine: Machine, sqld: Sqld) -> None:
    tools = Path(machine.env["HOME"]) / "tools"
    tools.mkdir()
    ss = tools / "ss"
    ss.write_text("#!/bin/sh\nexec sleep 60\n")
    ss.chmod(0o755)
    machine.env |= {
        "PATH": f"{tools}:{machine.env['PATH']}", "TURSO_QUERY_TIMEOUT": "60000"
    }  # fmt: skip
    with chat_on(machine) as terminal:
        terminal.wait_for("·  synced", 60)
        sqld.pause()
        ask(terminal, "which ports are open?")
        terminal.wait_for("ESC cancels")
        terminal.wait_for("$ ss")
        terminal.keys("Escape")
        terminal.wait_for("Operation cancelled by user", 10)
        terminal.keys("C-d")
        start_s = time.monotonic()
        assert terminal.wait_end(60) == 0
        # The flush is bounded; the time-out of the network is a minute.
        assert time.monotonic() - start_s < 30
    sqld.resume()
    assert machine.sync().pushed > 0
    ((status,),) = machine.rows("SELECT status FROM entries WHERE kind = 'question'")
    assert status == "cancelled"


@pytest.mark.tmux
def test_a_chat_that_ends_at_once_ends_in_order(machine: Machine) -> None:
    """The thread that had not been started yet was waited for."""
    code = (
        "from ipcom_chat.tui.screens.chat import ChatScreen; "
        "ChatScreen._after_first_paint = lambda self: self.app.exit(0); "
        "import sys; from ipcom_chat.cli.main import main; sys.exit(main())"
    )
    with Terminal([sys.executable, "-c", code], env=machine.env) as terminal:
        assert terminal.wait_end(60) == 0
        assert "fault" not in terminal.screen()
