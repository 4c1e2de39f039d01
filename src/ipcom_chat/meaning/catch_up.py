"""Brings the vectors up to date with the replica, a few questions at a time. Loads no numpy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from ipcom_chat.meaning.texts import CHARS, DIMENSION, MODEL, text_hash
from ipcom_chat.meaning.wire import VECTORS
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.search_rows import Asked, SearchRows
from ipcom_chat.storage.vectors import VectorMark, Vectors, open_vectors

_READ_BATCH: Final = 1_000
"""So many rows are read at a time: in imported histories, most are commands."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What some changes of the replica mean for its vectors."""

    fresh: tuple[Asked, ...]
    """Questions that have no vector yet, or one of another text."""
    lost: tuple[int, ...]
    """Rows with a vector of a text that they no longer hold."""
    mark: VectorMark
    """Up to where this reaches."""


def next_changes(rows: SearchRows, vectors: Vectors, *, limit: int) -> Changes | None:
    """Return what the next rows mean; None if nothing has changed.

    Args:
        rows: the replica.
        vectors: what is known of it.
        limit: how many questions there may be to read at most.

    Of another replica, or of one that lost its last changes, nothing is kept; what left the replica
    without a trace, because its time was over, is forgotten.
    """
    mark, counter = vectors.mark(), rows.counter()
    here = VectorMark(mark.watermark, rows.birth(), rows.evicted_at())
    if mark.watermark > counter or mark.birth not in {0, here.birth}:
        gone = tuple(vectors.seqs())
        return Changes(fresh=(), lost=gone, mark=here._replace(watermark=0))
    if mark.evicted_at != here.evicted_at:
        seqs = vectors.seqs()
        gone = tuple(set(seqs) - rows.held(seqs))
        return Changes(fresh=(), lost=gone, mark=here)
    if mark.watermark == counter:
        return None
    read = rows.asked(mark.watermark, counter, limit=_READ_BATCH, chars=CHARS)
    reaches = read[-1].local_seq if len(read) == _READ_BATCH else counter
    fresh, lost = _sorted(read, vectors)
    if len(fresh) > limit:
        fresh = fresh[:limit]
        reaches = fresh[-1].local_seq
    return Changes(fresh=fresh, lost=lost, mark=here._replace(watermark=reaches))


def forget(rows: SearchRows, vectors: Vectors, *, after: int = 0) -> int:
    """Forget the vectors of texts that are no longer held; return of how many.

    The watermark stays: what is new is still to be read.

    Args:
        rows: the replica.
        vectors: what is known of it.
        after: only what changed after this change is looked at.
    """
    mark, counter = vectors.mark(), rows.counter()
    after, count = max(after, mark.watermark), 0
    while read := rows.asked(after, counter, limit=_READ_BATCH, chars=CHARS):
        _fresh, lost = _sorted(read, vectors)
        if lost:
            vectors.put((), lost, mark)
        after, count = read[-1].local_seq, count + len(lost)
    return count


def forget_lost(database: Database, folder: Path, *, after: int = 0) -> None:
    """Forget the vectors in a folder whose texts a replica no longer holds.

    Args:
        database: the replica.
        folder: where its vectors lie, if there are any.
        after: only what changed after this change is looked at.

    Raises:
        StorageError: the replica or the vectors cannot be read or written.
    """
    if not (folder / VECTORS).exists():
        return
    vectors = open_vectors(folder / VECTORS, MODEL, DIMENSION)
    try:
        forget(SearchRows(database), vectors, after=after)
    finally:
        vectors.close()


def _sorted(read: Sequence[Asked], vectors: Vectors) -> tuple[tuple[Asked, ...], tuple[int, ...]]:
    known = vectors.hashes(row.seq for row in read)
    now = {row.seq: text_hash(row.text) if row.text else None for row in read}
    lost = tuple(seq for seq, known_hash in known.items() if known_hash != now[seq])
    fresh = tuple(row for row in read if row.text and known.get(row.seq) != now[row.seq])
    return fresh, lost
