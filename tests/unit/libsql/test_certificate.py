"""Until when a certificate is valid, as real TLS servers show it."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ipcom_chat.libsql import certificate as module
from ipcom_chat.libsql.address import Address
from ipcom_chat.libsql.certificate import valid_until
from tests.support.proxy import refused_port
from tests.support.sqld import self_signed

DAY_MS = 86_400_000
NOW_MS = 1_795_862_239_871


@contextmanager
def serving(certificate: Path, key: Path) -> Iterator[Address]:
    """Serve handshakes, one after another."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _address = server.accept()
                    with suppress(OSError), context.wrap_socket(client, server_side=True) as tls:
                        tls.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Address.parse(f"https://127.0.0.1:{server.getsockname()[1]}")
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Give a certificate of two days, vouched for on this machine, and its key."""
    certificate, key = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate, key


def test_a_certificate_that_is_valid(files: tuple[Path, Path]) -> None:
    with serving(*files) as address:
        until = valid_until(address, now_ms=NOW_MS)
    assert until is not None
    days = (until - time.time() * 1000) / DAY_MS
    assert 1.9 < days <= 2


def test_one_that_has_expired_is_valid_until_now(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, key = files
    expired = tmp_path / "expired.pem"
    argv = ["openssl", "x509", "-in", str(good), "-signkey", str(key), "-days", "-1"]
    subprocess.run([*argv, "-out", str(expired)], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(expired))
    with serving(expired, key) as address:
        assert valid_until(address, now_ms=NOW_MS) == NOW_MS


def test_one_that_nobody_vouches_for_tells_nothing(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with serving(*files) as address:
        assert valid_until(address, now_ms=NOW_MS) is None


def test_no_server_no_tls_and_no_address() -> None:
    with refused_port() as port:
        assert valid_until(Address.parse(f"https://127.0.0.1:{port}"), now_ms=NOW_MS) is None
        assert valid_until(Address.parse(f"http://127.0.0.1:{port}"), now_ms=NOW_MS) is None
    assert valid_until(Address.parse("https://host.invalid"), now_ms=NOW_MS) is None


def test_a_server_that_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address.parse(f"https://127.0.0.1:{server.getsockname()[1]}")
        assert valid_until(address, now_ms=NOW_MS) is None
