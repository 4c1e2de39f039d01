"""Letters folded for comparison."""

from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.folding import fold


@given(st.text())
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_accents_and_case_do_not_matter() -> None:
    assert fold("NÃO É Çedilha") == "nao e cedilha"
