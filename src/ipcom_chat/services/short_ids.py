"""Short ids: what people type and read in the place of a whole id.

A short id is how the random tail of an id begins; it is as long as it takes to mean only one of
those that the replica holds.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from ipcom_chat.ids import SHORT_ID_MIN, TAIL_LENGTH, short_id

AMBIGUOUS_MAX = 5
"""So many ids are told at most where a short one means several."""

_HEX = re.compile(r"[0-9a-f]{4,12}")
_UUID = re.compile(r"[0-9a-f-]{36}")

Id = TypeVar("Id", bound=str)
IdsWithTail = Callable[[str, int], Sequence[Id]]
"""Returns up to so many ids whose tail begins with some hexadecimal digits."""


def shortest(whole: Id, ids_with_tail: IdsWithTail[Id]) -> str:
    """Return the shortest id, of six digits or more, that means only this one."""
    for length in range(SHORT_ID_MIN, TAIL_LENGTH):
        prefix = short_id(whole, length)
        if len(ids_with_tail(prefix, 2)) < 2:
            return prefix
    return short_id(whole, TAIL_LENGTH)


def is_short(text: str) -> bool:
    """Return whether a text, in lower case, can be a short id."""
    return _HEX.fullmatch(text) is not None


def meant(text: str, ids_with_tail: IdsWithTail[Id]) -> Sequence[Id]:
    """Return the ids that a text may mean: a whole one itself, known or not; none if it is no id.

    Args:
        text: in lower case, without blanks around it.
        ids_with_tail: where short ids are looked for.
    """
    if _UUID.fullmatch(text):
        return [cast("Id", text)]
    return ids_with_tail(text, AMBIGUOUS_MAX) if is_short(text) else ()
