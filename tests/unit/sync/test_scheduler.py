"""When a replica exchanges: the waits that are computed, and the turns that are taken."""

import asyncio
import inspect
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.errors import (
    IpcomChatError,
    PrimaryAuthError,
    PrimaryForeignError,
    PrimaryReadOnlyError,
    PrimarySetupError,
    PrimaryUnreachableError,
    StorageFullError,
)
from ipcom_chat.sync import scheduler as module
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Progress
from ipcom_chat.sync.scheduler import (
    ACTIVE_BACKOFF_S,
    ACTIVE_FOR_S,
    BUSY_S,
    DEBOUNCE_S,
    FIRST_BACKOFF_S,
    HOPELESS_S,
    TOKEN_S,
    Intervals,
    Rhythm,
    Scheduler,
)
from tests.support.waiting import until

INTERVALS = Intervals(active_s=5, rest_s=60, longest_backoff_s=40)
OFFLINE = PrimaryUnreachableError("offline")
REFUSED = PrimaryAuthError("no such token")
DONE = Progress()
fractions = st.floats(min_value=0, max_value=1, exclude_max=True)


class Clock:
    """A clock that a test moves, whose randomness is `fraction` of all bits."""

    def __init__(self, fraction: float = 0.5) -> None:
        self.ms = 1_000_000.0
        self.fraction = fraction

    def now_ms(self) -> int:
        return round(self.ms)

    def monotonic_ms(self) -> float:
        return self.ms

    def random_bits(self, count: int) -> int:
        return int(self.fraction * (1 << count))


def rhythm(fraction: float = 0.5) -> tuple[Rhythm, Clock]:
    clock = Clock(fraction)
    return Rhythm(INTERVALS, clock), clock


# Rhythm


@given(fractions)
def test_people_at_work_are_served_every_few_seconds(fraction: float) -> None:
    beat, _clock = rhythm(fraction)
    for _turn in range(3):
        assert 4.0 <= beat.after(DONE) <= 6.0


def test_at_rest_it_slows_down_to_the_interval_of_rest() -> None:
    beat, clock = rhythm()
    clock.ms += ACTIVE_FOR_S * 1000
    assert [beat.after(DONE) for _turn in range(6)] == [10, 20, 40, 60, 60, 60]


@given(fractions)
def test_rest_has_jitter_of_a_fifth(fraction: float) -> None:
    beat, clock = rhythm(fraction)
    clock.ms += ACTIVE_FOR_S * 1000
    waits = [beat.after(DONE) for _turn in range(40)]
    assert 48.0 <= waits[-1] <= 72.0


def test_a_change_brings_the_rhythm_of_work_back_for_a_while() -> None:
    beat, clock = rhythm()
    clock.ms += ACTIVE_FOR_S * 1000
    for _turn in range(10):
        beat.after(DONE)
    beat.active()
    assert beat.after(DONE) == 5
    clock.ms += ACTIVE_FOR_S * 1000 - 1
    assert beat.after(DONE) == 5
    clock.ms += 1
    assert beat.after(DONE) == 10


def test_another_process_that_exchanges_is_asked_again_soon() -> None:
    beat, clock = rhythm()
    clock.ms += ACTIVE_FOR_S * 1000
    assert beat.after(Progress(was_busy=True)) == BUSY_S


@given(st.lists(fractions, min_size=1, max_size=60), st.booleans())
def test_back_off_is_spread_over_all_of_a_growing_span(
    chances: list[float], is_active: bool
) -> None:
    beat, clock = rhythm()
    clock.ms += 0 if is_active else ACTIVE_FOR_S * 1000
    longest = ACTIVE_BACKOFF_S if is_active else INTERVALS.longest_backoff_s
    for turn, clock.fraction in enumerate(chances, start=1):
        span = min(FIRST_BACKOFF_S * 2**turn, longest)
        assert beat.after_failure(OFFLINE) == pytest.approx(span * clock.fraction, abs=1e-3)
        assert beat.is_failing


def test_success_ends_the_back_off() -> None:
    beat, _clock = rhythm()
    for _turn in range(100):
        beat.after_failure(OFFLINE)
    beat.after(DONE)
    assert not beat.is_failing
    assert beat.after_failure(OFFLINE) == FIRST_BACKOFF_S


@pytest.mark.parametrize("error", [REFUSED, PrimaryReadOnlyError("reads only")])
def test_a_token_may_be_renewed_at_any_minute(error: IpcomChatError) -> None:
    assert rhythm(0)[0].after_failure(error) == pytest.approx(0.8 * TOKEN_S)


@pytest.mark.parametrize("error", [PrimarySetupError("no TLS"), PrimaryForeignError("not ours")])
def test_what_a_person_must_mend_is_tried_rarely(error: IpcomChatError) -> None:
    assert rhythm(0)[0].after_failure(error) == pytest.approx(0.8 * HOPELESS_S)
    assert rhythm(0.999_999)[0].after_failure(error) == pytest.approx(1.2 * HOPELESS_S, rel=1e-3)


def test_a_full_disk_is_tried_again_like_the_network() -> None:
    assert rhythm()[0].after_failure(StorageFullError("full")) == FIRST_BACKOFF_S


@given(fractions)
def test_a_change_waits_a_moment_for_the_next(fraction: float) -> None:
    assert DEBOUNCE_S <= rhythm(fraction)[0].debounce() < 1.5 * DEBOUNCE_S


# Scheduler


class FakeEngine:
    """An engine whose exchanges end as the test says; without a script they go well."""

    def __init__(self, *script: Progress | IpcomChatError) -> None:
        self.script = list(script)
        self.users: list[Sequence[str]] = []
        self.open = 0
        self.most_open = 0
        self.held: asyncio.Event | None = None
        """While it is there and not set, exchanges do not end."""
        self.cancelled = 0
        self._changed = asyncio.Event()

    @property
    def exchanges(self) -> int:
        return len(self.users)

    async def exchange(self, users: Sequence[str] = ()) -> Progress:
        self.users.append(users)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self._changed.set()
        try:
            if self.held is not None:
                await self.held.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.open -= 1
        step = self.script.pop(0) if self.script else DONE
        if isinstance(step, IpcomChatError):
            raise step
        return step

    async def cycle(self, users: Sequence[str] = ()) -> Progress:
        while True:
            progress = await self.exchange(users)
            if progress.is_done or progress.was_busy:
                return progress

    async def until(self, count: int) -> None:
        """Wait until that many exchanges have begun."""
        async with asyncio.timeout(20):
            while self.exchanges < count:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture(autouse=True)
def _quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seconds to people is hundredths here; every test waits for events, not for time."""
    if not inspect.iscoroutinefunction(request.function):
        return
    monkeypatch.setattr(module, "DEBOUNCE_S", 0.05)
    monkeypatch.setattr(module, "BUSY_S", 0.01)
    monkeypatch.setattr(module, "FIRST_BACKOFF_S", 0.01)


class Running:
    """A scheduler at work on a fake engine."""

    def __init__(
        self, engine: FakeEngine, intervals: Intervals | None = None, fraction: float = 0.5
    ) -> None:
        self.engine = engine
        self.heard = 0
        self.who: list[str] = ["ana"]
        self.scheduler = Scheduler(
            cast("Engine", engine),
            Rhythm(intervals or Intervals(active_s=600, rest_s=600), Clock(fraction)),
            lambda: tuple(self.who),
            self._hear,
        )
        self.task = asyncio.ensure_future(self.scheduler.run())

    def _hear(self) -> None:
        self.heard += 1

    async def stop(self) -> None:
        self.scheduler.stop()
        async with asyncio.timeout(20):
            await self.task


async def test_it_begins_at_once_and_ends_with_a_last_exchange() -> None:
    running = Running(FakeEngine())
    await running.engine.until(1)
    await until(lambda: running.heard == 1)
    await running.stop()
    assert running.engine.exchanges == 2


async def test_many_changes_in_a_moment_are_one_exchange() -> None:
    running = Running(FakeEngine())
    await until(lambda: running.heard == 1)
    for _change in range(50):
        running.scheduler.nudge()
    await running.engine.until(2)
    # Whatever the fifty had set in motion would come within a debounce of this one.
    running.scheduler.nudge()
    await running.engine.until(3)
    await running.stop()
    assert running.engine.exchanges == 4


async def test_changes_without_an_end_are_carried_all_the_same() -> None:
    running = Running(FakeEngine(), Intervals(active_s=0.1, rest_s=600))
    running.who = []
    async with asyncio.timeout(20):
        while running.engine.exchanges < 3:
            running.scheduler.nudge()
            await asyncio.sleep(0.005)
    await running.stop()


async def test_changes_without_end_are_carried_together_after_an_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """300 machines that save once a second were 240 requests a second, and are 60."""
    original = Scheduler._sleep

    async def busy(self: Scheduler, seconds: float) -> None:
        self.nudge()
        await original(self, seconds)

    monkeypatch.setattr(Scheduler, "_sleep", busy)
    running = Running(FakeEngine(), Intervals(active_s=0.4, rest_s=600))
    await until(lambda: running.heard == 1)
    loop = asyncio.get_running_loop()
    start = loop.time()
    running.scheduler.nudge()
    await running.engine.until(2)
    assert loop.time() - start >= 0.39
    await running.stop()


async def test_the_listener_hears_once_of_the_changes_of_a_moment() -> None:
    running = Running(FakeEngine())
    await until(lambda: running.heard == 1)
    for _change in range(50):
        running.scheduler.nudge()
    assert running.heard == 1
    await until(lambda: running.heard > 1)
    await running.stop()
    assert running.heard <= 4


async def test_nobody_is_told_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The listener reads the replica, which is closed then."""
    monkeypatch.setattr(module, "TELL_AFTER_S", 0.01)
    running = Running(FakeEngine())
    await until(lambda: running.heard == 1)
    running.scheduler.nudge()
    await running.stop()
    heard = running.heard
    await asyncio.sleep(0.03)
    assert running.heard == heard


async def test_a_change_during_an_exchange_is_carried_by_the_next() -> None:
    engine = FakeEngine()
    engine.held = asyncio.Event()
    running = Running(engine)
    await engine.until(1)
    running.scheduler.nudge()
    engine.held.set()
    await engine.until(2)
    await running.stop()
    assert engine.most_open == 1


async def test_what_is_not_done_goes_on_without_a_wait() -> None:
    more = Progress(is_done=False)
    running = Running(FakeEngine(more, more, more))
    await running.engine.until(4)
    await running.stop()
    assert running.engine.exchanges == 5


async def test_the_users_may_change_meanwhile() -> None:
    running = Running(FakeEngine())
    await until(lambda: running.heard == 1)
    running.who = ["bia"]
    running.scheduler.nudge()
    await running.engine.until(2)
    await running.stop()
    assert running.engine.users[:2] == [("ana",), ("bia",)]


async def test_changes_do_not_shorten_the_wait_after_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF_S", 0.6)
    monkeypatch.setattr(module, "DEBOUNCE_S", 0.001)
    loop = asyncio.get_running_loop()
    running = Running(FakeEngine(OFFLINE))
    await until(lambda: running.heard == 1)
    start = loop.time()
    while running.engine.exchanges == 1:
        running.scheduler.nudge()
        await asyncio.sleep(0.005)
    # At least half of twice the first back-off; the clock may have started somewhat late.
    assert loop.time() - start >= 0.3
    await running.stop()


async def test_it_survives_failures_of_both_sides() -> None:
    running = Running(FakeEngine(OFFLINE, StorageFullError("full"), OFFLINE))
    await running.engine.until(4)
    await until(lambda: running.heard >= 4)
    await running.stop()
    assert running.engine.exchanges == 5


async def test_what_only_a_person_can_mend_is_not_tried_again_at_the_end() -> None:
    running = Running(FakeEngine(REFUSED))
    await until(lambda: running.heard == 1)
    running.scheduler.nudge()
    await running.stop()
    assert running.engine.exchanges == 1


async def test_at_the_end_a_running_exchange_is_awaited() -> None:
    engine = FakeEngine()
    engine.held = asyncio.Event()
    running = Running(engine)
    await engine.until(1)
    running.scheduler.stop()
    await asyncio.sleep(0.02)
    assert not running.task.done()
    engine.held.set()
    await running.stop()
    assert (engine.exchanges, engine.cancelled, engine.most_open) == (2, 0, 1)


async def test_the_end_is_bounded_whatever_the_network_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FLUSH_S", 0.05)
    engine = FakeEngine()
    engine.held = asyncio.Event()
    running = Running(engine)
    await engine.until(1)
    await running.stop()
    await until(lambda: engine.open == 0)
    assert (engine.exchanges, engine.cancelled) == (1, 1)


async def test_the_flush_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FLUSH_S", 0.05)
    engine = FakeEngine()
    running = Running(engine)
    await until(lambda: running.heard == 1)
    engine.held = asyncio.Event()
    await running.stop()
    assert (engine.exchanges, engine.cancelled) == (2, 1)


async def test_the_flush_waits_for_another_process_within_the_bound() -> None:
    """A process that ended while another exchanged left its last rows behind."""
    engine = FakeEngine()
    running = Running(engine)
    await until(lambda: running.heard == 1)
    engine.script = [Progress(was_busy=True), Progress(was_busy=True), DONE]
    await running.stop()
    assert engine.exchanges == 4


async def test_a_fault_of_the_program_ends_it_loudly() -> None:
    engine = FakeEngine()
    running = Running(engine)
    await until(lambda: running.heard == 1)

    async def broken(users: Sequence[str] = ()) -> Progress:
        raise ZeroDivisionError

    engine.exchange = broken  # type: ignore[method-assign]
    running.scheduler.nudge()
    with pytest.raises(ZeroDivisionError):
        await running.task
