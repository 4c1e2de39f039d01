"""Checks alerts, and tells of them, while a process lives: what `sync --watch` does beside.

Its thread has its own connection: no exchange waits for a check, a web hook or a command.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from ipcom_chat.clock import Clock
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.services.alerts import AlertService
from ipcom_chat.services.background import Background

EVERY_S: Final = 60.0
JOIN_S: Final = 2.0
"""So long the end waits for a receiver; what was not told is told by the next process."""
_LEAST_S: Final = 1.0
_LOG = logging.getLogger(__name__)


class Alerting(Background):
    """The thread; a receiver that is slow is not waited for at the end.

    Args:
        opened: opens the replica and gives the service, in the thread.
        clock: the time.
        every_s: seconds between two checks.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[AlertService]],
        clock: Clock,
        *,
        every_s: float = EVERY_S,
    ) -> None:
        super().__init__("alerting", join_s=JOIN_S)
        self._opened = opened
        self._clock = clock
        self._every_s = every_s

    def run(self) -> None:
        """See `Background`."""
        try:
            with self._opened() as service:
                while not self.stopping.is_set():
                    self._tell(service)  # first what an earlier process left
                    if not self.stopping.is_set():
                        self._check(service)
        except IpcomChatError as error:
            _LOG.error("alerts are not checked: %s", error.code)

    def _check(self, service: AlertService) -> None:
        try:
            service.check()
        except IpcomChatError as error:
            _LOG.warning("alerts were not checked: %s", error.code)

    def _tell(self, service: AlertService) -> None:
        """Tell what is due until the next check is."""
        end_ms = self._clock.monotonic_ms() + self._every_s * 1000
        while not self.stopping.is_set():
            due = service.deliver(self.stopping.is_set)
            left_s = (end_ms - self._clock.monotonic_ms()) / 1000
            if left_s <= 0:
                return
            wait_s = left_s
            if due is not None:
                wait_s = min(left_s, max(_LEAST_S, (due - self._clock.now_ms()) / 1000))
            self.stopping.wait(wait_s)
