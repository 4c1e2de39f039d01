"""When a replica exchanges with the primary.

- After a local change: as soon as it has been quiet for a moment, or after an interval, so that
  one request carries the whole of it.
- While people are at work: every few seconds. At rest: less and less often.
- After a failure that may pass: later and later, at random, so that 300 machines do not come back
  at once; a local change does not shorten that. After one that a person must mend: rarely.
- At the end: once more, within a bound.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.errors import (
    IpcomChatError,
    PrimaryAuthError,
    PrimaryError,
    PrimaryReadOnlyError,
    StorageError,
)
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Progress

DEBOUNCE_S = 1.0
TELL_AFTER_S = 0.1
"""How long after a local change the listener hears of it: not in the middle of a turn, which
would wait for the interpreter meanwhile, and once for all changes of a moment."""
BUSY_S = 1.0
"""How soon to look again when another process of this replica was exchanging."""
FLUSH_BUSY_S = 0.05
"""The same at the end, where there is little time."""
FIRST_BACKOFF_S = 1.0
ACTIVE_BACKOFF_S = 15.0
"""The longest wait after a failure while people are at work."""
HOPELESS_S = 600.0
"""How often to try what only a person can mend."""
TOKEN_S = 60.0
"""How often to try where a token was refused: it may be renewed without a word to us."""
ACTIVE_FOR_S = 300.0
"""How long after a local change people count as being at work."""
FLUSH_S = 1.5

_JITTER = 0.2
_RANDOM_BITS = 32
_LOG = logging.getLogger(__name__)


class Intervals(msgspec.Struct, frozen=True, kw_only=True):
    """How often, in seconds."""

    active_s: float = 5.0
    rest_s: float = 60.0
    longest_backoff_s: float = 60.0


class Rhythm:
    """Computes how long to wait. Pure but for the clock."""

    def __init__(self, intervals: Intervals, clock: Clock) -> None:
        self._intervals = intervals
        self._clock = clock
        self._failures = 0
        self._quiet = 0
        self._active_until_ms = clock.monotonic_ms() + ACTIVE_FOR_S * 1000

    @property
    def is_failing(self) -> bool:
        """Whether the last try failed."""
        return self._failures > 0

    @property
    def _is_active(self) -> bool:
        return self._clock.monotonic_ms() < self._active_until_ms

    def active(self) -> None:
        """Note that somebody is at work."""
        self._active_until_ms = self._clock.monotonic_ms() + ACTIVE_FOR_S * 1000
        self._quiet = 0

    def after(self, progress: Progress) -> float:
        """Return how long to wait after an exchange that went well, in seconds."""
        self._failures = 0
        if progress.was_busy:
            return self._jittered(BUSY_S)
        if self._is_active:
            return self._jittered(self._intervals.active_s)
        self._quiet = min(self._quiet + 1, 30)
        wait_s = self._intervals.active_s * (1 << self._quiet)
        return self._jittered(min(wait_s, self._intervals.rest_s))

    def after_failure(self, error: IpcomChatError) -> float:
        """Return how long to wait after one that failed, in seconds."""
        self._failures = min(self._failures + 1, 30)
        if isinstance(error, PrimaryAuthError | PrimaryReadOnlyError):
            return self._jittered(TOKEN_S)
        if not error.retryable and isinstance(error, PrimaryError):
            return self._jittered(HOPELESS_S)
        bound_s = self._intervals.longest_backoff_s
        if self._is_active:
            bound_s = min(bound_s, ACTIVE_BACKOFF_S)
        longest = min(FIRST_BACKOFF_S * (1 << self._failures), bound_s)
        return longest * self._random()

    def debounce(self) -> float:
        """Return how long to wait after a local change, in seconds."""
        return DEBOUNCE_S * (1 + self._random() / 2)

    def patience(self) -> float:
        """Return how long changes may follow one another before they are carried, in seconds."""
        return self._jittered(self._intervals.active_s)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + _JITTER * (2 * self._random() - 1))

    def _random(self) -> float:
        return self._clock.random_bits(_RANDOM_BITS) / (1 << _RANDOM_BITS)


class Scheduler:
    """Lets an engine exchange in time. Everything happens in one event loop.

    Args:
        engine: carries the rows.
        rhythm: says when.
        users: the users whose own histories this replica holds.
        listener: called in the event loop whenever the state may have changed.
    """

    def __init__(
        self,
        engine: Engine,
        rhythm: Rhythm,
        users: Callable[[], Sequence[str]],
        listener: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._rhythm = rhythm
        self._users = users
        self._listener = listener
        self._nudged = asyncio.Event()
        self._stopped = asyncio.Event()
        self._telling: asyncio.TimerHandle | None = None

    def nudge(self) -> None:
        """Note that this replica has changed."""
        self._rhythm.active()
        self._nudged.set()
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TELL_AFTER_S, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._listener()

    def stop(self) -> None:
        """End `run` after a last exchange."""
        self._stopped.set()

    async def run(self) -> None:
        """Exchange until stopped, then flush within `FLUSH_S` seconds."""
        try:
            await self._run()
        finally:
            if self._telling is not None:
                self._telling.cancel()

    async def _run(self) -> None:
        running: asyncio.Task[float] | None = None
        while not self._stopped.is_set():
            self._nudged.clear()
            running = asyncio.ensure_future(self._turn())
            await self._until_stopped(running)
            if not running.done():
                break
            await self._wait(running.result())
        await self._flush(running)

    async def _turn(self) -> float:
        """Make one exchange and return how long to wait for the next."""
        try:
            progress = await self._engine.exchange(self._users())
        except (PrimaryError, StorageError) as error:
            _LOG.warning("sync failed: %s", error.code)
            return self._rhythm.after_failure(error)
        finally:
            self._listener()
        return self._rhythm.after(progress) if progress.is_done or progress.was_busy else 0.0

    async def _wait(self, seconds: float) -> None:
        nudge = asyncio.ensure_future(self._nudged.wait())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    if self._rhythm.is_failing:
                        await self._stopped.wait()
                    await self._until_stopped(nudge)
            if nudge.done():
                await self._settle()
        finally:
            nudge.cancel()

    async def _settle(self) -> None:
        """Wait until the replica has been quiet for a moment, but not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._rhythm.patience()):
                while self._nudged.is_set() and not self._stopped.is_set():
                    self._nudged.clear()
                    await self._sleep(self._rhythm.debounce())

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    async def _until_stopped(self, other: "asyncio.Future[Any]") -> None:
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({stopped, other}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()

    async def _flush(self, running: "asyncio.Task[float] | None") -> None:
        """Let a running exchange end, then carry what is left; all within the bound."""
        with suppress(TimeoutError, PrimaryError, StorageError):
            async with asyncio.timeout(FLUSH_S):
                if running is not None and not running.done():
                    await running
                await self._carry_the_rest()
        if running is not None and not running.done():
            running.cancel()

    async def _carry_the_rest(self) -> None:
        while not self._rhythm.is_failing:
            progress = await self._engine.cycle(self._users())
            if not progress.was_busy:
                return
            # Another process may have begun before our last change: it does not carry that.
            await asyncio.sleep(FLUSH_BUSY_S)
