"""The store that the project's first plan had in mind: one table, and its two ways to search it.

`like` is what it wrote first, the whole query as a substring; `fts` its full-text table, asked with
the query as it was typed.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw

LIMIT = 20
_SCHEMA = """
CREATE TABLE history_global (
    id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    command TEXT NOT NULL, response TEXT, machine_id TEXT, user_id TEXT,
    timestamp INTEGER DEFAULT (unixepoch()), tokens_used INTEGER, execution_time_ms INTEGER,
    tags TEXT
);
CREATE INDEX idx_history_global_timestamp ON history_global(timestamp DESC);
CREATE VIRTUAL TABLE history_fts USING fts5(command, response, tags, content=history_global);
"""
_INSERT = (
    "INSERT INTO history_global (command, response, machine_id, user_id, timestamp) "
    "VALUES (?, ?, ?, ?, ?)"
)
_INDEX = (
    "INSERT INTO history_fts (rowid, command, response, tags) "
    "SELECT rowid, command, response, tags FROM history_global"
)
_LIKE = (
    "SELECT id, command, response, timestamp FROM history_global "
    "WHERE command LIKE ?1 OR response LIKE ?1 ORDER BY timestamp DESC LIMIT ?2"
)
_FTS = (
    "SELECT h.id, h.command, h.response, snippet(history_fts, -1, '[', ']', '...', 32) "
    "FROM history_fts JOIN history_global h ON h.rowid = history_fts.rowid "
    "WHERE history_fts MATCH ?1 ORDER BY rank LIMIT ?2"
)


class Planned:
    """One file with that store. Close it."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(_SCHEMA)

    def fill(self, texts: Iterable[tuple[str, str]], at: int) -> None:
        """Write rows, one after another in time, and index them."""
        with self._connection:
            self._connection.executemany(
                _INSERT, ((*pair, "m", "u", at + number) for number, pair in enumerate(texts))
            )
        with self._connection:
            self._connection.execute(_INDEX)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def like(self, query: str) -> int:
        """Search for a substring; return the number of rows found."""
        return len(self._rows(_LIKE, f"%{query}%"))

    def fts(self, query: str) -> int:
        """Search full-text; return the number of rows found, none for what is no expression."""
        try:
            return len(self._rows(_FTS, query))
        except apsw.SQLError:
            return 0

    def _rows(self, sql: str, bound: str) -> list[Any]:
        return self._connection.execute(sql, (bound, LIMIT)).fetchall()

    def table_bytes(self) -> int:
        """Return what the table and its indexes take, without the full-text table."""
        return int(str(self._one("SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%global%'")))

    def held_bytes(self) -> int:
        """Return what everything takes."""
        return int(str(self._one("SELECT sum(pgsize) FROM dbstat")))

    def _one(self, sql: str) -> Any:
        return self._connection.execute(sql).fetchall()[0][0]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
