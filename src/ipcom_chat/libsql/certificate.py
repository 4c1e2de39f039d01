"""Until when the certificate of a server is valid; asked over a connection of its own.

Invariants: nothing but the handshake is sent; it takes `TIMEOUT_S` at most for each of the
server's addresses.
"""

import socket
import ssl
from typing import Final

from ipcom_chat.libsql.address import Address

TIMEOUT_S: Final = 5.0
HTTPS_PORT: Final = 443
_EXPIRED: Final = 10
"""X509_V_ERR_CERT_HAS_EXPIRED."""


def valid_until(address: Address, *, now_ms: int) -> int | None:
    """Return until when a server's certificate is valid, epoch milliseconds.

    Args:
        address: the server.
        now_ms: returned for a certificate that has expired, which tells no more than that.

    Returns:
        None if there is none, or it cannot be had: behind a proxy, or unreachable.
    """
    if address.scheme != "https":
        return None
    target = (address.host, address.port or HTTPS_PORT)
    try:
        context = ssl.create_default_context()
        with (
            socket.create_connection(target, TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=address.host) as wrapped,
        ):
            found = wrapped.getpeercert() or {}
        return round(ssl.cert_time_to_seconds(str(found["notAfter"])) * 1000)
    except ssl.SSLCertVerificationError as error:
        return now_ms if error.verify_code == _EXPIRED else None
    except (OSError, KeyError, ValueError):
        return None
