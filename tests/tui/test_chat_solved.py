"""The line below a question that the team has solved before."""

import threading
from pathlib import Path

import pytest

from ipcom_chat.assistant.base import KNOWLEDGE, TextDelta
from ipcom_chat.errors import StorageError
from ipcom_chat.services.suggestions import SuggestionService
from ipcom_chat.tui.screens.chat import LOOK_BACK_S
from ipcom_chat.tui.widgets.transcript import Question
from tests.support.chat_app import ChatHarness, running_chat

SAID = "Solved before by"


async def solve(home: Path, question: str) -> str:
    """Ask and answer a question in a session of its own, vote for it; return its short id."""
    async with running_chat(home) as (chat, pilot):
        chat.assistant.give(question, TextDelta("Restart it."), None)
        await chat.send(pilot, question)
        await chat.idle(pilot)
        await chat.send(pilot, "/good")
        await chat.idle(pilot)
        return (await chat.stored()).id[-12:-6]


def below(chat: ChatHarness) -> str:
    """Return what stands right below the newest question."""
    question = chat.screen.transcript.query(Question).last()
    place = chat.screen.transcript.children.index(question)
    (row,) = chat.screen.transcript.children[place + 1].rows(80)  # type: ignore[attr-defined]
    return str(row.plain).rstrip()


async def test_one_line_below_the_question_says_who_solved_it(tmp_path: Path) -> None:
    short_id = await solve(tmp_path, "why is nginx down on web1?")
    async with running_chat(tmp_path) as (chat, pilot):
        who = chat.conversation.username
        chat.assistant.give("nginx down on web1", TextDelta("Hm."))
        await chat.send(pilot, "nginx down on web1")
        await chat.until(pilot, "Hm.")
        await chat.until(pilot, SAID)
        assert below(chat).startswith(f"{SAID} {who}, ")
        assert below(chat).endswith(f" ago · 1 good, 0 bad · {short_id}")
        chat.assistant.give("nginx down on web1", TextDelta(" Wait."), None)
        await chat.idle(pilot)
        assert "Hm. Wait." in chat.text
        assert chat.text.count(SAID) == 1


@pytest.mark.parametrize("asked", ["why is nginx down?", "where is the printer?"])
async def test_nothing_is_said_of_this_session_or_of_something_else(
    tmp_path: Path, asked: str
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        for text in ("why is nginx down?", asked):
            chat.assistant.give(text, TextDelta("Yes."), None)
            await chat.send(pilot, text)
            await chat.idle(pilot)
        await pilot.pause(2 * LOOK_BACK_S)
        await chat.idle(pilot)
        assert SAID not in chat.text


async def test_what_the_assistant_quotes_itself_is_not_said_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await solve(tmp_path, "why is nginx down?")
    async with running_chat(tmp_path) as (chat, pilot):
        monkeypatch.setattr(chat.assistant, "name", KNOWLEDGE)
        chat.assistant.give("why is nginx down?", TextDelta("Quoted."), None)
        await chat.send(pilot, "why is nginx down?")
        await chat.until(pilot, "Quoted.")
        await pilot.pause(2 * LOOK_BACK_S)
        await chat.idle(pilot)
        assert SAID not in chat.text


async def test_the_answer_does_not_wait_for_it_and_a_cleared_screen_stays_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await solve(tmp_path, "why is nginx down?")
    looking, found = threading.Event(), threading.Event()
    solved = SuggestionService.solved

    def slowly(*args: object, **options: object) -> object:
        looking.set()
        assert found.wait(20)
        return solved(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(SuggestionService, "solved", slowly)
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "why is nginx down?")
        while not looking.is_set():
            await pilot.pause(0.02)
        chat.assistant.give("why is nginx down?", TextDelta("Because."), None)
        await chat.until(pilot, "Because.")
        while chat.conversation.running is not None:
            await pilot.pause(0.02)
        await pilot.press("ctrl+l")
        found.set()
        await chat.idle(pilot)
        assert SAID not in chat.text


async def test_a_history_that_cannot_be_searched_keeps_no_answer_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(SuggestionService, "solved", broken)
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("Because."))
        await chat.send(pilot, "why?")
        await chat.until(pilot, "Because.")
        await pilot.pause(2 * LOOK_BACK_S)
        chat.assistant.give("why?", None)
        await chat.idle(pilot)
        assert "the disk is gone" not in chat.text
