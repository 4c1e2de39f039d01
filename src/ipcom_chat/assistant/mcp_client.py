"""The MCP servers of one chat: connected when first needed, ended with it.

Each connection lives in a task of its own, from its beginning to its end, so a question that is
cancelled neither breaks one nor waits for one. What cannot be reached is told once, in one line,
and left out; one that ended by itself is connected anew by the next question.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ipcom_chat.assistant.mcp_config import Server
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _, n_

if TYPE_CHECKING:
    from mcp_types import Tool
    from pydantic_ai.toolsets import AbstractToolset

    from ipcom_chat.assistant.mcp_session import Link
    from ipcom_chat.assistant.mcp_toolset import GateOf

CONNECT_S: Final = 10.0
TOOLS_MAX: Final = 128
_END_S: Final = 5.0
_PROBLEM_CHARS: Final = 300
_LOG = logging.getLogger(__name__)


class McpServers:
    """The servers of one chat. Close them.

    Args:
        servers: which.
        problems: what is to be told of servers that are not among them.
        gate_of: says which gate decides on a call.
        connect_s: so long one may take until it can be used.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        problems: Sequence[str] = (),
        *,
        gate_of: "GateOf" = lambda toolbox: toolbox.call_foreign,
        connect_s: float = CONNECT_S,
    ) -> None:
        self._servers = servers
        self._gate_of = gate_of
        self._connect_s = connect_s
        self._connections: dict[str, _Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._problems = list(problems)

    async def open(self) -> "tuple[list[AbstractToolset[Any]], list[str]]":
        """Return the tools of all servers that can be used, and what is to be told, once.

        What is not connected yet is connected.
        """
        toolsets = await self._toolsets() if self._servers else []
        told, self._problems = self._problems, []
        return toolsets, told

    async def _toolsets(self) -> "list[AbstractToolset[Any]]":
        # The libraries take more than a second: the screen must not wait for them.
        await asyncio.to_thread(import_module, "ipcom_chat.assistant.mcp_session")
        await asyncio.to_thread(import_module, "ipcom_chat.assistant.mcp_toolset")
        connections = [self._connection(server) for server in self._servers]
        await asyncio.gather(*(each.ready.wait() for each in connections))
        return self._gated(connections)

    async def close(self) -> None:
        """End all connections and the processes behind them."""
        tasks = set(self._tasks)
        for each in self._connections.values():
            each.stop.set()
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=_END_S)
        finally:
            for task in tasks:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connection(self, server: Server) -> "_Connection":
        known = self._connections.get(server.name)
        if known is None or known.has_ended:
            known = _Connection(server, self._connect_s, self._problems_of)
            self._connections[server.name] = known
            self._tasks.add(known.task)
            known.task.add_done_callback(self._tasks.discard)
        return known

    def _problems_of(self, server: str, problem: str) -> None:
        _LOG.warning("the MCP server %s cannot be used as it is", server)
        text = _("MCP server {name}: {problem}", name=server, problem=problem)
        self._problems.append(one_line(text)[:_PROBLEM_CHARS])

    def _gated(self, connections: "Sequence[_Connection]") -> "list[AbstractToolset[Any]]":
        from ipcom_chat.assistant.mcp_texts import offered  # noqa: PLC0415 - its rules are many
        from ipcom_chat.assistant.mcp_toolset import GatedToolset  # noqa: PLC0415 - pydantic-ai

        taken: set[str] = set()
        return [
            GatedToolset(
                each.name, each.link, tuple(offered(each.name, each.tools, taken)), self._gate_of
            )
            for each in connections
            if each.link is not None
        ]


class _Connection:
    """One server: connecting, open, or ended; all in one task.

    Args:
        server: which.
        connect_s: so long it may take.
        tell: called with the name of the server and what is wrong with it.
    """

    def __init__(self, server: Server, connect_s: float, tell: Callable[[str, str], None]) -> None:
        self.name = server.name
        self.link: Link | None = None
        """While it is open."""
        self.tools: list[Tool] = []
        self.ready = asyncio.Event()
        """Set when it is open, or will not be."""
        self.stop = asyncio.Event()
        self._server = server
        self._connect_s = connect_s
        self._tell = tell
        self._was_open = False
        self.task = asyncio.create_task(self._live(), name=f"mcp-{server.name}")

    @property
    def has_ended(self) -> bool:
        """Whether it was open and is not any more; one that never was is not tried again."""
        return self._was_open and (self.link is None or self.link.gone.is_set())

    async def _live(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                await self._open(stack)
                self.ready.set()
                await self._until_end()
                self.link = None
        except Exception as fault:  # noqa: BLE001 - whatever a foreign server makes of it
            if not self._was_open:
                self._tell(self.name, self._why(fault))
        finally:
            self.link = None
            self.ready.set()

    async def _open(self, stack: AsyncExitStack) -> None:
        from ipcom_chat.assistant.mcp_session import list_tools, open_link  # noqa: PLC0415 - slow

        async with asyncio.timeout(self._connect_s):
            link = await stack.enter_async_context(open_link(self._server))
            tools = await list_tools(link, limit=TOOLS_MAX)
        if len(tools) > TOOLS_MAX:
            count = _("it offers more than {count} tools; the rest is left out.", count=TOOLS_MAX)
            self._tell(self.name, count)
        self.tools, self.link, self._was_open = tools[:TOOLS_MAX], link, True

    async def _until_end(self) -> None:
        assert self.link is not None  # noqa: S101 - just opened
        ends = [asyncio.create_task(each.wait()) for each in (self.stop, self.link.gone)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    def _why(self, fault: BaseException) -> str:
        """Return why it cannot be used, without a value that may be a secret."""
        while isinstance(fault, BaseExceptionGroup):
            fault = fault.exceptions[0]
        if isinstance(fault, TimeoutError):
            return n_("it does not answer within one second.",
                      "it does not answer within {count} seconds.",
                      round(self._connect_s))  # fmt: skip
        if isinstance(fault, IpcomChatError):
            return str(fault)
        return _("it cannot be reached ({kind}).", kind=type(fault).__name__)
