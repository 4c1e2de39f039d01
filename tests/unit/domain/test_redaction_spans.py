"""Where a value ends: quotes, blocks, tags, bare words and bare words inside of quotes."""

import pytest

from ipcom_chat.domain.redaction_spans import is_inside, span_of


def _value(text: str, left: int, start: int, *, is_xml: bool = False) -> str | None:
    span = span_of(text, left, start, is_xml=is_xml)
    return text[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abc", "abc"), ('"a b"', "a b"), ("'a b'", "a b"), ("`a`", None), ('$"a b"', "a b"),
        ('@"a"', "a"), ("b'a'", "a"), ('E"x"', "x"), ('"a\\"b"', 'a\\"b'), ('"a', "a"),
        ('"a b', "a"), ('" a', None), ('"', None), ('\\"a b\\"', "a b"), ("|\n  abc\n", "abc"),
        (">\n  abc d\n", "abc d"), ("|-\n  abc\n", "abc"), ("| abc", None), (">abc", None),
        ("abc,", "abc"), ("abc, d", "abc"), ("abc,d", "abc"), ("abc).", "abc"), ("f(", None),
        ('abc"', "abc"), ("...", None), ("abc|d", "abc|d"), ("abc| d", "abc"),
        ("abc&x=1", "abc"), ("abc&d", "abc&d"), ("abc&&d", "abc"), ("abc;d", "abc;d"),
        ("abc; d", "abc"), ("abc,user=x", "abc"), ("abc\\nd", "abc"), ("abc\\d", "abc\\d"),
        ('"a"b', "a"), ("", None),
    ],
)  # fmt: skip
def test_a_value_ends(text: str, value: str | None) -> None:
    assert _value(f"x={text}", 0, 2) == value
    assert _value(f"yy x={text}", 3, 5) == value


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_bare_word_inside_of_quotes_ends_with_them(quote: str) -> None:
    for text in ("abc", "a b", "f(abc)", "abc, d", "abc).", "...", ">abc"):
        assert _value(f"{quote}x={text}{quote}", 1, 3) == text
    assert _value(f"{quote}x=abc&y=d{quote}", 1, 3) == "abc"
    assert _value(f"{quote}x=abc; d{quote}", 1, 3) == "abc"


def test_a_value_of_a_tag_ends_with_the_next_tag() -> None:
    assert _value('x>"a b",</x>', 0, 2, is_xml=True) == '"a b",'
    assert _value("x>abc", 0, 2, is_xml=True) is None
    assert _value("x></x>", 0, 2, is_xml=True) is None


@pytest.mark.parametrize(
    ("before", "is_closing"),
    [("{}a x: ", True), ("{0}a{0} x: ", False), ("\\{}a x: ", False), ("{}\nx: ", False),
     ("", False), ("{0}a{0} {0}x: ", True)],
)  # fmt: skip
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quote_closes_what_its_line_opened(before: str, is_closing: bool, quote: str) -> None:
    text = before.format(quote) + quote
    left = max(0, len(text) - 4)
    assert is_inside(text, left, len(text) - 1, quote) is is_closing


def test_an_apostrophe_opens_nothing() -> None:
    assert is_inside("it's x: '", 5, 8, "'") is False


def test_a_quote_far_before_opens_nothing() -> None:
    near, far = f'"{"a" * 238} x: "', f'"{"a" * 239} x: "'
    assert is_inside(near, 240, 243, '"') is True
    assert is_inside(far, 241, 244, '"') is False
