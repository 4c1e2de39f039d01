"""Gives the space of deleted rows back to the disk.

Processes that nobody sees, such as `sync --watch`, are asked to let go of the replica meanwhile.
Once nobody has it open a compact copy is written, while whoever comes works on; it takes the place
of the replica only if nobody has the replica open then either, and nothing was saved meanwhile. So
others wait for a rename at most. A process that dies leaves the old or the new file, whole, and a
mark that asks nobody for anything after a while.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Final

import msgspec

from ipcom_chat.files import bring_to_disk
from ipcom_chat.storage.database import Database, connect, keep_wal, open_file
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.locks import FILE_MODE, alone_mark, damage_mark, open_lock, take
from ipcom_chat.storage.search_rows import SearchRows

MIN_SHARE = 0.2
"""So much of the file must be free that writing it anew is worth it."""
MIN_BYTES = 1_000_000
PREFIX = ".compact-"
PATIENCE_S: Final = 15.0
"""So long those who are asked have to let go: an exchange ends, and a commit of the index."""
_ASK_EVERY_S: Final = 1.0
_POLL_S: Final = 0.05

_SPACE = """
SELECT page_size * page_count, page_size * freelist_count
FROM pragma_page_size, pragma_page_count, pragma_freelist_count
"""
_COPY = "VACUUM INTO ?"
_TRUNCATE = "PRAGMA wal_checkpoint(TRUNCATE)"
_SET = """
INSERT INTO counters (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = excluded.n
"""


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """How large the file is, and how much of it is free."""

    total_bytes: int
    free_bytes: int

    @property
    def is_worth_it(self) -> bool:
        """Whether the file should be written anew."""
        return self.free_bytes >= max(MIN_BYTES, MIN_SHARE * self.total_bytes)


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    before_bytes: int
    after_bytes: int
    was_busy: bool = False
    """Whether others had the replica open, so that it stays as it is."""


def space(database: Database) -> Space:
    """Return how much of a file is free."""
    total, free = database.row(_SPACE) or (0, 0)
    return Space(total_bytes=total, free_bytes=free)


def compact(path: Path, *, patience_s: float = PATIENCE_S) -> Compacted:
    """Write the replica anew, without its free pages.

    Args:
        path: the replica; this process has it not open.
        patience_s: how long to wait until nobody else has it open.

    Raises:
        StorageError: it could not be done; the replica is as it was.
    """
    remove_leftovers(path)
    with translated(path), _asking(path):
        lock = open_lock(path)
        try:
            if not _gets_alone(lock, path, patience_s):
                size = path.stat().st_size
                return Compacted(before_bytes=size, after_bytes=size, was_busy=True)
            fcntl.flock(lock, fcntl.LOCK_SH)  # who comes meanwhile may work
            return _compact(path, lock)
        finally:
            os.close(lock)


def remove_leftovers(path: Path) -> None:
    """Remove the copies of processes that died over them: they hold what may be deleted since."""
    for folder in path.parent.glob(f"{PREFIX}*"):
        with suppress(OSError), _held(folder):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder, so that nobody removes it; an error if somebody else holds it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@contextmanager
def _asking(path: Path) -> Iterator[None]:
    """Ask those whom nobody sees to stay away while the block runs."""
    mark, is_done = alone_mark(path), Event()
    mark.touch(mode=FILE_MODE)

    def ask() -> None:
        while not is_done.wait(_ASK_EVERY_S):
            mark.touch(mode=FILE_MODE)

    thread = Thread(target=ask, name="asking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()
        mark.unlink(missing_ok=True)


def _gets_alone(lock: int, path: Path, patience_s: float) -> bool:
    """Wait until nobody else has the replica open, but not for ever."""
    until = monotonic() + patience_s
    while not _is_alone(lock, path):
        # Held shared meanwhile, two that wait would keep each other out.
        fcntl.flock(lock, fcntl.LOCK_UN)
        if monotonic() >= until:
            return False
        sleep(_POLL_S)
    return True


def _compact(path: Path, lock: int) -> Compacted:
    before_bytes = path.stat().st_size
    with TemporaryDirectory(dir=path.parent, prefix=PREFIX) as name, _held(Path(name)):
        copy = Path(name) / "copy.db"
        connection = connect(path)
        try:
            keep_wal(connection, keep=False)
            database = Database(connection, path)
            version, birth = database.data_version(), SearchRows(database).birth()
            connection.execute(_COPY, (str(copy),))
            _christen(copy, birth)
            is_ready = _is_alone(lock, path) and database.data_version() == version
            is_ready = is_ready and not database.number(_TRUNCATE)
        finally:
            connection.close()
        # Whoever closed it last has emptied the WAL: the file alone is the replica now.
        if not is_ready or Path(f"{path}-wal").exists():
            return Compacted(before_bytes=before_bytes, after_bytes=before_bytes, was_busy=True)
        copy.replace(path)
    bring_to_disk(path.parent)
    return Compacted(before_bytes=before_bytes, after_bytes=path.stat().st_size)


def _christen(copy: Path, birth: int) -> None:
    """Let indexes know the copy as the file that it is a copy of."""
    copy.chmod(FILE_MODE)
    connection = open_file(copy)
    try:
        connection.execute(_SET, ("birth", birth))
        connection.execute(_SET, ("born_as", copy.stat().st_ino))
        # Renamed with its WAL empty and closed.
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    bring_to_disk(copy)


def _is_alone(lock: int, path: Path) -> bool:
    return take(lock) and not damage_mark(path).exists()
