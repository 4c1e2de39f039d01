"""`sessions`: lists, searches, shows, renames, forks, exports and deletes conversations."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import LIMIT_MAX, Noun, Number, OneOf, json_option, session_ids
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.tables import Column
from ipcom_chat.domain.entry import Kind
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.formats import age, instant, outcome_of, person, yes_no
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.exports import json_text, write_file
from ipcom_chat.services.session_history import Asked, Summary, Turns
from ipcom_chat.session_words import count_word, delete_question, deleted, state_word

F = TypeVar("F", bound=Callable[..., Any])

MARKDOWN, JSON = "markdown", "json"


def session_argument(command: F) -> F:
    """Add the id of a session."""
    return click.argument("session_id", metavar=_("ID"), shell_complete=session_ids)(command)


@click.group(
    cls=Noun,
    help=_(
        "List, show, rename, fork, export and delete conversations. "
        "'ipcom-chat --resume ID' goes on with one."
    ),
)
def sessions() -> None:
    """Group the verbs."""


@sessions.command("list", help=_("List sessions in which something was asked, newest first."))
@click.option("--limit", type=Number(1, LIMIT_MAX), default=20, help=_("How many at most."))
@json_option
@click.pass_obj
def list_sessions(context: CliContext, *, limit: int, as_json: bool) -> int:
    """List sessions."""
    runtime = context.runtime
    found = runtime.session_history.newest(runtime.scope(), runtime.origin(), limit=limit)
    return _listed(context, found, as_json=as_json)


@sessions.command(help=_("Find sessions by their title or by what was asked in them."))
@click.argument("words", nargs=-1, required=True, metavar=_("WORDS"))
@click.option("--limit", type=Number(1, LIMIT_MAX), default=20, help=_("How many at most."))
@json_option
@click.pass_obj
def search(context: CliContext, *, words: Sequence[str], limit: int, as_json: bool) -> int:
    """Search sessions."""
    from ipcom_chat.cli.history_search import catch_up  # noqa: PLC0415 - brings Tantivy

    runtime = context.runtime
    catch_up(runtime.search)
    found = runtime.session_history.search(
        runtime.scope(), runtime.origin(), " ".join(words), runtime.search, limit=limit
    )
    return _listed(context, found, as_json=as_json)


@sessions.command(help=_("Show what was asked and answered in a session."))
@session_argument
@json_option
@click.pass_obj
def show(context: CliContext, *, session_id: str, as_json: bool) -> None:
    """Show a session."""
    session, summary = _found(context, session_id)
    turns = context.runtime.session_history.turns(session, context.runtime.origin())
    if as_json:
        for piece in _json(summary, turns):
            output.write(piece)
        return
    _show_facts(context, summary)
    for asked in turns.asked:
        _show_turn(asked)


@sessions.command(help=_("Give a session a title."))
@session_argument
@click.argument("words", nargs=-1, required=True, metavar=_("TITLE"))
@json_option
@click.pass_obj
def rename(context: CliContext, *, session_id: str, words: Sequence[str], as_json: bool) -> None:
    """Rename a session."""
    session, _summary = _found(context, session_id)
    runtime = context.runtime
    title = runtime.session_history.rename(session, " ".join(words), runtime.origin())
    short_id = runtime.session_history.short_id(session.id)
    if as_json:
        output.write(f"{json_text({'id': session.id, 'short_id': short_id, 'title': title})}\n")
    else:
        output.line(_("The session {id} is called: {title}", id=short_id, title=one_line(title)))


@sessions.command(help=_("Begin a session that goes on from another, which stays as it is."))
@session_argument
@json_option
@click.pass_obj
def fork(context: CliContext, *, session_id: str, as_json: bool) -> None:
    """Fork a session."""
    session, summary = _found(context, session_id)
    runtime = context.runtime
    runtime.register_machine()
    taken = runtime.resuming.fork(session, runtime.origin(), mode_is_given=runtime.mode_is_given)
    new = runtime.resuming.record(taken)
    short_id = runtime.session_history.short_id(new)
    if as_json:
        told = {"id": new, "short_id": short_id, "parent_id": session.id}
        output.write(f"{json_text(told)}\n")
        return
    output.line(
        _(
            "The session {id} goes on from {parent}: ipcom-chat --resume {id}",
            id=short_id,
            parent=summary.short_id,
        )
    )


@sessions.command(help=_("Write a session as Markdown or JSON, oldest question first."))
@session_argument
@click.option("--format", "form", type=OneOf([MARKDOWN, JSON]), default=MARKDOWN,
              help=_("How to write it."))  # fmt: skip
@click.option("--output", "path", metavar=_("FILE"), type=click.Path(path_type=Path),
              help=_("Where to, 0600; stdout if missing."))  # fmt: skip
@click.option("--force", is_flag=True, help=_("Replace the file if it exists."))
@click.pass_obj
def export(
    context: CliContext, *, session_id: str, form: str, path: Path | None, force: bool
) -> int:
    """Export a session."""
    session, summary = _found(context, session_id)
    turns = context.runtime.session_history.turns(session, context.runtime.origin())
    written = _json(summary, turns) if form == JSON else _markdown(summary, turns)
    if path is None or str(path) == "-":
        for piece in written:
            output.write(piece)
    else:
        write_file(path, written, force=force)
        count = len(turns.asked)
        output.note(
            n_("Wrote one question to {path}", "Wrote {count} questions to {path}", count,
               path=path)
        )  # fmt: skip
    return output.ExitCode.OK if turns.asked else output.ExitCode.FAILED


@sessions.command(help=_("Delete a session for everybody, with what was asked and run in it."))
@session_argument
@click.option("--dry-run", is_flag=True, help=_("Only say what would be done."))
@click.option("--keep-entries", is_flag=True,
              help=_("Keep the questions and commands; only the session goes."))  # fmt: skip
@click.option("--yes", "-y", is_flag=True, help=_("Do not ask."))
@json_option
@click.pass_obj
def delete(
    context: CliContext,
    *,
    session_id: str,
    dry_run: bool,
    keep_entries: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete a session."""
    # Imported when it is called: the verbs that read need none of it.
    from ipcom_chat.cli.history_erase import tell_reach  # noqa: PLC0415 - see above

    runtime = context.runtime
    session, summary = _found(context, session_id)
    doomed = runtime.session_history.doomed(session, runtime.origin(), runtime.erasures)
    chosen = None if keep_entries else doomed
    count = len(chosen.entries) if chosen else 0
    output.note(f"  {summary.short_id}  {instant(summary.active_at)}  {summary.title}")
    if not dry_run and (yes or not output.is_asked() or output.confirmed(delete_question(count))):
        runtime.session_history.delete(session, runtime.erasures, chosen)
        output.note(deleted(count))
        if runtime.has_primary and not session.private:
            output.note(_("Other machines follow with their next exchange with the primary."))
        tell_reach(context)
        done = True
    else:
        output.note(n_("One entry; nothing was changed.",
                       "{count} entries; nothing was changed.", count))  # fmt: skip
        done = dry_run
    if as_json:
        told = {"id": session.id, "short_id": summary.short_id, "entries": count}
        output.write(f"{json_text(told)}\n")
    return output.ExitCode.OK if done else output.ExitCode.FAILED


def _found(context: CliContext, text: str) -> tuple[Session, Summary]:
    runtime = context.runtime
    session = runtime.session_history.find(text)
    return session, runtime.session_history.summary(session, runtime.origin())


def _listed(context: CliContext, found: Sequence[Summary], *, as_json: bool) -> int:
    if as_json:
        output.write_array(json_text(summary_object(each)) for each in found)
    elif found:
        _show_table(context, found)
    else:
        output.note(_("There is no such session in this history."))
    return output.ExitCode.OK if found else output.ExitCode.FAILED


def summary_object(summary: Summary) -> dict[str, Any]:
    """Return a session as it is written in JSON."""
    facts = msgspec.structs.asdict(summary.session)
    return facts | {
        "short_id": summary.short_id,
        "shown_title": summary.title,
        "questions": summary.questions,
        "active_at": summary.active_at,
        "who": summary.who,
        "hostname": summary.hostname,
        "state": summary.state.value,
    }


def _show_table(context: CliContext, found: Sequence[Summary]) -> None:
    columns = [
        Column(_("Id")),
        Column(_("When")),
        Column(_("Who")),
        Column(_("Where"), flexible=True),
        Column(_("State")),
        Column(_("Questions"), right=True),
        Column(_("Title"), flexible=True),
    ]
    now = context.runtime.clock.now_ms()
    rows = [
        (
            each.short_id,
            age(now, each.active_at),
            each.who,
            each.hostname,
            state_word(each.state),
            count_word(each),
            each.title,
        )
        for each in found
    ]
    tables.show(columns, rows, styled=context.styled)


def _show_facts(context: CliContext, summary: Summary) -> None:
    session = summary.session
    log = context.runtime.history
    tables.show_facts(
        [
            (_("Id"), session.id),
            (_("Short id"), summary.short_id),
            (_("Title"), summary.title),
            (_("Who"), person(log.username(session.user_id), session.os_user)),
            (_("Where"), summary.hostname),
            (_("Begun"), instant(session.started_at)),
            (_("Used last"), instant(summary.active_at)),
            (_("State"), state_word(summary.state)),
            (_("Questions"), count_word(summary)),
            (_("Mode"), session.mode),
            (_("Private"), yes_no(session.private)),
            (_("Goes on from"), session.parent_id),
        ]
    )


def _show_turn(asked: Asked) -> None:
    entry = asked.entry
    head = f"{instant(entry.created_at)}  {outcome_of(entry)}"
    mark = "$ " if entry.kind is Kind.COMMAND else "❯ "
    output.line(f"\n{head}\n{_indented(mark, entry.command)}")
    for command in asked.commands:
        output.line(f"  $ {one_line(command.command)}\n    {outcome_of(command)}")
    if entry.response:
        output.line(_indented("  ", entry.response))


def _indented(mark: str, text: str) -> str:
    first, *others = neutralise(text).rstrip().splitlines() or [""]
    return "\n".join([f"{mark}{first}", *(f"  {line}" for line in others)])


def _json(summary: Summary, turns: Turns) -> Iterator[str]:
    from ipcom_chat.tui.transcript_export import json_pieces  # noqa: PLC0415 - two verbs

    return json_pieces(turns.asked, summary_object(summary))


def _markdown(summary: Summary, turns: Turns) -> Iterator[str]:
    from ipcom_chat.tui.transcript_export import pieces  # noqa: PLC0415 - one verb

    head = f"{summary.who} · {summary.hostname} · {summary.title}"
    return pieces(turns.asked, head)
