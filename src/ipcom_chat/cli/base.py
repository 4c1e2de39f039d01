"""What all verbs share: Click in the language of the screen, typed values, common options."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.context import CliContext
from ipcom_chat.errors import IpcomChatError, UsageError
from ipcom_chat.i18n import _

F = TypeVar("F", bound=Callable[..., Any])

LIMIT_MAX = 1_000_000
DAYS_MAX = 36_500
COMPLETED_MAX = 50
"""So many ids of sessions a shell is offered."""


class Formatter(click.HelpFormatter):
    """Help pages with headings in the language of the screen."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """See `click.HelpFormatter`."""
        super().write_usage(prog, args, prefix or _("Usage: "))

    def write_heading(self, heading: str) -> None:
        """See `click.HelpFormatter`."""
        known = {
            "Options": _("Options"),
            "Commands": _("Commands"),
            "Positional arguments": _("Arguments"),
        }
        super().write_heading(known.get(heading, heading))


class VerbContext(click.Context):
    """Click's context with our help pages."""

    formatter_class = Formatter


class Verb(click.Command):
    """One verb."""

    context_class = VerbContext

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("options_metavar", _("[OPTIONS]"))
        super().__init__(*args, **kwargs)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """See `click.Command`; the page goes through `output`."""
        return _own_help(super().get_help_option(ctx))


class Noun(click.Group):
    """A noun with its verbs."""

    context_class = VerbContext
    command_class = Verb

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("options_metavar", _("[OPTIONS]"))
        kwargs.setdefault("subcommand_metavar", _("VERB [ARGUMENTS]..."))
        super().__init__(*args, **kwargs)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """See `click.Command`; the page goes through `output`."""
        return _own_help(super().get_help_option(ctx))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`; an unknown verb is told with what may have been meant."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise UsageError(self.unknown(args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def unknown(self, word: str, known: Sequence[str]) -> str:
        """Return the sentence for a word that is no verb."""
        problem = _("There is no verb {word!r} in '{noun}'.", word=word, noun=self.name)
        return problem + _similar(word, known) + self.advice(known)

    def advice(self, known: Sequence[str]) -> str:
        """Return what to do instead of a word that is no verb."""
        # All of them: what is spelt alike can be the contrary, as `deactivate`, `reactivate`.
        return _(" Its verbs: {verbs}.", verbs=", ".join(known))


class Number(click.ParamType[int]):
    """A whole number of decimal digits within bounds."""

    name = "number"

    def __init__(self, minimum: int, maximum: int) -> None:
        self._minimum = minimum
        self._maximum = maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See `click.ParamType`."""
        if isinstance(value, int):
            return value
        digits = re.fullmatch(r"[0-9]{1,18}", value)
        number = int(value) if digits else None
        if number is None or not self._minimum <= number <= self._maximum:
            self.fail(
                _(
                    "{value!r} is not a whole number from {minimum} to {maximum}",
                    value=value,
                    minimum=self._minimum,
                    maximum=self._maximum,
                ),
                param,
                ctx,
            )
        return number


class OneOf(click.Choice[str]):
    """One of several words."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """See `click.Choice`."""
        del ctx
        return _("{value!r} is none of {choices}", value=value, choices=", ".join(self.choices))


class Instant(click.ParamType[int]):
    """An ISO 8601 date or time, local if it names no zone; epoch milliseconds."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See `click.ParamType`."""
        try:
            return int(datetime.fromisoformat(value).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            self.fail(
                _("{value!r} is no date like 2026-01-31 or 2026-01-31T08:00", value=value),
                param,
                ctx,
            )


def days_ago(days: int, now_ms: int) -> int:
    """Return when the last `days` days of the local calendar began, today included."""
    today = time.localtime(now_ms / 1000)
    # mktime takes a day of the month below 1, and a summer time that begins or ends between.
    start = (today.tm_year, today.tm_mon, today.tm_mday - days + 1, 0, 0, 0, 0, 0, -1)
    return int(time.mktime(start) * 1000)


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))(command)


def usernames(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a username; nothing is made and nothing is said if that cannot be done."""
    del param
    context = ctx.find_object(CliContext)
    try:
        if context is None or not context.settings.paths.replica.exists():
            return []
        users = context.runtime.users.all(inactive=True)
    except IpcomChatError:
        return []
    return [user.username for user in users if user.username.startswith(incomplete)]


def session_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the short id of a session, the one used last first; as `usernames`."""
    del param
    context = ctx.find_object(CliContext)
    try:
        if context is None or not context.settings.paths.replica.exists():
            return []
        runtime = context.runtime
        found = runtime.session_history.newest(
            runtime.scope(), runtime.origin(), limit=COMPLETED_MAX
        )
    except IpcomChatError:
        return []
    return [each.short_id for each in found if each.short_id.startswith(incomplete)]


def usage_error(error: click.ClickException) -> UsageError:
    """Translate what Click says of wrong arguments into one sentence of ours."""
    ctx = getattr(error, "ctx", None)
    hint = _(" See '{command} --help'.", command=ctx.command_path) if ctx else ""
    return UsageError(_problem(error) + hint)


def _problem(error: click.ClickException) -> str:
    match error:
        case click.NoSuchOption():
            known = error.possibilities or ()
            return _("There is no option {name}.", name=error.option_name) + _similar(
                error.option_name, known
            )
        case click.MissingParameter():
            return _("{name} is missing.", name=_name(error.param))
        case click.BadParameter():
            return _("{name}: {problem}.", name=_name(error.param), problem=error.message)
        case click.BadOptionUsage():
            return _("The option {name} needs a value, or takes none.", name=error.option_name)
    return _("There is an argument too many or too few.")


def _name(parameter: click.Parameter | None) -> str:
    if parameter is None:
        return _("A value")
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return parameter.human_readable_name


def _similar(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    found = get_close_matches(word, known, n=1)
    return _(" Did you mean '{word}'?", word=found[0]) if found else ""


def _own_help(option: click.Option | None) -> click.Option | None:
    if option is not None:
        option.help = _("Show this page.")
        option.callback = _show_help
    return option


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001
    del param
    if value and not ctx.resilient_parsing:
        output.line(ctx.get_help())
        ctx.exit()
