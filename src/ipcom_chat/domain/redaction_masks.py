"""Puts masks in place of secrets, and tells which lines are to be read again because of them.

A secret that is one plain word of a short line, found by all its finders from the same place to the
same place, leaves a line behind in which every rule reads what it has read before: a word more, at
the place of a word. Any other mask (quotes, blanks or signs are gone, a rule's bound has cut the
word, a line is longer than what rules look back on) can uncover something, and its line is read
again.

Invariant: the name of a mask tells the rules nothing; `unnamed` takes it away.
"""

import re

from ipcom_chat.domain.redaction_values import MASK_START

Span = tuple[int, int, str]

MASK = re.compile(r"\[REDACTED:[a-z-]{1,32}\]")
_NAME = re.compile(r"(?<=\[REDACTED:)[a-z-]{1,32}(?=\])")
_PLAIN = re.compile(r"[\w.+!*^~#%=/-]{1,160}+")
_LINE_CHARS = 160


def unnamed(text: str) -> str:
    """Return a text, place by place, without what its masks are called."""
    return _NAME.sub(lambda name: "x" * len(name[0]), text) if MASK_START in text else text


def lowered(text: str) -> str:
    """Return a text in lower case, place by place."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    # A few letters, such as the Turkish İ, become two; places must stay the same.
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)


def masked(text: str, spans: list[Span], loose: set[int]) -> tuple[str, list[tuple[int, int]]]:
    """Return a text with masks, and where the lines are that are to be read again.

    Args:
        text: all of it.
        spans: what is to be masked, in order, apart from one another.
        loose: where those begin that several readers found differently.
    """
    pieces: list[str] = []
    again: list[int] = []
    place = size = 0
    for start, end, kind in spans:
        mask = f"{MASK_START}{kind}]"
        size += start - place
        if start in loose or not _is_plain(text, start, end):
            again.append(size)
        pieces += (text[place:start], mask)
        size += len(mask)
        place = end
    changed = "".join([*pieces, text[place:]])
    return changed, _lines(changed, again)


def _is_plain(text: str, start: int, end: int) -> bool:
    """Return whether a secret is a word of a short line, of letters, digits and harmless signs."""
    word = _PLAIN.match(text, start)
    if word is None or word.end() != end:
        return False
    begin = text.rfind("\n", max(0, start - _LINE_CHARS - 1), start) + 1
    if not begin and start > _LINE_CHARS:
        return False
    return len(text) - begin <= _LINE_CHARS or text.find("\n", end, begin + _LINE_CHARS + 1) >= 0


def _lines(text: str, places: list[int]) -> list[tuple[int, int]]:
    """Return where the lines are that hold these places, each once."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and place < found[-1][1]:
            continue
        end = text.find("\n", place)
        found.append((text.rfind("\n", 0, place) + 1, end if end >= 0 else len(text)))
    return found
