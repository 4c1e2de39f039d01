"""Anthropic's and Google's own wire over real HTTP: text, tools, usage, errors, hanging up."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from ipcom_chat.assistant.agent import AgentAssistant, Reach
from ipcom_chat.assistant.base import CommandFinished, TextDelta, UsageReport
from ipcom_chat.assistant.endpoint import parse_model
from ipcom_chat.errors import (
    AssistantBusyError,
    AssistantError,
    AssistantQuotaError,
    AssistantSetupError,
)
from tests.support.openai_server import OpenAIServer, Reply
from tests.support.vendor_servers import AnthropicServer, GoogleServer
from tests.unit.assistant.test_tools import Person, answer, one, question, run, text_of

KEY = "key-of-the-vendor-123"
VENDORS = pytest.mark.parametrize(
    ("vendor", "kind"), [("anthropic", AnthropicServer), ("google", GoogleServer)]
)
MODELS = {"anthropic": "claude-sonnet-5-5", "google": "gemini-2.5-pro"}


def assistant(vendor: str, server: OpenAIServer) -> AgentAssistant:
    model = parse_model(f"{vendor}:{MODELS[vendor]}@{server.base_url}")
    return AgentAssistant(model, Reach(key=lambda: KEY, timeout_s=20.0, max_retries=0))


@VENDORS
async def test_an_answer_streams_and_has_tokens_and_a_price(
    vendor: str, kind: type[OpenAIServer], tmp_path: Path
) -> None:
    async with kind(Reply(total_tokens=1_007)) as server:
        events = await answer(assistant(vendor, server), question(tmp_path))
        request = server.requests[0]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hello", " world"]
    usage = one(events, UsageReport)
    assert (usage.model, usage.tokens_used) == (MODELS[vendor], 1_007)
    assert usage.cost_microusd is not None
    assert usage.cost_microusd > 1_000
    assert KEY in str(request.headers)


@VENDORS
async def test_tools_work_on_its_wire(
    vendor: str, kind: type[OpenAIServer], tmp_path: Path
) -> None:
    async with kind(*run("echo on its wire")) as server:
        events = await answer(assistant(vendor, server), question(tmp_path, person=Person()))
        sent_back = str(server.requests[1].body)
    assert one(events, CommandFinished).output == "on its wire\n"
    assert "on its wire" in sent_back
    assert text_of(events) == "I look. \n\nDone."


@VENDORS
@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AssistantSetupError), (404, AssistantSetupError), (429, AssistantBusyError),
     (500, AssistantBusyError), (529, AssistantBusyError)],
)  # fmt: skip
async def test_its_errors_are_ours_and_hold_no_key(
    vendor: str, kind: type[OpenAIServer], status: int, error: type[AssistantError], tmp_path: Path
) -> None:
    body = b'{"type":"error","error":{"type":"x","message":"bad key-of-the-vendor-123",'
    body += b'"code":%d,"status":"X"}}' % status
    async with kind(Reply(status=status, raw_body=body)) as server:
        with pytest.raises(AssistantError) as caught:
            await answer(assistant(vendor, server), question(tmp_path))
    assert type(caught.value) in {error, AssistantQuotaError}
    assert KEY not in str(caught.value)


@VENDORS
async def test_a_stream_that_breaks_off_says_so(
    vendor: str, kind: type[OpenAIServer], tmp_path: Path
) -> None:
    async with kind(Reply(chunks=("one ", "two "), cut_after=2)) as server:
        with pytest.raises(AssistantBusyError, match="broke off"):
            await answer(assistant(vendor, server), question(tmp_path))


@VENDORS
async def test_an_answer_without_its_end_says_so(
    vendor: str, kind: type[OpenAIServer], tmp_path: Path
) -> None:
    async with kind(Reply(finish_reason=None)) as server:
        with pytest.raises(AssistantBusyError, match="broke off"):
            await answer(assistant(vendor, server), question(tmp_path))


@VENDORS
@pytest.mark.parametrize(
    "reply", [Reply(chunks=("x", "y"), stall_after=1), Reply(header_delay_s=3600)]
)
async def test_cancelling_hangs_up(
    vendor: str, kind: type[OpenAIServer], reply: Reply, tmp_path: Path
) -> None:
    async with kind(reply) as server:
        asked = assistant(vendor, server)

        async def follow() -> None:
            async with aclosing(asked.answer(question(tmp_path))) as events:
                async for _event in events:
                    pass

        task = asyncio.ensure_future(follow())
        await server.wait_for_requests(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.wait_for_gone()
