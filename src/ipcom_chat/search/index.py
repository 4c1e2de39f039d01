"""The full-text index beside the replica: derived from it, disposable, rebuilt when in doubt.

Invariants:
- The index holds its watermark itself: one document says up to which change of the replica
  (`local_seq`) everything is indexed, and is committed together with what it speaks of. A process
  that dies leaves the last commit, and the next one goes on from there.
- One process writes at a time, by a lock of the kernel on a file beside the index; whoever comes
  second leaves it to the first. Readers wait for nobody.
- Text that a row no longer holds is gone from the index with the same call that notices it: a
  deleted document's words would stay in their segment, so that is written anew, or everything.
- What is shown is decided by the replica, never by the index.

Every file that is no index of this version is removed: `<folder>/v1/` is all there is.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import tantivy

from ipcom_chat.search.analysis import ANALYSERS
from ipcom_chat.search.catch_up import CaughtUp, Progress, Task, caught_up
from ipcom_chat.search.schema import SCHEMA, VERSION, BrokenIndex, mark_of, translated
from ipcom_chat.storage.database import make_folder
from ipcom_chat.storage.locks import held
from ipcom_chat.storage.search_rows import SearchRows

_LOCK_NAME: Final = "lock"
"""Whoever holds it has the right to write."""


class Reader:
    """The index as it was at one commit."""

    def __init__(self, index: tantivy.Index, folder_id: int) -> None:
        self._index = index
        self.folder_id = folder_id
        self.searcher = index.searcher()
        self.mark = mark_of(self.searcher)

    def refresh(self) -> None:
        """See what was committed meanwhile."""
        self._index.reload()
        self.searcher = self._index.searcher()
        self.mark = mark_of(self.searcher)

    @property
    def watermark(self) -> int:
        """The last change of the replica that it holds."""
        return self.mark.watermark if self.mark else 0

    @property
    def count(self) -> int:
        """How many documents there are."""
        return max(int(self.searcher.num_docs) - 1, 0)


class SearchIndex:
    """The index in a folder.

    Args:
        folder: its own; what else lies there is removed.
        answer: returns what of a response is to be found.
    """

    def __init__(self, folder: Path, answer: Callable[[str], str] = str) -> None:
        self._folder = folder
        self._answer = answer
        self._path = folder / VERSION
        self._reader: Reader | None = None

    def reader(self) -> Reader | None:
        """Return the newest commit; None if there is no index, or it cannot be read."""
        identity = _identity(self._path)
        if identity is None:
            self._reader = None
            return None
        try:
            with translated():
                if self._reader is None or self._reader.folder_id != identity:
                    self._reader = Reader(_open(self._path), identity)
                else:
                    self._reader.refresh()
        except BrokenIndex:
            self._reader = None
        return self._reader

    def catch_up(
        self,
        rows: SearchRows,
        *,
        limit: int | None = None,
        progress: Progress = lambda _done, _total: None,
        stop: Callable[[], bool] = lambda: False,
        wait: bool = False,
    ) -> CaughtUp:
        """Index what has changed; make the index, or make it anew, if that is needed.

        Args:
            rows: the replica.
            limit: how many rows at most; None for all. A rebuild of a history that is many times
                larger is left to a call without a limit.
            progress: hears how far it is, if it takes longer than one batch.
            stop: asked between two batches whether to leave the rest to others.
            wait: wait for a process that is at it, which may not have seen the last changes.

        Raises:
            StorageError: the replica cannot be read, or its folder not be written.
        """
        make_folder(self._folder)
        with held(self._folder / _LOCK_NAME, wait=wait) as is_mine:
            if not is_mine:
                return CaughtUp(busy=True)
            try:
                return self._caught_up(Task(rows, limit, progress, stop, self._answer))
            except BrokenIndex:
                _remove(self._folder)
                with suppress(BrokenIndex):
                    return self._caught_up(Task(rows, limit, progress, stop, self._answer))
        return CaughtUp(waiting=rows.waiting(0, rows.counter()))

    def forget(self) -> None:
        """Remove the index, unless another process is at it; the next search makes it anew."""
        make_folder(self._folder)
        with held(self._folder / _LOCK_NAME) as is_mine:
            if is_mine:
                _remove(self._folder)
        self._reader = None

    def _caught_up(self, task: Task) -> CaughtUp:
        for other in self._folder.iterdir():
            if other.name not in {VERSION, _LOCK_NAME}:
                shutil.rmtree(other, ignore_errors=True)
        make_folder(self._path)
        with translated():
            index = _open(self._path)
        return caught_up(index, task)


def _identity(path: Path) -> int | None:
    try:
        return (path / "meta.json").stat().st_ino and path.stat().st_ino
    except OSError:
        return None


def _open(path: Path) -> tantivy.Index:
    index = tantivy.Index(SCHEMA, path=str(path))
    for name, analyser in ANALYSERS.items():
        index.register_tokenizer(name, analyser)
    # By hand: the other way starts a thread that watches the folder.
    index.config_reader("manual", 0)
    index.reload()
    return index


def _remove(folder: Path) -> None:
    for other in folder.iterdir():
        if other.name != _LOCK_NAME:
            shutil.rmtree(other, ignore_errors=True)
