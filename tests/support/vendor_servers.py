"""Scripted servers that speak as Anthropic and as Google do: real HTTP, no model.

They take the same `Reply` scripts as `openai_server`; what differs is the wire.

Source: Anthropic API reference (Messages, streaming); Gemini API reference
(models.streamGenerateContent with alt=sse).
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from tests.support.openai_server import OpenAIServer, Received, Reply, paced

_STOPS = {"stop": "end_turn", "length": "max_tokens"}
_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS"}


class AnthropicServer(OpenAIServer):
    """Speaks Anthropic's Messages."""

    @property
    def base_url(self) -> str:
        return super().base_url.removesuffix("/v1")

    def unscripted(self, received: Received) -> Reply:
        return Reply()

    def stream(self, reply: Reply, received: Received) -> AsyncIterator[bytes]:
        return _anthropic(reply, received.body["model"])


class GoogleServer(OpenAIServer):
    """Speaks Gemini's generateContent."""

    @property
    def base_url(self) -> str:
        return super().base_url.removesuffix("/v1")

    def unscripted(self, received: Received) -> Reply:
        return Reply()

    def stream(self, reply: Reply, received: Received) -> AsyncIterator[bytes]:
        return _google(reply)


async def _anthropic(reply: Reply, model: str) -> AsyncIterator[bytes]:
    tokens = reply.total_tokens or 0
    yield _named("message_start", message={
        "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": max(tokens - 7, 0), "output_tokens": 0},
    })  # fmt: skip
    yield _named("content_block_start", index=0, content_block={"type": "text", "text": ""})
    async for text in paced(reply):
        delta = {"type": "text_delta", "text": text}
        yield _named("content_block_delta", index=0, delta=delta)
    if reply.cut_after is not None:
        return
    yield _named("content_block_stop", index=0)
    for index, call in enumerate(reply.calls, start=1):
        block = {"type": "tool_use", "id": f"toolu_{index}", "name": call.name, "input": {}}
        yield _named("content_block_start", index=index, content_block=block)
        text = msgspec.json.encode(call.arguments).decode()
        delta = {"type": "input_json_delta", "partial_json": text}
        yield _named("content_block_delta", index=index, delta=delta)
        yield _named("content_block_stop", index=index)
    if reply.finish_reason is None:
        return
    stop = "tool_use" if reply.calls else _STOPS[reply.finish_reason]
    yield _named("message_delta", delta={"stop_reason": stop, "stop_sequence": None},
                 usage={"output_tokens": min(7, tokens)})  # fmt: skip
    yield _named("message_stop")


async def _google(reply: Reply) -> AsyncIterator[bytes]:
    async for text in paced(reply):
        yield _chunk([{"text": text}])
    if reply.cut_after is not None:
        return
    for call in reply.calls:
        yield _chunk([{"functionCall": {"name": call.name, "args": call.arguments}}])
    if reply.finish_reason is not None:
        tokens = reply.total_tokens or 0
        yield _chunk([{"text": ""}], finishReason=_FINISHES[reply.finish_reason], tokens=tokens)


def _named(kind: str, **fields: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (
        kind.encode(), msgspec.json.encode({"type": kind, **fields})
    )  # fmt: skip


def _chunk(parts: list[dict[str, Any]], *, tokens: int | None = None, **fields: Any) -> bytes:
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **fields}
    body: dict[str, Any] = {"candidates": [candidate]}
    if tokens is not None:
        body["usageMetadata"] = {
            "promptTokenCount": max(tokens - 7, 0), "candidatesTokenCount": min(7, tokens),
            "totalTokenCount": tokens,
        }  # fmt: skip
    return b"data: %s\r\n\r\n" % msgspec.json.encode(body)
