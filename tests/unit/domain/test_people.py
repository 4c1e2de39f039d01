"""What makes a user valid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.people import new_user, valid_email, valid_name, valid_username
from ipcom_chat.errors import InvalidUserError
from ipcom_chat.ids import user_id_of


def test_a_user_has_a_name_a_username_and_an_address() -> None:
    user = new_user(" ana.silva ", "  Ana   Silva ", " Ana@IPCOM.com.br ", now_ms=7)
    assert (user.username, user.name, user.email) == ("ana.silva", "Ana Silva", "Ana@ipcom.com.br")
    assert (user.id, user.is_active) == (user_id_of("ANA.SILVA"), True)
    assert (user.created_at, user.updated_at) == (7, 7)


@pytest.mark.parametrize("text", ["ana", "joão", "a-b_c.d", "x" * 64, "3com", "ａｎａ"])
def test_usernames(text: str) -> None:
    assert valid_username(text) == ("ana" if text == "ａｎａ" else text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "ab",
        "x" * 65,
        ".ana",
        "-rf",
        "_ana",
        "a b",
        "ana\n1",
        "a/b",
        "ana@x",
        "a\x1b[m",
        "¨ana",
    ],
)
def test_what_is_no_username_says_the_rule(text: str) -> None:
    with pytest.raises(InvalidUserError, match="3 to 64 letters, digits"):
        valid_username(text)


@given(st.text(max_size=70))
def test_a_valid_username_stays_valid(text: str) -> None:
    try:
        username = valid_username(text)
    except InvalidUserError:
        return
    assert valid_username(username) == username
    assert username.isprintable()


@pytest.mark.parametrize("text", ["Ana", "Ana de Souza", "José", "李小龍", "x" * 200])
def test_names(text: str) -> None:
    assert valid_name(text) == text


@pytest.mark.parametrize("text", ["", " \t\n", "x" * 201, "a\x1b[31mb", "a\u202eb", "a\0b"])
def test_what_is_no_name_says_the_rule(text: str) -> None:
    with pytest.raises(InvalidUserError, match="1 to 200 printable characters"):
        valid_name(text)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ana@ipcom.com.br", "ana@ipcom.com.br"),
        ("ana+x@IPCOM.com.BR", "ana+x@ipcom.com.br"),
        ("ana@corp.local", "ana@corp.local"),
        ("rui@corp.local", "rui@corp.local"),
        ("joão@exemplo.com.br", "joão@exemplo.com.br"),
    ],
)
def test_addresses(text: str, normal: str) -> None:
    assert valid_email(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@x.com",
        "a@b",
        "a b@x.com",
        "ana@x..com",
        "Ana <ana@x.com>",
        "a@x.com\nb",
    ],
)
def test_what_is_no_address_says_why(text: str) -> None:
    with pytest.raises(InvalidUserError, match="is not a valid e-mail address; write it like"):
        valid_email(text)


@pytest.mark.parametrize(
    ("username", "name", "email"),
    [("", "Ana", "a@x.com"), ("ana", "", "a@x.com"), ("ana", "Ana", "")],
)
def test_all_three_are_required(username: str, name: str, email: str) -> None:
    with pytest.raises(InvalidUserError):
        new_user(username, name, email, now_ms=1)
