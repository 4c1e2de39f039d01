"""The chat offers the import of the earlier program's history, once."""

from pathlib import Path

from tests.support.chat_app import running_chat
from tests.support.histories import old_home

OFFER = "The earlier program left its history on this machine."


async def test_the_first_start_offers_the_import_and_the_second_does_not(tmp_path: Path) -> None:
    old_home(tmp_path)
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.until(pilot, OFFER)
        assert "ipcom-chat history import" in chat.text
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.idle(pilot)
        assert OFFER not in chat.text


async def test_without_an_old_history_nothing_is_offered(tmp_path: Path) -> None:
    (tmp_path / ".mcp-terminal").mkdir()
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.idle(pilot)
        assert OFFER not in chat.text
