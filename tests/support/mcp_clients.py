"""Official MCP clients of the real program."""

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

from ipcom_chat.mcp.tools import NOTICE


@asynccontextmanager
async def connected(env: Mapping[str, str], *flags: str) -> AsyncIterator[ClientSession]:
    """Give a session with `ipcom-chat FLAGS`, which ends with it."""
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "ipcom_chat", *flags], env=dict(env)
    )
    async with (
        stdio_client(program) as (reading, writing),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        yield session


async def called(session: ClientSession, name: str, **arguments: Any) -> Any:
    """Return what a tool returns, decoded; with `data` only what the notice is about."""
    result = await session.call_tool(name, arguments)
    assert not result.is_error, text_of(result)
    return unquoted(text_of(result))


async def refused(session: ClientSession, name: str, **arguments: Any) -> str:
    """Return the error of a tool: one line."""
    result = await session.call_tool(name, arguments)
    assert result.is_error
    text = text_of(result)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


def unquoted(text: str) -> Any:
    """Return the data of a result, which must be marked as such if it is quoted."""
    result = msgspec.json.decode(text)
    if "data" not in result:
        return result
    assert list(result) == ["notice", "data"]
    assert result["notice"] == NOTICE
    return result["data"]


def text_of(result: CallToolResult) -> str:
    """Return the one text of a result."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def ids_of(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the texts of entries, in order."""
    return [each["text"] for each in found]
