"""The prompt, driven by keys and pastes as an app hands them out."""

import asyncio
import sys
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tests.support.chat_demo import ChatDemo

LONG = "\n".join(f"line {number}" for number in range(1, 13))


async def paste(pilot: Pilot[None], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


def shown(app: ChatDemo) -> list[str]:
    """The prompt's lines as displayed."""
    return [app.prompt.get_line(y).plain for y in range(app.prompt.document.line_count)]


async def test_enter_sends_the_text_and_empties_the_prompt() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"hello", "enter")

        assert app.sent == ["hello"]
        assert app.prompt.text == ""


async def test_blank_text_is_not_sent() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("space", "ctrl+j", "enter")

        assert app.sent == []


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_newline_keys_do_not_send(key: str) -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("a", key, "b")
        assert app.prompt.text == "a\nb"
        await pilot.press("enter")

        assert app.sent == ["a\nb"]


async def test_backslash_enter_is_a_newline() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("a", "backslash", "enter", "b")

        assert app.prompt.text == "a\nb"
        assert app.sent == []


async def test_the_prompt_grows_to_eight_lines() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        assert app.prompt.size.height == 1
        await pilot.press("a", "ctrl+j", "b", "ctrl+j", "c")
        assert app.prompt.size.height == 3
        await pilot.press(*["ctrl+j"] * 12)

        assert app.prompt.size.height == 8


async def test_keys_are_obeyed_in_the_order_they_came() -> None:
    """Textual obeys a bound key only after the letters that were read together with it."""
    app = ChatDemo()
    async with app.run_test() as pilot:
        for key, character in (("a", "a"), ("b", "b"), ("backspace", "\x7f"), ("c", "c")):
            app.post_message(events.Key(key, character))
        await pilot.pause()

        assert app.prompt.text == "ac"


# Pastes


async def test_a_short_paste_goes_in_at_the_cursor_and_does_not_send() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("a", "b", "left")
        await paste(pilot, "1\n2\n")

        assert app.prompt.text == "a1\n2\nb"
        assert app.sent == []


async def test_a_long_paste_is_a_chip_and_is_sent_in_full() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("a", "space")
        await paste(pilot, LONG)
        await pilot.press("space", "b")
        assert shown(app) == ["a [Pasted 12 lines] b"]

        await pilot.press("enter")

        assert app.sent == [f"a {LONG} b"]


async def test_several_chips_are_kept_apart() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await paste(pilot, LONG)
        await paste(pilot, LONG.replace("line", "other"))
        await pilot.press("enter")

        assert app.sent == [LONG + LONG.replace("line", "other")]


@pytest.mark.parametrize("key", ["backspace", "ctrl+w"])
async def test_a_chip_is_deleted_as_one_and_undo_brings_it_back(key: str) -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("a", "space")
        await paste(pilot, LONG)
        await pilot.press(key)
        assert app.prompt.text == "a "
        await pilot.press("ctrl+z", "enter")

        assert app.sent == [f"a {LONG}"]


async def test_delete_takes_the_chip_at_the_cursor() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await paste(pilot, LONG)
        await pilot.press("b", "home", "delete")

        assert app.prompt.text == "b"


async def test_the_cursor_steps_over_a_chip() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await paste(pilot, LONG)
        await pilot.press("left", "a", "right", "b")

        assert shown(app) == ["a[Pasted 12 lines]b"]


async def test_no_way_of_editing_leaves_half_a_chip() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("x", "space")
        await paste(pilot, LONG)
        for keys in (["ctrl+left", "y"], ["shift+left", "z"], ["ctrl+right", "w"]):
            await pilot.press(*keys)
        text = shown(app)[0]

        assert text.count("[Pasted 12 lines]") in {0, 1}
        assert "Pasted" not in text.replace("[Pasted 12 lines]", "")


async def test_what_looks_like_a_chip_but_was_typed_is_sent_as_it_is() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await paste(pilot, LONG)
        await pilot.press("backspace")
        await paste(pilot, "[Pasted 12 lines]")
        await pilot.press("enter")

        assert app.sent == ["[Pasted 12 lines]"]


async def test_a_paste_is_neutralised() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await paste(pilot, "a\x1b[31mb\x1b]52;c;eA==\x07c\u202e")

        assert app.prompt.text == "abc"


async def test_copying_takes_what_was_pasted() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await paste(pilot, LONG)
        await pilot.press("f7", "ctrl+c")
        assert app.clipboard == LONG
        await pilot.press("end", "ctrl+v", "enter")

        assert app.sent == [LONG * 2]


# Earlier prompts


async def test_a_very_long_earlier_prompt_comes_back_as_a_chip() -> None:
    app = ChatDemo()
    prompt = "word " * 4_000 + "end"
    async with app.run_test() as pilot:
        app.prompt.load_history([prompt])
        await pilot.press("up")
        assert shown(app) == ["[Pasted 1 line]"]
        await pilot.press("enter")

        assert app.sent == [prompt]


async def test_up_and_down_keep_the_draft_with_its_chips() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.prompt.load_history(["one", "two"])
        await paste(pilot, LONG)
        await pilot.press("up")
        assert app.prompt.text == "two"
        await pilot.press("up", "up", "down", "down")
        assert shown(app) == ["[Pasted 12 lines]"]
        await pilot.press("enter")

        assert app.sent == [LONG]


async def test_up_moves_inside_the_text_first() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.prompt.load_history(["one"])
        await pilot.press("a", "ctrl+j", "b", "up", "x")
        assert app.prompt.text == "ax\nb"
        await pilot.press("up")

        assert app.prompt.text == "one"


async def test_what_was_sent_comes_first() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.prompt.load_history(["one"])
        await pilot.press("x", "enter", "up")
        assert app.prompt.text == "x"
        await pilot.press("up")

        assert app.prompt.text == "one"


async def test_a_recalled_slash_command_does_not_catch_the_arrows() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.prompt.load_history(["one", "/help"])
        await pilot.press("up", "up")

        assert app.prompt.text == "one"


async def test_ctrl_r_asks_for_the_history_with_the_draft_and_leaves_it_alone() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"nginx ", "ctrl+r")

        assert app.wanted == ["nginx"]
        assert app.prompt.text == "nginx "
        assert not app.composer.menu.is_open


@pytest.mark.parametrize("draft", ["two\nlines", "long " * 30])
async def test_a_long_draft_is_no_search(draft: str) -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.prompt.set_text(draft)
        await pilot.press("ctrl+r")

        assert app.wanted == [""]


async def test_a_recalled_question_replaces_the_draft_until_undo() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"draft")
        app.prompt.recall("/etc/nginx\x1b[2J?")
        await pilot.pause()
        assert app.prompt.text == "/etc/nginx?"
        assert not app.composer.menu.is_open
        await pilot.press("ctrl+underscore")

        assert app.prompt.text == "draft"
        assert app.sent == []


# ESC


async def test_one_escape_does_nothing_and_two_clear() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"text", "escape")
        assert app.prompt.text == "text"
        await pilot.press("escape")

        assert app.prompt.text == ""
        assert app.escapes == [False, True]


@pytest.mark.parametrize("key", ["ctrl+z", "up"])
async def test_a_cleared_text_can_be_had_again(key: str) -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"text", "escape", "escape", key)

        assert app.prompt.text == "text"


async def test_two_slow_escapes_clear_nothing() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"text", "escape")
        await asyncio.sleep(0.55)
        await pilot.press("escape")

        assert app.prompt.text == "text"


async def test_a_key_between_two_escapes_keeps_the_text() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("a", "escape", "b", "escape")

        assert app.prompt.text == "ab"


async def test_the_escape_that_cancelled_does_not_count() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"text", "escape")
        app.prompt.forget_escape()
        await pilot.press("escape")

        assert app.prompt.text == "text"


# While an answer arrives


async def test_type_ahead_is_kept_and_not_sent_while_held() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.prompt.is_held = True
        await pilot.press(*"next", "enter")
        assert (app.sent, app.held, app.prompt.text) == ([], 1, "next")
        app.prompt.is_held = False
        await pilot.press("enter")

        assert app.sent == ["next"]


async def test_slash_commands_work_while_held() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.prompt.is_held = True
        await pilot.press(*"/status", "enter")

        assert app.sent == ["/status"]


# The slash menu


async def test_enter_runs_the_marked_command() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"/he")
        assert app.composer.menu.is_open
        await pilot.press("enter")

        assert app.sent == ["/help"]
        assert not app.composer.menu.is_open


async def test_arrows_choose_and_tab_completes_without_sending() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("slash", "down", "tab")

        assert app.prompt.text == "/clear "
        assert app.sent == []


async def test_a_command_with_an_argument_waits_for_it() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"/us", "enter", *"ana", "enter")

        assert app.sent == ["/user ana"]


async def test_a_command_typed_in_full_runs_although_it_takes_an_argument() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"/private", "enter")
        await pilot.press(*"/mode", "enter")

        assert app.sent == ["/private", "/mode"]


async def test_escape_closes_the_menu_and_enter_then_sends_what_stands_there() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"/he", "escape")
        assert not app.composer.menu.is_open
        await pilot.press("enter")

        assert app.sent == ["/he"]


async def test_a_path_at_the_start_is_an_ordinary_message() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"/etc/nginx is odd")
        assert not app.composer.menu.is_open
        await pilot.press("enter")

        assert app.sent == ["/etc/nginx is odd"]


async def test_a_click_chooses() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("slash")
        await pilot.click(app.composer.menu, offset=(4, 3))
        await pilot.pause()

        assert app.sent == ["/status"]


# Paths


async def test_tab_completes_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "journal.log").touch()
    (tmp_path / "journal.txt").touch()
    monkeypatch.chdir(tmp_path)
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"see jo", "tab")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.prompt.text == "see journal."
        assert app.composer.menu.is_open
        await pilot.press("down", "enter")

        assert app.prompt.text == "see journal.txt"
        assert app.sent == []


# Editing keys


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        (["ctrl+w"], "one "),
        (["ctrl+u"], ""),
        (["ctrl+a", "ctrl+k"], ""),
        (["ctrl+a", "x", "ctrl+e", "y"], "xone twoy"),
        (["alt+b", "x"], "one xtwo"),
        (["ctrl+a", "ctrl+d"], "ne two"),
        (["ctrl+w", "ctrl+underscore"], "one two"),
    ],
)
async def test_readline_keys(keys: list[str], left: str) -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press(*"one two", *keys)

        assert app.prompt.text == left


async def test_ctrl_d_in_an_empty_prompt_belongs_to_the_app() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+d", "backspace")
        assert app.is_running
        await pilot.press("ctrl+d")
        await pilot.pause()

        assert not app.is_running


async def test_an_editor_that_cannot_start_leaves_the_text() -> None:
    app = ChatDemo(editor=(sys.executable, "-c", "exit(1)"))
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+x", "ctrl+e")

        assert app.prompt.text == "a"
        assert len(app._notifications) == 1
