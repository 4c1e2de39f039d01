"""A conversation with one MCP server, over the pipes of a process or over HTTP.

Nothing is offered to a server: no folder of this machine, no model to ask, no question to the
user. Imported late: the library takes a second.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, NamedTuple

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, Implementation, PaginatedRequestParams, Tool

from ipcom_chat import __version__
from ipcom_chat.assistant.endpoint import COMPATIBLE, Endpoint
from ipcom_chat.assistant.mcp_config import HttpServer, Server
from ipcom_chat.assistant.mcp_process import process_streams

CALL_S: Final = 300.0
"""So long a server may be silent while it works."""
_CONNECT_S: Final = 10.0
_PAGES: Final = 64


class Link(NamedTuple):
    """An open conversation."""

    session: ClientSession
    gone: asyncio.Event
    """Set when the other side says no more; over HTTP it is noticed by the next call."""
    is_remote: bool


class _Session(ClientSession):
    """A session that takes results as they are."""

    async def validate_tool_result(self, name: str, result: CallToolResult) -> None:
        """See `ClientSession`; a schema of another's making decides nothing here.

        It may name addresses, which to check it would be fetched.
        """


@asynccontextmanager
async def open_link(server: Server) -> AsyncIterator[Link]:
    """Give a conversation that has begun; it ends with the context.

    Raises:
        AssistantSetupError: the server cannot be started.
    """
    gone = asyncio.Event()
    async with (
        _streams(server, gone) as (inbox, outbox),
        _Session(
            inbox,
            outbox,
            read_timeout_seconds=CALL_S,
            client_info=Implementation(name="ipcom-chat", version=__version__),
        ) as session,
    ):
        await session.initialize()
        yield Link(session, gone, isinstance(server, HttpServer))


async def list_tools(link: Link, *, limit: int) -> list[Tool]:
    """Return the tools of a server, a few more than `limit` at most."""
    tools: list[Tool] = []
    cursor: str | None = None
    for _page in range(_PAGES):
        page = await link.session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) > limit:
            break
    return tools


def _streams(server: Server, gone: asyncio.Event) -> AbstractAsyncContextManager[Any]:
    if isinstance(server, HttpServer):
        return _http_streams(server)
    return process_streams(server, gone)


@asynccontextmanager
async def _http_streams(server: HttpServer) -> AsyncIterator[Any]:
    # A server of this machine is asked directly, whatever proxy the environment names.
    is_here = Endpoint.parse(COMPATIBLE, server.url).is_loopback
    async with (
        httpx2.AsyncClient(
            headers=server.headers,
            timeout=httpx2.Timeout(_CONNECT_S, read=CALL_S),
            trust_env=not is_here,
        ) as client,
        streamable_http_client(server.url, http_client=client) as streams,
    ):
        yield streams
