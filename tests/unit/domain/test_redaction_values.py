"""Values: which that stand under the name of a secret are one, and which look drawn."""

import pytest

from ipcom_chat.domain.redaction_values import (
    entropy_bits,
    is_drawn,
    is_like_password,
    is_path,
    is_random,
    is_secret,
)


@pytest.mark.parametrize(
    "value",
    [
        "hunter22", "changeme", "a1", "1234", "P@ss", "correct-horse", "Tr0ub4dor&3", "abc",
        "SECR3T", "yourpassword1", "seusenha1",
        "[REDACTED:key]x", "yours1", "seu1", "senha1", "PASSWORDX1", "(a1)", "MUDE",
    ],
)  # fmt: skip
def test_a_value_is_a_secret(value: str) -> None:
    assert is_secret(value) is True


@pytest.mark.parametrize(
    "value",
    """
    password PASSWORD senha null True 'no' sha512 SHA256 password1 await unexpected 1 12 123 a % $X
    ${X} $(x) `x` %PASSWORD% {{x}} {x} <x> [x] xxxx **** ... your-password your_new_password
    your1password Your2PASSWORD seu3senha sua-senha-aqui insertpassword insert9token replace1key
    MY_TOKEN DB_PASSWORD API_KEY process.env.X os.getenv("X") config.x(1) get_password() arn:aws:x
    file:x op://v/x random_password.db.result aws_db.x.y [REDACTED:key] [REDACTED:key]; \\w+ .* [^x]
    """.split(),
)
def test_a_word_a_variable_or_a_placeholder_is_none(value: str) -> None:
    assert is_secret(value) is False


def test_only_the_beginning_of_what_is_very_long_is_looked_at() -> None:
    assert is_secret("your1" + "a" * 40 + "password") is True
    assert is_secret("your-" + "a1" * 120 + "-password") is True


@pytest.mark.parametrize("value", ["abc1", "1234", "a@bc", "abCde", "ABCdef"])
def test_a_word_is_like_a_password(value: str) -> None:
    assert is_like_password(value) is True


@pytest.mark.parametrize(
    "value",
    ["abc", "a1b", "abcd", "Abcd", "ABCD", "@bcd", "/etc/pw1", "$abc1", "-p[REDACTED:x]", "a-b.c"],
)
def test_a_word_is_like_a_word(value: str) -> None:
    assert is_like_password(value) is False


@pytest.mark.parametrize("value", ["/a", "/a/b.c", "~/a", "./a", "../a", "/a/"])
def test_a_path_is_told(value: str) -> None:
    assert is_path(value) is True


@pytest.mark.parametrize("value", ["a/b", "/", "/a b", "/a@b", "a", ".../a"])
def test_what_is_no_path_is_told(value: str) -> None:
    assert is_path(value) is False


def test_what_was_drawn_is_told_by_its_length_its_classes_and_its_entropy() -> None:
    assert is_random("a1b2c3d4e5f6g7h8") is True
    assert is_random("a1b2c3d4e5f6g7h") is False
    assert is_random("a1b2c3d4", 8) is True
    assert is_random("abcdefghijklmnop") is False
    assert is_random("1234567890123456") is False
    assert is_random("a1a1a1a1a1a1a1a1") is False
    assert is_random("/a1b2c3/d4e5f6g7") is False
    assert is_random("$a1b2c3d4e5f6g7h8") is False


def test_a_bare_word_was_drawn_only_if_it_changes_all_the_time() -> None:
    assert is_drawn("aB3dE5fG7hJ9kL2mN4pQ6rS8tV0w") is True
    assert is_drawn("ab3de5fg7hj9kl2mn4pq6rs8tv0w") is False
    assert is_drawn("AB3DE5FG7HJ9KL2MN4PQ6RS8TV0W") is False
    assert is_drawn("aBcDeFgHiJkLmNoPqRsTuVwXyZaB") is False
    assert is_drawn("aaaaBBBBccccDDDD1111eeeeFFFF") is False
    assert is_drawn("aB3aB3aB3aB3aB3aB3aB3aB3aB3a") is False


def test_entropy_is_that_of_shannon() -> None:
    assert entropy_bits("aaaa") == 0
    assert entropy_bits("abab") == 1
    assert entropy_bits("abcd") == 2


def test_a_bare_word_changes_at_least_in_thirty_eight_of_a_hundred_characters() -> None:
    token = "aB3" * 6 + "aB" + "CDEFGHIJKLMNOPQRSTUVWXYZACEGIK"
    assert len(token) == 50
    assert is_drawn(token) is True
    assert is_drawn(token[:18] + "AB" + token[20:]) is False


def test_a_bare_word_of_just_the_entropy_was_drawn() -> None:
    token = "aB3dE5fG7hJ9kL2m" * 2
    assert entropy_bits(token) == 4
    assert is_drawn(token) is True
    assert is_drawn(token[:-1] + "L") is False
