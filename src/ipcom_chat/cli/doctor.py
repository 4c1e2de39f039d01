"""`doctor`: checks everything that the program needs, and says what to do about what is wrong."""

import sys
from typing import Any

import click
import msgspec

from ipcom_chat.assistant.endpoint import parse_model
from ipcom_chat.cli import output
from ipcom_chat.cli.base import Verb, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.host import known_machine_id
from ipcom_chat.i18n import _
from ipcom_chat.models import has_key
from ipcom_chat.runtime import probe_of
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.health import Check, Status, Subject, examine
from ipcom_chat.settings import Settings


@click.command(cls=Verb, help=_("Check everything that ipcom-chat needs; changes nothing."))
@json_option
@click.pass_obj
def doctor(context: CliContext, *, as_json: bool) -> int:
    """Check."""
    checks = examine(_subject(context))
    if as_json:
        output.write_array(json_text(check) for check in checks)
    else:
        for check in checks:
            _show(check)
    failed = any(check.status is Status.FAILED for check in checks)
    return output.ExitCode.FAILED if failed else output.ExitCode.OK


def _subject(context: CliContext) -> Subject:
    paths = context.paths
    subject = Subject(
        replica=paths.replica,
        state_dir=paths.state_dir,
        config_file=paths.config_file,
        playbook_dirs=paths.playbook_dirs,
        encoding=sys.stdout.encoding if sys.stdout is not None else "",
        terminal=context.environment.get("TERM", ""),
    )
    if context.settings_error is not None:
        return msgspec.structs.replace(subject, settings_problem=str(context.settings_error))
    return msgspec.structs.replace(subject, **_from_settings(context))


def _from_settings(context: CliContext) -> dict[str, Any]:
    settings = context.settings
    tried = settings.overruled.get("ai.enabled")
    return {
        "ai_overruled": (settings.sources["ai.enabled"], tried) if tried else None,
        "machine_id": settings["machine_id"],
        "own_machine_id": known_machine_id(settings["machine_id"], settings.paths.state_dir),
        "user": settings["user"],
        "probe": probe_of(settings),
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


def _show(check: Check) -> None:
    mark = {
        Status.OK: _("ok"),
        Status.WARNING: _("warning"),
        Status.FAILED: _("FAILED"),
    }[check.status]
    output.line(f"{mark:8} {check.name:12} {one_line(check.detail)}")
    if check.remedy:
        output.line(f"{'':21} {one_line(check.remedy)}")
