"""Cuts from a question and an answer what is shown of a hit, and says where the words stand."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.search.texts import Highlighter

_CHARS: Final = 160
_SCAN_CHARS: Final = 4_000
_LEAD: Final = 12
_NEAR_START: Final = 40


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of text on one line, and where in it the words stand that were looked for."""

    text: str
    ranges: tuple[tuple[int, int], ...] = ()


def title(command: str, highlighter: Highlighter) -> Marked:
    """Return a question or a command on one line."""
    text = one_line(command)
    return Marked(text=text, ranges=tuple(highlighter.ranges(text[:_SCAN_CHARS])))


def passage(response: str, highlighter: Highlighter) -> Marked | None:
    """Return the piece of an answer that holds most of the words; None if it holds none."""
    text = one_line(response[:_SCAN_CHARS])
    ranges = highlighter.ranges(text)
    if not ranges:
        return None
    start = _best_start(text, ranges)
    end = min(start + _CHARS, len(text))
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    return Marked(
        text=f"{before}{text[start:end]}{after}",
        ranges=tuple(
            (max(left, start) + shift, min(right, end) + shift)
            for left, right in ranges
            if right > start and left < end
        ),
    )


def _best_start(text: str, ranges: Sequence[tuple[int, int]]) -> int:
    """Return where the piece begins that holds most different words that were looked for."""
    best, best_count = 0, 0
    for start, _end in ranges:
        inside = {
            text[left:right].lower()
            for left, right in ranges
            if start <= left and right <= start + _CHARS - 20
        }
        if len(inside) > best_count:
            best, best_count = start, len(inside)
    if best + 20 <= _CHARS and best < _NEAR_START:
        return 0
    blank = text.rfind(" ", 0, max(best - _LEAD, 0))
    return blank + 1
