"""Lets a signal end a wait for a key that has begun already.

Whatever reads a line looks for signals and then waits. One that comes between the two, or that the
kernel hands to another thread, is noted and wakes nobody until the next key. Here its number also
comes through a pipe, and a thread that reads it interrupts the wait, again and again until the
main thread has looked once more.

Invariant: an interruption does nothing but let the main thread look: what a signal means is said
by its own handler.

Source: Python, `signal.set_wakeup_fd`; signal(7), "Interruption of system calls and library
functions by signal handlers".
"""

import os
import signal
import threading
import time
from collections.abc import Collection
from types import FrameType
from typing import Self

AGAIN_S = 0.02
"""An interruption can fall between the look and the wait, too: so soon comes the next one."""
_NUDGE = signal.SIGURG
"""Interrupts. Where nobody handles it, it is ignored; and its number is higher than those it makes
heard, so that they are handled before it is."""
_READ_BYTES = 64


class Wakeup:
    """The pipe and the thread. Make and close it in the main thread.

    Args:
        numbers: the signals that are to be heard.
    """

    def __init__(self, numbers: Collection[int]) -> None:
        self._numbers = frozenset(numbers)
        self._main = threading.get_ident()
        self._is_heard = False
        self._before = signal.signal(_NUDGE, self._heard)
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._thread = threading.Thread(target=self._run, name="wakeup", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def watch(self) -> None:
        """Watch from now on, until an event loop hears signals by itself."""
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)

    def close(self) -> None:
        """Watch no longer."""
        signal.set_wakeup_fd(-1)
        os.close(self._writing)
        self._thread.join()
        os.close(self._reading)
        signal.signal(_NUDGE, self._before)

    def _run(self) -> None:
        while numbers := os.read(self._reading, _READ_BYTES):
            if not self._numbers.isdisjoint(numbers):
                self._interrupt()

    def _interrupt(self) -> None:
        self._is_heard = False
        while not self._is_heard:
            signal.pthread_kill(self._main, _NUDGE)
            time.sleep(AGAIN_S)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self._is_heard = True
