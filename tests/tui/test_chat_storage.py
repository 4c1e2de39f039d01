"""The chat over a history that cannot be read: it tells so and goes on."""

from pathlib import Path

import pytest

from ipcom_chat.assistant.base import TextDelta
from tests.support.chat_app import running_chat
from tests.support.replica import fill

PAGE_BYTES = 4096


def damage_half(path: Path) -> None:
    """Overwrite the middle of a replica; it can be opened, and most of it cannot be read."""
    data = bytearray(path.read_bytes())
    for start in range(60 * PAGE_BYTES, len(data) // 2, PAGE_BYTES):
        data[start : start + PAGE_BYTES] = b"\xff" * PAGE_BYTES
    path.write_bytes(data)


async def test_earlier_prompts_that_cannot_be_read_end_no_chat(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / ".local/share/ipcom-chat/history.db"
    fill(path, 400, size=3000)
    damage_half(path)
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.until(pilot, "history.db is damaged. It was not changed")
        chat.assistant.give("what now?", TextDelta("this"), None)
        await chat.send(pilot, "what now?")
        await chat.until(pilot, "This request is not in the history")
        assert "this" in chat.text
        assert chat.app.fault is None
    assert [record.name for record in caplog.records if record.name == "asyncio"] == []
