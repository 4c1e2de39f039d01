"""`monitor --check`: what cron, Nagios, Zabbix and their like run.

Source: Monitoring Plugins Development Guidelines, "Plugin Output" and "Return Codes".
"""

from enum import IntEnum

from ipcom_chat.cli import output
from ipcom_chat.cli.context import CliContext
from ipcom_chat.domain.alerts import Level
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError, UsageError
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.alerts import Checked
from ipcom_chat.services.exports import json_text


class CheckCode(IntEnum):
    """What the exit code says."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3
    """It could not be checked."""


_CODES = {
    Level.OK: CheckCode.OK, Level.WARNING: CheckCode.WARNING, Level.CRITICAL: CheckCode.CRITICAL,
}  # fmt: skip


def check_alerts(context: CliContext, form: str | None) -> int:
    """Print what holds, tell receivers what changed, and return the code.

    Raises:
        UsageError: a form was asked for that it does not have.
    """
    if form not in {None, "json"}:
        raise UsageError(_("--check goes alone, or with --json."))
    context.open_log()
    try:
        service = context.runtime.alerts()
        checked = service.check()
    except IpcomChatError as error:
        _show_unknown(error, as_json=form == "json")
        return CheckCode.UNKNOWN
    if form == "json":
        output.write(f"{json_text(checked)}\n")
    else:
        _show(checked)
    output.flush()  # whoever reads it need not wait for receivers
    service.deliver()
    return _CODES[checked.level]


def _show(checked: Checked) -> None:
    for each in checked.findings:
        output.line(f"{_CODES[each.level].name} {each.rule.value}: {each.text}")
    if not checked.findings:
        output.line(f"{CheckCode.OK.name}: {_checked(checked.rules)}")
    for rule in checked.unread:
        output.line(f"{CheckCode.UNKNOWN.name} {rule.value}: {_('it could not be read.')}")


def _checked(rules: int) -> str:
    return n_("one rule checked, no alert.", "{count} rules checked, no alert.", rules)


def _show_unknown(error: IpcomChatError, *, as_json: bool) -> None:
    if as_json:
        told = {"level": "unknown", "error": error.code, "text": one_line(str(error))}
        output.write(f"{json_text(told)}\n")
    else:
        output.line(f"{CheckCode.UNKNOWN.name}: {one_line(str(error))}")
