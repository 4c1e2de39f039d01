"""A bare pseudo terminal: bytes reach the program in exactly the portions that a test sends."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Self


class RawPty:
    """One command on a pseudo terminal whose output is collected.

    Args:
        command: the program and its arguments.
        env: its whole environment; `TERM` is added.
        cwd: the folder to start in.
    """

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: str | None = None
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"TERM": "xterm-256color", "LANG": "C.UTF-8", **env},
            cwd=cwd,
            start_new_session=True,
        )
        os.close(slave)
        self.output = b""
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.hang_up()
        self.process.kill()
        self.process.wait()

    def send(self, data: bytes) -> None:
        """Send bytes at once."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._master, view) :]

    def wait_for(self, text: str, timeout_s: float = 15.0, *, times: int = 1) -> None:
        """Wait until the program has written `text`, so many times in all.

        Raises:
            AssertionError: it did not.
        """
        deadline_s = time.monotonic() + timeout_s
        while self.output.count(text.encode()) < times:
            if time.monotonic() > deadline_s:
                raise AssertionError(f"{text!r} was not written: {self.output[-2_000:]!r}")
            time.sleep(0.02)

    def local_modes(self) -> int:
        """Return whether lines are edited, echoed and so on; see termios(3), `c_lflag`."""
        modes: int = termios.tcgetattr(self._master)[3]
        return modes

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        if not self._stop.is_set():
            self._stop.set()
            self._reader.join()
            os.close(self._master)

    def _drain(self) -> None:
        while not self._stop.is_set():
            if select.select([self._master], [], [], 0.05)[0]:
                try:
                    self.output += os.read(self._master, 65_536)
                except OSError:  # the program has closed its side
                    return
