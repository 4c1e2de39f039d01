"""`config`: shows the settings with where each comes from, and changes them."""

import re
import sys
from typing import Any

import click

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import Noun, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _
from ipcom_chat.services.exports import json_text
from ipcom_chat.setting_definitions import KNOWN
from ipcom_chat.settings import MASK, RULE_SEPARATOR, SYSTEM_FILE, Secret, known, save

_LOGIN = re.compile(r"(?<=://)[^/?#]*@")
_QUERY = re.compile(r"([?&][^=&#]*(?:token|key|secret|passw|auth)[^=&#]*=)[^&#]*", re.IGNORECASE)


def _keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    del ctx, param
    return [key for key in KNOWN if key.startswith(incomplete)]


@click.group(cls=Noun, help=_("Show and change settings."))
def config() -> None:
    """Group the verbs."""


@config.command("list", help=_("List all settings, their values, and where each comes from."))
@json_option
@click.pass_obj
def list_settings(context: CliContext, *, as_json: bool) -> None:
    """List settings."""
    objects = [_object(context, key) for key in KNOWN]
    if as_json:
        output.write_array(json_text(each) for each in objects)
        return
    columns = [
        tables.Column(_("Setting")),
        tables.Column(_("Value"), flexible=True),
        tables.Column(_("From"), flexible=True),
        tables.Column(_("Variable")),
    ]
    rows = [
        (each["key"], _text(each["value"]), _source(each), each["variable"]) for each in objects
    ]
    tables.show(columns, rows, styled=context.styled)


@config.command(help=_("Print the value of one setting."))
@click.argument("key", metavar=_("KEY"), shell_complete=_keys)
@json_option
@click.pass_obj
def get(context: CliContext, *, key: str, as_json: bool) -> int:
    """Print a setting."""
    known(key, where="config get")
    found = _object(context, key)
    if as_json:
        output.write(f"{json_text(found)}\n")
    elif found["value"] is None:
        output.note(_("{key} is not set.", key=key))
    else:
        output.line(_text(found["value"]))
    return output.ExitCode.FAILED if found["value"] is None else output.ExitCode.OK


@config.command(
    "set",
    help=_(
        "Write one setting into your file; '-' reads the value from stdin. To take it back, delete "
        "its line from the file that 'ipcom-chat config path' prints."
    ),
    # `-1` is a value that is refused with a reason, no option.
    context_settings={"ignore_unknown_options": True},
)
@click.argument("key", metavar=_("KEY"), shell_complete=_keys)
@click.argument("value", metavar=_("VALUE"))
@click.pass_obj
def set_value(context: CliContext, *, key: str, value: str) -> None:
    """Write a setting."""
    setting = known(key, where="config set")
    if value == "-":
        value = _from_stdin(key)
    elif setting.secret:
        raise UsageError(
            _(
                "A secret on the command line can be read by others; give it on stdin: "
                "ipcom-chat config set {key} -",
                key=key,
            )
        )
    from ipcom_chat import models, targets  # noqa: PLC0415 - one verb needs them

    models.check_setting(key, value)
    targets.check_setting(key, value)
    path = context.paths.config_file
    save(path, key, value)
    output.note(_("Saved {key} in {path}.", key=key, path=path))


@config.command(help=_("Print where your settings are kept."))
@json_option
@click.pass_obj
def path(context: CliContext, *, as_json: bool) -> None:
    """Print paths."""
    paths = context.paths
    if not as_json:
        output.line(str(paths.config_file))
        return
    found = {
        "config_file": paths.config_file,
        "system_file": SYSTEM_FILE,
        "replica": paths.replica,
        "log_file": paths.log_file,
    }
    output.write(f"{json_text({name: str(each) for name, each in found.items()})}\n")


def _object(context: CliContext, key: str) -> dict[str, Any]:
    settings, setting = context.settings, KNOWN[key]
    value = settings[key]
    return {
        "key": key,
        "value": _shown(value),
        "source": settings.sources[key],
        "overruled": settings.overruled.get(key),
        "variable": setting.variable,
        "help": _(setting.help),
    }


def _source(setting: dict[str, Any]) -> str:
    source: str = setting["source"]
    if setting["overruled"]:
        return _(
            "{path}, a policy: {source} has no effect", path=source, source=setting["overruled"]
        )
    return {"default": _("default"), "flag": _("flag")}.get(source, source)


def _shown(value: Any) -> Any:
    """Return a value without the secret that it is, or that an address carries."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, str) and "://" in value:
        return _QUERY.sub(rf"\1{MASK}", _LOGIN.sub(f"{MASK}@", value))
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"{RULE_SEPARATOR} ".join(value)
    return value.value if isinstance(value, Mode) else str(value)


def _from_stdin(key: str) -> str:
    if output.is_terminal(sys.stdin):
        from getpass import getpass  # noqa: PLC0415 - only for somebody who types a secret

        return getpass(f"{key}: ")
    value = sys.stdin.readline().strip() if sys.stdin is not None else ""
    if not value:
        raise UsageError(_("There is no value on stdin."))
    return value
