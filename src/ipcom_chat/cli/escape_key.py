"""Hears the ESC key while an answer comes, on a terminal that otherwise hands out whole lines.

Invariant: the terminal has its own settings again whenever the key is not listened to.
"""

import asyncio
import os
import re
import sys
import termios
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_ESC = b"\x1b"
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)")
"""Other keys begin with ESC, too, and go on. Source: ECMA-48, 5.4."""
_READ_BYTES = 1024


class EscapeKey:
    """The key, and what else is typed meanwhile.

    Args:
        pressed: called in the event loop when it was pressed, or the terminal has gone.
    """

    def __init__(self, pressed: Callable[[], object]) -> None:
        self._pressed = pressed
        self._terminal = sys.stdin.fileno()
        self._settings: list[Any] | None = None
        """Those of the terminal, while the key is listened to."""
        self._typed = b""

    @property
    def typed(self) -> str:
        """What was typed meanwhile, on one line: where a line ended, a blank stands."""
        text = " ".join(self._typed.decode(errors="ignore").splitlines())
        return "".join(filter(str.isprintable, text))

    def listen(self) -> None:
        """Begin to hear it; a stdin that is no terminal has no keys."""
        if self._settings is not None:
            return
        with suppress(termios.error):
            self._settings = termios.tcgetattr(self._terminal)
            tty.setcbreak(self._terminal, termios.TCSANOW)
            asyncio.get_running_loop().add_reader(self._terminal, self._read)

    def leave(self) -> None:
        """Hear it no more."""
        settings, self._settings = self._settings, None
        if settings is None:
            return
        asyncio.get_running_loop().remove_reader(self._terminal)
        with suppress(termios.error):
            termios.tcsetattr(self._terminal, termios.TCSANOW, settings)

    def _read(self) -> None:
        try:
            data = os.read(self._terminal, _READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self.leave()  # the terminal has gone: it would be ready for ever
        keys = _SEQUENCE.sub(b"", data)
        self._typed += keys.replace(_ESC, b"")
        if _ESC in keys or not data:
            self._pressed()
