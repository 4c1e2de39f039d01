"""Finds earlier questions that share words with a new one: plain word matching, no index.

Words are compared without case and accents. A word that few candidates hold weighs more than one
that most of them hold, as in inverse document frequency.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from math import log
from typing import NamedTuple

_WORD = re.compile(r"[\w./:@+-]*\w")
_MIN_LENGTH = 2
_COMMON = frozenset(
    "a o e as os um uma de do da dos das em no na nos nas por para com que qual quais como esta "
    "estao este essa isso eu meu minha me se ao ser the an of in on at to for with what which how "
    "is are do does can my me it this that there when why where and or not nao foi tem ter".split()
)


class Match(NamedTuple):
    """How well a candidate fits: 0 to 1, the share of the question's weight that it covers."""

    place: int
    """Where it stands among the candidates."""
    score: float


def words(text: str) -> frozenset[str]:
    """Return the telling words of a text, folded: no case, no accents, no filler words."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return frozenset(
        word for word in _WORD.findall(plain) if len(word) >= _MIN_LENGTH and word not in _COMMON
    )


def best_matches(
    question: str, candidates: Sequence[str], *, threshold: float, limit: int
) -> list[Match]:
    """Return the candidates that cover at least `threshold` of the question, best first.

    Of equal ones the earlier in `candidates` comes first, so callers pass the newest first.
    """
    asked = words(question)
    if not asked:
        return []
    held = [words(candidate) for candidate in candidates]
    weights = _weights(asked, held)
    total = sum(weights.values())
    matches = [
        Match(place, sum(weights[word] for word in asked & known) / total)
        for place, known in enumerate(held)
    ]
    good = [match for match in matches if match.score >= threshold]
    return sorted(good, key=lambda match: -match.score)[:limit]


def _weights(asked: frozenset[str], held: Iterable[frozenset[str]]) -> dict[str, float]:
    count = 0
    frequency: Counter[str] = Counter()
    for known in held:
        count += 1
        frequency.update(asked & known)
    return {word: log(1 + (count + 1) / (frequency[word] + 0.5)) for word in asked}
