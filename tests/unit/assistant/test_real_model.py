"""A real model on loopback, for whoever has one: `IPCOM_CHAT_REAL_MODEL=http://127.0.0.1:PORT/v1`.

Any OpenAI-compatible server will do (CONTRIBUTING.md names a small one). Without the variable
these tests are not collected: everything they show of the wire is tested against scripted servers.
"""

import asyncio
import os
import time
from contextlib import aclosing
from pathlib import Path

from ipcom_chat.assistant.agent import AgentAssistant, Reach
from ipcom_chat.assistant.base import TextDelta, UsageReport
from ipcom_chat.assistant.endpoint import parse_model
from tests.unit.assistant.test_tools import answer, one, question, text_of

URL = os.environ.get("IPCOM_CHAT_REAL_MODEL", "")


def assistant() -> AgentAssistant:
    return AgentAssistant(parse_model(f"openai-compatible:any@{URL}"), Reach(max_retries=0))


async def test_it_answers_in_pieces_and_counts_its_tokens(tmp_path: Path) -> None:
    events = await answer(assistant(), question(tmp_path, "Say hello in one short sentence."))
    assert len([event for event in events if isinstance(event, TextDelta)]) > 1
    assert one(events, UsageReport).tokens_used > 10


async def test_a_cancelled_answer_leaves_the_server_free_for_the_next(tmp_path: Path) -> None:
    asked = assistant()
    long = question(tmp_path, "Count from 1 to 2000, every number in words.", gate=None)
    async with aclosing(asked.answer(long)) as events:
        await anext(events)
    start_s = time.monotonic()
    async with asyncio.timeout(60):
        events_after = await answer(asked, question(tmp_path, "Say yes.", gate=None))
    assert text_of(events_after)
    assert time.monotonic() - start_s < 60
