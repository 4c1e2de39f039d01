"""The tools of one MCP server as an agent's toolset; every call passes a gate.

Invariant: whatever a server does, a call ends with a text for the model: a result, or a failure
that lets it go on. Only a cancellation passes, and what the gate raises itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from mcp import MCPError
from mcp_types import CONNECTION_CLOSED
from pydantic_ai import RunContext, ToolDefinition
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from ipcom_chat.assistant.mcp_texts import Offered, as_data, content_text, harmless
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AssistantError
from ipcom_chat.i18n import _

if TYPE_CHECKING:
    from ipcom_chat.assistant.mcp_session import Link

Gate = Callable[[str, dict[str, Any], Callable[[], Awaitable[Any]]], Awaitable[Any]]
"""Decides on a call: gets `mcp:SERVER/TOOL`, the arguments, and what makes the call, which raises
an `AssistantError` if the tool fails; what the gate returns is the result."""

GateOf = Callable[[Any], Gate]
"""Returns the gate of a question from the dependencies of its run."""

FAILURE_CHARS: Final = 2_000

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
        gate_of: says which gate decides.
    """

    def __init__(
        self, server: str, link: "Link", tools: Sequence[Offered], gate_of: GateOf
    ) -> None:
        self._server = server
        self._link = link
        self._tools = {tool.name: tool for tool in tools}
        self._gate_of = gate_of

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
        del tool
        original = self._tools[name].original

        async def call() -> str:
            return await self._called(original, tool_args)

        try:
            return await self._gate_of(ctx.deps)(f"mcp:{self._server}/{original}", tool_args, call)
        except AssistantError as error:
            raise ToolFailed(str(error)) from error

    async def _called(self, tool: str, arguments: dict[str, Any]) -> str:
        """Return what a tool gives back.

        Raises:
            AssistantError: it failed, and why.
        """
        try:
            result = await self._link.session.call_tool(tool, arguments)
        except MCPError as error:
            if self._link.is_remote and error.code == CONNECTION_CLOSED:
                self._link.gone.set()  # the library gives such a conversation up for good
            raise await self._failure(tool, error.message) from error
        except Exception as fault:
            _LOG.warning("an MCP server failed in a call: %s", type(fault).__name__)
            raise AssistantError(
                _("The MCP server {name} does not answer any more.", name=self._server)
            ) from fault
        if result.is_error:
            raise await self._failure(tool, content_text(result))
        # Looking for secrets in a large result takes long enough to be felt at the keyboard.
        return await asyncio.to_thread(as_data, self._server, tool, content_text(result))

    async def _failure(self, tool: str, reason: str) -> AssistantError:
        reason = await asyncio.to_thread(harmless, reason, FAILURE_CHARS)
        return AssistantError(
            _("The MCP server {name} says of {tool}: {reason}", name=self._server,
              tool=one_line(tool), reason=reason)
        )  # fmt: skip
