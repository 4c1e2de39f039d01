"""Where a primary may be, and where a token may go."""

import pytest

from ipcom_chat.errors import PrimarySetupError
from ipcom_chat.libsql.address import Address


@pytest.mark.parametrize(
    ("url", "base", "shown"),
    [
        ("libsql://h.example.com", "https://h.example.com", "h.example.com"),
        ("LIBSQL://H.Example.COM/", "https://h.example.com", "h.example.com"),
        ("libsql://h.example.com?tls=1", "https://h.example.com", "h.example.com"),
        ("libsql://127.0.0.1:8080?tls=0", "http://127.0.0.1:8080", "127.0.0.1:8080"),
        (" https://h.example.com:8443/sqld/ ", "https://h.example.com:8443/sqld", None),
        ("http://localhost:8080", "http://localhost:8080", "localhost:8080"),
        ("http://[::1]:8080/a/b", "http://[::1]:8080/a/b", "::1:8080"),
    ],
)
def test_addresses(url: str, base: str, shown: str | None) -> None:
    address = Address.parse(url)
    assert address.base == base
    assert shown is None or address.shown == shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "history.example.com",
        "history.example.com:8080",
        "https://",
        "https:///path",
        "ws://h.example.com",
        "wss://h.example.com",
        "file:///etc/passwd",
        "https://user:s3cret@h.example.com",
        "https://s3cret@h.example.com",
        "https://h.example.com?authToken=s3cret",
        "libsql://h.example.com?authToken=s3cret",
        "libsql://h.example.com?tls=0&authToken=s3cret",
        "https://h.example.com#s3cret",
        "https://h.example.com:port",
        "https://h.example.com:99999",
        "https://[::1",
        "https://h.example.com/\x1b[31m",
        "https://h.exam\nple.com",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(PrimarySetupError) as caught:
        Address.parse(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "has_token", "allow_http", "private"),
    [
        ("https://h.example.com", True, False, True),
        ("libsql://h.example.com", True, False, True),
        ("http://127.0.0.1:8080", True, False, True),
        ("http://localhost", True, False, True),
        ("http://[::1]", True, False, True),
        ("http://10.0.0.5", False, False, False),
        ("http://10.0.0.5", False, True, True),
        ("http://10.0.0.5", True, True, False),
        ("libsql://10.0.0.5?tls=0", True, True, False),
        ("http://localhost.example.com", True, True, False),
        ("http://127.0.0.1.example.com", True, True, False),
        ("http://0.0.0.0", True, True, False),
        ("http://127.1", True, True, False),
    ],
)
def test_nothing_goes_over_a_network_unencrypted_and_a_token_never(
    url: str, has_token: bool, allow_http: bool, private: bool
) -> None:
    address = Address.parse(url)
    if private:
        address.check_privacy(has_token=has_token, allow_http=allow_http)
        return
    with pytest.raises(PrimarySetupError, match="nothing was sent"):
        address.check_privacy(has_token=has_token, allow_http=allow_http)


@pytest.mark.parametrize(
    ("there", "may"),
    [
        ("https://db.example.com", True),
        ("https://db.example.com:8443/x", True),
        ("https://a.db.example.com", True),
        ("http://db.example.com", False),
        ("https://example.com", False),
        ("https://evildb.example.com", False),
        ("https://db.example.com.evil.com", False),
    ],
)
def test_a_stream_moves_to_the_same_host_or_below_it(there: str, may: bool) -> None:
    here = Address.parse("libsql://db.example.com")
    assert here.may_move_to(Address.parse(there)) is may


def test_nothing_is_below_an_ip_address() -> None:
    assert not Address.parse("http://127.0.0.1").may_move_to(Address.parse("http://a.127.0.0.1"))
