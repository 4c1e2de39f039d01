"""The chat screen over a real replica: what is sent, shown, cancelled and stored."""

import asyncio
from pathlib import Path

import pytest
from textual import events

from ipcom_chat.assistant.base import CommandFinished, CommandStarted, TextDelta, UsageReport
from ipcom_chat.domain.entry import Kind, Mode, Status
from ipcom_chat.domain.lifecycle import INTERRUPTED
from ipcom_chat.errors import AssistantBusyError, StorageFullError
from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load
from tests.support.chat_app import harness, running_chat

CANCELLED = "[ESC - Message cancelled]\nOperation cancelled by user"
RUN = CommandStarted(call_id="1", command="ss -tlnp")
RAN = CommandFinished(call_id="1", command="ss -tlnp", output="one\ntwo", exit_code=0,
                      duration_ms=12)  # fmt: skip


def add_user(home: Path, username: str = "ana") -> None:
    runtime = Runtime(load({"HOME": str(home)}))
    runtime.users.create(username, "Ana Lima", f"{username}@example.org")
    runtime.close()


async def test_the_opening_says_who_asks_and_who_will_see_it(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, _pilot):
        assert "ipcom-chat" in chat.text
        assert "Mode global: what you ask is shared with everyone." in chat.text
        assert "what is filling the disk?" in chat.text
        assert "/help shows keys and commands." in chat.text
        assert "global  ·" in chat.status_text
        assert "everyone" in chat.status_text
        assert "local only" in chat.status_text


async def test_p2_scenario_2_a_question_is_answered_and_stored(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("Because "), RUN, RAN, TextDelta("it is **so**."),
                            UsageReport(model="llama", tokens_used=42), None)  # fmt: skip
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        entry = await chat.stored()
        commands = chat.runtime.history.commands_of(entry.id)

        assert "Because\n✓ $ ss -tlnp  12 ms  2 lines\nit is so." in chat.text
        assert "llama · 42 tokens" in chat.text
        assert chat.screen.prompt.text == ""
        assert (entry.command, entry.response) == ("why?", "Because it is **so**.")
        assert entry.status is Status.COMPLETED
        assert [command.command for command in commands] == ["ss -tlnp"]


async def test_p2_scenario_1_d109_d110_a_paste_cancelled_before_its_first_write(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        text = "\n".join(f"line {number}" for number in range(400))
        chat.app.post_message(events.Paste(text))
        await pilot.pause()
        assert "[Pasted 400 lines]" in chat.screen.prompt.get_line(0).plain
        # As from the driver: both keys wait before anything has begun.
        chat.app.post_message(events.Key("enter", "\r"))
        chat.app.post_message(events.Key("escape", "\x1b"))
        await chat.until(pilot, CANCELLED)
        await chat.idle(pilot)
        entry = await chat.stored()

        assert (entry.status, entry.command, entry.response) == (Status.CANCELLED, text, None)
        assert entry.cancelled_by == "user"


async def test_p2_scenario_3_nothing_is_shown_or_stored_after_escape(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("Half an"), RUN)
        await chat.send(pilot, "why?")
        await chat.until(pilot, "$ ss -tlnp")
        await pilot.press("escape")
        assert chat.conversation.running is None
        chat.assistant.give("why?", TextDelta(" LATE"), AssistantBusyError("LATE"), None)
        await chat.idle(pilot)
        entry = await chat.stored()

        assert f"Half an\n✗ $ ss -tlnp  stopped\n{CANCELLED}" in chat.text
        assert "LATE" not in chat.text
        assert (entry.status, entry.response) == (Status.CANCELLED, "Half an")
        assert chat.assistant.stopped == ["why?"]
        assert "ESC cancels" not in chat.status_text


async def test_d108_the_next_request_is_not_touched_by_the_end_of_the_cancelled_one(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "first")
        await pilot.press("escape")
        await chat.send(pilot, "second")
        chat.assistant.give("first", TextDelta("WRONG"), None)
        chat.assistant.give("second", TextDelta("right"))
        await chat.until(pilot, "right")
        assert "ESC cancels" in chat.status_text
        chat.assistant.give("second", None)
        await chat.idle(pilot)

        assert "WRONG" not in chat.text
        assert (await chat.stored()).response == "right"


async def test_escape_when_nothing_runs_twice_empties_the_prompt(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.screen.prompt.set_text("a draft")
        await pilot.press("escape")
        assert chat.screen.prompt.text == "a draft"
        await pilot.press("escape")
        assert chat.screen.prompt.text == ""
        await pilot.press("up")

        assert chat.screen.prompt.text == "a draft"


async def test_o27_the_escape_that_cancels_does_not_count_for_emptying(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "why?")
        chat.screen.prompt.set_text("typed ahead")
        await pilot.press("escape", "escape")
        assert chat.screen.prompt.text == "typed ahead"
        await pilot.press("escape")

        assert chat.screen.prompt.text == ""


async def test_enter_while_an_answer_runs_keeps_the_text_and_says_why(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "why?")
        await chat.send(pilot, "and then?")
        assert chat.screen.prompt.text == "and then?"
        assert "an answer is arriving: ESC cancels it" in chat.hint_text
        chat.assistant.give("why?", None)
        chat.assistant.give("and then?", None)
        await chat.idle(pilot)
        await pilot.press("enter")
        await chat.idle(pilot)

        assert [question.text for question in chat.assistant.asked] == ["why?", "and then?"]


async def test_an_error_is_one_sentence_and_can_be_asked_again(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("So"), AssistantBusyError("The server is busy."))
        await chat.send(pilot, "why?")
        await chat.until(pilot, "✗ The server is busy.\n  /retry asks it again.")
        await chat.idle(pilot)
        first = await chat.stored()
        chat.assistant.give("why?", TextDelta("Because."), None)
        await chat.send(pilot, "/retry")
        await chat.until(pilot, "Because.")
        await chat.idle(pilot)
        second = await chat.stored()

        assert (first.status, first.response) == (Status.ERROR, "So")
        assert second.retry_of == first.id
        assert (second.status, second.response) == (Status.COMPLETED, "Because.")
        await chat.send(pilot, "/retry")
        await chat.until(pilot, "There is nothing to ask again")


async def test_d111_an_answer_that_cannot_be_saved_is_shown_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise StorageFullError("The disk is full.")

    async with running_chat(tmp_path) as (chat, pilot):
        for name in ("add", "step", "finish"):
            monkeypatch.setattr(chat.service._store, name, full)
        chat.assistant.give("why?", TextDelta("Because."), None)
        await chat.send(pilot, "why?")
        await chat.until(pilot, "This request is not in the history: The disk is full.")

        assert "Because." in chat.text
        assert chat.text.count("The disk is full.") == 1


async def test_another_terminal_cancels_and_is_named(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "why?")
        entry = await chat.stored()
        ask = chat.runtime.history.request_cancel
        await chat.thread.run(ask, entry.id, actor="joao")
        await chat.until(pilot, "Cancelled from another terminal by joao")

        assert (await chat.stored(entry.id)).cancelled_by == "joao"


async def test_d117_an_interrupted_question_is_offered_and_never_asked_by_itself(
    tmp_path: Path,
) -> None:
    with harness(tmp_path) as dead:
        async with dead.app.run_test() as pilot:
            await dead.send(pilot, "how full is the disk?")
            entry = await dead.stored()
            # As after kill -9: the lock is free, and nothing was written any more.
            dead.runtime.sessions._locks._folder.joinpath(f"{entry.session_id}.lock").unlink()
            async with running_chat(tmp_path) as (chat, other):
                await chat.until(other, "A question was interrupted")
                assert "how full is the disk?" in chat.text
                assert chat.assistant.asked == []
                stored = await chat.stored(entry.id)
                assert (stored.status, stored.error_code) == (Status.ERROR, INTERRUPTED)
                chat.assistant.give("how full is the disk?", TextDelta("42 %"), None)
                await chat.send(other, "/retry")
                await chat.until(other, "42 %")
                await chat.idle(other)
                assert (await chat.stored()).retry_of == entry.id
            await dead.service.close()


async def test_data_is_never_markup(tmp_path: Path) -> None:
    evil = "[/] [@click=app.exit]x[/] [bold]b \x1b]0;T\x07\x1b]52;c;eA==\x07\x1b[2J\u202eend"
    plain = "[/] [@click=app.exit]x[/] [bold]b end"
    async with running_chat(tmp_path) as (chat, pilot):
        chat.screen.prompt.insert_paste(evil)
        await pilot.press("enter")
        asked = chat.conversation.running
        assert asked is not None
        chat.assistant.give(
            asked.text,
            TextDelta(f"```\n{evil}\n```\n{evil}"),
            CommandStarted(call_id="1", command=evil),
            CommandFinished(call_id="1", command=evil, output=evil, exit_code=1, duration_ms=1),
            AssistantBusyError(evil),
        )
        await chat.idle(pilot)

        assert chat.text.count(plain) >= 4
        assert not {"\x1b", "\x07", "\u202e"} & set(chat.text)


async def test_two_ctrl_c_within_two_seconds_leave(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await pilot.press("ctrl+c")
        assert "Ctrl-C again leaves" in chat.hint_text
        assert chat.app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()

        assert chat.app.return_value == 0


async def test_ctrl_c_cancels_what_runs(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "why?")
        await pilot.press("ctrl+c")
        await chat.until(pilot, CANCELLED)

        assert chat.app.is_running


async def test_ctrl_d_leaves_only_from_an_empty_prompt(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.screen.prompt.set_text("ab")
        chat.screen.prompt.move_cursor((0, 0))
        await pilot.press("ctrl+d")
        assert chat.screen.prompt.text == "b"
        await pilot.press("ctrl+d", "ctrl+d")
        await pilot.pause()

        assert chat.app.return_value == 0


async def test_leaving_cancels_what_runs_and_stores_it(tmp_path: Path) -> None:
    with harness(tmp_path) as chat:
        async with chat.app.run_test() as pilot:
            chat.assistant.give("why?", TextDelta("Half"))
            await chat.send(pilot, "why?")
            await chat.until(pilot, "Half")
            await chat.send(pilot, "/exit")
        await chat.service.close()
        entry = await chat.stored()

        assert (entry.status, entry.response) == (Status.CANCELLED, "Half")
        assert entry.cancelled_by == "exit"


async def test_ctrl_l_empties_the_screen_and_keeps_the_conversation(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("one", TextDelta("first answer"), None)
        await chat.send(pilot, "one")
        await chat.idle(pilot)
        await pilot.press("ctrl+l")
        await pilot.pause()
        assert chat.text == ""
        chat.assistant.give("two", TextDelta("second"))
        await chat.send(pilot, "two")
        await chat.until(pilot, "second")
        await pilot.press("ctrl+l")
        chat.assistant.give("two", TextDelta(" answer"), None)
        await chat.idle(pilot)

        assert "two\nsecond answer" in chat.text
        assert [turn.question for turn in chat.assistant.asked[1].conversation] == ["one"]


async def test_keys_scroll_the_transcript_and_a_question_returns_to_the_bottom(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("line\n\n" * 60), None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        bottom = chat.screen.transcript.scroll_y
        await pilot.press("pageup")
        await pilot.pause()
        assert chat.screen.transcript.scroll_y < bottom
        await pilot.press("shift+up", "shift+down", "pagedown")
        await pilot.pause()
        assert chat.screen.transcript.scroll_y == bottom
        await pilot.press("pageup")
        await chat.send(pilot, "again?")

        assert chat.screen.transcript.is_vertical_scroll_end


async def test_typing_and_pasting_reach_the_prompt_wherever_the_focus_is(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.screen.transcript.focus()
        await pilot.press("h", "i")
        assert chat.screen.prompt.text == "hi"
        chat.screen.transcript.focus()
        await pilot.pause()
        chat.app.post_message(events.Paste(" there"))
        await pilot.pause()

        assert chat.screen.prompt.text == "hi there"
        assert chat.screen.focused is chat.screen.prompt


async def test_escape_leads_from_the_transcript_to_the_prompt(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.screen.transcript.focus()
        await pilot.press("escape")

        assert chat.screen.focused is chat.screen.prompt


async def test_earlier_prompts_come_from_the_history(tmp_path: Path) -> None:
    with harness(tmp_path) as before:
        async with before.app.run_test() as pilot:
            for text in ("first", "second"):
                before.assistant.give(text, None)
                await before.send(pilot, text)
                await before.idle(pilot)
        await before.service.close()
    async with running_chat(tmp_path) as (chat, pilot):
        async with asyncio.timeout(10):
            while not chat.screen.prompt._recall.prompts:
                await pilot.pause(0.02)
        await pilot.press("up", "up")

        assert chat.screen.prompt.text == "first"


async def test_a_fault_ends_the_chat_without_a_traceback(tmp_path: Path) -> None:
    with harness(tmp_path) as chat:

        async def run() -> None:
            async with chat.app.run_test() as pilot:
                chat.screen.call_later(lambda: 1 / 0)
                await pilot.pause()

        with pytest.raises(ZeroDivisionError):
            await run()
        await chat.service.close()

        assert isinstance(chat.app.fault, ZeroDivisionError)
        assert chat.app._exit_renderables == []


@pytest.mark.parametrize("size", [(40, 12), (20, 5), (10, 3), (200, 50)])
async def test_every_size_of_terminal_works(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running_chat(tmp_path, size=size) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("a **b** `c`\n\n```sh\nls\n```\n"), RUN, RAN, None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        for command in ("/help", "/status"):
            await chat.send(pilot, command)
            await chat.idle(pilot)
        await chat.send(pilot, "/history")
        await chat.found(pilot)
        await pilot.press("enter", "tab", "escape", "escape")
        await pilot.resize_terminal(60, 20)
        await pilot.pause()

        assert (await chat.stored()).status is Status.COMPLETED
        assert "Commands" in chat.text


async def test_the_mode_of_the_settings_holds(tmp_path: Path) -> None:
    add_user(tmp_path)
    async with running_chat(tmp_path, user="ana") as (chat, pilot):
        assert "only ana" in chat.status_text
        chat.assistant.give("why?", None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        entry = await chat.stored()

        assert (entry.mode, entry.kind) == (Mode.USER, Kind.QUESTION)
        assert entry.user_id == chat.runtime.users.find("ana").id


async def test_what_the_mouse_has_selected_is_copied_by_ctrl_c(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("copy these words"), None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        await pilot.mouse_down("Answer Prose", offset=(0, 0))
        await pilot.hover("Answer Prose", offset=(9, 0))
        await pilot.mouse_up("Answer Prose", offset=(9, 0))
        await pilot.press("ctrl+c")

        assert chat.app.clipboard == "copy these"
        assert chat.app.is_running


async def test_code_and_links_are_copied(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await pilot.press("alt+c")
        assert "there is no code to copy" in chat.hint_text
        answer = "[page](https://example.org/x)\n\n```sh\nls -l\n```\n"
        chat.assistant.give("why?", TextDelta(answer), None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        await pilot.press("alt+c")
        await pilot.pause()
        assert chat.app.clipboard == "ls -l"
        await pilot.click("Answer Prose", offset=(1, 0))
        await pilot.pause()

        assert chat.app.clipboard == "https://example.org/x"
        assert "link copied" in chat.hint_text


async def test_escape_returns_to_the_bottom_and_takes_the_hint_away(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("why?", TextDelta("line\n\n" * 60))
        await chat.send(pilot, "why?")
        await chat.send(pilot, "and then?")
        await pilot.press("pageup", "pageup")
        await pilot.pause()
        assert chat.screen.transcript.scroll_y < chat.screen.transcript.max_scroll_y
        await pilot.press("escape")
        await chat.idle(pilot)

        assert chat.screen.transcript.is_vertical_scroll_end
        assert chat.hint_text == ""
        assert chat.screen.prompt.text == "and then?"
