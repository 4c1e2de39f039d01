"""`sync`: carries the history to and from the primary, and says how that stands."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial

import click
import msgspec

from ipcom_chat import heap
from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import Noun, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.errors import NotFoundError, UnknownUserError, UsageError
from ipcom_chat.formats import duration, instant
from ipcom_chat.i18n import _, n_
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.sync import SKEW_MS, Condition, SyncStatus
from ipcom_chat.sync.exchanges import Progress
from ipcom_chat.sync.verify import Compared
from ipcom_chat.sync_words import sync_sentence


@click.group(
    cls=Noun,
    invoke_without_command=True,
    help=_("Carry the history to and from the primary: once, or with --watch for good."),
)
@click.option("--watch", is_flag=True, help=_("Go on until stopped; for systemd."))
@json_option
@click.pass_context
def sync(ctx: click.Context, *, watch: bool, as_json: bool) -> int:
    """Run one cycle, or watch."""
    context = ctx.find_object(CliContext)
    assert context is not None  # noqa: S101 - `main` gives one
    if ctx.invoked_subcommand is not None:
        if watch:
            raise UsageError(_("--watch goes without a verb: ipcom-chat sync --watch"))
        return output.ExitCode.OK
    return _watch(context) if watch else _cycle(context, as_json=as_json)


@sync.command(help=_("Show what waits, what was refused, and how far each subscription has come."))
@json_option
@click.pass_obj
def status(context: CliContext, *, as_json: bool) -> int:
    """Show where synchronisation stands."""
    found = context.runtime.sync.status()
    if as_json:
        output.write(f"{json_text(found)}\n")
    else:
        _show(context, found)
    bad = found.condition in (Condition.OFFLINE, Condition.ATTENTION)
    return output.ExitCode.FAILED if bad else output.ExitCode.OK


@sync.command(help=_("Try again what was refused."))
@json_option
@click.pass_obj
def retry(context: CliContext, *, as_json: bool) -> int:
    """Let parked rows wait again, and exchange."""
    count = context.runtime.sync.retry()
    output.note(n_("One refused row is tried again.", "{count} refused rows are tried again.",
                   count))  # fmt: skip
    return _cycle(context, as_json=as_json)


@sync.command(help=_("Compare this machine's history with the primary, row by row where needed."))
@click.option("--repair", "mend", is_flag=True, help=_("Fetch or push again what differs."))
@json_option
@click.pass_obj
def verify(context: CliContext, *, mend: bool, as_json: bool) -> int:
    """Compare, and mend if asked."""
    runtime = context.runtime
    found = runtime.sync.verify(runtime.sync_users(), mend=mend)
    if as_json:
        output.write_array(json_text(each) for each in found)
    else:
        for each in found:
            output.line(f"{_held(context, each.scope)}: {_compared(each)}")
    if mend and not all(each.is_equal for each in found):
        found = runtime.sync.verify(runtime.sync_users(), mend=False)
        output.note(
            _("Repaired: all is equal now.")
            if all(each.is_equal for each in found)
            else _("Not all could be repaired; 'ipcom-chat sync status' shows what is refused.")
        )
    is_equal = all(each.is_equal for each in found)
    return output.ExitCode.OK if is_equal else output.ExitCode.FAILED


def _cycle(context: CliContext, *, as_json: bool) -> int:
    runtime = context.runtime
    progress = _carried(runtime)
    now = runtime.sync.status()
    if as_json:
        output.write(f"{json_text({'progress': progress, 'status': now})}\n")
    elif progress.was_busy:
        output.note(
            _("Another process of this machine is synchronising; what it does not carry goes next.")
        )
    else:
        output.line(
            _(
                "Pushed {pushed}, pulled {pulled}, {waiting} waiting, {parked} refused.",
                pushed=progress.pushed,
                pulled=progress.pulled,
                waiting=now.unacknowledged,
                parked=len(now.parked),
            )
        )
        _warn(now)
    return output.ExitCode.OK


def _carried(runtime: Runtime) -> Progress:
    """Exchange until both sides have everything."""
    _introduce(runtime)
    first = _known_users(runtime)
    progress = runtime.sync.cycle(first)
    users = runtime.sync_users()
    if users == first:
        return progress
    more = runtime.sync.cycle(users)
    return msgspec.structs.replace(
        more,
        pushed=progress.pushed + more.pushed,
        pulled=progress.pulled + more.pulled,
        parked=progress.parked + more.parked,
    )


def _known_users(runtime: Runtime) -> tuple[str, ...]:
    """Return whose own histories are held; on a new machine only the primary knows its user."""
    try:
        return runtime.sync_users()
    except UnknownUserError:
        return ()


def _introduce(runtime: Runtime) -> None:
    """Record a machine that only synchronises: it is to be found among the others."""
    try:
        runtime.machines.find()
    except NotFoundError:
        runtime.register_machine()


def _watch(context: CliContext) -> int:
    heap.share_one_arena()
    context.open_log()
    told: list[str] = []

    def tell(found: SyncStatus) -> None:
        line = sync_sentence(found)
        # What was saved waits a moment, until the exchange that follows: no line for every save.
        is_passing = bool(told) and found.condition is Condition.WAITING
        if told[-1:] != [line] and not is_passing:
            told[:] = [line]
            output.note(line)

    asyncio.run(_keep_watching(context, tell))
    return output.ExitCode.OK


async def _keep_watching(context: CliContext, tell: Callable[[SyncStatus], None]) -> None:
    """Watch until a signal comes; let go of the replica while another process needs it alone."""
    from ipcom_chat.services.watch import Watch, wanted_no_more  # noqa: PLC0415 - asyncio

    stopping, watching = asyncio.Event(), list[Watch]()

    def stop() -> None:
        stopping.set()
        for each in watching:
            each.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    while not stopping.is_set():
        runtime = context.runtime
        _introduce(runtime)
        watching[:] = [runtime.watch(os.environ, tell, output.note)]
        if not await watching[0].run(partial(_known_users, runtime)):
            return
        context.close()
        await wanted_no_more(context.paths.replica, os.environ, stopping)


def _show(context: CliContext, found: SyncStatus) -> None:
    facts: list[tuple[str, str | None]] = [(_("State"), sync_sentence(found))]
    if found.condition is not Condition.OFF:
        facts += [
            (_("Primary"), found.host),
            (_("Waiting"), _counts(found)),
            (_("Oldest waits"), duration(found.lag_ms) if found.lag_ms else "-"),
            (_("Last success"), _at(found.succeeded_at)),
            (_("Last try"), _at(found.tried_at)),
            (_("Last error"), found.error),
        ]
    tables.show_facts(facts)
    _show_subscriptions(context, found)
    for parked in found.parked:
        output.line(
            _("refused: {kind} {key}: {reason}", kind=parked.kind, key=parked.key,
              reason=parked.reason)
        )  # fmt: skip
    if found.parked:
        output.note(_("'ipcom-chat sync retry' tries them again."))
    _warn(found)


def _held(context: CliContext, scope: str) -> str:
    """Return what a subscription holds, in the words of the screen."""
    kind, _colon, holder = scope.partition(":")
    if kind == "g":
        return _("shared by all")
    if kind == "u":
        return _("user {name}", name=context.runtime.history.usernames().get(holder, holder))
    return _("machine {name}", name=context.runtime.history.hostnames().get(holder, holder[:12]))


def _show_subscriptions(context: CliContext, found: SyncStatus) -> None:
    if not found.subscriptions:
        return
    columns = [
        tables.Column(_("Subscription"), flexible=True),
        tables.Column(_("Cursor")),
        tables.Column(_("Filled")),
    ]
    rows = [
        (
            _held(context, each.scope),
            "-" if each.cursor is None else str(each.cursor),
            _("yes") if each.is_filled else _("not yet"),
        )
        for each in found.subscriptions
    ]
    output.line()
    tables.show(columns, rows, styled=context.styled)


def _warn(found: SyncStatus) -> None:
    if found.read_only:
        output.note(
            _("The token does not allow writing: this machine reads the shared history, and what "
              "is saved here waits.")
        )  # fmt: skip
    if found.skew_ms is not None and abs(found.skew_ms) >= SKEW_MS:
        output.note(
            _("This machine's clock is {skew} away from the primary's; set it (timedatectl).",
              skew=duration(abs(found.skew_ms)))
        )  # fmt: skip


def _counts(found: SyncStatus) -> str:
    count = found.waiting
    parts = {
        "entry": n_("one entry", "{count} entries", count["entry"]),
        "user": n_("one user", "{count} users", count["user"]),
        "machine": n_("one machine", "{count} machines", count["machine"]),
        "session": n_("one session", "{count} sessions", count["session"]),
        "vote": n_("one vote", "{count} votes", count["vote"]),
    }
    return ", ".join(text for kind, text in parts.items() if count[kind]) or "0"


def _at(at_ms: int | None) -> str:
    return _("never") if at_ms is None else instant(at_ms)


def _compared(found: Compared) -> str:
    if found.is_equal:
        return n_("one entry, equal to the primary", "{count} entries, equal to the primary",
                  found.entries)  # fmt: skip
    parts = _differences(found)
    return _("{count} entries; {differences}", count=found.entries, differences="; ".join(parts))


def _differences(found: Compared) -> Sequence[str]:
    counts = (
        (len(found.missing), _("missing here")),
        (len(found.different), _("different")),
        (len(found.extra), _("missing on the primary")),
    )
    tables_differ = [_("{tables} differ", tables=", ".join(found.tables))] if found.tables else []
    return [f"{count} {what}" for count, what in counts if count] + tables_differ
