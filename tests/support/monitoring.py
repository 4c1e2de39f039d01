"""Snapshots and replicas with something to be seen, for the tests of monitoring."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ipcom_chat.clock import HOUR_MS
from ipcom_chat.domain.entry import Scope
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.monitoring import Here, MonitoringService, Snapshot, View
from ipcom_chat.services.people import MachineService
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Heartbeats, Machines, Users
from tests.support.replica import MACHINE, NOW_MS, REPLICA, StepClock, opened

NOON = NOW_MS // HOUR_MS * HOUR_MS
EVERYTHING = Scope(mode=None, machine_id=MACHINE)
OFF = SyncStatus(condition=Condition.OFF)


class Seen:
    """A replica and what looks at it."""

    def __init__(self, database: Database, clock: StepClock, sync: SyncStatus) -> None:
        self.database, self.clock, self.sync = database, clock, sync
        self.entries = Entries(database)
        machines = Machines(database)
        self.machines = MachineService(machines, Heartbeats(database), MACHINE, clock)
        history = HistoryService(self.entries, Users(database), machines, clock)
        here = Here(
            hostname="host", version="1.0", machine_id=MACHINE, replica_id=REPLICA,
            replica=database.path, search=database.path.parent / "search",
            meaning=database.path.parent / "meaning",
        )  # fmt: skip
        self.service = MonitoringService(
            database, history, self.machines, lambda: self.sync, lambda: here, clock
        )

    def look(self, **changes: Any) -> Snapshot:
        """Return what is seen."""
        view = msgspec.structs.replace(View(scope=EVERYTHING), **changes)
        return self.service.snapshot(view, count_s=None)


@contextmanager
def seen(folder: Path, sync: SyncStatus = OFF) -> Iterator[Seen]:
    """Give an empty replica and what looks at it, half an hour after a full hour."""
    with opened(folder / "history.db") as database:
        yield Seen(database, StepClock(NOON + HOUR_MS // 2), sync)
