"""Finds earlier questions that share words with a new one: plain word matching, no index.

Words are compared without case and accents. A word that few candidates hold weighs more than one
that most of them hold, as in inverse document frequency.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

MAX_CHARS = 1000
"""Of both texts only so much is compared: what a log goes on to say is no question."""

# One run of everything that may stand in a word, its last marks cut off afterwards: a line of a
# million dashes costs no more than any other. (Possessive quantifiers would say it in one
# expression, but Debian 12's Python 3.11.2 still backtracks into them.)
_RUN = re.compile(r"[\w./:@+-]+")
_MARKS = "./:@+-"
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


class _WithoutMarks(dict[int, int | None]):
    """Maps combining marks to nothing; filled as characters are met."""

    def __missing__(self, code: int) -> int | None:
        self[code] = kept = None if unicodedata.combining(chr(code)) else code
        return kept


_WITHOUT_MARKS = _WithoutMarks()


def words(text: str) -> frozenset[str]:
    """Return the telling words of a text, folded: no case, no accents, no filler words."""
    return frozenset(
        word for word in _words(text) if len(word) >= _MIN_LENGTH and word not in _COMMON
    )


class Frequencies(NamedTuple):
    """How many texts there are, and how many of them hold a word."""

    texts: int
    of: Mapping[str, int]


def best_matches(
    question: str,
    candidates: Sequence[str],
    *,
    threshold: float,
    limit: int,
    frequencies: Frequencies | None = None,
) -> list[Match]:
    """Return the candidates that cover at least `threshold` of the question, best first.

    Of equal ones the earlier in `candidates` comes first, so callers pass the newest first.

    Args:
        question: what is asked now.
        candidates: what was asked before.
        threshold: 0 to 1.
        limit: how many matches at most.
        frequencies: those of all texts, if the candidates were chosen among them for their words;
            by themselves such candidates would not say which word is rare.
    """
    asked = words(question[:MAX_CHARS])
    if not asked:
        return []
    held = [asked.intersection(_words(candidate[:MAX_CHARS])) for candidate in candidates]
    weights = _weights(asked, frequencies or _counted(held))
    total = sum(weights.values())
    matches = [
        Match(place, sum(weights[word] for word in known) / total)
        for place, known in enumerate(held)
    ]
    good = [match for match in matches if match.score >= threshold]
    return sorted(good, key=lambda match: -match.score)[:limit]


def _words(text: str) -> list[str]:
    """Return all words of a text, folded; a run of nothing but marks leaves an empty one."""
    if text.isascii():
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKD", text.casefold()).translate(_WITHOUT_MARKS)
    return [run.rstrip(_MARKS) for run in _RUN.findall(folded)]


def _counted(held: Iterable[frozenset[str]]) -> Frequencies:
    count = 0
    frequency: Counter[str] = Counter()
    for known in held:
        count += 1
        frequency.update(known)
    return Frequencies(count, frequency)


def _weights(asked: frozenset[str], known: Frequencies) -> dict[str, float]:
    return {word: log(1 + (known.texts + 1) / (known.of.get(word, 0) + 0.5)) for word in asked}
