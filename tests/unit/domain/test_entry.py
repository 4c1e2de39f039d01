"""What an entry holds, and the hash of its body."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.entry import Outcome, Status, capped, content_hash, storable

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.none() | st.integers(-(2**62), 2**62) | TEXTS


@given(st.text(), st.integers(0, 50))
def test_a_capped_text_says_whether_it_was_cut(text: str, limit: int) -> None:
    cut, was_cut = capped(text, limit)
    assert text.startswith(cut)
    assert len(cut) == min(len(text), limit)
    assert was_cut == (cut != text)


@given(st.text(st.characters()))
def test_a_storable_text_reaches_sqlite(text: str) -> None:
    stored = storable(text)
    stored.encode("utf-8")
    assert "\0" not in stored
    assert storable(stored) == stored


@given(TEXTS.filter(lambda text: "\0" not in text))
def test_a_good_text_is_stored_as_it_is(text: str) -> None:
    assert storable(text) == text


@given(st.lists(VALUES, max_size=5), st.lists(VALUES, max_size=5))
def test_two_bodies_have_one_hash_only_if_they_are_equal(
    one: list[str | int | None], other: list[str | int | None]
) -> None:
    assert (content_hash(*one) == content_hash(*other)) == (one == other)


@given(st.lists(VALUES, max_size=5))
def test_a_hash_has_63_bits(body: list[str | int | None]) -> None:
    assert 0 <= content_hash(*body) < 2**63


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        ((1,), ("1",)),
        ((None,), ("null",)),
        ((None,), ()),
        ((0,), (None,)),
    ],
)
def test_types_and_borders_count(
    one: tuple[str | int | None, ...], other: tuple[str | int | None, ...]
) -> None:
    assert content_hash(*one) != content_hash(*other)


def test_a_hash_is_the_same_on_every_machine() -> None:
    assert content_hash("id", 1, "completed", "dúvida", None) == 7897125206784217970


def test_records_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Outcome(status=Status.ERROR).status = Status.PENDING  # type: ignore[misc]
    assert msgspec.structs.asdict(Outcome(status=Status.ERROR))["truncated"] is False
