"""Takes text out of the index by writing its segments anew, those that hold it and no others.

Tantivy only marks a document as deleted: its words stay in the dictionary of its segment until
that is written anew. A segment of which nothing is left is dropped with the commit that says so. So
every document of a segment that holds lost text is deleted, and what the replica still has of them
is added again, in one commit: readers see what was, or what is.

Invariant: no merge may carry lost text into another segment meanwhile. Merges begin where segments
are added or a commit is made, by a rule that looks at the committed segments alone; so the merges
that are due are made first, and then none is until this commit is.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

import tantivy

from ipcom_chat.search.schema import SCHEMA, SEQ, translated

_SLICE: Final = 20_000
"""So many row numbers are looked for at a time."""


def beside(index: tantivy.Index, seqs: Collection[int], last_seq: int) -> set[int] | None:
    """Return the rows in the segments of some rows; None if that is most of the index.

    Args:
        index: with no merge due.
        seqs: the rows that have lost text.
        last_seq: the highest number of a row that the replica has.
    """
    with translated():
        index.reload()
        searcher = index.searcher()
        wanted = {place.segment_ord for place in _places(searcher, sorted(seqs))}
        held: set[int] = set()
        for bounds in _slices(last_seq):
            held.update(_held(searcher, bounds, wanted))
            if len(held) * 2 > searcher.num_docs:
                return None
        return held | set(seqs)


def _places(searcher: tantivy.Searcher, seqs: Sequence[int]) -> Iterator[tantivy.DocAddress]:
    rest = iter(seqs)
    while some := list(islice(rest, _SLICE)):
        query = tantivy.Query.term_set_query(SCHEMA, SEQ, some)
        yield from (place for _score, place in searcher.search(query, len(some), count=False).hits)


def _slices(last_seq: int) -> Iterator[tuple[int, int | None]]:
    """Yield bounds of row numbers; the last is open, for rows that left the replica since."""
    yield from ((start, start + _SLICE - 1) for start in range(0, last_seq + 1, _SLICE))
    yield last_seq // _SLICE * _SLICE + _SLICE, None


def _held(
    searcher: tantivy.Searcher, bounds: tuple[int, int | None], segments: set[int]
) -> list[int]:
    """Return the rows within bounds that are in some segments."""
    query = tantivy.Query.range_query(SCHEMA, SEQ, tantivy.FieldType.Integer, *bounds)
    found = searcher.search(query, max(int(searcher.num_docs), 1), count=False).hits
    places = [place for _score, place in found if place.segment_ord in segments]
    return [int(seq) for seq in searcher.fast_field_values(SEQ, places) if seq is not None]
