"""The tools as a model is offered them; what they do is in `tools`.

Importing this module imports pydantic_ai. The docstrings are what the model reads.
"""

from pydantic_ai import RunContext
from pydantic_ai.toolsets import FunctionToolset

from ipcom_chat.assistant.base import RUN_COMMAND
from ipcom_chat.assistant.tools import Toolbox

TOOLS: FunctionToolset[Toolbox] = FunctionToolset()


@TOOLS.tool(name=RUN_COMMAND)
async def _run_command(ctx: RunContext[Toolbox], command: str) -> str:
    """Run one shell command line in the user's folder, after the user has agreed.

    It has no terminal and no input. Long output is cut in the middle.

    Args:
        ctx: the question.
        command: the line for bash.
    """
    return await ctx.deps.run_command(command)


@TOOLS.tool(name="search_history")
async def _search_history(ctx: RunContext[Toolbox], query: str, limit: int = 5) -> str:
    """Search what the team has asked, answered and run before.

    Args:
        ctx: the question.
        query: words of the problem, an error message, or a command.
        limit: how many entries at most, up to 8.
    """
    return await ctx.deps.search_history(query, limit)


@TOOLS.tool(name="read_file")
async def _read_file(ctx: RunContext[Toolbox], path: str) -> str:
    """Read a text file of this machine; known secrets are masked.

    Args:
        ctx: the question.
        path: from the root, or from the user's folder.
    """
    return await ctx.deps.read_file(path)


@TOOLS.tool(name="run_checks")
async def _run_checks(ctx: RunContext[Toolbox], topic: str) -> str:
    """Run the built-in read-only checks of this machine that fit a topic; needs no approval.

    Args:
        ctx: the question.
        topic: what to check, in a few words, such as "disk full" or "nginx does not start".
    """
    return await ctx.deps.run_checks(topic)
