"""Finds the playbooks that answer a question, the most specific first.

A question is matched on whole words of the same clause; an error message on the phrases that it
is known by. In a long paste only its first and last lines can be the question, the rest is
material in which phrases are looked for, so a log of any size costs milliseconds.

Invariants: pure; never raises, whatever the text; at most `MOST` matches, each of which covers
words of the question that the ones before it do not.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from ipcom_chat.assistant.playbook import Capture, Playbook, compiled
from ipcom_chat.assistant.playbook_words import (
    ENGLISH,
    PORTUGUESE,
    accepted,
    cleaned,
    is_small_word,
    spaced,
    words,
)
from ipcom_chat.domain.folding import fold
from ipcom_chat.i18n import Language

MOST: Final = 2

_TEXT_CHARACTERS: Final = 1_048_576
_LINE_CHARACTERS: Final = 600
_CLAUSE_WORDS: Final = 40
_EDGE_LINES: Final = 3
_PHRASE_PLACES: Final = 5
_CAPTURE_SCORE: Final = 2.0
_PHRASE_SCORE: Final = 10.0
_LONG_ALTERNATIVE: Final = 0.25
_RELEVANT_SHARE: Final = 0.5
_CLAUSE_END: Final = re.compile(r"[.!?;]+(?=\s|$)")
_LOG_LINE: Final = re.compile(
    r"\W*(?:\d{4}-\d\d-\d\d|\d\d:\d\d|[a-z]{3} +\d+ \d\d:)", re.IGNORECASE
)
_PORTUGUESE_ONLY: Final = re.compile(r"[ãõçáâêíóôúà]", re.IGNORECASE)

_Group = tuple[str, ...]
_Scored = tuple[float, frozenset[str]]
_NOTHING: Final[_Scored] = (0.0, frozenset())


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook that answers, with the values found for it."""

    playbook: Playbook
    values: dict[str, str]
    """The captures by name: found in the question, or their defaults."""
    score: float
    covered: frozenset[str]
    """The words of the question that it answers."""
    pasted: bool
    """An error message was recognised, rather than a question."""
    language: Language | None
    """The language whose intents fit better, where that can be told."""


class _Asked:
    """A question taken apart once for all playbooks."""

    def __init__(self, playbooks: Sequence[Playbook], text: str) -> None:
        text = _shortened(cleaned(text))
        folded = fold(text)
        self._error_lines: dict[str, list[str]] = {}
        taken: set[str] = set()
        for playbook in playbooks:
            places = [place for say in playbook.says for place in _places(folded, fold(say))]
            lines = [line for place in places for line in _lines_at(text, place)]
            self._error_lines[playbook.id] = lines[: 3 * _PHRASE_PLACES]
            taken.update(lines[1::3])
        self.lines = [line for line in _edges(text) if line not in taken]
        self.clauses = [spaced(clause) for line in self.lines for clause in _clauses(line)]

    def pasted(self, playbook: Playbook) -> bool:
        return bool(self._error_lines[playbook.id])

    def about_another(self, playbook: Playbook) -> bool:
        said = [*self.clauses, *map(spaced, self._error_lines[playbook.id])]
        return any(_occurs(_alternative(word), each) for word in playbook.unless for each in said)

    def material(self, playbook: Playbook) -> str:
        """Return the text in which the captures of a playbook are looked for."""
        return "\n".join([*self._error_lines[playbook.id], *self.lines])


def match(playbooks: Sequence[Playbook], text: str) -> tuple[Match, ...]:
    """Return the playbooks that answer the text, best first, at most `MOST`."""
    asked = _Asked(playbooks, text)
    found = [found for playbook in playbooks if (found := _matched(playbook, asked))]
    found.sort(key=lambda each: (-each.score, each.playbook.id))
    chosen: list[Match] = []
    for each in found:
        known = frozenset[str]().union(*(other.covered for other in chosen))
        relevant = not chosen or chosen[0].pasted or each.score >= _bar(chosen[0])
        if relevant and not each.covered <= known:
            chosen.append(each)
    return tuple(chosen[:MOST])


def language_of_question(
    playbooks: Sequence[Playbook], text: str, matches: Sequence[Match], otherwise: Language
) -> Language:
    """Return the language in which the text asks; pasted messages and logs do not count."""
    lines = [line for line in _Asked(playbooks, text).lines if not _LOG_LINE.match(line)]
    portuguese = english = 0
    for line in lines:
        portuguese += sum(word in PORTUGUESE for word in words(line))
        portuguese += 2 * bool(_PORTUGUESE_ONLY.search(line))
        english += sum(word in ENGLISH for word in words(line))
    if len(lines) > 1 and "?" not in text and any(each.pasted for each in matches):
        # A message that a terminal wrapped: programs speak English, whoever pastes what they said.
        english = 0
    if portuguese != english:
        return "pt_BR" if portuguese > english else "en"
    return next((each.language for each in matches if each.language), otherwise)


def _bar(best: Match) -> float:
    return best.score * _RELEVANT_SHARE


def _matched(playbook: Playbook, asked: _Asked) -> Match | None:
    if asked.about_another(playbook):
        return None
    values = _captured(playbook.captures, asked.material(playbook))
    pasted = asked.pasted(playbook)
    english = _best(playbook.intents.en, asked.clauses, values)
    portuguese = _best(playbook.intents.pt, asked.clauses, values)
    score, covered = max(english, portuguese, key=_rank)
    if pasted:
        score += _PHRASE_SCORE + len(values)
        covered |= {f"says {playbook.id}"}
    if not score:
        return None
    defaults = {name: each.default for name, each in playbook.captures.items() if each.default}
    return Match(
        playbook=playbook,
        values=defaults | values,
        score=score,
        covered=covered,
        pasted=pasted,
        language=_spoken(english, portuguese),
    )


def _spoken(english: _Scored, portuguese: _Scored) -> Language | None:
    score, covered = max(english, portuguese, key=_rank)
    # One word alone, such as the name of a program, is of no language.
    if len(covered) < 2 or english[0] == portuguese[0]:
        return None
    return "en" if score == english[0] else "pt_BR"


def _rank(scored: _Scored) -> tuple[float, int]:
    return scored[0], len(scored[1])


def _best(intents: Sequence[str], clauses: Sequence[str], values: dict[str, str]) -> _Scored:
    return max(_scores(intents, clauses, values), default=_NOTHING, key=_rank)


def _scores(
    intents: Sequence[str], clauses: Sequence[str], values: dict[str, str]
) -> Iterator[_Scored]:
    for intent in intents:
        for clause in clauses:
            fulfilled = [_fulfilled(group, clause, values) for group in groups(intent)]
            if all(score for score, _covered in fulfilled):
                covered = frozenset[str]().union(*(each for _score, each in fulfilled))
                yield sum(score for score, _covered in fulfilled), covered


def _fulfilled(group: _Group, clause: str, values: dict[str, str]) -> _Scored:
    """Return the score of a group in a clause, and the words that fulfil it."""
    covered: set[str] = set()
    score = 0.0
    for alternative in group:
        own = alternative.lstrip("=").split()
        if alternative.startswith("{"):
            value = values.get(alternative[1:-1])
            if value is not None:
                score = max(score, _CAPTURE_SCORE)
                covered.update(words(value))
        elif _occurs(alternative, clause):
            score = max(score, 1 + _LONG_ALTERNATIVE * (len(own) - 1))
            covered.update(own)
    return score, frozenset(covered)


def _occurs(alternative: str, clause: str) -> bool:
    if alternative.startswith("="):
        return clause == f" {alternative[1:]} "
    return f" {alternative} " in clause


@lru_cache(maxsize=4096)
def groups(intent: str) -> tuple[_Group, ...]:
    """Return the groups of an intent, each the folded alternatives of which one must occur."""
    return tuple(
        tuple(_alternative(each) for each in group.split("|")) for group in intent.split(" + ")
    )


def _alternative(text: str) -> str:
    text = text.strip()
    if text.startswith("{"):
        return text
    folded = " ".join(words(text))
    return f"={folded}" if text.startswith("=") and folded else folded


def _captured(captures: dict[str, Capture], material: str) -> dict[str, str]:
    folded = fold(material)
    found = ((name, _capture(each, material, folded)) for name, each in captures.items())
    return {name: value for name, value in found if value is not None}


def _capture(capture: Capture, material: str, folded: str) -> str | None:
    for pattern in capture.patterns:
        for found in compiled(pattern).finditer(folded):
            start, end = found.span(1)
            value = accepted(capture.kind, material[start:end])
            if value and not is_small_word(value) and fold(value) not in capture.never:
                return value
    return None


def _shortened(text: str) -> str:
    if len(text) <= _TEXT_CHARACTERS:
        return text
    half = _TEXT_CHARACTERS // 2
    return f"{text[:half]}\n{text[-half:]}"


def _places(folded: str, phrase: str) -> Iterator[int]:
    """Yield where a phrase occurs as whole words, the first few places."""
    place = -1
    for _round in range(_PHRASE_PLACES):
        place = folded.find(phrase, place + 1)
        if place < 0:
            return
        before, after = folded[place - 1 : place], folded[place + len(phrase) :][:1]
        if not (before.isalnum() and phrase[0].isalnum()) and not after.isalnum():
            yield place


def _lines_at(text: str, place: int) -> tuple[str, str, str]:
    """Return the line before a place, its own and the next, each cut to a sensible length."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    end = len(text) if end < 0 else end
    before = text[max(text.rfind("\n", 0, max(start - 1, 0)) + 1, 0) : max(start - 1, 0)]
    after = text[end + 1 : end + 1 + _LINE_CHARACTERS].split("\n", 1)[0]
    from_ = max(start, place - _LINE_CHARACTERS // 2)
    own = text[from_ : min(end, from_ + _LINE_CHARACTERS)]
    return before[:_LINE_CHARACTERS], own, after


def _edges(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1:  # what a log says is no question
        lines = [line for line in lines if not _LOG_LINE.match(line)]
    if len(lines) > 4 * _EDGE_LINES:
        lines = lines[:_EDGE_LINES] + lines[-_EDGE_LINES:]
    return [line[:_LINE_CHARACTERS] for line in lines]


def _clauses(line: str) -> list[str]:
    return [each for each in _CLAUSE_END.split(line) if len(words(each)) <= _CLAUSE_WORDS]
