"""Synchronises for as long as it is let: what `sync --watch` runs, as a service of systemd.

Nobody sits before it, so it lets go of the replica where another process wants that for itself, to
compact it or to put a backup in its place, and where it was found damaged; it is opened anew then.

Source: sd_notify(3).
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ipcom_chat import heap
from ipcom_chat.services.background import Background
from ipcom_chat.services.sync import SyncService, SyncStatus
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.locks import is_let_go, is_wanted_alone
from ipcom_chat.sync.scheduler import Scheduler

OBSERVE_S = 1.0
"""How often to look whether another process has changed the replica."""


class Watch:
    """The synchronisation of one replica, in the foreground.

    Args:
        service: synchronises; with a primary.
        database: the connection that the service uses.
        environment: of the process; it says where systemd listens.
        listener: hears the status whenever it may have changed.
        beside: what else works meanwhile, each in a thread of its own: the search index, alerts.
    """

    def __init__(
        self,
        service: SyncService,
        database: Database,
        environment: Mapping[str, str],
        listener: Callable[[SyncStatus], None],
        beside: Sequence[Background] = (),
    ) -> None:
        self._service = service
        self._database = database
        self._notify = Notify(environment)
        self._listener = listener
        self._beside = beside
        self._scheduler: Scheduler | None = None
        self._lets_go = False

    async def run(self, users: Callable[[], Sequence[str]]) -> bool:
        """Synchronise until `stop` is called, or another process wants the replica for itself.

        Args:
            users: returns the users whose own histories are held; asked at each exchange.

        Returns:
            Whether it is to be gone on with, over a replica opened anew.

        Raises:
            SettingsError: no primary is configured.
        """
        primary = self._service.primary()
        self._database.take_checkpoints()
        self._scheduler = self._service.scheduler(primary, users, self._heard)
        observer = asyncio.create_task(self._observe(self._scheduler))
        for each in self._beside:
            each.start()
        try:
            self._notify.send("READY=1")
            await self._scheduler.run()
        finally:
            self._notify.send("STATUS=let go of the history" if self._lets_go else "STOPPING=1")
            for each in self._beside:
                await asyncio.to_thread(each.stop)
            observer.cancel()
            with suppress(asyncio.CancelledError):
                await observer
            await primary.close()
        return self._lets_go

    def stop(self) -> None:
        """End `run` after a last exchange; call it in its event loop."""
        if self._scheduler is not None:
            self._lets_go = False
            self._scheduler.stop()

    async def _observe(self, scheduler: Scheduler) -> None:
        """Nudge when another process commits, and tell systemd that this one is alive."""
        seen, rows = self._database.data_version(), self._database.last_change()
        while True:
            await asyncio.sleep(OBSERVE_S)
            self._notify.send("WATCHDOG=1")
            if is_let_go(self._database.path):
                self._lets_go = True
                scheduler.stop()
                return
            found = self._database.data_version()
            if found == seen:
                continue
            seen, before = found, rows
            rows = self._database.last_change()
            # An exchange of another process that changed no row is only heard of: two watches
            # would wake one another for ever.
            (self._heard if rows == before else scheduler.nudge)()

    def _heard(self) -> None:
        status = self._service.status()
        self._notify.send(f"STATUS={status.condition.value}, {status.unacknowledged} waiting")
        self._listener(status)
        # An exchange may have carried thousands of rows; days may pass until the next that does.
        heap.give_back()


async def wanted_no_more(
    path: Path, environment: Mapping[str, str], stopping: asyncio.Event
) -> None:
    """Wait while another process wants the replica for itself, or until it is to be stopped."""
    notify = Notify(environment)
    while is_wanted_alone(path) and not stopping.is_set():
        notify.send("WATCHDOG=1")
        with suppress(TimeoutError):
            async with asyncio.timeout(OBSERVE_S):
                await stopping.wait()


class Notify:
    """Tells systemd how the service is; does nothing where nobody listens."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")

    def send(self, text: str) -> None:
        """Send one message; a listener that has gone is no reason to end."""
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(os.fsencode(text), address)
