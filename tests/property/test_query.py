"""Any text is a legal search, and finds what it should."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.domain.entry import Status
from ipcom_chat.search.planner import Planner
from ipcom_chat.search.query import parse
from ipcom_chat.search.texts import Highlighter, Text, is_near
from ipcom_chat.services.search import Wanted
from tests.support.replica import GLOBAL, NOW_MS, an_entry
from tests.support.search import Searched, searched

PIECES = st.sampled_from(
    ["nginx", '"', "-", "*", "user:", "before:", "ontem", "status:error", "c++", "/etc", "--", ":",
     "-x", "(", ")", "[", "]", "\\", "AND", "OR", "NOT", "^", "~2", "{", "}", "after:7d", "é", "🦀",
     "\x1b[2J", "\x00", "a" * 300, "exit:1", "tag:", "o", "de", "conf*", "'", "%", "_", "$1"]
)  # fmt: skip
TYPED = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=12).map(" ".join),
    st.lists(PIECES, max_size=12).map("".join),
)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> "Searched":
    made = searched(Path(tmp_path_factory.mktemp("search")))
    texts = ["nginx does not start", "c++ in /etc", "conf é 🦀", "ls -x", "o de"]
    made.add(*(an_entry(command=text, response=text, status=Status.COMPLETED) for text in texts))
    made.service.catch_up()
    made.add(an_entry(command="nginx just now", status=Status.COMPLETED))
    return made


@given(TYPED)
@settings(max_examples=300, deadline=None)
def test_no_input_raises(history: "Searched", text: str) -> None:
    found = history.service.search(GLOBAL, text, Wanted(), limit=5)
    assert len(found.hits) <= 5
    for hit in found.hits:
        for start, end in hit.title.ranges:
            assert 0 <= start < end <= len(hit.title.text)


@given(TYPED, st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_highlights_lie_in_the_text_in_order(typed: str, text: str) -> None:
    newer = Text(text, text)
    ranges = Highlighter(Planner(None, [newer]).plan(parse(typed, NOW_MS))).ranges(text)
    ends = [place for pair in ranges for place in pair]
    assert ends == sorted(ends)
    assert all(0 <= place <= len(text) for place in ends)


@given(st.text(alphabet="abç", min_size=1, max_size=6), st.data())
def test_one_edit_is_near_and_nearness_has_no_direction(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word)))
    letter = data.draw(st.sampled_from("abx"))
    others = [
        word[:at] + letter + word[at:],
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
    ]
    for other in others:
        assert is_near(word, other), other
        assert is_near(other, word), other
    assert not is_near(word, word + "yz")
