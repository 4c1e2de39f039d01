"""Orders what was found: relevance first, then what makes an answer worth more. Pure.

    score = (relevance + meaning) x (1 + the shares below)

Relevance comes from the words that the entry shares with what was asked for. Meaning comes from the
cosine of two vectors, cubed: what is hardly alike, as any two sentences are, then counts for
nothing, and what says the same in other words, or in another language, nearly as much as a good
match of words. Where no model is at hand it is 0 for all.

Each share goes from 0 to its bound, votes and outcome also below 0, so that together they can lift
an entry by half at most: they decide between entries that fit equally well, and never put one that
hardly fits before one that does.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

RECENCY_SHARE: Final = 0.08
SCOPE_SHARE: Final = 0.06
OUTCOME_SHARE: Final = 0.10
VOTES_SHARE: Final = 0.15
PEOPLE_SHARE: Final = 0.08

MEANING_WEIGHT: Final = 0.8
LIKE_MIN: Final = 0.5
"""What shares no word with what was asked for is found from this cosine on."""

HALF_LIFE_MS: Final = 90 * 24 * 3_600_000
"""After so long an entry is half as recent."""
_VOTES_HALF: Final = 2
_PEOPLE_HALF: Final = 2


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """What it counts that an entry belongs to a history of its reader."""

    shared: float = 0.3
    user: float = 0.5
    machine: float = 0.2


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one hit."""

    relevance: float
    """How well its words fit what was asked for; 1 is very well."""
    meaning: float = 0.0
    """How well its meaning does, from 0 to `MEANING_WEIGHT`."""
    age_ms: int
    shared: bool = False
    """It is in the history of all."""
    own: bool = False
    """The reader wrote it."""
    here: bool = False
    """It was written on this machine."""
    succeeded: bool | None = None
    """Whether it worked; None if nobody knows."""
    votes: int = 0
    """Those for it less those against it."""
    people: int = 1
    """How many wrote the same."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A score and what it is made of."""

    total: float
    relevance: float
    meaning: float
    recency: float
    scope: float
    outcome: float
    votes: float
    people: float


def meaning(cosine: float) -> float:
    """Return what it counts that two questions are so alike; a cosine goes from -1 to 1."""
    return MEANING_WEIGHT * max(cosine, 0.0) ** 3


def usual_meaning(known: Iterable[float]) -> float:
    """Return what counts for an entry whose meaning is not known beside those where it is.

    Commands have no vector, and what was just saved has none yet: neither may sink for that.
    """
    values = list(known)
    return sum(values) / len(values) if values else 0.0


def score(signals: Signals, weights: Weights = Weights()) -> Score:  # noqa: B008 - it is frozen
    """Return the score of a hit."""
    recency = RECENCY_SHARE * 0.5 ** (max(signals.age_ms, 0) / HALF_LIFE_MS)
    scope = SCOPE_SHARE * (
        weights.shared * signals.shared
        + weights.user * signals.own
        + weights.machine * signals.here
    )
    outcome = OUTCOME_SHARE * {True: 1.0, False: -1.0, None: 0.0}[signals.succeeded]
    votes = VOTES_SHARE * signals.votes / (abs(signals.votes) + _VOTES_HALF)
    others = max(signals.people - 1, 0)
    people = PEOPLE_SHARE * others / (others + _PEOPLE_HALF)
    return Score(
        total=(signals.relevance + signals.meaning)
        * (1 + recency + scope + outcome + votes + people),
        relevance=signals.relevance,
        meaning=signals.meaning,
        recency=recency,
        scope=scope,
        outcome=outcome,
        votes=votes,
        people=people,
    )
