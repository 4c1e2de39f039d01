"""The prompt as a shell, and files behind an `@`."""

from pathlib import Path

import pytest

from ipcom_chat.assistant.base import TextDelta
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.ids import short_id
from ipcom_chat.tui.widgets.composer import ASKS, RUNS
from tests.support.chat_app import ChatHarness, running_chat


def mark_of(chat: ChatHarness) -> str:
    return str(chat.screen.composer.query_one("#mark").render())


def paths_of(chat: ChatHarness) -> list[str]:
    menu = chat.screen.composer.menu
    return [row.plain.strip("› ") for row in menu.layout_rows(60)] if menu.is_open else []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "app.log").write_text("ERROR 42\n")
    (folder / "logs" / "web.log").write_text("ok\n")
    (folder / "notes.txt").write_text("remember\n")
    monkeypatch.chdir(folder)
    return folder


async def test_a_line_with_the_mark_runs_and_its_output_is_shown(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "!echo hello; echo world")
        await chat.idle(pilot)
        entry = await chat.stored()

        assert "!echo hello; echo world" in chat.text
        assert "  hello\n  world" in chat.text
        assert (entry.kind, entry.status) == (Kind.COMMAND, Status.COMPLETED)
        assert entry.response == "hello\nworld\n"
        assert chat.assistant.asked == []


async def test_the_next_question_knows_what_ran(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "!echo hello")
        await chat.idle(pilot)
        chat.assistant.give("what was that?", None)
        await chat.send(pilot, "what was that?")
        await chat.idle(pilot)
        (turn,) = chat.assistant.asked[0].conversation

        assert turn.ran[0].output == "hello\n"


async def test_a_vote_means_the_answer_and_not_the_command_after_it(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("so"), None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        answered = await chat.stored()
        await chat.send(pilot, "!true")
        await chat.idle(pilot)
        await chat.send(pilot, "/good")
        await chat.idle(pilot)

        assert f"{short_id(answered.id)}: 1 good, 0 bad." in chat.text


async def test_a_command_that_fails_says_how_and_is_not_a_failed_question(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "!echo oops >&2; exit 3")
        await chat.idle(pilot)

        assert "exit 3" in chat.text
        assert "  oops" in chat.text
        assert chat.conversation.failed is None


async def test_a_blank_before_the_mark_keeps_it_here(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, " !echo quiet")
        await chat.idle(pilot)
        entry = await chat.stored()

        assert (entry.command, entry.private) == ("echo quiet", True)
        assert "private" in chat.text


async def test_escape_stops_it_and_retry_runs_it_again(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "!echo begun; test -e again || sleep 300")
        await chat.until(pilot, "  begun")
        await pilot.press("escape")
        await chat.idle(pilot)
        assert (await chat.stored()).status is Status.CANCELLED
        failed = chat.conversation.failed
        assert failed is not None
        assert failed.text == "!echo begun; test -e again || sleep 300"
        await chat.send(pilot, "/retry")
        assert chat.conversation.running is not None
        await pilot.press("escape")
        await chat.idle(pilot)

        assert chat.conversation.counts[Status.CANCELLED] == 2


async def test_the_mark_alone_runs_nothing(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "! ")

        assert "A command follows the !" in chat.text
        assert chat.conversation.last_id is None


async def test_the_prompt_says_whom_enter_asks(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        assert ASKS in mark_of(chat)
        await pilot.press("exclamation_mark", "i", "d")
        assert RUNS in mark_of(chat)
        await pilot.press("backspace", "backspace", "backspace")

        assert ASKS in mark_of(chat)


async def test_up_brings_the_line_back_with_its_mark(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "!true")
        await chat.idle(pilot)
        await pilot.press("up")

        assert chat.screen.prompt.text == "!true"
        assert RUNS in mark_of(chat)


async def test_a_path_behind_an_at_is_offered_while_it_is_written(
    tmp_path: Path, folder: Path
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await pilot.press(*"why @lo")
        await pilot.pause(0.2)
        assert paths_of(chat) == ["logs/"]
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert chat.screen.prompt.text == "why @logs/"
        assert paths_of(chat) == ["logs/app.log", "logs/web.log"]
        await pilot.press("down", "enter")
        await pilot.pause(0.2)
        assert chat.screen.prompt.text == "why @logs/web.log"
        assert paths_of(chat) == []
        await pilot.press("enter")
        await pilot.pause()
        assert chat.conversation.running is not None
        await pilot.press("escape")
        await chat.idle(pilot)


async def test_typing_on_narrows_the_menu_and_escape_closes_it(
    tmp_path: Path, folder: Path
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await pilot.press("at")
        await pilot.pause(0.2)
        assert paths_of(chat) == ["logs/", "notes.txt"]
        await pilot.press("n")
        assert paths_of(chat) == ["notes.txt"]
        await pilot.press("escape")
        await pilot.pause(0.2)
        assert paths_of(chat) == []
        assert chat.screen.prompt.text == "@n"


async def test_tab_completes_behind_an_at_as_elsewhere(tmp_path: Path, folder: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.screen.prompt.set_text("see @no")
        await pilot.pause(0.2)
        await pilot.press("escape", "tab")
        await pilot.pause(0.2)

        assert chat.screen.prompt.text == "see @notes.txt"


async def test_an_address_is_no_path(tmp_path: Path, folder: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await pilot.press(*"mail ops", "at", *"notes")
        await pilot.pause(0.2)

        assert paths_of(chat) == []


async def test_a_file_that_is_named_is_sent_along(tmp_path: Path, folder: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "what is wrong in @logs/app.log")
        await pilot.pause(0.5)
        await pilot.press("escape")
        await chat.idle(pilot)

        assert "ERROR 42" in chat.assistant.asked[0].text
        assert "logs/app.log" in chat.text
