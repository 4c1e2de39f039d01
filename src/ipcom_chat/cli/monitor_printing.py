"""What `monitor --once` prints: a snapshot as text."""

from collections.abc import Sequence

from ipcom_chat.cli import output, tables
from ipcom_chat.cli.tables import Column
from ipcom_chat.formats import age, duration, instant, yes_no
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
from ipcom_chat.services.monitoring import Snapshot

MACHINES_MAX = 20
DAYS_MAX = 14


def show_snapshot(seen: Snapshot, *, styled: bool) -> None:
    """Print everything."""
    tables.show_facts(_facts(seen))
    for columns, rows in (
        _kpis(seen), _latencies(seen), _requests(seen), _machines(seen), _people(seen),
        _problems(seen), _days(seen),
    ):  # fmt: skip
        if rows:
            output.line()
            tables.show(columns, rows, styled=styled)
    if seen.is_partial:
        output.note(_("Not all changes were counted yet; a next look knows more."))


def _facts(seen: Snapshot) -> list[tuple[str, object]]:
    sync, sizes = seen.sync, seen.sizes
    health = health_word(seen.health)
    if seen.reasons:
        health += ": " + "; ".join(reason_words(each) for each in seen.reasons)
    waiting = (_("Waiting"), sync.queue), (_("Refused"), sync.parked), (_("Lag"), _lag(seen))
    return [
        (_("Health"), health),
        (_("Since"), instant(seen.since)),
        (_("Primary"), sync.host or _("none")),
        *(waiting if sync.host else ()),
        (_("Entries"), seen.entries),
        (_("Open requests"), seen.open_requests),
        (_("Commands a minute"), f"{seen.commands_per_minute:g} {_minutes(seen)}"),
        (_("Replica"), size(sizes.replica)),
        (_("Search index"), size(sizes.index)),
        (_("Meanings"), size(sizes.vectors)),
        (_("Size of the primary"), size(sizes.primary) if sync.host else None),
        (_("Free on the disk"), size(sizes.free)),
        *tally_facts(seen.tallies),
    ]


def _lag(seen: Snapshot) -> str:
    return duration(seen.sync.lag_ms) if seen.sync.lag_ms else "-"


def _minutes(seen: Snapshot) -> str:
    counts = seen.commands_by_minute
    return spark([float(count) for count in counts]) if any(counts) else ""


def _kpis(seen: Snapshot) -> tuple[Sequence[Column], list[tuple[object, ...]]]:
    columns = [Column(_("Figure")), Column(_("Now"), right=True), Column(_("Wanted"), right=True),
               Column(_("Met"))]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (kpi_title(each.name), kpi_value(each), kpi_target(each),
         "" if each.is_met is None else yes_no(each.is_met))
        for each in seen.kpis
    ]  # fmt: skip
    return columns, rows


def _latencies(seen: Snapshot) -> tuple[Sequence[Column], list[tuple[object, ...]]]:
    columns = [Column(_("Here")), Column(_("How many"), right=True), Column("p50", right=True),
               Column("p95", right=True), Column("p99", right=True)]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (kind_title(each.kind), each.count, precise(each.p50_ms), precise(each.p95_ms),
         precise(each.p99_ms))
        for each in seen.latencies
    ]  # fmt: skip
    return columns, rows


def _requests(seen: Snapshot) -> tuple[Sequence[Column], list[tuple[object, ...]]]:
    columns = [
        Column(_("Begun")), Column(_("Answered"), right=True), Column(_("Failed"), right=True),
        Column(_("Cancelled"), right=True), Column(_("Rate"), right=True),
        Column(_("Commands"), right=True),
    ]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (instant(each.start_ms), each.completed, each.errors, each.cancelled,
         percent(each.cancellation_rate), each.commands)
        for each in seen.periods
        if each.requests or each.commands
    ]  # fmt: skip
    return columns, rows


def _machines(seen: Snapshot) -> tuple[Sequence[Column], list[tuple[object, ...]]]:
    columns = [Column(_("Machine"), flexible=True), Column(_("Seen"), right=True),
               Column(_("Version")), Column(_("Lag"), right=True),
               Column(_("Waiting"), right=True)]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (each.hostname, age(seen.at, each.last_seen), each.version,
         "-" if each.lag_ms is None else duration(each.lag_ms),
         "-" if each.waiting is None else each.waiting)
        for each in seen.machines[:MACHINES_MAX]
    ]  # fmt: skip
    return columns, rows


def _people(seen: Snapshot) -> tuple[Sequence[Column], list[tuple[object, ...]]]:
    columns = [Column(_("User"), flexible=True), Column(_("Questions"), right=True),
               Column(_("Commands"), right=True), Column(_("Tokens"), right=True),
               Column(_("Cost"), right=True)]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (each.name, each.questions, each.commands, each.tokens, dollars(each.cost_microusd))
        for each in seen.people
    ]
    return columns, rows


def _problems(seen: Snapshot) -> tuple[Sequence[Column], list[tuple[object, ...]]]:
    columns = [Column(_("Id")), Column(_("Solved problem"), flexible=True), Column(_("User")),
               Column(_("Good"), right=True), Column(_("Bad"), right=True),
               Column(_("Reused"), right=True)]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (each.short_id, each.question, each.name, each.good, each.bad, each.reused)
        for each in seen.problems
    ]
    return columns, rows


def _days(seen: Snapshot) -> tuple[Sequence[Column], list[tuple[object, ...]]]:
    columns = [Column(_("Day (UTC)")), Column(_("Users"), right=True),
               Column(_("Machines"), right=True), Column(_("Tokens"), right=True),
               Column(_("Cost"), right=True)]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (each.day, each.users, each.machines, each.tokens, dollars(each.cost_microusd))
        for each in reversed(seen.adoption[-DAYS_MAX:])
    ]
    return columns, rows
