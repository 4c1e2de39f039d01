"""Until when the certificate of a server is valid; asked over a connection of its own.

Invariants: the server is sent nothing but the handshake, and a proxy nothing but CONNECT; each step
takes `TIMEOUT_S` at most. The proxy is the one through which `client` reaches the server.

Source: CONNECT in RFC 9110, section 9.3.6; Basic authentication in RFC 7617.
"""

import ssl
from base64 import b64encode
from contextlib import closing
from http.client import HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from ipcom_chat.libsql.address import Address

TIMEOUT_S: Final = 5.0
HTTPS_PORT: Final = 443
_PROXY_PORT: Final = 80
_EXPIRED: Final = 10
"""X509_V_ERR_CERT_HAS_EXPIRED."""


def valid_until(address: Address, *, now_ms: int) -> int | None:
    """Return until when a server's certificate is valid, epoch milliseconds.

    Args:
        address: the server.
        now_ms: returned for a certificate that has expired, which tells no more than that.

    Returns:
        None if there is none, or it cannot be had: the server or the proxy cannot be reached,
        nobody vouches for it, or the proxy speaks anything but HTTP.
    """
    if address.scheme != "https":
        return None
    try:
        with closing(_connection(address)) as connection:
            connection.connect()
            found = connection.sock.getpeercert() or {}
        return round(ssl.cert_time_to_seconds(str(found["notAfter"])) * 1000)
    except ssl.SSLCertVerificationError as error:
        return now_ms if error.verify_code == _EXPIRED else None
    except (OSError, HTTPException, KeyError, ValueError):
        return None


def _connection(address: Address) -> HTTPSConnection:
    """Return what will connect to a server, through the proxy that stands before it.

    Raises:
        OSError: the certificates of this machine cannot be read.
        ValueError: the proxy cannot be used.
    """
    context = ssl.create_default_context()
    port = address.port or HTTPS_PORT
    proxy = _proxy(address)
    if proxy is None:
        return HTTPSConnection(address.host, port, timeout=TIMEOUT_S, context=context)
    if proxy.scheme != "http" or not proxy.hostname:
        raise ValueError(proxy.scheme)
    connection = HTTPSConnection(
        proxy.hostname, proxy.port or _PROXY_PORT, timeout=TIMEOUT_S, context=context
    )
    connection.set_tunnel(address.host, port, _authorisation(proxy))
    return connection


def _proxy(address: Address) -> SplitResult | None:
    """Return the proxy that the environment names for a server, if it is to be used."""
    named = getproxies_environment()
    url = named.get("https") or named.get("all")
    if not url or address.is_loopback or proxy_bypass(address.host, named):
        return None
    return urlsplit(url if "://" in url else f"http://{url}")


def _authorisation(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode('ascii')}"}
