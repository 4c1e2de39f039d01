"""Folds letters for comparison: no case, no accents, the same length. Pure.

Invariant: a place in the folded text is the same place in the original.
"""

import unicodedata
from typing import Final


class _Folding(dict[int, int]):
    """Maps a character to its base letter, lower case; filled as characters are met."""

    def __missing__(self, code: int) -> int:
        base = unicodedata.normalize("NFKD", chr(code))[0].lower()
        self[code] = folded = ord(base) if len(base) == 1 else code
        return folded


_FOLDING: Final = _Folding()


def fold(text: str) -> str:
    """Return the text of the same length without accents and upper case."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)
