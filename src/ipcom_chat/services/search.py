"""Searches the history: reads the line, asks the index, scans what is newer, ranks, cuts snippets.

The index is a hint, the replica the truth: every hit was read from the replica with the conditions
of its scope, so nothing deleted, nor private of others, nor of another scope is ever shown. So are
the vectors: where a process that knows them runs, it is asked what means the same.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry, Kind, Scope, Status
from ipcom_chat.domain.ranking import Score, Weights, score
from ipcom_chat.domain.recall import Frequencies, words
from ipcom_chat.domain.similarity import Fit
from ipcom_chat.ids import EntryId
from ipcom_chat.meaning.client import Meaning
from ipcom_chat.meaning.wire import Likeness
from ipcom_chat.search.catch_up import CaughtUp
from ipcom_chat.search.find import find
from ipcom_chat.search.index import Reader, SearchIndex
from ipcom_chat.search.plan import Plan
from ipcom_chat.search.planner import Planner
from ipcom_chat.search.query import Condition, Field, Query, Term, parse
from ipcom_chat.search.schema import BrokenIndex
from ipcom_chat.search.texts import Highlighter, Text
from ipcom_chat.services.found import (
    Alike,
    Group,
    Looked,
    Scored,
    grouped,
    like,
    meant,
    order,
    outcome,
    signals,
)
from ipcom_chat.services.history import HistoryService, Similar
from ipcom_chat.services.selection import Acceptance, Selector, Wanted, with_scope
from ipcom_chat.services.snippets import Marked, passage, title
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.meter import SEARCH, timing
from ipcom_chat.storage.search_rows import Candidate, SearchRows

__all__ = ["CaughtUp", "Condition", "Field", "Found", "Hit", "Marked", "SearchService", "Wanted"]

NEWER_MAX: Final = 500
"""So many rows that the index does not hold yet are read one by one; the newest of them."""
NEWER_CHARS: Final = 4_000
CANDIDATES_MIN: Final = 100
ALIKE: Final = 100
ALIKE_SELECTED: Final = 2_000
"""So many of the most alike are asked for where most of them are not what is selected."""
SIMILAR_CANDIDATES: Final = 200
_COMMAND_CHARS: Final = 400
_WEAK: Final = 0.12
"""What is less relevant than this share of the best hit is no hit."""


ANSWERED: Final = Wanted(
    conditions=(
        Condition(Field.KIND, (Kind.QUESTION.value,)),
        Condition(Field.STATUS, (Status.COMPLETED.value,)),
    )
)
RAN: Final = Wanted(conditions=(Condition(Field.KIND, (Kind.COMMAND.value,)),))


def open_index(folder: Path) -> SearchIndex:
    """Return the index in a folder, as every process of the program keeps it."""
    return SearchIndex(folder, to_find)


def to_find(answer: str) -> str:
    """Return what of an answer is to be found; see `answer_to_find`."""
    from ipcom_chat.assistant.wording import answer_to_find  # noqa: PLC0415 - for new rows only

    return answer_to_find(answer) if answer else ""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that was found; of a command that ran often, the newest run."""

    entry: Entry
    short_id: str
    username: str | None
    hostname: str
    score: Score
    times: int
    """How many of the entries found have the same text."""
    people: int
    machines: int
    title: Marked
    passage: Marked | None
    """The place of the answer where the words stand, if they do."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found."""

    hits: tuple[Hit, ...]
    not_indexed: int
    """So many changed rows the index does not hold; only the newest of them were looked at."""
    by_meaning: bool | None = None
    """Whether meanings were compared, too; None where no model is, or no text was to compare."""
    unread: int = 0
    """If so: the meanings of so many changed rows are not known yet."""


class SearchService:
    """The search of one replica."""

    def __init__(
        self,
        rows: SearchRows,
        entries: Entries,
        history: HistoryService,
        index: SearchIndex,
        clock: Clock,
        meaning: Meaning | None = None,
    ) -> None:
        self.meaning = meaning
        """What compares meanings, if the model is installed and wanted."""
        self._rows = rows
        self._entries = entries
        self._history = history
        self._selector = Selector(history)
        self._index = index
        self._clock = clock
        self.weights = Weights()

    def waiting(self) -> int:
        """Return how many changes the index does not hold; all of them if there is no index."""
        reader = self._index.reader()
        return self._rows.waiting(reader.watermark if reader else 0, self._rows.counter())

    def catch_up(
        self,
        *,
        limit: int | None = None,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
        wait: bool = False,
    ) -> CaughtUp:
        """Bring the index up to date; see `SearchIndex.catch_up`."""
        return self._index.catch_up(self._rows, limit=limit, progress=progress, wait=wait)

    def search(self, scope: Scope, text: str, wanted: Wanted, *, limit: int) -> Found:
        """Return what fits best, best first; without words to look for, the newest first.

        Args:
            scope: which history.
            text: what was typed; any text is legal.
            wanted: what is selected beside it.
            limit: how many hits at most.
        """
        with timing(self._entries.meter, SEARCH):
            return self._search(scope, text, wanted, limit)

    def _search(self, scope: Scope, text: str, wanted: Wanted, limit: int) -> Found:
        query = parse(text, self._clock.now_ms())
        self._foretell(query)
        looked = self._look(scope, query, wanted, max(CANDIDATES_MIN, 2 * limit))
        looked = self._with_meaning(scope, query, wanted, looked)
        best = max((each.fit for each in looked.scored), default=0.0)
        good = [each for each in looked.scored if each.fit >= best * _WEAK]
        ranked = self._ranked(scope, grouped(good))[:limit]
        return Found(
            hits=tuple(self._hits(ranked, looked.plan)),
            not_indexed=looked.not_indexed,
            by_meaning=looked.by_meaning,
            unread=looked.unread,
        )

    def similar(self, scope: Scope, question: str) -> Similar | None:
        """Return answered questions that are like one; None while the index lacks some.

        The newest of equally good ones comes first.
        """
        if self._index.reader() is None or self.waiting() > NEWER_MAX:
            return None
        found = self.alike(
            scope, Term(question), ANSWERED, limit=SIMILAR_CANDIDATES, by_meaning=True
        )
        if found.frequencies is None:
            return None
        return Similar(
            candidates=[(EntryId(each.row.id), each.row.command) for each in found.rows],
            fits=[Fit(0.0, each.relevance, each.meaning, each.cosine) for each in found.rows],
            frequencies=found.frequencies,
        )

    def alike(
        self, scope: Scope, term: Term, wanted: Wanted, *, limit: int, by_meaning: bool = False
    ) -> Alike:
        """Return what is like a text.

        Args:
            scope: which history.
            term: the text.
            wanted: what is selected.
            limit: how many rows of the index at most; those newer than it come beside them.
            by_meaning: also what means the same, if a process that knows it runs already.
        """
        query = Query(terms=(term,))
        if by_meaning:
            self._foretell(query)
        looked = self._look(scope, query, wanted, limit)
        if by_meaning:
            looked = self._with_meaning(scope, query, wanted, looked)
        newest = sorted(looked.scored, key=lambda each: -each.row.created_at)
        return Alike(rows=newest, frequencies=self._frequencies(term.text))

    def outcomes(self, ids: Iterable[str]) -> dict[str, bool]:
        """Return by question id whether the last command that ran for it worked."""
        return self._rows.outcomes(ids)

    def _frequencies(self, text: str) -> Frequencies | None:
        reader = self._index.reader()
        if reader is None:
            return None
        planner = Planner(reader)
        try:
            return Frequencies(reader.count, {word: planner.spread(word) for word in words(text)})
        except BrokenIndex:
            return None

    def _look(self, scope: Scope, query: Query, wanted: Wanted, limit: int) -> Looked:
        try:
            return self._look_with(self._index.reader(), scope, query, wanted, limit=limit)
        except BrokenIndex:
            self._index.forget()
            return self._look_with(None, scope, query, wanted, limit=limit)

    def _look_with(
        self, reader: Reader | None, scope: Scope, query: Query, wanted: Wanted, *, limit: int
    ) -> Looked:
        watermark = reader.watermark if reader else 0
        newer = self._rows.newer(scope, watermark, limit=NEWER_MAX, chars=NEWER_CHARS)
        texts = [(row, Text(row.command, to_find(row.response), row.tags)) for row in newer]
        accepts = self._selector.acceptance(query, wanted)
        planner = Planner(reader, (text for _row, text in texts))
        plan = planner.plan(query)
        scored = self._matching(scope, plan, accepts, reader, texts, limit=limit)
        if not scored and plan.is_strict:
            plan = planner.plan(query, strict=False)
            scored = self._matching(scope, plan, accepts, reader, texts, limit=limit)
        missing = 0
        if len(newer) == NEWER_MAX:
            missing = self._rows.waiting(watermark, self._rows.counter()) - NEWER_MAX
        return Looked(plan, scored, max(missing, 0))

    def _matching(
        self,
        scope: Scope,
        plan: Plan,
        accepts: Acceptance,
        reader: Reader | None,
        texts: Sequence[tuple[Candidate, Text]],
        *,
        limit: int,
    ) -> list[Scored]:
        scored = [
            Scored(row, relevance)
            for row, text in texts
            if accepts(row) and (relevance := text.relevance(plan)) is not None
        ]
        if reader is not None:
            seen = {row.seq for row, _text in texts}
            scored += self._indexed(scope, reader, plan, accepts, limit=limit, seen=seen)
        return scored

    def _indexed(
        self,
        scope: Scope,
        reader: Reader,
        plan: Plan,
        accepts: Acceptance,
        *,
        limit: int,
        seen: set[int],
    ) -> list[Scored]:
        # Most entries are in the scope that is read, so the index is asked without it at first,
        # which is many times faster; only if too few remain it is asked again with it.
        selection = accepts.selection
        found = find(reader, plan, selection, limit=limit)
        scored = self._read(scope, found, accepts, seen)
        if len(found) == limit and len(scored) < limit // 2:
            found = find(reader, plan, with_scope(selection, scope), limit=limit)
            scored = self._read(scope, found, accepts, seen)
        return scored

    def _read(
        self, scope: Scope, found: Sequence[tuple[int, float]], accepts: Acceptance,
        seen: set[int],
    ) -> list[Scored]:  # fmt: skip
        relevance = dict(found)
        rows = self._rows.numbered(scope, relevance, chars=_COMMAND_CHARS)
        return [
            Scored(row, relevance[row.seq]) for row in rows if row.seq not in seen and accepts(row)
        ]

    def _foretell(self, query: Query) -> None:
        """Let meanings be compared while words are looked for."""
        if self.meaning is not None and query.text:
            self.meaning.foretell(query.text, limit=ALIKE)

    def _with_meaning(self, scope: Scope, query: Query, wanted: Wanted, looked: Looked) -> Looked:
        """Add what means the same, and how alike each entry is to what was asked for."""
        if self.meaning is None or not query.text:
            return looked
        known = {each.row.seq for each in looked.scored}
        likeness = self.meaning.ask(query.text, known, limit=ALIKE)
        if likeness is None:
            return msgspec.structs.replace(looked, by_meaning=False)
        scored = looked.scored
        if not (looked.plan.phrases or looked.plan.excluded):
            accepts = self._selector.acceptance(query, wanted)
            likeness, more = self._alike(scope, query.text, accepts, known, likeness)
            scored = [*scored, *more]
        return msgspec.structs.replace(
            looked,
            scored=meant(scored, likeness.cosines),
            by_meaning=True,
            unread=likeness.waiting,
        )

    def _alike(
        self, scope: Scope, text: str, accepts: Acceptance, known: set[int], likeness: Likeness
    ) -> tuple[Likeness, list[Scored]]:
        """Return the entries that share no word with a text but are alike."""
        alike = like(likeness)
        more = self._read(scope, alike, accepts, known)
        # Most are not what is selected, and there may be more that are alike.
        if self.meaning is not None and len(alike) >= ALIKE and len(more) < ALIKE // 2:
            wider = self.meaning.ask(text, known, limit=ALIKE_SELECTED)
            if wider is not None:
                return wider, self._read(scope, like(wider), accepts, known)
        return likeness, more

    def _ranked(self, scope: Scope, groups: Sequence[Group]) -> list[tuple[Score, Group]]:
        ids = [group.row.id for group in groups]
        votes, outcomes = self._rows.votes(ids), self._rows.outcomes(ids)
        now_ms = self._clock.now_ms()
        ranked = []
        for group in groups:
            row = group.row
            known = signals(
                group.first,
                scope,
                now_ms=now_ms,
                succeeded=outcome(row, outcomes.get(row.id)),
                votes=votes.get(row.id, 0),
                people=group.people,
            )
            ranked.append((score(known, self.weights), group))
        ranked.sort(key=lambda each: order(each[0], each[1].row))
        return ranked

    def _hits(self, scored: Sequence[tuple[Score, Group]], plan: Plan) -> Iterable[Hit]:
        people, hosts = self._history.usernames(), self._history.hostnames()
        highlighter = Highlighter(plan)
        entries = self._entries.get_all(group.row.id for _total, group in scored)
        for total, group in scored:
            entry = entries.get(group.row.id)
            if entry is None:
                continue  # deleted a moment ago
            yield Hit(
                entry=entry,
                short_id=self._history.short_id(entry.id),
                username=people.get(entry.user_id or ""),
                hostname=hosts.get(entry.machine_id, entry.machine_id[:12]),
                score=total,
                times=len(group.same),
                people=group.people,
                machines=group.machines,
                title=title(entry.command, highlighter),
                passage=passage(entry.response or "", highlighter),
            )
