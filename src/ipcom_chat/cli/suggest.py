"""`suggest`: what the team solved, commands that worked, what usually comes next, what is fresh."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.history import nothing
from ipcom_chat.cli.history_search import SearchVerb, catch_up
from ipcom_chat.domain.entry import Entry, Kind
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.formats import duration, outcome_of, tally_words
from ipcom_chat.i18n import _
from ipcom_chat.services.exports import json_text

if TYPE_CHECKING:
    from ipcom_chat.domain.suggestions import Habit
    from ipcom_chat.services.suggestions import Solved, Source, Suggestions, Worked

_BOLD = "\x1b[1m"
_PLAIN = "\x1b[0m"
_SHOWN_LINES = 6
_SHOWN_CHARS = 400


@click.command(
    "suggest",
    cls=SearchVerb,
    help=_(
        "Suggest, for a command or a question: what the team solved, similar commands that "
        "worked, what usually comes next, and what was answered a moment ago."
    ),
)
@click.argument("words", nargs=-1, required=True, metavar=_("WORDS"))
@json_option
@click.pass_obj
def suggest(context: CliContext, *, words: Sequence[str], as_json: bool) -> int:
    """Suggest."""
    runtime = context.runtime
    catch_up(runtime.search)
    found = runtime.suggestions.suggest(runtime.scope(), " ".join(words), runtime.origin().cwd)
    if as_json:
        output.write(f"{json_text(_object(found))}\n")
    elif found.is_empty:
        output.note(nothing())
    else:
        _show(found, styled=context.styled)
    return output.ExitCode.FAILED if found.is_empty else output.ExitCode.OK


def _object(found: "Suggestions") -> dict[str, Any]:
    return {
        "fresh": _fresh_object(found.fresh) if found.fresh else None,
        "solved": [_solved_object(each) for each in found.solved],
        "commands": [_worked_object(each) for each in found.commands],
        "next": found.next,
    }


def _fresh_object(source: "Source") -> dict[str, Any]:
    entry = source.entry
    return _source_object(source) | {
        "kind": entry.kind,
        "response": entry.response,
        "error_code": entry.error_code,
        "cwd": entry.cwd,
    }


def _source_object(source: "Source") -> dict[str, Any]:
    entry = source.entry
    return {
        "id": entry.id,
        "short_id": source.short_id,
        "command": entry.command,
        "username": source.username,
        "os_user": entry.os_user,
        "hostname": source.hostname,
        "created_at": entry.created_at,
        "age_ms": source.age_ms,
    }


def _solved_object(solved: "Solved") -> dict[str, Any]:
    return _source_object(solved.source) | {
        "response": solved.answer,
        "commands": [
            {"command": each.command, "error_code": each.error_code} for each in solved.commands
        ],
        "votes": solved.votes,
        "times": solved.times,
        "people": solved.people,
        "machines": solved.machines,
    }


def _worked_object(worked: "Worked") -> dict[str, Any]:
    practice = worked.practice
    return {
        "id": practice.last.id,
        "short_id": worked.short_id,
        "command": practice.last.command,
        "hostname": worked.hostname,
        "created_at": practice.last.at_ms,
        "age_ms": worked.age_ms,
        "exit_codes": practice.exit_codes,
        "times": practice.times,
        "people": practice.people,
        "machines": practice.machines,
    }


def _show(found: "Suggestions", *, styled: bool) -> None:
    sections = (
        (_("Still fresh"), [_fresh_lines(found.fresh)] if found.fresh else []),
        (_("Your team solved this"), [_solved_lines(each, found.fresh) for each in found.solved]),
        (_("Similar commands that worked"), [_worked_lines(each) for each in found.commands]),
        (_("What usually comes next"), [_next_lines(each) for each in found.next]),
    )
    blocks = [_block(title, items, styled=styled) for title, items in sections if items]
    output.write("\n".join(blocks))


def _block(title: str, items: Sequence[Iterable[str]], *, styled: bool) -> str:
    head = f"{_BOLD}{title}{_PLAIN}" if styled else title
    lines = (f"  {neutralise(line)}" for item in items for line in item)
    return "".join(f"{line}\n" for line in (head, *lines))


def _fresh_lines(source: "Source") -> Iterator[str]:
    entry = source.entry
    yield _title(entry)
    where = [_told(source)] + ([one_line(entry.cwd)] if entry.cwd and _is_command(entry) else [])
    yield f"  {'  '.join(where)}"
    yield from _text(entry.response or "")


def _solved_lines(solved: "Solved", shown: "Source | None") -> Iterator[str]:
    yield _title(solved.source.entry)
    facts = [
        _told(solved.source),
        tally_words(solved.votes),
        *_counts(solved.times, solved.people, solved.machines),
    ]
    yield f"  {'  '.join(filter(None, facts))}"
    for command in solved.commands[:_SHOWN_LINES]:
        yield f"  $ {one_line(command.command)}  {outcome_of(command)}"
    if shown is None or shown.entry.id != solved.source.entry.id:
        yield from _text(solved.answer)


def _worked_lines(worked: "Worked") -> Iterator[str]:
    practice = worked.practice
    yield f"$ {one_line(practice.last.command)}"
    facts = [worked.short_id, one_line(worked.hostname), _ago(worked.age_ms)]
    facts += [_codes(practice.exit_codes), *_counts(1, practice.people, practice.machines)]
    yield f"  {'  '.join(facts)}"


def _next_lines(habit: "Habit") -> Iterator[str]:
    yield f"$ {one_line(habit.command)}"
    often = _("{count} of {all} times", count=habit.times, all=habit.of)
    yield f"  {'  '.join([often, *_counts(1, habit.people, habit.machines)])}"


def _title(entry: Entry) -> str:
    text = one_line(entry.command)
    text = f"{text[:_SHOWN_CHARS]}…" if len(text) > _SHOWN_CHARS else text
    return f"$ {text}" if _is_command(entry) else text


def _is_command(entry: Entry) -> bool:
    return entry.kind is Kind.COMMAND


def _told(source: "Source") -> str:
    who = source.username or source.entry.os_user
    facts = (source.short_id, who, source.hostname, _ago(source.age_ms))
    return "  ".join(one_line(fact) for fact in facts)


def _ago(age_ms: int) -> str:
    return _("{age} ago", age=duration(age_ms))


def _codes(codes: Mapping[str, int]) -> str:
    told = ", ".join(f"{one_line(code)} ×{count}" for code, count in codes.items())
    return _("exit codes {codes}", codes=told)


def _counts(times: int, people: int, machines: int) -> list[str]:
    """Return how often, by whom and where, as far as it is more than the one that is named."""
    facts = [_("{count} times", count=times)] if times > 1 else []
    if people > 1:
        facts.append(_("{count} people", count=people))
    if machines > 1:
        facts.append(_("{count} machines", count=machines))
    return facts


def _text(text: str) -> Iterator[str]:
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines[:_SHOWN_LINES]:
        yield f"  {line[:_SHOWN_CHARS]}"
    if len(lines) > _SHOWN_LINES:
        yield "  …"
