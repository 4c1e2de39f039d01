"""Asks the process that holds the model, and starts it. Loads neither the model nor numpy."""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ipcom_chat.meaning.wire import Likeness, Question, address, received
from ipcom_chat.storage.database import make_folder

if TYPE_CHECKING:
    from subprocess import Popen

ASK_TIMEOUT_S: Final = 0.3
"""A search does not wait longer; words answer it, too."""
KEY_TIMEOUT_S: Final = 0.1
"""Nor does one that follows each key."""
WAIT_TIMEOUT_S: Final = 10.0
STARTS_EVERY_S: Final = 30.0
_POLL_S: Final = 0.05
_DECODER: Final = msgspec.json.Decoder(Likeness)


class Meaning:
    """The search by meaning of one replica.

    Args:
        replica: its file.
        folder: where the vectors and the socket lie.
    """

    def __init__(self, replica: Path, folder: Path) -> None:
        self._replica = replica
        self._folder = folder
        self._process: Popen[bytes] | None = None
        self._next_start_s = 0.0
        self._timeout_s = ASK_TIMEOUT_S
        self._keeps = False

    def keep(self, *, after_s: float = 0.0) -> None:
        """Start the process whenever it is asked and not there, from so many seconds on.

        For programs that live long and search while somebody types.
        """
        self._keeps = True
        self._next_start_s = time.monotonic() + after_s
        self._timeout_s = KEY_TIMEOUT_S

    def foretell(self, text: str, *, limit: int) -> None:
        """Say what `ask` is about to ask, so that it is compared meanwhile; wait for nothing."""
        with suppress(OSError), self._connected(self._timeout_s) as connection:
            connection.sendall(msgspec.json.encode(Question(text=text, limit=limit)))

    def ask(self, text: str, also: Iterable[int] = (), *, limit: int) -> Likeness | None:
        """Return the questions most like a text; None if nothing that knows is running.

        Args:
            text: a question.
            also: rows whose likeness is wanted as well.
            limit: how many of the nearest.
        """
        found = self._told(Question(text=text, also=tuple(also), limit=limit), self._timeout_s)
        if found is None and self._keeps:
            self.wake()
        return found

    def wake(self) -> None:
        """See to it, in the background, that the process runs; does nothing if it was just seen."""
        now = time.monotonic()
        if now >= self._next_start_s:
            self._next_start_s = now + STARTS_EVERY_S
            threading.Thread(target=self.start, name="meaning", daemon=True).start()

    def start(self) -> None:
        """Start the process unless one runs; it ends by itself when nobody needs it."""
        if self._told(Question(), ASK_TIMEOUT_S) is not None:
            return
        if self._process is not None and self._process.poll() is None:
            return  # it is loading
        import subprocess  # noqa: PLC0415 - a search that finds one running starts none

        make_folder(self._folder)
        # -P: the folder that the user stands in holds no part of this program.
        command = (sys.executable, "-P", "-m", "ipcom_chat.meaning.server", str(self._replica),
                   str(self._folder))  # fmt: skip
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )

    def wait(self, progress: Callable[[int], None] = lambda _waiting: None) -> bool:
        """Start the process if need be, and wait until it has read the whole history.

        From then on its answers are waited for, too.

        Args:
            progress: hears how many rows are still to be read.

        Returns:
            False if it ended instead: the model cannot be loaded, or the disk is full.
        """
        self.start()
        self._timeout_s = WAIT_TIMEOUT_S
        while (found := self._told(Question(), self._timeout_s)) is None or found.waiting:
            if found is not None:
                progress(found.waiting)
            elif self._process is not None and self._process.poll():
                return False
            else:
                self.start()  # one that another program had started may have ended
            time.sleep(_POLL_S)
        return True

    def _told(self, question: Question, timeout_s: float) -> Likeness | None:
        try:
            with self._connected(timeout_s) as connection:
                connection.sendall(msgspec.json.encode(question))
                connection.shutdown(socket.SHUT_WR)
                return _DECODER.decode(received(connection))
        except (OSError, msgspec.MsgspecError):  # nobody there, too slow, or it ended meanwhile
            return None

    @contextmanager
    def _connected(self, timeout_s: float) -> Iterator[socket.socket]:
        with (
            address(self._folder) as name,
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
        ):
            connection.settimeout(timeout_s)
            connection.connect(name)
            yield connection
