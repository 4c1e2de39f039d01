"""Standard input and output as a protocol's own: lines in, lines out, and nothing between them.

Invariants: while it is open, descriptor 0 reads nothing and descriptor 1 is stderr, so no child
and no stray `print` reaches the other side; no thread that waits for the other side keeps the
process from ending.

Source: MCP, transports, stdio: one JSON-RPC message a line.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

LINE_MAX_BYTES: Final = 4_000_000
"""A longer line ends the input: no message of an honest client comes near."""
_CHUNK: Final = 65_536
_AHEAD: Final = 64
"""So many lines are read before the first of them was taken."""


class Wire:
    """The two streams of this process. Open it in the loop that reads it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._ahead = threading.Semaphore(_AHEAD)
        self._in, self._out = os.dup(0), os.dup(1)
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, 0)
        os.close(nowhere)
        os.dup2(2, 1)
        _start(self._read)

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield the lines that come in until the other side ends."""
        while (line := await self._lines.get()) is not None:
            self._ahead.release()
            yield line

    async def write(self, text: str) -> None:
        """Hand on whole lines; returns when the other side has taken them, or has gone."""
        written = self._loop.create_future()
        data = text.encode("utf-8", "replace")
        _start(lambda: self._write(data, written))
        await written

    async def flush(self) -> None:
        """See `io.IOBase`; nothing is held back."""

    def _read(self) -> None:
        rest = b""
        with suppress(OSError):
            while len(rest) <= LINE_MAX_BYTES and (data := os.read(self._in, _CHUNK)):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._ahead.acquire()
                    self._in_loop(self._lines.put_nowait, line.decode("utf-8", "replace"))
        self._in_loop(self._lines.put_nowait, None)

    def _write(self, data: bytes, written: "asyncio.Future[None]") -> None:
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError:  # nobody reads any more
            self._in_loop(self._lines.put_nowait, None)
        self._in_loop(_done, written)

    def _in_loop(self, act: Callable[[T], object], value: T) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(act, value)


def _start(act: Callable[[], None]) -> None:
    # As a daemon, it keeps no process alive that was told to end while the other side is silent.
    threading.Thread(target=act, name="mcp-wire", daemon=True).start()


def _done(written: "asyncio.Future[None]") -> None:
    if not written.done():
        written.set_result(None)
