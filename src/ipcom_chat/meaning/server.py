"""The process that holds the model: reads new questions, and tells how alike others are to one.

    python -P -m ipcom_chat.meaning.server REPLICA FOLDER

One for each replica, by a lock of the kernel; a second one ends at once. It does one thing at a
time: it answers whoever asks, else reads a few more questions, else waits. After a while in which
nobody asked and nothing was new it ends, and so it does when the replica was found damaged or is
to be restored, which only who has it alone can do, or another file stands in its place. It only
ever reads the replica.
"""

import os
import select
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from ipcom_chat.clock import Clock, SystemClock
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.meaning.catch_up import next_changes
from ipcom_chat.meaning.codes import Codes, code, cosines, exact
from ipcom_chat.meaning.encoder import Encoder
from ipcom_chat.meaning.texts import DIMENSION, MODEL, text_hash
from ipcom_chat.meaning.wire import SOCKET, VECTORS, Likeness, Question, address, received
from ipcom_chat.storage.database import make_folder
from ipcom_chat.storage.locks import FILE_MODE, held, is_let_go
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.search_rows import SearchRows
from ipcom_chat.storage.vectors import Vector, Vectors, open_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IDLE_S: Final = 300.0
"""After so long without a question, and nothing new to read, the process ends."""
BATCH: Final = 16
"""So many questions are read at a time, 15 to 40 ms: whoever asks waits no longer."""
SHORTLIST: Final = 4
"""So many times more than are wanted are compared exactly."""
_TICK_S: Final = 1.0
_TALK_S: Final = 1.0
_QUEUE: Final = 64
_NICENESS: Final = 10
_LOCK_NAME: Final = "lock"
"""Whoever holds it has the right to serve."""
_DECODER: Final = msgspec.json.Decoder(Question)


class _Nearest(NamedTuple):
    """A text, and the rows nearest to it by their codes."""

    text: str
    limit: int
    vector: "NDArray[np.float32]"
    rows: Sequence[int]


class Memory:
    """The vectors of a replica, kept up to date, and what is alike among them."""

    def __init__(self, rows: SearchRows, vectors: Vectors, encoder: Encoder) -> None:
        self._rows = rows
        self._vectors = vectors
        self._encoder = encoder
        self._codes = Codes()
        self._codes.add(vectors.codes())
        self._last: _Nearest | None = None
        """What was asked last: whoever asks the same again, for other rows, need not wait."""

    def waiting(self) -> int:
        """Return how many changed rows are not read yet."""
        return self._rows.waiting(self._vectors.mark().watermark, self._rows.counter())

    def read_more(self, limit: int = BATCH) -> bool:
        """Read the next rows, `limit` of them at most; return whether there were any."""
        changes = next_changes(self._rows, self._vectors, limit=limit)
        if changes is None:
            return False
        self._last = None
        made = self._made([(row.seq, row.text or "") for row in changes.fresh])
        self._vectors.put(made, changes.lost, changes.mark)
        self._codes.remove(changes.lost)
        self._codes.add((each.seq, each.code) for each in made)
        return True

    def _made(self, questions: Sequence[tuple[int, str]]) -> list[Vector]:
        if not questions:
            return []
        found = self._encoder.encode([text for _seq, text in questions])
        return [
            Vector(seq, text_hash(text), code(vector), exact(vector))
            for (seq, text), vector in zip(questions, found, strict=True)
        ]

    def likeness(self, question: Question) -> Likeness:
        """Return how alike the nearest questions, and those asked for, are to one."""
        found: list[tuple[int, float]] = []
        if question.text:
            near = self._nearest(question.text, question.limit)
            ranked = cosines(near.vector, self._vectors.exact({*near.rows, *question.also}))
            kept = {seq for seq, _cosine in ranked[: question.limit]} | set(question.also)
            found = [pair for pair in ranked if pair[0] in kept]
        return Likeness(cosines=dict(found), waiting=self.waiting())

    def _nearest(self, text: str, limit: int) -> _Nearest:
        last = self._last
        if last is None or (last.text, last.limit) != (text, limit):
            (vector,) = self._encoder.encode([text])
            rows = self._codes.nearest(vector, SHORTLIST * limit)
            self._last = last = _Nearest(text, limit, vector, rows)
        return last


class Server:
    """Answers on a socket until it is idle.

    Args:
        memory: what it knows.
        listener: the socket; it is not closed here.
        clock: for how long it is idle.
        stands: returns whether the replica is the one that was opened, and is sound.
        idle_s: when to end.
    """

    def __init__(
        self,
        memory: Memory,
        listener: socket.socket,
        clock: Clock,
        *,
        stands: Callable[[], bool] = lambda: True,
        idle_s: float = IDLE_S,
    ) -> None:
        self._memory = memory
        self._listener = listener
        self._clock = clock
        self._stands = stands
        self._idle_ms = idle_s * 1000

    def run(self) -> None:
        """Answer and read until nobody has asked for long, or the replica stands no more.

        Raises:
            StorageError: the replica or the vectors cannot be read or written.
        """
        busy_at = self._clock.monotonic_ms()
        has_more = True
        while self._clock.monotonic_ms() - busy_at < self._idle_ms and self._stands():
            asked = self._answer(0.0 if has_more else _TICK_S)
            has_more = self._memory.read_more()
            if asked or has_more:
                busy_at = self._clock.monotonic_ms()

    def _answer(self, wait_s: float) -> bool:
        """Answer one asker within so many seconds; return whether one was answered."""
        if not select.select([self._listener], [], [], wait_s)[0]:
            return False
        connection, _peer = self._listener.accept()
        # Whoever hangs up, says nothing or talks nonsense gets no answer.
        with connection, suppress(OSError, msgspec.MsgspecError):
            connection.settimeout(_TALK_S)
            question = _DECODER.decode(received(connection))
            connection.sendall(msgspec.json.encode(self._memory.likeness(question)))
            return True
        return False


def serve(
    replica: Path,
    folder: Path,
    *,
    load: Callable[[], Encoder] = Encoder,
    idle_s: float = IDLE_S,
) -> bool:
    """Serve one replica until idle; return False at once if another process does.

    Args:
        replica: its file.
        folder: where the vectors and the socket lie.
        load: loads the model, once the right to serve is had.
        idle_s: when to end.

    Raises:
        StorageError: the replica or the vectors cannot be read or written.
    """
    make_folder(folder)
    clock = SystemClock()
    with held(folder / _LOCK_NAME) as is_mine:
        if is_mine:
            with (
                closing(open_replica(replica, now_ms=clock.now_ms())) as opened,
                closing(open_vectors(folder / VECTORS, MODEL, DIMENSION)) as vectors,
            ):
                rows = SearchRows(opened.database)
                stands = _standing(rows, replica)
                memory = Memory(rows, vectors, load())
                with _listening(folder) as listener:
                    Server(memory, listener, clock, stands=stands, idle_s=idle_s).run()
        return is_mine


def _standing(rows: SearchRows, replica: Path) -> Callable[[], bool]:
    """Return what says whether a replica is still the one that was opened, and is sound."""
    birth = rows.birth()
    return lambda: rows.birth() == birth and not is_let_go(replica)


@contextmanager
def _listening(folder: Path) -> Iterator[socket.socket]:
    path = folder / SOCKET
    path.unlink(missing_ok=True)  # of a process that was killed: the lock is ours
    mask = os.umask(0o777 & ~FILE_MODE)
    try:
        with address(folder) as name, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(name)
            os.umask(mask)
            listener.listen(_QUEUE)
            yield listener
    finally:
        os.umask(mask)
        path.unlink(missing_ok=True)


def main(arguments: Sequence[str]) -> int:
    """Serve the replica that the arguments name; return the exit code."""
    replica, folder = map(Path, arguments)
    with suppress(OSError):
        os.nice(_NICENESS)  # what the user is waiting for comes first
    try:
        serve(replica, folder)
    except (IpcomChatError, OSError, ImportError):  # words go on to answer
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
