"""Sessions in the chat: what goes on, what is forked, changed, copied and written to a file."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from ipcom_chat.assistant.base import CommandFinished, CommandStarted, TextDelta
from ipcom_chat.domain.entry import Entry, Mode, Status
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.sessions import NEWEST
from ipcom_chat.errors import StorageFullError
from ipcom_chat.ids import ReplicaId, SessionId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.resuming import Resuming
from ipcom_chat.services.session_history import TURNS_SHOWN
from ipcom_chat.settings import load
from ipcom_chat.storage.people import Sessions
from ipcom_chat.tui.screens.sessions import SessionsScreen
from tests.support.chat_app import ChatHarness, running_chat
from tests.support.replica import an_entry

THEIRS = SessionId("00000000-0000-7000-8000-0000000000fe")
OTHER = ReplicaId("f" * 32)
EVIL = "\x1b]0;T\x07\x1b[2J[/][@click=app.exit]x[/] \u202eend"


async def ask(chat: ChatHarness, pilot: Pilot[int], text: str, answer: str = "") -> Entry:
    """Ask, let it be answered, and return the row."""
    chat.assistant.give(text, TextDelta(answer or f"answer to {text}"), None)
    await chat.send(pilot, text)
    await chat.idle(pilot)
    return await chat.stored()


async def talked(home: Path, *texts: str, **options: Any) -> SessionId:
    """Ask in a session of its own and leave it."""
    async with running_chat(home, **options) as (chat, pilot):
        for text in texts:
            await ask(chat, pilot, text)
        assert chat.conversation.resumer.session_id is not None
        return chat.conversation.resumer.session_id


def pulled(home: Path, *entries: Entry, **changes: Any) -> Session:
    """Put a colleague's session into a replica, as a pull does."""
    runtime = Runtime(load({"HOME": str(home)}))
    now = runtime.clock.now_ms()
    values: dict[str, Any] = {
        "id": THEIRS, "mode": "global", "private": False, "user_id": None, "os_user": "bia",
        "machine_id": "c" * 64, "replica_id": OTHER, "started_at": now, "last_active_at": now,
    } | changes  # fmt: skip
    session = Session(**values)
    Sessions(runtime._replica.database).open(session)
    runtime._entries.add_all(entries, actor="test")
    runtime.close()
    return session


def theirs(text: str, **changes: Any) -> Entry:
    values = {
        "command": text, "response": f"their answer to {text}", "status": Status.COMPLETED,
        "session_id": THEIRS, "replica_id": OTHER, "machine_id": "c" * 64, "os_user": "bia",
    } | changes  # fmt: skip
    return an_entry(**values)


def known(chat: ChatHarness) -> list[str]:
    """Return the earlier questions that the assistant got with the last one."""
    return [turn.question for turn in chat.assistant.asked[-1].conversation]


def open_rows(chat: ChatHarness) -> list[Session]:
    """Return the sessions of this replica that have not ended."""
    sql = "SELECT id FROM sessions WHERE ended_at IS NULL"
    database = chat.runtime._replica.database
    found = [Sessions(database).get(row[0]) for row in database.rows(sql)]
    return [session for session in found if session is not None]


async def test_continue_shows_the_newest_session_and_goes_on_in_it(tmp_path: Path) -> None:
    session_id = await talked(tmp_path, "one", "two")
    async with running_chat(tmp_path, resume=NEWEST) as (chat, pilot):
        await chat.until(pilot, "goes on: one")
        await chat.idle(pilot)
        assert "answer to two" in chat.text
        entry = await ask(chat, pilot, "three")
        assert entry.session_id == session_id
        assert known(chat) == ["one", "two"]
        assert [each.id for each in open_rows(chat)] == [session_id]


async def test_without_an_earlier_one_that_is_said(tmp_path: Path) -> None:
    async with running_chat(tmp_path, resume=NEWEST) as (chat, pilot):
        await chat.until(pilot, "There is no earlier session here to go on with.")
        entry = await ask(chat, pilot, "one")
        assert entry.session_id == chat.runtime.session_id


async def test_a_colleagues_session_is_forked_by_the_first_question(tmp_path: Path) -> None:
    pulled(tmp_path, theirs("why?"))
    async with running_chat(tmp_path, resume=THEIRS[-12:]) as (chat, pilot):
        await chat.until(pilot, "of bia can only be read")
        await chat.idle(pilot)
        assert "their answer to why?" in chat.text
        assert open_rows(chat) == [chat.runtime.session_history.find(THEIRS)]  # no trace yet
        entry = await ask(chat, pilot, "and now?")
        assert known(chat) == ["why?"]
        assert entry.session_id not in (THEIRS, None)
        fork = chat.runtime.session_history.find(entry.session_id or "")
        assert fork.parent_id == THEIRS
        assert (await ask(chat, pilot, "and then?")).session_id == fork.id


async def test_a_fork_that_cannot_be_recorded_takes_no_answer_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_resuming: Resuming, _taken: object) -> None:
        raise StorageFullError("The disk is full.")

    pulled(tmp_path, theirs("why?"))
    async with running_chat(tmp_path, resume=THEIRS) as (chat, pilot):
        await chat.idle(pilot)
        monkeypatch.setattr(Resuming, "begin_fork", full)
        await ask(chat, pilot, "and now?")
        await chat.until(pilot, "The disk is full.")
        assert "answer to and now?" in chat.text


async def test_resume_leaves_this_session_for_another(tmp_path: Path) -> None:
    first = await talked(tmp_path, "one")
    async with running_chat(tmp_path) as (chat, pilot):
        before = (await ask(chat, pilot, "something else")).session_id
        await chat.send(pilot, f"/resume {first[-12:]}")
        await chat.until(pilot, "goes on: one")
        await chat.idle(pilot)
        assert "something else" not in chat.text
        assert (await ask(chat, pilot, "two")).session_id == first
        assert known(chat) == ["one"]
        assert [each.id for each in open_rows(chat)] == [first]
        await chat.send(pilot, "/continue")
        await chat.until(pilot, "goes on: something else")
        assert chat.runtime.session_id == before


async def test_what_cannot_be_gone_on_with_is_said(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        for command, said in (
            ("/continue", "There is no earlier session here"),
            ("/fork", "Nothing was asked in this session yet."),
            ("/edit", "Nothing was asked in this session yet."),
            ("/copy", "Nothing was answered in this session yet."),
            ("/copy all", "Nothing was asked in this session yet."),
            ("/copy code", "There is no code to copy."),
            ("/copy that", "/copy takes code"),
            ("/rename", "/rename TITLE"),
            ("/resume abcdef", "No session has the id"),
        ):
            await chat.send(pilot, command)
            await chat.until(pilot, said)
        await chat.send(pilot, "why?")
        for command in ("/continue", "/edit"):
            await chat.send(pilot, command)
            await chat.idle_commands(pilot)
        assert chat.text.count("An answer is still arriving") == 2
        chat.assistant.give("why?", TextDelta("because"), None)
        await chat.idle(pilot)
        await chat.send(pilot, f"/resume {chat.runtime.session_id}")
        await chat.until(pilot, "That is the session you are in.")


async def test_fork_goes_on_beside_the_original(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        original = (await ask(chat, pilot, "one")).session_id
        await chat.send(pilot, "/fork")
        await chat.until(pilot, "Your next question begins a fork")
        entry = await ask(chat, pilot, "two")
        assert entry.session_id != original
        assert known(chat) == ["one"]
        history, origin = chat.runtime.session_history, chat.runtime.origin()
        fork = history.find(entry.session_id or "")
        assert (fork.parent_id, len(history.turns(fork, origin).asked)) == (original, 2)
        assert len(history.turns(history.find(original or ""), origin).asked) == 1


async def test_rename_gives_a_title_also_to_a_fork_that_nothing_was_asked_in(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, "one")
        await chat.send(pilot, f"/rename Disk {EVIL}")
        await chat.until(pilot, "This session is called: Disk")
        assert "\x1b" not in chat.text
        await chat.send(pilot, "/fork")
        await chat.until(pilot, "begins a fork")
        await chat.send(pilot, "/rename The fork")
        await chat.until(pilot, "called: The fork")
        fork = chat.runtime.session_history.find(chat.runtime.session_id or "")
        assert fork.title == "The fork"
        assert (await ask(chat, pilot, "two")).session_id == fork.id


async def test_a_private_session_goes_on_privately_and_the_next_one_does_not(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "/private on")
        await chat.send(pilot, "/mode machine")
        await chat.idle(pilot)
        await ask(chat, pilot, "a secret matter")
    runtime = Runtime(load({"HOME": str(tmp_path)}))
    database = runtime._replica.database
    with database.write() as transaction:
        transaction.execute("UPDATE sessions SET private = 1, mode = 'machine'")
    (secret,) = [row[0] for row in database.rows("SELECT id FROM sessions")]
    runtime.close()
    open_id = await talked(tmp_path, "a matter for all")
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, f"/resume {secret}")
        await chat.until(pilot, "goes on: a secret matter")
        await chat.idle(pilot)
        origin = chat.conversation.context.origin
        assert (origin.private, origin.mode) == (True, Mode.MACHINE)
        assert (await ask(chat, pilot, "more of it")).private
        await chat.send(pilot, f"/resume {open_id}")
        await chat.until(pilot, "goes on: a matter for all")
        await chat.idle(pilot)
        origin = chat.conversation.context.origin
        assert (origin.private, origin.mode) == (False, Mode.GLOBAL)
        await chat.send(pilot, "/private on")
        await chat.send(pilot, f"/resume {secret}")
        await chat.until(pilot, "goes on: a secret matter")
        await chat.send(pilot, f"/resume {open_id}")
        await chat.until(pilot, "goes on: a matter for all")
        await chat.idle(pilot)
        assert chat.conversation.context.origin.private  # that was the person's own choice


async def test_every_way_a_turn_can_end_is_shown_and_no_text_acts(tmp_path: Path) -> None:
    entries = [
        theirs(f"one {EVIL}", response=EVIL, created_at=1),
        theirs("two", status=Status.CANCELLED, response="half", cancelled_by="user", created_at=2),
        theirs("three", status=Status.ERROR, response=None, created_at=3),
        theirs("four", status=Status.CANCELLED, response=None, cancelled_by="rui", created_at=4),
    ]
    typed = theirs("uptime", kind="command", error_code="0", response="up 3 days", created_at=6)
    entries.append(msgspec.convert(msgspec.to_builtins(typed), Entry))
    run = theirs("df -h", kind="command", parent_id=entries[0].id, error_code="1",
                 response="no space left", created_at=5, execution_time_ms=3)  # fmt: skip
    pulled(tmp_path, *entries, msgspec.convert(msgspec.to_builtins(run), Entry))
    async with running_chat(tmp_path, size=(80, 60), resume=THEIRS) as (chat, pilot):
        await chat.until(pilot, "can only be read")
        await chat.idle(pilot)
        for said in ("$ df -h", "no space left", "half", "Operation cancelled by user",
                     "There is no answer.", "Cancelled from another terminal by rui",
                     "!uptime", "$ uptime"):  # fmt: skip
            assert said in chat.text
        assert "\x1b" not in chat.text
        assert "\u202e" not in chat.text
        await ask(chat, pilot, "and now?")
        turns = chat.assistant.asked[-1].conversation
        assert [turn.cancelled for turn in turns] == [False, True, False, True, False]
        assert turns[-1].question == "!uptime"
        assert [each.exit_code for each in turns[0].ran] == [1]


async def test_of_a_long_session_the_newest_turns_are_shown(tmp_path: Path) -> None:
    pulled(
        tmp_path,
        *(theirs(f"question {place:03}", created_at=place) for place in range(TURNS_SHOWN + 3)),
    )
    async with running_chat(tmp_path, resume=THEIRS) as (chat, pilot):
        await chat.until(pilot, f"Only its newest {TURNS_SHOWN} questions")
        await chat.idle(pilot)
        assert "question 002" not in chat.text
        assert f"question {TURNS_SHOWN + 2:03}" in chat.text
        assert len(chat.service.conversation) == TURNS_SHOWN


async def test_what_got_no_answer_can_be_asked_again_after_going_on(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, "one")
        await chat.send(pilot, "two")
        await pilot.press("escape")
        await chat.idle(pilot)
        cancelled = await chat.stored()
    async with running_chat(tmp_path, resume=NEWEST) as (chat, pilot):
        await chat.idle(pilot)
        chat.assistant.give("two", TextDelta("the answer"), None)
        await chat.send(pilot, "/retry")
        await chat.until(pilot, "the answer")
        await chat.idle(pilot)
        assert (await chat.stored()).retry_of == cancelled.id


async def test_edit_replaces_the_last_question_in_the_conversation(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        first = await ask(chat, pilot, "one")
        second = await ask(chat, pilot, "twoo")
        await chat.send(pilot, "/edit")
        await chat.idle(pilot)
        assert chat.screen.prompt.text == "twoo"
        assert "Enter asks it anew" in chat.hint_text
        entry = await ask(chat, pilot, "two")
        assert entry.retry_of == second.id
        assert known(chat) == ["one"]
        assert (await ask(chat, pilot, "three")).retry_of is None
        assert known(chat) == ["one", "two"]
        assert first.retry_of is None
    async with running_chat(tmp_path, resume=NEWEST) as (chat, pilot):
        await chat.idle(pilot)
        await ask(chat, pilot, "four")
        assert known(chat) == ["one", "two", "three"]


async def test_an_emptied_prompt_edits_nothing(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, "one")
        await chat.send(pilot, "/edit")
        await chat.idle(pilot)
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert chat.screen.prompt.text == ""
        entry = await ask(chat, pilot, "two")
        assert entry.retry_of is None
        assert known(chat) == ["one"]


async def test_edit_of_a_private_question_stays_private(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("mine", TextDelta("yes"), None)
        await chat.send(pilot, " mine")
        await chat.idle(pilot)
        await chat.send(pilot, "/edit")
        await chat.idle(pilot)
        assert chat.screen.prompt.text == " mine"


async def test_copy_takes_the_answer_the_code_or_everything(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, "one", f"first {EVIL}")
        await ask(chat, pilot, "two", "the **second**\n\n```sh\nls -l\n```\n")
        for command, wanted in (
            ("/copy", "the **second**\n\n```sh\nls -l\n```\n"),
            ("/copy answer", "the **second**\n\n```sh\nls -l\n```\n"),
            ("/copy code", "ls -l"),
        ):
            await chat.send(pilot, command)
            await chat.idle(pilot)
            assert chat.app.clipboard == wanted
        await chat.send(pilot, "/copy all")
        await chat.idle(pilot)
        assert chat.app.clipboard.startswith("# ipcom-chat\n")
        assert "## one" in chat.app.clipboard
        assert "\x1b" not in chat.app.clipboard


async def test_export_writes_json_by_the_name_of_the_file(tmp_path: Path) -> None:
    await talked(tmp_path, "one")
    async with running_chat(tmp_path, resume=NEWEST) as (chat, pilot):
        chat.assistant.give(
            "two",
            CommandStarted(call_id="1", command="ls"),
            CommandFinished(call_id="1", command="ls", output="x", exit_code=0, duration_ms=1),
            TextDelta("done"),
            None,
        )
        await chat.send(pilot, "two")
        await chat.idle(pilot)
        await chat.send(pilot, f"/export {tmp_path}/out.JSON")
        await chat.until(pilot, "Wrote 2 questions")
        found = json.loads((tmp_path / "out.JSON").read_text())
        assert [turn["command"] for turn in found["turns"]] == ["one", "two"]
        assert [each["command"] for each in found["turns"][1]["commands"]] == ["ls"]
        assert found["session_id"] == chat.runtime.session_id


async def test_sessions_can_be_chosen_at_first(tmp_path: Path) -> None:
    session_id = await talked(tmp_path, "one")
    async with running_chat(tmp_path, opens_sessions=True) as (chat, pilot):
        await pilot.pause()
        assert isinstance(chat.app.screen, SessionsScreen)
        await pilot.press("enter")
        await chat.until(pilot, "goes on: one")
        assert chat.runtime.session_id == session_id
