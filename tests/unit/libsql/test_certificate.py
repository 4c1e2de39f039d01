"""Until when a certificate is valid, as real TLS servers show it."""

import base64
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
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
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer connections, one after another, on the port that is given."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _address = server.accept()
                    with client, suppress(OSError):
                        answer(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def serving(certificate: Path, key: Path) -> Iterator[Address]:
    """Serve handshakes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def shake_hands(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as tls:
            tls.recv(1)

    with listening(shake_hands) as port:
        yield Address.parse(f"https://127.0.0.1:{port}")


class CompanyProxy:
    """Lets through whoever asks for the one server behind it, by whatever name.

    Args:
        server: where it really is.
        status: what CONNECT is answered.
    """

    def __init__(self, server: Address, status: bytes = b"200 OK") -> None:
        self._server = ("127.0.0.1", server.port or 0)
        self._status = status
        self.heads: list[bytes] = []
        """What was asked."""

    def __call__(self, client: socket.socket) -> None:
        """Serve one tunnel."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        self.heads.append(head)
        client.sendall(b"HTTP/1.1 " + self._status + b"\r\n\r\n")
        if not self._status.startswith(b"200"):
            return
        with socket.create_connection(self._server) as server:
            up = threading.Thread(target=_pump, args=(client, server))
            up.start()
            _pump(server, client)
            up.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """Give a server that is reached through a proxy only, under the name in its certificate."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    certificate, key = self_signed(tmp_path, "history.invalid")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate, key) as address:
        yield address


FAR = Address.parse("https://history.invalid")


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


def test_through_the_proxy_that_the_environment_names(
    behind: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = CompanyProxy(behind)
    with listening(company) as port:
        for name, url in (
            ("HTTPS_PROXY", f"http://127.0.0.1:{port}"),
            ("https_proxy", f"127.0.0.1:{port}"),
            ("ALL_PROXY", f"http://127.0.0.1:{port}"),
        ):
            with monkeypatch.context() as named:
                named.setenv(name, url)
                until = valid_until(FAR, now_ms=NOW_MS)
            assert until is not None, name
            assert 1.9 < (until - time.time() * 1000) / DAY_MS <= 2
    assert len(company.heads) == 3
    assert all(head.startswith(b"CONNECT history.invalid:443 HTTP/1.") for head in company.heads)
    assert not any(b"Authorization" in head for head in company.heads)


def test_a_proxy_that_wants_a_password(behind: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    company = CompanyProxy(behind)
    with listening(company) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ana:p%40ss@127.0.0.1:{port}")
        assert valid_until(FAR, now_ms=NOW_MS) is not None
    pair = base64.b64encode(b"ana:p@ss")
    assert b"\r\nProxy-Authorization: Basic " + pair + b"\r\n" in company.heads[0]


def test_a_server_that_the_proxy_is_not_for(
    behind: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = CompanyProxy(behind)
    with listening(company) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", "history.invalid")
        assert valid_until(FAR, now_ms=NOW_MS) is None
        monkeypatch.delenv("NO_PROXY")
        valid_until(behind, now_ms=NOW_MS)  # of this machine
    assert company.heads == []


def test_a_proxy_that_does_not_let_through(
    behind: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = CompanyProxy(behind, b"407 Proxy Authentication Required")
    with listening(company) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert valid_until(FAR, now_ms=NOW_MS) is None
    assert len(company.heads) == 1


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:1", "http://[::1", "http://", "http://h:x"])
def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.setenv("https_proxy", url)
    assert valid_until(FAR, now_ms=NOW_MS) is None
