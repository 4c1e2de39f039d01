"""An MCP server as a process of this machine: its pipes as streams of messages, and its end.

Invariants: whatever way the streams are left, cancelled twice included, nothing of the process's
group is left; it sees none of this program's terminal and secrets; a line without an end does not
fill the memory.

Source: MCP, transports, stdio; MCP, lifecycle, shutdown.
"""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from ipcom_chat.assistant.commands import environment_without_secrets, find_program
from ipcom_chat.assistant.mcp_config import StdioServer
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of

LINE_MAX_BYTES: Final = 4_000_000
GRACE_S: Final = 1.0
"""So long a process may take to end by itself, and once more after SIGTERM."""

Inbox = MemoryObjectReceiveStream[SessionMessage | Exception]
Outbox = MemoryObjectSendStream[SessionMessage]


@asynccontextmanager
async def process_streams(
    server: StdioServer, gone: asyncio.Event
) -> AsyncIterator[tuple[Inbox, Outbox]]:
    """Start a server and give its streams; the process ends with them.

    Args:
        server: what is started.
        gone: set when the process says no more.

    Raises:
        AssistantSetupError: it cannot be started.
    """
    process = await _started(server)
    told, inbox = anyio.create_memory_object_stream[SessionMessage | Exception]()
    outbox, asked = anyio.create_memory_object_stream[SessionMessage]()
    try:
        async with anyio.create_task_group() as tasks, told, inbox, outbox, asked:
            tasks.start_soon(_read, process, told, gone)
            tasks.start_soon(_write, process, asked)
            yield inbox, outbox
            tasks.cancel_scope.cancel()
    finally:
        await _end(process)


async def _started(server: StdioServer) -> Process:
    program = find_program(server.command)
    if program is None:
        raise AssistantSetupError(_("there is no program {name}", name=server.command))
    try:
        return await asyncio.create_subprocess_exec(
            program,
            *server.args,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment_without_secrets() | server.env,
            cwd=server.cwd or Path.home(),
            start_new_session=True,
            limit=LINE_MAX_BYTES,
        )
    except (OSError, ValueError) as error:
        raise AssistantSetupError(
            _("{name} cannot be started: {reason}", name=server.command, reason=reason_of(error))
        ) from error


async def _read(
    process: Process,
    told: MemoryObjectSendStream[SessionMessage | Exception],
    gone: asyncio.Event,
) -> None:
    assert process.stdout is not None  # noqa: S101 - a pipe, see `_started`
    try:
        # ValueError: a line that is too long.
        with suppress(ValueError, OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            while line := await process.stdout.readline():
                if message := _message(line):
                    await told.send(message)
    finally:
        gone.set()
        told.close()


def _message(line: bytes) -> SessionMessage | None:
    """Return the message of a line; whatever else a server prints is passed over."""
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None


async def _write(process: Process, asked: MemoryObjectReceiveStream[SessionMessage]) -> None:
    assert process.stdin is not None  # noqa: S101 - a pipe, see `_started`
    # That nobody reads is noticed where nothing is said any more.
    with suppress(OSError, anyio.ClosedResourceError):
        async for message in asked:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(f"{text}\n".encode("utf-8", "replace"))
            await process.stdin.drain()


async def _end(process: Process) -> None:
    """Let a process end by itself, tell it to, and end what is left of its group."""
    assert process.stdin is not None  # noqa: S101 - a pipe, see `_started`
    try:
        process.stdin.close()
        if not await _ends(process):
            _signal(process, signal.SIGTERM)
            await _ends(process)
    finally:
        _signal(process, signal.SIGKILL)
    await _ends(process)


async def _ends(process: Process) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), GRACE_S)
    return process.returncode is not None


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
