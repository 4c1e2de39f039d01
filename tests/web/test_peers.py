"""Whose program is at the other end: real connections, and one of another account."""

import os
import socket
import subprocess
import sys

import pytest

from ipcom_chat.web.peers import is_own

_CONNECT = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket() as connection:
    connection.connect(("127.0.0.1", int(sys.argv[1])))
    os.read(0, 1)
"""


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_a_connection_of_this_account_is_own(family: int, host: str) -> None:
    with socket.socket(family) as listener:
        try:
            listener.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        listener.listen()
        with socket.create_connection(listener.getsockname()[:2]) as ours:
            theirs, _address = listener.accept()
            with theirs:
                client, server = ours.getsockname()[:2], theirs.getsockname()[:2]
                assert is_own(client, server)
                assert not is_own((client[0], client[1] ^ 1), server)


def test_one_from_elsewhere_is_not() -> None:
    assert not is_own(("192.0.2.1", 1234), ("127.0.0.1", 8479))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_one_of_another_account_is_not() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(20)
        port = listener.getsockname()[1]
        argv = [sys.executable, "-c", _CONNECT, str(port), "65534"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE) as other:
            theirs, client = listener.accept()
            with theirs:
                assert not is_own(client, theirs.getsockname())
            assert other.stdin is not None
            other.stdin.close()
