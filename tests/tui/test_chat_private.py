"""A question that begins with a blank stays on this machine, and the screen says so."""

from pathlib import Path

from ipcom_chat.assistant.base import TextDelta
from tests.support.chat_app import running_chat


async def test_a_leading_blank_keeps_a_question_private_also_when_it_is_asked_again(
    tmp_path: Path,
) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        chat.assistant.give("quiet?", RuntimeError("no"))
        await chat.send(pilot, " quiet?")
        await chat.idle(pilot)
        assert (await chat.stored()).private
        chat.assistant.give("quiet?", TextDelta("Yes."), None)
        await chat.send(pilot, "/retry")
        await chat.idle(pilot)
        again = await chat.stored()
        assert (again.command, again.private) == ("quiet?", True)
        assert "·  private" in chat.text.replace(" · ", "  ·  ")


async def test_the_next_question_is_shared_again(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        for typed, sent, is_private in ((" one?", "one?", True), ("two?", "two?", False)):
            chat.assistant.give(sent, TextDelta("Yes."), None)
            await chat.send(pilot, typed)
            await chat.idle(pilot)
            assert (await chat.stored()).private is is_private
