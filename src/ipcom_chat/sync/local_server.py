"""A libSQL server on this machine for trying things out: started, watched, and ended again.

Invariants: it listens on loopback only; it ends with this process, however that ends; two never
run in one folder.

Source: `sqld --help` (0.24.32).
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import PrimarySetupError, PrimaryUnreachableError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Statement
from ipcom_chat.reasons import reason_of
from ipcom_chat.sync.target import Target

HOST = "127.0.0.1"
PROGRAM = "sqld"
OPTIONS = (
    "--no-welcome",
    "--shutdown-timeout", "1",
    # Requests queue before they take a connection. With more than one, writers queue for the write
    # lock, and under load that queue of sqld stalls: see docs/self-hosted.md.
    "--max-concurrent-connections", "1",
    "--max-concurrent-requests", "1024",
)  # fmt: skip
START_LIMIT_S = 30.0
STOP_LIMIT_S = 5.0
_POLL_S = 0.02
_LOG_MAX_BYTES = 1 << 26


class LocalServer:
    """A server that runs; made by `running`."""

    def __init__(self, process: Process, port: int, log: Path) -> None:
        self._process = process
        self.log = log
        """What the server prints."""
        self.target = Target(urls=(f"http://{HOST}:{port}",))

    async def wait(self) -> int:
        """Wait until the server ends; return its exit code."""
        return await self._process.wait()

    def failure(self) -> PrimarySetupError:
        """Return the error for a server that ended by itself, with its last words."""
        return PrimarySetupError(
            _(
                "sqld ended by itself: {reason}. Its output is in {log}.",
                reason=_last_line(self.log).rstrip(".! ") or _("it said nothing"),
                log=self.log,
            )
        )

    async def answers(self) -> None:
        """Wait until the server answers.

        Raises:
            PrimarySetupError: it ended, or does not answer.
        """
        until = monotonic() + START_LIMIT_S
        async with http_client(timeout_s=START_LIMIT_S) as http:
            client = Client(self.target.urls[0], token=None, http=http)
            while self._process.returncode is None and monotonic() < until:
                with contextlib.suppress(PrimaryUnreachableError):
                    await client.execute(Statement("SELECT 1"))
                    break
                await asyncio.sleep(_POLL_S)
        await asyncio.sleep(0)  # lets the loop learn that the process ended
        if self._process.returncode is not None or monotonic() >= until:
            raise self.failure()

    async def end(self) -> None:
        """End the server and all that it started."""
        for number, limit_s in ((signal.SIGTERM, STOP_LIMIT_S), (signal.SIGKILL, None)):
            if self._process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), limit_s)


def find_binary(environment: Mapping[str, str]) -> str:
    """Return the server's binary: that named by SQLD_BIN, else the one on PATH.

    Raises:
        PrimarySetupError: there is none.
    """
    named = environment.get("SQLD_BIN")
    found = shutil.which(named or PROGRAM, path=environment.get("PATH"))
    if found:
        return found
    if named:
        text = _("SQLD_BIN names {path}, which is no program that can be run.", path=named)
    else:
        text = _(
            "There is no 'sqld' on PATH. Install the libSQL server, or set SQLD_BIN to where it is."
        )
    raise PrimarySetupError(text)


@asynccontextmanager
async def running(binary: str, folder: Path, port: int) -> AsyncIterator[LocalServer]:
    """Run a server over the data in `folder` for a block, and end it with the block.

    Raises:
        PrimarySetupError: the port or the folder is taken or not usable, or it does not start.
    """
    _check_port(port)
    with _only_one(folder):
        log = folder / "sqld.log"
        process = await _start(binary, folder, port, log)
        server = LocalServer(process, port, log)
        try:
            await server.answers()
            yield server
        finally:
            await server.end()


async def _start(binary: str, folder: Path, port: int, log: Path) -> Process:
    # The kernel ends the server when this process dies without ending it.
    guard = shutil.which("setpriv")
    command = [*([guard, "--pdeathsig", "TERM"] if guard else []), binary, *OPTIONS]
    command += ["--db-path", str(folder / "data.sqld"), "--http-listen-addr", f"{HOST}:{port}"]
    try:
        with log.open("wb") as output:
            return await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                # Nothing of the environment: SQLD_AUTH_JWT_KEY and the like would change it.
                env={"PATH": os.defpath, "RUST_LOG": "info"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C on the terminal is for us; we end the server in our own time.
                start_new_session=True,
            )
    except OSError as error:
        raise PrimarySetupError(
            _("Cannot start {path}: {reason}.", path=binary, reason=reason_of(error))
        ) from error


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        # A port whose last connections are still closing is free for a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PrimarySetupError(
                _(
                    "Cannot listen on port {port}: {reason}. Choose another: "
                    "ipcom-chat server dev --port N.",
                    port=port,
                    reason=reason_of(error),
                )
            ) from error


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Make the folder, and hold it for one server at a time."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PrimarySetupError(
            _("Cannot use the folder {folder}: {reason}.", folder=folder, reason=reason_of(error))
        ) from error
    try:
        _hold(lock, folder)
        yield
    finally:
        os.close(lock)


def _hold(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise PrimarySetupError(
            _("Another 'ipcom-chat server dev' runs in {folder}.", folder=folder)
        ) from error


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        data, _attributes = read_regular(log, max_bytes=_LOG_MAX_BYTES)
        lines = data.decode("utf-8", "replace").split("\n")
        return one_line(next((line for line in reversed(lines) if line.strip()), ""))
    return ""
