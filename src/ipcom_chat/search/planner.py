"""Makes plans: takes a query apart and weighs its terms by what the history holds."""

from collections.abc import Iterable, Iterator, Sequence
from math import log
from typing import Final

from ipcom_chat.search import analysis
from ipcom_chat.search.analysis import ENGLISH, EXACT, PORTUGUESE, WORDS, prepared, stem, terms
from ipcom_chat.search.index import Reader
from ipcom_chat.search.plan import NEAR_BOOST, Phrase, Plan, Weighted, phrase
from ipcom_chat.search.query import Match, Query, Term
from ipcom_chat.search.schema import (
    ANSWER_WORDS,
    EXACT_FIELD,
    KIND_OF_FIELD,
    QUESTION_ENGLISH,
    QUESTION_PORTUGUESE,
    QUESTION_WORDS,
    translated,
)
from ipcom_chat.search.texts import Text, is_near

BOOSTS: Final = {
    QUESTION_WORDS: 0.3,
    QUESTION_ENGLISH: 0.3,
    QUESTION_PORTUGUESE: 0.2,
    ANSWER_WORDS: 0.5,
    EXACT_FIELD: 0.8,
}
_TRANSLATED: Final = 0.6
_TRANSLATED_ANSWER: Final = 0.18
_PREFIX: Final = 0.5
_PREFIX_TERMS: Final = 40
_NEAR_MIN_LENGTH: Final = 4
_NEAR_TERMS: Final = 4
_NEAR_LOOKUPS: Final = 2
_NEAR_WORDS: Final = 3
"""With more words than these, a wrong first letter is not looked for: it takes too long."""
_OFTEN_SHARE: Final = 0.1
_OFTEN_COUNT: Final = 1000
"""A word that so many entries hold is not looked for beside others that are rarer."""
_SENTENCE_WORDS: Final = 5

_Candidate = tuple[str, str, float]
"""A field, a term, and the boost of both."""


class Planner:
    """Makes plans by what the index, and the few texts newer than it, hold."""

    def __init__(self, reader: Reader | None, newer: Iterable[Text] = ()) -> None:
        self._searcher = reader.searcher if reader else None
        self._newer = list(newer)
        self._count = (reader.count if reader else 0) + len(self._newer)
        self._known: dict[tuple[str, str], int] = {}

    def plan(self, query: Query, *, strict: bool = True) -> Plan:
        """Return the plan for a query.

        Args:
            query: what was typed.
            strict: demand paths, flags and names as they were typed, unless it is a sentence.
        """
        flags, excluded = self._flags(query)
        words = [term.text for term in (*query.terms, *flags) if term.match is Match.WORDS]
        whole = [word for word in words if strict and _is_whole(word)]
        quoted = [term.text for term in query.terms if term.match is Match.PHRASE]
        if len(words) > _SENTENCE_WORDS:
            # Whoever writes a whole sentence quotes a name in it, and demands nothing.
            words, quoted, whole = [*words, *quoted], [], []
        text = prepared(" ".join(words))
        phrases = [phrase(each) for each in [*quoted, *whole]]
        prefixes = [
            folded[0]
            for term in query.terms
            if term.match is Match.PREFIX and (folded := terms(WORDS, prepared(term.text)))
        ]
        asked = _asked(text)
        weighted = self._weighted(text, asked)
        unknown = [word for word in asked if self._is_unknown(word, weighted)]
        near = {word: self._near(word) for word in unknown[:_NEAR_LOOKUPS]}
        weighted += [each for found in near.values() for each in found]
        weighted += self._of_prefixes(prefixes)
        telling = sum(not analysis.is_common(word) for word in asked)
        misspelt = [word for word, found in near.items() if not found]
        return Plan(
            weighted=tuple(weighted),
            phrases=tuple(each for each in phrases if each.words or each.exact),
            excluded=tuple(each for each in excluded if each.words or each.exact),
            near=tuple(misspelt) if telling <= _NEAR_WORDS else (),
            prefixes=tuple(prefixes),
            mass=max(self._mass(asked), 1.0),
            is_strict=bool(whole),
            asks=bool(query.terms or flags),
        )

    def spread(self, word: str) -> int:
        """Return how many questions hold a word, which may hold marks."""
        parts = terms(WORDS, word)
        if len(parts) == 1 and parts[0] == word:
            return self.frequency(QUESTION_WORDS, word)
        return self.frequency(EXACT_FIELD, word)

    def frequency(self, field: str, term: str) -> int:
        """Return how many entries hold a term in a field."""
        key = field, term
        if key not in self._known:
            with translated():
                held = self._searcher.doc_freq(field, term) if self._searcher else 0
            self._known[key] = held + sum(text.holds(field, term) for text in self._newer)
        return self._known[key]

    def idf(self, frequency: int) -> float:
        """Return how telling a term is that so many entries hold."""
        return log(1 + (self._count - frequency + 0.5) / (frequency + 0.5))

    def _flags(self, query: Query) -> tuple[list[Term], list[Phrase]]:
        """Tell flags such as `-tulpn`, which entries hold as they are, from what is excluded."""
        flags: list[Term] = []
        excluded: list[Phrase] = []
        for term in query.excluded:
            flag = f"-{term.text}"
            is_flag = term.match is Match.WORDS and self._holds_all(terms(EXACT, prepared(flag)))
            if is_flag:
                flags.append(Term(flag))
            else:
                excluded.append(phrase(term.text))
        return flags, excluded

    def _holds_all(self, exact: Sequence[str]) -> bool:
        return bool(exact) and all(self.frequency(EXACT_FIELD, term) for term in exact)

    def _weighted(self, text: str, asked: Sequence[str]) -> list[Weighted]:
        limit = max(self._count * _OFTEN_SHARE, _OFTEN_COUNT)
        kept: dict[tuple[str, str], Weighted] = {}
        often: list[Weighted] = []
        common_only = all(analysis.is_common(word) for word in asked)
        for field, term, boost in _candidates(text, asked, common_only=common_only):
            frequency = self.frequency(field, term)
            if not frequency:
                continue
            made = Weighted(field, term, boost, self.idf(frequency))
            if frequency > limit:
                often.append(made)
            elif (field, term) not in kept or kept[field, term].boost < boost:
                kept[field, term] = made
        return list(kept.values()) or often

    def _of_prefixes(self, prefixes: Sequence[str]) -> list[Weighted]:
        made: dict[tuple[str, str], Weighted] = {}
        for prefix in prefixes:
            for field in (QUESTION_WORDS, ANSWER_WORDS):
                for term in self._terms_with(field, prefix, _PREFIX_TERMS):
                    idf = self.idf(self.frequency(field, term))
                    made[field, term] = Weighted(field, term, _PREFIX, idf)
        return list(made.values())

    def _terms_with(self, field: str, prefix: str, limit: int | None) -> list[str]:
        found: list[str] = []
        if self._searcher is not None:
            with translated():
                held = self._searcher.terms_with_prefix(field, prefix, limit=limit and 5 * limit)
            found = [term for term, _count in sorted(held, key=lambda each: -each[1])]
        for text in self._newer:
            found += [term for term in text.tokens(field) if term.startswith(prefix)]
        return list(dict.fromkeys(found))[:limit]

    def _near(self, word: str) -> list[Weighted]:
        """Return the terms that differ from a word by one letter, but not by the first two."""
        for field in (QUESTION_WORDS, ANSWER_WORDS):
            held = self._terms_with(field, word[:2], None)
            lengths = range(len(word) - 1, len(word) + 2)
            close = [term for term in held if len(term) in lengths]
            found = [term for term in close if is_near(word, term)][:_NEAR_TERMS]
            if found:
                return self._of_both(found, NEAR_BOOST)
        return []

    def _of_both(self, found: Sequence[str], boost: float) -> list[Weighted]:
        return [
            Weighted(field, term, boost * BOOSTS[field], self.idf(frequency))
            for term in found
            for field in (QUESTION_WORDS, ANSWER_WORDS)
            if (frequency := self.frequency(field, term))
        ]

    def _is_unknown(self, word: str, weighted: Sequence[Weighted]) -> bool:
        if len(word) < _NEAR_MIN_LENGTH or not word.isalpha() or analysis.is_common(word):
            return False
        own = {
            QUESTION_WORDS: word, ANSWER_WORDS: word, QUESTION_ENGLISH: stem(ENGLISH, word),
            QUESTION_PORTUGUESE: stem(PORTUGUESE, word),
        }  # fmt: skip
        if any(each.term == own.get(each.field) for each in weighted):
            return False
        if any(self.frequency(field, term) for field, term in own.items()):
            return False
        return not any(
            self.frequency(QUESTION_ENGLISH, stem(ENGLISH, each))
            for each in analysis.in_english(word)
        )

    def _mass(self, asked: Sequence[str]) -> float:
        limit = max(self._count * _OFTEN_SHARE, _OFTEN_COUNT)
        mass = 0.0
        for word in asked:
            if analysis.is_common(word):
                continue
            frequency = max(
                self.frequency(QUESTION_WORDS, word),
                self.frequency(ANSWER_WORDS, word),
                self.frequency(QUESTION_ENGLISH, stem(ENGLISH, word)),
            )
            if frequency <= limit:
                mass += self.idf(frequency)
        return mass


def _is_whole(word: str) -> bool:
    """Return whether a typed word is a path, a flag, an address or a name with marks in it."""
    return " " not in word and bool(terms(EXACT, prepared(word)))


def _asked(text: str) -> list[str]:
    return list(dict.fromkeys(terms(WORDS, text)))


def _candidates(text: str, asked: Sequence[str], *, common_only: bool) -> Iterator[_Candidate]:
    """Yield the terms of a text, those of their translations after them."""
    yield from _own_terms(text, asked, common_only=common_only)
    leaning = analysis.leans_portuguese(terms(WORDS, text))
    for word in asked:
        if not analysis.is_common(word):
            yield from _translations(word, leaning)


def _own_terms(text: str, asked: Sequence[str], *, common_only: bool) -> Iterator[_Candidate]:
    telling = [word for word in asked if common_only or not analysis.is_common(word)]
    for field, boost in BOOSTS.items():
        kind = KIND_OF_FIELD[field]
        # The stemmers want the accents that folding takes away.
        source = " ".join(telling) if kind == WORDS else text
        for term in dict.fromkeys(terms(kind, source)):
            if common_only or kind == EXACT or not analysis.is_common(term):
                yield field, term, boost
    for word in telling:
        for each in analysis.portuguese_stems(word)[1:]:
            yield QUESTION_PORTUGUESE, each, BOOSTS[QUESTION_PORTUGUESE]


def _translations(word: str, leaning: int) -> Iterator[_Candidate]:
    """Yield what a word may be in the other language; words of a sentence tell which it is."""
    if leaning >= 0:
        for each in analysis.in_english(word):
            yield QUESTION_ENGLISH, stem(ENGLISH, each), _TRANSLATED
            yield ANSWER_WORDS, each, _TRANSLATED_ANSWER
    if leaning <= 0:
        for each in analysis.in_portuguese(word):
            for one in analysis.portuguese_stems(each):
                yield QUESTION_PORTUGUESE, one, _TRANSLATED
