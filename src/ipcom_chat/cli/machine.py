"""`machine`: registers this machine and shows those that are known here."""

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import Noun, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.domain.people import Heartbeat, Machine
from ipcom_chat.errors import PrimaryError
from ipcom_chat.formats import duration, instant
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId
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
    runtime = context.runtime
    _refresh(context)
    found, beats = runtime.machines.all(), runtime.machines.heartbeats()
    if as_json:
        output.write_array(json_text(_with_beat(each, beats.get(each.id))) for each in found)
    elif found:
        _show_table(context, found, beats)
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


def _refresh(context: CliContext) -> None:
    """Ask the primary for the signs of life; without it, those that were told last are shown."""
    if not context.runtime.has_primary:
        return
    try:
        context.runtime.sync.fetch_heartbeats()
    except PrimaryError as error:
        output.fail(str(error))


def _with_beat(each: Machine, beat: Heartbeat | None) -> dict[str, Any]:
    return msgspec.structs.asdict(each) | {"heartbeat": beat}


def _show_table(
    context: CliContext, machines: list[Machine], beats: Mapping[MachineId, Heartbeat]
) -> None:
    columns = [
        tables.Column(_("Id")),
        tables.Column(_("Host name"), flexible=True),
        tables.Column(_("IP address")),
        tables.Column(_("System"), flexible=True),
        tables.Column(_("Last seen")),
        tables.Column(_("Version")),
        tables.Column(_("Lag")),
    ]
    this = context.runtime.machine_id
    rows = [
        (
            each.id[:12],
            f"{each.hostname} *" if each.id == this else each.hostname,
            each.ip_address,
            each.os_info.get("name"),
            instant(max(each.last_seen, beat.at) if beat else each.last_seen),
            beat.version if beat else each.version,
            duration(beat.lag_ms) if beat else "",
        )
        for each in machines
        for beat in (beats.get(each.id),)
    ]
    tables.show(columns, rows, styled=context.styled)
