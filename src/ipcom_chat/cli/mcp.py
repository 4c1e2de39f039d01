"""`mcp`: serves the team's memory to other programs on stdin and stdout."""

import sys

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import Verb
from ipcom_chat.cli.context import CliContext
from ipcom_chat.errors import AssistantSetupError, UsageError
from ipcom_chat.i18n import _


@click.command(
    "mcp",
    cls=Verb,
    help=_(
        "Serve the team's memory to other assistants: Claude Code, Gemini CLI and whatever speaks "
        "the Model Context Protocol on stdin and stdout. They start it themselves; docs/mcp.md "
        "says how to tell them."
    ),
)
@click.option("--with-private", is_flag=True, help=_("Hand out private entries, too."))
@click.pass_obj
def mcp(context: CliContext, *, with_private: bool) -> int:
    """Serve until the input ends."""
    if output.is_terminal(sys.stdin):
        raise UsageError(
            _("'ipcom-chat mcp' is started by another program, which speaks to it through pipes; "
              "see docs/mcp.md.")
        )  # fmt: skip
    context.open_log()
    try:
        from ipcom_chat.mcp.server import run_server  # noqa: PLC0415 - a second to import
    except ModuleNotFoundError as error:
        raise AssistantSetupError(
            _("MCP needs a package that is not installed: pip install 'ipcom-chat[ai]'")
        ) from error
    run_server(context.runtime, with_private=with_private)
    return output.ExitCode.OK
