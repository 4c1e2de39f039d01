"""Suggests what the team solved, commands that worked, what usually comes next, what is fresh.

Everything comes from the history that is read, by the search index and by indexed statements with
limits: how long that takes does not grow with the history. What the index does not hold yet is
seen as far as a search sees it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from ipcom_chat.assistant.wording import own_answer
from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry, Scope, storable
from ipcom_chat.domain.ranking import score
from ipcom_chat.domain.read_only import is_read_only
from ipcom_chat.domain.recall import best_matches
from ipcom_chat.domain.similarity import SHARE, Fit
from ipcom_chat.domain.suggestions import (
    Habit,
    Practice,
    Run,
    command_key,
    grouped,
    habits,
    practice,
    program,
    question_key,
)
from ipcom_chat.domain.votes import Tally
from ipcom_chat.errors import NotFoundError
from ipcom_chat.ids import EntryId, MachineId, SessionId
from ipcom_chat.search.query import Match, Term
from ipcom_chat.services.found import Alike, Scored, signals
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.search import ANSWERED, RAN, SearchService
from ipcom_chat.services.votes import VoteService
from ipcom_chat.storage.meter import CACHE_HITS, CACHE_MISSES
from ipcom_chat.storage.search_rows import Candidate
from ipcom_chat.storage.suggestion_rows import SuggestionRows

__all__ = ["Solved", "Source", "SuggestionService", "Suggestions", "Worked"]

TEXT_CHARS: Final = 400
"""More of a command or question is not compared; so much of a row the search reads."""
ALIKE_ROWS: Final = 100
SHOWN: Final = 3
SAME_ROWS: Final = 20


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, and who wrote it where."""

    entry: Entry
    short_id: str
    username: str | None
    hostname: str
    age_ms: int


class Solved(msgspec.Struct, frozen=True, kw_only=True):
    """A question that was answered, and as far as is known answered well."""

    source: Source
    answer: str
    """What the answer said itself: what it quoted is left out."""
    commands: tuple[Entry, ...]
    """What ran for it."""
    votes: Tally
    times: int
    """How often the same was asked and answered."""
    people: int
    machines: int


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """A similar command that worked."""

    practice: Practice
    short_id: str
    """Of its newest run that worked."""
    hostname: str
    age_ms: int


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """What is suggested for a text."""

    fresh: Source | None
    """The same question or command, answered or run a moment ago."""
    solved: tuple[Solved, ...]
    commands: tuple[Worked, ...]
    next: tuple[Habit, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to suggest."""
        return not (self.fresh or self.solved or self.commands or self.next)


class SuggestionService:
    """The suggestions of one replica."""

    def __init__(
        self,
        search: SearchService,
        rows: SuggestionRows,
        history: HistoryService,
        votes: VoteService,
        clock: Clock,
        *,
        ttl_ms: int,
    ) -> None:
        """Take what it asks.

        Args:
            search: finds what is similar.
            rows: what it reads of the replica itself.
            history: names people, machines and short ids.
            votes: counts them.
            clock: tells how long ago something was.
            ttl_ms: for how long an answer or an output counts as fresh.
        """
        self._search = search
        self._rows = rows
        self._history = history
        self._votes = votes
        self._clock = clock
        self._ttl_ms = ttl_ms

    def suggest(self, scope: Scope, text: str, cwd: str | None) -> Suggestions:
        """Return what is suggested for a command or a question.

        Args:
            scope: which history.
            text: what was typed; any text is legal.
            cwd: the folder in which an output would still be fresh.
        """
        text = storable(text)
        fresh = self._fresh_output(scope, text, cwd) or self._fresh_answer(scope, text)
        if self._history.meter is not None:
            self._history.meter.count(CACHE_HITS if fresh else CACHE_MISSES)
        return Suggestions(
            fresh=fresh,
            solved=self.solved(scope, text),
            commands=self._worked(scope, text[:TEXT_CHARS]),
            next=self._next(scope, text[:TEXT_CHARS]),
        )

    def solved(
        self, scope: Scope, text: str, *, but: SessionId | None = None
    ) -> tuple[Solved, ...]:
        """Return similar questions that were answered well, the best first.

        Args:
            scope: which history.
            text: the question.
            but: what was asked in this session is left out.
        """
        text = text[:TEXT_CHARS]
        found = self._search.alike(scope, Term(text), ANSWERED, limit=ALIKE_ROWS, by_meaning=True)
        similar = [
            (row, fit)
            for row, fit in _fitting(text, found)
            if fit.is_similar and (but is None or row.session_id != but)
        ]
        ranked = self._ranked(scope, similar)
        groups = grouped(ranked, lambda row: question_key(row.command))
        told = (each for group in groups.values() if (each := self._solved(group)) is not None)
        return tuple(islice(told, SHOWN))

    def _ranked(self, scope: Scope, similar: Sequence[tuple[Candidate, Fit]]) -> list[Candidate]:
        """Return the rows that nothing speaks against, the best first."""
        ids = [row.id for row, _fit in similar]
        votes, outcomes = self._votes.tallies(ids), self._search.outcomes(ids)
        now_ms = self._clock.now_ms()
        scored = []
        for row, fit in similar:
            tally = votes.get(row.id, Tally())
            if tally.bad > tally.good or not outcomes.get(row.id, True):
                continue
            known = signals(
                Scored(row, fit.relevance, fit.meaning),
                scope,
                now_ms=now_ms,
                succeeded=True,
                votes=tally.good - tally.bad,
            )
            scored.append((-score(known).total, -row.created_at, row.id, row))
        return [row for *_order, row in sorted(scored, key=lambda each: each[:3])]

    def _solved(self, group: Sequence[Candidate]) -> Solved | None:
        """Return the best of the same question that has an answer of its own."""
        for source in self._sources(group[:SHOWN]):
            return Solved(
                source=source,
                answer=own_answer(source.entry.response),
                commands=tuple(self._history.commands_of(source.entry.id)),
                votes=self._votes.tally(source.entry),
                times=len(group),
                people=len({_who(row) for row in group}),
                machines=len({row.machine_id for row in group}),
            )
        return None

    def _worked(self, scope: Scope, text: str) -> tuple[Worked, ...]:
        found = self._search.alike(scope, Term(text), RAN, limit=ALIKE_ROWS)
        # Of a command, the program says more than how many of its flags are the same.
        wanted = program(text)
        runs = [
            _run(row)
            for row, fit in _fitting(text, found)
            if fit.share >= SHARE or program(row.command) == wanted
        ]
        groups = grouped(runs, lambda run: command_key(run.command))
        practices = [each for group in groups.values() if (each := practice(group)) is not None]
        return tuple(self._worked_as(each) for each in practices[:SHOWN])

    def _worked_as(self, found: Practice) -> Worked:
        return Worked(
            practice=found,
            short_id=self._history.short_id(EntryId(found.last.id)),
            hostname=self._history.hostname(MachineId(found.last.machine_id)),
            age_ms=self._age_ms(found.last.at_ms),
        )

    def _next(self, scope: Scope, text: str) -> tuple[Habit, ...]:
        newest = msgspec.structs.replace(RAN, newest=True)
        found = self._search.alike(scope, Term(text, Match.PHRASE), newest, limit=ALIKE_ROWS)
        wanted = command_key(text)
        rows = [each.row for each in found.rows]
        same = [row.seq for row in rows if command_key(row.command[:TEXT_CHARS]) == wanted]
        followers = self._rows.followers(scope, same, chars=TEXT_CHARS) if same else []
        return tuple(habits(text, followers, limit=SHOWN))

    def _fresh_output(self, scope: Scope, text: str, cwd: str | None) -> Source | None:
        command = text.strip()
        if cwd is None or not is_read_only(command):
            return None
        found = self._rows.fresh(scope, command, cwd, since_ms=self._since_ms())
        return self._source(found) if found else None

    def _fresh_answer(self, scope: Scope, text: str) -> Source | None:
        text = text[:TEXT_CHARS]
        wanted = msgspec.structs.replace(ANSWERED, newest=True, since_ms=self._since_ms())
        found = self._search.alike(scope, Term(text, Match.PHRASE), wanted, limit=SAME_ROWS)
        key = question_key(text)
        rows = [each.row for each in found.rows]
        same = [
            (row, Fit(1.0, 1.0)) for row in rows if question_key(row.command[:TEXT_CHARS]) == key
        ]
        return next(self._sources(self._ranked(scope, same)), None)

    def _sources(self, rows: Iterable[Candidate]) -> Iterator[Source]:
        """Yield the answered questions whose answer says something itself."""
        for row in rows:
            source = self._source(row.id)
            if source is not None and own_answer(source.entry.response):
                yield source

    def _since_ms(self) -> int:
        return self._clock.now_ms() - self._ttl_ms

    def _age_ms(self, at_ms: int) -> int:
        return max(self._clock.now_ms() - at_ms, 0)  # another machine's clock may be ahead

    def _source(self, entry_id: str) -> Source | None:
        try:
            entry = self._history.find(entry_id)
        except NotFoundError:
            return None  # deleted a moment ago
        return Source(
            entry=entry,
            short_id=self._history.short_id(entry.id),
            username=self._history.username(entry.user_id),
            hostname=self._history.hostname(entry.machine_id),
            age_ms=self._age_ms(entry.created_at),
        )


def _fitting(text: str, found: Alike) -> list[tuple[Candidate, Fit]]:
    """Return the rows, those first that have most of the telling words of a text."""
    matches = best_matches(
        text,
        [each.row.command[:TEXT_CHARS] for each in found.rows],
        threshold=0.0,
        limit=len(found.rows),
        frequencies=found.frequencies,
    )
    shares = {match.place: match.score for match in matches}
    fits = [
        (each.row, Fit(shares.get(place, 0.0), each.relevance, each.meaning, each.cosine))
        for place, each in enumerate(found.rows)
    ]
    return sorted(fits, key=lambda each: -each[1].share)


def _who(row: Candidate) -> str:
    return row.user_id or f"@{row.os_user}"


def _run(row: Candidate) -> Run:
    return Run(
        id=row.id,
        command=row.command[:TEXT_CHARS],
        who=_who(row),
        machine_id=row.machine_id,
        at_ms=row.created_at,
        exit_code=row.error_code,
    )
