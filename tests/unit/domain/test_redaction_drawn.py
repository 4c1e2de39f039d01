"""Bare words: which are keys without a name, and which are something else."""

import pytest

from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.redaction_drawn import drawn
from tests.support.secrets import expanded

KEY = "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0w"
"""The shortest that is looked at."""


def _found(text: str, known: dict[int, int] | None = None) -> list[str]:
    return [text[start:end] for start, end, _kind in drawn(text, [], known or {})]


@pytest.mark.parametrize("text", [KEY, f"got {KEY} today", f"x={KEY}", f"<{KEY}>", f"é{KEY}"])
def test_a_word_that_was_drawn_is_a_key(text: str) -> None:
    assert [(text[a:b], kind) for a, b, kind in drawn(text, [], {})] == [(KEY, "key")]


def test_what_fills_up_base64_belongs_to_it() -> None:
    assert _found(f"x {KEY}== y") == [f"{KEY}=="]


@pytest.mark.parametrize(
    "text",
    [
        KEY[:-1],
        KEY * 8,
        KEY.lower(),
        KEY.upper(),
        "abcdefghijklmnopQRSTUVWXYZ0123456789",
        f"pkg.{KEY}",
        f"ana@{KEY}",
        f"C:\\{KEY}",
        f"https://{KEY}",
        f"https://x/y?z={KEY}",
        f"AAAA{KEY}",
        f"{KEY}(x)",
        "aB3d/E5fG/7hJ9/kL2m/N4pQ6rS8tV0w",
        f"SHA256:{KEY}",
        f"md5={KEY}",
        f"sha512-{KEY}",
        f"ssh-ed25519 {KEY}",
        f'integrity: "{KEY}',
        f"fingerprint: {KEY}",
        f"hash={KEY}",
        f"etag: {KEY}",
        f"blake2b:{KEY}",
        f"public key: {KEY}",
        f"pubkey={KEY}",
        f"peer: {KEY}",
        f"serial={KEY}",
    ],
)
def test_what_is_no_key(text: str) -> None:
    assert _found(text) == []


def test_a_url_ends_where_a_blank_is_or_after_very_many_characters() -> None:
    assert _found(f"https://x {KEY}") == [KEY]
    far = "https://" + "x?" * 120 + KEY
    assert _found(far) == [KEY]
    assert _found("https://" + "x?" * 99 + KEY) == []


def test_a_word_in_a_public_block_or_found_already_is_left() -> None:
    text = f"{KEY} {KEY}"
    assert list(drawn(text, [(0, 28)], {})) == [(29, 57, "key")]
    assert list(drawn(text, [(29, 57)], {})) == [(0, 28, "key")]
    assert list(drawn(text, [], {0: 28, 29: 56})) == [(29, 57, "key")]


def test_the_secret_of_a_token_of_discord_is_found_behind_its_dots() -> None:
    token = expanded("MT{w:24}.G{w:5}.{w:38}")
    assert redact(f"client.run('{token.text}')").text.endswith(".[REDACTED:key]')")
    other = token.text.replace("MT", "mt", 1)
    assert redact(f"client.run('{other}')").text == f"client.run('{other}')"


@pytest.mark.parametrize("before", [".", "@", "\\", "sha256:", "md5-", "etag: ", "https://x/a?b="])
def test_what_stands_behind_these_is_no_key(before: str) -> None:
    text = f"see {before}aB3dE5fG7hJ9kL2mN4pQ6rS8tV0w"
    assert redact(text).text == text


def test_a_key_has_no_more_than_two_hundred_characters() -> None:
    assert _found(f"x {KEY * 7}{KEY[:4]} y") == [f"{KEY * 7}{KEY[:4]}"]
    assert _found(f"x {KEY * 7}{KEY[:5]} y") == []


def test_a_key_of_base64_has_up_to_three_slashes() -> None:
    key = "aB3d/E5fG/7hJ9/kL2mN4pQ6rS8tV0w"
    assert _found(f"x {key}") == [key]
    assert _found("x aB3d/E5fG/7hJ9/kL2mN4p/Q6rS8tV0w") == []


def test_a_url_has_no_more_than_two_hundred_characters() -> None:
    assert _found(f"https://{'x' * 199}?{KEY}") == []
    assert _found(f"https://{'x' * 200}?{KEY}") == [KEY]


def test_a_blank_between_keeps_a_key_one() -> None:
    for text in (f"{KEY} (x)", f"sha1 {KEY}", f"x:{KEY}"):
        assert _found(text) == [KEY]
