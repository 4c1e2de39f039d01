"""The tools of one MCP server as an agent's toolset; every call passes a gate.

Invariant: whatever a server does, a call ends with a text for the model: a result, or a failure
that lets it go on. Only a cancellation passes.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp_types import CONNECTION_CLOSED
from pydantic_ai import RunContext, ToolDefinition
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from ipcom_chat.assistant.mcp_texts import Offered, as_data, result_text
from ipcom_chat.i18n import _

if TYPE_CHECKING:
    from ipcom_chat.assistant.mcp_session import Link

Gate = Callable[[str, dict[str, Any], Callable[[], Awaitable[Any]]], Awaitable[Any]]
"""Decides on a call: gets `mcp:SERVER/TOOL`, the arguments, and what makes the call."""

_LOG = logging.getLogger(__name__)
# The server checks its arguments itself; here they have to be an object.
_ARGUMENTS = SchemaValidator(
    core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())
)


class GatedToolset(AbstractToolset[Any]):
    """The tools of one server.

    Args:
        server: its name.
        link: how it is asked.
        tools: what it offers.
        gate: decides on each call; what it returns is the result.
    """

    def __init__(self, server: str, link: "Link", tools: Sequence[Offered], gate: Gate) -> None:
        self._server = server
        self._link = link
        self._tools = {tool.name: tool for tool in tools}
        self._gate = gate

    @property
    def id(self) -> str:
        """See `AbstractToolset`."""
        return f"mcp-{self._server}"

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        """See `AbstractToolset`."""
        return {
            name: ToolsetTool(
                toolset=self,
                tool_def=ToolDefinition(
                    name=name,
                    description=tool.description,
                    parameters_json_schema=tool.schema,
                ),
                max_retries=ctx.max_retries,
                args_validator=_ARGUMENTS,
            )
            for name, tool in self._tools.items()
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        """See `AbstractToolset`; the gate decides."""
        del ctx, tool
        original = self._tools[name].original

        async def call() -> str:
            return await self._called(original, tool_args)

        return await self._gate(f"mcp:{self._server}/{original}", tool_args, call)

    async def _called(self, tool: str, arguments: dict[str, Any]) -> str:
        """Return what a tool gives back.

        Raises:
            ToolFailed: it failed; the model is told and goes on.
        """
        try:
            result = await self._link.session.call_tool(tool, arguments)
        except MCPError as error:
            if self._link.is_remote and error.code == CONNECTION_CLOSED:
                self._link.gone.set()  # the library gives such a conversation up for good
            raise ToolFailed(as_data(self._server, tool, error.message)) from error
        except Exception as fault:
            _LOG.warning("an MCP server failed in a call: %s", type(fault).__name__)
            raise ToolFailed(
                _("The MCP server {name} does not answer any more.", name=self._server)
            ) from fault
        text = result_text(self._server, tool, result)
        if result.is_error:
            raise ToolFailed(text)
        return text
