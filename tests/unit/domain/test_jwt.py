"""When a token says that it expires."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.jwt import expires_at


def token(claims: bytes) -> str:
    return f"eyJhbGciOiJFZERTQSJ9.{urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (b'{"a":"rw","exp":1795862239}', 1_795_862_239_000),
        (b'{"exp":1.5}', 1_500),
        (b'{"a":"rw"}', None),
        (b'{"exp":"soon"}', None),
        (b"[]", None),
        (b"\xff\xff", None),
        (b'{"exp":1e308}', None),
    ],
)
def test_claims(claims: bytes, expected: int | None) -> None:
    assert expires_at(token(claims)) == expected


@pytest.mark.parametrize("text", ["", "secret", "a.b", "a.b.c.d", "a.é.c", "a.!!!.c", "a.a.c"])
def test_what_is_no_jwt_never_expires(text: str) -> None:
    assert expires_at(text) is None


@given(st.text())
def test_no_text_is_too_much(text: str) -> None:
    assert expires_at(f"a.{text}.c") is None or "exp" not in text
