"""An answer without end does not fill the memory."""

import asyncio
from pathlib import Path

from ipcom_chat.assistant.base import CommandOutput, TextDelta
from ipcom_chat.domain.entry import RESPONSE_MAX_CHARS, Status
from ipcom_chat.services.chat import ChatEvent
from tests.support.chat import open_chat, statuses

PORTION = "x" * 100_000


async def test_an_answer_beyond_what_is_stored_ends_there(tmp_path: Path) -> None:
    heard: list[ChatEvent] = []
    async with open_chat(tmp_path) as chat:
        chat.assistant.give("why?", *[TextDelta(PORTION)] * 50)
        request = chat.service.start("why?", heard.append)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)

        assert chat.assistant.stopped == ["why?"]

    told = sum(len(event.text) for event in heard if isinstance(event, TextDelta))
    assert told < RESPONSE_MAX_CHARS + 2 * len(PORTION)
    assert statuses(heard) == ["processing", "completed"]
    assert (entry.status, entry.truncated) == (Status.COMPLETED, True)
    assert len(entry.response or "") == RESPONSE_MAX_CHARS


async def test_a_command_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    heard, is_enough = 0, asyncio.Event()

    def hear(event: ChatEvent) -> None:
        nonlocal heard
        heard += len(event.text) if isinstance(event, CommandOutput) else 0
        if heard > 3 * RESPONSE_MAX_CHARS:
            is_enough.set()

    async with open_chat(tmp_path) as chat:
        request = chat.service.run("yes " + "x" * 1_000, hear)
        (live,) = chat.service._live.values()
        async with asyncio.timeout(60):
            await is_enough.wait()
        kept = sum(map(len, live.text))
        chat.service.cancel(request)
        await chat.service.finished(request)
        entry = await chat.stored(request.entry_id)
    assert kept < 2 * RESPONSE_MAX_CHARS
    assert (entry.status, entry.truncated) == (Status.CANCELLED, True)
