"""Machines that share one primary: each a home of its own, driven through the real program."""

import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw
import msgspec

from ipcom_chat.runtime import Runtime
from ipcom_chat.services.sync import SyncStatus
from ipcom_chat.settings import load
from ipcom_chat.sync.exchanges import Progress
from tests.support.cli import Finished, add_entries, run_cli, run_program, start_program
from tests.support.env import isolated_env, replica

T = TypeVar("T")

LIMIT_S = 30.0
POLL_S = 0.02
WRONG_TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJhIjoicncifQ.AAAA"


class Machine:
    """One OS user on one machine.

    Args:
        folder: where its home is made, below `name`.
        name: its machine id.
        url: the primary.
        environment: further variables.
    """

    def __init__(self, folder: Path, name: str, url: str, **environment: str) -> None:
        self.name = name
        self.env = isolated_env(folder / name) | {
            "IPCOM_CHAT_MACHINE_ID": name,
            "TURSO_DATABASE_URL": url,
            **environment,
        }

    @property
    def file(self) -> Path:
        """The replica."""
        return replica(self.env)

    def run(self, *argv: str, **more: str) -> Finished:
        """Run the command line in this process."""
        return run_cli(argv, self.env | more)

    def program(self, *argv: str, **more: str) -> Finished:
        """Run the program as a process of its own."""
        return run_program(argv, self.env | more)

    def start(self, *argv: str, **more: str) -> "subprocess.Popen[bytes]":
        """Start the program; the caller ends it."""
        return start_program(argv, self.env | more)

    @contextmanager
    def runtime(self, **more: str) -> Iterator[Runtime]:
        """Open the replica and its services."""
        opened = Runtime(load(self.env | more))
        try:
            yield opened
        finally:
            opened.close()

    def save(self, *texts: str, **changes: Any) -> list[str]:
        """Write a completed question for each text; return their ids."""
        with self.runtime() as runtime:
            own = {"machine_id": self.name, "replica_id": runtime.replica_id} | changes
        made = add_entries(self.env, *({"command": text} | own for text in texts))
        return [entry.id for entry in made]

    def sync(self, **more: str) -> Progress:
        """Exchange until both sides have everything."""
        with self.runtime(**more) as runtime:
            return runtime.sync.cycle(runtime.sync_users())

    def status(self) -> SyncStatus:
        """Return where synchronisation stands."""
        with self.runtime() as runtime:
            return runtime.sync.status()

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """Read, or change, the replica with plain SQL."""
        connection = apsw.Connection(str(self.file))
        try:
            connection.set_busy_timeout(10_000)
            return list(connection.execute(sql, args))
        finally:
            connection.close()

    def texts(self) -> list[str]:
        """Return the questions that this replica holds, sorted; one stands twice if it is twice."""
        return sorted(
            str(row[0]) for row in self.rows("SELECT command FROM entries WHERE kind = 'question'")
        )

    def unacknowledged(self) -> int:
        """Return how many entries wait."""
        ((count,),) = self.rows(
            "SELECT count(*) FROM entries WHERE local_seq > acked_seq AND private = 0"
        )
        return int(count)


def rows_of(url: str, sql: str, token: str | None = None) -> list[tuple[Any, ...]]:
    """Return what plain SQL over HTTP finds on a primary; an error fails the test."""
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    body = {"requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}]}
    request = urllib.request.Request(f"{url}/v3/pipeline", msgspec.json.encode(body), headers)
    with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
        first = msgspec.json.decode(answer.read())["results"][0]
    assert first["type"] == "ok", first
    return [tuple(_value(cell) for cell in row) for row in first["response"]["result"]["rows"]]


def _value(cell: dict[str, Any]) -> Any:
    value = cell.get("value")
    return int(value) if cell["type"] == "integer" and value is not None else value


def questions_on(url: str, token: str | None = None) -> list[str]:
    """Return the questions that a primary holds, sorted; one stands twice if it is twice."""
    sql = "SELECT command FROM entries WHERE kind = 'question' ORDER BY command"
    return [row[0] for row in rows_of(url, sql, token)]


def initialise(url: str, folder: Path, **environment: str) -> None:
    """Prepare a primary."""
    done = Machine(folder, "administrator", url, **environment).run("server", "init")
    assert done.code == 0, done.err


def eventually(read: Callable[[], T], holds: Callable[[T], object], limit_s: float = LIMIT_S) -> T:
    """Wait until what `read` returns is as wanted; return it."""
    until = time.monotonic() + limit_s
    while not holds(found := read()):
        assert time.monotonic() < until, f"still {found!r}"
        time.sleep(POLL_S)
    return found


def background(work: Callable[[], T]) -> "Future[T]":
    """Run `work` in a thread; the future tells how it went."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - the test asks for it
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Told:
    """The lines that a running program writes to a stream, as they come."""

    def __init__(self, stream: Any) -> None:
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self.lines.append(line.decode().rstrip("\n"))

    def wait_for(self, text: str, *, after: int = 0, limit_s: float = LIMIT_S) -> str:
        """Wait for a line, after those that were counted before, that holds `text`."""
        found = eventually(
            lambda: [line for line in self.lines[after:] if text in line], bool, limit_s
        )
        return found[0]

    def end(self) -> list[str]:
        """Wait until the stream has ended; return all lines."""
        self._thread.join(LIMIT_S)
        return self.lines


@contextmanager
def running(
    machine: Machine, *argv: str, **more: str
) -> "Iterator[tuple[subprocess.Popen[bytes], Told]]":
    """Run the program until the end of the block; give the process and its stderr."""
    process = machine.start(*argv, **more)
    assert process.stderr is not None
    assert process.stdout is not None
    try:
        yield process, Told(process.stderr)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def silent_server() -> Iterator[int]:
    """Give a port where connections are accepted and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]
