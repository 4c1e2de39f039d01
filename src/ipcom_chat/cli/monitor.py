"""`monitor`: shows how it works, once or live, for people and for programs."""

from pathlib import Path

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import Noun, Number
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.monitor_printing import show_snapshot
from ipcom_chat.domain.entry import Scope
from ipcom_chat.errors import OutputError, UsageError
from ipcom_chat.files import replace_text
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.monitoring import DAY, View, Window
from ipcom_chat.settings import FLAG

DAYS_MAX = 30
READABLE = 0o644
"""The collector that reads the metrics is another user; nothing in them is of anybody."""


@click.group(
    cls=Noun,
    invoke_without_command=True,
    help=_(
        "Show how it works: health, latencies, requests, the queue, machines, people. Live on a "
        "terminal; once with --once, --json or --prometheus."
    ),
)
@click.option("--once", "form", flag_value="once", help=_("Print it as text, once."))
@click.option("--json", "form", flag_value="json", help=_("Print JSON."))
@click.option("--prometheus", "form", flag_value="prometheus",
              help=_("Print it as Prometheus reads it."))  # fmt: skip
@click.option(
    "--output", "target", type=click.Path(path_type=Path), metavar=_("FILE"),
    help=_("With --prometheus: write to this file, whole or not at all."),
)  # fmt: skip
@click.option("--fleet", is_flag=True, help=_("Ask the primary about all machines, too."))
@click.option(
    "--check",
    is_flag=True,
    help=_("Check alerts: a line each, exit code 0, 1, 2 or 3 as Nagios has them."),
)
@click.option("--days", type=Number(1, DAYS_MAX), default=1, metavar=_("N"),
              help=_("How many days to look back; 1 shows hours."))  # fmt: skip
@click.pass_context
def monitor(
    ctx: click.Context,
    *,
    form: str | None,
    target: Path | None,
    fleet: bool,
    check: bool,
    days: int,
) -> int:
    """Show it in the form that was asked for."""
    context = ctx.find_object(CliContext)
    assert context is not None  # noqa: S101 - `main` gives one
    if ctx.invoked_subcommand is not None:
        return output.ExitCode.OK
    if check:
        from ipcom_chat.cli.monitor_check import check_alerts  # noqa: PLC0415 - few need it

        return check_alerts(context, form)
    if target and form != "prometheus":
        raise UsageError(_("--output goes with --prometheus."))
    if fleet:
        context.runtime.sync.fetch_heartbeats()
    if form == "prometheus":
        return _prometheus(context, days, target, fleet=fleet)
    view = view_of(context, days)
    if form is None and output.is_on_terminal():
        from ipcom_chat.tui.monitor import run_monitor  # noqa: PLC0415 - brings Textual

        return run_monitor(context.runtime, view)
    seen = context.runtime.monitoring.snapshot(view, count_s=None)
    if form == "json":
        output.write(f"{json_text(seen)}\n")
    else:
        show_snapshot(seen, styled=context.styled)
    return output.ExitCode.OK


@monitor.command(help=_("Serve /metrics and /healthz over HTTP, on this machine alone by default."))
@click.option("--host", default="127.0.0.1", show_default=True, metavar=_("ADDRESS"),
              help=_("The address to listen on."))  # fmt: skip
@click.option("--port", type=Number(0, 65535), default=9479, show_default=True, metavar=_("N"),
              help=_("The port to listen on; 0 takes a free one."))  # fmt: skip
@click.option("--fleet", is_flag=True, help=_("Ask the primary about all machines, too."))
@click.pass_obj
def serve(context: CliContext, *, host: str, port: int, fleet: bool) -> int:
    """Serve until stopped."""
    from ipcom_chat.cli.monitor_serving import serve_metrics  # noqa: PLC0415 - brings a server

    context.open_log()
    serve_metrics(context.runtime, view_of(context, 1), (host, port), fleet=fleet)
    return output.ExitCode.OK


def view_of(context: CliContext, days: int) -> View:
    """Return what is looked at: all that this replica holds, unless a flag names a history."""
    runtime = context.runtime
    scope = Scope(mode=None, machine_id=runtime.machine_id)
    if context.mode_is_given or context.settings.sources["user"] == FLAG:
        scope = runtime.scope()
    window = DAY if days == 1 else Window(hours=24 * days, step_hours=24)
    return View(scope=scope, window=window)


def _prometheus(context: CliContext, days: int, target: Path | None, *, fleet: bool) -> int:
    from ipcom_chat.services.prometheus import exposition  # noqa: PLC0415 - few need it

    service = context.runtime.monitoring
    seen = service.snapshot(view_of(context, days), count_s=None)
    text = exposition(seen, service.totals(), fleet=fleet)
    if target is None:
        output.write(text)
        return output.ExitCode.OK
    try:
        replace_text(target, text, mode=READABLE)
    except OSError as error:
        raise OutputError(
            _("Cannot write to {path}: {reason}.", path=target, reason=reason_of(error))
        ) from error
    return output.ExitCode.OK
