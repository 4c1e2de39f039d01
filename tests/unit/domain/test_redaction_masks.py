"""Masks: what stands in place of a secret, and which lines are to be read again because of it."""

import pytest

from ipcom_chat.domain.redaction_masks import lowered, masked, unnamed


def _again(text: str, secret: str, *, loose: bool = False) -> list[str]:
    """Return the lines that are to be read again once a secret of a text is masked."""
    start = text.index(secret)
    spans = [(start, start + len(secret), "password")]
    changed, lines = masked(text, spans, {start} if loose else set())
    return [changed[begin:end] for begin, end in lines]


def test_what_masks_are_called_tells_the_rules_nothing() -> None:
    assert unnamed("A [REDACTED:cnpj] B [REDACTED:api-key]") == (
        "A [REDACTED:xxxx] B [REDACTED:xxxxxxx]"
    )
    for text in ("[REDACTED:] [REDACTED:p4] REDACTED:pin]", "no mask"):
        assert unnamed(text) == text


def test_letters_that_grow_in_lower_case_keep_their_places() -> None:
    assert lowered("İ Ab") == "İ ab"


def test_what_is_masked_keeps_what_is_around_it() -> None:
    text = "one two three"
    assert masked(text, [(4, 7, "key"), (8, 13, "pin")], set())[0] == (
        "one [REDACTED:key] [REDACTED:pin]"
    )
    assert masked(text, [(0, 3, "key")], set()) == ("[REDACTED:key] two three", [])


@pytest.mark.parametrize("secret", ["A", "hunter22", "a+b/c=", "x.y-z_1!*^~#%", "é9"])
def test_a_plain_word_changes_nothing_for_the_rules(secret: str) -> None:
    assert _again(f"first\npassword: {secret}\nlast", secret) == []
    assert _again(f"password: {secret}", secret) == []
    assert _again(f"{secret}, the password", secret) == []


@pytest.mark.parametrize("secret", ["two words", 'a"b', "a'b", "a@b", "a:b", "a;b", "a&b", "a$b"])
def test_a_line_that_lost_blanks_or_signs_is_read_again(secret: str) -> None:
    assert _again(f"first\npassword: {secret} end\nlast", secret) == [
        "password: [REDACTED:password] end"
    ]


def test_a_line_whose_word_goes_on_behind_the_mask_is_read_again() -> None:
    assert _again("key: abcdef", "abc") == ["key: [REDACTED:password]def"]
    assert _again("key: abc/", "abc") == ["key: [REDACTED:password]/"]


def test_a_line_that_readers_found_different_secrets_in_is_read_again() -> None:
    assert _again("key: abc", "abc", loose=True) == ["key: [REDACTED:password]"]


@pytest.mark.parametrize(
    ("before", "after"), [(0, 155), (155, 0), (80, 75), (0, 400), (400, 0), (400, 400)]
)
def test_a_long_line_is_read_again(before: int, after: int) -> None:
    text = f"x\n{' ' * before} hunter {' ' * after}\nx"
    assert len(_again(text, "hunter")) == (before + after + len(" hunter ") > 160)
    assert len(_again(text.strip("x\n"), "hunter")) == (before + after + len(" hunter ") > 160)


def test_a_line_of_just_the_bound_is_short() -> None:
    line = "hunter".ljust(160)
    assert _again(line, "hunter") == []
    assert _again(f"{line} ", "hunter") != []
    assert _again(f"\n{line}\n", "hunter") == []
    assert _again("hunter".rjust(160), "hunter") == []
    assert _again("hunter".rjust(161), "hunter") != []
    assert _again("\n" + "hunter".rjust(161), "hunter") != []


def test_a_line_with_two_such_masks_is_read_again_once() -> None:
    changed, lines = masked("a b c\nd e", [(0, 3, "key"), (4, 5, "pin"), (6, 7, "pin")], {0, 4, 6})
    assert [changed[begin:end] for begin, end in lines] == [
        "[REDACTED:key] [REDACTED:pin]",
        "[REDACTED:pin] e",
    ]
