"""Textual's driver for Linux terminals, mended so that a paste never becomes key presses.

Textual's own parser goes on looking for key sequences inside a paste: an ESC byte in the pasted
text becomes key presses, Enter included, and an end marker that is cut by a slow line leaves the
keyboard dead. Here `PasteSplitter` takes the pastes out first; only what was typed reaches
Textual's key parser. Besides, a lone ESC is reported after `ESCAPE_DELAY_S` instead of 104 ms,
and a terminal that goes away ends the program instead of spinning.

The program runs full-screen only. Textual's inline mode has an input thread of its own, which
this driver does not mend: never call `App.run(inline=True)`.
"""

import errno
import os
import selectors
import sys
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from textual import constants, events, messages
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from ipcom_chat.tui.paste import ESCAPE_DELAY_S, Keys, Pasted, PasteSplitter, Piece
from ipcom_chat.tui.terminal_writer import TerminalWriter

if TYPE_CHECKING:
    from textual.app import App

READ_BYTES = 65_536
IDLE_WAIT_S = 0.1
PENDING_WAIT_S = 0.01
_TEXTUAL_DEFAULT_ESCAPE_S = 0.1


def escape_delay_s() -> float:
    """Return ncurses' `ESCDELAY` where the user has set it, else a short wait."""
    asked = constants.ESCAPE_DELAY
    return ESCAPE_DELAY_S if asked == _TEXTUAL_DEFAULT_ESCAPE_S else asked


class PasteSafeParser(XTermParser):
    """Turns what the terminal sends into events; a paste is always exactly one `Paste` event.

    Args:
        debug: as in `XTermParser`.
        clock: monotonic seconds; tests bring their own.
    """

    def __init__(self, debug: bool = False, clock: Callable[[], float] = time.monotonic) -> None:  # noqa: FBT001, FBT002 - Textual's signature
        self._splitter = PasteSplitter(escape_delay_s())
        self._clock = clock
        super().__init__(debug)

    @property
    def wait_s(self) -> float:
        """How long to wait for input before `tick` is due."""
        pending = self._splitter.is_waiting or self._timeout_time is not None
        return PENDING_WAIT_S if pending else IDLE_WAIT_S

    def feed(self, data: str) -> Iterable[Message]:
        """Yield the events of one portion of input; an empty one ends the stream."""
        if not data:
            yield from super().feed(data)
            return
        yield from self._events(self._splitter.feed(data, self._clock()))

    def tick(self) -> Iterable[Message]:
        """Yield the events that became clear because nothing more came."""
        yield from self._events(self._splitter.tick(self._clock()))
        yield from super().tick()

    def _events(self, pieces: Iterable[Piece]) -> Iterator[Message]:
        for piece in pieces:
            if isinstance(piece, Keys):
                yield from super().feed(piece.data)
            elif isinstance(piece, Pasted):
                yield events.Paste(piece.text)
            elif piece.name == "escape":
                yield from self._lone_escape()
            else:
                yield events.Key("alt+enter", None)

    def _lone_escape(self) -> Iterator[Message]:
        """Report ESC at once: the key parser's own wait is over already."""
        yield from super().feed("\x1b")
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from super().tick()


class RobustLinuxDriver(LinuxDriver):
    """The driver to pass as `App(driver_class=RobustLinuxDriver)`.

    It draws on stdout, where people expect it: Textual's own draws on stderr, so that
    `ipcom-chat 2>file` would show nothing. It never waits for the terminal (see `terminal_writer`).
    """

    def __init__(
        self,
        app: "App[Any]",
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if sys.__stdout__ is not None:
            self._file = sys.__stdout__
        self._output: TerminalWriter | None = None
        self._is_lent = False
        """Whether another program has the terminal; nothing is drawn on it meanwhile."""

    @property
    def is_behind(self) -> bool:
        """Whether the terminal is slower than what is painted."""
        return self._output is not None and self._output.is_behind

    def write(self, data: str) -> None:
        """Queue what the terminal shall show."""
        if self._is_lent:
            return
        if self._output is None and self._file is not None:
            self._output = TerminalWriter(self._file.fileno(), self._file.encoding)
        if self._output is not None:
            self._output.write(data)

    def stop_application_mode(self) -> None:
        """Give the terminal back; what was painted and not yet sent is no longer wanted."""
        if self._output is not None:
            self._output.drop()
        super().stop_application_mode()

    def suspend_application_mode(self) -> None:
        """Give the terminal to another program; what is drawn from now on is lost."""
        super().suspend_application_mode()
        self._is_lent = True

    def resume_application_mode(self) -> None:
        """Take the terminal back."""
        self._is_lent = False
        super().resume_application_mode()

    def close(self) -> None:
        """Send what waits, but do not wait for a terminal that takes nothing."""
        super().close()
        if self._output is not None:
            self._output.close()
            self._output = None

    def run_input_thread(self) -> None:
        """Read the terminal until the program ends or the terminal is gone."""
        parser = PasteSafeParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(parser.wait_s):
                    data = self._read()
                    if not data:
                        self.send_message(messages.ExitApp())
                        break
                    if text := decode(data):  # empty when a character was cut in two
                        self._process(parser.feed(text))
                self._process(parser.tick())

    def _process(self, found: Iterable[Message]) -> None:
        for message in found:
            self.process_message(message)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, READ_BYTES)
        except OSError as error:
            if error.errno == errno.EIO:  # the other side of the terminal was closed
                return b""
            raise
