"""Dumps: which values of an `INSERT` are secret is told by its columns."""

import pytest

from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.redaction_inserts import inserts


def _found(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], kind) for start, end, kind in inserts(text, text.lower())]


def test_the_values_of_secret_columns_are_found_in_every_row() -> None:
    text = (
        "INSERT INTO `users` (`email`,`password`,`api_token`) VALUES "
        "('a@b','bolo99x','t0k'),\n ('c@d', NULL, \"out\"), ('e@f', 'it''s', now());"
    )
    assert _found(text) == [
        ("bolo99x", "password"),
        ("t0k", "token"),
        ("out", "token"),
        ("it''s", "password"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "insert into users (login, name) values ('ana', 'bolo99x')",
        "insert into users (login, password) values ('ana', NULL)",
        "insert into users (login, password) values ('ana'",
        "insert into users (login, password) select * from old",
        "insert into users (login, ) values ('ana', 'x')",
        "insert into users (password, login) values ('$HASH'), ('",
        "put it into the drawer",
    ],
)
def test_other_values_stay(text: str) -> None:
    assert _found(text) == []
    assert redact(text).text == text


def test_a_row_with_more_values_than_columns_ends_the_reading() -> None:
    assert _found("insert into u (senha) values ('a1b2c3', 'd4'), ('e5f6')") == [
        ("a1b2c3", "password")
    ]


def test_what_goes_into_something_else_before_hides_none() -> None:
    text = "into the log; insert into t (senha) values ('hunter22')"
    assert redact(text).text == text.replace("hunter22", "[REDACTED:password]")
