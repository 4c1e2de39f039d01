"""Where a primary is, and where its token may go: never unencrypted over a network.

`libsql://` means HTTPS, or HTTP with `?tls=0`. A token stands in no address: addresses are shown,
logged and copied.

Source: LIBSQL_URL of libSQL-client ("libsql:" URLs); RFC 3986.
"""

from ipaddress import ip_address
from typing import Self
from urllib.parse import SplitResult, urlsplit

import msgspec

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import PrimarySetupError
from ipcom_chat.i18n import _

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""The names of this machine, as they are written; no other name counts."""

_TLS_BY_SCHEME = {"https": True, "http": False, "libsql": True}
_TLS_BY_QUERY = {"": True, "tls=1": True, "tls=0": False}


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The address of a libSQL server, taken apart."""

    scheme: str
    """`https` or `http`."""
    host: str
    """In lower case, without the brackets of IPv6."""
    port: int | None
    path: str
    """What the server's own paths are appended to; without a slash at its end."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Check an address as the settings hold it.

        Raises:
            PrimarySetupError: it is none, or holds a name, a password or a token.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port  # a wrong port is found when it is read
        except ValueError:
            raise _not_an_address() from None
        if not host or not url.isprintable() or "@" in parts.netloc or parts.fragment:
            raise _not_an_address()
        scheme = "https" if _is_encrypted(parts) else "http"
        return cls(scheme=scheme, host=host, port=port, path=parts.path.rstrip("/"))

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine."""
        return self.host in LOOPBACK

    @property
    def shown(self) -> str:
        """What messages call the server."""
        return one_line(self.host if self.port is None else f"{self.host}:{self.port}")

    @property
    def base(self) -> str:
        """The address as HTTP knows it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    def check_privacy(self, *, has_token: bool, allow_http: bool) -> None:
        """Refuse to speak unencrypted over a network, unless it is allowed and without a token.

        Raises:
            PrimarySetupError: it would be so.
        """
        if self.scheme == "https" or self.is_loopback:
            return
        if has_token:
            raise PrimarySetupError(
                _(
                    "The token would go to {host} unencrypted, so nothing was sent: give the"
                    " primary's address as https:// or libsql://.",
                    host=self.shown,
                )
            )
        if not allow_http:
            raise PrimarySetupError(
                _(
                    "The history would go to {host} unencrypted, so nothing was sent: give the"
                    " primary's address as https:// or libsql://.",
                    host=self.shown,
                )
            )

    def may_move_to(self, other: "Address") -> bool:
        """Whether a stream, and with it the token, may go on at another address.

        Only at the same host or below it, and never from encrypted to unencrypted.
        """
        below = other.host.endswith(f".{self.host}") and not _is_ip(self.host)
        return other.scheme == self.scheme and (other.host == self.host or below)


def _is_encrypted(parts: SplitResult) -> bool:
    tls = _TLS_BY_SCHEME.get(parts.scheme)
    if tls is None:
        raise _not_an_address()
    if parts.scheme == "libsql":
        tls = _TLS_BY_QUERY.get(parts.query)
    elif parts.query:
        tls = None
    if tls is None:
        raise _not_an_address()
    return tls


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _not_an_address() -> PrimarySetupError:
    # The address is not shown: it may hold the token.
    return PrimarySetupError(
        _(
            "The primary's address cannot be used: write it like libsql://history.example.com or"
            " https://history.example.com, without a name, password or token in it."
        )
    )
