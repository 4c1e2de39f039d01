"""Writes the index: what has changed, in small commits, or anew what holds text that is gone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Self

import msgspec
import tantivy

from ipcom_chat.search.erase import beside
from ipcom_chat.search.schema import (
    COMMAND_CRC,
    MARK,
    MARK_SEQ,
    RESPONSE_CHARS,
    RESPONSE_CRC,
    SCHEMA,
    SEQ,
    BrokenIndex,
    Mark,
    checksum,
    document,
    mark_of,
    translated,
)
from ipcom_chat.storage.search_rows import Changed, SearchRows

BATCH: Final = 2_000
"""So many changed rows are read and committed at a time."""
BUILD_BATCH: Final = 50_000
_BIG: Final = 20_000
_HEAP_BYTES: Final = 15_000_000
_BUILD_HEAP_BYTES: Final = 120_000_000
_STALE_SHARE: Final = 0.5
_STOP_ROWS: Final = 500
"""After so many rows of a batch it is asked whether to stop: somebody waits for that."""
_REBUILD_FACTOR: Final = 10


class CaughtUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a call of `catch_up` did."""

    indexed: int = 0
    waiting: int = 0
    """So many rows are still to be indexed."""
    busy: bool = False
    """Another process is at it."""
    rebuilt: bool = False


Progress = Callable[[int, int], None]
"""Hears how many rows are indexed, and of how many."""


class Task(NamedTuple):
    """What a call of `catch_up` is to do."""

    rows: SearchRows
    limit: int | None
    progress: Progress
    stop: Callable[[], bool]
    answer: Callable[[str], str]
    """Returns what of a response is to be found."""


def caught_up(index: tantivy.Index, task: Task) -> CaughtUp:
    """Bring an index up to date; the caller holds the right to write.

    Raises:
        BrokenIndex: it is to be made anew.
    """
    rows = task.rows
    with translated():
        mark = mark_of(index.searcher())
    try:
        return _brought(index, task) if _fits(index, mark, rows) else _rebuilt(index, task)
    except _StoppedError:
        with translated():
            index.reload()
            mark = mark_of(index.searcher())
        return CaughtUp(waiting=rows.waiting(mark.watermark if mark else 0, rows.counter()))


def _fits(index: tantivy.Index, mark: Mark | None, rows: SearchRows) -> bool:
    """Return whether an index can go on from its mark."""
    return mark is None or not (
        mark.birth != rows.birth()
        or mark.watermark > rows.counter()
        or _is_stale(index, mark, rows)
    )


class _StoppedError(Exception):
    """Whoever asked for the work does not want it any more; what was not committed is dropped."""


class _LostError(Exception):
    """A row no longer holds text that the index does; `done` rows were indexed before it."""

    def __init__(self, done: int) -> None:
        super().__init__(done)
        self.done = done


def _read(task: Task, after: int, until: int, limit: int) -> list[Changed]:
    changed = task.rows.changed(after, until, limit=limit, response_chars=RESPONSE_CHARS)
    return list(_unless_stopped(changed, task))


def _unless_stopped(read: Iterable[Changed], task: Task) -> Iterator[Changed]:
    for place, row in enumerate(read):
        if place % _STOP_ROWS == _STOP_ROWS - 1 and task.stop():
            raise _StoppedError
        yield row


def _brought(index: tantivy.Index, task: Task) -> CaughtUp:
    """Index what has changed; where text is gone, what held it is written anew first."""
    done = 0
    while True:
        with translated():
            mark = mark_of(index.searcher())
        try:
            rest = _continued(index, task, mark.watermark if mark else 0)
            return msgspec.structs.replace(rest, indexed=done + rest.indexed)
        except _LostError as lost:
            done += lost.done
        otherwise = _erased(index, task)
        if otherwise is not None:
            return otherwise


def _continued(index: tantivy.Index, task: Task, watermark: int) -> CaughtUp:
    rows, limit = task.rows, task.limit
    counter = rows.counter()
    if watermark == counter:
        return CaughtUp()
    total = rows.waiting(watermark, counter)
    if total > BATCH:
        task.progress(0, total)
    wanted = total if limit is None else min(limit, total)
    with _Writer(index, big=wanted > _BIG) as writer:
        done = 0
        while watermark < counter and (limit is None or done < limit) and not task.stop():
            batch = writer.batch if limit is None else min(writer.batch, limit - done)
            read = _read(task, watermark, counter, batch)
            known = _known(index, [row.seq for row in read]) if watermark else {}
            if any(_has_lost(row, known.get(row.seq)) for row in read):
                raise _LostError(done)
            for row in _unless_stopped(read, task):
                if row.seq in known:
                    writer.delete(row.seq)
                if not row.deleted:
                    writer.add(row, task.answer)
            watermark = read[-1].local_seq if len(read) == batch else counter
            writer.commit(_mark(rows, watermark))
            done += len(read)
            if total > BATCH:
                task.progress(done, total)
    index.reload()
    return CaughtUp(indexed=done, waiting=total - done)


def _is_stale(index: tantivy.Index, mark: Mark, rows: SearchRows) -> bool:
    """Return whether half of what the index holds has left the replica since."""
    if mark.evicted_at == rows.evicted_at():
        return False
    return int(index.searcher().num_docs) * _STALE_SHARE > rows.count()


def _erased(index: tantivy.Index, task: Task) -> CaughtUp | None:
    """Write the segments anew that hold lost text; return what was done instead, if anything."""
    rows, mark = task.rows, _settled(index)
    counter = rows.counter()
    lost = _lost(index, task, mark.watermark, counter)
    seqs = beside(index, lost, rows.last_seq())
    if seqs is None:
        return _rebuilt(index, task)
    if task.limit is not None and len(seqs) > task.limit * _REBUILD_FACTOR:
        return CaughtUp(waiting=rows.waiting(mark.watermark, counter))
    with _Writer(index, big=len(seqs) > _BIG) as writer:
        for seq in seqs:
            writer.delete(seq)
        for row in _unless_stopped(rows.by_number(seqs, response_chars=RESPONSE_CHARS), task):
            if not row.deleted:
                writer.add(row, task.answer)
        writer.commit(mark)
        writer.collect_garbage()
    index.reload()
    return None


def _settled(index: tantivy.Index) -> Mark:
    """Let the merges be made that are due; return what the index says of itself then."""
    with _Writer(index, big=False) as writer:
        writer.settle()
    with translated():
        index.reload()
        mark = mark_of(index.searcher())
    if mark is None:
        raise BrokenIndex("the index says nothing of itself")
    return mark


def _lost(index: tantivy.Index, task: Task, after: int, until: int) -> set[int]:
    """Return the rows among some changes that the index holds text of that they no longer hold."""
    lost: set[int] = set()
    while after < until:
        read = _read(task, after, until, BATCH)
        known = _known(index, [row.seq for row in read])
        lost.update(row.seq for row in read if _has_lost(row, known.get(row.seq)))
        after = read[-1].local_seq if len(read) == BATCH else until
    return lost


def _rebuilt(index: tantivy.Index, task: Task) -> CaughtUp:
    """Write everything anew in one commit: until then readers see what was."""
    rows = task.rows
    counter = rows.counter()
    total = rows.waiting(0, counter)
    if task.limit is not None and total > task.limit * _REBUILD_FACTOR:
        return CaughtUp(waiting=total)
    done, after = 0, 0
    with _Writer(index, big=total > _BIG) as writer:
        writer.clear()
        while after < counter:
            read = _read(task, after, counter, BUILD_BATCH)
            for row in _unless_stopped(read, task):
                if not row.deleted:
                    writer.add(row, task.answer)
            if task.stop():
                raise _StoppedError
            done += len(read)
            after = read[-1].local_seq if len(read) == BUILD_BATCH else counter
            if total > BATCH:
                task.progress(done, total)
        writer.commit(_mark(rows, counter))
        writer.collect_garbage()
    index.reload()
    return CaughtUp(indexed=done, rebuilt=True)


def _mark(rows: SearchRows, watermark: int) -> Mark:
    return Mark(watermark=watermark, birth=rows.birth(), evicted_at=rows.evicted_at())


class _Writer:
    """The one writer of an index, for the length of a block."""

    def __init__(self, index: tantivy.Index, *, big: bool) -> None:
        with translated():
            # One thread gives one segment for each commit; two build twice as fast.
            self._writer: tantivy.IndexWriter | None = index.writer(
                _BUILD_HEAP_BYTES if big else _HEAP_BYTES, 2 if big else 1
            )
        self.batch = BUILD_BATCH if big else BATCH

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_error: object) -> None:
        if error in {_StoppedError, _LostError} and self._writer is not None:
            # Else its threads would first write out all that they hold, which takes seconds.
            with translated():
                self._writer.rollback()
        self.close()

    @property
    def _open(self) -> tantivy.IndexWriter:
        assert self._writer is not None  # noqa: S101 - nobody uses it after the block
        return self._writer

    def add(self, row: Changed, answer: Callable[[str], str]) -> None:
        with translated():
            self._open.add_document(document(row, answer(row.response or "")))

    def delete(self, seq: int) -> None:
        with translated():
            self._open.delete_documents_by_term(SEQ, seq)

    def clear(self) -> None:
        with translated():
            self._open.delete_all_documents()

    def commit(self, mark: Mark) -> None:
        note = tantivy.Document()
        note.add_integer(SEQ, MARK_SEQ)
        note.add_text(MARK, msgspec.json.encode(mark).decode())
        with translated():
            self._open.delete_documents_by_term(SEQ, MARK_SEQ)
            self._open.add_document(note)
            self._open.commit()

    def settle(self) -> None:
        """Commit nothing, which begins the merges that are due."""
        with translated():
            self._open.commit()

    def collect_garbage(self) -> None:
        with translated():
            self._open.garbage_collect_files()

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with translated():
                writer.wait_merging_threads()


def _known(index: tantivy.Index, seqs: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the checksums of the texts that the index holds, by row number."""
    with translated():
        index.reload()
        searcher = index.searcher()
        query = tantivy.Query.term_set_query(SCHEMA, SEQ, list(seqs))
        found = searcher.search(query, max(len(seqs), 1), count=False).hits
        places = [place for _score, place in found]
        columns = [
            searcher.fast_field_values(field, places) for field in (SEQ, COMMAND_CRC, RESPONSE_CRC)
        ]
    return {
        int(seq or 0): (int(command or 0), int(response or 0))
        for seq, command, response in zip(*columns, strict=True)
    }


def _has_lost(row: Changed, known: tuple[int, int] | None) -> bool:
    """Return whether the index holds text of a row that the row no longer holds."""
    if known is None:
        return False
    if row.deleted:
        return True
    command, response = known
    return command != checksum(row.command) or (
        response != 0 and response != checksum(row.response)
    )
