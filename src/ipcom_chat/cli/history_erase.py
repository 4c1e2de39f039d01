"""`history delete|purge|redact|scan-secrets`: take entries or texts out, for everybody.

Nothing is asked for but on a terminal; elsewhere, what reaches several entries by their text or
their age needs `--yes`. What cannot be reached from here is named afterwards.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import Instant, Verb, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.history import ALL, Selection, kind_option, nothing, select, selection_options
from ipcom_chat.domain.entry import Entry, Kind, Scope
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import UsageError
from ipcom_chat.formats import instant
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.erasures import Change, Chosen, ErasureService, Field
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.history import EntryFilter

F = TypeVar("F", bound=Callable[..., Any])

SHOWN = 10
SHOWN_CHARS = 70


def _dry_run(command: F) -> F:
    return click.option("--dry-run", is_flag=True, help=_("Only say what would be done."))(command)


def _yes(command: F) -> F:
    return click.option("--yes", "-y", is_flag=True, help=_("Do not ask."))(command)


def _query(command: F) -> F:
    return click.option(
        "--query", metavar=_("TEXT"), help=_("Entries that say this, instead of ids.")
    )(command)


def _everything(command: F) -> F:
    return click.option(
        "--everything", is_flag=True, help=_("All that this machine holds, whatever the mode.")
    )(command)


@click.command(
    "delete",
    cls=Verb,
    help=_("Delete entries for everybody, by id or by a text, with the commands they ran."),
)
@click.argument("words", nargs=-1, metavar=_("ID"))
@_query
@_dry_run
@_yes
@_everything
@kind_option(ALL)
@selection_options
@json_option
@click.pass_obj
def delete(
    context: CliContext, /, *, words: Sequence[str], query: str | None, **options: Any
) -> int:
    """Delete entries."""
    act = _Act(context, options)
    return _delete(act, act.chosen(words, query))


@click.command("purge", cls=Verb, help=_("Delete everything from before a date, for everybody."))
@click.option("--before", type=Instant(), metavar=_("DATE"), required=True,
              help=_("Entries from before this date or time go."))  # fmt: skip
@_dry_run
@_yes
@_everything
@kind_option(ALL)
@selection_options
@json_option
@click.pass_obj
def purge(context: CliContext, /, *, before: int, **options: Any) -> int:
    """Delete what is old."""
    act = _Act(context, options)
    return _delete(act, act.service.older(act.scope, before, act.where))


@click.command(
    "redact",
    cls=Verb,
    help=_("Blank question, answer or both of entries, for everybody; the entries stay."),
)
@click.argument("words", nargs=-1, metavar=_("ID"))
@_query
@click.option("--command", "only_command", is_flag=True,
              help=_("Only the question, or the command line."))  # fmt: skip
@click.option("--response", "only_response", is_flag=True,
              help=_("Only the answer, and what its commands printed."))  # fmt: skip
@_dry_run
@_yes
@_everything
@kind_option(ALL)
@selection_options
@json_option
@click.pass_obj
def redact(
    context: CliContext, /, *, words: Sequence[str], query: str | None, **options: Any
) -> int:
    """Blank texts."""
    fields: list[Field] = ["command", "response"]
    if options.pop("only_command"):
        fields.remove("response")
    if options.pop("only_response"):
        fields.remove("command")
    act = _Act(context, options)
    if not fields:
        fields = ["command", "response"]
    chosen = act.chosen(words, query)
    if not act.is_agreed(
        chosen,
        n_("Blank this entry for everybody?", "Blank these {count} entries for everybody?",
           len(chosen.entries)),
    ):  # fmt: skip
        return act.ended(chosen)
    count = act.service.redact(chosen, fields)
    act.tell(n_("Blanked one entry.", "Blanked {count} entries.", count), chosen, count)
    return act.ended(chosen)


@click.command(
    "scan-secrets",
    cls=Verb,
    help=_("Find secrets that were stored before today's rules of redaction knew them."),
)
@click.option("--fix", is_flag=True, help=_("Mask them, for everybody."))
@json_option
@click.pass_obj
def scan_secrets(context: CliContext, *, fix: bool, as_json: bool) -> int:
    """Look at every entry that newer rules have not seen."""
    service = context.runtime.erasures
    history = context.runtime.history
    changes = list(service.scan())
    rows = [_found(history.short_id(each.before.id), each) for each in changes]
    fixed = service.fix(changes) if fix else 0
    if as_json:
        output.write_array(json_text(row) for row in rows)
    else:
        for row in rows:
            output.line(
                f"{row['short_id']}  {instant(row['created_at'])}  {', '.join(row['kinds'])}"
            )
    _tell_scan(len(rows), fixed, fix=fix)
    if fixed:
        tell_reach(context)
    return output.ExitCode.OK if fix or not rows else output.ExitCode.FAILED


def _tell_scan(found: int, fixed: int, *, fix: bool) -> None:
    if not found:
        output.note(_("No secret was found that is not masked already."))
    elif fix:
        output.note(n_("Masked secrets in one entry.", "Masked secrets in {count} entries.", fixed))
    else:
        output.note(
            n_(
                "One entry holds secrets; --fix masks them.",
                "{count} entries hold secrets; --fix masks them.",
                found,
            )
        )


def _found(short_id: str, change: Change) -> dict[str, Any]:
    return {
        "id": change.before.id,
        "short_id": short_id,
        "created_at": change.before.created_at,
        "kinds": _kinds(change),
        "redaction_command": change.before.redaction_command,
        "redaction_response": change.before.redaction_response,
    }


def _kinds(change: Change) -> list[str]:
    from ipcom_chat.domain.redaction import redact as mask  # noqa: PLC0415 - brings the rules

    texts = (change.before.command, change.before.response or "")
    return list(dict.fromkeys(kind for text in texts for kind in mask(text).kinds))


class _Act:
    """One verb at work: what is chosen, whether it may be done, what is said of it."""

    def __init__(self, context: CliContext, options: dict[str, Any]) -> None:
        self._context = context
        self.dry_run: bool = options.pop("dry_run")
        self._yes: bool = options.pop("yes")
        self._everything: bool = options.pop("everything")
        self._as_json: bool = options.pop("as_json")
        self._options = options

    @property
    def service(self) -> ErasureService:
        """What does it."""
        return self._context.runtime.erasures

    @cached_property
    def _selected(self) -> tuple[Scope, EntryFilter]:
        scope, where = select(self._context, Selection(**self._options))
        if self._everything:
            scope = Scope(mode=None, machine_id=scope.machine_id)
        return scope, where

    @property
    def scope(self) -> Scope:
        """Which history a text is looked for in."""
        return self._selected[0]

    @property
    def where(self) -> EntryFilter:
        """Which entries of it."""
        return self._selected[1]

    def chosen(self, words: Sequence[str], query: str | None) -> Chosen:
        """Return what is meant.

        Raises:
            UsageError: nothing was named.
        """
        if (query is None or not query.strip()) and not any(word.strip() for word in words):
            raise UsageError(_("Name an id, or a text with --query."))
        if query is not None and words:
            raise UsageError(_("Name ids or a text with --query, not both."))
        return self.service.choose(self.scope, self.where, words=words, query=query)

    def is_agreed(self, chosen: Chosen, question: str) -> bool:
        """Show what is meant; return whether it is to be done.

        Raises:
            UsageError: somebody should be asked, and nobody is there.
        """
        self._show(chosen)
        if self.dry_run or not chosen.entries:
            return False
        if self._yes:
            return True
        if output.is_asked():
            return output.confirmed(question)
        if chosen.is_by_text and len(chosen.entries) > 1:
            raise UsageError(
                _("This reaches several entries: say --yes, or look first with --dry-run.")
            )
        return True

    def _show(self, chosen: Chosen) -> None:
        if self._as_json:
            return
        for entry in chosen.entries[:SHOWN]:
            output.note(self._line(entry))
        rest = len(chosen.entries) - SHOWN
        if rest > 0:
            output.note(n_("… and one more", "… and {count} more", rest))

    def _line(self, entry: Entry) -> str:
        mark = "$ " if entry.kind is Kind.COMMAND else ""
        text = one_line(entry.command[: 2 * SHOWN_CHARS])
        cut = f"{text[:SHOWN_CHARS]}…" if len(text) > SHOWN_CHARS else text
        short_id = self._context.runtime.history.short_id(entry.id)
        return f"  {short_id}  {instant(entry.created_at)}  {mark}{cut}"

    def tell(self, done: str, chosen: Chosen, count: int) -> None:
        """Say what was done, and what it does not reach."""
        output.note(done)
        if (
            count
            and self._context.runtime.has_primary
            and not all(entry.private for entry in chosen.entries)
        ):
            output.note(_("Other machines follow with their next exchange with the primary."))
        tell_reach(self._context)

    def ended(self, chosen: Chosen) -> int:
        """Print the JSON, name what stayed; return the exit code."""
        if self._as_json:
            output.write_array(
                json_text({"id": each.id, "kind": each.kind, "created_at": each.created_at})
                for each in chosen.entries
            )
        history = self._context.runtime.history
        for entry in chosen.busy:
            output.note(
                _(
                    "{id} is still being answered and stays; 'ipcom-chat cancel {id}' stops it.",
                    id=history.short_id(entry.id),
                )
            )
        if not chosen.entries and not chosen.busy:
            output.note(nothing())
        elif self.dry_run:
            count = len(chosen.entries)
            output.note(n_("One entry; nothing was changed.",
                           "{count} entries; nothing was changed.", count))  # fmt: skip
        return output.ExitCode.OK if chosen.entries else output.ExitCode.FAILED


def _delete(act: _Act, chosen: Chosen) -> int:
    if act.is_agreed(
        chosen,
        n_("Delete this entry for everybody?", "Delete these {count} entries for everybody?",
           len(chosen.entries)),
    ):  # fmt: skip
        count = act.service.delete(chosen)
        act.tell(n_("Deleted one entry.", "Deleted {count} entries.", count), chosen, count)
    return act.ended(chosen)


def tell_reach(context: CliContext) -> None:
    """Let the index and the vectors follow; say what still holds the old text."""
    _tell_pending(context.runtime.erasures)
    if context.paths.search.exists():
        context.runtime.search.catch_up()
    context.runtime.forget_meanings()
    _tell_unreached(context.runtime.erasures)


def _tell_pending(service: ErasureService) -> None:
    if not service.finish():
        output.note(
            _(
                "Another program is reading the history: the old text leaves the disk when it is "
                "done, at the latest when ipcom-chat starts next."
            )
        )


def _tell_unreached(service: ErasureService) -> None:
    output.note(_("Not reached: exports, backups, and what was copied elsewhere."))
    for path in service.copies():
        output.note(f"  {path}")
