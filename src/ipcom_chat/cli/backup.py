"""`backup`: copies of this machine's history and of the primary, and the way back.

Restoring needs the history for itself, so no verb here but `create` opens it for longer than it
takes to send what waits.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import Noun, Number, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.clock import SystemClock
from ipcom_chat.configured import backup_place
from ipcom_chat.errors import IpcomChatError, UsageError
from ipcom_chat.formats import instant, megabytes
from ipcom_chat.i18n import _, n_
from ipcom_chat.services import backups
from ipcom_chat.services.backups import Archive, BackupPlace, Made, Restored, listed
from ipcom_chat.services.exports import json_text
from ipcom_chat.targets import primary_target

if TYPE_CHECKING:
    from ipcom_chat.libsql.client import Client
    from ipcom_chat.sync.server_verify import Verification

KEEP_MAX = 10_000
WAIT_MAX_S = 3_600
WAIT_S = 3
"""How long a restore waits for others to close the history, if nothing else is said."""


@click.group(cls=Noun, help=_("Back up this machine's history or the primary, and restore them."))
def backup() -> None:
    """Group the verbs."""


_PRIMARY = _("The primary, the database all machines share, instead of this machine's history.")


@backup.command(help=_("Make a backup while everybody works on; older ones beyond --keep go."))
@click.option("--output", "folder", metavar=_("FOLDER"), type=click.Path(path_type=Path),
              help=_("Where to; else the setting backup.folder says."))  # fmt: skip
@click.option("--keep", type=Number(0, KEEP_MAX), metavar="N",
              help=_("Keep the newest N of this kind; 0 keeps all."))  # fmt: skip
@click.option("--primary", "of_primary", is_flag=True, help=_PRIMARY)
@json_option
@click.pass_obj
def create(
    context: CliContext, *, folder: Path | None, keep: int | None, of_primary: bool, as_json: bool
) -> None:
    """Make a backup."""
    place = backup_place(context.settings, SystemClock(), folder=folder, keep=keep)
    made = _of_primary(context, place) if of_primary else context.runtime.back_up(place)
    if as_json:
        removed = [str(path) for path in made.removed]
        output.write(f"{json_text({'backup': listed(made.archive), 'removed': removed})}\n")
    else:
        _tell(made)


def _of_primary(context: CliContext, place: BackupPlace) -> Made:
    from ipcom_chat.sync.server import administer  # noqa: PLC0415 - brings the network

    clock = SystemClock()

    async def act(client: "Client") -> Made:
        return await backups.create_of_primary(place, client, clock)

    return asyncio.run(administer(primary_target(context.settings), act))


def _tell(made: Made) -> None:
    found = listed(made.archive)
    output.line(found.path)
    output.note(n_("One entry, {size}, checked while it was written.",
                   "{count} entries, {size}, checked while it was written.",
                   found.entries, size=megabytes(found.size_bytes)))  # fmt: skip
    if made.removed:
        output.note(n_("Removed one older backup.", "Removed {count} older backups.",
                       len(made.removed)))  # fmt: skip


@backup.command("list", help=_("List the backups, newest first."))
@click.option("--folder", metavar=_("FOLDER"), type=click.Path(path_type=Path),
              help=_("Those of this folder."))  # fmt: skip
@json_option
@click.pass_obj
def list_backups(context: CliContext, *, folder: Path | None, as_json: bool) -> int:
    """List backups."""
    place = backup_place(context.settings, SystemClock(), folder=folder)
    found = [listed(each) for each in backups.all_in(place.folder)]
    if as_json:
        output.write_array(json_text(each) for each in found)
    elif found:
        columns = [
            tables.Column(_("When")), tables.Column(_("Kind")),
            tables.Column(_("Entries"), right=True), tables.Column(_("Size"), right=True),
            tables.Column(_("File"), flexible=True),
        ]  # fmt: skip
        rows = [
            (instant(each.created_at, seconds=True), _kind(each.kind), str(each.entries),
             megabytes(each.size_bytes), each.path)
            for each in found
        ]  # fmt: skip
        tables.show(columns, rows, styled=context.styled)
    else:
        output.note(_("There is no backup in {folder}; 'ipcom-chat backup create' makes one.",
                      folder=place.folder))  # fmt: skip
    return output.ExitCode.OK if found else output.ExitCode.FAILED


@backup.command(
    help=_("Check a backup from its checksum to its rows; the newest if none is named.")
)
@click.argument("file", required=False, metavar=_("FILE"), type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def verify(context: CliContext, *, file: Path | None, as_json: bool) -> None:
    """Check a backup."""
    place = backup_place(context.settings, SystemClock())
    archive = backups.find(place, file)
    rows = backups.verify(place, archive)
    if as_json:
        output.write(f"{json_text({'backup': listed(archive), 'rows': rows})}\n")
    else:
        output.line(
            n_("{path}: one entry, whole and sound", "{path}: {count} entries, whole and sound",
               rows["entries"], path=archive.path)
        )  # fmt: skip


@backup.command(
    help=_("Put a backup in the place of this machine's history, or into an empty primary.")
)
@click.argument("file", metavar=_("FILE"), type=click.Path(path_type=Path))
@click.option("--primary", "of_primary", is_flag=True, help=_PRIMARY)
@click.option("--wait", "wait_s", type=Number(0, WAIT_MAX_S), default=WAIT_S,
              metavar=_("SECONDS"),
              help=_("How long to wait for other programs to close the history."))  # fmt: skip
@click.option("--yes", "-y", is_flag=True, help=_("Do not ask."))
@json_option
@click.pass_obj
def restore(
    context: CliContext, *, file: Path, of_primary: bool, wait_s: int, yes: bool, as_json: bool
) -> int:
    """Restore a backup."""
    place = backup_place(context.settings, SystemClock())
    archive = backups.find(place, file, "primary" if of_primary else "replica")
    if not _is_agreed(archive, yes=yes):
        return output.ExitCode.FAILED
    if of_primary:
        return _restore_primary(context, place, archive, as_json=as_json)
    _send_what_waits(context)
    done = backups.restore_replica(place, archive, SystemClock(), wait_s=wait_s)
    if as_json:
        output.write(f"{json_text(done)}\n")
    else:
        _tell_restored(context, archive, done)
    return output.ExitCode.OK


def _is_agreed(archive: Archive, *, yes: bool) -> bool:
    found = listed(archive)
    if yes:
        return True
    if not output.is_asked():
        raise UsageError(_("A restore replaces what is there: say --yes."))
    return output.confirmed(
        _("Restore the backup of {when} ({entries} entries)?",
          when=instant(found.created_at, seconds=True), entries=found.entries)
    )  # fmt: skip


def _send_what_waits(context: CliContext) -> None:
    """Give what only this machine has to the primary, if that answers now; then let go."""
    # A history that is missing, damaged or in use has nothing to send, or is told of next.
    if context.settings["turso.database_url"] and context.settings.paths.replica.exists():
        with suppress(IpcomChatError):
            context.runtime.sync.flush(context.runtime.sync_users())
    context.close()


def _tell_restored(context: CliContext, archive: Archive, done: Restored) -> None:
    when = instant(archive.manifest.created_at, seconds=True)
    output.line(n_("The history is that of {when}: one entry.",
                   "The history is that of {when}: {count} entries.",
                   done.entries, when=when))  # fmt: skip
    carried = done.carried
    if carried is not None and (carried.merged or carried.added):
        output.note(
            _("Of what came since, {merged} entries were brought up to date (deleted and redacted "
              "texts stay away), and {added} that nobody else has were kept.",
              merged=carried.merged, added=carried.added)
        )  # fmt: skip
    if done.set_aside is not None:
        output.note(_("The replaced file lies in {path}.", path=done.set_aside))
    if context.settings["turso.database_url"]:
        output.note(_("'ipcom-chat sync' now brings what the primary has."))
        return
    if done.set_aside is not None:
        output.note(_("What was saved since is in that file alone."))
    if carried is None or not carried.is_readable:
        output.note(
            _("The replaced file could not be read: texts that were deleted or redacted since "
              "{when} are back. Delete them again.", when=when)
        )  # fmt: skip


def _restore_primary(
    context: CliContext, place: BackupPlace, archive: Archive, *, as_json: bool
) -> int:
    epoch, found = asyncio.run(_load(context, place, archive))
    if as_json:
        text = json_text({"backup": listed(archive), "epoch": epoch, "verification": found})
        output.write(f"{text}\n")
    else:
        output.line(
            n_("The primary at {host} holds one entry again. The machines push what it lacks.",
               "The primary at {host} holds {count} entries again. The machines push what it "
               "lacks.", listed(archive).entries, host=found.host)
        )  # fmt: skip
        for problem in found.problems:
            output.note(f"{problem.check}: {problem.detail}")
    return output.ExitCode.FAILED if found.problems else output.ExitCode.OK


async def _load(
    context: CliContext, place: BackupPlace, archive: Archive
) -> "tuple[str, Verification]":
    from ipcom_chat.sync.server import administer  # noqa: PLC0415 - brings the network
    from ipcom_chat.sync.server_verify import verify as verify_primary  # noqa: PLC0415

    async def act(client: "Client") -> "tuple[str, Verification]":
        epoch = await backups.restore_primary(place, archive, client, SystemClock())
        return epoch, await verify_primary(client)

    return await administer(primary_target(context.settings), act)


def _kind(kind: str) -> str:
    return _("primary") if kind == "primary" else _("history")
