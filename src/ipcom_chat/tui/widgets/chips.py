"""Long pastes as one short chip in the text, `[Pasted 12 lines]`.

A chip in the document is its label between two characters that nobody can type: the first, from
a private plane of Unicode, says which chip it is; the second closes it. They are taken out of
everything that is typed, pasted or recalled, so what looks like a chip but was typed is just
text. The bodies are kept as long as the prompt lives, so undo brings a chip back whole.
"""

import re

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.i18n import n_

LONG_LINES = 5
LONG_CHARS = 1_000

_FIRST, _LAST, _CLOSE = 0xF0000, 0xFFFFD, "\ufdd1"
_CHIP = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}][^{_CLOSE}\n]*{_CLOSE}")
_MARKS = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}{_CLOSE}]")


def cleaned(text: str) -> str:
    """Return text that may enter the document: neutralised, and without the marks of chips."""
    return _MARKS.sub("", neutralise(text))


def is_long(text: str) -> bool:
    """Return whether a paste is shown as a chip."""
    return len(text) > LONG_CHARS or text.rstrip("\n").count("\n") >= LONG_LINES


def spans(line: str) -> list[tuple[int, int]]:
    """Return where chips start and end in a line of the document."""
    if line.isascii():
        return []
    return [match.span() for match in _CHIP.finditer(line)]


def shown(line: str) -> str:
    """Return a line of the document as it is displayed, of the same length."""
    if line.isascii():
        return line
    return _CHIP.sub(lambda match: f"[{match.group()[1:-1]}]", line)


class Chips:
    """The bodies of the chips of one prompt."""

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}

    def add(self, body: str) -> str:
        """Keep a body, cleaned; return the chip to put into the document."""
        mark = chr(_FIRST + len(self._bodies) % (_LAST - _FIRST))
        self._bodies[mark] = body
        lines = body.rstrip("\n").count("\n") + 1
        label = n_("Pasted {count} line", "Pasted {count} lines", lines)
        return f"{mark}{label}{_CLOSE}"

    def expand(self, text: str) -> str:
        """Return `text` with every chip replaced by its body."""
        return _MARKS.sub("", _CHIP.sub(lambda match: self._bodies.get(match.group()[0], ""), text))
