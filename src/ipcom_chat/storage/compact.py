"""Gives the space of deleted rows back to the disk.

A compact copy is written while everybody works on; it takes the place of the replica only if
nobody has the replica open then, and nothing was saved meanwhile. So others wait for a rename at
most. A process that dies leaves the old or the new file, whole.
"""

import fcntl
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import msgspec

from ipcom_chat.files import bring_to_disk
from ipcom_chat.storage.database import Database, connect, keep_wal, open_file
from ipcom_chat.storage.faults import FILE_MODE, damage_mark, translated
from ipcom_chat.storage.search_rows import SearchRows

MIN_SHARE = 0.2
"""So much of the file must be free that writing it anew is worth it."""
MIN_BYTES = 1_000_000
PREFIX = ".compact-"

_SPACE = """
SELECT page_size * page_count, page_size * freelist_count
FROM pragma_page_size, pragma_page_count, pragma_freelist_count
"""
_VERSION = "PRAGMA data_version"
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


def compact(path: Path) -> Compacted:
    """Write the replica anew, without its free pages.

    Raises:
        StorageError: it could not be done; the replica is as it was.
    """
    for leftover in path.parent.glob(f"{PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with translated(path):
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            return _compact(path, lock)
        finally:
            os.close(lock)


def _compact(path: Path, lock: int) -> Compacted:
    before_bytes = path.stat().st_size
    with TemporaryDirectory(dir=path.parent, prefix=PREFIX) as folder:
        copy = Path(folder) / "copy.db"
        connection = connect(path)
        try:
            keep_wal(connection, keep=False)
            version = _number(connection, _VERSION)
            birth = SearchRows(Database(connection, path)).birth()
            connection.execute(_COPY, (str(copy),))
            _christen(copy, birth)
            is_ready = _is_alone(lock, path) and _number(connection, _VERSION) == version
            is_ready = is_ready and not _number(connection, _TRUNCATE)
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
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return not damage_mark(path).exists()


def _number(connection: apsw.Connection, sql: str) -> int:
    value: Any = connection.execute(sql).fetchall()[0][0]
    return int(value)
