"""Writes to the terminal without ever waiting for it.

Textual's writer lets the program wait when thirty frames are queued: on a slow line ESC is then
obeyed seconds later, and when the terminal goes away in that moment the program hangs for ever.
Here writing only queues; whoever paints looks at `is_behind` and leaves frames out.
"""

import os
import select
import threading
from collections import deque

BEHIND_BYTES = 2_000
"""So much may wait for the terminal before frames are left out."""
PORTION_BYTES = 1_024
CLOSE_LIMIT_S = 2.0
"""How long a terminal that does not take anything may hold up the end."""
_ABORT = b"\x18\x1b[0m\x1b[?2026l"
"""Ends a sequence that was cut off, colours, and a frame that was held back."""


class TerminalWriter:
    """A thread that writes what it is given, in order.

    Args:
        fileno: the terminal.
        encoding: of the terminal; what it does not have becomes a question mark.
    """

    def __init__(self, fileno: int, encoding: str) -> None:
        self._fileno = fileno
        self._encoding = encoding
        self._queue: deque[memoryview] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._is_gone = False
        self._thread = threading.Thread(target=self._run, name="terminal-output", daemon=True)
        self._thread.start()

    @property
    def is_behind(self) -> bool:
        """Whether the terminal is slower than what is painted."""
        return self._waiting_bytes > BEHIND_BYTES

    def write(self, text: str) -> None:
        """Queue text; nothing happens once the terminal is gone."""
        data = text.encode(self._encoding, "replace")
        with self._changed:
            if not self._is_gone:
                self._put(data)

    def drop(self) -> None:
        """Forget what waits, if the terminal is behind: something more urgent comes."""
        with self._changed:
            if self.is_behind:
                self._queue.clear()
                self._waiting_bytes = 0
                self._put(_ABORT)

    def close(self) -> None:
        """Write what waits, for `CLOSE_LIMIT_S` at most."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(CLOSE_LIMIT_S)

    def _put(self, data: bytes) -> None:
        self._queue.append(memoryview(data))
        self._waiting_bytes += len(data)
        self._changed.notify()

    def _run(self) -> None:
        try:
            while data := self._next():
                self._write(data)
        except OSError:  # the other side of the terminal was closed
            with self._changed:
                self._is_gone = True
                self._queue.clear()
                self._waiting_bytes = 0

    def _next(self) -> memoryview | None:
        """Wait for the next portion; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closed)
            if not self._queue:
                return None
            data = self._queue.popleft()
            portion, rest = data[:PORTION_BYTES], data[PORTION_BYTES:]
            if rest:
                self._queue.appendleft(rest)
            return portion

    def _write(self, portion: memoryview) -> None:
        view = portion
        while view:
            try:
                view = view[os.write(self._fileno, view) :]
            except BlockingIOError:  # somebody has made the terminal non-blocking
                select.select([], [self._fileno], [])
        with self._changed:
            self._waiting_bytes = max(0, self._waiting_bytes - len(portion))
