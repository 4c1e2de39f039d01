"""What the panels of the monitor show: lines made of a snapshot. No screen.

Texts of people and machines are neutralised here; nothing in them is markup.
"""

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import age, duration, local_time
from ipcom_chat.i18n import _
from ipcom_chat.monitoring_words import (
    dollars,
    health_word,
    kind_title,
    kpi_target,
    kpi_title,
    kpi_value,
    percent,
    precise,
    reason_words,
    size,
    spark,
    tally_facts,
)
from ipcom_chat.services.monitoring import Health, Snapshot

_STYLES: Final = {
    Health.OK: "$success",
    Health.WARNING: "$warning",
    Health.FAILING: "bold $error",
}
_BARS: Final = " ▁▂▃▄▅▆▇█"
_BAR_CELLS: Final = 8
"""How wide one bar of a chart is at most, its gap included."""

Lines = list[Content]


def head(seen: Snapshot, *, is_paused: bool) -> Content:
    """Return the line at the top: how it is, where, since when."""
    parts = [
        Content.styled(f"● {health_word(seen.health)}", _STYLES[seen.health]),
        Content(one_line(seen.hostname)),
        Content(_("since {time}", time=local_time(seen.since, "%Y-%m-%d %H:%M"))),
        Content(local_time(seen.at, "%H:%M:%S")),
    ]
    if is_paused:
        parts.append(Content.styled(_("paused"), "$warning"))
    if seen.is_partial:
        parts.append(Content.styled(_("counting"), "$text-muted"))
    return Content("  ·  ").join(parts)


def health(seen: Snapshot, width: int) -> Lines:
    """Return the figures with what they should be, and why it is not well."""
    lines = [
        Content.styled(_cut(f"! {reason_words(each)}", width), "$warning") for each in seen.reasons
    ]
    for each in seen.kpis:
        style = {None: "", True: "$success", False: "bold $error"}[each.is_met]
        lines.append(
            Content.assemble(
                _fit(kpi_title(each.name), 16),
                (_fit(kpi_value(each), 11, right=True), style),
                ("  " + kpi_target(each), "$text-muted"),
            )
        )
    return lines


def requests(seen: Snapshot, width: int) -> Lines:
    """Return how requests ended, as sums and over time."""
    periods = seen.periods
    done, failed, cancelled = (
        sum(each.completed for each in periods), sum(each.errors for each in periods),
        sum(each.cancelled for each in periods),
    )  # fmt: skip
    return [
        Content.assemble(
            _("answered") + " ", (str(done), "$success"), "  " + _("failed") + " ",
            (str(failed), "$error" if failed else ""), "  " + _("cancelled") + " ",
            (str(cancelled), "$warning" if cancelled else ""), "  " + _("open") + " ",
            str(seen.open_requests),
        ),
        Content.styled(_("Requests"), "$text-muted"),
        *(Content.styled(row, "$primary")
          for row in chart([float(each.requests) for each in periods], width, 3)),
        Content.styled(
            _("Cancelled: {share}", share=percent(seen.kpi("cancellation_rate").value)),
            "$text-muted",
        ),
        *(Content.styled(row, "$warning")
          for row in chart([each.cancellation_rate for each in periods], width, 3)),
        Content.styled(_axis(seen, width), "$text-muted"),
    ]  # fmt: skip


def activity(seen: Snapshot, width: int) -> Lines:
    """Return commands a minute, and what happened in the processes of this replica."""
    minutes = [float(count) for count in seen.commands_by_minute]
    tallies = "  ".join(f"{name} {text}" for name, text in tally_facts(seen.tallies))
    return [
        Content(_("{count} commands a minute", count=f"{seen.commands_per_minute:g}")),
        *(Content.styled(row, "$accent") for row in chart(minutes, width, 2)),
        Content.styled(_cut(tallies, width), "$text-muted"),
    ]


def latencies(seen: Snapshot, width: int) -> Lines:
    """Return how long things took here."""
    rows = [
        (kind_title(each.kind), str(each.count), precise(each.p50_ms), precise(each.p95_ms),
         precise(each.p99_ms))
        for each in seen.latencies
    ]  # fmt: skip
    return _table(("", _("How many"), "p50", "p95", "p99"), rows, width, flexible=0)


def queue(seen: Snapshot, width: int) -> Lines:
    """Return where synchronisation stands, and how large things are."""
    sync, sizes = seen.sync, seen.sizes
    facts = [
        (_("Primary"), one_line(sync.host or _("none"))),
        (_("Waiting"), str(sync.queue)),
        (_("Refused"), str(sync.parked)),
        (_("Lag"), duration(sync.lag_ms) if sync.lag_ms else "-"),
        (_("Clock"), "-" if sync.skew_ms is None else duration(abs(sync.skew_ms))),
        (_("Replica"), size(sizes.replica)),
        (_("Search index"), size(sizes.index)),
        (_("Meanings"), size(sizes.vectors)),
        (_("Size of the primary"), size(sizes.primary)),
        (_("Free on the disk"), size(sizes.free)),
    ]
    if not sync.host:
        facts = [facts[0], *facts[5:8], facts[9]]
    lines = [
        Content.assemble((_fit(name, 20), "$text-muted"), _cut(text, width - 20))
        for name, text in facts
    ]
    if sync.error:
        lines.append(Content.styled(_cut(one_line(sync.error), width), "$warning"))
    return lines


def machines(seen: Snapshot, width: int) -> Lines:
    """Return the machines, the one seen last first."""
    rows = [
        (one_line(each.hostname), age(seen.at, each.last_seen), one_line(each.version),
         "-" if each.lag_ms is None else duration(each.lag_ms),
         "-" if each.waiting is None else str(each.waiting))
        for each in seen.machines
    ]  # fmt: skip
    heads = (_("Machine"), _("Seen"), _("Version"), _("Lag"), _("Waiting"))
    return _table(heads, rows, width, flexible=0)


def people(seen: Snapshot, width: int) -> Lines:
    """Return who did most."""
    rows = [
        (one_line(each.name), str(each.questions), str(each.commands), str(each.tokens),
         dollars(each.cost_microusd))
        for each in seen.people
    ]  # fmt: skip
    heads = (_("User"), _("Questions"), _("Commands"), _("Tokens"), _("Cost"))
    return _table(heads, rows, width, flexible=0)


def problems(seen: Snapshot, width: int) -> Lines:
    """Return the solved problems that helped most."""
    rows = [
        (one_line(each.question), each.short_id, str(each.good), str(each.bad), str(each.reused))
        for each in seen.problems
    ]
    heads = (_("Solved problem"), _("Id"), _("Good"), _("Bad"), _("Reused"))
    return _table(heads, rows, width, flexible=0)


def adoption(seen: Snapshot, width: int) -> Lines:
    """Return how many used it on each day, and what that took."""
    rows = [
        (each.day, str(each.users), str(each.machines), str(each.tokens),
         dollars(each.cost_microusd))
        for each in reversed(seen.adoption)
    ]  # fmt: skip
    heads = (_("Day (UTC)"), _("Users"), _("Machines"), _("Tokens"), _("Cost"))
    return _table(heads, rows, width, flexible=0)


def chart(values: Sequence[float | None], width: int, height: int) -> list[str]:
    """Return values as rows of bars, the top row first; the newest are kept if there is no room."""
    cells = _bar_cells(len(values), width)
    values = values[-max(width // cells, 1) :]
    if height == 1:
        return [spark(values)]
    top = max((value for value in values if value is not None), default=0.0)
    steps = [round((value or 0.0) / top * height * 8) if top else 0 for value in values]
    # Something is never shown as nothing.
    steps = [max(step, 1) if value else step for step, value in zip(steps, values, strict=True)]
    return [
        "".join(_bar(min(max(step - 8 * row, 0), 8), cells) for step in steps)
        for row in reversed(range(height))
    ]


def _bar_cells(count: int, width: int) -> int:
    return min(max(width // max(count, 1), 1), _BAR_CELLS)


def _bar(eighths: int, cells: int) -> str:
    return _BARS[eighths] * max(cells - 1, 1) + " " * min(cells - 1, 1)


def _axis(seen: Snapshot, width: int) -> str:
    cells = _bar_cells(len(seen.periods), width)
    shown = seen.periods[-max(width // cells, 1) :]
    form = "%H:%M" if seen.step_hours < 24 else "%m-%d"
    first, last = local_time(shown[0].start_ms, form), local_time(shown[-1].start_ms, form)
    room = len(shown) * cells - cell_len(first) - cell_len(last)
    return first + " " * max(room, 1) + last


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, flexible: int
) -> Lines:
    if not rows:
        return [Content.styled(_("nothing yet"), "$text-muted")]
    widths = [max(cell_len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    widths[flexible] = max(width - sum(widths) + widths[flexible] - 2 * (len(heads) - 1), 4)

    def line(row: Sequence[str]) -> str:
        cells = [
            _fit(_cut(text, widths[place]), widths[place], right=place != flexible)
            for place, text in enumerate(row)
        ]
        return "  ".join(cells)

    return [Content.styled(line(heads), "$text-muted"), *(Content(line(row)) for row in rows)]


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + "…" if width > 0 else ""


def _fit(text: str, width: int, *, right: bool = False) -> str:
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding
