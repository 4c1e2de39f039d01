"""SQLite files of other programs: asked, never written to.

A file beside which a WAL or a journal lies belongs to a program that may be running, or that was
killed: reading it in place would make files beside it, or fold the WAL in. It is read from a copy.
Any other file is read in place as immutable, so not even a lock is taken.

Source: https://www.sqlite.org/uri.html ("immutable"), https://www.sqlite.org/wal.html.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from urllib.parse import quote

import apsw

from ipcom_chat.errors import ImportSourceError
from ipcom_chat.i18n import _
from ipcom_chat.imports.sources import unreadable

MAGIC = b"SQLite format 3\0"

_BESIDE = ("-wal", "-journal")
_TABLES = """
SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1, 2
"""


class Queries(Protocol):
    """What answers questions to a database: a file, or a server."""

    def rows(self, sql: str, bindings: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield what one SELECT gives.

        Raises:
            ImportSourceError: a file that is damaged.
            PrimaryError: a server that does not answer.
        """
        ...


class FileQueries:
    """Asks a SQLite file."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def rows(self, sql: str, bindings: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """See `Queries`."""
        try:
            yield from self._connection.execute(sql, tuple(bindings))
        except (apsw.Error, UnicodeDecodeError) as error:
            raise _damaged(self._path, error) from error


def tables_of(queries: Queries) -> dict[str, frozenset[str]]:
    """Return the columns of each table."""
    found: dict[str, set[str]] = {}
    for table, column in queries.rows(_TABLES):
        found.setdefault(str(table), set()).add(str(column))
    return {table: frozenset(columns) for table, columns in found.items()}


def columns_sql(wanted: Sequence[str], present: frozenset[str]) -> str:
    """Return the wanted columns for a SELECT, NULL for those that a table lacks."""
    return ", ".join(f'"{name}"' if name in present else "NULL" for name in wanted)


@contextmanager
def asking(path: Path) -> Iterator[FileQueries]:
    """Give a SQLite file to ask.

    Raises:
        ImportSourceError: it cannot be opened.
    """
    beside = [suffix for suffix in _BESIDE if Path(f"{path}{suffix}").exists()]
    if not beside:
        with _connected(path, "mode=ro&immutable=1") as queries:
            yield queries
        return
    with TemporaryDirectory(prefix="ipcom-chat-import-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            # The WAL first: what is folded into the file meanwhile is then there twice, not lost.
            for suffix in (*beside, ""):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        except OSError as error:
            raise unreadable(path, error) from error
        with _connected(copy, "mode=rw") as queries:
            yield queries


@contextmanager
def _connected(path: Path, how: str) -> Iterator[FileQueries]:
    uri = f"file:{quote(os.fsencode(path))}?{how}"
    try:
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI)
    except apsw.Error as error:
        raise _damaged(path, error) from error
    try:
        yield FileQueries(connection, path)
    finally:
        connection.close()


def _damaged(path: Path, error: Exception) -> ImportSourceError:
    return ImportSourceError(
        _("{path} cannot be read as a SQLite database: {reason}.", path=path, reason=error)
    )
