"""Where the primary is; apart from `sync.primary`, because that brings the network's modules."""

from collections.abc import Iterable

import msgspec

from ipcom_chat.errors import PrimaryError
from ipcom_chat.libsql.address import Address


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where the primary is. The token is never shown."""

    urls: tuple[str, ...]
    """The primary, then replicas of it that may be asked when it does not answer."""
    read_url: str | None = None
    """A replica that is asked first where nothing is written."""
    token: str | None = None
    timeout_ms: int = 5_000
    allow_http: bool = False

    @property
    def host(self) -> str:
        """What people are told; an address that is none may hold a secret."""
        return host_of(self.urls[0])

    def __repr__(self) -> str:
        return f"Target({len(self.urls)} addresses)"


def fault_of(urls: Iterable[str]) -> PrimaryError | None:
    """Return why addresses cannot be used, if one of them cannot, without asking anybody."""
    for url in urls:
        try:
            Address.parse(url)
        except PrimaryError as error:
            return error
    return None


def host_of(url: str) -> str:
    """Return what people are told of an address; one that is not valid may hold a secret."""
    try:
        return Address.parse(url).shown
    except PrimaryError:
        return "?"
