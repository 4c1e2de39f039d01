"""Synchronises in the background while a process lives.

The thread has a connection of its own to the replica and its own event loop, so neither the network
nor a long transaction stands in the way of a key or of a save.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ipcom_chat.clock import Clock
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _
from ipcom_chat.services.sync import Condition, SyncSettings, SyncStatus, primary_of, status_of
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.meter import Meter
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.sync_state import SyncState
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Exchanges, Identity
from ipcom_chat.sync.scheduler import FLUSH_S, Rhythm, Scheduler

SWITCH_S = 0.0005
"""How long one thread of this process computes before another has its turn."""
_JOIN_S = FLUSH_S + 1.0
_LOG = logging.getLogger(__name__)


class SyncThread:
    """Synchronises in the background while a process lives.

    Args:
        replica: the file; the thread opens its own connection.
        settings: with a primary.
        identity: whose replica this is.
        clock: the time.
        listener: called in the thread whenever the state may have changed.
    """

    def __init__(
        self,
        replica: Path,
        settings: SyncSettings,
        identity: Identity,
        clock: Clock,
        listener: Callable[[SyncStatus], None] = lambda _status: None,
    ) -> None:
        self.users: tuple[str, ...] = ()
        """The users whose own histories are held; may be replaced at any time."""
        self.meter: Meter | None = None
        """Notes how long exchanges take; may be given before the start."""
        self._replica = replica
        self._settings = settings
        self._identity = identity
        self._clock = clock
        self._listener = listener
        self._scheduler: Scheduler | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="sync", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        # Whenever this thread computes, a key or a save would wait 5 ms for its turn.
        sys.setswitchinterval(SWITCH_S)
        self._thread.start()

    def nudge(self) -> None:
        """Note that the replica has changed; may be called from any thread."""
        self._tell(lambda scheduler: scheduler.nudge())

    def stop(self) -> None:
        """Flush what waits, for `FLUSH_S` seconds at most, and end."""
        if self._thread.ident is None:
            return  # never started: the screen ended before its first paint
        self._ready.wait(FLUSH_S)
        self._tell(lambda scheduler: scheduler.stop())
        self._thread.join(_JOIN_S)

    def _tell(self, act: Callable[[Scheduler], None]) -> None:
        scheduler, loop = self._scheduler, self._loop
        if scheduler is not None and loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(act, scheduler)

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except IpcomChatError as error:  # the replica cannot be opened or written
            _LOG.warning("sync ended: %s", error.code)
            self._listener(
                SyncStatus(condition=Condition.ATTENTION, error_code=error.code, error=str(error))
            )
        except Exception as fault:  # noqa: BLE001 - the chat goes on without it
            _LOG.exception("sync met a fault")
            sentence = _("Synchronisation met an unexpected fault; the log has the details.")
            self._listener(
                SyncStatus(
                    condition=Condition.ATTENTION, error_code=type(fault).__name__, error=sentence
                )
            )
        finally:
            self._ready.set()

    async def _run(self) -> None:
        replica = open_replica(self._replica, now_ms=self._clock.now_ms())
        replica.database.meter = self.meter
        replica.database.take_checkpoints()
        primary = primary_of(self._settings)
        try:
            self._scheduler = self._schedule(replica.database, primary)
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            await self._scheduler.run()
        finally:
            await primary.close()
            replica.close()

    def _schedule(self, database: Database, primary: Exchanges) -> Scheduler:
        state = SyncState(database)
        return Scheduler(
            Engine(database, primary, self._identity, self._clock, self._settings.options),
            Rhythm(self._settings.intervals, self._clock),
            lambda: self.users,
            lambda: self._listener(status_of(state, self._settings, self._clock.now_ms())),
        )
