"""A snapshot as Prometheus reads it: the text exposition format, version 0.0.4. Pure.

Invariants: names, types and labels are part of the interface (`deploy/` uses them); units are
seconds, bytes and shares; what is not known has no sample; no user and no text of anybody is a
label. Counters only rise for the life of the replica.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from ipcom_chat.domain.histogram import BOUNDS_US, ENDLESS
from ipcom_chat.services.snapshot import Health, Histogram, Reason, Snapshot, Totals
from ipcom_chat.services.sync import Condition

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "ipcom_chat_"
_STEPS: Final = ("1", "2", "5")
_ERRORS: Final = "errors."

Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]
"""What follows the name of the metric (`_bucket`), labels, value."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric with its samples."""

    name: str
    type: str
    help: str
    samples: tuple[Sample, ...]


def exposition(snapshot: Snapshot, totals: Totals, *, fleet: bool = False) -> str:
    """Return all metrics as text.

    Args:
        snapshot: what is seen.
        totals: what only rises.
        fleet: whether to tell of every machine, too: for one collector of a team, not for each.
    """
    metrics = [*_health(snapshot), *_totals(totals), *_usage(snapshot), *_ratios(snapshot),
               *_sync(snapshot), *_sizes(snapshot)]  # fmt: skip
    if fleet:
        metrics += _machines(snapshot)
    return "".join(_text(metric) for metric in metrics if metric.samples)


def _health(snapshot: Snapshot) -> Iterator[Metric]:
    yield _gauge("info", "What runs, and where.", [
        ({"version": snapshot.version, "hostname": snapshot.hostname}, 1.0)])  # fmt: skip
    yield _gauge("health", "Whether this is the state of health.", [
        ({"state": state.value}, float(state is snapshot.health)) for state in Health])  # fmt: skip
    yield _gauge("health_reason", "Whether this is a reason why health is not ok.", [
        ({"reason": each.value}, float(each in snapshot.reasons)) for each in Reason])  # fmt: skip
    yield _gauge("snapshot_timestamp_seconds", "When this was seen.", [({}, snapshot.at / 1000)])


def _totals(totals: Totals) -> Iterator[Metric]:
    yield Metric(
        name=f"{_PREFIX}duration_seconds", type="histogram",
        help="How long saves, reads, searches, exchanges and answers took.",
        samples=tuple(sample for each in totals.histograms for sample in _histogram(each)),
    )  # fmt: skip
    tallies = totals.tallies
    yield _counter("errors", "Requests that ended in an error.", [
        ({"code": name.removeprefix(_ERRORS)}, n) for name, n in sorted(tallies.items())
        if name.startswith(_ERRORS)])  # fmt: skip
    yield _counter("cancellations", "Requests that were cancelled.", [
        ({}, tallies.get("cancellations", 0))])  # fmt: skip
    yield _counter("cache_lookups", "Looks for a fresh answer or output.", _looks(tallies, "cache"))
    yield _counter("reuse_lookups", "Questions that the history was asked.",
                   _looks(tallies, "reuse"))  # fmt: skip


def _looks(tallies: Mapping[str, int], name: str) -> list[tuple[Labels, float]]:
    return [
        ({"result": "hit"}, tallies.get(f"{name}_hits", 0)),
        ({"result": "miss"}, tallies.get(f"{name}_misses", 0)),
    ]


def _histogram(found: Histogram) -> Iterator[Sample]:
    labels = {"kind": found.kind}
    below, counts = 0, dict(found.counts)
    for bound in BOUNDS_US:
        below += counts.get(bound, 0)
        if bound < ENDLESS and str(bound).rstrip("0") in _STEPS:
            yield "_bucket", labels | {"le": _number(bound / 1e6)}, below
    yield "_bucket", labels | {"le": "+Inf"}, below
    yield "_sum", labels, found.sum_us / 1e6
    yield "_count", labels, below


def _usage(snapshot: Snapshot) -> Iterator[Metric]:
    periods, answers = snapshot.periods, snapshot.answers
    commands, worked = (
        sum(each.commands for each in periods), sum(each.commands_ok for each in periods)
    )  # fmt: skip
    yield _gauge("requests", "Questions of the window, by how they ended.", [
        ({"status": "completed"}, sum(each.completed for each in periods)),
        ({"status": "error"}, sum(each.errors for each in periods)),
        ({"status": "cancelled"}, sum(each.cancelled for each in periods))])  # fmt: skip
    yield _gauge("commands", "Commands of the window, by how they ended.", [
        ({"result": "ok"}, worked), ({"result": "failed"}, commands - worked)])  # fmt: skip
    yield _gauge("open_requests", "Requests that have not ended.", [({}, snapshot.open_requests)])
    yield _gauge("commands_per_minute", "Commands a minute, in the last five.", [
        ({}, snapshot.commands_per_minute)])  # fmt: skip
    yield _summary("answer_seconds", "How long people waited for answers, in the window.", [
        ({"quantile": share}, ms / 1000) for share, ms in (
            ("0.5", answers.p50_ms), ("0.95", answers.p95_ms), ("0.99", answers.p99_ms))
    ] if answers else [])  # fmt: skip
    yield _gauge("tokens", "Tokens of the days of the window.", [
        ({}, sum(each.tokens for each in snapshot.adoption))])  # fmt: skip
    yield _gauge("cost_dollars", "What the answers of the days of the window cost.", [
        ({}, sum(each.cost_microusd for each in snapshot.adoption) / 1e6)])  # fmt: skip
    yield _gauge("entries", "Entries that the replica holds.", [({}, snapshot.entries)])
    yield _gauge("machines", "Machines that the replica knows.", [({}, len(snapshot.machines))])


_RATIOS: Final = (
    ("availability", "Share of minutes in which no save and no search failed."),
    ("primary_availability", "Share of minutes in which the primary answered."),
    ("sync_rate", "Share of the own entries that are not late at the primary."),
    ("reuse", "Share of questions to which the history knew an answer."),
    ("adoption", "Share of machines that were used in the last 30 days."),
    ("satisfaction", "Share of votes that are good."),
    ("cancellation_rate", "Share of questions that were cancelled."),
)


def _ratios(snapshot: Snapshot) -> Iterator[Metric]:
    for name, text in _RATIOS:
        value = snapshot.kpi(name).value
        yield _gauge(
            f"{name.removesuffix('_rate')}_ratio", text, [] if value is None else [({}, value)]
        )


def _sync(snapshot: Snapshot) -> Iterator[Metric]:
    sync = snapshot.sync
    yield _gauge("sync_condition", "Whether this is where synchronisation stands.", [
        ({"condition": each.value}, float(each is sync.condition)) for each in Condition
    ])  # fmt: skip
    if sync.host is None:
        return
    yield _gauge("sync_queue_rows", "Rows that wait for the primary.", [({}, sync.queue)])
    yield _gauge("sync_parked_rows", "Rows that were refused.", [({}, sync.parked)])
    yield _gauge("sync_lag_seconds", "How long the oldest row has waited.", [
        ({}, sync.lag_ms / 1000)])  # fmt: skip
    yield _gauge("clock_skew_seconds", "How far this clock is ahead of the primary's.",
                 [] if sync.skew_ms is None else [({}, sync.skew_ms / 1000)])  # fmt: skip
    yield _gauge("sync_last_success_timestamp_seconds", "When an exchange last went well.",
                 [] if sync.succeeded_at is None else [({}, sync.succeeded_at / 1000)],
                 )  # fmt: skip


def _sizes(snapshot: Snapshot) -> Iterator[Metric]:
    sizes = snapshot.sizes
    known = (
        ("replica", sizes.replica), ("index", sizes.index), ("vectors", sizes.vectors),
        ("primary", sizes.primary),
    )  # fmt: skip
    yield _gauge("size_bytes", "How large things are.", [
        ({"what": what}, nbytes) for what, nbytes in known if nbytes is not None])  # fmt: skip
    yield _gauge("disk_free_bytes", "Free on the disk of the replica.",
                 [] if sizes.free is None else [({}, sizes.free)])  # fmt: skip
    yield _gauge("primary_entries", "Entries that the primary holds.",
                 [] if sizes.primary_entries is None else [({}, sizes.primary_entries)],
                 )  # fmt: skip


def _machines(snapshot: Snapshot) -> Iterator[Metric]:
    named = [
        ({"machine": each.machine_id[:12], "hostname": each.hostname, "version": each.version},
         each) for each in snapshot.machines
    ]  # fmt: skip
    yield _gauge("machine_last_seen_timestamp_seconds", "When a machine was last seen.",
                 [(labels, each.last_seen / 1000) for labels, each in named])  # fmt: skip
    yield _gauge("machine_lag_seconds", "How long the oldest row of a machine had waited.", [
        (labels, each.lag_ms / 1000) for labels, each in named if each.lag_ms is not None
    ])  # fmt: skip
    yield _gauge("machine_queue_rows", "Rows of a machine that waited.", [
        (labels, each.waiting) for labels, each in named if each.waiting is not None
    ])  # fmt: skip


def _gauge(name: str, text: str, samples: Iterable[tuple[Labels, float]]) -> Metric:
    return Metric(
        name=f"{_PREFIX}{name}", type="gauge", help=text,
        samples=tuple(("", labels, value) for labels, value in samples),
    )  # fmt: skip


def _summary(name: str, text: str, samples: Iterable[tuple[Labels, float]]) -> Metric:
    """Return quantiles alone: of a window, sum and count would not only rise."""
    return Metric(
        name=f"{_PREFIX}{name}", type="summary", help=text,
        samples=tuple(("", labels, value) for labels, value in samples),
    )  # fmt: skip


def _counter(name: str, text: str, samples: Iterable[tuple[Labels, float]]) -> Metric:
    return Metric(
        name=f"{_PREFIX}{name}_total", type="counter", help=text,
        samples=tuple(("", labels, value) for labels, value in samples),
    )  # fmt: skip


def _text(metric: Metric) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.type}"]
    for suffix, labels, value in metric.samples:
        inner = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        lines.append(f"{metric.name}{suffix}{f'{{{inner}}}' if inner else ''} {_number(value)}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
