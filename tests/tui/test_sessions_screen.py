"""The chooser of sessions as a person uses it: type, look, go on, fork, rename, delete, export."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from ipcom_chat.domain.entry import Status
from ipcom_chat.errors import StorageError
from ipcom_chat.ids import SessionId
from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load
from ipcom_chat.storage.people import Sessions
from ipcom_chat.tui.resuming import Resumer
from ipcom_chat.tui.screens import chooser
from ipcom_chat.tui.screens.sessions import SessionsScreen
from ipcom_chat.tui.widgets.rows import Rows
from tests.support.chat_app import LIMIT_S, ChatHarness, running_chat
from tests.support.replica import an_entry
from tests.tui.test_session_commands import EVIL, ask, pulled, theirs


@pytest.fixture(autouse=True)
def _hints_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is said until it is looked at: on a busy machine a pause outlasts its seconds."""
    monkeypatch.setattr(chooser, "HINT_SHOWN_S", 600.0)


Opened = tuple[ChatHarness, Pilot[int], SessionsScreen]


def begun(home: Path, *texts: str, title: str | None = None) -> SessionId:
    """Ask in a session of this replica, and leave it."""
    runtime = Runtime(load({"HOME": str(home)}))
    runtime.begin_session()
    session_id = runtime.session_id
    assert session_id is not None
    origin = runtime.origin()
    for text in texts:
        entry = an_entry(
            command=text, response=f"answer to {text}", status=Status.COMPLETED,
            session_id=session_id, replica_id=origin.replica_id, machine_id=origin.machine_id,
            created_at=runtime.clock.now_ms(),
        )  # fmt: skip
        runtime._entries.add(entry, actor="test")
    if title:
        Sessions(runtime._replica.database).rename(session_id, title, at_ms=1)
    runtime.close()
    return session_id


@asynccontextmanager
async def opened(
    home: Path, command: str = "/sessions", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Opened]:
    async with running_chat(home, size=size) as (chat, pilot):
        await chat.send(pilot, command)
        async with asyncio.timeout(LIMIT_S):
            while not isinstance(chat.app.screen, SessionsScreen):
                await pilot.pause(0.02)
        screen = chat.app.screen
        await settled(pilot, screen)
        yield chat, pilot, screen


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await pilot.pause(0.02)


async def gone(pilot: Pilot[int], screen: SessionsScreen) -> None:
    """Wait until the chat is back."""
    await until(pilot, lambda: not screen.is_running)


async def settled(pilot: Pilot[int], screen: SessionsScreen) -> None:
    """Wait until the list is what was asked for, and the preview that of the mark."""
    await pilot.pause()

    def is_shown() -> bool:
        marked = screen.list.summary
        return not screen.is_looking and (marked is None or marked.short_id in preview(screen))

    await until(pilot, is_shown)


def titles(screen: SessionsScreen) -> list[str]:
    return [line.title.text for line in screen.list._lines]


def preview(screen: SessionsScreen) -> str:
    return "\n".join(
        row.plain for each in screen.view.query(Rows) for row in each.rows(each.size.width or 80)
    )


def exported(folder: Path) -> str:
    (path,) = folder.glob("ipcom-chat-*.md")
    return path.read_text()


def said(screen: SessionsScreen) -> str:
    return str(screen.query_one("#search").border_subtitle or "")


async def test_it_lists_the_newest_first_and_shows_the_end_of_the_marked_one(
    tmp_path: Path,
) -> None:
    begun(tmp_path, "how full is the disk?", "and the inodes?")
    begun(tmp_path, "why does nginx stop?", title="Nginx")
    async with opened(tmp_path) as (_chat, pilot, screen):
        assert titles(screen) == ["Nginx", "how full is the disk?"]
        assert "why does nginx stop?" in preview(screen)
        await pilot.press("down")
        await settled(pilot, screen)
        assert "answer to and the inodes?" in preview(screen)
        assert "2 questions" in preview(screen)
        await pilot.press("up", "pageup")
        await settled(pilot, screen)
        assert "Nginx" in titles(screen)[0]


async def test_typing_searches_titles_and_questions(tmp_path: Path) -> None:
    begun(tmp_path, "how full is the disk?")
    begun(tmp_path, "which ports are open?", title="Açúcar")
    async with opened(tmp_path) as (_chat, pilot, screen):
        await pilot.press(*"acucar")
        await settled(pilot, screen)
        assert titles(screen) == ["Açúcar"]
        screen.line.value = "dis"
        await settled(pilot, screen)
        assert titles(screen) == ["how full is the disk?"]
        screen.line.value = "nothing like it"
        await settled(pilot, screen)
        assert titles(screen) == []
        assert "No session in this history fits." in screen.list.rows(80)[0].plain
        await pilot.press("enter", "tab", "escape")
        await gone(pilot, screen)


async def test_words_behind_the_command_are_searched_at_once(tmp_path: Path) -> None:
    begun(tmp_path, "how full is the disk?")
    begun(tmp_path, "which ports are open?")
    async with opened(tmp_path, "/sessions ports") as (_chat, _pilot, screen):
        assert titles(screen) == ["which ports are open?"]


async def test_enter_goes_on_with_the_marked_session(tmp_path: Path) -> None:
    first = begun(tmp_path, "one")
    begun(tmp_path, "two")
    async with opened(tmp_path) as (chat, pilot, screen):
        await pilot.press("down", "enter")
        await chat.until(pilot, "goes on: one")
        assert chat.runtime.session_id == first
        assert not screen.is_running


async def test_the_session_one_is_in_is_not_offered(tmp_path: Path) -> None:
    begun(tmp_path, "one")
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, "mine")
        await chat.send(pilot, "/resume")
        await until(pilot, lambda: isinstance(chat.app.screen, SessionsScreen))
        screen = chat.app.screen
        assert isinstance(screen, SessionsScreen)
        await settled(pilot, screen)
        assert titles(screen) == ["one"]


async def test_escape_and_ctrl_c_return_to_the_chat_as_it_was(tmp_path: Path) -> None:
    begun(tmp_path, "one")
    for key in ("escape", "ctrl+c"):
        async with opened(tmp_path) as (chat, pilot, screen):
            before = chat.runtime.session_id
            await pilot.press(key)
            await gone(pilot, screen)
            assert chat.runtime.session_id == before
            assert chat.app.focused is chat.screen.prompt


async def test_tab_lets_letters_act_and_f_forks(tmp_path: Path) -> None:
    original = begun(tmp_path, "one")
    async with opened(tmp_path) as (chat, pilot, screen):
        await pilot.press("tab")
        await until(pilot, lambda: screen.is_reading)
        await pilot.press("slash")
        await until(pilot, lambda: not screen.is_reading)
        await pilot.press("tab", "f")
        await chat.until(pilot, "begins a fork")
        entry = await ask(chat, pilot, "two")
        fork = chat.runtime.session_history.find(entry.session_id or "")
        assert fork.parent_id == original


async def test_r_renames_and_escape_does_not(tmp_path: Path) -> None:
    session_id = begun(tmp_path, "one")
    async with opened(tmp_path) as (chat, pilot, screen):
        await pilot.press("tab", "r")
        await pilot.pause()
        assert screen.line.value == "one"
        await pilot.press("x", "escape")
        await settled(pilot, screen)
        assert titles(screen) == ["one"]
        await pilot.press("tab", "r")
        await pilot.pause()
        screen.line.value = f"Disk {EVIL}"
        await pilot.press("enter")
        await until(pilot, lambda: titles(screen) != ["one"])
        assert titles(screen)[0].startswith("Disk")
        assert "\x1b" not in titles(screen)[0]
        assert "called" in said(screen)
        title = chat.runtime.session_history.find(session_id).title
        assert title is not None
        assert screen.line.value == ""


async def test_what_is_no_title_is_said_and_can_be_mended(tmp_path: Path) -> None:
    begun(tmp_path, "one")
    async with opened(tmp_path) as (_chat, pilot, screen):
        await pilot.press("tab", "r")
        await pilot.pause()
        screen.line.value = " "
        await pilot.press("enter")
        await until(pilot, lambda: "1 to 200" in said(screen))


async def test_d_deletes_after_a_yes_and_not_without(tmp_path: Path) -> None:
    session_id = begun(tmp_path, "one", "two")
    async with opened(tmp_path) as (chat, pilot, screen):
        await pilot.press("tab", "d")
        await until(pilot, lambda: "2 entries" in screen.hints.rows(80)[0].plain)
        await pilot.press("n")
        await pilot.pause()
        assert titles(screen) == ["one"]
        await pilot.press("d")
        await until(pilot, lambda: "2 entries" in screen.hints.rows(80)[0].plain)
        await pilot.press("y")
        await until(pilot, lambda: titles(screen) == [])
        assert "Deleted the session and 2 entries." in said(screen)
        assert Sessions(chat.runtime._replica.database).get(session_id) is None
        assert (
            list(chat.runtime._entries.answered(chat.runtime.scope(), limit=9, max_chars=9)) == []
        )


async def test_a_colleagues_session_is_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    pulled(tmp_path, theirs("why?"))
    async with opened(tmp_path) as (_chat, pilot, screen):
        assert "elsewhere" in preview(screen)
        await pilot.press("tab", "d")
        await until(pilot, lambda: "belongs to somebody else" in said(screen))
        screen.say("nothing")
        await pilot.press("tab", "r", "x", "enter")
        await until(pilot, lambda: "belongs to somebody else" in said(screen))


async def test_e_exports_into_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, "one")
    monkeypatch.chdir(tmp_path)
    async with opened(tmp_path) as (_chat, pilot, screen):
        await pilot.press("tab", "e")
        await until(pilot, lambda: "Wrote one question" in said(screen))
        assert "## one" in exported(tmp_path)


async def test_no_text_of_a_session_acts_on_the_terminal(tmp_path: Path) -> None:
    pulled(tmp_path, theirs(f"why {EVIL}", response=EVIL), os_user=f"bia{EVIL}"[:40], title=EVIL)
    async with opened(tmp_path) as (chat, _pilot, screen):
        shown = preview(screen) + "".join(row.plain for row in screen.list.rows(80))
        assert "[/][@click=app.exit]x[/]" in shown
        assert not {"\x1b", "\x07", "\u202e"}.intersection(shown)
        assert chat.app.is_running


async def test_the_mouse_marks_and_goes_on(tmp_path: Path) -> None:
    begun(tmp_path, "one")
    begun(tmp_path, "two")
    async with opened(tmp_path) as (chat, pilot, screen):
        await pilot.click(screen.list, offset=(10, 1))
        await settled(pilot, screen)
        summary = screen.list.summary
        assert summary is not None
        assert summary.title == "one"
        await pilot.click(screen.list, offset=(10, 1))
        await chat.until(pilot, "goes on: one")


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (160, 40)])
async def test_it_fits_every_terminal(tmp_path: Path, size: tuple[int, int]) -> None:
    begun(tmp_path, "how full is the disk?" * 9)
    async with opened(tmp_path, size=size) as (_chat, pilot, screen):
        assert screen.list.size.height > 0
        await pilot.press("tab")
        await pilot.pause()
        assert screen.view.size.height > 0
        assert screen.view.region.right <= size[0]
        assert all(row.cell_length <= size[0] for row in screen.list.rows(size[0]))


async def test_a_history_that_cannot_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: object, **_options: object) -> None:
        raise StorageError("The disk is gone.")

    begun(tmp_path, "one")
    async with opened(tmp_path) as (_chat, pilot, screen):
        monkeypatch.setattr(Resumer, "summaries", broken)
        monkeypatch.setattr(Resumer, "turns", broken)
        screen.line.value = "disk"
        await until(pilot, lambda: "The disk is gone." in said(screen))
        await pilot.press("tab", "e")
        await pilot.pause()
        assert "The disk is gone." in said(screen)
