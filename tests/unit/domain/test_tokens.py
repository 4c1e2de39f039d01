"""What a token says about itself."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.tokens import Claims, claims_of


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJFZERTQSJ9.{body}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"a": "rw", "exp": 1_800_000_000}, Claims(expires_at=1_800_000_000_000, may_write=True)),
        ({"a": "ro", "exp": 1.5}, Claims(expires_at=1500, may_write=False)),
        ({"a": ["rw"], "exp": True}, Claims()),
        ({"exp": "soon"}, Claims()),
        ({"exp": float("inf")}, Claims()),
        ({"exp": float("nan")}, Claims()),
        ({"exp": -1}, Claims()),
        ([1], None),
        ("text", None),
    ],
)
def test_claims(claims: object, said: Claims | None) -> None:
    assert claims_of(token(claims)) == said


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "a.é.c", "a.!!!!.c", "a.AAAA.c"])
def test_what_is_no_jwt_says_nothing(text: str) -> None:
    assert claims_of(text) is None


def test_brackets_without_end_say_nothing() -> None:
    body = base64.urlsafe_b64encode(b"[" * 200_000).decode().rstrip("=")
    assert claims_of(f"a.{body}.c") is None


@given(st.text())
def test_nothing_breaks_it(text: str) -> None:
    claims_of(text)
    claims_of(f"a.{text}.c")
