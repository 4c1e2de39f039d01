"""Whose program is at the other end of a connection from this machine.

Anybody with an account can connect to a loopback address; the kernel knows whose socket it is.
"""

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final

_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_STATE_ESTABLISHED: Final = "01"

Address = tuple[str, int]


def is_own(client: Address, server: Address) -> bool:
    """Return whether a connection comes from a program of this account, or of root.

    Args:
        client: where it comes from.
        server: where it arrived.
    """
    if not ip_address(client[0]).is_loopback:
        return False
    return _uid(client, server) in {0, os.geteuid()}


def _uid(client: Address, server: Address) -> int | None:
    wanted = (_written(client), _written(server), _STATE_ESTABLISHED)
    for name in _TABLES:
        try:
            rows = Path(name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue  # no such family here
        for row in rows:
            fields = row.split()
            if tuple(fields[1:4]) == wanted:
                return int(fields[7])
    return None


def _written(address: Address) -> str:
    """Return an address as the kernel's tables write it: words in the order of this machine."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    packed = socket.inet_pton(family, host)
    words = [packed[place : place + 4] for place in range(0, len(packed), 4)]
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words) + f":{port:04X}"
