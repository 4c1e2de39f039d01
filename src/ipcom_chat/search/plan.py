"""What to look for: weighted terms, words in a row, words of nearly the same spelling.

The weight of a term is the boost of its field and of how it was come by (the word itself, a
translation, a near spelling). Relevance is BM25 over these, divided by what the question is worth,
the sum of the inverse document frequencies of its words: an entry that holds only the least telling
word of a long question is hardly relevant, whatever its BM25.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
"""

from typing import Final, NamedTuple

import msgspec

from ipcom_chat.search.analysis import EXACT, WORDS, prepared, terms

PHRASE_BOOST: Final = 1.0
NEAR_BOOST: Final = 0.6


class Weighted(NamedTuple):
    """One term of one field."""

    field: str
    term: str
    boost: float
    idf: float


class Phrase(NamedTuple):
    """Words that must stand one after the other, in the question or in the answer."""

    words: tuple[str, ...]
    exact: str
    """The same as typed, if it holds a mark: found as one piece, too."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for, and what it is worth."""

    weighted: tuple[Weighted, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    excluded: tuple[Phrase, ...] = ()
    near: tuple[str, ...] = ()
    """Words that no entry holds: those of nearly the same spelling are taken."""
    prefixes: tuple[str, ...] = ()
    mass: float = 1.0
    asks: bool = False
    """There were words, whether or not anything holds them."""
    is_strict: bool = False
    """It demands paths and names as they were typed; another plan takes them apart."""

    @property
    def has_text(self) -> bool:
        """Whether there is anything to look for that something may hold."""
        return bool(self.weighted or self.phrases or self.near or self.prefixes)


def phrase(text: str) -> Phrase:
    """Return a text as words in a row."""
    ready = prepared(text)
    exact = terms(EXACT, ready)
    is_whole = len(exact) == 1 and exact[0] == ready.strip().lower()
    return Phrase(tuple(terms(WORDS, ready)), exact[0] if is_whole else "")
