"""Whether an earlier question asks the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.ranking import LIKE_MIN, meaning
from ipcom_chat.domain.similarity import RELEVANCE, SHARE, TOTAL, Fit


def known(share: float, relevance: float, cosine: float) -> Fit:
    return Fit(share, relevance, meaning(cosine), cosine)


@pytest.mark.parametrize(
    ("fit", "similar"),
    [
        (Fit(SHARE, 0.0), True),
        (Fit(0.59, 0.39), False),
        (Fit(0.0, RELEVANCE), True),
        # Many words, and they mean something else.
        (known(0.5, 0.9, 0.3), False),
        (known(SHARE, 0.9, 0.3), True),
        # No word in common, and the same meaning; hardly the same.
        (known(0.0, 0.0, 0.9), True),
        (known(0.0, 0.0, 0.6), False),
        (known(0.0, 0.4, 0.6), True),
        # What is usual for others says nothing of it.
        (Fit(0.0, 0.3, meaning=0.5), False),
    ],
)
def test_words_decide_alone_only_where_no_meaning_is_known(fit: Fit, similar: bool) -> None:
    assert fit.is_similar is similar


def test_how_sure_it_is_grows_from_the_bound_of_what_is_shown() -> None:
    assert Fit(0.3, 5.0).certainty == 0.3
    just = Fit(0.0, TOTAL, cosine=LIKE_MIN)
    assert just.certainty == SHARE
    assert SHARE < known(0.0, 0.4, 0.9).certainty < known(0.0, 0.6, 0.95).certainty < 1
    assert known(0.0, 2.0, 1.0).certainty == 1.0
    assert known(0.9, 0.1, 0.8).certainty == 0.9


@given(
    st.builds(
        known,
        st.floats(0, 1),
        st.floats(0, 3),
        st.floats(-1, 1),
    )
)
def test_what_means_the_same_is_similar_and_surely_so(fit: Fit) -> None:
    assert 0 <= fit.certainty <= 1
    assert fit.certainty >= fit.share
    if fit.means_the_same:
        assert fit.is_similar
        assert fit.certainty >= SHARE
