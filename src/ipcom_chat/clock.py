"""The time and the randomness of everything that is stored.

Whatever reaches the history takes its instants, durations and ids from a `Clock`, so tests decide
them. Waits, animations, the log and the names of temporary files use the standard library.
Instants are UTC epoch milliseconds; durations are differences of `monotonic_ms`, which no clock
change moves.
"""

import secrets
import time
from typing import Final, Protocol

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


class Clock(Protocol):
    """A source of instants and of random bits."""

    def now_ms(self) -> int:
        """Return the UTC epoch instant in milliseconds."""
        ...

    def monotonic_ms(self) -> float:
        """Return milliseconds from an arbitrary start; it never goes back."""
        ...

    def random_bits(self, count: int) -> int:
        """Return an unpredictable integer of `count` bits."""
        ...


class SystemClock:
    """The clock and the random source of the machine."""

    def now_ms(self) -> int:
        """See `Clock`."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> float:
        """See `Clock`."""
        return time.monotonic_ns() / 1e6

    def random_bits(self, count: int) -> int:
        """See `Clock`."""
        return secrets.randbits(count)
