"""What the model reads, and how alike it finds what people write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.meaning.texts import CHARS, DIMENSION, is_installed, readable, text_hash
from tests.support.meaning import encoder


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("List `all` [f]iles in {dir}.", "list all files in dir"),
        ('  "Como reinicio?" ', "como reinicio"),
        ("ÇÃO!!", "ção"),
        ("...", ""),
        ("x" * (CHARS + 50), "x" * CHARS),
    ],
)
def test_marks_and_case_are_left_out(typed: str, read: str) -> None:
    assert readable(typed) == read


def test_a_hash_tells_questions_apart_but_not_spellings() -> None:
    assert text_hash("Restart `nginx`.") == text_hash("restart nginx")
    assert text_hash("restart nginx") != text_hash("restart apache")


def test_the_model_knows_meanings_across_languages() -> None:
    assert is_installed()
    vectors = encoder().encode(
        ["Como reinicio o servidor web?", "How do I restart the web server?", "Print a document"]
    )
    assert vectors.shape == (3, DIMENSION)
    asked, right, wrong = vectors
    assert float(asked @ right) > 0.6
    assert float(asked @ wrong) < 0.3


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_any_text_has_a_vector_of_length_one(text: str) -> None:
    (vector,) = encoder().encode([text])
    assert float(vector @ vector) == pytest.approx(1.0, abs=1e-3)
