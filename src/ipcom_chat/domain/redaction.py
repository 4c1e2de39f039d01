"""Takes secrets out of text: what is masked, and nothing of how it comes or where it goes.

`redact` replaces every secret it knows by `[REDACTED:kind]`; the rest of the line stays. It is
best effort: docs/security.md says what it finds.

Invariants:
- Redacting twice changes nothing more.
- A text of n characters costs O(n): a rule is tried only where its literal hint stands.
- Pure; nothing is compiled before a text needs it.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

import msgspec

from ipcom_chat.domain.entry import RULES_VERSION
from ipcom_chat.domain.redaction_commands import commands
from ipcom_chat.domain.redaction_drawn import drawn
from ipcom_chat.domain.redaction_inserts import inserts
from ipcom_chat.domain.redaction_keys import blocks
from ipcom_chat.domain.redaction_masks import MASK, lowered, masked, unnamed
from ipcom_chat.domain.redaction_names import names
from ipcom_chat.domain.redaction_numbers import numbers
from ipcom_chat.domain.redaction_shapes import shapes
from ipcom_chat.domain.redaction_values import MASK_START

__all__ = ["RULES_VERSION", "Redacted", "redact"]

Span = tuple[int, int, str]

_PASSES = 4


class Redacted(msgspec.Struct, frozen=True):
    """A text without its secrets."""

    text: str
    kinds: tuple[str, ...] = ()
    """What was masked, in the order of the text."""


def redact(text: str) -> Redacted:
    """Return `text` with every secret that is found replaced by `[REDACTED:kind]`."""
    kinds: list[str] = []
    spans, loose = _spans(text)
    for _pass in range(_PASSES):
        if not spans:
            break
        kinds += [kind for _start, _end, kind in spans]
        text, lines = masked(text, spans, loose)
        spans, loose = _spans_of_lines(text, lines)
    return Redacted(text, tuple(kinds))


def _spans_of_lines(text: str, lines: list[tuple[int, int]]) -> tuple[list[Span], set[int]]:
    """Return what is still to be masked in some lines of a text, as `_spans` does."""
    # As one text, because most of what a short one costs is the beginning; a line of no word
    # between two keeps them from being read together.
    starts = [0, *accumulate(end - begin + len(_APART) for begin, end in lines)]
    spans, _loose = _spans(_APART.join(text[begin:end] for begin, end in lines))
    moves = [begin - start for (begin, _end), start in zip(lines, starts, strict=False)]
    moved = [
        (start + move, end + move, kind)
        for start, end, kind in spans
        for move in (moves[bisect_right(starts, start) - 1],)
    ]
    return moved, {start for start, _end, _kind in moved}


_APART = "\n\0\n"


def _spans(text: str) -> tuple[list[Span], set[int]]:
    """Return what is to be masked: in order, apart from one another, outside of masks.

    With it goes where those begin that several readers found differently.
    """
    found = sorted(_found(text), key=lambda span: (span[0], -span[1]))
    if not found:
        return [], set()
    spans, loose = _merged(found)
    if MASK_START not in text:
        return spans, loose
    masks = [each.span() for each in MASK.finditer(text)]
    spans = list(_outside(text, spans, masks))
    return spans, {start for start, _end, _kind in spans}


def _merged(found: list[Span]) -> tuple[list[Span], set[int]]:
    merged: list[Span] = []
    loose: set[int] = set()
    for span in found:
        last = merged[-1] if merged else None
        if last is None or span[0] >= last[1]:
            merged.append(span)
        elif span[:2] != last[:2]:
            loose.add(last[0])
            merged[-1] = (last[0], max(last[1], span[1]), last[2])
    return merged, loose


def _outside(text: str, spans: list[Span], masks: list[tuple[int, int]]) -> Iterator[Span]:
    """Yield spans that hold more than masks, each with the whole of the masks it touches."""
    index, last = 0, 0
    for begin, stop, kind in spans:
        start, end = max(begin, last), stop
        while index < len(masks) and masks[index][1] <= start:
            index += 1
        bare, at = [], index
        position = start
        while at < len(masks) and masks[at][0] < end:
            bare.append(text[position : masks[at][0]])
            start, end = min(start, masks[at][0]), max(end, masks[at][1])
            position = masks[at][1]
            at += 1
        bare.append(text[position:end])
        if end > start and any(each.isalnum() for piece in bare for each in piece):
            last = end
            yield start, end, kind


def _found(text: str) -> list[Span]:
    text = unnamed(text)
    lower = lowered(text)
    keys = blocks(text, lower)
    runs: list[tuple[int, str]] = []
    found = [
        *keys.secrets,
        *shapes(text, lower, runs),
        *names(text, lower),
        *commands(text, lower, runs),
        *numbers(text, lower),
        *inserts(text, lower),
    ]
    found += drawn(text, keys.public, {start: end for start, end, _kind in found})
    return found
