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
from ipcom_chat.erasing_words import erase_question, erased
from ipcom_chat.errors import UsageError
from ipcom_chat.formats import instant
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.erasures import Change, Chosen, ErasureService, Field, How
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.history import EntryFilter

F = TypeVar("F", bound=Callable[..., Any])

SHOWN = 10
SHOWN_CHARS = 70


def _named(command: F) -> F:
    """Add what a verb acts on: ids, or a text."""
    words = click.argument("words", nargs=-1, metavar=_("ID"))
    query = click.option("--query", metavar=_("TEXT"),
                         help=_("Entries that say this, instead of ids."))  # fmt: skip
    return words(query(command))


def _act_options(command: F) -> F:
    """Add the options of every verb that takes something out."""
    options = (
        click.option("--dry-run", is_flag=True, help=_("Only say what would be done.")),
        click.option("--yes", "-y", is_flag=True, help=_("Do not ask.")),
        click.option("--everything", is_flag=True,
                     help=_("All that this machine holds, whatever the mode.")),
        kind_option(ALL),
        selection_options,
        json_option,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    "delete",
    cls=Verb,
    help=_("Delete entries for everybody, by id or by a text, with the commands they ran."),
)
@_named
@_act_options
@click.pass_obj
def delete(
    context: CliContext, /, *, words: Sequence[str], query: str | None, **options: Any
) -> int:
    """Delete entries."""
    act = _Act(context, "delete", options)
    chosen = act.chosen(words, query)
    return act.perform(chosen, lambda: act.service.delete(chosen))


@click.command("purge", cls=Verb, help=_("Delete everything from before a date, for everybody."))
@click.option("--before", type=Instant(), metavar=_("DATE"), required=True,
              help=_("Entries from before this date or time go."))  # fmt: skip
@_act_options
@click.pass_obj
def purge(context: CliContext, /, *, before: int, **options: Any) -> int:
    """Delete what is old."""
    act = _Act(context, "delete", options)
    chosen = act.older(before)
    return act.perform(chosen, lambda: act.service.delete(chosen))


@click.command(
    "redact",
    cls=Verb,
    help=_("Blank question, answer or both of entries, for everybody; the entries stay."),
)
@_named
@click.option("--command", "only_command", is_flag=True,
              help=_("Only the question, or the command line."))  # fmt: skip
@click.option("--response", "only_response", is_flag=True,
              help=_("Only the answer, and what its commands printed."))  # fmt: skip
@_act_options
@click.pass_obj
def redact(
    context: CliContext, /, *, words: Sequence[str], query: str | None, **options: Any
) -> int:
    """Blank texts."""
    fields = _fields(options.pop("only_command"), options.pop("only_response"))
    act = _Act(context, "redact", options)
    chosen = act.chosen(words, query)
    return act.perform(chosen, lambda: act.service.redact(chosen, fields))


def _fields(only_command: bool, only_response: bool) -> Sequence[Field]:  # noqa: FBT001 - two flags
    if only_command == only_response:
        return ("command", "response")
    return ("command",) if only_command else ("response",)


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

    def __init__(self, context: CliContext, how: How, options: dict[str, Any]) -> None:
        self._context = context
        self._how = how
        self._words: Sequence[str] = ()
        """What was given as ids."""
        self._dry_run: bool = options.pop("dry_run")
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

    def chosen(self, words: Sequence[str], query: str | None) -> Chosen:
        """Return what is meant.

        Raises:
            UsageError: nothing was named.
        """
        if (query is None or not query.strip()) and not any(word.strip() for word in words):
            raise UsageError(_("Name an id, or a text with --query."))
        if query is not None and words:
            raise UsageError(_("Name ids or a text with --query, not both."))
        self._words = words
        return self.service.choose(*self._selected, words=words, query=query)

    def older(self, before_ms: int) -> Chosen:
        """Return what is from before an instant."""
        scope, where = self._selected
        return self.service.older(scope, before_ms, where)

    def perform(self, chosen: Chosen, do: Callable[[], int]) -> int:
        """Ask, do it, and say what was done and what it does not reach; return the exit code.

        Args:
            chosen: what is meant.
            do: takes it out; returns how many entries changed.

        Raises:
            UsageError: somebody should be asked, and nobody is there.
        """
        if self._is_agreed(chosen):
            self._tell(chosen, do())
        return self._ended(chosen)

    def _is_agreed(self, chosen: Chosen) -> bool:
        """Show what is meant; return whether it is to be done."""
        self._show(chosen)
        if self._dry_run or not chosen.entries:
            return False
        if self._yes:
            return True
        if output.is_asked():
            return output.confirmed(erase_question(len(chosen.entries), self._how))
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

    def _tell(self, chosen: Chosen, count: int) -> None:
        output.note(erased(count, self._how))
        if (
            count
            and self._context.runtime.has_primary
            and not all(entry.private for entry in chosen.entries)
        ):
            output.note(_("Other machines follow with their next exchange with the primary."))
        tell_reach(self._context)

    def _ended(self, chosen: Chosen) -> int:
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
            output.note(self._nothing())
        elif self._dry_run:
            count = len(chosen.entries)
            output.note(n_("One entry; nothing was changed.",
                           "{count} entries; nothing was changed.", count))  # fmt: skip
        return output.ExitCode.OK if chosen.entries else output.ExitCode.FAILED

    def _nothing(self) -> str:
        if not self._words:
            return nothing()
        text = one_line(" ".join(self._words))
        shown = text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
        return _(
            "No entry has the id {text!r}, and none says that; 'ipcom-chat history list' shows "
            "the ids.",
            text=shown,
        )


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
