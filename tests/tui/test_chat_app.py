"""The chat as a program: how it begins, how it ends, and what it looks like."""

import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from ipcom_chat.assistants import Assistants
from ipcom_chat.domain.entry import Status
from ipcom_chat.errors import StorageFullError, UnknownUserError
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.history import EntryFilter
from ipcom_chat.settings import load
from ipcom_chat.tui.app import INTERRUPTED, ChatApp, run_chat
from ipcom_chat.tui.screens.chat import ChatScreen
from ipcom_chat.tui.theme import DARK, LIGHT, theme_name
from tests.support.chat import ScriptedAssistant
from tests.support.chat_app import harness

Play = Callable[[Pilot[Any]], Coroutine[Any, Any, None]]


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Play], int]:
    """Give a function that runs the chat as the command line does, without a terminal."""
    run_async = ChatApp.run_async

    def run(play: Play) -> int:
        async def headless(app: ChatApp) -> Any:
            return await run_async(app, headless=True, auto_pilot=play)

        monkeypatch.setattr(ChatApp, "run_async", headless)
        monkeypatch.setattr(Assistants, "build", lambda _runtime: ScriptedAssistant())
        runtime = Runtime(load({"HOME": str(tmp_path), "IPCOM_CHAT_SEMANTIC": "false"}))
        try:
            return run_chat(runtime)
        finally:
            runtime.close()

    return run


def statuses(home: Path) -> list[Status]:
    runtime = Runtime(load({"HOME": str(home)}))
    try:
        return [entry.status for entry in runtime.history.oldest(runtime.scope(), EntryFilter())]
    finally:
        runtime.close()


async def ask(pilot: Pilot[Any]) -> None:
    await pilot.pause()
    await pilot.press(*"why", "enter")
    await pilot.pause()


def test_leaving_ends_with_zero_and_stores_what_ran(
    played: Callable[[Play], int], tmp_path: Path
) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await ask(pilot)
        await pilot.press("ctrl+d")

    assert played(play) == 0
    assert statuses(tmp_path) == [Status.CANCELLED]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_as_interrupted(
    played: Callable[[Play], int], tmp_path: Path, number: signal.Signals
) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await ask(pilot)
        os.kill(os.getpid(), number)
        await pilot.pause(0.1)

    assert played(play) == INTERRUPTED
    assert statuses(tmp_path) == [Status.CANCELLED]


def test_a_fault_is_handed_to_the_caller_after_everything_was_stored(
    played: Callable[[Play], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await ask(pilot)
        pilot.app.screen.call_later(lambda: 1 / 0)
        await pilot.pause()

    with pytest.raises(ZeroDivisionError):
        played(play)

    assert statuses(tmp_path) == [Status.CANCELLED]
    assert "Traceback" not in "".join(capsys.readouterr())


def test_a_session_that_cannot_be_recorded_opens_all_the_same(
    played: Callable[[Play], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_runtime: Runtime, **_options: bool) -> None:
        raise StorageFullError("The disk is full.")

    shown = []

    async def play(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        assert isinstance(pilot.app.screen, ChatScreen)
        shown.append(len(pilot.app.screen.transcript.children))
        await pilot.press("ctrl+d")

    monkeypatch.setattr(Runtime, "begin_session", full)
    assert played(play) == 0
    assert shown == [2]


def test_a_user_who_cannot_write_is_told_before_anything_is_shown(tmp_path: Path) -> None:
    runtime = Runtime(load({"HOME": str(tmp_path)}, {"user": "nobody-here"}))
    with pytest.raises(UnknownUserError):
        run_chat(runtime)
    runtime.close()


async def test_the_opening_tells_what_went_wrong(tmp_path: Path) -> None:
    data = tmp_path / ".local/share/ipcom-chat"
    data.mkdir(parents=True)
    (data / "history.db").write_bytes(b"no database at all" * 1_000)
    environ = {"IPCOM_CHAT_AI_MODEL": "openai-compatible:llama3.2"}
    with harness(tmp_path, environ=environ) as chat:
        chat.conversation.problem = "The disk is full."
        async with chat.app.run_test(size=(200, 40)) as pilot:
            await pilot.pause()
            assert "The history file was damaged. It was set aside as" in chat.text
            assert "✗ The disk is full." in chat.text
            assert "✗ ai.base_url is missing" in chat.text
        await chat.service.close()


@pytest.mark.parametrize(
    ("setting", "colours", "look"),
    [
        ("auto", "", DARK),
        ("auto", "15;0", DARK),
        ("auto", "0;15", LIGHT),
        ("auto", "0;default;15", LIGHT),
        ("dark", "0;15", DARK),
        ("light", "15;0", LIGHT),
    ],
)
def test_the_look_follows_the_setting_then_the_terminal(
    setting: str, colours: str, look: Any
) -> None:
    assert theme_name(setting, {"COLORFGBG": colours}) == look.name
