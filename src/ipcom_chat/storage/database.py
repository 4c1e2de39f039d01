"""Opens the replica and gives its transactions.

Invariants:
- Every write happens inside `Database.write()`, one short `BEGIN IMMEDIATE` transaction; when it
  returns, the change survives a power cut (`synchronous=FULL`).
- Deleted text is overwritten (`secure_delete`). A transaction that clears text says so; the WAL,
  which still holds it, is truncated as soon as nobody reads from it, by this process or by the
  next that opens the file. Until then `is_erasure_pending`.
- One checkpoint policy: the connection whose commit brings the WAL to 1,000 pages moves them
  into the file, and the WAL shrinks to 16 MiB at most when it starts anew. The connection that
  synchronises does so from 500 on: where there is one, nobody who saves waits for it.
- A file that is damaged, newer than this program or on an unsuitable file system is never
  written to.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/c3ref/busy_handler.html
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from random import uniform
from time import monotonic, sleep
from typing import Any, TypeVar

import apsw
import msgspec

from ipcom_chat.domain.entry import content_hash
from ipcom_chat.errors import FileSystemError, StorageReadOnlyError
from ipcom_chat.i18n import _
from ipcom_chat.storage.faults import BUSY_TIMEOUT_S, read_only_message, translated
from ipcom_chat.storage.locks import FILE_MODE
from ipcom_chat.storage.meter import WRITE, Meter, timing

WAL_PAGES = 1000
BACKGROUND_WAL_PAGES = 500
WAL_MAX_BYTES = 16 * 1024 * 1024
FOLDER_MODE = 0o700

_RETRY_MIN_S = 0.0003
_RETRY_MAX_S = 0.002

_BEGIN = "BEGIN IMMEDIATE"
_COMMIT = "COMMIT"
_ROLLBACK = "ROLLBACK"
# Both only rise: what was cleared, and up to where the WAL has been emptied since.
_CLEARED = """
INSERT INTO counters (name, n) VALUES ('cleared', 1) ON CONFLICT (name) DO UPDATE SET n = n + 1
"""
_TO_ERASE = """
SELECT n FROM counters WHERE name = 'cleared'
AND n > coalesce((SELECT n FROM counters WHERE name = 'erased'), 0)
"""
_ERASED = """
INSERT INTO counters (name, n) VALUES ('erased', ?)
ON CONFLICT (name) DO UPDATE SET n = max(n, excluded.n)
"""
_TRUNCATE_WAL = "PRAGMA wal_checkpoint(TRUNCATE)"
ERASE_PATIENCE_S = 0.25
ERASE_EVERY_S = 5.0

_LOCAL_SEQ = "SELECT n FROM counters WHERE name = 'local_seq'"
_DATA_VERSION = "PRAGMA data_version"
_NEXT_LOCAL_SEQS = "UPDATE counters SET n = n + ? WHERE name = 'local_seq' RETURNING n"

Row = tuple[Any, ...]
T = TypeVar("T")


class Database:
    """One connection to the replica."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self.meter: Meter | None = None
        """Notes how long saves take; None: nobody asked."""
        self.clearings = 0
        """How many transactions of this connection have cleared text."""
        self._next_erasure_s: float | None = None
        """When to try again to empty the WAL; None if nothing waits for it here."""

    def rows(self, sql: str, bindings: dict[str, Any] | Row = ()) -> Iterator[Row]:
        """Yield the rows of a statement that only reads, one by one.

        Raises:
            StorageError: see `errors`.
        """
        with translated(self.path):
            yield from self.connection.execute(sql, bindings)

    def row(self, sql: str, bindings: dict[str, Any] | Row = ()) -> Row | None:
        """Return the first row of a statement that only reads, if there is one."""
        with translated(self.path):
            return next(iter(self.connection.execute(sql, bindings).fetchall()), None)

    @contextmanager
    def write(self) -> "Iterator[Transaction]":
        """Run the block in one transaction; an exception leaves nothing of it behind.

        Raises:
            StorageError: see `errors`.
        """
        with translated(self.path):
            self.connection.execute(_BEGIN)
            transaction = Transaction(self.connection)
            try:
                yield transaction
                self.connection.execute(_COMMIT)
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute(_ROLLBACK)
                raise
            self.clearings += transaction.clears
            if transaction.clears or (self._next_erasure_s or monotonic()) < monotonic():
                self.erase()

    @contextmanager
    def save(self) -> "Iterator[Transaction]":
        """Run the block as `write` does, and measure it: for what a person saves.

        Raises:
            StorageError: see `errors`.
        """
        with timing(self.meter, WRITE), self.write() as transaction:
            yield transaction

    @property
    def is_erasure_pending(self) -> bool:
        """Whether the WAL may still hold text that was cleared."""
        return self.row(_TO_ERASE) is not None

    def erase(self, patience_s: float = 0.0) -> bool:
        """Empty the WAL if text was cleared; return False if somebody still reads from it.

        Args:
            patience_s: how long to wait for whoever does.

        Raises:
            StorageError: see `errors`.
        """
        found = self.row(_TO_ERASE)
        if found is None:
            self._next_erasure_s = None
            return True
        with translated(self.path):
            self.connection.set_busy_handler(fair_busy_handler(patience_s))
            try:
                is_busy = bool(self.connection.execute(_TRUNCATE_WAL).fetchall()[0][0])
            except (apsw.BusyError, apsw.LockedError):
                is_busy = True
            finally:
                self.connection.set_busy_handler(fair_busy_handler())
            if is_busy:
                self._next_erasure_s = monotonic() + ERASE_EVERY_S
                return False
            self.connection.execute(_ERASED, found)
        self._next_erasure_s = None
        return True

    def number(self, sql: str, bindings: dict[str, Any] | Row = ()) -> int:
        """Return the one number that a statement selects; no row or NULL counts as 0."""
        row = self.row(sql, bindings)
        return int(row[0] or 0) if row else 0

    def last_change(self) -> int:
        """Return the number (`local_seq`) of the last change of any row that was made here."""
        return self.number(_LOCAL_SEQ)

    def data_version(self) -> int:
        """Return a number that changes whenever another connection commits."""
        return self.number(_DATA_VERSION)

    @contextmanager
    def hurried(self, patience_s: float) -> Iterator[None]:
        """Let the writes of the block wait neither for others nor for the disk.

        A power cut may take them back; the death of a process does not.
        """
        with translated(self.path):
            self.connection.set_busy_handler(fair_busy_handler(patience_s))
            self.connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            with translated(self.path):
                self.connection.execute("PRAGMA synchronous = FULL")
                self.connection.set_busy_handler(fair_busy_handler())

    def take_checkpoints(self) -> None:
        """Take checkpoints off the other connections; for one that nobody waits for."""
        self.connection.wal_autocheckpoint(BACKGROUND_WAL_PAGES)

    def close(self) -> None:
        """Close the connection; the last one of all processes folds the WAL into the file."""
        self.connection.close()


class Transaction:
    """What can be done inside `Database.write()`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.clears = False
        """Whether text was cleared that must leave the WAL, too."""

    def clear(self) -> None:
        """Say that this transaction clears text."""
        if not self.clears:
            self.clears = True
            self.execute(_CLEARED)

    def execute(self, sql: str, bindings: dict[str, Any] | Row = ()) -> list[Row]:
        """Run one statement and return what it returns."""
        return self._connection.execute(sql, bindings).fetchall()

    def changed(self, sql: str, bindings: dict[str, Any] | Row = ()) -> int:
        """Run one statement and return how many rows it changed."""
        self._connection.execute(sql, bindings)
        return self._connection.changes()

    def execute_many(self, sql: str, bindings: Iterable[Row]) -> None:
        """Run one statement once for each of the bindings."""
        self._connection.executemany(sql, bindings)

    def next_local_seq(self) -> int:
        """Return a number higher than that of every earlier local change."""
        return self.next_local_seqs(1)[0]

    def next_local_seqs(self, count: int) -> range:
        """Return `count` numbers in a row, each higher than that of every earlier change."""
        last = int(self.execute(_NEXT_LOCAL_SEQS, (count,))[0][0])
        return range(last - count + 1, last + 1)


def json_list(values: Iterable[int | str]) -> str:
    """Return values as the one text from which `json_each` gives them back."""
    return msgspec.json.encode(list(values)).decode()


def decoded(decoder: msgspec.json.Decoder[T], text: str, otherwise: T) -> T:
    """Return a JSON column; one bad value of others must not hide a whole list of rows."""
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return otherwise


def connect(path: Path) -> apsw.Connection:
    """Return a configured connection to the file at `path`, made if it is missing.

    Closing it leaves the WAL alone until `keep_wal` allows more.

    Raises:
        StorageError: see `errors`.
    """
    with translated(path):
        _make_private(path)
        connection = open_file(path)
        try:
            if connection.readonly("main"):  # SQLite falls back to reading without a word
                raise StorageReadOnlyError(read_only_message(path))
            _configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def open_file(path: Path, *, read_only: bool = False) -> apsw.Connection:
    """Return a plain connection to a file, whatever bytes its folders are named by."""
    how = (
        apsw.SQLITE_OPEN_READONLY
        if read_only
        else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    )
    try:
        name = str(path)
        name.encode()
    except UnicodeEncodeError:
        # SQLite takes names in UTF-8; an older locale's `/home/jo\xe3o` can be said as a URI only.
        from urllib.parse import quote  # noqa: PLC0415 - 3 ms that hardly anybody needs

        name = f"file:{quote(os.fsencode(path))}"
        how |= apsw.SQLITE_OPEN_URI
    return apsw.Connection(name, flags=how)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, for the owner alone whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def _make_private(path: Path) -> None:
    make_folder(path.parent)
    # Created here and not by SQLite, so that nobody else can read it for even a moment; the WAL
    # and its index take over the mode of the file. A file that exists is not even opened: closing
    # it would drop the POSIX locks of every other connection of this process.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))


def _configure(connection: apsw.Connection) -> None:
    keep_wal(connection, keep=True)
    connection.set_busy_handler(fair_busy_handler())
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_MAX_BYTES}")
    connection.wal_autocheckpoint(WAL_PAGES)
    connection.create_scalar_function("content_hash", content_hash, deterministic=True)


def keep_wal(connection: apsw.Connection, *, keep: bool) -> None:
    """Leave the WAL as it is when the connection closes, until the file is known to be ours."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)


def use_wal(connection: apsw.Connection, path: Path) -> None:
    """Switch the file to WAL, however many processes try the same.

    Raises:
        FileSystemError: the file system cannot share memory between processes.
    """
    # SQLite does not call the busy handler for this statement.
    wait = fair_busy_handler()
    for attempt in count():
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchall()[0][0]
            break
        except apsw.BusyError:
            if not wait(attempt):
                raise
    if mode != "wal":
        raise FileSystemError(no_wal_message(path))


def no_wal_message(path: Path) -> str:
    """Return the sentence for a file system on which several processes cannot share the file."""
    return _(
        "The folder {folder} is on a file system where several programs cannot safely share the "
        "history (a network share?). Nothing was written. Set IPCOM_CHAT_DATA_DIR to a folder on "
        "a local disk.",
        folder=path.parent,
    )


def fair_busy_handler(
    timeout_s: float = BUSY_TIMEOUT_S, pause: Callable[[float], None] = sleep
) -> Callable[[int], bool]:
    """Return a busy handler that gives every waiting process the same chance.

    SQLite's own time-out sleeps longer after each failure, so under load the process that waited
    longest asks least often; one writer was seen to starve for 1.5 s. Short random sleeps of
    the same length for everybody do not.
    """
    start = 0.0

    def wait(attempt: int) -> bool:
        nonlocal start
        if attempt == 0:
            start = monotonic()
        elif monotonic() - start > timeout_s:
            return False
        pause(uniform(_RETRY_MIN_S, _RETRY_MAX_S))  # noqa: S311 - fairness, not secrecy
        return True

    return wait
