"""The nearest vectors: the compact codes name candidates, the exact vectors decide."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ipcom_chat.meaning import codes as module
from ipcom_chat.meaning.codes import Codes, code, cosines, exact
from ipcom_chat.meaning.texts import DIMENSION


def some_vectors(count: int, seed: int = 1) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    unit: NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def near(vector: NDArray[np.float32], distance: float, seed: int) -> NDArray[np.float32]:
    (noise,) = some_vectors(1, seed)
    moved: NDArray[np.float32] = vector + np.float32(distance) * noise
    return moved


def test_codes_find_what_is_nearest_in_whichever_block_it_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_BLOCK", 1_000)
    vectors = some_vectors(3_100)
    codes = Codes()
    codes.add((seq, code(vector)) for seq, vector in enumerate(vectors[:2_500]))
    codes.add((seq, code(vectors[seq])) for seq in range(2_500, 3_100))
    for seq in (0, 999, 1_000, 2_500, 3_099):
        assert codes.nearest(near(vectors[seq], 0.5, seed=seq + 9), 5)[0] == seq


def test_removed_codes_are_not_found_and_can_be_added_anew() -> None:
    vectors = some_vectors(10)
    codes = Codes()
    codes.add((seq, code(vector)) for seq, vector in enumerate(vectors))
    codes.remove([3, 77])
    assert codes.nearest(vectors[3], 10) == sorted(
        (seq for seq in range(10) if seq != 3),
        key=lambda seq: (_differing(vectors[seq], vectors[3]), -seq),
    )
    codes.add([(3, code(vectors[3]))])
    assert codes.nearest(vectors[3], 1) == [3]


def _differing(one: NDArray[np.float32], other: NDArray[np.float32]) -> int:
    return int(np.sum((one > 0) != (other > 0)))


def test_of_a_question_asked_very_often_the_newest_are_taken_and_no_more_than_wanted() -> None:
    (vector,) = some_vectors(1)
    codes = Codes()
    codes.add((seq, code(vector)) for seq in range(5_000))
    assert codes.nearest(vector, 4) == [4_999, 4_998, 4_997, 4_996]


def test_nothing_is_near_where_nothing_is() -> None:
    codes = Codes()
    (vector,) = some_vectors(1)
    assert codes.nearest(vector, 5) == []
    codes.add([])
    codes.add([(1, code(vector))])
    codes.remove([1])
    assert codes.nearest(vector, 5) == []
    assert cosines(vector, {}) == []


def test_a_byte_for_each_dimension_is_exact_enough() -> None:
    vectors = some_vectors(50)
    wanted = near(vectors[7], 0.6, seed=5)
    wanted /= np.linalg.norm(wanted)
    found = cosines(wanted, {seq: exact(vector) for seq, vector in enumerate(vectors)})
    assert found[0][0] == 7
    assert [cosine for _seq, cosine in found] == sorted((c for _seq, c in found), reverse=True)
    for seq, cosine in found:
        assert cosine == pytest.approx(float(vectors[seq] @ wanted), abs=0.005)


def test_a_vector_of_nothing_is_like_nothing() -> None:
    zero = np.zeros(DIMENSION, dtype=np.float32)
    assert cosines(some_vectors(1)[0], {1: exact(zero)}) == [(1, 0.0)]
