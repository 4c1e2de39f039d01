r"""Separates what is pasted from what is typed, in the characters that a terminal sends.

Terminals put a paste between `ESC[200~` and `ESC[201~` (bracketed paste). Not all of them remove
these markers, or other control sequences, from the pasted text itself, and a slow line may cut a
marker anywhere. This module holds the rule by which pasted text never becomes a key press:

- Between the markers everything is text.
- After an end marker comes a *tail*, until nothing arrives for `QUIET_S`. The marker may have
  been part of the pasted text (`ESC[201~\rrm -rf ...` in a log), so text in the tail belongs to
  the paste: its line ends are never Enter, its control sequences are dropped. A line end that
  follows the marker alone is dropped. Only a lone ESC and reports of the terminal go through. Once
  the tail held text, `SUSPECT_S` of silence or the true end marker must come first.
- A single key that arrives by itself, such as Enter, waits for `QUIET_S` of silence: if anything
  follows, it was part of the pasted text; else somebody (or a script that pastes and presses
  Enter a millisecond later) pressed it, and it ends the tail. Enter in the same read as the
  marker, where a busy program finds it, waits for `STALL_S`: a line that stalls just there must
  not send. A lone ESC after such an Enter lets both count, in their order: nothing is answered.
  After text in the tail a single key counts at once, if `QUIET_S` went before it.
- An end marker among keys, without a start, says that an earlier one was not the end: what stands
  before it in the same read is text.
- A paste without an end is closed after `UNFINISHED_S` of silence and its text kept. What still
  arrives in bursts is text until a single key comes.
- A marker cut after its ESC byte is joined again, even if ESC was already reported.

Pure: no clock and no input of its own. Text is returned neutralised.

Source: xterm control sequences, "Bracketed Paste Mode".
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Literal

import msgspec

from ipcom_chat.domain.terminal import neutralise

START = "\x1b[200~"
END = "\x1b[201~"
ESC = "\x1b"

ESCAPE_DELAY_S = 0.03
"""How long a lone ESC waits for the rest of a sequence."""
PARTIAL_S = 2.0
"""How long a marker that was cut after `ESC[` waits for its rest; nobody types that."""
LATE_S = 2.0
"""How long after a reported ESC the rest of a start marker is still recognised."""
QUIET_S = 0.1
SUSPECT_S = 0.5
STALL_S = 1.0
"""Longer than a line stalls in the middle of a paste, as a rule."""
UNFINISHED_S = 2.0

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])")
_PARTIAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?")
_REPORT = re.compile(r"\x1b\[(?:[IO]|\?[\d;]*\$y|48;[\d;:]*t|27(?:;1)?u|27;1;27~)")
"""Focus, mode reports, size, and ESC in the kitty protocol: nothing that could submit or click."""


class Keys(msgspec.Struct, frozen=True):
    """Characters for the key parser; never empty."""

    data: str


class SingleKey(msgspec.Struct, frozen=True):
    """A key whose sequence the key parser would take for something else."""

    name: Literal["escape", "alt+enter"]


class Pasted(msgspec.Struct, frozen=True):
    """One paste, neutralised, lines ended by a newline."""

    text: str


Piece = Keys | SingleKey | Pasted


class _State(Enum):
    KEYS = "keys"
    BODY = "body"
    TAIL = "tail"


class PasteSplitter:
    """Cuts a stream of characters, in whatever portions it arrives, into keys and pastes.

    Args:
        escape_delay_s: how long a lone ESC waits for the rest of a sequence.
    """

    def __init__(self, escape_delay_s: float = ESCAPE_DELAY_S) -> None:
        self._escape_delay_s = escape_delay_s
        self._state = _State.KEYS
        self._held = ""
        """The end of the last portion, which may be the start of a marker or sequence."""
        self._text: list[str] = []
        self._suspect = False
        self._stalled = False
        self._key = ""
        """A single key that came right after a paste; it counts if nothing follows."""
        self._key_wait_s = QUIET_S
        self._late = False
        """A lone ESC was reported a moment ago; the rest of a marker may still follow."""
        self._fed_at_s = 0.0
        self._pieces: list[Piece] = []

    @property
    def is_waiting(self) -> bool:
        """Whether time alone may bring something to light, so that `tick` should come soon."""
        in_tail = self._state is _State.TAIL and not self._stalled
        return bool(self._held) or in_tail

    def feed(self, data: str, now_s: float) -> list[Piece]:
        """Take one portion of the stream.

        Args:
            data: decoded characters, as one read returned them.
            now_s: a monotonic clock.
        """
        pieces = self.tick(now_s)
        if not data:
            return pieces
        rest = self._wake(data, now_s - self._fed_at_s)
        self._fed_at_s = now_s
        rest, self._held = self._held + rest, ""
        while rest:
            rest = self._step(rest)
        return pieces + self._taken()

    def tick(self, now_s: float) -> list[Piece]:
        """Return what has become clear because nothing more came."""
        idle_s = now_s - self._fed_at_s
        if self._state is _State.BODY:
            self._tick_body(idle_s)
        else:
            self._tick_held(idle_s)
        if self._state is _State.TAIL:
            self._tick_tail(idle_s)
        return self._taken()

    def _taken(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _step(self, data: str) -> str:
        steps: dict[_State, Callable[[str], str]] = {
            _State.KEYS: self._keys,
            _State.BODY: self._body,
            _State.TAIL: self._tail,
        }
        return steps[self._state](data)

    def _wake(self, data: str, idle_s: float) -> str:
        """Look whether a portion is one key that somebody pressed; return what is left of it."""
        self._late = self._late and idle_s <= LATE_S
        if self._key and data != ESC:
            self._tail_text(self._key if self._key == "\r" else "")
            self._key = ""
        if self._state is not _State.TAIL or self._held:
            return data
        if data == "\r" + ESC and not self._suspect and not self._stalled:
            self._key, self._key_wait_s = "\r", QUIET_S
            return ESC
        is_single = len(data) == 1 or _SEQUENCE.fullmatch(data) is not None
        if not is_single or data == ESC or _REPORT.fullmatch(data):
            return data
        if self._suspect or self._stalled:
            return self._wake_late(data, idle_s)
        if data.isprintable():
            return data
        self._key, self._key_wait_s = data, QUIET_S
        return ""

    def _wake_late(self, data: str, idle_s: float) -> str:
        if idle_s >= QUIET_S:
            self._flush_tail()
            self._state, self._suspect, self._stalled = _State.KEYS, False, False
        return data

    # Typed keys.

    def _keys(self, data: str) -> str:
        if self._late:
            whole = ESC + data
            if START.startswith(whole) or END.startswith(whole):
                self._held = data
                return ""
            self._late = False
            if whole.startswith((START, END)):
                self._state = _State.BODY if whole.startswith(START) else _State.TAIL
                return data[len(START) - 1 :]
        before, marker, rest = data.partition(START)
        if END in before:
            return self._end_late(data)
        if marker:
            self._typed(before)
            return self._begin(rest)
        length = _overlap(data, START)
        self._typed(data[: len(data) - length])
        self._held = data[len(data) - length :]
        return ""

    def _begin(self, rest: str) -> str:
        self._state = _State.BODY
        return rest

    def _end_late(self, data: str) -> str:
        """Take what stands before the end marker as text: the marker before it was pasted."""
        text, _, rest = data.partition(END)
        self._text.append(text)
        self._flush_tail()
        self._state = _State.TAIL
        return rest

    def _typed(self, data: str) -> None:
        """Emit keys; ESC CR is Alt-Enter, and an ESC that nothing follows stands for itself."""
        portions = data.split(ESC + "\r")
        for number, portion in enumerate(portions):
            if number:
                self._pieces.append(SingleKey("alt+enter"))
            keys = portion.removesuffix(ESC)
            if keys:
                self._pieces.append(Keys(keys))
            if keys != portion:
                self._pieces.append(SingleKey("escape"))

    # Pasted text.

    def _body(self, data: str) -> str:
        body, marker, rest = data.partition(END)
        if marker:
            self._text.append(body)
            self._flush()
            self._state, self._suspect, self._stalled = _State.TAIL, False, False
            return rest
        length = _overlap(data, END)
        self._text.append(data[: len(data) - length])
        self._held = data[len(data) - length :]
        return ""

    def _flush(self) -> None:
        text, self._text = neutralise("".join(self._text)), []
        if text:
            self._pieces.append(Pasted(text))

    # What follows the end of a paste.

    def _tail(self, data: str) -> str:
        if self._late:
            self._late = False
            if (ESC + data).startswith(END):
                return data[len(END) - 1 :]
        text, escape, _ = data.partition(ESC)
        if data == "\r" and not self._text and not self._suspect:
            self._key, self._key_wait_s = data, STALL_S
            return ""
        self._tail_text(text)
        rest = data[len(text) :]
        if not escape or _PARTIAL.fullmatch(rest):
            self._held = rest
            return ""
        if rest.startswith(START):
            self._flush_tail()
            return self._begin(rest[len(START) :])
        if rest.startswith(END):
            self._suspect = self._stalled = False
            return rest[len(END) :]
        return self._tail_sequence(rest)

    def _tail_text(self, text: str) -> None:
        self._text.append(text)
        self._suspect = self._suspect or bool(text.strip("\r\n"))

    def _tail_sequence(self, rest: str) -> str:
        sequence = _SEQUENCE.match(rest)
        if sequence is None:
            return rest[1:]
        if _REPORT.fullmatch(sequence.group()):
            self._flush_tail()
            self._pieces.append(Keys(sequence.group()))
        return rest[sequence.end() :]

    def _flush_tail(self) -> None:
        if not "".join(self._text).strip("\r\n"):
            self._text.clear()
        self._flush()

    # Time.

    def _tick_held(self, idle_s: float) -> None:
        wait_s = self._escape_delay_s if self._held == ESC else PARTIAL_S
        if not self._held or idle_s < wait_s:
            return
        held, self._held = self._held, ""
        if held == ESC:
            self._flush_tail()
            self._release_key()
            self._pieces.append(SingleKey("escape"))
            self._late = True
        elif self._state is _State.KEYS:
            self._late = False
            self._pieces.append(Keys(held))

    def _tick_body(self, idle_s: float) -> None:
        if idle_s < UNFINISHED_S:
            return
        self._held = ""
        self._flush()
        self._state, self._stalled = _State.TAIL, True

    def _tick_tail(self, idle_s: float) -> None:
        if self._held or idle_s < QUIET_S:
            return
        self._flush_tail()
        limit_s = SUSPECT_S if self._suspect else self._key_wait_s if self._key else QUIET_S
        if not self._stalled and idle_s >= limit_s:
            self._state, self._suspect = _State.KEYS, False
            self._release_key()

    def _release_key(self) -> None:
        """Let the key that came right after a paste count."""
        if self._key:
            self._pieces.append(Keys(self._key))
            self._key, self._state = "", _State.KEYS


def _overlap(data: str, marker: str) -> int:
    """Return the length of the longest end of `data` that begins `marker`."""
    for length in range(min(len(marker) - 1, len(data)), 0, -1):
        if marker.startswith(data[-length:]):
            return length
    return 0
