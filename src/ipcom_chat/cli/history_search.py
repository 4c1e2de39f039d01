"""`history search`: finds entries by what people type."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ipcom_chat.cli import output
from ipcom_chat.cli.base import LIMIT_MAX, Number, Verb, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.history import (
    ALL,
    Selection,
    kind_option,
    nothing,
    select,
    selection_options,
)
from ipcom_chat.domain.entry import Kind
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.errors import UsageError
from ipcom_chat.formats import instant, outcome_of
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.history import EntryFilter

if TYPE_CHECKING:
    from ipcom_chat.meaning.client import Meaning
    from ipcom_chat.services.search import Found, Hit, Marked, SearchService, Wanted

_BOLD = "\x1b[1m"
_DIM = "\x1b[2m"
_MARKED = "\x1b[1;33m"
_PLAIN = "\x1b[0m"
_TITLE_CHARS = 400
_TOLD_FROM = 200
"""Fewer entries than these are read before a sentence about them is."""


class SearchVerb(Verb):
    """A verb whose words may look like short options: `ss -tulpn`, `-x`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command`; what begins with one dash is text."""
        takes_value = {
            name
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        }
        options: list[str] = []
        words: list[str] = []
        queue = deque(args)
        while queue:
            word = queue.popleft()
            if word == "--":
                words += queue
                break
            if word == "-h" or (word.startswith("--") and " " not in word.partition("=")[0]):
                options.append(word)
                if word in takes_value and queue:
                    options.append(queue.popleft())
            else:
                words.append(word)
        return super().parse_args(ctx, [*options, "--", *words])


@click.command(
    "search",
    cls=SearchVerb,
    help=_(
        'Find entries: words, "phrases", begin*, -not, and user: machine: session: status: tag: '
        "kind: cwd: exit: mode: before: after:. What begins with two dashes goes after '--'."
    ),
)
@click.argument("words", nargs=-1, metavar=_("WORDS"))
@kind_option(ALL)
@selection_options
@click.option("--limit", type=Number(1, LIMIT_MAX), default=20, help=_("How many at most."))
@click.option("--explain", is_flag=True, help=_("Show why each entry stands where it stands."))
@click.option(
    "--semantic",
    is_flag=True,
    help=_("Compare meanings, too: load the model of meanings, and wait for it."),
)
@json_option
@click.pass_obj
def search(
    context: CliContext,
    /,
    *,
    words: Sequence[str],
    limit: int,
    explain: bool,
    semantic: bool,
    as_json: bool,
    **selected: Any,
) -> int:
    """Search."""
    scope, where = select(context, Selection(**selected))
    service = context.runtime.search
    if semantic:
        _wait_for_meaning(service.meaning)
    catch_up(service)
    found = service.search(scope, " ".join(words), _wanted(where), limit=limit)
    _tell_meaning(found, waited=semantic)
    if found.not_indexed:
        output.note(
            n_(
                "One changed entry is not in the search index yet and was not looked at.",
                "{count} changed entries are not in the search index yet and were not looked at.",
                count=found.not_indexed,
            )
        )
    if as_json:
        output.write_array(json_text(_object(hit, explain=explain)) for hit in found.hits)
    else:
        _show(found, styled=context.styled, explain=explain)
    return output.ExitCode.OK if found.hits else output.ExitCode.FAILED


def _wait_for_meaning(meaning: "Meaning | None") -> None:
    if meaning is None:
        raise UsageError(
            _(
                "--semantic needs the model of meanings: install the extra 'semantic' of "
                "ipcom-chat, and leave the setting search.semantic at true."
            )
        )
    told = _once(lambda count: _("Reading {count} entries for their meaning…", count=count))
    if not meaning.wait(lambda waiting: told(waiting) if waiting > _TOLD_FROM else None):
        output.fail(_("The model of meanings cannot be loaded; words alone are searched."))


def _tell_meaning(found: "Found", *, waited: bool) -> None:
    """Say what was not compared by its meaning."""
    if found.by_meaning is False and not waited:
        output.note(
            _(
                "Searched by words alone: no process that compares meanings is running. "
                "--semantic starts one and waits for it."
            )
        )
    elif found.unread > _TOLD_FROM:
        output.note(
            _(
                "{count} changed entries are not read for their meaning yet; --semantic waits.",
                count=found.unread,
            )
        )


def catch_up(service: "SearchService") -> None:
    """Bring the index up to date if that is needed, and say so."""
    from ipcom_chat.errors import StorageError  # noqa: PLC0415 - beside its only use
    from ipcom_chat.services.search import NEWER_MAX  # noqa: PLC0415 - brings Tantivy

    if service.waiting() <= NEWER_MAX:
        return  # so few are looked at one by one
    try:
        told = _once(lambda count: _("Building the search index of {count} entries…", count=count))
        done = service.catch_up(progress=lambda _done, total: told(total))
    except StorageError as error:  # a full disk: what is indexed is found all the same
        output.fail(str(error))
        return
    if done.busy:
        output.note(_("Another process is building the search index; it is not complete yet."))


def _once(sentence: Callable[[int], str]) -> Callable[[int], None]:
    """Return what tells a sentence about a count, the first time it is called."""
    said = False

    def tell(count: int) -> None:
        nonlocal said
        if not said:
            said = True
            output.note(sentence(count))

    return tell


def _wanted(where: EntryFilter) -> "Wanted":
    from ipcom_chat.services.search import Condition, Field, Wanted  # noqa: PLC0415 - Tantivy

    given = {
        Field.KIND: where.kind and where.kind.value,
        Field.USER: where.user_id,
        Field.SESSION: where.session_id,
        Field.STATUS: where.status and where.status.value,
    }
    conditions = tuple(Condition(field, (value,)) for field, value in given.items() if value)
    return Wanted(conditions=conditions, since_ms=where.since_ms)


def _object(hit: "Hit", *, explain: bool) -> dict[str, Any]:
    found = msgspec.structs.asdict(hit.entry) | {
        "short_id": hit.short_id,
        "username": hit.username,
        "hostname": hit.hostname,
        "score": round(hit.score.total, 6),
        "times": hit.times,
        "people": hit.people,
        "machines": hit.machines,
        "snippet": hit.passage.text if hit.passage else None,
    }
    if explain:
        found["explanation"] = {
            name: round(value, 6) for name, value in msgspec.structs.asdict(hit.score).items()
        }
    return found


def _show(found: "Found", *, styled: bool, explain: bool) -> None:
    if not found.hits:
        output.note(nothing())
    for hit in found.hits:
        for text in _lines(hit, styled=styled, explain=explain):
            output.write(f"{text}\n")


def _lines(hit: "Hit", *, styled: bool, explain: bool) -> list[str]:
    entry = hit.entry
    prompt = "$ " if entry.kind is Kind.COMMAND else ""
    title = marked(_cut(hit.title), styled=styled, base=_BOLD)
    facts = [hit.short_id, instant(entry.created_at), hit.username or entry.os_user, hit.hostname,
             outcome_of(entry)]  # fmt: skip
    if hit.times > 1:
        facts.append(_("{count} times", count=hit.times))
    if hit.people > 1:
        facts.append(_("{count} people", count=hit.people))
    told = "  ".join(one_line(fact) for fact in facts)
    lines = [f"{prompt}{title}", f"  {_DIM}{told}{_PLAIN}" if styled else f"  {told}"]
    if hit.passage is not None:
        lines.append(f"  {marked(hit.passage, styled=styled)}")
    return [*lines, f"  {_explanation(hit)}"] if explain else lines


def marked(text: "Marked", *, styled: bool, base: str = "") -> str:
    """Return a text for the terminal, what was looked for made to stand out."""
    if not styled:
        return one_line(text.text)
    pieces: list[str] = []
    at = 0
    for start, end in text.ranges:
        pieces += [base, neutralise(text.text[at:start]), _PLAIN if base else ""]
        pieces += [_MARKED, neutralise(text.text[start:end]), _PLAIN]
        at = end
    pieces += [base, neutralise(text.text[at:]), _PLAIN if base else ""]
    return "".join(pieces)


def _cut(text: "Marked") -> "Marked":
    if len(text.text) <= _TITLE_CHARS:
        return text
    kept = tuple(each for each in text.ranges if each[1] < _TITLE_CHARS)
    return msgspec.structs.replace(text, text=f"{text.text[:_TITLE_CHARS]}…", ranges=kept)


def _explanation(hit: "Hit") -> str:
    score = hit.score
    return _(
        "score {total:.3f} = (relevance {relevance:.3f} + meaning {meaning:.3f}) x (1 + recency "
        "{recency:.3f} + scope {scope:.3f} + outcome {outcome:.3f} + votes {votes:.3f} + "
        "people {people:.3f})",
        **msgspec.structs.asdict(score),
    )
