"""Whole words, and values that a command may get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.assistant.playbook import CaptureKind
from ipcom_chat.assistant.playbook_words import (
    accepted,
    cleaned,
    is_small_word,
    spaced,
    words,
)

KINDS: tuple[CaptureKind, ...] = ("port", "pid", "host", "address", "unit", "name", "path")


def test_accents_and_case_do_not_matter() -> None:
    assert words("Não-é fail2ban!") == ("nao", "e", "fail2ban")
    assert spaced("Olá, mundo") == " ola mundo "


def test_decomposed_letters_are_composed_and_controls_removed() -> None:
    assert cleaned("na\u0303o\x1b[31m") == "não"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("port", "80", "80"),
        ("port", "0080", "80"),
        ("port", "65535", "65535"),
        ("port", "65536", None),
        ("port", "0", None),
        ("port", "٨٠", None),
        ("pid", "1234", "1234"),
        ("pid", "0", None),
        ("host", "db-1.example.com.", "db-1.example.com"),
        ("host", "(example.org)?", "example.org"),
        ("host", "10.0.0.1", "10.0.0.1"),
        ("host", "fe80::1%eth0", "fe80::1%eth0"),
        ("host", "::1", "::1"),
        ("host", "-f", None),
        ("host", "a..b", None),
        ("host", "a b", None),
        ("host", "x" * 300, None),
        ("address", "256.1.1.1", None),
        ("address", "1.2.3.4", "1.2.3.4"),
        ("address", "::", "::"),
        ("unit", "getty@tty1.service", "getty@tty1.service"),
        ("unit", "-x", None),
        ("unit", "a/b", None),
        ("name", "g++", "g++"),
        ("name", "a;b", None),
        ("path", "/var/log/?", "/var/log/"),
        ("path", "/var)", "/var"),
        ("path", "/a (b)", "/a (b)"),
        ("path", "var", None),
        ("path", "/a{b}", None),
        ("path", "/a\nb", None),
        ("path", "/", "/"),
    ],
)
def test_values(kind: CaptureKind, value: str, expected: str | None) -> None:
    assert accepted(kind, value) == expected


@given(st.sampled_from(KINDS), st.text(alphabet="-/a1.:{}$;|& \n\x00\x1b%@\"'()٣é", max_size=30))
def test_no_value_is_an_option_a_placeholder_or_two_lines(kind: CaptureKind, text: str) -> None:
    value = accepted(kind, text)
    if value is not None:
        assert value
        assert value[0] != "-"
        assert not set(value) & set("{}\n\x00\x1b")
        if kind != "path":
            assert not set(value) & set(" $;|&()\"'/")


@pytest.mark.parametrize(
    "word", ["Não", "while", "everyone", "third", "still", "enquanto", "também", "última"]
)
def test_words_of_the_language_are_no_names(word: str) -> None:
    assert is_small_word(word)


@pytest.mark.parametrize("name", ["nginx", "last", "more", "most", "time"])
def test_a_word_that_names_a_program_is_a_name(name: str) -> None:
    assert not is_small_word(name)


@pytest.mark.parametrize("value", ["ſsh", "\u212a8s", "İ", "1٣"])
def test_letters_that_only_look_plain_are_no_value(value: str) -> None:
    assert [kind for kind in KINDS if accepted(kind, value)] == []
