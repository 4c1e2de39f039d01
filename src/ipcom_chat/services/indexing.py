"""Keeps the search index up to date while a process lives that others search beside.

Its thread has its own connection: neither a save nor an exchange waits for it.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from ipcom_chat.clock import Clock
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.services.background import Background
from ipcom_chat.services.search import open_index
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.search_rows import SearchRows

EVERY_S = 2.0
"""How often to look whether something has changed."""

_LOG = logging.getLogger(__name__)


class Indexing(Background):
    """The thread; it ends after the commit that is being made, what is left is for the next one.

    Args:
        replica: the file.
        folder: where the index lies.
        clock: for the opening of the replica.
        every_s: seconds between two looks.
        followed: called at the beginning, and whenever new rows are in the index.
    """

    def __init__(
        self,
        replica: Path,
        folder: Path,
        clock: Clock,
        *,
        every_s: float = EVERY_S,
        followed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__("indexing")
        self._replica = replica
        self._index = open_index(folder)
        self._clock = clock
        self._every_s = every_s
        self._followed = followed

    def run(self) -> None:
        """See `Background`."""
        try:
            replica = open_replica(self._replica, now_ms=self._clock.now_ms())
        except IpcomChatError as error:
            _LOG.warning("the search index is not kept up to date: %s", error.code)
            return
        try:
            rows = SearchRows(replica.database)
            self._followed()
            while not self.stopping.is_set():
                self._look(rows)
                self.stopping.wait(self._every_s)
        finally:
            replica.close()

    def _look(self, rows: SearchRows) -> None:
        try:
            done = self._index.catch_up(rows, stop=self.stopping.is_set)
        except IpcomChatError as error:
            _LOG.warning("the search index was not brought up to date: %s", error.code)
        else:
            if done.indexed:
                self._followed()
                _LOG.debug("indexed %d rows, rebuilt: %s", done.indexed, done.rebuilt)
