"""Counts the history ahead while a process lives, so that nobody who looks at it waits for that.

Its thread has its own connection: neither a save nor a look waits for it. It takes the checkpoints
that its counts make off the others.
"""

import logging
from pathlib import Path
from typing import Final

from ipcom_chat.clock import Clock
from ipcom_chat.errors import IpcomChatError, StorageError
from ipcom_chat.services.background import Background
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.usage import Usage

EVERY_S: Final = 2.0
"""How often to look whether something has changed."""
SHARE_S: Final = 0.25
"""So long is counted before it is asked whether to stop."""

_LOG = logging.getLogger(__name__)


def caught_up(usage: Usage, *, limit_s: float | None) -> bool:
    """Let be counted what changed; return whether all of it was.

    A disk that is full, or others that write for long, are no reason to show nothing: what is
    counted already stays, and is shown.

    Args:
        usage: the counts.
        limit_s: see `Usage.catch_up`.
    """
    try:
        return usage.catch_up(limit_s=limit_s)
    except StorageError as error:
        _LOG.warning("entries were not counted: %s", error.code)
        return False


class Counting(Background):
    """The thread; it ends within moments, what is left is for the next one.

    Args:
        replica: the file.
        clock: for the opening of the replica.
        every_s: seconds between two looks.
    """

    def __init__(self, replica: Path, clock: Clock, *, every_s: float = EVERY_S) -> None:
        super().__init__("counting")
        self._replica = replica
        self._clock = clock
        self._every_s = every_s

    def run(self) -> None:
        """See `Background`."""
        try:
            replica = open_replica(self._replica, now_ms=self._clock.now_ms())
        except IpcomChatError as error:
            _LOG.warning("entries are not counted ahead: %s", error.code)
            return
        try:
            replica.database.take_checkpoints()
            usage = Usage(replica.database)
            while not self.stopping.is_set():
                self._count(usage)
                self.stopping.wait(self._every_s)
        finally:
            replica.close()

    def _count(self, usage: Usage) -> None:
        try:
            while not usage.catch_up(limit_s=SHARE_S) and not self.stopping.is_set():
                pass
        except StorageError as error:  # a full disk, or others that write for long
            _LOG.warning("entries were not counted: %s", error.code)
