"""What puts one hit before another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.ranking import (
    HALF_LIFE_MS,
    MEANING_WEIGHT,
    Signals,
    Weights,
    meaning,
    score,
    usual_meaning,
)

BASE: dict[str, Any] = {"relevance": 1.0, "age_ms": 0}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"relevance": 1.1}, {"relevance": 1.0}),
        ({"meaning": 0.2}, {"meaning": 0.1}),
        ({"age_ms": 0}, {"age_ms": HALF_LIFE_MS}),
        ({"own": True}, {"shared": True}),
        ({"shared": True}, {"here": True}),
        ({"succeeded": True}, {"succeeded": None}),
        ({"succeeded": None}, {"succeeded": False}),
        ({"votes": 3}, {"votes": 1}),
        ({"votes": 0}, {"votes": -1}),
        ({"people": 4}, {"people": 1}),
    ],
)
def test_each_signal_counts(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert score(Signals(**BASE | better)).total > score(Signals(**BASE | worse)).total


def test_what_hardly_fits_never_passes_what_fits() -> None:
    loved = Signals(
        relevance=0.5, age_ms=0, shared=True, own=True, here=True, succeeded=True, votes=99,
        people=99,
    )  # fmt: skip
    hated = Signals(relevance=1.0, age_ms=10 * HALF_LIFE_MS, succeeded=False, votes=-99)
    assert score(loved).total < score(hated).total


def test_the_parts_make_the_whole_and_weights_can_be_given() -> None:
    signals = Signals(relevance=2.0, meaning=0.5, age_ms=HALF_LIFE_MS, own=True, votes=2)
    parts = score(signals, Weights(user=1.0))
    shares = parts.recency + parts.scope + parts.outcome + parts.votes + parts.people
    assert parts.total == pytest.approx((parts.relevance + parts.meaning) * (1 + shares))
    assert parts.scope > score(signals).scope


def test_what_is_hardly_alike_counts_for_nothing_and_the_same_words_for_the_most() -> None:
    assert meaning(1.0) == MEANING_WEIGHT
    assert meaning(0.9) > 0.5
    assert meaning(0.3) < 0.03
    assert meaning(0.0) == meaning(-0.7) == 0.0


def test_an_unknown_meaning_is_the_usual_one() -> None:
    assert usual_meaning([0.2, 0.4]) == pytest.approx(0.3)
    assert usual_meaning([]) == 0.0


@given(
    st.floats(0, 10), st.integers(-(10**12), 10**13), st.integers(-1000, 1000), st.integers(0, 500)
)
def test_it_is_never_negative_and_bounded(
    relevance: float, age: int, votes: int, people: int
) -> None:
    total = score(Signals(relevance=relevance, age_ms=age, votes=votes, people=people)).total
    assert 0 <= total <= 1.5 * relevance
