"""`maintenance`: what a timer does so that the history stays small and sound."""

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import Noun, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.clock import SystemClock
from ipcom_chat.configured import backup_place
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.i18n import _
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.maintenance import (
    Maintenance,
    Outcome,
    Step,
    compaction,
    has_failed,
    rotation,
)


@click.group(cls=Noun, help=_("Delete and drop what is old, compact files, check them."))
def maintenance() -> None:
    """Group the verbs."""


@maintenance.command(help=_("Take all steps, a line each; 1 if one failed. Fits a timer."))
@click.option("--dry-run", is_flag=True, help=_("Only say what would be done."))
@json_option
@click.pass_obj
def run(context: CliContext, *, dry_run: bool, as_json: bool) -> int:
    """Maintain the history."""
    place = backup_place(context.settings, SystemClock())
    steps: list[Step] = []

    def tell(step: Step) -> None:
        steps.append(step)
        if not as_json:
            output.line(f"{_mark(step):8} {step.name:10} {one_line(step.detail)}")

    work: Maintenance = context.runtime.maintenance
    for step in work.steps(dry_run=dry_run):
        tell(step)
    is_wanted = not has_failed(steps) and work.wants_compaction()
    context.close()
    tell(compaction(place, is_wanted=is_wanted, dry_run=dry_run))
    tell(rotation(place, dry_run=dry_run))
    if as_json:
        output.write_array(json_text(step) for step in steps)
    return output.ExitCode.FAILED if has_failed(steps) else output.ExitCode.OK


def _mark(step: Step) -> str:
    return {
        Outcome.DONE: _("done"),
        Outcome.SKIPPED: _("skipped"),
        Outcome.FAILED: _("FAILED"),
    }[step.outcome]
