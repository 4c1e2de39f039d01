"""Synchronisation as the front ends see it: its state, one cycle, a look at the primary.

Everything here that reaches the primary is waited for by a person who asked for it by name
(`ipcom-chat sync`, changes of users); the chat uses `services.sync_thread`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ipcom_chat.clock import MINUTE_MS, Clock
from ipcom_chat.domain.people import Heartbeat, UserChange
from ipcom_chat.errors import (
    PrimaryError,
    PrimaryUnreachableError,
)
from ipcom_chat.ids import UserId
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.measures import Measures
from ipcom_chat.storage.people import Heartbeats, heartbeat_of
from ipcom_chat.storage.sync_rows import Pulled, take
from ipcom_chat.storage.sync_state import Parked, Subscription, SyncState
from ipcom_chat.sync.directory import (
    change_user,
    fetch_heartbeats,
    fetch_size,
    fetch_user,
    look_at,
)
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Exchanges, Identity, Options, Progress
from ipcom_chat.sync.scheduler import FLUSH_S, Intervals, Rhythm, Scheduler
from ipcom_chat.sync.target import Target
from ipcom_chat.sync.verify import Compared, repair, verify

if TYPE_CHECKING:
    from ipcom_chat.sync.primary import LatePrimary

PASSING_MS = 3_000
"""So long may a failure last before people are told that they are offline."""
SKEW_MS = 5 * MINUTE_MS
"""From this difference on, a person should set the clock."""
T = TypeVar("T")


class Condition(StrEnum):
    """What the status line says."""

    OFF = "off"
    """No primary is configured."""
    SYNCED = "synced"
    WAITING = "waiting"
    FILLING = "filling"
    """What the primary has is still being pulled."""
    OFFLINE = "offline"
    ATTENTION = "attention"
    """A person must do something."""


class SyncStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where synchronisation stands. Instants are epoch milliseconds."""

    condition: Condition
    host: str | None = None
    epoch: str | None = None
    waiting: dict[str, int] = {}
    """By kind, how many rows the primary has not acknowledged."""
    parked: tuple[Parked, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    lag_ms: int = 0
    """How long the oldest change has waited."""
    tried_at: int | None = None
    succeeded_at: int | None = None
    failing_since: int | None = None
    error_code: str | None = None
    error: str | None = None
    read_only: bool = False
    skew_ms: int | None = None
    """How far this machine's clock is ahead of the primary's."""

    @property
    def unacknowledged(self) -> int:
        """How many rows wait, whatever they are."""
        return sum(self.waiting.values())


class SyncSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What synchronisation is told by the settings."""

    host: str | None
    """What people are told of the primary; none: there is no primary."""
    resolve: Callable[[], Target]
    """Returns where the primary is; it may read files and run commands."""
    has_readers: bool = False
    """Whether replicas of the primary are configured, too."""
    fault: PrimaryError | None = None
    """Why it cannot be used, as far as the settings say so by themselves."""
    intervals: Intervals = Intervals()
    options: Options = Options()


class SyncService:
    """Synchronisation of one replica.

    Args:
        database: the connection of the caller's thread.
        settings: where the primary is, how often it is asked.
        identity: whose replica this is; read when first needed.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        settings: SyncSettings,
        identity: Callable[[], Identity],
        clock: Clock,
    ) -> None:
        self.settings = settings
        self._database = database
        self._identity = identity
        self._clock = clock
        self._state = SyncState(database)

    @property
    def is_configured(self) -> bool:
        """Whether there is a primary."""
        return self.settings.host is not None

    def status(self) -> SyncStatus:
        """Return where synchronisation stands; nothing but the replica is asked."""
        return status_of(self._state, self.settings, self._clock.now_ms())

    def scheduler(
        self,
        primary: Exchanges,
        users: Callable[[], Sequence[str]],
        listener: Callable[[], None],
    ) -> Scheduler:
        """Return what exchanges in time over the caller's connection."""
        rhythm = Rhythm(self.settings.intervals, self._clock)
        return Scheduler(self.engine(primary), rhythm, users, listener)

    def fetch_user(self, user_id: UserId) -> bool:
        """See `services.people.UserDirectory`."""
        return self._take(lambda primary: fetch_user(primary, user_id))

    def change_user(self, change: UserChange) -> None:
        """See `services.people.UserDirectory`."""
        nonce = f"{self._clock.random_bits(64):016x}"
        now = self._clock.now_ms()
        self._take(lambda primary: change_user(primary, change, nonce=nonce, at_ms=now))

    def fetch_heartbeats(self) -> None:
        """Bring the signs of life of all machines up to date.

        Raises:
            SettingsError: no primary is configured.
            PrimaryError: it cannot be reached or used.
        """
        self.store_fleet(self.fetch_fleet())

    def fetch_fleet(self) -> "Fleet":
        """Return what the primary tells of all machines and of itself; nothing is stored.

        Any thread may call it.

        Raises:
            SettingsError: no primary is configured.
            PrimaryError: it cannot be reached or used.
        """
        return asyncio.run(self._with_primary(_fleet))

    def store_fleet(self, fleet: "Fleet") -> None:
        """Keep what the primary told."""
        Heartbeats(self._database).replace(fleet.beats)
        Measures(self._database).set_primary_size(
            fleet.size_bytes, fleet.entries, at_ms=self._clock.now_ms()
        )

    def _take(self, ask: "Callable[[LatePrimary], Awaitable[Pulled | None]]") -> bool:
        pulled = _run_apart(self._with_primary(ask))
        if pulled is None:
            return False
        with self._database.write() as transaction:
            take(transaction, [pulled])
        return True

    async def _with_primary(self, ask: "Callable[[LatePrimary], Awaitable[T]]") -> T:
        primary = self.primary()
        try:
            return await ask(primary)
        finally:
            await primary.close()

    def retry(self) -> int:
        """Let parked rows be tried again; return how many there were."""
        return self._state.retry()

    def cycle(self, users: Sequence[str]) -> Progress:
        """Exchange until both sides have everything.

        Raises:
            SettingsError: no primary is configured.
            PrimaryError: it cannot be reached or used.
        """
        return asyncio.run(self._with_primary(lambda primary: self.engine(primary).cycle(users)))

    def verify(self, users: Sequence[str], *, mend: bool) -> list[Compared]:
        """Carry what waits, then compare every subscription with the primary.

        Args:
            users: as for `cycle`.
            mend: whether to fetch or push again what differs.

        Returns:
            What differed, before it was mended.

        Raises:
            PrimaryError: the primary cannot be reached or used.
        """
        return asyncio.run(self._with_primary(lambda primary: self._verify(primary, users, mend)))

    async def _verify(
        self,
        primary: "LatePrimary",
        users: Sequence[str],
        mend: bool,  # noqa: FBT001
    ) -> list[Compared]:
        engine = self.engine(primary)
        await engine.cycle(users)
        found = await verify(self._database, engine, primary)
        if mend:
            await repair(self._database, engine, primary, found)
        return found

    def flush(self, users: Sequence[str]) -> bool:
        """Exchange for `FLUSH_S` seconds at most; return whether all of it was carried.

        Whatever goes wrong is left to the next exchange.
        """
        try:
            progress = asyncio.run(self._within(FLUSH_S, users))
        except (PrimaryError, TimeoutError):
            return False
        return progress.is_done or progress.was_busy

    async def _within(self, seconds: float, users: Sequence[str]) -> Progress:
        async with asyncio.timeout(seconds):
            return await self._with_primary(lambda primary: self.engine(primary).cycle(users))

    def primary(self) -> "LatePrimary":
        """Return the way to the primary; the caller closes it.

        Raises:
            SettingsError: no primary is configured.
        """
        if not self.is_configured:
            self.settings.resolve()  # says what is missing
        return primary_of(self.settings)

    def engine(self, primary: Exchanges) -> Engine:
        """Return what exchanges with this primary over the caller's connection."""
        return Engine(self._database, primary, self._identity(), self._clock, self.settings.options)


def _run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine also where the caller's thread runs an event loop, which must not stop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """What the primary tells of all machines and of itself."""

    beats: tuple[tuple[object, ...], ...]
    """The last signs of life, as they are stored."""
    size_bytes: int | None
    entries: int | None


async def _fleet(primary: "LatePrimary") -> Fleet:
    beats = await fetch_heartbeats(primary)
    size_bytes, entries = await fetch_size(primary)
    return Fleet(beats=tuple(beats), size_bytes=size_bytes, entries=entries)


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What the primary says when it is only looked at."""

    host: str
    round_trip_ms: float
    skew_ms: int
    """How far this machine's clock is ahead of the primary's."""
    beats: tuple[Heartbeat, ...]
    """The last signs of life of all replicas."""


def probe(settings: SyncSettings, clock: Clock) -> Probe:
    """Look whether the primary can be reached and used; nothing is changed there or here.

    Raises:
        PrimaryError: it cannot; the message says what to do.
    """
    return asyncio.run(_probe(settings, clock))


async def _probe(settings: SyncSettings, clock: Clock) -> Probe:
    primary = primary_of(settings)
    try:
        await look_at(primary)  # the first one also sets up the connection
        start_ms = clock.monotonic_ms()
        state = await look_at(primary)
        took_ms = clock.monotonic_ms() - start_ms
        beats = [heartbeat_of(row) for row in await fetch_heartbeats(primary)]
    finally:
        await primary.close()
    return Probe(
        host=settings.host or "-",
        round_trip_ms=took_ms,
        skew_ms=round(clock.now_ms() - took_ms / 2 - state.now_ms),
        beats=tuple(beats),
    )


def primary_of(settings: SyncSettings) -> "LatePrimary":
    """Return the way to the primary; the caller closes it."""
    from ipcom_chat.sync.primary import LatePrimary  # noqa: PLC0415 - brings the network

    return LatePrimary(settings.resolve, has_readers=settings.has_readers)


def status_of(state: SyncState, settings: SyncSettings, now_ms: int) -> SyncStatus:
    """Return where synchronisation stands, from what the replica remembers."""
    if settings.host is None:
        return SyncStatus(condition=Condition.OFF)
    report, parked, fault = state.report(), tuple(state.parked()), settings.fault
    subscriptions, waiting = tuple(state.subscriptions()), state.waiting()
    oldest = state.oldest_waiting_ms()
    status = SyncStatus(
        condition=Condition.SYNCED,
        host=settings.host,
        epoch=state.timeline().epoch,
        waiting=waiting,
        parked=parked,
        subscriptions=subscriptions,
        lag_ms=max(0, now_ms - oldest) if oldest is not None else 0,
        tried_at=report.tried_at,
        succeeded_at=report.succeeded_at,
        failing_since=report.failing_since,
        error_code=fault.code if fault else report.error_code,
        error=str(fault) if fault else report.error,
        read_only=report.read_only,
        skew_ms=report.skew_ms,
    )
    return msgspec.structs.replace(status, condition=_condition(status, now_ms))


def _condition(status: SyncStatus, now_ms: int) -> Condition:
    failing_ms = 0 if status.failing_since is None else now_ms - status.failing_since
    if status.error_code is not None and status.error_code != PrimaryUnreachableError.code:
        return Condition.ATTENTION
    is_passing = 0 <= failing_ms < PASSING_MS and status.succeeded_at is not None
    if status.failing_since is not None and not is_passing:
        return Condition.OFFLINE
    if status.parked or (status.read_only and status.unacknowledged):
        return Condition.ATTENTION
    if not all(each.is_filled for each in status.subscriptions):
        return Condition.FILLING
    if status.unacknowledged:
        return Condition.WAITING
    # A replica that nothing was carried to yet has nothing waiting, and is not synced.
    return Condition.FILLING if status.succeeded_at is None else Condition.SYNCED
