"""The overview: panels made of a look. Each is drawn anew where it changed, nowhere else."""

from collections.abc import Callable
from typing import Final

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import age, duration, instant, local_time, status_word, yes_no
from ipcom_chat.i18n import _, n_
from ipcom_chat.monitoring_words import (
    health_word,
    kind_title,
    kpi_target,
    kpi_title,
    kpi_value,
    percent,
    precise,
    reason_words,
    size,
    tally_facts,
)
from ipcom_chat.services.monitoring import DAY, MONTH, WEEK, Period, Snapshot, Window
from ipcom_chat.web import charts
from ipcom_chat.web.charts import Bar
from ipcom_chat.web.html import Html, el, join, number, table
from ipcom_chat.web.layout import Place, document, facts, form_secret, link, panel
from ipcom_chat.web.reading import Look, Open

WINDOWS: Final = {"day": DAY, "week": WEEK, "month": MONTH}
QUESTION_CHARS: Final = 160
_TOP: Final = 5


def overview(place: Place, look: Look, window: str) -> Html:
    """Return the page."""
    parts = [el("div", drawn, id=f"live-{name}")
             for name, drawn in panels(place, look).items()]  # fmt: skip
    return document(
        place,
        _("Overview"),
        windows("/", window),
        el("p", told(look), id="live-told", role="status", aria_live="polite", class_="told",
           data_lost=_("The connection was lost; trying again.")),
        el("div", *parts, id="live", class_="panels", data_stream=f"/live?window={window}"),
    )  # fmt: skip


def windows(path: str, chosen: str) -> Html:
    """Return the ways to other spans of time."""
    titles = {"day": _("24 hours"), "week": _("7 days"), "month": _("30 days")}
    items = [
        el("li", el("a", titles[name], href=f"{path}?window={name}",
                    aria_current="true" if name == chosen else None))
        for name in WINDOWS
    ]  # fmt: skip
    return el("nav", el("ul", *items), aria_label=_("Span of time"), class_="windows")


def window_of(name: str) -> tuple[str, Window]:
    """Return a span of time that a browser names; a day if it names none."""
    return (name, WINDOWS[name]) if name in WINDOWS else ("day", DAY)


def told(look: Look) -> str:
    """Return how it is, as a sentence."""
    words = [health_word(look.seen.health), *(reason_words(each) for each in look.seen.reasons)]
    opened = n_("One open request.", "{count} open requests.", look.seen.open_requests)
    return _("Health: {health}. {opened}", health="; ".join(words), opened=opened)


def panels(place: Place, look: Look) -> dict[str, Html]:
    """Return the panels by name, in order."""
    drawings: dict[str, Callable[[Snapshot], Html]] = {
        "health": _health, "queue": _queue, "requests": _requests, "latencies": _latencies,
        "activity": _activity, "people": _people,
    }  # fmt: skip
    drawn = {name: draw(look.seen) for name, draw in drawings.items()}
    return {"open": _open(place, look), **drawn}


def _open(place: Place, look: Look) -> Html:
    if not look.open:
        return panel("open", _("Open requests"), el("p", _("None.")))
    rows = [_open_row(place, each, look.seen.at) for each in look.open]
    heads = [_("Id"), _("Question"), _("User"), _("Machine"), _("Status"), _("Since"), _("Cancel")]
    return panel("open", _("Open requests"), table(_("Open requests"), heads, rows))


def _open_row(place: Place, each: Open, now_ms: int) -> list[object]:
    if each.is_cancelling:
        cancel: object = _("asked to end")
    else:
        label = _("Cancel {id}", id=each.short_id)
        cancel = el(
            "form", form_secret(place), el("button", _("Cancel"), aria_label=label, type="submit"),
            action=f"/entries/{each.id}/cancel", method="post",
        )  # fmt: skip
    return [
        link(each.short_id, f"/entries/{each.id}"), one_line(each.question)[:QUESTION_CHARS],
        one_line(each.who), one_line(each.hostname), status_word(each.status),
        age(now_ms, each.created_at), cancel,
    ]  # fmt: skip


def _health(seen: Snapshot) -> Html:
    rows = [
        [kpi_title(each.name), number(kpi_value(each)), number(kpi_target(each)),
         "" if each.is_met is None else _met(is_met=each.is_met)]
        for each in seen.kpis
    ]  # fmt: skip
    return panel(
        "health",
        _("Health"),
        el("p", health_word(seen.health), class_=f"health {seen.health}"),
        el("ul", *(el("li", reason_words(each)) for each in seen.reasons)) if seen.reasons else "",
        table(_("Figures"), [_("Figure"), number(_("Now")), number(_("Wanted")), _("Met")], rows),
    )


def _met(*, is_met: bool) -> Html:
    return el("span", yes_no(is_met), class_="ok" if is_met else "failing")


def _requests(seen: Snapshot) -> Html:
    rows = [
        [_when(seen, each), number(each.completed), number(each.errors), number(each.cancelled),
         number(percent(each.cancellation_rate)), number(each.commands)]
        for each in reversed(seen.periods)
        if each.requests or each.commands
    ]  # fmt: skip
    heads = [_("Begun"), *(number(each) for each in (
        _("Answered"), _("Failed"), _("Cancelled"), _("Rate"), _("Commands")))]  # fmt: skip
    rate = percent(seen.kpi("cancellation_rate").value)
    return panel(
        "requests",
        _("Requests"),
        charts.bars(_("Requests by status"), [_bar(seen, each) for each in seen.periods]),
        el("p", _key("ok", _("Answered")), _key("error", _("Failed")),
           _key("cancelled", _("Cancelled")), class_="key"),
        el("h3", _("Cancelled: {share}", share=rate)),
        charts.line(_("Cancellation rate over time"),
                    [each.cancellation_rate for each in seen.periods]),
        table(_("Requests by status"), heads, rows) if rows else el("p", _("None.")),
    )  # fmt: skip


def _when(seen: Snapshot, each: Period) -> str:
    return local_time(each.start_ms, "%Y-%m-%d %H:%M" if seen.step_hours < 24 else "%Y-%m-%d")


def _bar(seen: Snapshot, each: Period) -> Bar:
    parts = (("ok", each.completed), ("error", each.errors), ("cancelled", each.cancelled))
    return Bar(title=f"{_when(seen, each)}: {each.requests}", parts=parts)


def _key(name: str, label: str) -> Html:
    return el("span", label, class_=name)


def _latencies(seen: Snapshot) -> Html:
    rows = [
        [kind_title(each.kind), number(each.count), number(precise(each.p50_ms)),
         number(precise(each.p95_ms)), number(precise(each.p99_ms))]
        for each in seen.latencies
    ]  # fmt: skip
    heads = [_("Here"), *(number(each) for each in (_("How many"), "p50", "p95", "p99"))]
    title = _("Latencies here")
    return panel("latencies", title, table(title, heads, rows) if rows else el("p", _("None.")))


def _queue(seen: Snapshot) -> Html:
    sync, sizes = seen.sync, seen.sizes
    waiting: list[tuple[str, object]] = [
        (_("Waiting"), str(sync.queue)), (_("Refused"), str(sync.parked)),
        (_("Lag"), duration(sync.lag_ms) if sync.lag_ms else "-"),
        (_("Last exchange"), instant(sync.succeeded_at)),
        (_("Trouble"), one_line(sync.error or "")),
    ]  # fmt: skip
    return panel(
        "queue",
        _("Synchronisation and sizes"),
        facts([
            (_("Primary"), one_line(sync.host or _("none"))),
            *(waiting if sync.host else ()),
            (_("Entries"), str(seen.entries)),
            (_("Replica"), size(sizes.replica)),
            (_("Search index"), size(sizes.index)),
            (_("Meanings"), size(sizes.vectors)),
            (_("Size of the primary"), size(sizes.primary) if sync.host else ""),
            (_("Free on the disk"), size(sizes.free)),
        ]),
        el("p", _("Not all changes were counted yet; a next look knows more."))
        if seen.is_partial else "",
    )  # fmt: skip


def _activity(seen: Snapshot) -> Html:
    last = len(seen.commands_by_minute) - 1
    values = [
        Bar(title=_("{count} min ago: {commands}", count=last - place, commands=count),
            parts=(("command", count),))
        for place, count in enumerate(seen.commands_by_minute)
    ]  # fmt: skip
    return panel(
        "activity",
        _("Commands per minute"),
        el("p", _("{count} commands a minute", count=f"{seen.commands_per_minute:g}")),
        charts.bars(_("Commands in each minute of the last hour"), values),
        facts([*tally_facts(seen.tallies)]),
    )


def _people(seen: Snapshot) -> Html:
    people = [
        [one_line(each.name), number(each.questions), number(each.commands)]
        for each in seen.people[:_TOP]
    ]
    heads = [_("User"), number(_("Questions")), number(_("Commands"))]
    title = _("Most active users")
    shown = table(title, heads, people) if people else el("p", _("None."))
    return panel("people", title, join([shown, el("p", link(_("All users"), "/users"))]))
