"""Requests that run something: typed commands, approval through the listener, files, /compact."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from ipcom_chat.assistant.base import (
    Approval,
    CommandFinished,
    CommandOutput,
    CommandStarted,
    Decision,
    Noted,
    TextDelta,
    Turn,
    UsageReport,
)
from ipcom_chat.assistant.permissions import Permissions, Rules
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.files import inherited_umask
from ipcom_chat.i18n import Language
from ipcom_chat.ids import EntryId
from ipcom_chat.services.chat import (
    ApprovalAsked,
    ApprovalClosed,
    ChatEvent,
    StatusChanged,
)
from tests.support.chat import Chat, open_chat
from tests.support.waiting import until

SECRET = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
ASKED = Approval(call_id="t1", tool="run_command", command="systemctl restart nginx")


def ignore(event: ChatEvent) -> None:
    pass


async def ran(chat: Chat, line: str, heard: list[ChatEvent] | None = None) -> EntryId:
    request = chat.service.run(line, (heard if heard is not None else []).append)
    await chat.service.finished(request)
    return request.entry_id


async def test_a_typed_command_lives_as_a_question_does(tmp_path: Path) -> None:
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        entry_id = await ran(chat, f"echo {SECRET}; echo two >&2; exit 7", heard)
        entry = await chat.stored(entry_id)
        assert await chat.transitions(entry_id) == ["pending", "processing", "completed"]
    assert (entry.kind, entry.parent_id, entry.status) == (Kind.COMMAND, None, Status.COMPLETED)
    assert entry.error_code == "7"
    assert entry.response is not None
    assert entry.response.endswith("two\n")
    assert SECRET not in entry.command + entry.response
    assert entry.execution_time_ms is not None
    kinds = [type(event) for event in heard]
    assert kinds.index(CommandStarted) < kinds.index(CommandOutput) < kinds.index(CommandFinished)


async def test_it_runs_in_the_folder_with_the_users_own_mask(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        entry = await chat.stored(await ran(chat, "pwd; umask"))
    assert entry.response is not None
    folder, mask = entry.response.split()
    assert folder == str(Path.cwd())
    now = os.umask(0o22)
    os.umask(now)
    # An earlier test of the command line has narrowed that of this process.
    users = inherited_umask()
    assert int(mask, 8) == (now if users == -1 else users)


async def test_its_output_belongs_to_the_next_question(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        await ran(chat, f"echo full; echo {SECRET}")
        request = chat.service.start("what is full?", ignore)
        chat.assistant.give("what is full?", None)
        await chat.service.finished(request)
        (turn,) = chat.assistant.asked[0].conversation
    assert turn.question.startswith("!echo full")
    assert turn.ran[0].output.startswith("full\n")
    assert SECRET not in turn.question + turn.ran[0].output + turn.ran[0].command


async def test_esc_ends_a_typed_command_and_keeps_what_it_wrote(tmp_path: Path) -> None:
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        request = chat.service.run("echo begun; sleep 60", heard.append)
        await until(lambda: any(isinstance(event, CommandOutput) for event in heard))
        assert chat.service.cancel(request)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
    assert (entry.status, entry.response) == (Status.CANCELLED, "begun\n")
    assert not any(isinstance(event, CommandFinished) for event in heard)


async def test_a_command_that_a_rule_denies_is_an_error_that_says_so(tmp_path: Path) -> None:
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        chat.service.terms.permissions = Permissions(Rules(deny=("touch *",)))
        entry = await chat.stored(await ran(chat, f"touch {tmp_path}/made", heard))
    assert (entry.status, entry.error_code) == (Status.ERROR, "refused")
    last = heard[-1]
    assert isinstance(last, StatusChanged)
    assert "touch *" in (last.reason or "")
    assert not (tmp_path / "made").exists()


async def test_a_command_with_a_blank_in_front_stays_on_this_machine(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        entry = await chat.stored(await ran(chat, " echo mine"))
    assert entry.private
    assert entry.command == "echo mine"


async def test_a_decision_reaches_the_assistant_and_the_question_is_closed(tmp_path: Path) -> None:
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("q", heard.append)
        await until(lambda: bool(chat.assistant.asked))
        gate = chat.assistant.asked[0].gate
        assert gate is not None
        asking = asyncio.ensure_future(gate.command("t1", ASKED.command))
        await until(lambda: any(isinstance(event, ApprovalAsked) for event in heard))
        (asked,) = [event for event in heard if isinstance(event, ApprovalAsked)]
        assert asked.approval == ASKED
        asked.decide(Decision(allowed=False, reason="later"))
        asked.decide(Decision(allowed=True))
        assert await asking == Decision(allowed=False, reason="later")
        assert heard[-1] == ApprovalClosed(call_id="t1")
        chat.assistant.give("q", None)
        await chat.service.finished(request)


async def test_esc_while_the_person_is_asked_lets_nobody_wait(tmp_path: Path) -> None:
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        request = chat.service.run("history -c", heard.append)
        await until(lambda: any(isinstance(event, ApprovalAsked) for event in heard))
        chat.service.cancel(request)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
    assert entry.status is Status.CANCELLED
    assert isinstance(heard[-1], StatusChanged), "nothing follows a final status"


async def test_where_nobody_can_be_asked_nobody_is(tmp_path: Path) -> None:
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        chat.service.terms.can_ask = False
        chat.service.start("q", heard.append)
        await until(lambda: bool(chat.assistant.asked))
        gate = chat.assistant.asked[0].gate
        assert gate is not None
        assert not (await gate.command("t1", "ls")).allowed
    assert not any(isinstance(event, ApprovalAsked) for event in heard)


async def test_a_file_that_is_named_goes_along_now_and_later(tmp_path: Path) -> None:
    (tmp_path / "app.conf").write_text("listen 80")
    text = f"what is in @{tmp_path}/app.conf"
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        request = chat.service.start(text, heard.append)
        await until(lambda: bool(chat.assistant.asked))
        chat.assistant.give(chat.assistant.asked[0].text, None)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
        chat.service.start("and then?", ignore)
        await until(lambda: len(chat.assistant.asked) == 2)
        first, second = chat.assistant.asked
    assert "listen 80" in first.text
    assert first.text.endswith(text)
    assert "listen 80" in second.conversation[0].question
    assert entry.command == text, "the history keeps what was asked, not the file"
    assert any(isinstance(event, Noted) and "is attached" in event.text for event in heard)


async def test_compact_puts_a_summary_in_the_place_of_what_was_said(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        assert await chat.service.compact() is None
        for text in ("one", "two"):
            request = chat.service.start(text, ignore)
            chat.assistant.give(text, TextDelta("answer"), None)
            await chat.service.finished(request)
        assert await chat.service.compact() == "2 turns in short"
        (turn,) = chat.service.conversation
    assert turn.answer == "2 turns in short"


async def test_what_an_answer_cost_is_stored(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("q", ignore)
        usage = UsageReport(model="m", tokens_used=9, cost_microusd=1_234)
        chat.assistant.give("q", usage, None)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
    assert (entry.model, entry.tokens_used, entry.cost_microusd) == ("m", 9, 1_234)


async def test_leaving_closes_the_assistant(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        pass
    assert chat.assistant.is_closed


async def test_of_much_output_the_next_question_knows_the_beginning(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        await ran(chat, f"echo {SECRET}; yes line | head -c 60000")
        (turn,) = chat.service.conversation
    assert turn.ran[0].output.startswith("[REDACTED:")
    assert len(turn.ran[0].output) < 5_000


async def test_a_summary_does_not_touch_a_conversation_that_was_begun_meanwhile(
    tmp_path: Path,
) -> None:
    async with open_chat(tmp_path) as chat:
        await ran(chat, "echo old")
        summarise = chat.assistant.summarise

        async def slowly(turns: Sequence[Turn], language: Language) -> str | None:
            chat.service.conversation.clear()
            await ran(chat, "echo new")
            return await summarise(turns, language)

        chat.assistant.summarise = slowly  # type: ignore[method-assign]
        assert await chat.service.compact() is None
        (turn,) = chat.service.conversation
    assert turn.question == "!echo new"
