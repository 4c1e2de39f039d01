"""An answer without end does not fill the memory."""

from pathlib import Path

from ipcom_chat.assistant.base import TextDelta
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
