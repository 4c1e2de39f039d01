"""Redaction looks again only where a mask may have changed a line: nothing else is to be found."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.domain.redaction import Redacted, redact
from tests.support.secrets import ordinary, samples

_SECRETS = [
    sample.text
    for name in ("secrets", "secrets_held_out_2", "secrets_held_out_4", "secrets_held_out_5")
    for sample in samples(f"{name}.txt")
]
_LINES = [*_SECRETS, *ordinary()]
_WORDS = sorted({word for line in _LINES for word in line.split(" ") if word})
_GLUE = st.sampled_from([" ", "\n", ";", " && ", ", ", '"', "'", "=", ": ", "/", "@", ""])


def _mixed(pieces: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    glued = st.tuples(_GLUE, st.lists(pieces, min_size=1, max_size=most))
    return glued.map(lambda each: each[0].join(each[1]))


@st.composite
def _slices(draw: st.DrawFn) -> str:
    line = draw(st.sampled_from(_LINES))
    begin = draw(st.integers(0, len(line)))
    return line[begin : draw(st.integers(begin, len(line)))]


_MIXTURES = st.one_of(
    _mixed(st.sampled_from(_WORDS), 14), _mixed(st.sampled_from(_LINES), 3), _mixed(_slices(), 4)
)


def _fully(text: str) -> Redacted:
    """Redact a text and look again at every line that holds a mask."""
    with patch("ipcom_chat.domain.redaction_masks._is_plain", return_value=False):
        return redact(text)


@settings(max_examples=250, derandomize=True, deadline=None)
@given(_MIXTURES)
def test_a_look_at_the_lines_that_may_have_changed_finds_what_a_look_at_all_finds(
    text: str,
) -> None:
    assert redact(text) == _fully(text)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(_MIXTURES)
def test_redacting_a_mixture_twice_is_redacting_it_once(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once


def test_whole_corpora_are_read_alike() -> None:
    for text in ("\n".join(_SECRETS), "\n".join(_LINES)):
        assert redact(text) == _fully(text)


def test_what_a_mask_uncovers_is_masked_in_its_own_line() -> None:
    first = "mysql -p'one two' x; date"
    line = "password pppoe: WIFI:T:WPA;S:Casa;P:cafezinho-quente;; docker key=clear mesma x"
    text = f"{first}\n\n{line}\nthe end\n{first}\n{line}"
    expected = "\n".join(_fully(each).text for each in text.split("\n"))
    assert "cafezinho" not in expected
    assert _fully(text).text == expected
