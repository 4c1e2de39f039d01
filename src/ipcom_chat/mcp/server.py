"""The server: answers another program's requests until its input ends or a signal comes.

Invariants:
- Whatever goes wrong with a request is told in one line, as the protocol's error; a fault goes to
  the log, never to the other side.
- The replica is used by the one storage thread alone, so no request holds up the protocol.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)

from ipcom_chat import __version__
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError, NotFoundError, StorageError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.mcp import resources
from ipcom_chat.mcp.tools import INSTRUCTIONS, TOOLS, Team, schema
from ipcom_chat.mcp.wire import Wire
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread

ERROR_CHARS: Final = 1_000
INDEXED_AT_END: Final = 500
"""So many changes the index takes in when the server ends."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOG = logging.getLogger(__name__)
_TOOLS: Final = {tool.name: tool for tool in TOOLS}


def run_server(runtime: Runtime, *, with_private: bool) -> None:
    """Serve until the input ends or a signal comes. The caller closes the runtime.

    Args:
        runtime: open.
        with_private: whether entries that never leave this replica are handed out, too.

    Raises:
        UsageError, UserError: the settings name a user who cannot write.
        StorageError: the replica cannot be written.
    """
    memory, origin = runtime.open_memory(with_private=with_private), runtime.origin()
    sync = runtime.open_sync(lambda _status: None)
    solutions = runtime.open_solutions(sync.nudge if sync else lambda: None)
    storage = StorageThread()
    try:
        if sync is not None:
            sync.start()
        asyncio.run(_serve(Team(memory, solutions, origin), storage))
    finally:
        storage.close()
        if sync is not None:
            sync.stop()
        with suppress(StorageError):  # the next one takes it in
            runtime.index(limit=INDEXED_AT_END)


async def _serve(team: Team, storage: StorageThread) -> None:
    wire: Any = Wire()
    stopped = asyncio.Event()
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    serving = asyncio.create_task(_talk(wire, Answers(team, storage)))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if serving.done():
        await serving
    else:
        serving.cancel()
        # What the library's tasks meet when they are stopped in the middle is no fault.
        await asyncio.gather(serving, return_exceptions=True)


async def _talk(wire: Any, answers: "Answers") -> None:
    server = answers.server()
    async with stdio_server(wire, wire) as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


class Answers:
    """Answers the requests of one connection."""

    def __init__(self, team: Team, storage: StorageThread) -> None:
        self._team = team
        self._storage = storage

    def server(self) -> "Server[Any]":
        """Return the protocol with these answers."""
        return Server(
            "ipcom-chat",
            title="ipcom-chat",
            version=__version__,
            instructions=INSTRUCTIONS,
            on_list_tools=_list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=_list_resources,
            on_list_resource_templates=_list_templates,
            on_read_resource=self._read,
        )

    async def _call_tool(self, _context: Any, asked: CallToolRequestParams) -> CallToolResult:
        try:
            text = await self._safely(lambda: self._run(asked.name, asked.arguments or {}))
        except IpcomChatError as error:
            return _result(_told(error), is_error=True)
        return _result(text)

    def _run(self, name: str, arguments: dict[str, Any]) -> str:
        if name not in _TOOLS:
            raise UsageError(
                _("There is no tool {name!r}; there are: {tools}", name=name,
                  tools=", ".join(_TOOLS))
            )  # fmt: skip
        return _TOOLS[name].run(self._team, arguments)

    async def _read(self, _context: Any, asked: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(asked.uri)
        try:
            text = await self._safely(lambda: resources.read(self._team.memory, uri))
        except IpcomChatError as error:
            is_wrong = isinstance(error, NotFoundError | UsageError)
            code = INVALID_PARAMS if is_wrong else INTERNAL_ERROR
            raise MCPError(code, _told(error)) from error
        contents = TextResourceContents(uri=asked.uri, text=text, mime_type=resources.MIME_TYPE)
        return ReadResourceResult(contents=[contents])

    async def _safely(self, call: Callable[[], str]) -> str:
        """Return what a call in the storage thread returns.

        Raises:
            IpcomChatError: it failed; a fault, too, is one now.
        """
        try:
            return await self._storage.run(call)
        except IpcomChatError:
            raise
        except Exception as fault:
            _LOG.exception("a request met a fault")
            raise IpcomChatError(
                _("ipcom-chat met an unexpected fault ({kind}); its log has the details.",
                  kind=type(fault).__name__)
            ) from fault  # fmt: skip


async def _list_tools(_context: Any, _asked: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(
        tools=[
            Tool(
                name=tool.name,
                title=tool.title,
                description=tool.description,
                input_schema=schema(tool.arguments),
                annotations=ToolAnnotations(
                    read_only_hint=tool.is_read_only, destructive_hint=False, open_world_hint=False
                ),
            )
            for tool in TOOLS
        ]
    )


async def _list_resources(
    _context: Any, _asked: PaginatedRequestParams | None
) -> ListResourcesResult:
    return ListResourcesResult(
        resources=[
            Resource(
                uri=place.uri, name=place.name, description=place.description,
                mime_type=resources.MIME_TYPE,
            )
            for place in resources.PLACES if not place.is_template
        ]
    )  # fmt: skip


async def _list_templates(
    _context: Any, _asked: PaginatedRequestParams | None
) -> ListResourceTemplatesResult:
    return ListResourceTemplatesResult(
        resource_templates=[
            ResourceTemplate(
                uri_template=place.uri, name=place.name, description=place.description,
                mime_type=resources.MIME_TYPE,
            )
            for place in resources.PLACES if place.is_template
        ]
    )  # fmt: skip


def _result(text: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=is_error)


def _told(error: IpcomChatError) -> str:
    return one_line(str(error))[:ERROR_CHARS]
