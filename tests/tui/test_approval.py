"""The panel that asks before something runs: which keys decide, and which do not."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from ipcom_chat.assistant.base import RUN_COMMAND, Approval, Decision
from ipcom_chat.services.chat import ApprovalAsked, ApprovalClosed
from ipcom_chat.tui.screens.sessions import SessionsScreen
from ipcom_chat.tui.widgets import approval_panel
from tests.support.chat_app import ChatHarness, running_chat

LINE = "find /var/log -name '*.gz' -delete"
DANGER = ("deletes files for good",)


class Asked:
    """A chat in which an assistant wants to run something."""

    def __init__(self, chat: ChatHarness, pilot: Pilot[int]) -> None:
        self.chat = chat
        self.pilot = pilot
        self.decisions: list[Decision] = []

    async def ask(
        self,
        command: str = LINE,
        *,
        tool: str = RUN_COMMAND,
        call_id: str = "c1",
        reasons: tuple[str, ...] = (),
        is_second: bool = False,
        waits: bool = True,
    ) -> None:
        """Let the panel ask, by default until a key would decide."""
        approval = Approval(
            call_id=call_id, tool=tool, command=command, reasons=reasons, is_second=is_second
        )
        self.chat.tell(ApprovalAsked(approval=approval, decide=self.decisions.append))
        await self.pilot.pause()
        if waits:
            await self.chat.unguarded(self.pilot)

    async def type(self, text: str) -> None:
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))

    @property
    def panel_text(self) -> str:
        panel = self.chat.screen.approval
        texts = [row.plain for rows in panel.query("Rows") for row in rows.rows(74)]  # type: ignore[attr-defined]
        return "\n".join([str(panel.border_title), *texts])


@asynccontextmanager
async def asked(
    home: Path, *, size: tuple[int, int] = (80, 24), draft: str = ""
) -> AsyncIterator[Asked]:
    async with running_chat(home, size=size) as (chat, pilot):
        await chat.send(pilot, "clean up")
        chat.screen.prompt.set_text(draft)
        yield Asked(chat, pilot)


async def test_y_runs_it_and_the_draft_in_the_prompt_is_still_there(tmp_path: Path) -> None:
    async with asked(tmp_path, draft="a draft") as test:
        await test.ask()
        assert "Run this command?" in test.panel_text
        assert f"$ {LINE}" in test.panel_text
        assert "waits for your answer" in test.chat.status_text
        await test.pilot.press("y")

        assert test.decisions == [Decision(allowed=True)]
        assert not test.chat.screen.approval.display
        assert test.chat.screen.focused is test.chat.screen.prompt
        assert test.chat.screen.prompt.text == "a draft"
        assert "waits for your answer" not in test.chat.status_text


@pytest.mark.parametrize("key", ["y", "s", "S"])
async def test_yes_and_sim_work_in_every_language(tmp_path: Path, key: str) -> None:
    async with asked(tmp_path) as test:
        await test.ask()
        await test.pilot.press(key)

        assert test.decisions == [Decision(allowed=True)]


async def test_a_is_always_and_is_not_offered_for_what_is_dangerous(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask()
        assert "a always in this session" in test.panel_text
        await test.pilot.press("a")
        assert test.decisions == [Decision(allowed=True, always=True)]
        await test.ask(call_id="c2", reasons=DANGER)
        assert "always" not in test.panel_text
        assert "! deletes files for good" in test.panel_text
        await test.pilot.press("a")

        assert len(test.decisions) == 1
        assert test.chat.screen.approval.display


async def test_n_asks_why_and_enter_alone_gives_no_reason(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask()
        await test.pilot.press("n", "enter")
        await test.ask(call_id="c2")
        await test.pilot.press("n")
        await test.type("not now")
        await test.pilot.press("enter")

        assert test.decisions == [
            Decision(allowed=False), Decision(allowed=False, reason="not now")
        ]  # fmt: skip


async def test_e_edits_the_line_and_enter_runs_what_stands_there(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask("rm -v old.log")
        await test.pilot.press("e")
        await test.pilot.press(*["backspace"] * len("old.log"))
        await test.type("x.log")
        await test.pilot.press("enter")
        await test.ask("rm -v old.log", call_id="c2")
        await test.pilot.press("e", "enter")

        assert test.decisions == [
            Decision(allowed=True, command="rm -v x.log"), Decision(allowed=True)
        ]  # fmt: skip


async def test_an_emptied_line_runs_nothing(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask("id")
        await test.pilot.press("e", "backspace", "backspace", "enter")

        assert test.decisions == []
        assert test.chat.screen.approval.display


@pytest.fixture
def slow_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let the guard last as long as a busy machine needs to type; the test ends it."""
    with monkeypatch.context() as patch:
        patch.setattr(approval_panel, "GUARD_S", 60.0)
        yield patch


async def test_a_tool_is_not_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with asked(tmp_path) as test:
        await test.ask('{"path": "/etc/hosts"}', tool="mcp:files/write")
        guard_s = approval_panel.GUARD_S
        assert "Use this tool?" in test.panel_text
        assert "edit" not in test.panel_text
        await test.pilot.press("e")
        monkeypatch.setattr(approval_panel, "GUARD_S", 60.0)  # however busy the machine is
        await test.pilot.press("y")
        await test.pilot.pause()
        assert test.decisions == []  # the y came right after a letter of the draft
        assert test.chat.screen.prompt.text == "ey"
        monkeypatch.setattr(approval_panel, "GUARD_S", guard_s)
        await test.chat.unguarded(test.pilot)
        await test.pilot.press("y")

        assert test.decisions == [Decision(allowed=True)]


async def test_what_was_typed_before_the_panel_was_seen_goes_on_into_the_prompt(
    tmp_path: Path, slow_guard: pytest.MonkeyPatch
) -> None:
    async with asked(tmp_path, draft="wh") as test:
        test.chat.screen.prompt.move_cursor((0, 2))
        await test.ask(waits=False)
        await test.pilot.press("y", "n", "a", "enter")
        await test.pilot.pause()
        assert test.decisions == []
        assert test.chat.screen.prompt.text == "whyna"
        assert test.chat.screen.approval.display
        slow_guard.undo()
        await test.chat.unguarded(test.pilot)
        await test.pilot.press("y")

        assert test.decisions == [Decision(allowed=True)]


async def test_a_paste_never_decides(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask()
        test.chat.app.post_message(events.Paste("y\n"))
        await test.pilot.pause()
        assert test.chat.screen.prompt.text.strip() == "y"
        await test.ask(call_id="c1", reasons=DANGER, is_second=True)
        test.chat.app.post_message(events.Paste("yes\n"))
        await test.pilot.pause()
        await test.pilot.press("enter")

        assert test.decisions == []
        assert test.chat.screen.approval.display


async def test_the_second_question_takes_a_word_and_enter(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask(reasons=DANGER)
        await test.pilot.press("y")
        await test.ask(reasons=DANGER, is_second=True)
        assert "This can destroy data. Really run it?" in test.panel_text
        await test.pilot.press("y", "enter")
        assert test.decisions == [Decision(allowed=True)]
        assert "yes or no, please" in str(test.chat.screen.approval.border_subtitle)
        await test.type("es")
        await test.pilot.press("enter")

        assert test.decisions == [Decision(allowed=True)] * 2
        assert not test.chat.screen.approval.display


async def test_sim_and_no_with_a_reason_are_words_as_well(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask(reasons=DANGER, is_second=True)
        await test.type("Sim")
        await test.pilot.press("enter")
        await test.ask(call_id="c2", reasons=DANGER, is_second=True)
        await test.type("no, a backup first")
        await test.pilot.press("enter")

        assert test.decisions == [
            Decision(allowed=True), Decision(allowed=False, reason="a backup first")
        ]  # fmt: skip


async def test_a_word_typed_ahead_does_not_confirm(
    tmp_path: Path, slow_guard: pytest.MonkeyPatch
) -> None:
    async with asked(tmp_path) as test:
        await test.ask(reasons=DANGER, is_second=True, waits=False)
        await test.type("yes")
        await test.pilot.press("enter")
        slow_guard.undo()
        await test.chat.unguarded(test.pilot)

        assert test.decisions == []
        assert test.chat.screen.prompt.text == "yes"
        assert test.chat.screen.approval.display


@pytest.mark.parametrize("keys", [[], ["n"], ["e"]])
async def test_escape_cancels_the_whole_request_from_everywhere(
    tmp_path: Path, keys: list[str]
) -> None:
    async with asked(tmp_path, draft="a draft") as test:
        await test.ask()
        await test.pilot.press(*keys, "escape")
        await test.pilot.pause()

        assert test.chat.conversation.running is None
        assert f"✗ not run: {LINE}\n[ESC - Message cancelled]" in test.chat.text
        assert test.decisions == []
        assert not test.chat.screen.approval.display
        assert test.chat.screen.focused is test.chat.screen.prompt
        assert test.chat.screen.prompt.text == "a draft"


async def test_several_are_asked_one_after_another(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask("first", call_id="c1")
        await test.ask("second", call_id="c2")
        assert "$ first" in test.panel_text
        test.chat.tell(ApprovalClosed(call_id="c1"))
        await test.chat.unguarded(test.pilot)
        assert "$ second" in test.panel_text
        await test.pilot.press("y")

        assert test.decisions == [Decision(allowed=True)]
        assert not test.chat.screen.approval.display


async def test_a_late_question_of_a_request_that_ended_is_not_asked(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.pilot.press("escape")
        await test.ask(waits=False)

        assert not test.chat.screen.approval.display


async def test_a_long_command_scrolls_and_says_what_is_not_in_view(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask("\n".join(f"echo {number}" for number in range(30)))
        assert test.chat.screen.approval.query_one("CommandText").size.height == 8
        assert "↓ 22 more lines" in test.panel_text
        await test.pilot.press("down", "down")
        await test.pilot.pause()
        assert "↓ 20 more lines" in test.panel_text
        await test.pilot.press("end")
        await test.pilot.pause()

        assert "more line" not in test.panel_text
        assert test.decisions == []


async def test_the_arrows_scroll_the_command_while_a_word_is_typed(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        command = "\n".join(f"rm -rf {number}" for number in range(30))
        await test.ask(command, reasons=DANGER, is_second=True)
        before = test.panel_text
        await test.pilot.press("down", "down")
        await test.pilot.pause()

        assert "↓ 22 more lines" in before
        assert "↓ 20 more lines" in test.panel_text


async def test_what_a_screen_does_not_show_is_said(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask("echo ok\x1b[2K\x1b[1A # \u202egnp")

        assert "\x1b" not in test.panel_text
        assert "! It holds control characters that are not shown here." in test.panel_text


async def test_markup_in_a_command_is_text(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask("echo [red]x[/] [@click=app.exit]y[/]", reasons=("[bold]z[/]",))

        assert "echo [red]x[/] [@click=app.exit]y[/]" in test.panel_text
        assert "! [bold]z[/]" in test.panel_text


async def test_a_click_decides_as_the_key_does(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        await test.ask()
        assert await test.pilot.click("Choices", offset=(2, 0))
        await test.pilot.pause()

        assert test.decisions == [Decision(allowed=True)]


async def test_below_the_history_it_waits_and_the_history_says_so(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        test.chat.screen.open_history()
        await test.chat.found(test.pilot)
        await test.ask(waits=False)
        await test.pilot.press("y")
        assert test.decisions == []
        search = test.chat.history.query_one("#search")
        assert "A command waits for your answer in the chat" in str(search.border_subtitle)
        await test.pilot.press("escape")
        await test.chat.unguarded(test.pilot)
        assert test.chat.screen.approval.has_focus
        await test.pilot.press("y")

        assert test.decisions == [Decision(allowed=True)]


async def test_the_chooser_of_sessions_says_so_as_well(tmp_path: Path) -> None:
    async with asked(tmp_path) as test:
        chooser = SessionsScreen(test.chat.conversation)
        await test.chat.app.push_screen(chooser)
        await test.ask(waits=False)
        await test.pilot.pause()
        said = str(chooser.query_one("#search").border_subtitle)
        assert "A command waits for your answer in the chat" in said
        assert test.decisions == []


@pytest.mark.parametrize("size", [(40, 12), (200, 50)])
async def test_there_is_room_for_the_prompt_at_every_size(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with asked(tmp_path, size=size) as test:
        await test.ask("\n".join(["echo something long enough to be wrapped"] * 30), reasons=DANGER)
        prompt = test.chat.screen.prompt

        assert prompt.region.bottom < size[1]
        assert test.chat.screen.approval.region.bottom <= prompt.region.y
        assert "e edit" in test.panel_text
