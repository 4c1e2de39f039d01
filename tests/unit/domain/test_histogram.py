"""Buckets and shares of durations."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.histogram import BOUNDS_MS, BOUNDS_US, ENDLESS, bucket_us, quantile


def test_the_bounds_rise_and_no_bucket_is_wider_than_a_seventh() -> None:
    assert list(BOUNDS_US) == sorted(set(BOUNDS_US))
    assert all(upper <= 1.1429 * lower for lower, upper in pairwise(BOUNDS_US[:-1]))
    assert {1_000, 2_000, 5_000, 20_000, 50_000, 1_000_000_000} <= set(BOUNDS_US)
    assert BOUNDS_MS[0] == 100
    assert BOUNDS_MS[-2:] == (1_000_000, ENDLESS)


@given(st.floats(min_value=0, max_value=1e30))
def test_a_duration_is_not_above_its_bound_and_above_the_one_before(duration_us: float) -> None:
    bound = bucket_us(duration_us)
    place = BOUNDS_US.index(bound)
    assert duration_us <= bound or bound == ENDLESS
    assert place == 0 or duration_us > BOUNDS_US[place - 1]


@given(
    st.lists(st.floats(min_value=101, max_value=1e9), min_size=1, max_size=200),
    st.sampled_from((0.5, 0.95, 0.99)),
)
def test_a_quantile_is_within_a_seventh_of_the_true_one(values: list[float], share: float) -> None:
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_us(value)] = counts.get(bucket_us(value), 0) + 1
    ordered = sorted(values)
    # The smallest value that has at least that share of all values below it, or is that large.
    true = next(v for place, v in enumerate(ordered, 1) if place >= share * len(ordered))
    found = quantile(counts, share, BOUNDS_US)
    assert found is not None
    assert true / 1.1429 <= found <= 1.1429 * true


@pytest.mark.parametrize(
    ("counts", "expected"),
    [({}, None), ({1_000: 0}, None), ({ENDLESS: 3}, 1_000_000_000.0), ({100: 4}, 50.0)],
)
def test_quantiles_at_the_edges(counts: dict[int, int], expected: float | None) -> None:
    assert quantile(counts, 0.5, BOUNDS_US) == expected


def test_the_whole_is_the_largest_bound() -> None:
    assert quantile({1_000: 1, 2_000: 1}, 1.0, BOUNDS_US) == 2_000
    assert quantile({1_000: 3}, 1.0000001, BOUNDS_US) == 1_000
