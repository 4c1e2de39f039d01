"""The history screen as a person uses it: type, look, read, take over, take out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot

from ipcom_chat.assistant.base import TextDelta
from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.errors import NotFoundError, StorageError
from ipcom_chat.ids import SessionId
from ipcom_chat.services.browsing import Page, View
from ipcom_chat.tui.screens import history as module
from ipcom_chat.tui.screens.history import HistoryScreen
from ipcom_chat.tui.widgets.answer import Answer
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.command_run import CommandRun
from ipcom_chat.tui.widgets.rows import Rows
from tests.support.chat_app import ChatHarness, harness, running_chat
from tests.support.replica import an_entry

SESSION = SessionId("00000000-0000-7000-8000-00000000000c")
EVIL = "\x1b]0;T\x07\x1b]52;c;eA==\x07\x1b[2J[/][@click=app.exit]x[/] \u202eend"
Opened = tuple[ChatHarness, Pilot[int]]


def question(command: str, minutes: int = 0, **changes: Any) -> Entry:
    """Return an answered question of so many minutes ago."""
    values = {"status": Status.COMPLETED, "response": f"the answer to **{command}**"} | changes
    return an_entry(command=command, created_at=_now() - minutes * 60_000, **values)


def _now() -> int:
    return 1_790_000_000_000


NGINX = question("why does nginx stop?", 1)
DISK = question("what fills the disk?", 2, session_id=SESSION, machine_id="f" * 64)
RUN = an_entry(
    command="df -h /var", kind=Kind.COMMAND, parent_id=DISK.id, error_code="1",
    response="no space", status=Status.COMPLETED, session_id=SESSION, cwd="/var",
    created_at=DISK.created_at + 5,
)  # fmt: skip
LATER = question("and which ports are open?", 0, session_id=SESSION, status=Status.ERROR)


@asynccontextmanager
async def opened(
    home: Path, *entries: Entry, keys: str = "ctrl+r", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Opened]:
    """Open the history over a chat that holds these entries."""
    async with running_chat(home, size=size) as (chat, pilot):
        saved = entries or (NGINX, DISK, RUN, LATER)
        await chat.thread.run(chat.runtime._entries.add_all, saved, actor="test")
        await show(chat, pilot, keys)
        yield chat, pilot


async def show(chat: ChatHarness, pilot: Pilot[int], keys: str = "ctrl+r") -> None:
    if keys == "/history":
        await chat.send(pilot, keys)
    else:
        await pilot.press(keys)
    await chat.found(pilot)


def listed(chat: ChatHarness) -> list[str]:
    return [line.title.text for line in chat.history.hits._lines]


def text_of(*widgets: Rows) -> str:
    return "\n".join(
        row.plain.rstrip() for each in widgets for row in each.rows(each.content_size.width or 80)
    )


def read(chat: ChatHarness) -> str:
    """Return what is shown of the entry."""
    return text_of(*chat.history.entry.query(Rows))


def told(chat: ChatHarness) -> str:
    """Return what the border of the search says."""
    return str(chat.history._search.border_subtitle or "")


async def until_told(chat: ChatHarness, pilot: Pilot[int], text: str) -> None:
    async with asyncio.timeout(20):
        while text not in told(chat):
            await pilot.pause(0.02)


# Searching


async def test_ctrl_r_finds_a_question_and_puts_it_into_the_prompt(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chat, pilot):
        assert listed(chat) == [LATER.command, NGINX.command, DISK.command]
        await pilot.press(*"dis")
        await chat.found(pilot)
        assert listed(chat) == [DISK.command]
        await pilot.press("enter")
        await pilot.pause(0.1)

        assert chat.app.screen is chat.screen
        assert chat.screen.prompt.text == DISK.command
        assert chat.screen.prompt.has_focus
        assert chat.assistant.asked == []


async def test_the_draft_is_searched_and_esc_leaves_it_as_it_was(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.thread.run(chat.runtime._entries.add_all, [NGINX, DISK], actor="test")
        await pilot.press(*"nginx")
        await show(chat, pilot)
        assert listed(chat) == [NGINX.command]
        await pilot.press("escape")

        assert chat.app.screen is chat.screen
        assert chat.screen.prompt.text == "nginx"


async def test_a_newer_text_supersedes_what_is_being_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (chat, pilot):
        asked: list[str] = []
        gate = asyncio.Event()
        page = chat.history._finder.page

        async def slow(view: View, *, limit: int) -> Page:
            asked.append(view.text)
            await gate.wait()
            return await page(view, limit=limit)

        monkeypatch.setattr(chat.history._finder, "page", slow)
        await pilot.press(*"nginx")
        await pilot.pause()
        assert chat.history.line.value == "nginx"  # typing waits for nothing
        gate.set()
        await chat.found(pilot)

        assert asked == ["n", "nginx"]
        assert listed(chat) == [NGINX.command]


async def test_enter_right_after_the_last_letter_takes_what_it_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (chat, pilot):
        page = chat.history._finder.page

        async def slow(view: View, *, limit: int) -> Page:
            await asyncio.sleep(0.1)
            return await page(view, limit=limit)

        monkeypatch.setattr(chat.history._finder, "page", slow)
        await pilot.press(*"disk", "enter")
        async with asyncio.timeout(20):
            while chat.app.screen is not chat.screen:
                await pilot.pause(0.02)

        assert chat.screen.prompt.text == DISK.command


async def test_fields_become_chips_and_any_text_is_legal(tmp_path: Path) -> None:
    async with opened(tmp_path, keys="/history") as (chat, pilot):
        chat.history.line.value = "kind:comando -status:error after:2020-01-01 http://x"
        await chat.found(pilot)
        chips = text_of(chat.history.filters)
        assert "kind:command" in chips
        assert "-status:error" in chips
        assert "after:2020-01-01 00:00" in chips
        assert "http" not in chips
        chat.history.line.value = f'"{EVIL} user:{EVIL}'
        await chat.found(pilot)

        assert "\x1b" not in text_of(chat.history.filters)


async def test_keys_and_clicks_switch_the_filters(tmp_path: Path) -> None:
    own = question("only here", 3, mode=Mode.MACHINE)
    async with opened(tmp_path, DISK, RUN, LATER, keys="/history") as (chat, pilot):
        mine = msgspec.structs.replace(own, machine_id=chat.runtime.machine_id)
        await chat.thread.run(chat.runtime._entries.add_all, [mine], actor="test")
        assert listed(chat) == [LATER.command, RUN.command, DISK.command]
        await pilot.press("f3", "f3")
        await chat.found(pilot)
        assert listed(chat) == [RUN.command]
        await pilot.press("f3", "f4", "f4")
        await chat.found(pilot)
        assert listed(chat) == [LATER.command]
        assert "F4 error" in text_of(chat.history.filters)
        await pilot.press("f4", "f4")
        await pilot.click(chat.history.filters, offset=(4, 0))  # no user: `user` is left out
        await chat.found(pilot)
        assert "F2 machine" in text_of(chat.history.filters)

        assert listed(chat) == ["only here"]


async def test_at_the_end_of_the_list_there_is_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT", 10)
    many = [question(f"number {n}", n) for n in range(25)]
    async with opened(tmp_path, *many, keys="/history") as (chat, pilot):
        assert chat.history.hits.count == 10
        await pilot.press(*["pagedown"] * 2)
        assert chat.history.hits.marked is not None
        assert chat.history.hits.marked.title.text == "number 9"
        await pilot.press("down")
        await chat.found(pilot)
        await pilot.press("down")

        assert chat.history.hits.count == 25
        assert chat.history.hits.marked.title.text == "number 10"


async def test_what_the_index_does_not_hold_yet_is_said_and_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    async with opened(tmp_path) as (chat, pilot):
        page, pages = chat.history._finder.page, 0

        async def incomplete(view: View, *, limit: int) -> Page:
            nonlocal pages
            pages += 1
            found = await page(view, limit=limit)
            return msgspec.structs.replace(found, not_indexed=7 if pages == 1 else 0)

        monkeypatch.setattr(chat.history._finder, "page", incomplete)
        await pilot.press(*"disk")
        await chat.found(pilot)
        async with asyncio.timeout(20):
            while pages < 2 or chat.history.is_looking:
                await pilot.pause(0.02)

        assert "indexed" not in str(chat.history._search.border_title)


async def test_what_is_typed_while_the_history_opens_is_searched_and_sends_nothing(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.thread.run(chat.runtime._entries.add_all, [NGINX, DISK], actor="test")
        await pilot.press(*"it")
        for key in ("ctrl+r", "enter", "d", "i", "s"):  # faster than any screen opens
            character = key if len(key) == 1 else None
            chat.screen.prompt.post_message(Key(key, character))
        await chat.found(pilot)
        assert chat.history.line.value == "itdis"
        await pilot.press("escape")
        await pilot.press("!")

        assert chat.screen.prompt.text == "it!"
        assert chat.assistant.asked == []


async def test_a_paste_becomes_one_line(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chat, pilot):
        chat.app.post_message(Paste(f"nginx\n{EVIL}\nstop"))
        await pilot.pause()

        assert chat.history.line.value == "nginx [/][@click=app.exit]x[/] end stop"


# Reading


async def test_the_marked_entry_is_shown_below_and_beside_the_list_where_there_is_room(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, keys="/history") as (chat, pilot):
        await pilot.press("down", "down", "down")  # the question that ran a command
        await chat.found(pilot)
        assert len(chat.history.entry.query(Answer)) == 1
        run = chat.history.entry.query_one(CommandRun)
        assert "the answer to what fills the disk?" in read(chat)  # its stars were Markdown
        assert run.command == "df -h /var"
        below = chat.history.entry.region
        assert (below.x, below.y > chat.history.hits.region.y) == (0, True)
        await pilot.resize_terminal(160, 30)
        await pilot.pause()
        beside = chat.history.entry.region

        assert (beside.y, beside.x > 0) == (chat.history.hits.region.y, True)


async def test_enter_reads_on_the_whole_screen_and_esc_leads_back(tmp_path: Path) -> None:
    async with opened(tmp_path, keys="/history") as (chat, pilot):
        screen = chat.history
        await pilot.press("enter")
        await pilot.pause()
        assert screen.is_reading
        assert not screen.hits.display
        assert "c copy" in text_of(screen.hints)
        await pilot.press("right")
        await chat.found(pilot)
        assert NGINX.command in read(chat)
        await pilot.press("x", "escape")
        await pilot.pause()
        assert (screen.is_reading, screen.hits.display) == (False, True)
        assert screen.line.value == ""  # what no key means is not typed
        await pilot.press("escape")
        await pilot.pause()

        assert chat.app.screen is chat.screen


async def test_a_command_is_shown_with_its_output_and_copied(tmp_path: Path) -> None:
    async with opened(tmp_path, RUN, keys="/history") as (chat, pilot):
        assert [each.code for each in chat.history.entry.query(Code)] == ["df -h /var", "no space"]
        assert "exit code 1" in read(chat)
        assert "/var" in read(chat)
        await pilot.press("enter", "c")
        await pilot.pause()
        assert (chat.app.clipboard, told(chat)) == ("df -h /var", "copied")
        await pilot.press("tab", "tab", "c")
        await pilot.pause()

        assert chat.app.clipboard == "no space"


async def test_the_answer_is_copied_as_it_was_written(tmp_path: Path) -> None:
    async with opened(tmp_path, NGINX) as (chat, pilot):
        await pilot.press("tab", "c")
        await pilot.pause()

        assert chat.app.clipboard == NGINX.response
        assert told(chat) == "the answer was copied"


async def test_ask_again_returns_the_question_and_what_was_private_stays_so(
    tmp_path: Path,
) -> None:
    private = question("is my password old?", private=True)
    async with opened(tmp_path, private, keys="/history") as (chat, pilot):
        assert "private" in read(chat)
        await pilot.press("enter", "a")
        await pilot.pause(0.1)

        assert chat.screen.prompt.text == " is my password old?"


async def test_a_session_is_listed_in_order_and_esc_leads_back_to_the_search(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, keys="/history") as (chat, pilot):
        await pilot.press(*"ports")
        await chat.found(pilot)
        await pilot.press("enter", "s")
        await chat.found(pilot)
        assert listed(chat) == [DISK.command, RUN.command, LATER.command]
        assert chat.history.hits.marked is not None
        assert chat.history.hits.marked.id == LATER.id  # where one came from
        assert "This session  ·  3 entries" in str(chat.history._search.border_title)
        await pilot.press("escape")
        await chat.found(pilot)

        assert (chat.history.line.value, listed(chat)) == ("ports", [LATER.command])


async def test_an_entry_without_a_session_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, question("imported", session_id=None)) as (chat, pilot):
        await pilot.press("tab", "s")
        await pilot.pause()

        assert told(chat) == "This entry belongs to no session."


# Taking out


@pytest.mark.parametrize("answer", ["n", "escape", "enter"])
async def test_nothing_but_a_yes_takes_anything_out(tmp_path: Path, answer: str) -> None:
    async with opened(tmp_path, DISK, RUN) as (chat, pilot):
        await pilot.press("tab", "d")
        await pilot.pause(0.1)
        assert "Delete these 2 entries for everybody?" in text_of(chat.history.hints)
        await pilot.press(answer)
        await pilot.pause(0.1)
        assert chat.history.is_reading

        assert (await chat.stored(DISK.id)).command == DISK.command


@pytest.mark.parametrize("yes", ["y", "s"])
async def test_delete_takes_the_entry_and_its_commands_out(tmp_path: Path, yes: str) -> None:
    async with opened(tmp_path) as (chat, pilot):
        await pilot.press("down", "down", "tab", "d")
        await pilot.pause(0.1)
        await pilot.press(yes)
        await until_told(chat, pilot, "Deleted 2 entries.")
        await chat.found(pilot)
        assert listed(chat) == [LATER.command, NGINX.command]
        assert chat.history.hits.marked is not None
        assert chat.history.hits.marked.id == NGINX.id

        with pytest.raises(NotFoundError):
            await chat.stored(RUN.id)


async def test_redact_blanks_the_texts_and_keeps_the_entry(tmp_path: Path) -> None:
    async with opened(tmp_path, NGINX, keys="/history") as (chat, pilot):
        await pilot.press("enter", "r")
        await pilot.pause(0.1)
        assert "Blank this entry for everybody?" in text_of(chat.history.hints)
        await pilot.press("y")
        await until_told(chat, pilot, "Blanked one entry.")
        stored = await chat.stored(NGINX.id)

        assert "nginx" not in f"{stored.command}{stored.response}"


async def test_plus_and_minus_say_whether_an_entry_helped(tmp_path: Path) -> None:
    async with opened(tmp_path, NGINX, keys="/history") as (chat, pilot):
        await pilot.press("enter", "plus")
        await until_told(chat, pilot, "1 good, 0 bad.")
        await pilot.press("minus")
        await until_told(chat, pilot, "0 good, 1 bad.")
        await pilot.pause(0.1)

        assert "0 good, 1 bad" in read(chat)
        assert chat.history.is_reading


async def test_what_is_still_being_answered_stays(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "why?")
        await chat.thread.run(lambda: None)
        await show(chat, pilot)
        await pilot.press("tab", "d")
        await until_told(chat, pilot, "It is still being answered, and stays.")

        assert (await chat.stored()).command == "why?"


# Beside the chat


async def test_an_answer_goes_on_under_the_history(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("because\n\n"))
        await chat.send(pilot, "why?")
        await chat.until(pilot, "because")
        await chat.send(pilot, "/history")
        await chat.found(pilot)
        chat.assistant.give("why?", TextDelta("of **this**\n"), None)
        await pilot.pause(0.2)
        await pilot.press("escape")  # leaves the history, and cancels nothing
        await chat.until(pilot, "of this")
        await chat.idle(pilot)

        assert (await chat.stored()).status is Status.COMPLETED


async def test_leaving_the_history_that_the_program_began_with_leaves_the_program(
    tmp_path: Path,
) -> None:
    with harness(tmp_path, opens_history=True) as chat:
        async with chat.app.run_test() as pilot:
            await chat.found(pilot)
            assert "Nothing was asked yet in this history." in text_of(chat.history.hits)
            await pilot.press("escape")
            await pilot.pause()

            assert chat.app.return_value == 0
        await chat.service.close()


async def test_asking_again_from_the_history_that_the_program_began_with_opens_the_chat(
    tmp_path: Path,
) -> None:
    with harness(tmp_path, opens_history=True) as chat:
        await chat.thread.run(chat.runtime._entries.add_all, [NGINX], actor="test")
        async with chat.app.run_test() as pilot:
            await chat.found(pilot)
            await pilot.press("enter", "enter")
            await pilot.pause(0.1)
            assert chat.screen.prompt.text == NGINX.command
            await show(chat, pilot)
            await pilot.press("escape")
            await pilot.pause()

            assert chat.app.return_value is None
        await chat.service.close()


async def test_ctrl_c_leaves_the_history_and_not_the_program(tmp_path: Path) -> None:
    async with opened(tmp_path) as (chat, pilot):
        await pilot.press("ctrl+c")
        await pilot.pause()

        assert chat.app.screen is chat.screen
        assert chat.app.return_value is None


async def test_a_history_that_cannot_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (chat, pilot):

        async def broken(*_args: Any, **_named: Any) -> Any:
            raise StorageError("The file\nis gone.")

        for name in ("page", "whole", "choose"):
            monkeypatch.setattr(chat.history._finder, name, broken)
        await pilot.press("x")
        await until_told(chat, pilot, "The file is gone.")
        await pilot.press("tab", "d", "enter")
        await pilot.pause()

        assert isinstance(chat.app.screen, HistoryScreen)


# The mouse, and whatever is in the history


async def test_a_click_marks_and_another_one_reads(tmp_path: Path) -> None:
    async with opened(tmp_path, keys="/history") as (chat, pilot):
        hits = chat.history.hits
        await pilot.click(hits, offset=(6, 1))
        await chat.found(pilot)
        assert hits.marked is not None
        assert hits.marked.id == NGINX.id
        assert chat.history.line.has_focus
        await pilot.click(hits, offset=(6, 1))
        await pilot.pause()
        assert chat.history.is_reading
        await pilot.click(chat.history.hints, offset=(3, 0))  # Enter ask again
        await pilot.pause(0.1)

        assert chat.screen.prompt.text == NGINX.command


@pytest.mark.parametrize("size", [(10, 3), (40, 12), (80, 24), (200, 50)])
async def test_no_text_breaks_the_layout_or_reaches_the_terminal(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    wide = "日本語のとても長い質問です " * 40
    entries = (
        question(EVIL, response=EVIL, os_user=EVIL, model=EVIL),
        question(wide, 1, response=f"| {wide} | x |\n|---|---|\n| {wide} | y |\n"),
        question("tabs\t" * 3_000 + "\n" * 50, 2, response="x" * 200_000),
        an_entry(command=EVIL * 50, kind=Kind.COMMAND, response=EVIL * 5_000, error_code="no"),
        question("nothing", 3, response=None),
    )
    async with opened(tmp_path, *entries, keys="/history", size=size) as (chat, pilot):
        screen = chat.history
        for _entry in entries:
            await chat.found(pilot)
            rows = [*screen.hits.rows(screen.hits.content_size.width or 1)]
            assert all(row.cell_length <= max(1, screen.hits.content_size.width) for row in rows)
            assert not {"\x1b", "\x07", "\u202e"} & set(read(chat) + text_of(screen.hits))
            await pilot.press("down")
        await pilot.press("enter", "tab", "tab")
        await pilot.resize_terminal(60, 20)
        await pilot.pause()

        assert screen.is_reading
