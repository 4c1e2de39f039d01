"""A proxy on loopback that is as bad as a network can be; what it does changes at run time.

It passes bytes between a client and a server and knows nothing of HTTP. It runs in a thread with
a loop of its own, so that a test that blocks does not stop it.

    proxy.faults = Faults(delay_up_s=0.1)      slow
    proxy.faults = Faults(cut_down_after=100)  cut off in the middle of the answer
    proxy.faults = Faults(stall_down=True)     the request got through; silence
    proxy.faults = Faults(swallow=True)        the request got through; hung up without an answer
    proxy.faults = Faults(repeat=True)         the request arrives twice

Limits in bytes count from the moment the faults were set, per connection.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Self

import msgspec

HOST = "127.0.0.1"
CHUNK_BYTES = 16 * 1024
REPEAT_S = 2.0
"""How long the server may take to answer what it hears a second time."""


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong; `up` is towards the server, `down` towards the client."""

    delay_up_s: float = 0.0
    delay_down_s: float = 0.0
    cut_up_after: int | None = None
    """Both ends are reset once that many bytes passed."""
    cut_down_after: int | None = None
    stall_up: bool = False
    """Bytes are read and kept."""
    stall_down: bool = False
    corrupt_down_at: int | None = None
    """The byte at that place of the answer is inverted."""
    refuse: bool = False
    """Nothing listens: connections are refused, open ones are reset."""
    swallow: bool = False
    """The server gets the request; once it answers, the client's connection is closed."""
    repeat: bool = False
    """Once the client has closed its connection, all that it sent reaches the server again."""


class _ResetError(Exception):
    """The connection ends here."""


class Proxy:
    """Stands before one server; use as `with Proxy(port) as proxy`."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._faults = Faults()
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        self.accepted = 0
        """Connections so far."""
        self.up_bytes = self.down_bytes = 0
        """What came from clients and from the server so far."""

    @property
    def port(self) -> int:
        """The port it listens on; it stays the same."""
        return self._port

    @property
    def url(self) -> str:
        """What a client is configured with."""
        return f"http://{HOST}:{self._port}"

    @property
    def open_connections(self) -> int:
        """Connections that neither end has closed."""
        return len(self._open)

    @property
    def faults(self) -> Faults:
        """What goes wrong just now."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._call(self._switch(faults))

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_error: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._reset_all()

    async def _switch(self, faults: Faults) -> None:
        self._faults = faults
        for connection in self._open:
            connection.faults_changed()
        if faults.refuse:
            await self._close()
        elif self._server is None:
            await self._listen()

    async def _reset_all(self) -> None:
        tasks = [connection.task for connection in self._open]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        connection = _Connection(self)
        self._open.add(connection)
        try:
            await connection.run(reader, writer, self._server_port)
        except (OSError, _ResetError, asyncio.CancelledError):
            _reset(writer)
        finally:
            self._open.discard(connection)


class _Connection:
    """One connection: two pumps, which end together."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self._up = self._down = 0
        self._sent = bytearray()
        """What the client sent while `repeat` was on."""
        self._changed = asyncio.Event()

    def faults_changed(self) -> None:
        """Count from here, and look again whether bytes are to be held back."""
        self._up = self._down = 0
        self._changed.set()
        self._changed = asyncio.Event()

    async def run(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        server_reader, server_writer = await asyncio.open_connection(HOST, port)
        pumps = [
            asyncio.create_task(self._pump_up(reader, server_writer)),
            asyncio.create_task(self._pump_down(server_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            outcomes = await asyncio.gather(*pumps, return_exceptions=True)
            server_writer.close()
        if self._sent and self._proxy.faults.repeat:
            await _send_again(port, bytes(self._sent))
        if any(isinstance(outcome, _ResetError) for outcome in outcomes):
            raise _ResetError
        writer.close()

    async def _pump_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            faults = self._proxy.faults
            self._proxy.up_bytes += len(data)
            if faults.repeat:
                self._sent += data
            await asyncio.sleep(faults.delay_up_s)
            await self._stalled(lambda: self._proxy.faults.stall_up)
            cut = _cut(data, self._up, faults.cut_up_after)
            self._up += len(data)
            await _write(writer, cut, reset=len(cut) < len(data))

    async def _pump_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            faults = self._proxy.faults
            self._proxy.down_bytes += len(data)
            if faults.swallow:
                raise _ResetError
            await asyncio.sleep(faults.delay_down_s)
            await self._stalled(lambda: self._proxy.faults.stall_down)
            cut = _cut(data, self._down, faults.cut_down_after)
            cut = _corrupt(cut, self._down, faults.corrupt_down_at)
            self._down += len(data)
            await _write(writer, cut, reset=len(cut) < len(data))

    async def _stalled(self, stall: Callable[[], bool]) -> None:
        while stall():
            await self._changed.wait()
            if self._proxy.faults.refuse:
                raise _ResetError  # what was held is lost with the connection


async def _send_again(port: int, data: bytes) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(data)
    await writer.drain()
    with contextlib.suppress(TimeoutError):
        # What it answers concerns nobody; it must have read all of it.
        await asyncio.wait_for(reader.read(CHUNK_BYTES), REPEAT_S)
    writer.close()


async def _write(writer: asyncio.StreamWriter, data: bytes, *, reset: bool) -> None:
    writer.write(data)
    await writer.drain()
    if reset:
        raise _ResetError


def _cut(data: bytes, passed: int, after: int | None) -> bytes:
    return data if after is None else data[: max(0, after - passed)]


def _corrupt(data: bytes, passed: int, at: int | None) -> bytes:
    if at is None or not passed <= at < passed + len(data):
        return data
    place = at - passed
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a crashed machine would: with a reset, not in order."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


@contextlib.contextmanager
def refused_port() -> Iterator[int]:
    """Hold a port on which nothing listens, so that nobody else takes it."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]
