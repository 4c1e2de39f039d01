"""Writes what a process measures of itself into its replica, now and then and at the end.

Invariants: no save pays for it, neither with a transaction of its own nor with a wait longer than
a moment: the thread has its own connection, and its commits need not survive a power cut. What
cannot be written now is written the next time; a process that is killed loses its last seconds.
"""

import logging
from pathlib import Path

from ipcom_chat.clock import Clock
from ipcom_chat.errors import IpcomChatError, StorageError
from ipcom_chat.services.background import Background
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.measures import Measures
from ipcom_chat.storage.meter import Meter
from ipcom_chat.storage.replica import open_replica

EVERY_S = 5.0
_PATIENCE_S = 0.25

_LOG = logging.getLogger(__name__)


class Measuring(Background):
    """The thread; what it has not written when it is stopped stays in the meter.

    Args:
        replica: the file.
        meter: that of this process.
        clock: the time.
        every_s: seconds between two transactions.
    """

    def __init__(
        self, replica: Path, meter: Meter, clock: Clock, *, every_s: float = EVERY_S
    ) -> None:
        super().__init__("measuring")
        self._replica = replica
        self._meter = meter
        self._clock = clock
        self._every_s = every_s

    def run(self) -> None:
        """See `Background`."""
        # What lives for less than that, or measures nothing, needs no connection.
        while not self.stopping.wait(self._every_s):
            if not self._meter.is_empty:
                self._keep_writing()
                return

    def _keep_writing(self) -> None:
        try:
            replica = open_replica(self._replica, now_ms=self._clock.now_ms())
        except IpcomChatError as error:
            _LOG.warning("measurements are not written: %s", error.code)
            return
        try:
            write_measured(replica.database, self._meter, self._clock)
            while not self.stopping.wait(self._every_s):
                write_measured(replica.database, self._meter, self._clock)
        finally:
            replica.close()


def write_measured(database: Database, meter: Meter, clock: Clock) -> bool:
    """Write what was measured; return False, and keep it, if that cannot be done now."""
    if meter.is_empty:
        return True
    measured = meter.drain()
    try:
        with database.hurried(_PATIENCE_S):
            Measures(database).add(measured, now_ms=clock.now_ms())
    except StorageError as error:
        _LOG.info("measurements were not written: %s", error.code)
        meter.restore(measured)
        return False
    return True
