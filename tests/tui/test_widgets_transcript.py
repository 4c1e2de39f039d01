"""The transcript: what arrives is shown, nothing in it is obeyed, and it stays small."""

import asyncio

from textual.pilot import Pilot

from ipcom_chat.tui.widgets import answer
from ipcom_chat.tui.widgets.answer import Answer, Prose
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.command_run import CommandRun
from ipcom_chat.tui.widgets.rows import Rows
from ipcom_chat.tui.widgets.transcript import MAX_MESSAGES, MAX_PARTS, Transcript
from tests.support.chat_demo import ChatDemo

ANSWER = """Intro with `code`.

1. one
2. two

```bash
echo hi
ls -l
```

| a | b |
|---|---|
| 1 | 2 |

End.
"""


def text_of(app: ChatDemo) -> str:
    """All lines of the transcript as they are shown."""
    return "\n".join(
        row.plain.rstrip()
        for widget in app.transcript.query(Rows)
        for row in widget.rows(widget.content_size.width)
    )


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause(0.15)
    await pilot.pause()


async def test_an_answer_in_portions_ends_as_the_answer_at_once() -> None:
    whole, portions = ChatDemo(), ChatDemo()
    async with whole.run_test() as pilot:
        whole.transcript.add_answer(ANSWER)
        await settle(pilot)
        expected = text_of(whole)
        kinds = [type(child) for child in whole.query_one(Answer).children]
    async with portions.run_test() as pilot:
        for place in range(0, len(ANSWER), 7):
            portions.transcript.add_answer_text(ANSWER[place : place + 7])
            await pilot.pause(0.02)
        portions.transcript.end_answer()
        await settle(pilot)

        assert text_of(portions) == expected
        assert [type(child) for child in portions.query_one(Answer).children] == kinds


async def test_an_unfinished_answer_is_shown_as_far_as_it_is() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer_text("First.\n\n```bash\nls -l\ncat fi")
        await settle(pilot)

        assert "First." in text_of(app)
        assert app.query_one(Code).code == "ls -l\ncat fi"


async def test_frozen_blocks_are_not_laid_out_again() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer_text("First.\n\nSecond")
        await settle(pilot)
        frozen = app.query(Prose).first()
        before = frozen.rows(frozen.content_size.width)[0]
        app.transcript.add_answer_text(" goes on.\n\nThird.\n\nFourth")
        await settle(pilot)

        assert frozen.rows(frozen.content_size.width)[0] is before


async def test_control_sequences_and_markup_are_only_text() -> None:
    app = ChatDemo()
    hostile = "a\x1b]0;pwned\x07\x1b[2J[/] [red]x[/red] [@click=app.quit]y[/]\u202e\x9b31m"
    shown = "a[/] [red]x[/red] [@click=app.quit]y[/]"
    async with app.run_test() as pilot:
        app.transcript.add_question(hostile)
        app.transcript.add_answer(hostile)
        app.transcript.add_notice(hostile, "error")
        app.transcript.start_command("1", hostile)
        app.transcript.end_command("1", exit_code=1, duration_ms=5, output=hostile)
        await settle(pilot)
        text = text_of(app)

        assert text.count(shown) == 5
        assert not any(ord(char) < 32 and char != "\n" for char in text)


async def test_a_command_shows_how_it_ended_and_opens_its_output() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.start_command("1", "systemctl status nginx")
        await settle(pilot)
        assert "$ systemctl status nginx" in text_of(app)
        output = "\n".join(f"line {number}" for number in range(20))
        app.transcript.end_command("1", exit_code=3, duration_ms=2_340, output=output)
        await settle(pilot)
        assert "✗ $ systemctl status nginx  exit 3  2.3 s" in text_of(app)
        assert "line 19" not in text_of(app)
        assert "… 14 more lines" in text_of(app)
        await pilot.click(CommandRun)

        assert "line 19" in text_of(app)


async def test_cancel_marks_the_request_and_stops_the_spinner() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer_text("Half an ans")
        app.transcript.start_command("1", "sleep 100")
        app.transcript.add_cancelled()
        await settle(pilot)
        text = text_of(app)

        assert "Half an ans" in text
        assert "✗ $ sleep 100  stopped" in text
        assert "[ESC - Message cancelled]\nOperation cancelled by user" in text


async def test_a_late_end_of_a_cancelled_command_changes_nothing() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.start_command("1", "sleep 100")
        app.transcript.add_cancelled()
        app.transcript.end_command("1", exit_code=0, duration_ms=1, output="late")
        await settle(pilot)

        assert "late" not in text_of(app)


async def test_code_is_copied_with_a_key_and_with_a_click() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer("```\nfirst\n```\n\n```\n  second  x\n```")
        await settle(pilot)
        app.transcript.focus()
        await pilot.press("c")
        assert app.clipboard == "  second  x"
        first = app.query(Code).first()
        await pilot.click(first, offset=(first.size.width - 3, 0))

        assert app.clipboard == "first"
        assert "copied" in text_of(app)


async def test_a_link_is_reported_and_nothing_is_opened() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer("[docs](https://example.org/x)")
        await settle(pilot)
        await pilot.click(Prose, offset=(1, 0))
        await pilot.pause()

        assert app.links == ["https://example.org/x"]


async def test_a_long_question_is_shown_in_part_until_it_is_clicked() -> None:
    app = ChatDemo()
    async with app.run_test(size=(80, 50)) as pilot:
        app.transcript.add_question("\n".join(f"line {number}" for number in range(30)))
        await settle(pilot)
        assert "… 18 more lines" in text_of(app)
        await pilot.click("Question")

        assert "line 29" in text_of(app)


async def test_the_newest_message_is_in_view_until_the_user_scrolls_up() -> None:
    app = ChatDemo()
    async with app.run_test(size=(80, 24)) as pilot:
        app.transcript.add_answer("a\n\n" * 40)
        await settle(pilot)
        assert app.transcript.is_vertical_scroll_end
        app.transcript.scroll_home(animate=False)
        await settle(pilot)
        app.transcript.add_answer("b\n\n" * 40)
        await settle(pilot)
        assert app.transcript.scroll_y == 0
        app.transcript.add_question("next")
        await settle(pilot)

        assert app.transcript.is_vertical_scroll_end


async def test_old_messages_leave_the_screen() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        for number in range(MAX_MESSAGES + 20):
            app.transcript.add_notice(f"notice {number}")
        await settle(pilot)
        assert len(app.transcript.children) == MAX_MESSAGES
        for _ in range(MAX_PARTS // 4):
            app.transcript.add_answer("a\n\n```\nb\n```\n\nc")
            await pilot.pause()
        await settle(pilot)

        assert sum(1 + len(child.children) for child in app.transcript.children) <= MAX_PARTS + 5


async def test_clear_empties_the_screen_and_goes_on() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer_text("old")
        app.transcript.clear()
        app.transcript.add_answer_text("new")
        app.transcript.end_answer()
        await settle(pilot)

        assert "old" not in text_of(app)
        assert "new" in text_of(app)


async def test_another_theme_colours_anew() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer(ANSWER)
        await settle(pilot)
        code = app.query_one(Code)
        dark = code.render_line(1)
        app.theme = "ipcom-light"
        await settle(pilot)

        assert code.render_line(1) != dark


async def test_selected_text_can_be_copied() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer("one two three")
        await settle(pilot)
        prose = app.query(Prose).first()
        await pilot.mouse_down(prose, offset=(4, 0))
        await pilot.hover(prose, offset=(7, 0))
        await pilot.mouse_up(prose, offset=(7, 0))

        assert (app.screen.get_selected_text() or "").strip() == "two"


async def test_a_very_long_answer_is_shown_to_its_end_and_keys_go_on() -> None:
    app = ChatDemo()
    text = "".join(f"Section {n}.\n\n```bash\necho {n}\n```\n\n" for n in range(1_000))
    async with app.run_test() as pilot:
        app.transcript.add_answer(text)
        await pilot.press("a")
        assert app.prompt.text == "a"
        async with asyncio.timeout(60):
            while "Section 999." not in text_of(app):
                await pilot.pause(0.05)
        await settle(pilot)

        assert len(app.query_one(Answer).children) <= answer.MAX_PARTS + 2
        assert "Section 0." not in text_of(app)
        assert "The beginning of this answer has left the screen" in text_of(app)
        assert list(app.query(Code))[-1].code == "echo 999"


async def test_many_paragraphs_are_kept_in_parts() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer("\n\n".join(f"paragraph {n}" for n in range(500)))
        async with asyncio.timeout(60):
            while "paragraph 499" not in text_of(app):
                await pilot.pause(0.05)

        assert text_of(app).count("paragraph") == 500
        assert len(app.query(Prose)) > 500 / answer.MAX_PROSE_BLOCKS


async def test_sequences_and_line_ends_cut_between_portions_are_what_they_were() -> None:
    app = ChatDemo()
    text = "one\r\ntwo \x1b[31mred\x1b[0m \x1b]52;c;SEFDS0VE\x07end"
    async with app.run_test() as pilot:
        for char in text:
            app.transcript.add_answer_text(char)
            await pilot.pause(0.12 if char in "\r\x1b[;5" else 0)
        app.transcript.end_answer()
        await settle(pilot)

        assert text_of(app).split() == ["one", "two", "red", "end"]


async def test_a_click_on_the_conversation_leaves_the_focus_in_the_prompt() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.transcript.add_answer("text\n\n```bash\nls\n```\n")
        app.transcript.start_command("1", "ls")
        await settle(pilot)
        await pilot.press("q")
        for where in (Transcript, Code, CommandRun):
            await pilot.click(where)
        await pilot.press("enter")
        await pilot.pause()

        assert app.sent == ["q"]
