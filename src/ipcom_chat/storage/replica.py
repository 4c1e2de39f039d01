"""Opens the replica: checks the file system, recovers a damaged file, migrates.

A process holds a shared lock beside the file as long as it is open; a damaged file is set aside
only by a process that gets the lock alone, so nobody goes on writing into a file that was moved.
"""

import fcntl
import os
from pathlib import Path
from random import uniform
from time import monotonic, sleep

import apsw

from ipcom_chat.errors import FileSystemError, StorageCorruptError
from ipcom_chat.i18n import _
from ipcom_chat.schema import latest, migrations
from ipcom_chat.storage.database import (
    Database,
    connect,
    keep_wal,
    make_folder,
    no_wal_message,
    use_wal,
)
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.filesystem import is_shareable
from ipcom_chat.storage.locks import damage_mark, open_lock, take
from ipcom_chat.storage.migrate import check_ours, migrate
from ipcom_chat.storage.salvage import Recovery, recover

ALONE_TIMEOUT_S = 3.0
_ALONE_RETRY_S = 0.04


class Replica:
    """An open replica. `recovery` says what was saved if the file was found damaged."""

    def __init__(self, database: Database, lock: int, recovery: Recovery | None) -> None:
        self.database = database
        self.recovery = recovery
        self._lock = lock

    def close(self) -> None:
        """Close the file and let go of its lock."""
        self.database.close()
        os.close(self._lock)


def open_replica(path: Path, *, now_ms: int) -> Replica:
    """Open the replica at `path`; make it if there is none.

    Raises:
        StorageError: see `errors`; the file was not changed.
    """
    if not is_shareable(path):
        raise FileSystemError(no_wal_message(path))
    lock = _lock_file(path)
    try:
        return _open(path, lock, now_ms)
    except BaseException:
        os.close(lock)
        raise


def _open(path: Path, lock: int, now_ms: int) -> Replica:
    recovery: Recovery | None = None
    deadline = monotonic() + ALONE_TIMEOUT_S
    while True:
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while another process recovers the file
        if not damage_mark(path).exists():
            try:
                return Replica(_ready(path, now_ms), lock, recovery)
            except StorageCorruptError:
                if recovery is not None:
                    raise
        if _is_alone(lock):
            recovery = _recover(path, now_ms)
        elif monotonic() > deadline:
            raise StorageCorruptError(_in_use(path))
        else:
            sleep(uniform(0, _ALONE_RETRY_S))  # noqa: S311 - fairness, not secrecy


def _recover(path: Path, now_ms: int) -> Recovery | None:
    if not damage_mark(path).exists():
        return None  # another process was faster
    with translated(path):
        return recover(path, now_ms=now_ms)


def _is_alone(lock: int) -> bool:
    if take(lock):
        return True
    # Held shared meanwhile, two waiting processes would keep each other out for ever.
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def _in_use(path: Path) -> str:
    return _(
        "The history file {path} is damaged. It was not changed; close every other "
        "ipcom-chat of yours, then start again: what is readable will be recovered.",
        path=path,
    )


def _ready(path: Path, now_ms: int) -> Database:
    connection = connect(path)
    try:
        _prepare(connection, path, now_ms)
    except BaseException:
        connection.close()
        raise
    database = Database(connection, path)
    # What an earlier process cleared while others were reading.
    database.erase()
    return database


def _prepare(connection: apsw.Connection, path: Path, now_ms: int) -> None:
    newest = latest("replica")
    with translated(path):
        version = check_ours(connection, path, newest)
        keep_wal(connection, keep=False)
        use_wal(connection, path)
    if version < newest:
        migrate(connection, path, migrations("replica"), now_ms=now_ms)


def _lock_file(path: Path) -> int:
    with translated(path):
        make_folder(path.parent)
        return open_lock(path)
