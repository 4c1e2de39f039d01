"""Replicas and one primary in this process: real files and engines, a network that fails to order.

A `Node` is one replica with its engine, clock and link. Whatever goes wrong on the way (`Fault`)
is said beforehand, so a story of operations is replayed exactly.
"""

import shutil
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest import mock

import apsw

from ipcom_chat.errors import (
    PrimaryError,
    PrimaryReadOnlyError,
    PrimaryTooLargeError,
    PrimaryUnreachableError,
)
from ipcom_chat.libsql.hrana import Result, Statement
from ipcom_chat.storage.database import Database, Transaction, connect
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.sync import engine as engine_module
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Identity, Options, Progress
from tests.support.primary import LocalPrimary
from tests.support.replica import NOW_MS, StepClock

T = TypeVar("T")

DAY_MS = 86_400_000


class CrashError(BaseException):
    """The process is gone."""


class LivelockError(AssertionError):
    """Exchanges do not come to an end."""


class Fault(NamedTuple):
    """What goes wrong with one exchange: on which of its requests, and at which step of it."""

    kind: str = ""
    request: int = 0
    step: int = 0


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits; so one exchange can run inside another."""
    try:
        work.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("it waits")


class CrashingDatabase(Database):
    """Dies before, inside or after one of its transactions. `fuse` counts these instants."""

    fuse: int | None = None

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        self._burn()
        with super().write() as transaction:
            yield transaction
            self._burn()
        self._burn()

    def _burn(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse == 0:
                raise CrashError


_EMPTY = LocalPrimary()


class Network:
    """The primary, and what is still on its way to it."""

    def __init__(self) -> None:
        self.primary = _EMPTY.copy()
        self.late: list[Sequence[Statement]] = []
        self.backups: list[LocalPrimary] = []
        self.old: LocalPrimary | None = None
        self.max_rows = 0
        """An answer with more rows is too large; 0 is no limit."""
        self.requests = 0
        self.epochs = 1

    def back_up(self) -> None:
        self.backups.append(self.primary.copy())

    def replace(self) -> None:
        """Put an empty primary there, as `server init` would."""
        self.epochs += 1
        self.primary = _EMPTY.copy()
        self.primary.database.execute("UPDATE sync_meta SET epoch = ?", (f"epoch-{self.epochs}",))

    def deliver(self, index: int) -> None:
        """Let a request that was long on its way arrive; nobody reads the answer."""
        if self.late:
            for statement in self.late.pop(index % len(self.late)):
                self.primary.run(statement)


class Link:
    """The way of one node to the primary."""

    has_readers = False

    def __init__(self, network: Network, meanwhile: Callable[[], None]) -> None:
        self._network = network
        self._meanwhile = meanwhile
        self.fault = Fault()
        self._request = 0

    def arm(self, fault: Fault) -> None:
        self.fault = fault
        self._request = 0

    async def exchange(
        self, requests: Sequence[Statement], *, at_primary: bool
    ) -> tuple[list[Result | PrimaryError], bool]:
        network = self._network
        network.requests += 1
        fault = self.fault if self._request == self.fault.request else Fault()
        self._request += 1
        if fault.kind == "stale" and not at_primary and network.old is not None:
            return [network.old.run(each) for each in requests], False
        if fault.kind == "torn" and not at_primary and self.has_readers:
            return [self._torn(each, fault.step) for each in requests], False
        self._before(fault, requests)
        results = [
            self._run(fault, fault.step % len(requests) == place, each)
            for place, each in enumerate(requests)
        ]
        self._after(fault, requests)
        if network.max_rows and any(
            isinstance(each, Result) and len(each.rows) > network.max_rows for each in results
        ):
            raise PrimaryTooLargeError("answer")
        return results, True

    def _torn(self, request: Statement, step: int) -> Result | PrimaryError:
        """Answer as a replica of the primary does that has the newest counter and not all rows."""
        found = self._network.primary.run(request)
        if isinstance(found, Result) and "FROM sync_changes" in request.sql:
            return Result(rows=found.rows[: step % (len(found.rows) + 1)])
        return found

    def _before(self, fault: Fault, requests: Sequence[Statement]) -> None:
        if fault.kind in {"late", "lost"}:
            if fault.kind == "late":
                self._network.late.append(requests)
            raise PrimaryUnreachableError("lost")
        if fault.kind == "too_large":
            raise PrimaryTooLargeError("request")
        if fault.kind == "twice":
            for each in requests:
                self._network.primary.run(each)

    def _run(self, fault: Fault, is_here: bool, request: Statement) -> Result | PrimaryError:
        if is_here and fault.kind == "busy":
            return PrimaryUnreachableError("busy")
        if is_here and fault.kind == "between":
            self._meanwhile()
        if is_here and fault.kind == "deliver":
            self._network.deliver(fault.step)
        if is_here and fault.kind == "backup":
            self._network.back_up()
        if fault.kind == "read_only" and request.sql.startswith("INSERT"):
            return PrimaryReadOnlyError("read only")
        return self._network.primary.run(request)

    def _after(self, fault: Fault, requests: Sequence[Statement]) -> None:
        if fault.kind == "echo":
            self._network.late.append(requests)
        if fault.kind in {"lost_reply", "garbage"}:
            raise PrimaryUnreachableError(fault.kind)
        if fault.kind == "too_large_reply":
            raise PrimaryTooLargeError("answer")
        if fault.kind == "crash_reply":
            raise CrashError


class Habits(NamedTuple):
    """The sizes with which the engines of a story work."""

    batch_rows: int = 500
    page_rows: int = 1000
    window_days: int = 0


class Node:
    """One replica, its engine, its clock and its link."""

    is_alone = False
    """Whether nobody else opens the file."""

    def __init__(
        self,
        path: Path,
        identity: tuple[str, str],
        network: Network,
        meanwhile: Callable[[], None],
        habits: Habits,
    ) -> None:
        self.path = path
        self.machine_id, self.replica_id = identity
        self.link = Link(network, meanwhile)
        self.habits = habits
        self.clock = StepClock(NOW_MS, seed=int(path.stem) << 40)
        self.users: list[str] = []
        self.in_flight = False
        self.saved: Path | None = None
        self.open()

    def open(self) -> None:
        """Start the program."""
        connection = connect(self.path)
        # No power cut happens here, and in a story no other process: half the time.
        connection.execute("PRAGMA synchronous = OFF")
        if self.is_alone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.database = CrashingDatabase(connection, self.path)
        identity = Identity(
            machine_id=self.machine_id, replica_id=self.replica_id, hostname="h", version="1"
        )
        options = Options(batch_rows=self.habits.batch_rows, window_days=self.habits.window_days)
        with self._pages():
            self.engine = Engine(self.database, self.link, identity, self.clock, options)

    def _pages(self) -> AbstractContextManager[object]:
        return mock.patch.object(engine_module, "PAGE_ROWS", self.habits.page_rows)

    def reopen(self) -> None:
        self.database.close()
        self.open()

    def exchange(self, fault: Fault = Fault(), fuse: int | None = None) -> Progress | None:  # noqa: B008
        """Make one exchange, whatever happens to it; return None where it failed."""
        if self.in_flight:
            return None
        self.in_flight = True
        self.link.arm(fault)
        self.database.fuse = fuse
        try:
            with self._pages():
                return run(self.engine.exchange(self.users))
        except PrimaryError:
            return None
        except CrashError:
            self.reopen()
            return None
        finally:
            self.database.fuse = None
            self.in_flight = False

    def cycle(self) -> Progress:
        """Exchange until there is nothing to carry; a failure is the test's."""
        self.link.arm(Fault())
        with self._pages():
            return run(self.engine.cycle(self.users))

    def copy_to(self, path: Path) -> None:
        """Copy the file, as a backup of the machine does."""
        self.database.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        shutil.copy(self.path, path)

    def restore(self, path: Path) -> None:
        """Put an older copy of the file in place."""
        self.database.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(path, self.path)
        self.open()


def template(folder: Path) -> Path:
    """Return an empty replica to be copied: making one is slow."""
    path = folder / "template.db"
    open_replica(path, now_ms=NOW_MS).close()
    return path
