"""Finds in single texts what a plan looks for: what the index does not hold yet, what is shown."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from ipcom_chat.domain.folding import fold
from ipcom_chat.search.analysis import ENGLISH, EXACT, PORTUGUESE, WORDS, prepared, stem, terms
from ipcom_chat.search.plan import NEAR_BOOST, PHRASE_BOOST, Phrase, Plan
from ipcom_chat.search.schema import ANSWER_WORDS, EXACT_FIELD, KIND_OF_FIELD, QUESTION_WORDS

_K1: Final = 1.2
_HEAD: Final = 3
_NOTHING = "(?!)"


class Text:
    """One entry's texts, for what the index does not hold yet and for what is shown of a hit."""

    def __init__(self, command: str, response: str, tags: Sequence[str] = ()) -> None:
        self._question = "\n".join((prepared(command), *map(prepared, tags)))
        self._answer = prepared(response)
        self._tokens: dict[str, list[str]] = {}

    def tokens(self, field: str) -> list[str]:
        """Return the terms of a field, in order."""
        if field not in self._tokens:
            text = {ANSWER_WORDS: self._answer, EXACT_FIELD: f"{self._question}\n{self._answer}"}
            self._tokens[field] = terms(KIND_OF_FIELD[field], text.get(field, self._question))
        return self._tokens[field]

    def holds(self, field: str, term: str) -> bool:
        """Return whether a term stands in a field."""
        return term in self.tokens(field)

    def relevance(self, plan: Plan) -> float | None:
        """Return how relevant this text is; None if it is not what was asked for."""
        if any(self._has(each) for each in plan.excluded):
            return None
        if not all(self._has(each) for each in plan.phrases):
            return None
        score = sum(
            each.boost * each.idf * _saturated(count)
            for each in plan.weighted
            if (count := self.tokens(each.field).count(each.term))
        )
        score += sum(
            NEAR_BOOST
            for word in plan.near
            for field in (QUESTION_WORDS, ANSWER_WORDS)
            if any(is_near(word, other) for other in set(self.tokens(field)))
        )
        score += PHRASE_BOOST * len(plan.phrases)
        return score / plan.mass if score or not plan.asks else None

    def _has(self, wanted: Phrase) -> bool:
        if wanted.exact and self.holds(EXACT_FIELD, wanted.exact):
            return True
        length = len(wanted.words)
        if not length or (length == 1 and wanted.exact):
            return False
        return any(
            tuple(tokens[at : at + length]) == wanted.words
            for tokens in (self.tokens(QUESTION_WORDS), self.tokens(ANSWER_WORDS))
            for at in range(len(tokens) - length + 1)
        )


def _saturated(count: int) -> float:
    return count * (_K1 + 1) / (count + _K1)


def is_near(word: str, other: str) -> bool:
    """Return whether two words differ by one letter: another, one more, one less, two swapped."""
    if abs(len(word) - len(other)) > 1:
        return False
    least = min(len(word), len(other))
    # One edit that changes the end leaves the beginning alone: most pairs are told apart here.
    if least > 2 and word[-1] != other[-1] and word[: least - 2] != other[: least - 2]:
        return False
    short, long = (word, other) if len(word) <= len(other) else (other, word)
    if short == long:
        return True
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]


class Highlighter:
    """Finds in a text what a plan was looking for."""

    def __init__(self, plan: Plan) -> None:
        by_kind: dict[str, set[str]] = {WORDS: set(), ENGLISH: set(), PORTUGUESE: set()}
        self._exact: set[str] = {each.exact for each in plan.phrases if each.exact}
        for each in plan.weighted:
            kind = KIND_OF_FIELD[each.field]
            (self._exact if kind == EXACT else by_kind[kind]).add(each.term)
        for wanted in plan.phrases:
            by_kind[WORDS].update(wanted.words)
        self._by_kind = by_kind
        self._near = plan.near
        # Stemmers cut the ends of words, and what is nearly the same begins or ends alike: whatever
        # else there is needs no closer look.
        heads = {term[:_HEAD] for kind in by_kind.values() for term in kind}
        self._candidates = _words_with(heads, plan.near)
        self._seen: dict[str, bool] = {}

    def ranges(self, text: str) -> list[tuple[int, int]]:
        """Return where the words stand that were looked for, in order, none over another."""
        folded = fold(text)
        seen = self._seen
        found: list[tuple[int, int]] = []
        for match in self._candidates.finditer(folded):
            word = match[0]
            known = seen.get(word)
            if known is None:
                known = seen[word] = self._is_wanted(word, text[match.start() : match.end()])
            if known:
                found.append(match.span())
        for exact in self._exact:
            at = folded.find(exact)
            while at >= 0:
                found.append((at, at + len(exact)))
                at = folded.find(exact, at + len(exact))
        return _merged(found)

    def _is_wanted(self, folded: str, word: str) -> bool:
        return (
            folded in self._by_kind[WORDS]
            or stem(ENGLISH, word) in self._by_kind[ENGLISH]
            or stem(PORTUGUESE, word) in self._by_kind[PORTUGUESE]
            or any(is_near(each, folded) for each in self._near)
        )


def _words_with(heads: Iterable[str], near: Iterable[str]) -> "re.Pattern[str]":
    """Return what finds the words that begin with one of these, or may be near to one of those."""
    either = "|".join(map(re.escape, sorted(heads))) or _NOTHING
    words = [rf"(?:{either})[^\W_]*"]
    for word in near:
        rest = f"[^\\W_]{{{max(len(word) - 2, 0)},{len(word)}}}"
        first, last = re.escape(word[0]), re.escape(word[-1])
        words += [rf"{first}{rest}(?![^\W_])", rf"{rest}{last}(?![^\W_])"]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})")


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
