"""The verbs of the program; each file of a verb is read only when the verb is used."""

from collections.abc import Sequence
from importlib import import_module

import click

from ipcom_chat.cli.base import Formatter, Noun, session_ids, usernames
from ipcom_chat.i18n import _

VERBS = {
    "ask": "ask:ask",
    "cancel": "ask:cancel",
    "retry": "ask:retry",
    "history": "history:history",
    "sessions": "sessions:sessions",
    "suggest": "suggest:suggest",
    "redact": "redact:redact",
    "user": "user:user",
    "machine": "machine:machine",
    "sync": "sync:sync",
    "server": "server:server",
    "monitor": "monitor:monitor",
    "web": "web:web",
    "mcp": "mcp:mcp",
    "backup": "backup:backup",
    "maintenance": "maintenance:maintenance",
    "config": "config:config",
    "setup": "setup:setup",
    "doctor": "doctor:doctor",
    "completion": "completion:completion",
    "uninstall": "uninstall:uninstall",
}
"""Where each verb lies: file of this package, name in it."""


class LazyGroup(Noun):
    """The root: it knows its verbs by name and loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See `click.Group`."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See `click.Group`."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module, name = VERBS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"ipcom_chat.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See `click.Group`; no file of a verb is read for it."""
        del ctx
        assert isinstance(formatter, Formatter)  # noqa: S101 - our contexts make no other
        with formatter.section("Commands"):
            formatter.write_dl(list(_summaries().items()))

    def advice(self, known: Sequence[str]) -> str:
        """See `Noun`."""
        del known
        return _(" To ask a question, put it in quotes or write it after 'ipcom-chat ask'.")


def root() -> LazyGroup:
    """Return the root command, its texts in the language of the screen."""
    return LazyGroup(
        name="ipcom-chat",
        context_settings={"help_option_names": ["--help", "-h"]},
        help=_(
            "A terminal assistant whose history is the team's shared memory. Without a verb it "
            'opens the chat; "a question in quotes" or piped input is answered once.'
        ),
        params=_flags(),
    )


def _flags() -> list[click.Parameter]:
    """Return the flags as the help page shows them; `argv` has taken them out before."""
    return [
        click.Option(["--user"], metavar=_("USERNAME"), shell_complete=usernames,
                     help=_("Who you are; alone, it also means this user's history.")),
        click.Option(["--global"], is_flag=True, help=_("The history shared by all (default).")),
        click.Option(["--local"], is_flag=True, help=_("The history of this machine.")),
        click.Option(["--hybrid"], is_flag=True, help=_("All three histories.")),
        click.Option(["--mode"], metavar=_("MODE"), help=_("global, user, local or hybrid.")),
        click.Option(["--private"], is_flag=True, help=_("New entries stay on this machine.")),
        click.Option(["--continue", "-c"], is_flag=True,
                     help=_("Go on with the newest session; also with a question.")),
        click.Option(["--resume"], metavar=_("[ID]"), shell_complete=session_ids,
                     help=_("Go on with this session; without an id choose one.")),
        click.Option(["--plain"], is_flag=True,
                     help=_("The chat line by line, for screen readers and slow lines.")),
        click.Option(["--debug"], is_flag=True, help=_("Write details to the log.")),
        click.Option(["--version"], is_flag=True, help=_("Show the version.")),
    ]  # fmt: skip


def _summaries() -> dict[str, str]:
    return {
        "ask": _("Answer one question on stdout."),
        "cancel": _("Cancel a request that runs elsewhere."),
        "retry": _("Ask again what got no answer."),
        "history": _("Search, list, show, count, import and export entries."),
        "sessions": _("List, show, rename, fork, export and delete conversations."),
        "suggest": _("Suggest what worked before, and what comes next."),
        "redact": _("Take secrets out of what comes in on stdin."),
        "user": _("Create, change and show users."),
        "machine": _("Register this machine, show machines."),
        "sync": _("Carry the history to and from the primary."),
        "server": _("Set up and check the primary, the database all machines share."),
        "monitor": _("Show how it works: health, latencies, requests, machines, people."),
        "web": _("Show the dashboard in a browser."),
        "mcp": _("Serve the team's memory to other assistants (MCP, on stdin and stdout)."),
        "backup": _("Back up this machine's history or the primary, and restore them."),
        "maintenance": _("Delete and drop what is old, compact files, check them."),
        "config": _("Show and change settings."),
        "setup": _("Set up AI, primary, user, imports and completion."),
        "doctor": _("Check everything that ipcom-chat needs."),
        "completion": _("Print the completion script of a shell."),
        "uninstall": _("Take away what this program has made, except the history."),
    }
