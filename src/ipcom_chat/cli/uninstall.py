"""`uninstall`: takes away what this program has made for this OS user, and says what it leaves."""

from collections.abc import Mapping
from pathlib import Path

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import Verb
from ipcom_chat.cli.completion_files import SHELLS, completion_file, is_ours
from ipcom_chat.cli.context import CliContext
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _, decimal
from ipcom_chat.services.removal import Plan, plan, remove, size_of

_KIB, _MIB = 1 << 10, 1 << 20


@click.command(
    cls=Verb,
    help=_("Take away completion, units of this user, index and log; history, settings and backups "
           "stay, unless --purge."),
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help=_("Only say what would be removed."))
@click.option("--yes", "-y", is_flag=True, help=_("Ask nothing, but for --purge."))
@click.option("--purge", is_flag=True,
              help=_("History, settings and backups of this user, too; asks twice."))  # fmt: skip
@click.pass_obj
def uninstall(context: CliContext, *, dry_run: bool, yes: bool, purge: bool) -> int:
    """Remove."""
    if purge and not dry_run and not output.is_asked():
        raise UsageError(_("--purge asks twice, and there is no terminal to ask on."))
    found = _plan(context)
    _list(_("To be removed; it can be made again:"), found.derived)
    _list(_("Removed for good:") if purge else _("Left where it is:"), found.kept)
    _say_of_backups(context)
    if dry_run:
        output.note(_("This was a dry run: nothing was changed."))
        return output.ExitCode.OK
    if not _agreed(yes=yes, purge=purge, found=found):
        output.note(_("Nothing was removed."))
        if not output.is_asked():
            output.note(_("There is no terminal to ask on; --yes removes it without asking."))
        return output.ExitCode.FAILED
    remove([*found.derived, *(found.kept if purge else ())], context.paths.replica)
    _conclude()
    return output.ExitCode.OK


def _plan(context: CliContext) -> Plan:
    paths = context.paths
    files = (completion_file(shell, paths.home, context.environment) for shell in SHELLS)
    return plan(
        data_dir=paths.data_dir,
        state_dir=paths.state_dir,
        config_dir=paths.config_file.parent,
        units=_units(context.environment, paths.home),
        more=[path for path in files if is_ours(path)],
    )


def _units(environment: Mapping[str, str], home: Path) -> Path:
    base = environment.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else home / ".config") / "systemd/user"


def _list(title: str, paths: tuple[Path, ...]) -> None:
    output.line(title)
    for path in paths:
        output.line(f"  {path}  {_size(size_of(path))}")
    if not paths:
        output.line(f"  {_('nothing')}")


def _say_of_backups(context: CliContext) -> None:
    """Tell of backups in a folder that others may use, too; no purge reaches it."""
    if context.settings_error is None and context.settings["backup.folder"]:
        folder = context.settings["backup.folder"]
        output.line(_("Backups in {folder} stay in any case.", folder=folder))


def _size(count: int) -> str:
    return f"{decimal(count / _MIB)} MiB" if count >= _MIB else f"{-(-count // _KIB)} KiB"


def _agreed(*, yes: bool, purge: bool, found: Plan) -> bool:
    """Ask as often as what is removed deserves."""
    if not purge:
        return yes or (output.is_asked() and output.confirmed(_("Remove it?")))
    if not found.kept:
        return output.confirmed(_("Remove it?"))
    if not output.confirmed(_("Remove the history of this machine, too? What was not sent yet is "
                              "lost.")):  # fmt: skip
        return False
    word = _("remove")
    return output.ask(_("Sure? There is no way back. Type '{word}':", word=word)) == word


def _conclude() -> None:
    output.note(
        _("Removed. The program itself goes with its folder, or with 'pip uninstall ipcom-chat'; "
          "services of the system with 'systemctl disable --now ipcom-chat-sync@USER'. What was "
          "sent to the primary stays there.")
    )  # fmt: skip
