"""The status line: what matters most stays, whatever the width."""

import pytest
from textual.content import Content

from ipcom_chat.tui.widgets.spinner import elapsed
from ipcom_chat.tui.widgets.status_line import Status, fitted
from tests.support.chat_demo import STATUS, ChatDemo


def line(app: ChatDemo) -> str:
    return app.status.render().plain


@pytest.mark.parametrize("width", [20, 40, 80, 200])
async def test_it_is_one_line_of_the_width(width: int) -> None:
    app = ChatDemo()
    async with app.run_test(size=(width, 24)) as pilot:
        app.status.start_request("journalctl")
        await pilot.pause()

        assert app.status.size.height == 1
        assert len(line(app)) <= app.status.content_size.width


async def test_at_eighty_columns_everything_is_there() -> None:
    app = ChatDemo()
    async with app.run_test(size=(80, 24)):
        for part in (STATUS.mode, STATUS.user, STATUS.shared_with, STATUS.assistant, STATUS.sync):
            assert part in line(app)


async def test_the_time_is_shown_only_while_a_request_runs() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        assert "ESC cancels" not in line(app)
        app.status.start_request()
        await pilot.pause()
        assert "0 ms  ESC cancels" in line(app)
        app.status.stop_request()

        assert "ESC cancels" not in line(app)


async def test_another_state_is_shown_and_control_sequences_are_not() -> None:
    app = ChatDemo()
    async with app.run_test() as pilot:
        app.status.show(
            Status(
                mode="user",
                user="ana\x1b]0;x\x07[/]",
                shared_with="nobody",
                assistant="gpt",
                sync="",
                is_private=True,
            )
        )
        await pilot.pause()

        assert line(app).rstrip() == "user  ·  ana[/]  ·  nobody  ·  gpt"


def test_the_lightest_part_goes_first() -> None:
    parts = [(2, Content("aaaa")), (1, Content("bbbb"))]

    assert fitted(parts, 13).plain == "aaaa  ·  bbbb"
    assert fitted(parts, 12).plain == "aaaa"
    assert fitted(parts, 3).plain == "aa…"
    assert fitted([], 3).plain == ""


def test_durations_as_people_read_them() -> None:
    assert [elapsed(ms) for ms in (12, 3_400, 125_000)] == ["12 ms", "3.4 s", "2 min 05 s"]
