"""Takes secrets out of text: what is masked, and nothing of how it comes or where it goes.

`redact` replaces every secret it knows by `[REDACTED:kind]`; the rest of the line stays. It is
best effort: docs/security.md says what it finds.

Invariants:
- Redacting twice changes nothing more.
- A text of n characters costs O(n): a rule is tried only where its literal hint stands.
- Pure; nothing is compiled before a text needs it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

import msgspec

from ipcom_chat.domain.entry import RULES_VERSION
from ipcom_chat.domain.redaction_commands import commands
from ipcom_chat.domain.redaction_drawn import drawn
from ipcom_chat.domain.redaction_inserts import inserts
from ipcom_chat.domain.redaction_keys import blocks
from ipcom_chat.domain.redaction_names import names
from ipcom_chat.domain.redaction_numbers import numbers
from ipcom_chat.domain.redaction_shapes import shapes
from ipcom_chat.domain.redaction_values import MASK_START

__all__ = ["RULES_VERSION", "Redacted", "redact"]

Span = tuple[int, int, str]

_PASSES = 4
_MASK = re.compile(r"\[REDACTED:[a-z-]{1,32}\]")


class Redacted(msgspec.Struct, frozen=True):
    """A text without its secrets."""

    text: str
    kinds: tuple[str, ...] = ()
    """What was masked, in the order of the text."""


def redact(text: str) -> Redacted:
    """Return `text` with every secret that is found replaced by `[REDACTED:kind]`."""
    kinds: list[str] = []
    spans = _spans(text)
    for _pass in range(_PASSES):
        if not spans:
            break
        kinds += [kind for _start, _end, kind in spans]
        text = _masked(text, spans)
        spans = _spans_of_masked(text)
    return Redacted(text, tuple(kinds))


def _spans_of_masked(text: str) -> list[Span]:
    """Return what is still to be masked; only the lines that hold a mask can have changed."""
    lines = list(_masked_lines(text))
    # As one text, because most of what a short one costs is the beginning; an empty line between
    # two keeps them from being read together.
    starts = [0, *accumulate(end - begin + len(_APART) for begin, end in lines)]
    spans = _spans(_APART.join(text[begin:end] for begin, end in lines))
    moves = [begin - start for (begin, _end), start in zip(lines, starts, strict=False)]
    return [
        (start + move, end + move, kind)
        for start, end, kind in spans
        for move in (moves[bisect_right(starts, start) - 1],)
    ]


_APART = "\n\n"


def _masked_lines(text: str) -> Iterator[tuple[int, int]]:
    place = text.find(MASK_START)
    while place >= 0:
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        yield text.rfind("\n", 0, place) + 1, end
        place = text.find(MASK_START, end)


def _masked(text: str, spans: Iterable[Span]) -> str:
    pieces, place = [], 0
    for start, end, kind in spans:
        pieces += [text[place:start], f"[REDACTED:{kind}]"]
        place = end
    return "".join([*pieces, text[place:]])


def _spans(text: str) -> list[Span]:
    """Return what is to be masked: in order, apart from one another, outside of masks."""
    found = sorted(_found(text), key=lambda span: (span[0], -span[1]))
    if not found:
        return []
    masks = [each.span() for each in _MASK.finditer(text)]
    merged: list[Span] = []
    for span in found:
        last = merged[-1] if merged else None
        if last and span[0] < last[1]:
            merged[-1] = (last[0], max(last[1], span[1]), last[2])
        else:
            merged.append(span)
    return list(_outside(text, merged, masks)) if masks else merged


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
    lowered = _lowered(text)
    keys = blocks(text, lowered)
    runs: list[tuple[int, str]] = []
    found = [
        *keys.secrets,
        *shapes(text, lowered, runs),
        *names(text, lowered),
        *commands(text, lowered, runs),
        *numbers(text),
        *inserts(text, lowered),
    ]
    found += drawn(text, keys.public, {start: end for start, end, _kind in found})
    return found


def _lowered(text: str) -> str:
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    # A few letters, such as the Turkish İ, become two; places must stay the same.
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)
