"""When something is an alert: readings and thresholds in, what holds and what changed out. Pure.

Invariants: an alert is raised, or becomes worse, at the first reading that says so; it becomes
better, or ends, only when readings have been clearly better (`MARGIN`) for as long as was asked
for: a value that swings around its limit changes nothing. Nor does what cannot be read.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

MARGIN: Final = 0.1
"""So much better than a limit, as a share of it, a value must be to count as better."""


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def severity(self) -> int:
        """A number that rises with it; 0 is well."""
        return _SEVERITY[self]


_SEVERITY: Final = {Level.OK: 0, Level.WARNING: 1, Level.CRITICAL: 2}


class Rule(StrEnum):
    """What is watched; the unit of its value."""

    WRITE_LATENCY = "write_latency"
    """p95, ms."""
    PRIMARY = "primary"
    """Seconds since the primary answered last, while it does not."""
    QUEUE = "queue"
    """Rows that the primary has not acknowledged."""
    PARKED = "parked"
    """Rows that it refused."""
    SYNC_LAG = "sync_lag"
    """Seconds that the oldest change has waited."""
    ERROR_RATE = "error_rate"
    """Percent of requests."""
    CANCELLATION_RATE = "cancellation_rate"
    """Percent of requests."""
    CLOCK_SKEW = "clock_skew"
    """Seconds, in whichever direction."""
    CERTIFICATE = "certificate"
    """Days that the primary's certificate is still valid."""
    TOKEN = "token"  # noqa: S105 - a name
    """Days that the primary's token is still valid."""
    DISK = "disk"
    """MiB free."""
    AI_TOKENS = "ai_tokens"
    """Of one user on one day."""
    AI_COST = "ai_cost"
    """US cents, of one user on one day."""
    PRIMARY_ROWS = "primary_rows"
    """Entries that the primary holds."""
    PRIMARY_SIZE = "primary_size"
    """MiB."""


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """From where on a value is bad: strictly beyond a limit."""

    warning: float
    critical: float | None = None
    """None: it is never more than a warning."""
    is_floor: bool = False
    """Whether small values are bad, not large ones."""

    def level(self, value: float, *, margin: float = 0.0) -> Level:
        """Return how bad a value is, with limits that are stricter by a share of themselves."""
        if self.critical is not None and self._is_beyond(value, self.critical, margin):
            return Level.CRITICAL
        return Level.WARNING if self._is_beyond(value, self.warning, margin) else Level.OK

    def limit(self, level: Level) -> float:
        """Return the limit of a level."""
        critical = self.critical if level is Level.CRITICAL else None
        return self.warning if critical is None else critical

    def is_beyond(self, value: float, level: Level) -> bool:
        """Return whether a value is as bad as a level, or worse."""
        return self.level(value).severity >= level.severity

    def _is_beyond(self, value: float, limit: float, margin: float) -> bool:
        if self.is_floor:
            return value < limit * (1 + margin)
        return value > limit * (1 - margin)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read for a rule; of whom, where there are several."""

    rule: Rule
    value: float | None
    """None: it could not be read."""
    subject: str = ""
    """A stable id, such as a user's."""
    name: str = ""
    """What people call the subject."""

    @property
    def key(self) -> str:
        """What tells its alert from others."""
        return f"{self.rule.value}:{self.subject}" if self.subject else self.rule.value


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that holds. Instants are epoch milliseconds."""

    rule: Rule
    level: Level
    since: int
    """When it came to this level."""
    value: float
    """As it was read last."""
    subject: str = ""
    name: str = ""
    better_since: int | None = None
    """Since when readings have been clearly better."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that came, became worse or better, or ended."""

    rule: Rule
    subject: str
    name: str
    before: Level
    level: Level
    value: float | None
    """None: what it was about is there no more."""
    limit: float
    is_beyond: bool
    """Whether the value is beyond that limit just now; while it settles, it is not."""
    at: int


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """By what is judged."""

    thresholds: dict[Rule, Threshold]
    """Of the rules that are on."""
    settle_ms: int
    """How long readings must be better before an alert becomes so."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What holds after some readings, by key, and what they changed."""

    held: dict[str, Held]
    changes: tuple[Change, ...]


def judge(
    readings: Iterable[Reading], limits: Limits, held: Mapping[str, Held], *, now_ms: int
) -> Judged:
    """Return what holds now.

    Args:
        readings: of all that can be watched. What is not among them is well, unless one of its
            rule could not be read.
        limits: by what they are judged.
        held: what held before.
        now_ms: the time.
    """
    thresholds = limits.thresholds
    by_key = {each.key: each for each in readings if each.rule in thresholds}
    unread = {each.rule for each in by_key.values() if each.value is None}
    after: dict[str, Held] = {}
    changes: list[Change] = []
    for key in dict.fromkeys((*held, *by_key)):
        before, reading = held.get(key), by_key.get(key)
        rule = reading.rule if reading else held[key].rule
        if rule not in thresholds:
            continue  # it was switched off: nobody wants to hear of it
        if rule in unread and (reading is None or reading.value is None):
            now = before
        else:
            now = _step(before, reading, thresholds[rule], now_ms, limits.settle_ms)
        if now is not None:
            after[key] = now
        change = _change(before, now, reading, thresholds[rule], now_ms)
        changes += [change] if change else []
    return Judged(held=after, changes=tuple(changes))


def worst(held: Iterable[Held]) -> Level:
    """Return the worst level of some alerts."""
    return max((each.level for each in held), key=lambda level: level.severity, default=Level.OK)


def _step(
    before: Held | None,
    reading: Reading | None,
    threshold: Threshold,
    now_ms: int,
    settle_ms: int,
) -> Held | None:
    value = reading.value if reading is not None else None
    raised = Level.OK if value is None else threshold.level(value)
    eased = Level.OK if value is None else threshold.level(value, margin=MARGIN)
    if before is None:
        return None if raised is Level.OK else _held(reading, raised, now_ms)
    if raised.severity > before.level.severity:
        return _held(reading, raised, now_ms)
    shown = before.value if value is None else value
    if eased.severity >= before.level.severity:
        return msgspec.structs.replace(before, value=shown, better_since=None)
    since = min(now_ms, before.better_since) if before.better_since is not None else now_ms
    if now_ms - since < settle_ms:
        return msgspec.structs.replace(before, value=shown, better_since=since)
    return None if eased is Level.OK else _held(reading, eased, now_ms)


def _held(reading: Reading | None, level: Level, now_ms: int) -> Held:
    assert reading is not None and reading.value is not None  # noqa: S101, PT018 - it has a level
    return Held(
        rule=reading.rule, level=level, since=now_ms, value=reading.value,
        subject=reading.subject, name=reading.name,
    )  # fmt: skip


def _change(
    before: Held | None,
    now: Held | None,
    reading: Reading | None,
    threshold: Threshold,
    now_ms: int,
) -> Change | None:
    levels = [each.level if each else Level.OK for each in (before, now)]
    shown = now or before
    if levels[0] is levels[1] or shown is None:
        return None
    value = reading.value if reading else None
    return Change(
        rule=shown.rule, subject=shown.subject, name=shown.name, before=levels[0],
        level=levels[1], value=value, limit=threshold.limit(levels[1]),
        is_beyond=value is not None and threshold.is_beyond(value, levels[1]), at=now_ms,
    )  # fmt: skip
