"""Holds the vectors of questions in a file of its own: derived from the replica, disposable.

Invariants:
- The file says which model made it, and up to which change of the replica (`local_seq`) everything
  in it is read, committed together with the vectors. One of another model, of another replica, or
  damaged, is made anew.
- A vector stands beside the hash of the text it was made of, so that a changed text is noticed.
- What is forgotten is overwritten (`secure_delete`) and leaves the WAL as in the replica.
- Codes and exact vectors lie apart: all codes are read at once, exact vectors one by one.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from ipcom_chat.errors import StorageCorruptError
from ipcom_chat.storage.database import Database, connect, json_list, keep_wal, use_wal
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.locks import damage_mark

_PAGE_BYTES: Final = 16_384
"""A page of 4 KiB would hold seven vectors and leave a tenth of itself empty."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS model (name TEXT NOT NULL, dimension INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS codes (
  seq INTEGER PRIMARY KEY, text_hash INTEGER NOT NULL, code BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS vectors (seq INTEGER PRIMARY KEY, vector BLOB NOT NULL);
"""
_MODEL = "SELECT name, dimension FROM model"
_NAME_MODEL = "INSERT INTO model (name, dimension) VALUES (?, ?)"
_MARKED = "SELECT name, n FROM counters WHERE name IN ('watermark', 'birth', 'evicted_at')"
_SET_MARK = """
INSERT INTO counters (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = excluded.n
"""
_CODES = "SELECT seq, code FROM codes"
_SEQS = "SELECT seq FROM codes"
_COUNT = "SELECT count(*) FROM codes"
_HASHES = "SELECT seq, text_hash FROM codes WHERE seq IN (SELECT value FROM json_each(?))"
_EXACT = "SELECT seq, vector FROM vectors WHERE seq IN (SELECT value FROM json_each(?))"
_PUT_CODE = "INSERT OR REPLACE INTO codes (seq, text_hash, code) VALUES (?, ?, ?)"
_PUT_VECTOR = "INSERT OR REPLACE INTO vectors (seq, vector) VALUES (?, ?)"
_FORGET_CODES = "DELETE FROM codes WHERE seq IN (SELECT value FROM json_each(?))"
_FORGET_VECTORS = "DELETE FROM vectors WHERE seq IN (SELECT value FROM json_each(?))"
_CLEAR = ("DELETE FROM codes", "DELETE FROM vectors", "DELETE FROM model")


class VectorMark(NamedTuple):
    """Up to where the vectors reach, and in which replica."""

    watermark: int = 0
    birth: int = 0
    evicted_at: int = 0


class Vector(NamedTuple):
    """One question as it is kept."""

    seq: int
    text_hash: int
    code: bytes
    """A bit for each dimension: whether it is positive."""
    exact: bytes
    """A signed byte for each dimension, of any length as a vector."""


class Vectors:
    """The vectors of one replica. Close them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self) -> VectorMark:
        """Return up to where they reach; zeroes if there are none."""
        return VectorMark(**dict(self._database.rows(_MARKED)))

    def count(self) -> int:
        """Return how many there are."""
        return self._database.number(_COUNT)

    def codes(self) -> list[tuple[int, bytes]]:
        """Return the row number and the code of all."""
        return [(row[0], row[1]) for row in self._database.rows(_CODES)]

    def seqs(self) -> list[int]:
        """Return the row numbers of all."""
        return [row[0] for row in self._database.rows(_SEQS)]

    def hashes(self, seqs: Iterable[int]) -> dict[int, int]:
        """Return, of those rows that have a vector, the hash of the text it was made of."""
        return {row[0]: row[1] for row in self._database.rows(_HASHES, (json_list(seqs),))}

    def exact(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """Return the exact vectors of those rows that have one."""
        return {row[0]: row[1] for row in self._database.rows(_EXACT, (json_list(seqs),))}

    def put(self, made: Sequence[Vector], lost: Sequence[int], mark: VectorMark) -> None:
        """Store vectors, drop those of lost texts, and note how far that reaches, all at once."""
        with self._database.write() as transaction:
            if lost:
                transaction.clear()
                transaction.execute(_FORGET_CODES, (json_list(lost),))
                transaction.execute(_FORGET_VECTORS, (json_list(lost),))
            transaction.execute_many(_PUT_CODE, [(v.seq, v.text_hash, v.code) for v in made])
            transaction.execute_many(_PUT_VECTOR, [(v.seq, v.exact) for v in made])
            transaction.execute_many(_SET_MARK, list(mark._asdict().items()))

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def open_vectors(path: Path, model: str, dimension: int) -> Vectors:
    """Open the file of vectors, made anew if it is missing, damaged or of another model.

    Raises:
        StorageError: see `errors`.
    """
    if damage_mark(path).exists():
        _remove(path)
    try:
        return Vectors(_opened(path, model, dimension))
    except StorageCorruptError:
        _remove(path)
        return Vectors(_opened(path, model, dimension))


def _remove(path: Path) -> None:
    for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), damage_mark(path)):
        with suppress(OSError):
            each.unlink()


def _opened(path: Path, model: str, dimension: int) -> Database:
    connection = connect(path)
    try:
        _prepare(connection, path, model, dimension)
    except BaseException:
        connection.close()
        raise
    database = Database(connection, path)
    # What was forgotten while another process was reading.
    database.erase()
    return database


def _prepare(connection: apsw.Connection, path: Path, model: str, dimension: int) -> None:
    with translated(path):
        keep_wal(connection, keep=False)
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        use_wal(connection, path)
        connection.execute(_SCHEMA)
    database = Database(connection, path)
    if database.row(_MODEL) == (model, dimension):
        return
    with database.write() as transaction:
        transaction.clear()
        for statement in _CLEAR:
            transaction.execute(statement)
        transaction.execute_many(_SET_MARK, list(VectorMark()._asdict().items()))
        transaction.execute(_NAME_MODEL, (model, dimension))
