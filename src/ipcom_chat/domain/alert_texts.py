"""What people read of an alert: one line that says what is, and what to do."""

from collections.abc import Callable
from typing import Final

from ipcom_chat.domain.alerts import Change, Level, Rule
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.i18n import _, decimal

_DAY_S: Final = 86_400


def problem(rule: Rule, value: float, limit: float, name: str = "") -> str:
    """Return what is wrong and what to do.

    Args:
        rule: what is watched.
        value: what was read.
        limit: the limit that it is beyond.
        name: whom it is about, if the rule is about people.
    """
    return one_line(_PROBLEMS[rule](value, limit, name))


def told(change: Change) -> str:
    """Return the line that a change is told with."""
    if change.level is Level.OK:
        return one_line(_("Over: {title}.", title=title(change.rule, change.name)))
    if change.value is None or not change.is_beyond:
        return settling(change.rule, change.name)
    return problem(change.rule, change.value, change.limit, change.name)


def settling(rule: Rule, name: str = "") -> str:
    """Return what is said of an alert whose value is better, but not for long enough."""
    return one_line(_("Better, to be watched: {title}.", title=title(rule, name)))


def title(rule: Rule, name: str = "") -> str:
    """Return what a rule watches, in a few words."""
    text = {
        Rule.WRITE_LATENCY: _("saving was slow"),
        Rule.PRIMARY: _("the primary did not answer"),
        Rule.QUEUE: _("too many rows waited"),
        Rule.PARKED: _("rows were refused"),
        Rule.SYNC_LAG: _("changes waited too long"),
        Rule.ERROR_RATE: _("too many requests failed"),
        Rule.CANCELLATION_RATE: _("too many requests were cancelled"),
        Rule.CLOCK_SKEW: _("the clock was wrong"),
        Rule.CERTIFICATE: _("the primary's certificate was about to expire"),
        Rule.TOKEN: _("the primary's token was about to expire"),
        Rule.DISK: _("the disk was nearly full"),
        Rule.AI_TOKENS: _("the budget of AI tokens was used up"),
        Rule.AI_COST: _("the budget of AI costs was used up"),
        Rule.PRIMARY_ROWS: _("the primary held more entries than planned"),
        Rule.PRIMARY_SIZE: _("the primary was larger than planned"),
    }[rule]
    return f"{text} ({name})" if name else text


def span(seconds: float) -> str:
    """Return a time in the largest unit that fits."""
    for unit, size in (("d", _DAY_S), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{decimal(seconds / size)} {unit}"
    return f"{seconds:.0f} s"


def _write_latency(value: float, limit: float, _name: str) -> str:
    return _("Saving takes {value} ms (p95), more than {limit} ms: look at the disk and what else "
             "writes to it.", value=_number(value), limit=_number(limit))  # fmt: skip


def _primary(value: float, _limit: float, _name: str) -> str:
    return _("The primary has not answered for {span}: 'ipcom-chat sync status' says why; what is "
             "saved here is safe and waits.", span=span(value))  # fmt: skip


def _queue(value: float, limit: float, _name: str) -> str:
    return _("{value} rows wait for the primary, more than {limit}: see 'ipcom-chat sync status'; "
             "is 'sync --watch' running?", value=_number(value), limit=_number(limit))  # fmt: skip


def _parked(value: float, _limit: float, _name: str) -> str:
    return _("Rows that the primary refused: {value}. See 'ipcom-chat sync status', then "
             "'ipcom-chat sync retry'.", value=_number(value))  # fmt: skip


def _sync_lag(value: float, limit: float, _name: str) -> str:
    return _("The oldest change has waited {span} for the primary, more than {limit}: see "
             "'ipcom-chat sync status'.", span=span(value), limit=span(limit))  # fmt: skip


def _error_rate(value: float, limit: float, _name: str) -> str:
    return _("{value} % of the requests failed, more than {limit} %: see 'ipcom-chat doctor' and "
             "the log.", value=_number(value), limit=_number(limit))  # fmt: skip


def _cancellation_rate(value: float, limit: float, _name: str) -> str:
    return _("{value} % of the requests were cancelled, more than {limit} %: answers may be too "
             "slow or of no use; see 'ipcom-chat monitor'.",
             value=_number(value), limit=_number(limit))  # fmt: skip


def _clock_skew(value: float, limit: float, _name: str) -> str:
    return _("This machine's clock is {span} away from the primary's, more than {limit}: "
             "timedatectl set-ntp true", span=span(value), limit=span(limit))  # fmt: skip


def _certificate(value: float, _limit: float, _name: str) -> str:
    if value <= 0:
        return _("The primary's TLS certificate has expired: renew it on the server.")
    return _("The primary's TLS certificate expires in {span}: renew it on the server.",
             span=span(value * _DAY_S))  # fmt: skip


def _token(value: float, _limit: float, _name: str) -> str:
    if value <= 0:
        return _("The primary's token has expired: make a new one and set TURSO_AUTH_TOKEN.")
    return _("The primary's token expires in {span}: make a new one and set TURSO_AUTH_TOKEN.",
             span=span(value * _DAY_S))  # fmt: skip


def _disk(value: float, limit: float, _name: str) -> str:
    return _("{value} MiB are free on the disk of the history, less than {limit} MiB: free some "
             "space.", value=_number(value), limit=_number(limit))  # fmt: skip


def _ai_tokens(value: float, limit: float, name: str) -> str:
    return _("{name} has used {value} AI tokens today, more than {limit}: see 'ipcom-chat "
             "monitor --once'.",
             name=name, value=_number(value), limit=_number(limit))  # fmt: skip


def _ai_cost(value: float, limit: float, name: str) -> str:
    return _("The AI's answers to {name} have cost US$ {value} today, more than US$ {limit}: see "
             "'ipcom-chat monitor --once'.",
             name=name, value=f"{value / 100:.2f}", limit=f"{limit / 100:.2f}")  # fmt: skip


def _primary_rows(value: float, limit: float, _name: str) -> str:
    return _("The primary holds {value} entries, more than {limit}: raise the plan, or purge old "
             "ones.", value=_number(value), limit=_number(limit))  # fmt: skip


def _primary_size(value: float, limit: float, _name: str) -> str:
    return _("The primary takes {value} MiB, more than {limit} MiB: raise the plan, or purge old "
             "entries.", value=_number(value), limit=_number(limit))  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.0f}" if value == round(value) or value >= 100 else decimal(value)


_PROBLEMS: Final[dict[Rule, Callable[[float, float, str], str]]] = {
    Rule.WRITE_LATENCY: _write_latency,
    Rule.PRIMARY: _primary,
    Rule.QUEUE: _queue,
    Rule.PARKED: _parked,
    Rule.SYNC_LAG: _sync_lag,
    Rule.ERROR_RATE: _error_rate,
    Rule.CANCELLATION_RATE: _cancellation_rate,
    Rule.CLOCK_SKEW: _clock_skew,
    Rule.CERTIFICATE: _certificate,
    Rule.TOKEN: _token,
    Rule.DISK: _disk,
    Rule.AI_TOKENS: _ai_tokens,
    Rule.AI_COST: _ai_cost,
    Rule.PRIMARY_ROWS: _primary_rows,
    Rule.PRIMARY_SIZE: _primary_size,
}
