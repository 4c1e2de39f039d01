"""A scripted OpenAI-compatible server on loopback: real HTTP/1.1, real sockets, no model.

In a test it is an asynchronous context manager; what it answers is scripted by `Reply`, or, when
no script is left, steered by words in the last message of the user:

    SLOWHEAD   no header ever                STALL     three chunks, then silence
    ERR500     HTTP 500                      ERR429    HTTP 429 with Retry-After: 0
    ERR401     HTTP 401, echoing the key     ERR404    HTTP 404, model not found
    CUT        three chunks, then the connection is dropped
    NOFINISH   the stream ends in order, without a finish_reason
    RUN: x     asks to run the line x, then tells what came of it
    BADJSON    a stream that is not JSON     LONG      15 KB of Markdown at 60 chunks a second

For tests that drive the whole program it runs alone: `python -m tests.support.openai_server
--port 0` writes its port to standard output; `GET /_log` shows what it has seen.

Source: OpenAI API reference (chat completions, streaming), RFC 9112 (HTTP/1.1).
"""

import argparse
import asyncio
import contextlib
import re
import sys
import time
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import msgspec

HOST = "127.0.0.1"
LONG_CHUNK_CHARS = 16
LONG_CHUNKS_PER_S = 60
NEVER_S = 3600.0
_RUN = re.compile(r"RUN: (.*)")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the model asks for."""

    name: str
    arguments: dict[str, Any] = {}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What one request is answered with."""

    chunks: tuple[str, ...] = ("Hello", " world")
    chunk_delay_s: float = 0.0
    header_delay_s: float = 0.0
    stall_after: int | None = None
    """Silence after that many chunks, until the client goes away."""
    cut_after: int | None = None
    """The connection is dropped after that many chunks."""
    finish_reason: str | None = "stop"
    total_tokens: int | None = 18
    status: int = 200
    headers: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    """Tools that the model asks for after its text."""
    raw_body: bytes | None = None
    """Sent as it is, instead of chunks: an error body or nonsense."""
    content_type: str = "application/json"


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A request that arrived."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    """Names in lower case."""
    at_s: float
    """Monotonic time."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of a chat completion."""
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def last_text(self) -> str:
        """The text of the last message, whichever form its content has."""
        content = self.messages[-1]["content"] or ""
        return content if isinstance(content, str) else "".join(p["text"] for p in content)

    @property
    def asked(self) -> str:
        """The text of the last message of the user."""
        said = [each for each in self.messages if each["role"] == "user"]
        content = said[-1]["content"] if said else ""
        return content if isinstance(content, str) else "".join(p.get("text", "") for p in content)

    @property
    def tool_names(self) -> list[str]:
        """The tools that the model is offered."""
        return [each["function"]["name"] for each in self.body.get("tools", ())]

    @property
    def tool_results(self) -> list[str]:
        """What the tools returned so far."""
        return [str(each["content"]) for each in self.messages if each["role"] == "tool"]


class OpenAIServer:
    """Serves scripted replies; use as `async with OpenAIServer(Reply(...)) as server`."""

    def __init__(self, *replies: Reply, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.gone_at_s: list[float] = []
        """When a client went away before its answer was complete; monotonic time."""
        self._script = list(replies)
        self._port = port
        self._changed = asyncio.Condition()
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://{HOST}:{self._port}/v1"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def serve_forever(self) -> None:
        """Serve until the task is cancelled."""
        await self._server.serve_forever()

    async def wait_for_requests(self, count: int, *, limit_s: float = 10.0) -> None:
        """Return once that many requests have arrived."""
        await self._wait(lambda: len(self.requests) >= count, limit_s)

    async def wait_for_gone(self, count: int = 1, *, limit_s: float = 10.0) -> None:
        """Return once that many clients have gone away in the middle of an answer."""
        await self._wait(lambda: len(self.gone_at_s) >= count, limit_s)

    async def _wait(self, done: Any, limit_s: float) -> None:
        async with asyncio.timeout(limit_s), self._changed:
            await self._changed.wait_for(done)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        received = await _read_request(reader)
        if received.path == "/_log":
            await _send_log(writer, self)
            return True
        self.requests.append(received)
        await self._notify()
        reply = self._script.pop(0) if self._script else self.unscripted(received)
        return await self._answer(reader, writer, reply, received)

    def unscripted(self, received: Received) -> Reply:
        """Return the answer to a request for which no script is left."""
        return steered(received.last_text, received)

    def stream(self, reply: Reply, received: Received) -> AsyncIterator[bytes]:
        """Return the events of a reply as this vendor writes them."""
        return _stream(reply)

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        reply: Reply,
        received: Received,
    ) -> bool:
        """Answer while watching for the client's end of the connection, whichever comes first."""
        answering = asyncio.create_task(_write_reply(writer, reply, self.stream(reply, received)))
        watching = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done() and answering.exception() is None:
                return answering.result()
            self.gone_at_s.append(time.monotonic())
            await self._notify()
            return False
        finally:
            answering.cancel()
            watching.cancel()
            await asyncio.gather(answering, watching, return_exceptions=True)


def steered(prompt: str, received: Received) -> Reply:
    """Return the reply that a word in the prompt asks for."""
    if (line := _RUN.search(received.asked)) is not None:
        return _running(line[1], received)
    replies = {
        "SLOWHEAD": Reply(header_delay_s=NEVER_S),
        "STALL": Reply(chunks=("one ", "two ", "three "), stall_after=3),
        "ERR500": error_reply(500, "the model crashed"),
        "ERR429": error_reply(429, "slow down", "retry-after: 0"),
        "ERR401": error_reply(401, f"bad key {received.headers.get('authorization', '')}"),
        "ERR404": error_reply(404, "the model does not exist"),
        "CUT": Reply(chunks=("one ", "two ", "three "), cut_after=3),
        "NOFINISH": Reply(finish_reason=None),
        "BADJSON": Reply(raw_body=b"data: {oops\n\n", content_type="text/event-stream"),
        "LONG": Reply(chunks=_pieces(long_markdown()), chunk_delay_s=1 / LONG_CHUNKS_PER_S),
    }
    return next((reply for word, reply in replies.items() if word in prompt), Reply())


def _running(line: str, received: Received) -> Reply:
    """Ask to run a line, or tell what came of it."""
    if received.tool_results:
        return Reply(chunks=("It said: ", received.tool_results[-1]))
    call = Call(name="run_command", arguments={"command": line})
    return Reply(chunks=("Let me look.",), calls=(call,))


def error_reply(status: int, message: str, *headers: str, code: str | None = None) -> Reply:
    """Return an error in the shape of the OpenAI API."""
    body = {"error": {"message": message, "type": "scripted", "code": code}}
    return Reply(status=status, headers=headers, raw_body=msgspec.json.encode(body))


def long_markdown() -> str:
    """Return about 15 KB of Markdown: headings, lists, tables and code."""
    section = (
        "## Passo {n}: verificar o serviço\n\n"
        "O serviço **nginx** não responde. Veja primeiro o estado e depois o *journal*:\n\n"
        "```bash\nsystemctl status nginx --no-pager\njournalctl -u nginx -n 50 --no-pager\n```\n\n"
        "| porta | processo |\n|---|---|\n| 80 | nginx |\n| 443 | nginx |\n\n"
        "- confirme que a porta está livre\n- confirme o espaço em disco\n\n"
    )
    return "".join(section.format(n=n) for n in range(1, 43))


def _pieces(text: str) -> tuple[str, ...]:
    size = LONG_CHUNK_CHARS
    return tuple(text[start : start + size] for start in range(0, len(text), size))


async def _read_request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in head[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(
        path=head[0].split()[1],
        body=msgspec.json.decode(body or b"{}"),
        headers=headers,
        at_s=time.monotonic(),
    )


async def _write_reply(
    writer: asyncio.StreamWriter, reply: Reply, stream: AsyncIterator[bytes]
) -> bool:
    """Write one reply; true when the connection can serve another request."""
    await asyncio.sleep(reply.header_delay_s)
    if reply.raw_body is not None:
        await _write_raw(writer, reply, reply.raw_body)
        return True
    head = ["HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked"]
    writer.write("\r\n".join([*head, *reply.headers, "", ""]).encode())
    async for data in stream:
        writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await writer.drain()
    if reply.cut_after is not None:
        return False
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def _write_raw(writer: asyncio.StreamWriter, reply: Reply, body: bytes) -> None:
    head = [
        f"HTTP/1.1 {reply.status} Scripted",
        f"content-type: {reply.content_type}",
        f"content-length: {len(body)}",
        *reply.headers,
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    await writer.drain()


async def _stream(reply: Reply) -> AsyncIterator[bytes]:
    """Yield the server-sent events of a reply, at its pace."""
    yield _event([_choice({"role": "assistant", "content": ""})])
    async for text in paced(reply):
        yield _event([_choice({"content": text})])
    if reply.cut_after is not None:
        return
    for index, call in enumerate(reply.calls):
        for delta in _call_deltas(index, call):
            yield _event([_choice({"tool_calls": [delta]})])
    if reply.finish_reason is not None:
        yield _event([_choice({}, "tool_calls" if reply.calls else reply.finish_reason)])
    if reply.total_tokens is not None:
        yield _event([], reply.total_tokens)
    yield b"data: [DONE]\n\n"


async def paced(reply: Reply) -> AsyncIterator[str]:
    """Yield the text of a reply at its pace, until it stalls or is cut."""
    for count, text in enumerate(reply.chunks, start=1):
        await asyncio.sleep(reply.chunk_delay_s)
        yield text
        if count == reply.stall_after:
            await asyncio.sleep(NEVER_S)
        if count == reply.cut_after:
            return


def _call_deltas(index: int, call: Call) -> list[dict[str, Any]]:
    """Return a call in two pieces, as servers stream them."""
    arguments = msgspec.json.encode(call.arguments).decode()
    half = len(arguments) // 2
    begin = {"name": call.name, "arguments": arguments[:half]}
    return [
        {"index": index, "id": f"call_{index}", "type": "function", "function": begin},
        {"index": index, "function": {"arguments": arguments[half:]}},
    ]


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _event(choices: list[dict[str, Any]], total_tokens: int | None = None) -> bytes:
    chunk: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "scripted",
        "choices": choices,
    }
    if total_tokens is not None:
        completion = min(7, total_tokens)
        chunk["usage"] = {
            "prompt_tokens": total_tokens - completion,
            "completion_tokens": completion,
            "total_tokens": total_tokens,
        }
    return b"data: %s\n\n" % msgspec.json.encode(chunk)


async def _send_log(writer: asyncio.StreamWriter, server: OpenAIServer) -> None:
    seen = {"requests": server.requests, "gone_at_s": server.gone_at_s}
    body = msgspec.json.encode(seen)
    await _write_raw(writer, Reply(), body)


async def _run(port: int) -> None:
    async with OpenAIServer(port=port) as server:
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        await server.serve_forever()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Scripted OpenAI-compatible server on loopback")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
