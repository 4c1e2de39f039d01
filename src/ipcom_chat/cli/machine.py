"""`machine`: registers this machine and shows those that are known here."""

import click

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import Noun, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.domain.people import Machine
from ipcom_chat.formats import instant
from ipcom_chat.i18n import _
from ipcom_chat.services.exports import json_text


@click.group(cls=Noun, help=_("Register this machine, show machines."))
def machine() -> None:
    """Group the verbs."""


@machine.command(help=_("Record this machine as it is now; questions do this by themselves."))
@json_option
@click.pass_obj
def register(context: CliContext, *, as_json: bool) -> None:
    """Register this machine."""
    known = context.runtime.register_machine()
    if as_json:
        output.write(f"{json_text(known)}\n")
    else:
        output.line(_("This machine is {hostname}, id {id}.", hostname=known.hostname, id=known.id))


@machine.command("list", help=_("List the machines, the one seen last first."))
@json_option
@click.pass_obj
def list_machines(context: CliContext, *, as_json: bool) -> int:
    """List machines."""
    found = context.runtime.machines.all()
    if as_json:
        output.write_array(json_text(each) for each in found)
    elif found:
        _show_table(context, found)
    else:
        output.note(_("No machine is known here yet; 'ipcom-chat machine register' records this "
                      "one."))  # fmt: skip
    return output.ExitCode.OK if found else output.ExitCode.FAILED


@machine.command(help=_("Show this machine, or the one with this id or host name."))
@click.argument("machine_id", required=False, metavar=_("ID"))
@json_option
@click.pass_obj
def info(context: CliContext, *, machine_id: str | None, as_json: bool) -> None:
    """Show a machine."""
    runtime = context.runtime
    found = runtime.machines.find(machine_id) if machine_id else runtime.register_machine()
    if as_json:
        output.write(f"{json_text(found)}\n")
        return
    this = _(" (this machine)") if found.id == runtime.machine_id else ""
    tables.show_facts(
        [
            (_("Host name"), f"{found.hostname}{this}"),
            (_("Id"), found.id),
            (_("Earlier ids"), ", ".join(found.aliases)),
            (_("IP address"), found.ip_address),
            (_("MAC address"), found.mac_address),
            (_("System"), found.os_info.get("name")),
            (_("Kernel"), found.os_info.get("kernel")),
            (_("Architecture"), found.os_info.get("architecture")),
            (_("Version"), found.version),
            (_("First seen"), instant(found.first_seen)),
            (_("Last seen"), instant(found.last_seen)),
        ]
    )


def _show_table(context: CliContext, machines: list[Machine]) -> None:
    columns = [
        tables.Column(_("Id")),
        tables.Column(_("Host name"), flexible=True),
        tables.Column(_("IP address")),
        tables.Column(_("System"), flexible=True),
        tables.Column(_("Last seen")),
    ]
    this = context.runtime.machine_id
    rows = [
        (
            each.id[:12],
            f"{each.hostname} *" if each.id == this else each.hostname,
            each.ip_address,
            each.os_info.get("name"),
            instant(each.last_seen),
        )
        for each in machines
    ]
    tables.show(columns, rows, styled=context.styled)
