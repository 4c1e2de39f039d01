"""Lets a signal end a wait for a key that has begun already.

Whatever reads a line looks for signals and then waits. One that comes between the two, or that the
kernel hands to another thread, is noted and wakes nobody until the next key. Here its number also
comes through a pipe, and a thread that reads it interrupts the wait, again and again until the
main thread has looked once more.

Invariants: what a signal means is said by the handler that it had; that runs once for each, while
the wait goes on or right behind it, and none is lost.

Source: Python, `signal.set_wakeup_fd`; signal(7), "Interruption of system calls and library
functions by signal handlers".
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

AGAIN_S = 0.02
"""An interruption can fall between the look and the wait, too: so soon comes the next one."""
_NUDGE = signal.SIGURG
"""Interrupts. Where nobody handles it, it is ignored; its number is higher than those of the
signals that it makes heard, so it is handled after them."""
_READ_BYTES = 64

Handler = Callable[[int, FrameType | None], object]


class Wakeup:
    """The pipe and the thread. Make and close it in the main thread.

    Args:
        numbers: the signals that are to be heard.
    """

    def __init__(self, numbers: Collection[int]) -> None:
        self._numbers = frozenset(numbers)
        self._main = threading.get_ident()
        self._noted: list[Callable[[], object]] = []
        """What the signals that came want to be done."""
        self._is_heard = False
        self._before = signal.signal(_NUDGE, self._hear)
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._thread = threading.Thread(target=self._run, name="wakeup", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let the signals be heard however the main thread waits meanwhile."""
        before = {number: signal.getsignal(number) for number in self._numbers}
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, self._noting(handler))
        fd = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(fd)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._obey()

    def close(self) -> None:
        """End the thread."""
        os.close(self._writing)
        self._thread.join()
        os.close(self._reading)
        signal.signal(_NUDGE, self._before)

    # In the main thread.

    def _noting(self, handler: Handler) -> Handler:
        """Return what notes a signal for `_hear`.

        A handler that raises ends the wait at once, but if another signal is to be handled just
        then, Python takes what that handler returns for a fault.
        """

        def note(number: int, frame: FrameType | None) -> None:
            self._noted.append(lambda: handler(number, frame))

        return note

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self._is_heard = True
        self._obey()

    def _obey(self) -> None:
        while self._noted:
            self._noted.pop(0)()

    # In the thread.

    def _run(self) -> None:
        while numbers := os.read(self._reading, _READ_BYTES):
            if not self._numbers.isdisjoint(numbers):
                self._interrupt()

    def _interrupt(self) -> None:
        self._is_heard = False
        while not self._is_heard:
            signal.pthread_kill(self._main, _NUDGE)
            time.sleep(AGAIN_S)
