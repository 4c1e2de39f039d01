"""Finds many literals in one look over a text.

A literal that begins with a letter or a digit is found where neither stands before it, any other
wherever it stands: so only what is neither has to be looked at closely, a fifth of a text.

Invariants:
- The text is in lower case, and so are the literals.
- O(n): the pattern looks ahead from one character, over no more than a few.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

_START = "\n"
_LOOKED_AT = 5
"""Characters of a literal that the pattern knows. More of them cost every program that saves a text
the time to compile them; with fewer, ordinary words look like beginnings of literals."""

CROWD = 256
CROWDED_CHARS = 24
NEAR_CHARS = 96
"""How far behind a secret a crowd begins that holds more of them."""


def crowded(places: Sequence[int]) -> dict[int, int]:
    """Return the places that are too many, in order, each with the one behind it.

    Beyond so many in a row, each near to the last, a text was made to take long, or is a list of
    words or of very short secrets: nothing tells more but the last. What is too many is not looked
    at closely; behind a secret it goes as a whole.
    """
    if len(places) <= CROWD:
        return {}
    size, found = 0, {}
    for place, after in pairwise(places):
        size = size + 1 if after - place < CROWDED_CHARS else 0
        if size > CROWD:
            found[place] = after
    return found


class Scan:
    """Literals, ready to be found."""

    def __init__(self, literals: Iterable[str]) -> None:
        known: dict[str, list[tuple[str, int]]] = {}
        # The character before a word is looked for; a literal that does not begin with a word's
        # has it in itself.
        rests = ((each[0 if each[0].isalnum() else 1 :], each) for each in literals)
        beginning: str | None = None
        for rest, literal in sorted(rests):
            if beginning is None or not rest.startswith(beginning):
                beginning = rest[:_LOOKED_AT]
            known.setdefault(beginning, []).append((literal, len(literal) - len(rest)))
        self._known = {beginning: _by_size(each) for beginning, each in known.items()}
        self._whole = {first for first, each in known.items() if each == [(first, 0)]}
        """Literals that the pattern knows as a whole."""
        self._pattern = re.compile(f"[^a-z0-9](?=({_trie(sorted(known))}))")

    def places(self, lowered: str) -> Iterator[tuple[int, str]]:
        """Yield where the literals stand, in order, and which."""
        text = _START + lowered
        for found in self._pattern.finditer(text):
            place, beginning = found.start(), found[1]
            if beginning in self._whole:
                yield place, beginning
                continue
            for size, back, literals in self._known[beginning]:
                start = place + 1 - back
                literal = text[start : start + size]
                if literal in literals:
                    yield place - back, literal


def _by_size(literals: list[tuple[str, int]]) -> tuple[tuple[int, int, frozenset[str]], ...]:
    """Return literals by their size and by whether they hold the character before a word."""
    sizes = sorted({(len(literal), back) for literal, back in literals})
    return tuple(
        (size, back, frozenset(each for each, one in literals if (len(each), one) == (size, back)))
        for size, back in sizes
    )


def _trie(words: list[str]) -> str:
    """Return a pattern of `words`, none the beginning of another, by common beginnings."""
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[0], []).append(word[1:])
    branches = (
        re.escape(first) + (_trie(rest) if rest != [""] else "")
        for first, rest in sorted(by_first.items())
    )
    return f"(?:{'|'.join(branches)})"
