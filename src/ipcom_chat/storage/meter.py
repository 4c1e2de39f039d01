"""What a process measures of itself: how long things took, how they ended, what happened how often.

Invariants: measuring costs a few microseconds, waits for nothing and writes nothing; all threads of
a process share one meter; what it holds is bounded by what can be told apart, not by how much
happened. Who drains it writes it (`storage.measures`). A process that is killed loses what was not
drained yet.
"""

import threading
from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from time import monotonic
from types import TracebackType
from typing import Final, TypeVar

import msgspec

from ipcom_chat.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from ipcom_chat.domain.histogram import bucket_us
from ipcom_chat.errors import PrimaryError, StorageError

WRITE: Final = "write"
READ: Final = "read"
SEARCH: Final = "search"
SYNC: Final = "sync"
ASSISTANT: Final = "assistant"
KINDS: Final = (WRITE, READ, SEARCH, SYNC, ASSISTANT)
"""What is timed."""

_FOLD_AT: Final = 1_000

ERRORS: Final = "errors"
CANCELLATIONS: Final = "cancellations"
CACHE_HITS: Final = "cache_hits"
CACHE_MISSES: Final = "cache_misses"
REUSE_HITS: Final = "reuse_hits"
REUSE_MISSES: Final = "reuse_misses"

T = TypeVar("T")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured since the last time; keys are as the tables have them."""

    latencies: dict[tuple[int, str, int], int]
    """How many, by hour, kind and bound in microseconds."""
    sums_us: dict[tuple[int, str, int], int]
    tallies: dict[tuple[int, str], int]
    minutes: dict[tuple[int, str], tuple[int, int]]
    """How many tries went well and how many failed, by minute and kind."""
    reuses: dict[tuple[int, str], int]


class Meter:
    """The measurements of one process. Any thread may call it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._took: deque[tuple[int, str, float, bool]] = deque()
        self._latencies: Counter[tuple[int, str, int]] = Counter()
        self._sums_us: Counter[tuple[int, str, int]] = Counter()
        self._tallies: Counter[tuple[int, str]] = Counter()
        self._ended: Counter[tuple[int, str, bool]] = Counter()
        self._reuses: Counter[tuple[int, str]] = Counter()

    def took(self, kind: str, duration_ms: float, *, ok: bool = True) -> None:
        """Note how long something took; of what failed only that it did."""
        # Appending is atomic; the rest is done for a thousand at once.
        self._took.append((self._clock.now_ms(), kind, duration_ms, ok))
        if len(self._took) >= _FOLD_AT:
            with self._lock:
                self._fold()

    def count(self, name: str, times: int = 1) -> None:
        """Note that something happened."""
        hour = self._clock.now_ms() // HOUR_MS
        with self._lock:
            self._tallies[hour, name] += times

    def reused(self, entry_id: str) -> None:
        """Note that the answer of an earlier entry was handed on."""
        day = self._clock.now_ms() // DAY_MS
        with self._lock:
            self._reuses[day, entry_id] += 1

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be written."""
        return not (self._took or self._latencies or self._tallies or self._ended or self._reuses)

    def drain(self) -> Measured:
        """Return what was measured, and begin anew."""
        with self._lock:
            self._fold()
            minutes = {
                (minute, kind): (
                    self._ended[minute, kind, True], self._ended[minute, kind, False]
                )
                for minute, kind, _ok in self._ended
            }  # fmt: skip
            measured = Measured(
                latencies=dict(self._latencies), sums_us=dict(self._sums_us),
                tallies=dict(self._tallies), minutes=minutes, reuses=dict(self._reuses),
            )  # fmt: skip
            for held in (
                self._latencies, self._sums_us, self._tallies, self._ended, self._reuses
            ):  # fmt: skip
                held.clear()
        return measured

    def restore(self, measured: Measured) -> None:
        """Take back what could not be written."""
        with self._lock:
            self._latencies.update(measured.latencies)
            self._sums_us.update(measured.sums_us)
            self._tallies.update(measured.tallies)
            self._reuses.update(measured.reuses)
            for (minute, kind), (ok, failed) in measured.minutes.items():
                self._ended[minute, kind, True] += ok
                self._ended[minute, kind, False] += failed

    def _fold(self) -> None:
        # Most of what is folded at once is of one minute and one kind.
        ended: dict[tuple[int, str, bool], list[float]] = defaultdict(list)
        for _one in range(len(self._took)):
            at_ms, kind, duration_ms, ok = self._took.popleft()
            ended[at_ms // MINUTE_MS, kind, ok].append(duration_ms)
        for (minute, kind, ok), durations_ms in ended.items():
            self._ended[minute, kind, ok] += len(durations_ms)
            if ok:
                self._fill(minute // 60, kind, durations_ms)

    def _fill(self, hour: int, kind: str, durations_ms: list[float]) -> None:
        """Put durations into their buckets: a few steps for each bucket, not for each duration."""
        durations_ms.sort()
        begin = 0
        while begin < len(durations_ms):
            bound_us = bucket_us(durations_ms[begin] * 1000)
            end = bisect_right(durations_ms, bound_us / 1000, begin + 1)
            key = (hour, kind, bound_us)
            self._latencies[key] += end - begin
            self._sums_us[key] += round(sum(durations_ms[begin:end]) * 1000)
            begin = end


class timing:  # noqa: N801 - a block, as `suppress` is; a class costs a third of a generator
    """Note how long the block takes, or that storage or the primary failed it."""

    __slots__ = ("_kind", "_meter", "_start_s")

    def __init__(self, meter: Meter | None, kind: str) -> None:
        self._meter = meter
        self._kind = kind

    def __enter__(self) -> None:
        self._start_s = monotonic()

    def __exit__(
        self,
        error: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._meter is None:
            return
        if error is None:
            self._meter.took(self._kind, (monotonic() - self._start_s) * 1000)
        elif issubclass(error, StorageError | PrimaryError):
            self._meter.took(self._kind, (monotonic() - self._start_s) * 1000, ok=False)


def timed(meter: Meter | None, kind: str, items: Iterable[T]) -> Iterator[T]:
    """Yield items; note how long it took to get them, whatever was done with them between."""
    rest = iter(items)
    took_s = 0.0
    try:
        while True:
            start_s = monotonic()
            try:
                item = next(rest)
            except StopIteration:
                return
            finally:
                took_s += monotonic() - start_s
            yield item
    finally:
        if meter is not None:
            meter.took(kind, took_s * 1000)
