"""The pages that show the history: search, one entry, sessions, one session."""

from collections.abc import Iterable
from typing import Final

from ipcom_chat.domain.entry import Entry, Kind, Status
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import duration, instant, money, outcome_of, status_word, tally_words
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.browsing import Listed, Page
from ipcom_chat.services.session_history import Summary
from ipcom_chat.session_words import count_word, state_word
from ipcom_chat.web.html import Html, el, marked, number, table
from ipcom_chat.web.layout import Place, address, document, facts, form_secret, link, panel
from ipcom_chat.web.markdown import rendered
from ipcom_chat.web.reading import Shown

LIMIT: Final = 50
LIMIT_MAX: Final = 400
TITLE_CHARS: Final = 120
OUTPUT_MAX: Final = 100_000
"""So much of a question or an output is shown; `history show` has the rest."""


def search(place: Place, page: Page, limit: int) -> Html:
    """Return the search with what it found."""
    text = place.query.get("q", "")
    count = n_("One entry.", "{count} entries.", len(page.lines))
    return document(
        place,
        _("Search"),
        _search_form(place, text),
        el("p", count if page.lines else _("Nothing was found."), role="status"),
        el("p", _("{count} changes are not in the index yet.", count=page.not_indexed))
        if page.not_indexed else None,
        _found(page.lines),
        el("p", el("a", _("More"), href=_more(place, limit)))
        if page.is_cut and limit < LIMIT_MAX else None,
    )  # fmt: skip


def _more(place: Place, limit: int) -> str:
    return address("/search", place.query | {"limit": str(min(limit * 2, LIMIT_MAX))})


def _search_form(place: Place, text: str) -> Html:
    kinds = {"": _("all"), Kind.QUESTION: _("questions"), Kind.COMMAND: _("commands")}
    statuses = {"": _("all")} | {each: status_word(each) for each in Status}
    return el(
        "form",
        el("p", el("label", _("Words"), for_="q"),
           el("input", type="search", id="q", name="q", value=text, maxlength=500)),
        el("p", el("label", _("Kind"), for_="kind"), _select("kind", kinds, place)),
        el("p", el("label", _("Status"), for_="status"), _select("status", statuses, place)),
        el("button", _("Search"), type="submit"),
        action="/search", role="search", class_="search",
    )  # fmt: skip


def _select(name: str, choices: dict[str, str], place: Place) -> Html:
    chosen = place.query.get(name, "")
    options = [el("option", label, value=str(value), selected=str(value) == chosen)
               for value, label in choices.items()]  # fmt: skip
    return el("select", *options, id=name, name=name)


def _found(lines: Iterable[Listed]) -> Html:
    return el("ol", *(_line(each) for each in lines), class_="hits")


def _line(each: Listed) -> Html:
    passage = each.passage and el("p", marked(each.passage.text, each.passage.ranges))
    title = marked(each.title.text, each.title.ranges)
    kind = _("command") if each.kind is Kind.COMMAND else _("question")
    where = f"{instant(each.created_at)} · {each.who} · {each.hostname} · {_ended(each)}"
    return el(
        "li",
        el("h2", el("span", kind, class_=f"kind {each.kind}"), " ",
           el("a", title or _("(no text)"), href=f"/entries/{each.id}")),
        passage,
        el("p", where, class_="where"),
    )  # fmt: skip


def _ended(each: Listed) -> str:
    if each.kind is Kind.COMMAND and each.error_code is not None:
        return _("exit code {code}", code=one_line(each.error_code))
    return status_word(each.status)


def entry(place: Place, shown: Shown) -> Html:
    """Return one entry."""
    each = shown.entry
    is_question = each.kind is Kind.QUESTION
    kind = _("Question") if is_question else _("Command")
    return document(
        place,
        f"{kind} {shown.short_id}",
        _cancel(place, shown),
        panel("asked", kind, _text(each.command, is_code=not is_question)),
        panel("answer", _("Answer") if is_question else _("Output"), _response(each)),
        *_commands(shown.commands),
        panel("facts", _("About it"), facts(_facts(shown))),
    )


def _text(text: str, *, is_code: bool) -> Html:
    return el("pre", text[:OUTPUT_MAX], class_="code" if is_code else "prose", tabindex=0)


def _response(each: Entry) -> Html:
    if not each.response:
        return el("p", _("None."))
    if each.kind is Kind.COMMAND:
        return _text(each.response, is_code=True)
    return el("div", rendered(each.response), class_="markdown")


def _cancel(place: Place, shown: Shown) -> Html | None:
    if shown.entry.status not in {Status.PENDING, Status.PROCESSING}:
        return None
    if shown.entry.cancel_requested_at is not None:
        return el("p", _("asked to end"), role="status")
    button = el("button", _("Cancel this request"), type="submit")
    return el("form", form_secret(place), button, method="post",
              action=f"/entries/{shown.entry.id}/cancel")  # fmt: skip


def _commands(commands: tuple[Entry, ...]) -> list[Html]:
    if not commands:
        return []
    items = [
        el("li", el("a", one_line(each.command)[:TITLE_CHARS], href=f"/entries/{each.id}"), " ",
           el("span", outcome_of(each), class_="where"))
        for each in commands
    ]  # fmt: skip
    return [panel("commands", _("Commands that ran for it"), el("ol", *items))]


def _facts(shown: Shown) -> list[tuple[str, object]]:
    each = shown.entry
    session = each.session_id and link(each.session_id[-12:], f"/sessions/{each.session_id}")
    return [
        (_("Status"), outcome_of(each)),
        (_("Asked"), instant(each.created_at, seconds=True)),
        (_("User"), one_line(shown.who)),
        (_("Machine"), one_line(shown.hostname)),
        (_("Folder"), one_line(each.cwd or "")),
        (_("Model"), one_line(each.model or "")),
        (_("Tokens"), each.tokens_used),
        (_("Cost"), money(each.cost_microusd) if each.cost_microusd else None),
        (_("Took"), duration(each.execution_time_ms)),
        (_("Votes"), tally_words(shown.votes)),
        (_("Session"), session),
        (_("Private"), _("yes") if each.private else None),
    ]


def sessions(place: Place, found: list[Summary]) -> Html:
    """Return the sessions."""
    rows = [
        [link(each.title[:TITLE_CHARS] or each.short_id, f"/sessions/{each.session.id}"),
         one_line(each.who), one_line(each.hostname),
         number(count_word(each)), instant(each.active_at), state_word(each.state)]
        for each in found
    ]  # fmt: skip
    heads = [_("Session"), _("User"), _("Machine"), number(_("Questions")), _("Used"), _("State")]
    title = _("Sessions")
    shown = table(title, heads, rows) if rows else el("p", _("Nothing was found."))
    form = el(
        "form",
        el("p", el("label", _("Words"), for_="q"),
           el("input", type="search", id="q", name="q", value=place.query.get("q", ""),
              maxlength=500)),
        el("button", _("Search"), type="submit"), action="/sessions", class_="search",
    )  # fmt: skip
    return document(place, title, form, shown)


def session(place: Place, summary: Summary, page: Page) -> Html:
    """Return one session."""
    about: list[tuple[str, object]] = [
        (_("User"), one_line(summary.who)), (_("Machine"), one_line(summary.hostname)),
        (_("Used"), instant(summary.active_at)), (_("Questions"), str(summary.questions)),
    ]  # fmt: skip
    return document(
        place,
        summary.title[:TITLE_CHARS] or summary.short_id,
        facts(about),
        el("p", _("Only the beginning is shown.")) if page.is_cut else None,
        _found(page.lines),
    )
