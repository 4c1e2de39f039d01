"""Replicas, entries and real processes for the tests of the storage layer."""

import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

import apsw
import msgspec
import pytest

from ipcom_chat.domain.entry import Entry, Kind, Mode, Outcome, Scope, Status, content_hash
from ipcom_chat.errors import StorageError, StorageFullError
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId, SessionId, UserId
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import open_replica

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
NOW_MS = 1_800_000_000_000
MACHINE = MachineId("a" * 64)
REPLICA = ReplicaId("b" * 32)
SESSION = SessionId("00000000-0000-7000-8000-00000000000a")
USER = UserId("00000000-0000-5000-8000-00000000000b")
NOBODY = 65534

_context = get_context("forkserver")
# Children are forked from a process that has imported these and opened nothing.
_context.set_forkserver_preload(["ipcom_chat.storage.replica", "tests.support.replica"])


class StepClock:
    """A clock that a test moves; its random bits count up from `seed`."""

    def __init__(self, now_ms: int = NOW_MS, seed: int = 0) -> None:
        self.ms = now_ms
        self.bits = seed

    def now_ms(self) -> int:
        return self.ms

    def monotonic_ms(self) -> float:
        return float(self.ms)

    def random_bits(self, count: int) -> int:
        self.bits += 1
        return self.bits % (1 << count)


_ids = IdSource(StepClock())


def new_id() -> EntryId:
    return EntryId(_ids.new())


def an_entry(**changes: Any) -> Entry:
    """Return a pending question of this replica, with `changes`."""
    at = changes.get("created_at", NOW_MS)
    status = changes.get("status", Status.PENDING)
    is_final = status not in {Status.PENDING, Status.PROCESSING}
    values: dict[str, Any] = {
        "id": new_id(),
        "kind": Kind.QUESTION,
        "mode": Mode.GLOBAL,
        "os_user": "ana",
        "machine_id": MACHINE,
        "replica_id": REPLICA,
        "session_id": SESSION,
        "command": "why is the disk full?",
        "status": status,
        "created_at": at,
        "updated_at": at,
        "completed_at": at if is_final else None,
    }
    return Entry(**(values | changes))


def done(response: str = "an answer") -> Outcome:
    return Outcome(status=Status.COMPLETED, response=response)


GLOBAL = Scope(mode=Mode.GLOBAL, machine_id=MACHINE)


def stored(entries: Entries, entry_id: EntryId) -> Entry:
    entry = entries.get(entry_id)
    assert entry is not None
    return entry


def body_hash(entry: Entry) -> int:
    return content_hash(
        entry.id,
        entry.version,
        entry.status.value,
        entry.command,
        entry.response,
        entry.error_code,
        msgspec.json.encode(entry.tags).decode(),
        entry.model,
        entry.tokens_used,
        entry.execution_time_ms,
    )


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """Give the database of the replica at `path`."""
    replica = open_replica(path, now_ms=NOW_MS)
    try:
        yield replica.database
    finally:
        replica.close()


def fill(path: Path, count: int, *, size: int = 400) -> list[EntryId]:
    """Write `count` completed entries whose texts tell them apart; return their ids."""
    entries = [
        an_entry(status=Status.COMPLETED, command=f"question {n}", response=f"{n} " + "x" * size)
        for n in range(count)
    ]
    with opened(path) as database:
        Entries(database).add_all(entries, actor="test")
    return [entry.id for entry in entries]


def process(work: Callable[..., object], *args: Any) -> tuple[BaseProcess, Connection]:
    """Start `work(connection, *args)` in a process of its own; give both."""
    ours, theirs = _context.Pipe()
    child = _context.Process(target=work, args=(theirs, *args), daemon=True)
    child.start()
    theirs.close()
    return child, ours


def exit_code(work: Callable[..., object], *args: Any) -> int:
    """Run `work(connection, *args)` in a process of its own; return how it ended."""
    child, connection = process(work, *args)
    child.join(60)
    connection.close()
    code = child.exitcode
    assert code is not None, "still running"
    return code


def together(work: Callable[..., T], count: int, *args: Any) -> list[T]:
    """Run `work(index, *args)` in `count` processes that start at one instant.

    Returns:
        What each returned; a failure of any of them fails the test.
    """
    barrier = _context.Barrier(count)
    running = [process(_at_once, barrier, work, index, args) for index in range(count)]
    results = [connection.recv() for _child, connection in running]
    for child, connection in running:
        child.join(60)
        connection.close()
    failed = [text for ok, text in results if not ok]
    assert not failed, "\n".join(failed)
    return [value for _ok, value in results]


def _at_once(
    connection: Connection, barrier: Any, work: Callable[..., T], index: int, args: tuple[Any, ...]
) -> None:
    try:
        barrier.wait(60)
        connection.send((True, work(index, *args)))
    except BaseException:  # noqa: BLE001 - reported to the test
        connection.send((False, traceback.format_exc()))


def kill(child: BaseProcess) -> None:
    """Kill a process that a test started, as a power cut would."""
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join(60)


def die_at(step: int, statements: Callable[[str], bool], events: frozenset[str]) -> None:
    """Kill this process before its `step`-th SQL statement or audit event of those named."""
    seen = 0

    def count() -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def trace(_cursor: object, sql: str, _bindings: object) -> bool:
        if statements(sql):
            count()
        return True

    def audit(event: str, _args: object) -> None:
        if event in events:
            count()

    apsw.connection_hooks.append(lambda connection: connection.set_exec_trace(trace))
    if events:
        sys.addaudithook(audit)


def parts(path: Path) -> dict[str, bytes]:
    """Return the bytes of the file and of what SQLite keeps beside it."""
    found = (Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm", "-journal"))
    return {part.name: part.read_bytes() for part in found if part.exists()}


def in_mounted(mount: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code in a private mount namespace, after the shell command `mount`.

    Skips the test where namespaces are not allowed, unless tools are required.
    """
    command = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "-r"]
    allowed = (
        shutil.which("unshare")
        and not subprocess.run(
            [*command, "mount", "-t", "tmpfs", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        ).returncode
    )
    if not allowed:
        if os.environ.get("IPCOM_CHAT_REQUIRE_TOOLS") == "1":
            pytest.fail("private mount namespaces are needed")
        pytest.skip("private mount namespaces are not allowed here")
    script = f'{mount} && exec "$0" -c "$1"'
    return subprocess.run(
        [*command, "sh", "-c", script, sys.executable, code],
        cwd=ROOT,
        env={**os.environ, "FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def fill_the_disk(folder: Path) -> None:
    """Write until the disk is full; print whether all that was saved is there, and the error."""
    path = folder / "data" / "replica.db"
    saved, message = 0, ""
    with opened(path) as database:
        entries = Entries(database)
        while not message:
            try:
                entries.add(an_entry(response="x" * 20_000), actor="test")
                saved += 1
            except StorageFullError as error:
                message = str(error)
        count = database.number("SELECT count(*) FROM entries")
        sound = database.connection.pragma("integrity_check")
    with opened(path) as database:
        again = database.number("SELECT count(*) FROM entries")
    print(saved > 5, count == saved == again, sound, message)  # noqa: T201


def try_to_open(folder: Path) -> None:
    """Open a replica below `folder`; print the class and the sentence of the error."""
    try:
        open_replica(folder / "data" / "replica.db", now_ms=NOW_MS).close()
    except StorageError as error:
        print(type(error).__name__, error)  # noqa: T201
