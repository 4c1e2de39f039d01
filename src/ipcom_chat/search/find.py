"""Asks the index: a plan and a selection become one query of Tantivy."""

import msgspec
import tantivy

from ipcom_chat.search.index import Reader
from ipcom_chat.search.plan import NEAR_BOOST, PHRASE_BOOST, Phrase, Plan
from ipcom_chat.search.schema import (
    ANSWER_WORDS,
    CREATED,
    EXACT_FIELD,
    FACETS,
    QUESTION_WORDS,
    SCHEMA,
    SEQ,
    translated,
)

Found = list[tuple[int, float]]
"""Row numbers with their relevance."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What the index is to select by; each group is any of its facets, or none of them."""

    groups: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[str, ...] = ()
    after_s: int | None = None
    before_s: int | None = None
    newest: bool = False
    """The newest of what fits, not the best."""

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything pass."""
        return not (
            self.groups or self.excluded or self.after_s is not None or self.before_s is not None
        )


def find(reader: Reader, plan: Plan, selection: Selection, *, limit: int) -> Found:
    """Return the best rows of the index; without text to look for, the newest.

    Raises:
        BrokenIndex: its files are damaged.
    """
    with translated():
        return _found(reader.searcher, plan, selection, limit)


def _found(searcher: tantivy.Searcher, plan: Plan, selection: Selection, limit: int) -> Found:
    if plan.asks and not plan.has_text:
        return []
    query = _query(plan, selection)
    if plan.has_text and not selection.newest:
        hits = searcher.search(query, limit, count=False).hits
        scores = [float(score) / plan.mass for score, _place in hits]
    else:
        hits = searcher.search(query, limit, count=False, order_by_field=CREATED).hits
        scores = [0.0] * len(hits)
    seqs = searcher.fast_field_values(SEQ, [place for _score, place in hits])
    return [
        (int(seq), score)
        for seq, score in zip(seqs, scores, strict=True)
        if seq is not None and seq >= 0
    ]


_Part = tuple[tantivy.Occur, tantivy.Query]


def _query(plan: Plan, selection: Selection) -> tantivy.Query:
    should: list[_Part] = [
        (
            tantivy.Occur.Should,
            tantivy.Query.boost_query(
                tantivy.Query.term_query(SCHEMA, each.field, each.term, index_option="freq"),
                each.boost,
            ),
        )
        for each in plan.weighted
    ]
    should += [(tantivy.Occur.Should, _near_query(word)) for word in plan.near]
    if not (plan.phrases or plan.excluded) and selection.is_empty and should:
        # Nothing but terms: Tantivy skips what cannot come among the best.
        return tantivy.Query.boolean_query(should)
    parts: list[_Part] = [(tantivy.Occur.Must, _phrase_query(each)) for each in plan.phrases]
    if should:
        occur = tantivy.Occur.Should if plan.phrases else tantivy.Occur.Must
        parts.append((occur, tantivy.Query.boolean_query(should)))
    elif plan.prefixes and not plan.phrases:
        return tantivy.Query.empty_query()
    parts += [(tantivy.Occur.MustNot, _phrase_query(each)) for each in plan.excluded]
    parts += _selected(selection)
    if not any(occur == tantivy.Occur.Must for occur, _query in parts):
        parts.append((tantivy.Occur.Must, _free(tantivy.Query.all_query())))
    return tantivy.Query.boolean_query(parts)


def _free(query: tantivy.Query) -> tantivy.Query:
    """Return a query that adds nothing to the score."""
    return tantivy.Query.const_score_query(query, 0.0)


def _selected(selection: Selection) -> list[_Part]:
    parts: list[_Part] = [
        (tantivy.Occur.Must, _free(tantivy.Query.term_set_query(SCHEMA, FACETS, list(group))))
        for group in selection.groups
    ]
    if selection.excluded:
        facets = list(selection.excluded)
        parts.append((tantivy.Occur.MustNot, tantivy.Query.term_set_query(SCHEMA, FACETS, facets)))
    if selection.after_s is not None or selection.before_s is not None:
        time = tantivy.Query.range_query(
            SCHEMA, CREATED, tantivy.FieldType.Integer, selection.after_s, selection.before_s
        )
        parts.append((tantivy.Occur.Must, _free(time)))
    return parts


def _phrase_query(wanted: Phrase) -> tantivy.Query:
    ways: list[_Part] = []
    if len(wanted.words) == 1 and not wanted.exact:
        ways = [
            (tantivy.Occur.Should, tantivy.Query.term_query(SCHEMA, field, wanted.words[0]))
            for field in (QUESTION_WORDS, ANSWER_WORDS)
        ]
    elif len(wanted.words) > 1:
        ways = [
            (tantivy.Occur.Should, tantivy.Query.phrase_query(SCHEMA, field, list(wanted.words)))
            for field in (QUESTION_WORDS, ANSWER_WORDS)
        ]
    if wanted.exact:
        exact = tantivy.Query.term_query(SCHEMA, EXACT_FIELD, wanted.exact, index_option="freq")
        ways.append((tantivy.Occur.Should, exact))
    return tantivy.Query.boost_query(tantivy.Query.boolean_query(ways), PHRASE_BOOST)


def _near_query(word: str) -> tantivy.Query:
    ways: list[_Part] = [
        (
            tantivy.Occur.Should,
            tantivy.Query.fuzzy_term_query(SCHEMA, field, word, 1, transposition_cost_one=True),
        )
        for field in (QUESTION_WORDS, ANSWER_WORDS)
    ]
    return tantivy.Query.boost_query(tantivy.Query.boolean_query(ways), NEAR_BOOST)
