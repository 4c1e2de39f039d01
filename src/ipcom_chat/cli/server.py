"""`server`: what an administrator does with the primary.

It needs the settings, not the replica. What brings the network loads inside the verbs.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import DAYS_MAX, Noun, Number, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.server_token import token_commands
from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import duration, instant, megabytes
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.exports import json_text
from ipcom_chat.targets import primary_target

if TYPE_CHECKING:
    from ipcom_chat.libsql.client import Client
    from ipcom_chat.sync.local_server import LocalServer
    from ipcom_chat.sync.server import PrimaryStatus, T

DEV_PORT = 8080
DEV_FOLDER = "dev-primary"
TOKEN_DAYS = 90


@click.group(cls=Noun, help=_("Set up and check the primary, the database all machines share."))
def server() -> None:
    """Group the verbs."""


@server.command(help=_("Prepare an empty database as the primary; nothing else is ever changed."))
@json_option
@click.pass_obj
def init(context: CliContext, *, as_json: bool) -> None:
    """Prepare the primary."""
    from ipcom_chat.sync import server as primary  # noqa: PLC0415 - brings the network

    done = _administer(context, lambda client: primary.init(client, SystemClock()))
    if as_json:
        output.write(f"{json_text(done)}\n")
    elif done.is_new:
        output.line(
            _(
                "The database at {host} is prepared: schema {schema}. Machines with the same "
                "settings share their history from now on.",
                host=done.host,
                schema=done.schema,
            )
        )
    else:
        output.line(
            _(
                "The database at {host} was prepared before: schema {schema}. Nothing was changed.",
                host=done.host,
                schema=done.schema,
            )
        )


@server.command(help=_("Bring the primary to the newest schema."))
@json_option
@click.pass_obj
def migrate(context: CliContext, *, as_json: bool) -> None:
    """Migrate the primary."""
    from ipcom_chat.sync import server as primary  # noqa: PLC0415 - brings the network

    done = _administer(context, lambda client: primary.migrate(client, SystemClock()))
    if as_json:
        output.write(f"{json_text(done)}\n")
    elif done.before == done.after:
        text = _("The database at {host} has the newest schema, {schema}, already.",
                 host=done.host, schema=done.after)  # fmt: skip
        output.line(text)
    else:
        text = _("The database at {host} went from schema {before} to {after}.",
                 host=done.host, before=done.before, after=done.after)  # fmt: skip
        output.line(text)


@server.command(help=_("Show the primary in numbers."))
@json_option
@click.pass_obj
def status(context: CliContext, *, as_json: bool) -> None:
    """Show the primary."""
    from ipcom_chat.sync import server as primary  # noqa: PLC0415 - brings the network

    found = _administer(context, lambda client: primary.status(client, SystemClock()))
    if as_json:
        output.write(f"{json_text(found)}\n")
    else:
        _show(found)


@server.command(help=_("Check the primary from its schema to its pages; 1 if something is wrong."))
@json_option
@click.pass_obj
def verify(context: CliContext, *, as_json: bool) -> int:
    """Check the primary."""
    from ipcom_chat.sync import server_verify  # noqa: PLC0415 - brings the network

    found = _administer(context, server_verify.verify)
    if as_json:
        output.write(f"{json_text(found)}\n")
    else:
        for problem in found.problems:
            output.line(f"{problem.check}: {one_line(problem.detail)}")
        for check in found.skipped:
            output.note(_("The server does not allow the check {check}; the others ran.",
                          check=check))  # fmt: skip
        _conclude(found.host, len(found.problems))
    return output.ExitCode.FAILED if found.problems else output.ExitCode.OK


@server.command(help=_("Print the commands that make a token for the primary."))
@click.option("--read-only", is_flag=True, help=_("A token that can read and not write."))
@click.option("--days", type=Number(1, DAYS_MAX), default=TOKEN_DAYS,
              metavar=_("DAYS"), help=_("How long it is good for."))  # fmt: skip
def token(*, read_only: bool, days: int) -> None:
    """Print how to make a token."""
    output.write(token_commands(read_only=read_only, days=days))


@server.command(help=_("Run a primary on this machine for trying things out, until Ctrl-C."))
@click.option("--port", type=Number(1, 65_535), default=DEV_PORT,
              metavar=_("PORT"), help=_("Where it listens, on this machine only."))  # fmt: skip
@click.option("--folder", metavar=_("FOLDER"), type=click.Path(path_type=Path),
              help=_("Where it keeps its data; by default beside the history."))  # fmt: skip
@click.pass_obj
def dev(context: CliContext, *, port: int, folder: Path | None) -> int:
    """Run a primary."""
    import asyncio  # noqa: PLC0415 - plain verbs need none

    from ipcom_chat.sync.local_server import find_binary  # noqa: PLC0415 - brings the network

    binary = find_binary(context.environment)
    place = (folder or context.paths.data_dir / DEV_FOLDER).absolute()
    return asyncio.run(_serve(binary, place, port))


def _administer(context: CliContext, act: "Callable[[Client], Awaitable[T]]") -> "T":
    """Do something with the primary that the settings name."""
    import asyncio  # noqa: PLC0415 - plain verbs need none

    from ipcom_chat.sync.server import administer  # noqa: PLC0415 - brings the network

    return asyncio.run(administer(primary_target(context.settings), act))


def _show(found: "PrimaryStatus") -> None:
    newer = _(" (this program brings {schema}: 'ipcom-chat server migrate')",
              schema=found.newest_schema)  # fmt: skip
    is_old = found.schema < found.newest_schema
    tables.show_facts(
        [
            (_("Primary"), found.host),
            (_("Epoch"), found.epoch),
            (_("Schema"), f"{found.schema}{newer if is_old else ''}"),
            (_("Oldest protocol"), found.min_protocol),
            (_("Counter"), found.counter),
            (_("Entries"), found.entries),
            (_("Oldest entry"), instant(found.oldest_at)),
            (_("Newest entry"), instant(found.newest_at)),
            (_("Open requests"), found.open_requests),
            (_("Users"), found.users),
            (_("Machines"), found.machines),
            (_("Sessions"), found.sessions),
            (_("Votes"), found.votes),
            (_("Events"), found.events),
            (_("Replicas, last 24 h"), found.replicas_seen),
            (_("Size"), None if found.size_bytes is None else megabytes(found.size_bytes)),
            (_("Round trip"), duration(found.round_trip_ms)),
            (_("Clock"), _clock(found.clock_difference_ms)),
        ]
    )


def _clock(difference_ms: int) -> str:
    if difference_ms < 0:
        return _("this machine is {time} behind", time=duration(-difference_ms))
    return _("this machine is {time} ahead", time=duration(difference_ms))


def _conclude(host: str, count: int) -> None:
    if not count:
        output.line(_("The database at {host} is as it should be.", host=host))
        return
    output.note(
        n_(
            "One problem at {host}. The histories on the machines are safe. Restore a backup, or "
            "prepare a new database with 'ipcom-chat server init': the machines fill it with what "
            "they hold.",
            "{count} problems at {host}. The histories on the machines are safe. Restore a backup, "
            "or prepare a new database with 'ipcom-chat server init': the machines fill it with "
            "what they hold.",
            count=count,
            host=host,
        )
    )


async def _serve(binary: str, folder: Path, port: int) -> int:
    """Run the server in the foreground; a signal ends it."""
    import asyncio  # noqa: PLC0415 - plain verbs need none
    import signal  # noqa: PLC0415

    serving = asyncio.ensure_future(_foreground(binary, folder, port))

    def stop() -> None:
        # Unwinds whatever is under way, the start too, and ends the server with it; once, because
        # a second one would interrupt just that.
        if not serving.cancelling():
            serving.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await serving
    except asyncio.CancelledError:
        return output.ExitCode.INTERRUPTED
    return output.ExitCode.FAILED


async def _foreground(binary: str, folder: Path, port: int) -> None:
    from ipcom_chat.sync.local_server import running  # noqa: PLC0415 - brings the network
    from ipcom_chat.sync.server import administer, init  # noqa: PLC0415

    async with running(binary, folder, port) as local:
        await administer(local.target, lambda client: init(client, SystemClock()))
        _announce(local, folder)
        await local.wait()
        raise local.failure()


def _announce(local: "LocalServer", folder: Path) -> None:
    output.line(f"export TURSO_DATABASE_URL={local.target.urls[0]}")
    output.line("export TURSO_AUTH_TOKEN=")
    output.flush()
    output.note(_("The primary runs until Ctrl-C; its data is in {folder}.", folder=folder))
