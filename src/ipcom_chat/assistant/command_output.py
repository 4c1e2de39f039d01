"""What a command prints: kept within a bound for the record, and on its way to the screen.

Bytes in, text out; nothing here runs or waits. Invariants: what is kept never grows beyond twice
its bound; control sequences leave neither way; a character or sequence that a read cut in two is
put together before it is shown.
"""

import codecs
from collections.abc import Callable
from typing import Final

from ipcom_chat.domain.terminal import neutralise

_LONGEST_WAIT_CHARS: Final = 4_096


class KeptOutput:
    """The first and the last bytes of a stream; what lies between is counted and dropped."""

    def __init__(self, limit_bytes: int) -> None:
        self._half = max(limit_bytes // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    @property
    def truncated(self) -> bool:
        """Whether something lay between the first and the last bytes."""
        return self._total > 2 * self._half

    def add(self, data: bytes) -> None:
        """Take in what was read."""
        self._total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room > 0 else data
        if len(self._tail) > 4 * self._half:  # trimmed now and then, not at every chunk
            del self._tail[: -self._half]

    def text(self) -> str:
        """Return what is kept, and how much is left out of its middle."""
        if not self.truncated:
            return _decoded(self._head + self._tail)
        head = self._head[: self._head.rfind(b"\n") + 1] or self._head
        tail = self._tail[-self._half :]
        tail = tail[tail.find(b"\n") + 1 :] or tail
        left_out = self._total - len(head) - len(tail)
        # Numbers and a unit only: the record is read in more than one language.
        return f"{_decoded(head).rstrip()}\n[… {left_out} B …]\n{_decoded(tail)}"


class LiveText:
    """The output on its way to the screen; a sequence cut in two by a read is put together."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""

    def add(self, data: bytes) -> None:
        """Show what is whole of what was read."""
        self._waiting += self._decoder.decode(data)
        end = self._waiting.rfind("\n") + 1
        if not end and len(self._waiting) > _LONGEST_WAIT_CHARS:
            end = len(self._waiting)
        if end:
            text, self._waiting = self._waiting[:end], self._waiting[end:]
            self._show(neutralise(text))

    def end(self) -> None:
        """Show the rest."""
        text, self._waiting = self._waiting + self._decoder.decode(b"", final=True), ""
        if text:
            self._show(neutralise(text))


def _decoded(data: bytes | bytearray) -> str:
    return neutralise(data.decode("utf-8", errors="replace"))
