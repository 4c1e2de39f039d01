"""`doctor`: checks everything that the program needs, and says what to do about what is wrong."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from ipcom_chat.assistant.endpoint import parse_model
from ipcom_chat.assistant.mcp_config import read_mcp_config
from ipcom_chat.cli import output
from ipcom_chat.cli.base import Verb, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.clock import SystemClock
from ipcom_chat.configured import probe_of, reach_of, token_of
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.host import known_machine_id
from ipcom_chat.i18n import _
from ipcom_chat.models import has_key
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.health import Check, Status, Subject, examine
from ipcom_chat.settings import Settings


@click.command(cls=Verb, help=_("Check everything that ipcom-chat needs; changes nothing."))
@click.option("--online", is_flag=True, help=_("Ask the server of the AI, too."))
@json_option
@click.pass_obj
def doctor(context: CliContext, *, online: bool, as_json: bool) -> int:
    """Check."""
    checks = examine(subject_of(context, online=online))
    if as_json:
        output.write_array(json_text(check) for check in checks)
    else:
        show(checks)
    failed = any(check.status is Status.FAILED for check in checks)
    return output.ExitCode.FAILED if failed else output.ExitCode.OK


def subject_of(context: CliContext, *, online: bool = False) -> Subject:
    """Return what to look at; `online`: the server of the AI, too."""
    paths = context.paths
    subject = Subject(
        replica=paths.replica,
        state_dir=paths.state_dir,
        config_file=paths.config_file,
        playbook_dirs=paths.playbook_dirs,
        encoding=sys.stdout.encoding if sys.stdout is not None else "",
        terminal=context.environment.get("TERM", ""),
        terminal_size=_size(),
        mcp=lambda: read_mcp_config(paths.mcp_files, context.environment),
        now_ms=SystemClock().now_ms(),
    )
    if context.settings_error is not None:
        return msgspec.structs.replace(subject, settings_problem=str(context.settings_error))
    reach = reach_of(context.settings) if online else None
    return msgspec.structs.replace(subject, reach=reach, **_from_settings(context))


def _size() -> tuple[int, int] | None:
    if not output.is_terminal(sys.stdout):
        return None
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return None  # a terminal that says nothing of its size
    # Some say nothing, in numbers.
    return (size.columns, size.lines) if size.columns else None


def _from_settings(context: CliContext) -> dict[str, Any]:
    settings = context.settings
    tried = settings.overruled.get("ai.enabled")
    return {
        "ai_overruled": (settings.sources["ai.enabled"], tried) if tried else None,
        "machine_id": settings["machine_id"],
        "own_machine_id": known_machine_id(settings["machine_id"], settings.paths.state_dir),
        "user": settings["user"],
        "probe": probe_of(settings),
        "token": token_of(settings),
        "ai_enabled": settings["ai.enabled"],
        "ai_model": settings["ai.model"],
        "ai_base_url": settings["ai.base_url"],
        "ai_key_given": _has_key(settings),
    }


def _has_key(settings: Settings) -> bool:
    try:
        return bool(settings["ai.model"]) and has_key(settings, parse_model(settings["ai.model"]))
    except AssistantSetupError:
        return False  # the check of the assistant says what is wrong


def show(checks: Sequence[Check]) -> None:
    """Print checks, each with its remedy."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        _show(check, width)


def _show(check: Check, width: int) -> None:
    mark = {
        Status.OK: _("ok"),
        Status.WARNING: _("warning"),
        Status.FAILED: _("FAILED"),
    }[check.status]
    output.line(f"{mark:8} {check.name:{width}} {one_line(check.detail)}")
    if check.remedy:
        output.line(f"{'':{width + 9}} {one_line(check.remedy)}")
