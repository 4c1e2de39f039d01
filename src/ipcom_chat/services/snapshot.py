"""The shapes of what monitoring sees: one `Snapshot` holds everything that any screen shows.

docs/kpis.md defines each figure. A figure that nothing is known of is None, never 0. Instants are
epoch milliseconds; shares go from 0 to 1. Texts of people (questions, names, host names) are as
stored: who shows them neutralises them.
"""

from enum import StrEnum

import msgspec

from ipcom_chat.clock import HOUR_MS
from ipcom_chat.domain.entry import Scope
from ipcom_chat.services.sync import Condition
from ipcom_chat.storage.usage import Active, Period, Spent

__all__ = ["Active", "Period", "Spent"]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """How far back to look, and in which steps. The hour or day that runs counts as one of them."""

    hours: int
    step_hours: int = 1

    def since_ms(self, now_ms: int) -> int:
        """Return when the window begins: with a step."""
        step_ms = self.step_hours * HOUR_MS
        return now_ms // step_ms * step_ms - (self.hours - self.step_hours) * HOUR_MS


DAY = Window(hours=24)
WEEK = Window(hours=7 * 24, step_hours=24)
MONTH = Window(hours=30 * 24, step_hours=24)


class Health(StrEnum):
    """How it is, in a word."""

    OK = "ok"
    WARNING = "warning"
    """It works; a figure is worse than wanted."""
    FAILING = "failing"
    """Somebody must do something."""


class Reason(StrEnum):
    """Why health is not `ok`; front ends have the words."""

    WRITES_SLOW = "writes_slow"
    READS_SLOW = "reads_slow"
    SYNC_RATE = "sync_rate"
    AVAILABILITY = "availability"
    OFFLINE = "offline"
    ATTENTION = "attention"
    PARKED = "parked"
    QUEUE = "queue"
    SKEW = "skew"


FAILING = frozenset({Reason.ATTENTION, Reason.PARKED})
QUEUE_MAX = 1_000
"""From so many waiting rows on, the queue is a reason."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long one kind of thing took in the processes of this replica."""

    kind: str
    """`write`, `read`, `search`, `sync`, `assistant`."""
    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """All that was ever timed of one kind, for programs that compute for themselves."""

    kind: str
    counts: dict[int, int]
    """How many, by the upper bound of their bucket in microseconds (`domain.histogram`)."""
    sum_us: int


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """How long people waited for answers, on all machines that this replica knows."""

    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Kpi(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of docs/kpis.md."""

    name: str
    """`availability`, `primary_availability`, `write_p95_ms`, `read_p95_ms`, `sync_rate`, `reuse`,
    `time_to_answer_ms`, `adoption`, `satisfaction`, `cancellation_rate`."""
    value: float | None
    target: float | None = None
    is_met: bool | None = None
    """None where there is no target, or nothing is known."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What one person did in the window."""

    name: str
    """The username, or the account of a machine where nobody was named."""
    user_id: str | None
    questions: int
    commands: int
    tokens: int
    cost_microusd: int


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers to one person took on one day (UTC)."""

    day: str
    """As in 2026-01-31."""
    name: str
    user_id: str | None
    tokens: int
    cost_microusd: int


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """How many used it on one day (UTC), and what all answers of the day took."""

    day: str
    users: int
    machines: int
    tokens: int
    cost_microusd: int


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A solved problem that helped."""

    entry_id: str
    short_id: str
    question: str
    """Its beginning."""
    name: str
    """Who asked."""
    good: int
    bad: int
    reused: int
    """How often its answer was handed on by this replica."""


class MachineState(msgspec.Struct, frozen=True, kw_only=True):
    """One machine, by its last sign of life."""

    machine_id: str
    hostname: str
    version: str
    last_seen: int
    lag_ms: int | None = None
    """How long its oldest change had waited; None where no heartbeat is known."""
    waiting: int | None = None
    skew_ms: int | None = None


class Sync(msgspec.Struct, frozen=True, kw_only=True):
    """Where synchronisation stands."""

    condition: Condition
    host: str | None = None
    queue: int = 0
    """Rows that the primary has not acknowledged."""
    parked: int = 0
    lag_ms: int = 0
    skew_ms: int | None = None
    succeeded_at: int | None = None
    failing_since: int | None = None
    error: str | None = None


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How large things are, in bytes; None where that is not known."""

    replica: int
    index: int | None = None
    vectors: int | None = None
    primary: int | None = None
    primary_entries: int | None = None
    primary_at: int | None = None
    """When the primary said so."""
    free: int | None = None
    """On the disk of the replica."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is seen at one instant."""

    at: int
    since: int
    step_hours: int
    version: str
    hostname: str
    machine_id: str
    replica_id: str
    is_partial: bool
    """Whether entries wait to be counted: a next look knows more."""
    health: Health
    reasons: tuple[Reason, ...]
    kpis: tuple[Kpi, ...]
    latencies: tuple[Latency, ...]
    answers: Answers | None
    periods: tuple[Period, ...]
    """One for each step of the window, oldest first, empty ones included."""
    open_requests: int
    commands_per_minute: float
    """Of the last five minutes."""
    commands_by_minute: tuple[int, ...]
    """Of the last hour, oldest first."""
    tallies: dict[str, int]
    """What happened in the processes of this replica in the window: `errors`, `errors.CODE`,
    `cancellations`, `cache_hits`, `cache_misses`, `reuse_hits`, `reuse_misses`."""
    entries: int
    sync: Sync
    machines: tuple[MachineState, ...]
    """The one seen last first."""
    people: tuple[Person, ...]
    problems: tuple[Problem, ...]
    adoption: tuple[Adoption, ...]
    """By day, oldest first."""
    spending: tuple[Spending, ...]
    """By user and day: the newest day first, who took most first; 200 at most."""
    sizes: Sizes

    def kpi(self, name: str) -> Kpi:
        """Return a KPI by its name."""
        return next(each for each in self.kpis if each.name == name)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What only rises, since this replica was made."""

    histograms: tuple[Histogram, ...]
    tallies: dict[str, int]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at."""

    scope: Scope
    window: Window = DAY
    people_max: int = 10
    problems_max: int = 10
