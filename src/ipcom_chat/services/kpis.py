"""The figures that say whether it works: computed as docs/kpis.md defines them. Pure.

A figure that nothing is known of is None, and no reason for alarm.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ipcom_chat.services.snapshot import (
    FAILING,
    QUEUE_MAX,
    Answers,
    Health,
    Kpi,
    Latency,
    Reason,
    Sync,
)
from ipcom_chat.services.sync import SKEW_MS, Condition
from ipcom_chat.storage.meter import READ, WRITE

AVAILABILITY_MIN: Final = 0.9995
WRITE_P95_MAX_MS: Final = 50.0
READ_P95_MAX_MS: Final = 20.0
SYNC_RATE_MIN: Final = 0.999
ADOPTION_MIN: Final = 0.8
BYTES_PER_ENTRY_MAX: Final = 10_000.0

_REASONS: Final = {
    "write_p95_ms": Reason.WRITES_SLOW,
    "read_p95_ms": Reason.READS_SLOW,
    "sync_rate": Reason.SYNC_RATE,
    "availability": Reason.AVAILABILITY,
}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures are computed from: all of one window, but where it says otherwise."""

    has_primary: bool
    minutes: tuple[int, int]
    """In which something was saved or searched; of these, those in which nothing failed."""
    primary_minutes: tuple[int, int]
    """In which the primary was asked; of these, those in which it answered."""
    latencies: Mapping[str, Latency]
    shared: int
    """Own entries that are to be shared."""
    late: int
    """Of these, those that wait for longer than a minute."""
    tallies: dict[str, int]
    answers: Answers | None
    active_machines: int
    """In the last 30 days."""
    known_machines: int
    thumbs: tuple[int, int]
    ended: int
    cancelled: int
    bytes_per_entry: float


def kpis_of(known: Known) -> tuple[Kpi, ...]:
    """Return all figures."""
    hits, misses = (known.tallies.get(name, 0) for name in ("reuse_hits", "reuse_misses"))
    good, bad = known.thumbs
    return (
        _at_least("availability", _share(known.minutes[1], known.minutes[0]), AVAILABILITY_MIN),
        _at_least(
            "primary_availability", _share(known.primary_minutes[1], known.primary_minutes[0])
        ),
        _at_most("write_p95_ms", _p95(known, WRITE), WRITE_P95_MAX_MS),
        _at_most("read_p95_ms", _p95(known, READ), READ_P95_MAX_MS),
        _at_least("sync_rate", _sync_rate(known), SYNC_RATE_MIN),
        _at_least("reuse", _share(hits, hits + misses)),
        _at_least("time_to_answer_ms", known.answers.p50_ms if known.answers else None),
        _at_least("adoption", _adoption(known), ADOPTION_MIN),
        _at_least("satisfaction", _share(good, good + bad)),
        _at_least("cancellation_rate", _share(known.cancelled, known.ended)),
        _at_most("bytes_per_entry", known.bytes_per_entry, BYTES_PER_ENTRY_MAX),
    )


def health_of(kpis: tuple[Kpi, ...], sync: Sync) -> tuple[Health, tuple[Reason, ...]]:
    """Return how it is, and every reason why it is not well."""
    reasons = [_REASONS[kpi.name] for kpi in kpis if kpi.is_met is False and kpi.name in _REASONS]
    told = {
        Reason.OFFLINE: sync.condition is Condition.OFFLINE,
        Reason.ATTENTION: sync.condition is Condition.ATTENTION,
        Reason.PARKED: sync.parked > 0,
        Reason.QUEUE: sync.queue > QUEUE_MAX,
        Reason.SKEW: abs(sync.skew_ms or 0) >= SKEW_MS,
    }
    reasons += [reason for reason, is_so in told.items() if is_so]
    if not reasons:
        return Health.OK, ()
    is_failing = any(reason in FAILING for reason in reasons)
    return Health.FAILING if is_failing else Health.WARNING, tuple(reasons)


def _sync_rate(known: Known) -> float | None:
    if not known.has_primary or not known.shared:
        return None
    return max(0.0, 1 - known.late / known.shared)


def _adoption(known: Known) -> float | None:
    # The entries of a machine may be here before the machine itself is.
    machines = max(known.known_machines, known.active_machines)
    return _share(known.active_machines, machines)


def _p95(known: Known, kind: str) -> float | None:
    latency = known.latencies.get(kind)
    return latency.p95_ms if latency else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _at_least(name: str, value: float | None, target: float | None = None) -> Kpi:
    is_met = None if value is None or target is None else value >= target
    return Kpi(name=name, value=value, target=target, is_met=is_met)


def _at_most(name: str, value: float | None, target: float) -> Kpi:
    return Kpi(
        name=name, value=value, target=target, is_met=None if value is None else value <= target
    )
