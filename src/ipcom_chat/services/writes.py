"""Gives the writes of requests to the storage thread; who listens to a request hears of a failure.

Invariants: nothing here waits for the disk unless it is asked to; a failure is told once for each
request, in the event loop, and takes nothing away that was answered.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future

from ipcom_chat.errors import IpcomChatError
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat_events import NotSaved
from ipcom_chat.services.live import Live

_LOG = logging.getLogger(__name__)


class Writes:
    """The writes of one session. Use it from the thread of one event loop."""

    def __init__(self, thread: StorageThread) -> None:
        self._thread = thread

    def give(self, live: Live, call: Callable[..., None], *args: object) -> "Future[None]":
        """Let a request be written after everything given before; return at once."""
        loop = asyncio.get_running_loop()
        future = self._thread.submit(call, *args)
        future.add_done_callback(
            lambda done: (
                loop.call_soon_threadsafe(_report, live, done.exception())
                if done.exception()
                else None
            )
        )
        return future

    async def done(self, live: Live, call: Callable[..., None], *args: object) -> None:
        """Let a request be written, and wait until that was tried."""
        written = asyncio.wrap_future(self.give(live, call, *args))
        # The listener hears of a failure; asyncio would log that nobody had asked for it.
        written.add_done_callback(lambda done: done.exception())
        await asyncio.wait({written})


def _report(live: Live, error: BaseException | None) -> None:
    if not isinstance(error, IpcomChatError):
        _LOG.error("request %s: a write met a fault", live.entry.id, exc_info=error)
    if live.saved:
        live.saved = False
        live.listener(NotSaved(reason=str(error)))
