"""What the chat shows of an assistant with tools: commands that run, tools, refusals, sources."""

from pathlib import Path

from textual.pilot import Pilot

from ipcom_chat.assistant.base import (
    Cited,
    CommandFinished,
    CommandOutput,
    CommandStarted,
    Noted,
    Recalled,
    Refused,
    TextDelta,
    ToolFinished,
    ToolStarted,
    UsageReport,
)
from ipcom_chat.domain.entry import Status
from ipcom_chat.services.chat import StatusChanged
from ipcom_chat.tui.screens.chat import ChatScreen
from ipcom_chat.tui.screens.entry import EntryScreen
from ipcom_chat.tui.widgets.command_run import CommandRun
from ipcom_chat.tui.widgets.source import Source
from tests.support.chat_app import ChatHarness, running_chat

RUN = CommandStarted(call_id="c1", command="apt-get update")
RAN = CommandFinished(
    call_id="c1", command="apt-get update", output="done", exit_code=0, duration_ms=12
)
EVIL = "\x1b]0;HACKED\x07\x1b[2J[@click=app.exit]x[/]"


def output(text: str) -> CommandOutput:
    return CommandOutput(call_id="c1", text=text)


async def ask(chat: ChatHarness, pilot: Pilot[int], *events: object) -> None:
    """Ask, and let the answer go as far as `events`."""
    chat.assistant.give("why?", *events)  # type: ignore[arg-type]
    await chat.send(pilot, "why?")
    await pilot.pause(0.3)


async def answered(chat: ChatHarness, pilot: Pilot[int], question: str, answer: str) -> Recalled:
    """Ask and answer a question; return it as the history recalls it."""
    chat.assistant.give(question, TextDelta(answer), None)
    await chat.send(pilot, question)
    await chat.idle(pilot)
    entry = await chat.stored()
    return Recalled(
        entry_id=entry.id,
        short_id=entry.id[-6:],
        question=entry.command,
        answer=entry.response or "",
        username="ana",
        os_user="ops",
        hostname="web01",
        created_at_ms=chat.runtime.clock.now_ms() - 3 * 86_400_000,
        score=0.9,
    )


async def test_a_running_command_shows_its_newest_lines_and_all_of_them_on_enter(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        lines = "".join(f"Get:{number} list\n" for number in range(1, 11))
        await ask(chat, pilot, RUN, output(lines[:50]), output(lines[50:]))
        await chat.until(pilot, "… 4 lines above\n  Get:5 list")
        assert "Get:10 list" in chat.text
        assert "Get:4 list" not in chat.text
        assert "$ apt-get update" in chat.status_text
        chat.screen.query_one(CommandRun).focus()
        await pilot.press("enter")
        await chat.until(pilot, "Get:1 list")
        await pilot.press("enter")
        chat.assistant.give("why?", RAN, None)
        await chat.idle(pilot)

        assert "✓ $ apt-get update  12 ms  1 line" in chat.text
        assert "Get:" not in chat.text


async def test_what_a_stopped_command_had_written_stays(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, RUN, output("half of it\n"))
        await pilot.press("escape")
        chat.tell(output("LATE"), RAN)
        await pilot.pause(0.2)

        assert "✗ $ apt-get update  stopped\n  half of it" in chat.text
        assert "LATE" not in chat.text


async def test_output_of_an_unknown_command_is_ignored(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, output("nobody's"), TextDelta("so"))

        assert "nobody's" not in chat.text


async def test_a_tool_is_one_line_with_what_came_of_it(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(
            chat, pilot,
            ToolStarted(call_id="t1", name="search_history", call='search_history "nginx"'),
            ToolStarted(call_id="t2", name="mcp:files/read", call="/etc/hosts"),
        )  # fmt: skip
        assert 'search_history  "nginx"' in chat.text
        assert "mcp:files/read" in chat.status_text
        chat.assistant.give(
            "why?",
            ToolFinished(call_id="t1", result="3 entries"),
            ToolFinished(call_id="t2", result="no such file", is_error=True),
            None,
        )
        await chat.idle(pilot)

        assert '✓ search_history  "nginx"  3 entries' in chat.text
        assert "✗ mcp:files/read  /etc/hosts  no such file" in chat.text


async def test_a_tool_that_is_cancelled_says_so(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, ToolStarted(call_id="t1", name="read_file", call="/etc/hosts"))
        await pilot.press("escape")

        assert "✗ read_file  /etc/hosts  stopped" in chat.text


async def test_a_long_call_leaves_room_for_its_result(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(
            chat, pilot,
            ToolStarted(call_id="t1", name="read_file", call="/very" * 40),
            ToolFinished(call_id="t1", result="12 lines"),
        )  # fmt: skip
        line = next(line for line in chat.text.split("\n") if "read_file" in line)

        assert line.endswith("…  12 lines")
        assert len(line) <= 80


async def test_what_is_not_run_says_why(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        refused = Refused(call_id="c1", command="rm -rf /srv", reason="the rules say no")
        await ask(chat, pilot, refused, Noted("Another model answers."), None)

        assert "✗ not run: rm -rf /srv — the rules say no" in chat.text
        assert "· Another model answers." in chat.text


async def test_nothing_of_others_acts_on_the_terminal(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        entry = Recalled(
            entry_id="e1", short_id="3f9a21", question=EVIL, answer="", username=EVIL,
            os_user="ops", hostname=EVIL, created_at_ms=0, score=1,
        )  # fmt: skip
        await ask(
            chat, pilot,
            ToolStarted(call_id="t1", name=EVIL, call=EVIL),
            ToolFinished(call_id="t1", result=EVIL),
            Refused(call_id="c2", command=EVIL, reason=EVIL),
            RUN, output(EVIL), Noted(EVIL),
            Cited(entries=(entry,)), None,
        )  # fmt: skip
        await chat.idle(pilot)

        assert "\x1b" not in chat.text
        assert "[@click=app.exit]x[/]" in chat.text


async def test_the_footer_tells_the_cost_where_it_is_known(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        report = UsageReport(model="llama", tokens_used=42, cost_microusd=1_234)
        await ask(chat, pilot, TextDelta("so"), report, None)

        assert "llama · 42 tokens · $0.0012" in chat.text


async def test_a_source_opens_the_entry_and_escape_leads_back(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        source = await answered(chat, pilot, "port 80 is taken", "Stop **apache2** first.")
        await ask(chat, pilot, TextDelta("As before [x]."), Cited(entries=(source,)), None)
        await chat.idle(pilot)
        assert f"[{source.short_id}] port 80 is taken — ana, web01, 3 d" in chat.text
        await pilot.press("shift+tab", "enter")
        await pilot.pause(0.3)
        screen = chat.app.screen
        assert isinstance(screen, EntryScreen)
        assert screen.entry.whole is not None
        assert screen.entry.whole.entry.response == "Stop **apache2** first."
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(chat.app.screen, ChatScreen)
        assert chat.screen.focused is chat.screen.prompt
        await pilot.click(Source)
        await pilot.pause(0.3)
        await pilot.press("a")
        await pilot.pause()

        assert chat.screen.prompt.text == "port 80 is taken"


async def test_a_source_can_be_voted_for_and_copied(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        source = await answered(chat, pilot, "port 80 is taken", "Stop apache2.")
        await ask(chat, pilot, Cited(entries=(source,)), None)
        await chat.idle(pilot)
        await pilot.press("shift+tab", "enter")
        await pilot.pause(0.3)
        await pilot.press("plus")
        await pilot.pause(0.3)
        frame = chat.app.screen.query_one("#frame")
        assert "1 good" in str(frame.border_subtitle)
        await pilot.press("c")

        assert chat.app.clipboard == "Stop apache2."


async def test_an_entry_that_is_gone_is_said_in_one_line(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        gone = Recalled(
            entry_id="01890000-0000-7000-8000-000000000000", short_id="000000", question="gone",
            answer="", username=None, os_user="ops", hostname="web01", created_at_ms=0, score=1,
        )  # fmt: skip
        await ask(chat, pilot, Cited(entries=(gone,)), None)
        await chat.idle(pilot)
        await pilot.press("shift+tab", "enter")
        await pilot.pause(0.3)
        screen = chat.app.screen
        assert isinstance(screen, EntryScreen)
        assert screen.query_one("#frame").border_subtitle


async def test_only_the_newest_sources_are_shown_and_no_more_than_five(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        source = await answered(chat, pilot, "port 80 is taken", "Stop apache2.")
        await ask(
            chat, pilot, Cited(entries=(source,)), TextDelta("so"),
            Cited(entries=(source,) * 7), None,
        )  # fmt: skip
        await chat.idle(pilot)

        assert len(chat.screen.query(Source)) == 5


async def test_late_events_of_a_request_change_nothing(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, TextDelta("half"))
        await pilot.press("escape")
        await chat.idle(pilot)
        before = chat.text
        chat.tell(
            TextDelta("LATE"), RUN, output("LATE"), RAN, Noted("LATE"),
            ToolStarted(call_id="t1", name="LATE", call="LATE"),
            Refused(call_id="c2", command="LATE", reason="LATE"),
            UsageReport(model="LATE", tokens_used=1),
            StatusChanged(status=Status.COMPLETED),
        )  # fmt: skip
        await pilot.pause(0.3)

        assert chat.text == before
        assert chat.conversation.counts[Status.COMPLETED] == 0
        assert chat.conversation.answering.usage.last is None
