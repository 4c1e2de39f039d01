"""The history screen's way to the history: everything that reads or erases goes off the loop."""

from ipcom_chat.domain.entry import Entry
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.browsing import Chosen, Erased, How, Page, Query, View, Whole
from ipcom_chat.services.indexing import Indexing


class Finder:
    """Finds, reads and erases for one chat. Close it.

    Args:
        runtime: open.
        thread: runs what touches storage.
    """

    def __init__(self, runtime: Runtime, thread: StorageThread) -> None:
        self._runtime = runtime
        self._browsing = runtime.browsing
        self._thread = thread
        # A first index of a large history takes a minute: that is not the storage thread's.
        self._indexing: Indexing = runtime.open_indexing()
        self._indexing.start()

    def query(self, text: str) -> Query:
        """Return what is understood of a text; touches no storage."""
        return self._browsing.query(text)

    async def page(self, view: View, *, limit: int) -> Page:
        """Return what a view shows.

        Raises:
            StorageError: the history cannot be read.
        """
        return await self._thread.run(self._browsing.page, view, limit=limit)

    async def whole(self, entry_id: EntryId) -> Whole:
        """Return one entry with its commands.

        Raises:
            NotFoundError: it is no longer there.
        """
        return await self._thread.run(self._browsing.whole, entry_id)

    async def choose(self, entry: Entry) -> Chosen:
        """Return what would be taken out with an entry."""
        return await self._thread.run(self._browsing.choose, entry)

    async def erase(self, chosen: Chosen, how: How) -> Erased:
        """Take entries or their texts out, for everybody."""
        return await self._thread.run(self._erased, chosen, how)

    def _erased(self, chosen: Chosen, how: How) -> Erased:
        erased = self._browsing.erase(chosen, how)
        # The process that keeps them may not run; the index has a thread of its own here.
        self._runtime.forget_meanings()
        return erased

    def close(self) -> None:
        """Stop keeping the index; waits for the commit that is being made."""
        self._indexing.stop()
