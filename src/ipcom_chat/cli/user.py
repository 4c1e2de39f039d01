"""`user`: creates, changes and shows users. They have no passwords."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import DAYS_MAX, Noun, Number, days_ago, json_option, usernames
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.counts import show_stats, stats_object
from ipcom_chat.domain.entry import Scope
from ipcom_chat.domain.people import User
from ipcom_chat.errors import UsageError
from ipcom_chat.formats import instant, yes_no
from ipcom_chat.i18n import _
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.history import EntryFilter

F = TypeVar("F", bound=Callable[..., Any])


def username_argument(command: F) -> F:
    """Add the username, as an argument or as `--user`."""
    argument = click.argument(
        "username", required=False, metavar=_("USERNAME"), shell_complete=usernames
    )
    option = click.option(
        "--user", "user_option", metavar=_("USERNAME"), shell_complete=usernames,
        help=_("The same as the argument."),
    )  # fmt: skip
    return argument(option(command))


@click.group(cls=Noun, help=_("Create, change and show users."))
def user() -> None:
    """Group the verbs."""


@user.command(help=_("Create a user; all three are required."))
@click.option("--username", required=True, help=_("3 to 64 letters, digits, '.', '_' or '-'."))
@click.option("--name", required=True, help=_("The name of the person."))
@click.option("--email", required=True, help=_("The e-mail address."))
@json_option
@click.pass_obj
def create(context: CliContext, *, username: str, name: str, email: str, as_json: bool) -> None:
    """Create a user."""
    created = context.runtime.users.create(username, name, email)
    _done(created, _("Created the user {username}.", username=created.username), as_json)


@user.command("list", help=_("List the users."))
@click.option("--all", "inactive", is_flag=True, help=_("Deactivated ones, too."))
@click.option("--user", "wanted", metavar=_("USERNAME"), shell_complete=usernames,
              help=_("Only this user."))  # fmt: skip
@json_option
@click.pass_obj
def list_users(context: CliContext, *, inactive: bool, wanted: str | None, as_json: bool) -> int:
    """List users."""
    users = context.runtime.users
    found = [users.find(wanted)] if wanted else users.all(inactive=inactive)
    if as_json:
        output.write_array(json_text(each) for each in found)
    elif found:
        _show_table(found, styled=context.styled)
    else:
        output.note(_("There are no users yet; 'ipcom-chat user create' makes one."))
    return output.ExitCode.OK if found else output.ExitCode.FAILED


@user.command(help=_("Show one user."))
@username_argument
@json_option
@click.pass_obj
def show(
    context: CliContext, *, username: str | None, user_option: str | None, as_json: bool
) -> None:
    """Show a user."""
    found = context.runtime.users.find(_one(username, user_option))
    if as_json:
        output.write(f"{json_text(found)}\n")
    else:
        tables.show_facts(
            [
                (_("Username"), found.username),
                (_("Name"), found.name),
                (_("E-mail"), found.email),
                (_("Active"), yes_no(found.is_active)),
                (_("Created"), instant(found.created_at)),
                (_("Changed"), instant(found.updated_at)),
                (_("Id"), found.id),
            ]
        )


@user.command(help=_("Change the name, the e-mail address or both."))
@username_argument
@click.option("--name", help=_("The new name."))
@click.option("--email", help=_("The new e-mail address."))
@json_option
@click.pass_obj
def update(
    context: CliContext,
    *,
    username: str | None,
    user_option: str | None,
    name: str | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Change a user."""
    changed = context.runtime.users.update(_one(username, user_option), name=name, email=email)
    _done(changed, _("Changed the user {username}.", username=changed.username), as_json)


@user.command(help=_("Deactivate a user; the history stays, the username is not given again."))
@username_argument
@json_option
@click.pass_obj
def delete(
    context: CliContext, *, username: str | None, user_option: str | None, as_json: bool
) -> None:
    """Deactivate a user."""
    gone = context.runtime.users.deactivate(_one(username, user_option))
    _done(gone, _("Deactivated the user {username}.", username=gone.username), as_json)


@user.command(help=_("Make a deactivated user active again."))
@username_argument
@json_option
@click.pass_obj
def reactivate(
    context: CliContext, *, username: str | None, user_option: str | None, as_json: bool
) -> None:
    """Reactivate a user."""
    back = context.runtime.users.reactivate(_one(username, user_option))
    _done(back, _("The user {username} is active.", username=back.username), as_json)


@user.command(help=_("Count what a user asked and ran; days are those of the local time zone."))
@username_argument
@click.option("--days", type=Number(1, DAYS_MAX), help=_("Only the last days, today included."))
@json_option
@click.pass_obj
def stats(
    context: CliContext,
    *,
    username: str | None,
    user_option: str | None,
    days: int | None,
    as_json: bool,
) -> None:
    """Count."""
    runtime = context.runtime
    found = runtime.users.find(_one(username, user_option))
    scope = Scope(mode=None, machine_id=runtime.machine_id)
    where = EntryFilter(
        user_id=found.id, since_ms=days_ago(days, runtime.clock.now_ms()) if days else 0
    )
    counts, per_day = runtime.history.stats(scope, where), runtime.history.days(scope, where)
    if as_json:
        head = {"user_id": found.id, "username": found.username}
        output.write(f"{json_text(stats_object(counts, per_day, head))}\n")
    else:
        show_stats(counts, per_day, styled=context.styled)


def _one(argument: str | None, option: str | None) -> str:
    given = {name for name in (argument, option) if name}
    if len(given) != 1:
        raise UsageError(_("Say which user: one USERNAME."))
    return given.pop()


def _done(changed: User, sentence: str, as_json: bool) -> None:  # noqa: FBT001
    output.write(f"{json_text(changed)}\n") if as_json else output.line(sentence)


def _show_table(users: Sequence[User], *, styled: bool) -> None:
    columns = [
        tables.Column(_("Username")),
        tables.Column(_("Name"), flexible=True),
        tables.Column(_("E-mail"), flexible=True),
        tables.Column(_("Active")),
        tables.Column(_("Created")),
    ]
    rows = [
        (each.username, each.name, each.email, yes_no(each.is_active), instant(each.created_at))
        for each in users
    ]
    tables.show(columns, rows, styled=styled)
