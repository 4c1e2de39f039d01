"""No text of others reaches the terminal with anything that it acts on."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.domain.terminal import neutralise, one_line

# Made to break it: introducers, parameters, finals, terminators, joiners, plain text.
PIECES = st.sampled_from(
    [
        *("\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\x1b(", "\x1b_", "\x1b^", "\x1bX"),
        *("\x9b", "\x9d", "\x90", "\x9c", "\x98", "\x9e", "\x9f", "\x07", "\x18", "\x1a", "\x85"),
        *("31", ";", "?", "m", "H", "2J", "52;c;aGk=", "0;title", " ", "$", "\0", "\b", "\x7f"),
        *("\r", "\n", "\r\n", "\t", "a", "é", "ç", "日", "😀", "👩\u200d🚀", "\u200d", "\ufe0f"),
        *("\u202e", "\u2066", "\u200b", "\ufeff", "\u061c", "\U000e0041", "\ud800", "\u2028"),
    ]
)
HOSTILE = st.lists(PIECES, max_size=40).map("".join) | st.text(st.characters())
KEPT = "\n\t"
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def _is_safe(char: str) -> bool:
    if char in KEPT:
        return True
    return unicodedata.category(char) not in {"Cc", "Cs"} and (
        unicodedata.bidirectional(char) not in BIDI
    )


@given(HOSTILE)
@settings(max_examples=500)
def test_nothing_that_a_terminal_acts_on_is_left(text: str) -> None:
    shown = neutralise(text)
    assert all(map(_is_safe, shown)), repr(shown)
    assert not re.search("[\u061c\u200b\u200c\u200e\u200f\u2028\u2029\u2060\ufeff]", shown)


@given(HOSTILE)
@settings(max_examples=500)
def test_neutralising_twice_changes_nothing_more(text: str) -> None:
    assert neutralise(neutralise(text)) == neutralise(text)
    assert one_line(one_line(text)) == one_line(text)


@given(HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert "\t" not in line
    assert line == line.strip()


@given(st.text(st.characters(categories=["L", "N", "P", "S"], include_characters=" \n\t")))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert neutralise(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;ZXZpbA==\x1b\\after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x9d0;title\x9cafter", "after"),
        ("\x1bP$q\x1b\\after", "after"),
        ("\x1b(0lqk\x1b(B", "lqk"),
        ("\x1bcreset", "reset"),
        ("safe\rEVIL", "safe\nEVIL"),
        ("a\r\nb", "a\nb"),
        ("abc\b\b\bxyz", "abcxyz"),
        ("\u202egnp.exe", "gnp.exe"),
        ("pay\u200bpal", "paypal"),
        ("👩\u200d🚀 \u200d", "👩\u200d🚀 "),
        ("a\u200db", "ab"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("ends in \x1b", "ends in "),
        ("ends in \x1b[3", "ends in "),
        ("coluna\tdois\n", "coluna\tdois\n"),
        ("", ""),
    ],
)
def test_known_tricks(text: str, shown: str) -> None:
    assert neutralise(text) == shown


@pytest.mark.parametrize(
    "piece",
    ["\x1b", "\x1b[", "\x1b]", "\x9d", "\x1b[;", "\x1b]\x1b", "\u200d", " \x1b ", "\x1b[0 "],
)
def test_long_hostile_texts_end(piece: str) -> None:
    text = piece * 300_000
    assert all(map(_is_safe, set(neutralise(text))))


def test_f1_one_line_folds_white_space() -> None:
    assert one_line("  a\n\n b\t\x1b[31mc \u00a0d ") == "a b c d"
