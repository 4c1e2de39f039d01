"""`history`: lists, shows, counts and exports entries."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import click
import msgspec

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import (
    DAYS_MAX,
    LIMIT_MAX,
    Instant,
    Noun,
    Number,
    OneOf,
    days_ago,
    json_option,
    usernames,
)
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.counts import show_stats, stats_object
from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status, storable
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.domain.votes import Vote
from ipcom_chat.formats import (
    instant,
    outcome_of,
    person,
    status_word,
    tally_words,
    voted,
    yes_no,
)
from ipcom_chat.i18n import _
from ipcom_chat.ids import SessionId, UserId
from ipcom_chat.services.exports import Format, encoded, json_text, write_file
from ipcom_chat.services.history import EntryFilter

F = TypeVar("F", bound=Callable[..., Any])

ALL = "all"
_TOLD_FROM: Final = 20_000
"""To count so many entries takes no longer than a moment."""
_KINDS = (*(kind.value for kind in Kind), ALL)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What the options of a verb select."""

    user: str | None = None
    kind: str = ALL
    days: int | None = None
    since: int | None = None
    status: str | None = None
    session: str | None = None


def selection_options(command: F) -> F:
    """Add the options that select entries, `--kind` aside."""
    options = (
        click.option("--user", metavar=_("USERNAME"), shell_complete=usernames,
                     help=_("Only what this user wrote.")),
        click.option("--days", type=Number(1, DAYS_MAX),
                     help=_("Only the last days, today included.")),
        click.option("--since", type=Instant(), metavar=_("DATE"),
                     help=_("Only since this date or time, such as 2026-01-31T08:00.")),
        click.option("--status", type=OneOf([status.value for status in Status]),
                     help=_("Only entries with this status.")),
        click.option("--session", metavar=_("ID"), help=_("Only entries of this session.")),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def kind_option(default: str) -> Callable[[F], F]:
    """Add `--kind`."""
    return click.option("--kind", type=OneOf(_KINDS), default=default, help=_("What to select."))


class _History(Noun):
    """The noun; verbs that bring much have files of their own, read when they are called."""

    elsewhere: ClassVar = {
        "delete": "history_erase:delete",
        "import": "history_import:import_history",
        "purge": "history_erase:purge",
        "redact": "history_erase:redact",
        "scan-secrets": "history_erase:scan_secrets",
        "search": "history_search:search",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See `click.Group`."""
        return sorted({*super().list_commands(ctx), *self.elsewhere})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See `click.Group`."""
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        module, _colon, name = self.elsewhere[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"ipcom_chat.cli.{module}"), name)
        return command


@click.group(
    cls=_History,
    help=_(
        "Search, list, show, count, import and export entries. Without a verb, on a terminal: "
        "search as you type."
    ),
)
def history() -> None:
    """Group the verbs."""


@history.command("list", help=_("List entries, newest first: questions, if --kind says no other."))
@kind_option(Kind.QUESTION.value)
@selection_options
@click.option("--limit", type=Number(1, LIMIT_MAX), default=20, help=_("How many at most."))
@json_option
@click.pass_obj
def list_entries(context: CliContext, /, *, limit: int, as_json: bool, **selected: Any) -> int:
    """List entries."""
    scope, where = select(context, Selection(**selected))
    entries = context.runtime.history.newest(scope, where, limit=limit, preview=not as_json)
    if as_json:
        found = output.write_array(_objects(context, entries))
    else:
        found = _show_list(context, list(entries), selected["kind"])
    return output.ExitCode.OK if found else output.ExitCode.FAILED


@history.command(help=_("Show one entry: question, answer, commands."))
@click.argument("entry_id", metavar=_("ID"))
@click.option("--events", is_flag=True, help=_("What happened to it, and when."))
@json_option
@click.pass_obj
def show(context: CliContext, *, entry_id: str, events: bool, as_json: bool) -> None:
    """Show an entry."""
    log = context.runtime.history
    entry = log.find(entry_id)
    commands = log.commands_of(entry.id)
    if as_json:
        (found,) = _decorated(context, iter([entry]))
        votes = context.runtime.votes.tally(entry)
        found |= {"commands": commands, "events": log.events(entry.id), "votes": votes}
        output.write(f"{json_text(found)}\n")
        return
    _show_facts(context, entry)
    _show_text(_("Command") if entry.kind is Kind.COMMAND else _("Question"), entry.command)
    _show_text(_("Output") if entry.kind is Kind.COMMAND else _("Answer"), entry.response)
    if commands:
        output.line(f"\n{_('Commands')}")
        for command in commands:
            output.line(f"  $ {one_line(command.command)}\n    {outcome_of(command)}")
    if events:
        _show_events(context, entry)


@history.command(help=_("Say that an entry is good or bad; none takes it back."))
@click.argument("entry_id", metavar=_("ID"))
@click.argument("vote", type=OneOf([vote.value for vote in Vote]))
@json_option
@click.pass_obj
def vote(context: CliContext, *, entry_id: str, vote: str, as_json: bool) -> None:
    """Vote on an entry."""
    runtime = context.runtime
    entry = runtime.history.find(entry_id)
    tally = runtime.votes.cast(entry, Vote(vote), runtime.origin())
    if as_json:
        output.write(f"{json_text({'id': entry.id, 'vote': vote, 'votes': tally})}\n")
        return
    output.note(voted(runtime.history.short_id(entry.id), tally))


@history.command(help=_("Count entries; days are those of the local time zone."))
@kind_option(ALL)
@selection_options
@json_option
@click.pass_obj
def stats(context: CliContext, /, *, as_json: bool, **selected: Any) -> int:
    """Count entries."""
    scope, where = select(context, Selection(**selected))
    log = context.runtime.history
    waiting = log.uncounted(scope, where)
    if waiting > _TOLD_FROM:
        output.note(_("Counting {count} changed entries…", count=waiting))
    counts, days = log.stats(scope, where), log.days(scope, where)
    if as_json:
        output.write(f"{json_text(stats_object(counts, days, {}))}\n")
    elif counts.entries:
        show_stats(counts, days, styled=context.styled)
    else:
        output.note(nothing())
    return output.ExitCode.OK if counts.entries else output.ExitCode.FAILED


@history.command(
    help=_("Export entries, oldest first, with all that an import needs to rebuild them.")
)
@click.option("--format", "form", type=OneOf([form.value for form in Format]),
              default=Format.JSON.value, help=_("How to write them."))  # fmt: skip
@click.option("--output", "path", metavar=_("FILE"), type=click.Path(path_type=Path),
              help=_("Where to, 0600; stdout if missing."))  # fmt: skip
@click.option("--force", is_flag=True, help=_("Replace the file if it exists."))
@click.option("--everything", is_flag=True,
              help=_("All that this machine holds, whatever the mode."))  # fmt: skip
@kind_option(ALL)
@selection_options
@click.pass_obj
def export(
    context: CliContext, /, *, form: str, path: Path | None, force: bool, **selected: Any
) -> int:
    """Export entries."""
    everything = selected.pop("everything")
    scope, where = select(context, Selection(**selected))
    if everything:
        scope = Scope(mode=None, machine_id=scope.machine_id)
    counted = _Counted(context.runtime.exports.records(scope, where))
    pieces = encoded(counted, Format(form))
    if path is None or str(path) == "-":
        for piece in pieces:
            output.write(piece)
    else:
        write_file(path, pieces, force=force)
        output.note(_("Wrote {count} entries to {path}.", count=counted.count, path=path))
    return output.ExitCode.OK if counted.count else output.ExitCode.FAILED


class _Counted:
    """Passes objects on and counts them."""

    def __init__(self, objects: Iterator[dict[str, Any]]) -> None:
        self._objects = objects
        self.count = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for each in self._objects:
            self.count += 1
            yield each


def select(context: CliContext, selection: Selection) -> tuple[Scope, EntryFilter]:
    """Return which history is read, and what the options select of it."""
    runtime = context.runtime
    scope = runtime.scope()
    user_id: UserId | None = None
    if selection.user:
        user_id = runtime.users.find(selection.user).id
        if not context.mode_is_given:
            # Like `--user` before the verb: that user's history, wherever the user wrote.
            scope = Scope(mode=Mode.USER, machine_id=runtime.machine_id, user_id=user_id)
    session_id: SessionId | None = None
    if selection.session:
        session_id = runtime.session_history.whole_id(storable(selection.session))
    now = runtime.clock.now_ms()
    since = max(selection.since or 0, days_ago(selection.days, now) if selection.days else 0)
    where = EntryFilter(
        kind=None if selection.kind == ALL else Kind(selection.kind),
        user_id=user_id,
        session_id=session_id,
        status=Status(selection.status) if selection.status else None,
        since_ms=since,
    )
    return scope, where


def _decorated(context: CliContext, entries: Iterator[Entry]) -> Iterator[dict[str, Any]]:
    """Yield entries as objects, with the names that belong to their ids."""
    log = context.runtime.history
    people, hosts = log.usernames(), log.hostnames()
    for entry in entries:
        yield msgspec.structs.asdict(entry) | {
            "short_id": log.short_id(entry.id),
            "username": people.get(entry.user_id or ""),
            "hostname": hosts.get(entry.machine_id),
        }


def _objects(context: CliContext, entries: Iterator[Entry]) -> Iterator[str]:
    return map(json_text, _decorated(context, entries))


def _show_list(context: CliContext, entries: list[Entry], kind: str) -> int:
    if not entries:
        output.note(nothing())
        return 0
    log = context.runtime.history
    people, hosts = log.usernames(), log.hostnames()
    columns = [
        tables.Column(_("Id")),
        tables.Column(_("When")),
        tables.Column(_("Who")),
        tables.Column(_("Where"), flexible=True),
        tables.Column(_("Outcome")),
        tables.Column(_("Command") if kind == Kind.COMMAND else _("Question"), flexible=True),
    ]
    rows = [
        (
            log.short_id(entry.id),
            instant(entry.created_at),
            people.get(entry.user_id or "") or entry.os_user,
            hosts.get(entry.machine_id, entry.machine_id[:12]),
            outcome_of(entry),
            f"$ {entry.command}" if kind == ALL and entry.kind is Kind.COMMAND else entry.command,
        )
        for entry in entries
    ]
    tables.show(columns, rows, styled=context.styled)
    return len(entries)


def _show_facts(context: CliContext, entry: Entry) -> None:
    log = context.runtime.history
    username = log.usernames().get(entry.user_id or "")
    tables.show_facts(
        [
            (_("Id"), entry.id),
            (_("Short id"), log.short_id(entry.id)),
            (_("Who"), person(username, entry.os_user)),
            (_("Where"), log.hostnames().get(entry.machine_id, entry.machine_id)),
            (_("Folder"), entry.cwd),
            (_("When"), instant(entry.created_at, seconds=True)),
            (_("Outcome"), outcome_of(entry)),
            (_("Cancelled by"), entry.cancelled_by),
            (_("Votes"), tally_words(context.runtime.votes.tally(entry))),
            (_("Mode"), entry.mode.value),
            (_("Private"), yes_no(entry.private)),
            (_("Model"), entry.model),
            (_("Tokens"), entry.tokens_used),
            (_("Session"), entry.session_id),
            (_("Question id"), entry.parent_id),
            (_("Retry of"), entry.retry_of),
        ]
    )


def _show_text(title: str, text: str | None) -> None:
    if text:
        output.line(f"\n{title}")
        output.line("\n".join(f"  {line}" for line in text.rstrip().splitlines()))


def _show_events(context: CliContext, entry: Entry) -> None:
    output.line(f"\n{_('Events')}")
    for event in context.runtime.history.events(entry.id):
        before = status_word(event.from_status) if event.from_status else "-"
        change = f"{before} -> {status_word(event.to_status)}"
        output.line(f"  {instant(event.at, seconds=True)}  {change}  {one_line(event.actor)}")


def nothing() -> str:
    """Return the sentence for an empty listing."""
    return _("Nothing was found in this history.")
