"""The slash commands about what answers: models, plans, summaries, what was used."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from ipcom_chat.assistant.base import TextDelta, Turn, UsageReport
from ipcom_chat.errors import AssistantBusyError
from ipcom_chat.i18n import Language
from tests.support.chat import ScriptedAssistant
from tests.support.chat_app import ChatHarness, harness, running_chat

SMALL, LARGE = "openai-compatible:qwen3:8b", "openai-compatible:qwen3:32b"
MODELS = {
    "IPCOM_CHAT_AI_MODEL": SMALL,
    "IPCOM_CHAT_AI_MODELS": LARGE,
    "IPCOM_CHAT_AI_BASE_URL": "http://127.0.0.1:9/v1",
}


@asynccontextmanager
async def with_models(home: Path) -> AsyncIterator[tuple[ChatHarness, Pilot[int]]]:
    """Run a chat with two models that nobody serves."""
    with harness(home, environ=MODELS) as chat:
        chat.service.assistant = chat.runtime.assistants.build()
        async with chat.app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            yield chat, pilot
        await chat.service.close()


def menu_of(chat: ChatHarness) -> list[str]:
    menu = chat.screen.composer.menu
    return [row.plain.strip() for row in menu.layout_rows(70)] if menu.is_open else []


async def ask(chat: ChatHarness, pilot: Pilot[int], text: str, *reports: UsageReport) -> None:
    chat.assistant.give(text, TextDelta("so"), *reports, None)
    await chat.send(pilot, text)
    await chat.idle(pilot)


async def test_model_offers_what_is_configured_and_enter_switches(tmp_path: Path) -> None:
    async with with_models(tmp_path) as (chat, pilot):
        assert "qwen3:8b" in chat.status_text
        await chat.send(pilot, "/model")
        await chat.idle(pilot)
        assert menu_of(chat) == [f"› {SMALL}  answers now", LARGE]
        await pilot.press("down", "enter")
        await chat.idle(pilot)

        assert "· qwen3:32b answers from now on." in chat.text
        assert "qwen3:32b" in chat.status_text
        assert chat.screen.prompt.text == ""
        assert chat.service.assistant.name == "qwen3:32b"


async def test_letters_narrow_the_models_down(tmp_path: Path) -> None:
    async with with_models(tmp_path) as (chat, pilot):
        await pilot.press(*"/model 32")
        await pilot.pause()
        assert menu_of(chat) == [f"› {LARGE}"]
        await pilot.press("tab")

        assert chat.screen.prompt.text == f"/model {LARGE}"
        assert menu_of(chat) == []


async def test_a_model_is_named_as_a_person_does(tmp_path: Path) -> None:
    async with with_models(tmp_path) as (chat, pilot):
        await chat.send(pilot, "/model qwen3:32b")
        await chat.idle(pilot)
        assert chat.service.assistant.name == "qwen3:32b"
        await chat.send(pilot, "/model nobody")
        await chat.idle(pilot)

        assert "✗ " in chat.text
        assert chat.service.assistant.name == "qwen3:32b"


async def test_while_something_is_written_the_models_are_listed(tmp_path: Path) -> None:
    async with with_models(tmp_path) as (chat, pilot):
        chat.screen.prompt._send("/model")
        chat.screen.prompt.set_text("a draft")
        await chat.idle(pilot)

        assert f"{SMALL}    answers now" in chat.text
        assert chat.screen.prompt.text == "a draft"


async def test_without_a_model_it_says_how_to_get_one(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "/model")
        await chat.idle(pilot)

        assert "✗ No AI is configured: 'ipcom-chat config set ai.model" in chat.text


async def test_what_is_being_answered_goes_on_with_the_model_before(tmp_path: Path) -> None:
    async with with_models(tmp_path) as (chat, pilot):
        chat.service.assistant = chat.assistant
        await chat.send(pilot, "why?")
        await chat.send(pilot, f"/model {LARGE}")
        await chat.until(pilot, "qwen3:32b answers the next question.")
        chat.assistant.give("why?", TextDelta("so"), None)
        await chat.idle(pilot)

        assert "so" in chat.text.split("\n")
        assert not chat.assistant.is_closed  # its tools belong to all models


async def test_tools_tell_what_may_run(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "/tools")
        await chat.idle(pilot)

        assert "What the assistant may run" in chat.text
        assert "MCP servers" in chat.text


async def test_plan_holds_until_it_is_switched_off_and_is_in_the_status(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "/plan")
        await chat.idle(pilot)
        assert chat.status_text.startswith("plan  ·  global")
        await ask(chat, pilot, "what would you do?")
        await chat.send(pilot, "/plan off")
        await chat.idle(pilot)
        await ask(chat, pilot, "and now?")
        await chat.send(pilot, "/plan perhaps")
        await chat.idle(pilot)

        assert [question.is_plan for question in chat.assistant.asked] == [True, False]
        assert "plan" not in chat.status_text
        assert "/plan takes on, off, or nothing" in chat.text


async def test_compact_says_what_it_goes_on_from(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "/compact")
        await chat.idle(pilot)
        assert "· There is nothing to shorten." in chat.text
        await ask(chat, pilot, "one")
        await ask(chat, pilot, "two")
        await chat.send(pilot, "/compact")
        await chat.idle(pilot)
        assert "goes on from this summary" in chat.text
        assert "2 turns in short" in chat.text
        await ask(chat, pilot, "three")

        (turn,) = chat.assistant.asked[-1].conversation
        assert turn.answer == "2 turns in short"


class SlowToSummarise(ScriptedAssistant):
    """One whose summary takes for ever."""

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        await asyncio.sleep(3600)
        return None


async def test_escape_gives_up_a_summary_and_all_is_as_it_was(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, "one")
        chat.service.assistant = SlowToSummarise()
        await chat.send(pilot, "/compact")
        await pilot.pause(0.1)
        assert chat.screen.prompt.is_held
        await pilot.press("escape")
        await chat.idle(pilot)

        assert "Nothing was shortened." in chat.text
        assert len(chat.service.conversation) == 1


class Refuses(ScriptedAssistant):
    """One that cannot summarise now."""

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        raise AssistantBusyError("The model is busy.")


async def test_a_summary_that_fails_is_one_line(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await ask(chat, pilot, "one")
        chat.service.assistant = Refuses()
        await chat.send(pilot, "/compact")
        await chat.idle(pilot)

        assert "✗ The model is busy." in chat.text


async def test_nothing_is_shortened_while_an_answer_arrives(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "why?")
        await chat.send(pilot, "/compact")
        await chat.until(pilot, "An answer is still arriving")


async def test_tokens_are_counted_by_model_and_for_the_last_answer(tmp_path: Path) -> None:
    async with running_chat(tmp_path) as (chat, pilot):
        await chat.send(pilot, "/tokens")
        await chat.idle(pilot)
        assert "No model was asked in this session yet." in chat.text
        first = UsageReport(model="qwen3:8b", tokens_used=100)
        await ask(chat, pilot, "one", first, UsageReport(model="qwen3:8b", tokens_used=1_500))
        await ask(chat, pilot, "two",
                  UsageReport(model="gpt-6", tokens_used=500, cost_microusd=2_500))  # fmt: skip
        await chat.send(pilot, "/tokens")
        await chat.idle(pilot)

        lines = chat.text.split("\n")
        start = lines.index("This session")
        assert [" ".join(line.split()) for line in lines[start + 1 : start + 5]] == [
            "qwen3:8b 1 answer · 1500 tokens",
            "gpt-6 1 answer · 500 tokens · $0.0025",
            "Together 2 answers · 2000 tokens · $0.0025",
            "Last answer 500 tokens · $0.0025 · gpt-6",
        ]
