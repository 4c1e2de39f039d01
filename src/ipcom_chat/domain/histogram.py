"""Histograms of durations: which bucket one falls into, and what a share of them stays below. Pure.

The bounds are the preferred numbers R20 of ISO 3, twenty to a decade, so that no bucket is wider
than a seventh of what it holds, and 1, 2, 5, 10, 20, 50 ms are bounds themselves.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

_R20 = (
    100, 112, 125, 140, 160, 180, 200, 224, 250, 280,
    315, 355, 400, 450, 500, 560, 630, 710, 800, 900,
)  # fmt: skip
_DECADES = 7
ENDLESS: Final = 1 << 62
"""The bound of what is longer than every other bound."""

BOUNDS_US: Final[tuple[int, ...]] = (
    *(value * 10**decade for decade in range(_DECADES) for value in _R20),
    100 * 10**_DECADES,
    ENDLESS,
)
"""From 0.1 ms to 1,000 s."""
BOUNDS_MS: Final[tuple[int, ...]] = (
    *(value * 10**decade for decade in range(2, 6) for value in (1, 2, 5)),
    1_000_000,
    ENDLESS,
)
"""Of the time that an answer took, as rows tell it."""


def bucket_us(duration_us: float) -> int:
    """Return the smallest bound of `BOUNDS_US` that a duration does not exceed."""
    return BOUNDS_US[bisect_left(BOUNDS_US, min(duration_us, ENDLESS))]


def quantile(counts: Mapping[int, int], share: float, bounds: Sequence[int]) -> float | None:
    """Return what a share of the durations does not exceed; None if there are none.

    Inside a bucket durations count as spread evenly; in the endless one as at its beginning.

    Args:
        counts: how many there are, by the upper bound of their bucket.
        share: from 0 to 1.
        bounds: all upper bounds, rising.
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    wanted, before = share * total, 0
    for upto in sorted(counts):
        if before + counts[upto] >= wanted and counts[upto]:
            return _within(upto, (wanted - before) / counts[upto], bounds)
        before += counts[upto]
    return float(max(counts))


def _within(upto: int, share: float, bounds: Sequence[int]) -> float:
    place = bisect_left(bounds, upto)
    lower = bounds[place - 1] if place else 0
    return float(lower) if upto >= ENDLESS else lower + (upto - lower) * share
