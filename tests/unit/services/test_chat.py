"""The life of a request, as the chat drives it. Test names say which known fault they close."""

import asyncio
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from ipcom_chat.assistant.base import CommandFinished, TextDelta, UsageReport
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.errors import AssistantBusyError, NotFoundError, StorageFullError
from ipcom_chat.ids import EntryId
from ipcom_chat.services import chat as chat_module
from ipcom_chat.services.chat import ChatEvent, NotSaved
from tests.support.chat import Chat, open_chat, settled, statuses
from tests.support.waiting import until

PASTE = "\n".join(f"Jan 10 host sshd[{n}]: error {n}" for n in range(400))


def ignore(_event: ChatEvent) -> None:
    """Listen to nothing."""


def command(text: str, exit_code: int = 0) -> CommandFinished:
    return CommandFinished(
        call_id="1", command=text, output="out", exit_code=exit_code, duration_ms=3
    )


async def until_status(chat: Chat, entry_id: EntryId, status: Status) -> None:
    for _turn in range(400):
        with suppress(NotFoundError):  # not inserted yet
            if (await chat.stored(entry_id)).status is status:
                return
        await asyncio.sleep(0.01)
    pytest.fail(f"{entry_id} never became {status}")


async def test_p2_scenario_1_paste_then_esc_at_once(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        heard: list[ChatEvent] = []
        request = chat.service.start(PASTE, heard.append)
        assert chat.service.cancel(request)
        assert statuses(heard) == ["cancelled"]  # before any write was waited for
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
        assert (entry.status, entry.command, entry.response) == (Status.CANCELLED, PASTE, None)
        assert entry.cancelled_by == "user"
        assert chat.assistant.asked == []


async def test_p2_scenario_2_paste_without_esc(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        heard: list[ChatEvent] = []
        request = chat.service.start(PASTE, heard.append)
        chat.assistant.give(PASTE, TextDelta("a"), TextDelta("nswer"), None)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
        assert (entry.status, entry.response) == (Status.COMPLETED, "answer")
        assert await chat.transitions(request.entry_id) == ["pending", "processing", "completed"]
        assert statuses(heard) == ["processing", "completed"]


async def test_p2_scenario_3_esc_while_the_answer_is_made(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        heard: list[ChatEvent] = []
        request = chat.service.start("q", heard.append)
        chat.assistant.give("q", TextDelta("part"))
        await until_status(chat, request.entry_id, Status.PROCESSING)
        await settled()
        assert chat.service.cancel(request)
        chat.assistant.give("q", TextDelta("late"), None)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
        assert (entry.status, entry.response) == (Status.CANCELLED, "part")
        assert statuses(heard) == ["processing", "cancelled"]
        assert TextDelta("late") not in heard
        assert chat.assistant.stopped == ["q"]


async def test_d101_esc_before_the_insert_leaves_no_orphan(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        hold = asyncio.Event()
        loop = asyncio.get_running_loop()
        chat.thread.submit(asyncio.run_coroutine_threadsafe(hold.wait(), loop).result)
        request = chat.service.start("slow disk", ignore)
        await settled()  # the insert is waiting in the storage thread
        chat.service.cancel(request)
        hold.set()
        await chat.service.finished(request)
        assert (await chat.stored(request.entry_id)).status is Status.CANCELLED
        assert await chat.transitions(request.entry_id) == ["cancelled"]


async def test_d102_d103_cancelled_is_not_overwritten_by_processing(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("q", ignore)
        await asyncio.sleep(0)
        chat.service.cancel(request)
        assert not request.advance(Status.PROCESSING)
        await chat.service.finished(request)
        assert (await chat.stored(request.entry_id)).status is Status.CANCELLED


async def test_d104_d105_esc_after_the_answer_changes_nothing(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("q", ignore)
        chat.assistant.give("q", TextDelta("done"), None)
        await chat.service.finished(request)
        assert not chat.service.cancel(request)
        await chat.service.finished(request)
        assert (await chat.stored(request.entry_id)).status is Status.COMPLETED


async def test_d106_late_error_does_not_overwrite_cancelled(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        heard: list[ChatEvent] = []
        request = chat.service.start("q", heard.append)
        await until_status(chat, request.entry_id, Status.PROCESSING)
        chat.service.cancel(request)
        chat.assistant.give("q", AssistantBusyError("late"))
        await chat.service.finished(request)
        assert statuses(heard) == ["processing", "cancelled"]
        assert (await chat.stored(request.entry_id)).status is Status.CANCELLED


async def test_d107_d108_two_requests_never_mix(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        first = chat.service.start("A", ignore)
        second = chat.service.start("B", ignore)
        chat.assistant.give("A", TextDelta("for A"))
        chat.assistant.give("B", TextDelta("for B"), None)
        await chat.service.finished(second)
        chat.assistant.give("A", None)
        await chat.service.finished(first)
        assert (await chat.stored(first.entry_id)).response == "for A"
        assert (await chat.stored(second.entry_id)).response == "for B"


async def test_d111_d112_storage_failure_takes_no_answer_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_chat(tmp_path) as chat:
        heard: list[ChatEvent] = []

        def full(*_args: object, **_kwargs: object) -> None:
            raise StorageFullError("no space left")

        # Only the write is made to fail: a really full disk is tested with the replica.
        with monkeypatch.context() as patch:
            patch.setattr(type(chat.runtime._entries), "add", full)
            request = chat.service.start("q", heard.append)
            chat.assistant.give("q", TextDelta("answer"))
            await settled()
            await until(lambda: TextDelta("answer") in heard)
        chat.assistant.give("q", None)
        await chat.service.finished(request)
        assert heard.count(NotSaved(reason="no space left")) == 1
        assert statuses(heard)[-1] == "completed"
        # The disk had room again when the answer came, so nothing is lost in the end.
        assert (await chat.stored(request.entry_id)).response == "answer"


async def test_d128_the_assistant_waits_for_one_local_write_alone(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        hold = threading.Event()
        request = chat.service.start("q", ignore)
        await asyncio.sleep(0)  # its insert is on the way
        chat.thread.submit(hold.wait)  # every later write waits
        try:
            await until(lambda: chat.assistant.asked)
            assert [question.text for question in chat.assistant.asked] == ["q"]
        finally:
            hold.set()
        chat.assistant.give("q", TextDelta("answer"), None)
        await chat.service.finished(request)
        assert await chat.transitions(request.entry_id) == ["pending", "processing", "completed"]


async def test_d115_d116_commands_that_ran_are_recorded_on_cancel(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("q", ignore)
        chat.assistant.give("q", command("df -h"))
        await until_status(chat, request.entry_id, Status.PROCESSING)
        await settled()
        chat.service.cancel(request)
        chat.assistant.asked[0].on_stopped(command("du /", exit_code=143))
        await chat.service.finished(request)
        ran = chat.runtime.history.commands_of(request.entry_id)
        assert [(entry.command, entry.error_code, entry.kind) for entry in ran] == [
            ("df -h", "0", Kind.COMMAND),
            ("du /", "143", Kind.COMMAND),
        ]


async def test_d117_rows_of_a_dead_process_become_interrupted(tmp_path: Path) -> None:
    dead = Chat(tmp_path)
    request = dead.service.start("q", ignore)
    await until_status(dead, request.entry_id, Status.PROCESSING)
    # The kernel lets go of the lock of a process that dies; nothing else of it happens.
    (lock,) = dead.runtime.sessions._locks._held.values()
    os.close(lock)
    dead.runtime.sessions._locks._held.clear()
    async with open_chat(tmp_path) as chat:
        assert chat.interrupted == [request.entry_id]
        entry = await chat.stored(request.entry_id)
        assert (entry.status, entry.error_code) == (Status.ERROR, "interrupted")
        assert chat.assistant.asked == []  # nothing is asked again by itself
    await dead.service.close()
    dead.bury()


async def test_d98_d117_a_living_process_keeps_its_rows(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as first:
        request = first.service.start("q", ignore)
        await until_status(first, request.entry_id, Status.PROCESSING)
        async with open_chat(tmp_path) as second:
            assert second.interrupted == []
        first.assistant.give("q", None)
        await first.service.finished(request)
        assert (await first.stored(request.entry_id)).status is Status.COMPLETED


async def test_d124_d125_cancelled_questions_stay_in_the_context_as_such(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("first", ignore)
        chat.service.cancel(request)
        await chat.service.finished(request)
        following = chat.service.start("second", ignore)
        chat.assistant.give("second", None)
        await chat.service.finished(following)
        turn = chat.assistant.asked[0].conversation[0]
        assert (turn.question, turn.answer, turn.cancelled) == ("first", None, True)
        prompts = chat.runtime.history.prompts(chat.runtime.scope(), limit=10)
        assert prompts == ["second", "first"]  # no marker among the prompts


async def test_cancel_from_another_terminal_is_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_module, "CANCEL_POLL_S", 0.01)
    async with open_chat(tmp_path) as owner, open_chat(tmp_path) as other:
        heard: list[ChatEvent] = []
        request = owner.service.start("q", heard.append)
        await until_status(owner, request.entry_id, Status.PROCESSING)
        assert other.runtime.history.request_cancel(request.entry_id, actor="bob")
        assert not other.runtime.history.request_cancel(request.entry_id, actor="bob")
        await owner.service.finished(request)
        entry = await owner.stored(request.entry_id)
        assert (entry.status, entry.cancelled_by) == (Status.CANCELLED, "bob")
        assert statuses(heard)[-1] == "cancelled"


async def test_who_asked_to_cancel_survives_the_step_to_processing(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("q", ignore)
        await chat.thread.run(lambda: None)
        # Asked after the insert and before the step is stored.
        chat.thread.submit(chat.runtime.history.request_cancel, request.entry_id, actor="bob")
        await until_status(chat, request.entry_id, Status.CANCELLED)
        assert (await chat.stored(request.entry_id)).cancelled_by == "bob"


async def test_leaving_cancels_what_runs(tmp_path: Path) -> None:
    chat = Chat(tmp_path)
    request = chat.service.start("q", ignore)
    await until_status(chat, request.entry_id, Status.PROCESSING)
    await chat.service.close()
    entry = await chat.stored(request.entry_id)
    assert (entry.status, entry.cancelled_by) == (Status.CANCELLED, "exit")
    await chat.close()


async def test_a_retry_is_a_new_entry(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        first = chat.service.start("q", ignore)
        chat.assistant.give("q", AssistantBusyError("overloaded"))
        await chat.service.finished(first)
        again = chat.service.start("q", ignore, retry_of=first.entry_id)
        chat.assistant.give("q", TextDelta("now"), UsageReport(model="m", tokens_used=7), None)
        await chat.service.finished(again)
        failed, entry = await chat.stored(first.entry_id), await chat.stored(again.entry_id)
        assert (failed.status, failed.error_code) == (Status.ERROR, "assistant_busy")
        assert (entry.retry_of, entry.model, entry.tokens_used) == (first.entry_id, "m", 7)
        assert entry.execution_time_ms is not None


async def test_a_fault_of_an_assistant_is_an_error_not_a_crash(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        heard: list[ChatEvent] = []
        request = chat.service.start("q", heard.append)
        chat.assistant.give("q", TextDelta("part"), ZeroDivisionError("bug"))
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
        assert (entry.status, entry.error_code, entry.response) == (
            Status.ERROR,
            "internal",
            "part",
        )
        assert "bug" not in str(heard[-1])


async def test_d33_exit_code_zero_is_kept(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("q", ignore)
        chat.assistant.give("q", command("true"), None)
        await chat.service.finished(request)
        (ran,) = chat.runtime.history.commands_of(request.entry_id)
        assert ran.error_code == "0"


async def test_recall_finds_earlier_answers_with_who_and_where(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        request = chat.service.start("como liberar espaço em /var?", ignore)
        chat.assistant.give("como liberar espaço em /var?", TextDelta("apt clean"), None)
        await chat.service.finished(request)
        cancelled = chat.service.start("liberar espaço em /var agora", ignore)
        chat.service.cancel(cancelled)
        await chat.service.finished(cancelled)
        chat.service.start("x", ignore)
        await settled()
        found = await chat.assistant.asked[-1].recall("liberar espaco /var")
        assert [entry.entry_id for entry in found] == [request.entry_id]
        assert (found[0].answer, found[0].score > 0.9) == ("apt clean", True)


async def test_d117_another_state_folder_ends_no_living_request(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as first:
        request = first.service.start("q", ignore)
        await until_status(first, request.entry_id, Status.PROCESSING)
        async with open_chat(tmp_path, XDG_STATE_HOME=str(tmp_path / "other")) as second:
            assert second.interrupted == []
