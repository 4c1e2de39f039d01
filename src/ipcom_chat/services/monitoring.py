"""What can be seen of a replica, and of the team through it: one `Snapshot` at a time.

docs/kpis.md defines each figure; they are computed here as defined there, and nowhere else.

Invariants: a look asks only the replica, never the network, and reads no more than the window
holds; it writes only what is derived (`storage.usage`), and does without where it cannot.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from ipcom_chat.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from ipcom_chat.domain.histogram import BOUNDS_MS, BOUNDS_US, quantile
from ipcom_chat.ids import EntryId
from ipcom_chat.services.counting import caught_up
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.kpis import Known, health_of, kpis_of
from ipcom_chat.services.people import MachineService
from ipcom_chat.services.snapshot import (
    DAY,
    MONTH,
    WEEK,
    Adoption,
    Answers,
    Health,
    Histogram,
    Kpi,
    Latency,
    MachineState,
    Period,
    Person,
    Problem,
    Reason,
    Sizes,
    Snapshot,
    Spending,
    Sync,
    Totals,
    View,
    Window,
)
from ipcom_chat.services.sync import SyncStatus
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.measures import Measures
from ipcom_chat.storage.meter import KINDS, SEARCH, SYNC, WRITE
from ipcom_chat.storage.monitoring_rows import MonitoringRows
from ipcom_chat.storage.usage import Span, Usage

__all__ = [
    "DAY",
    "MONTH",
    "WEEK",
    "Adoption",
    "Answers",
    "Health",
    "Here",
    "Histogram",
    "Kpi",
    "Latency",
    "MachineState",
    "MonitoringService",
    "Period",
    "Person",
    "Problem",
    "Reason",
    "Sizes",
    "Snapshot",
    "Spending",
    "Sync",
    "Totals",
    "View",
    "Window",
]  # fmt: skip

COUNT_S: Final = 1.0
"""So long one look counts at most; what is left is counted by the next."""
SYNC_GRACE_MS: Final = MINUTE_MS
"""A row that waits for less than this is on its way."""
MINUTES: Final = 60
RATE_MINUTES: Final = 5
SPENDING_MAX: Final = 200


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Whose replica is looked at, and where its files are."""

    hostname: str
    version: str
    machine_id: str
    replica_id: str
    replica: Path
    search: Path
    meaning: Path


class MonitoringService:
    """Looks at one replica.

    Args:
        database: the connection of the caller's thread.
        history: names people, machines and entries.
        machines: the machines that are known.
        sync: returns where synchronisation stands.
        here: whose replica this is; read when first needed.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        history: HistoryService,
        machines: MachineService,
        sync: Callable[[], SyncStatus],
        here: Callable[[], Here],
        clock: Clock,
    ) -> None:
        self._usage = Usage(database)
        self._measures = Measures(database)
        self._rows = MonitoringRows(database)
        self._database = database
        self._history = history
        self._machines = machines
        self._sync = sync
        self._here = here
        self._clock = clock

    def snapshot(self, view: View, *, count_s: float | None = COUNT_S) -> Snapshot:
        """Return everything that is seen now.

        Args:
            view: what is looked at.
            count_s: how long to count changed entries at most; None: until all are counted; 0:
                only what takes a moment.

        Raises:
            StorageError: the replica cannot be read.
        """
        is_partial = not caught_up(self._usage, limit_s=count_s)
        now = self._clock.now_ms()
        span = Span(scope=view.scope, since_ms=view.window.since_ms(now), until_ms=now + 1)
        here, sync, machines = self._here(), self._sync_state(), self._machine_states()
        periods, latencies = self._periods(span, view.window), self._latencies(span)
        known = self._known(span, periods, latencies, sync)
        kpis = kpis_of(known)
        health, reasons = health_of(kpis, sync)
        minutes = self._rows.commands_by_minute(view.scope, minutes=MINUTES, now_ms=now)
        return Snapshot(
            at=now, since=span.since_ms, step_hours=view.window.step_hours,
            version=here.version, hostname=here.hostname, machine_id=here.machine_id,
            replica_id=here.replica_id, is_partial=is_partial,
            health=health, reasons=reasons, kpis=kpis, latencies=latencies, answers=known.answers,
            periods=periods,
            open_requests=self._rows.open_requests(view.scope),
            commands_per_minute=sum(minutes[-RATE_MINUTES:]) / RATE_MINUTES,
            commands_by_minute=minutes, tallies=known.tallies, entries=self._rows.entries(),
            sync=sync, machines=machines,
            people=self._people(span, view.people_max),
            problems=self._problems(span, view.problems_max),
            adoption=self._adoption(span), spending=self._spending(span), sizes=self._sizes(here),
        )  # fmt: skip

    def totals(self) -> Totals:
        """Return what was ever measured in the processes of this replica."""
        found = self._measures.latencies(0, self._clock.now_ms() + 1)
        return Totals(
            histograms=tuple(
                Histogram(kind=kind, counts=found[kind][0], sum_us=found[kind][1])
                for kind in KINDS
                if kind in found
            ),
            tallies=self._measures.tallies(0, self._clock.now_ms() + 1),
        )

    def _known(
        self, span: Span, periods: tuple[Period, ...], latencies: tuple[Latency, ...], sync: Sync
    ) -> Known:
        here, since, until = self._here(), span.since_ms, span.until_ms
        day, before = since // DAY_MS * DAY_MS, until - SYNC_GRACE_MS
        tried, _ok, clean = self._measures.minutes((WRITE, SEARCH), since, until)
        exchanged, answered, _clean = self._measures.minutes((SYNC,), since, until)
        month = msgspec.structs.replace(span, since_ms=MONTH.since_ms(until))
        sizes = self._database.path.stat().st_size
        return Known(
            has_primary=sync.host is not None,
            minutes=(tried, clean), primary_minutes=(exchanged, answered),
            latencies={each.kind: each for each in latencies},
            shared=self._usage.of_machine(here.machine_id, span),
            late=self._rows.late(here.replica_id, since_ms=day, before_ms=before),
            tallies=self._measures.tallies(since, until),
            answers=self._answers(span),
            active_machines=self._usage.all_active(month)[1],
            known_machines=len(self._machines.all()),
            thumbs=self._rows.thumbs(since_ms=since, until_ms=until),
            ended=sum(each.requests for each in periods),
            cancelled=sum(each.cancelled for each in periods),
            bytes_per_entry=sizes / max(self._rows.entries(), 1),
        )  # fmt: skip

    def _latencies(self, span: Span) -> tuple[Latency, ...]:
        found = self._measures.latencies(span.since_ms, span.until_ms)
        return tuple(_latency(kind, *found[kind]) for kind in KINDS if kind in found)

    def _answers(self, span: Span) -> Answers | None:
        counts, time_ms = self._usage.paces(span)
        total = sum(counts.values())
        if not total:
            return None
        p50, p95, p99 = (quantile(counts, share, BOUNDS_MS) or 0.0 for share in (0.5, 0.95, 0.99))
        return Answers(count=total, mean_ms=time_ms / total, p50_ms=p50, p95_ms=p95, p99_ms=p99)

    def _periods(self, span: Span, window: Window) -> tuple[Period, ...]:
        found = self._usage.periods(span, hours=window.step_hours)
        by_start = {each.start_ms: each for each in found}
        step_ms = window.step_hours * HOUR_MS
        starts = range(span.since_ms, span.until_ms, step_ms)
        return tuple(by_start.get(start, Period(start_ms=start)) for start in starts)

    def _sync_state(self) -> Sync:
        status = self._sync()
        return Sync(
            condition=status.condition, host=status.host, queue=status.unacknowledged,
            parked=len(status.parked), lag_ms=status.lag_ms, skew_ms=status.skew_ms,
            succeeded_at=status.succeeded_at, failing_since=status.failing_since,
            error=status.error,
        )  # fmt: skip

    def _machine_states(self) -> tuple[MachineState, ...]:
        beats = self._machines.heartbeats()
        found = []
        for machine in self._machines.all():
            beat = beats.get(machine.id)
            found.append(
                MachineState(
                    machine_id=machine.id, hostname=machine.hostname,
                    version=beat.version if beat else machine.version,
                    last_seen=max(machine.last_seen, beat.at) if beat else machine.last_seen,
                    lag_ms=beat.lag_ms if beat else None,
                    waiting=beat.waiting if beat else None,
                    skew_ms=beat.skew_ms if beat else None,
                )
            )  # fmt: skip
        return tuple(sorted(found, key=lambda each: (-each.last_seen, each.machine_id)))

    def _people(self, span: Span, limit: int) -> tuple[Person, ...]:
        names = self._history.usernames()
        return tuple(
            Person(
                name=_name(names, each.user_id, each.account), user_id=each.user_id or None,
                questions=each.questions, commands=each.commands, tokens=each.tokens,
                cost_microusd=each.cost_microusd,
            )
            for each in self._usage.people(span, limit=limit)
        )  # fmt: skip

    def _problems(self, span: Span, limit: int) -> tuple[Problem, ...]:
        names = self._history.usernames()
        return tuple(
            Problem(
                entry_id=each.entry_id, short_id=self._history.short_id(EntryId(each.entry_id)),
                question=each.question, name=_name(names, each.user_id, each.os_user),
                good=each.good, bad=each.bad, reused=each.reused,
            )
            for each in self._rows.problems(
                span.scope, since_ms=span.since_ms, until_ms=span.until_ms, limit=limit
            )
        )  # fmt: skip

    def _adoption(self, span: Span) -> tuple[Adoption, ...]:
        return tuple(
            Adoption(
                day=_day(each.day_ms),
                users=each.users,
                machines=each.machines,
                tokens=each.tokens,
                cost_microusd=each.cost_microusd,
            )
            for each in self._usage.active(span)
        )

    def _spending(self, span: Span) -> tuple[Spending, ...]:
        names = self._history.usernames()
        return tuple(
            Spending(
                day=_day(each.day_ms), name=_name(names, each.user_id, each.account),
                user_id=each.user_id or None, tokens=each.tokens,
                cost_microusd=each.cost_microusd,
            )
            for each in self._usage.spending(span, limit=SPENDING_MAX)
        )  # fmt: skip

    def _sizes(self, here: Here) -> Sizes:
        primary = self._measures.primary_size()
        at, nbytes, entries = primary or (None, None, None)
        return Sizes(
            replica=sum(_file_bytes(Path(f"{here.replica}{end}")) or 0 for end in ("", "-wal")),
            index=_folder_bytes(here.search), vectors=_folder_bytes(here.meaning),
            primary=nbytes, primary_entries=entries, primary_at=at, free=_free(here.replica.parent),
        )  # fmt: skip


def _latency(kind: str, counts: dict[int, int], sum_us: int) -> Latency:
    total = sum(counts.values())
    p50, p95, p99 = (
        (quantile(counts, share, BOUNDS_US) or 0.0) / 1000 for share in (0.5, 0.95, 0.99)
    )
    return Latency(
        kind=kind, count=total, mean_ms=sum_us / 1000 / max(total, 1),
        p50_ms=p50, p95_ms=p95, p99_ms=p99,
    )  # fmt: skip


def _name(names: Mapping[str, str], user_id: str, account: str) -> str:
    return names.get(user_id, user_id) if user_id else account


def _day(at_ms: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at_ms / 1000))


def _file_bytes(path: Path) -> int | None:
    with suppress(OSError):
        return path.stat().st_size
    return None


def _folder_bytes(folder: Path) -> int | None:
    """Return how large the files of a folder are; files may come and go meanwhile."""
    if not folder.is_dir():
        return None
    return sum(_file_bytes(path) or 0 for path in folder.rglob("*") if path.is_file())


def _free(folder: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(folder).free
    return None
