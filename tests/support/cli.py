"""Runs the command line: in this process, as a process of its own, or on a terminal."""

import fcntl
import io
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec

from ipcom_chat import i18n
from ipcom_chat.cli.main import main
from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId
from ipcom_chat.logs import close_log
from ipcom_chat.settings import load
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import open_replica
from tests.support.env import MACHINE_ID

PROGRAM = (sys.executable, "-m", "ipcom_chat")
TIMEOUT_S = 60


class Finished(NamedTuple):
    """What a run left."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what stdout holds."""
        return msgspec.json.decode(self.out)


class _Stream(io.TextIOWrapper):
    """A stream that is or is not a terminal, as the test wants."""

    def __init__(self, data: bytes = b"", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", newline="")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


def run_cli(
    argv: Sequence[str],
    env: Mapping[str, str],
    stdin: str | bytes | None = None,
    *,
    terminal: bool = False,
) -> Finished:
    """Run `main` in this process; no input means that stdin is a terminal."""
    streams = (
        _Stream(stdin.encode() if isinstance(stdin, str) else stdin or b"", terminal=stdin is None),
        _Stream(terminal=terminal),
        _Stream(),
    )
    with _process(env, streams):
        code = main(list(argv))
    return Finished(code, streams[1].text(), streams[2].text())


@contextmanager
def _process(env: Mapping[str, str], streams: tuple[_Stream, _Stream, _Stream]) -> Iterator[None]:
    language = i18n.language()
    with (
        patch.dict(os.environ, env, clear=True),
        patch.object(sys, "stdin", streams[0]),
        patch.object(sys, "stdout", streams[1]),
        patch.object(sys, "stderr", streams[2]),
    ):
        try:
            yield
        finally:
            i18n.use(language)
            close_log()


def run_program(
    argv: Sequence[str], env: Mapping[str, str], stdin: str | bytes | None = None, **options: Any
) -> Finished:
    """Run the program as a process of its own; no input means `/dev/null`."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    done = subprocess.run(
        [*PROGRAM, *argv],
        env=dict(env),
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
        **given,
        **options,
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def start_program(argv: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start the program with pipes and let it run; the caller ends it."""
    return subprocess.Popen(
        [*PROGRAM, *argv],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run_on_terminal(argv: Sequence[str], env: Mapping[str, str]) -> Finished:
    """Run the program with a terminal as stdin and stdout; stderr is a pipe."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *argv], env=dict(env), stdin=slave, stdout=slave, stderr=subprocess.PIPE
    )
    os.close(slave)
    out = b"".join(_read_all(master))
    os.close(master)
    _none, err = process.communicate(timeout=TIMEOUT_S)
    return Finished(process.returncode, out.decode().replace("\r\n", "\n"), err.decode())


def converse(argv: Sequence[str], env: Mapping[str, str], *answers: str) -> Finished:
    """Run the program on a terminal of 80 columns and type the answers; all that it shows is out.

    The terminal does not show what is typed.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    modes = termios.tcgetattr(slave)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    os.write(master, "".join(f"{answer}\n" for answer in answers).encode())
    process = subprocess.Popen(
        [*PROGRAM, *argv], env=dict(env), stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    out = b"".join(_read_all(master))
    os.close(master)
    return Finished(process.wait(TIMEOUT_S), out.decode().replace("\r\n", "\n"), "")


def _read_all(descriptor: int) -> Iterator[bytes]:
    while select.select([descriptor], [], [], TIMEOUT_S)[0]:
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # the other side was closed
            return
        if not data:
            return
        yield data


def add_entries(env: Mapping[str, str], *changes: Mapping[str, Any]) -> list[Entry]:
    """Write completed questions, changed as given, into the replica of an environment."""
    clock = SystemClock()
    ids = IdSource(clock)
    made = [_entry(ids, clock.now_ms(), change) for change in changes]
    replica = open_replica(load(env).paths.replica, now_ms=clock.now_ms())
    try:
        Entries(replica.database).add_all(made, actor="test")
    finally:
        replica.close()
    return made


def _entry(ids: IdSource, now_ms: int, change: Mapping[str, Any]) -> Entry:
    values: dict[str, Any] = {
        "id": EntryId(ids.new()),
        "kind": Kind.QUESTION,
        "mode": Mode.GLOBAL,
        "os_user": "root",
        "machine_id": MachineId(MACHINE_ID),
        "replica_id": ReplicaId("r" * 32),
        "command": "how full is the disk?",
        "response": "42 %",
        "status": Status.COMPLETED,
        "created_at": now_ms,
        "updated_at": now_ms,
        "completed_at": now_ms,
        "execution_time_ms": 12,
    } | dict(change)
    return msgspec.convert(values, Entry)
