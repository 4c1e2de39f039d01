"""Sets a damaged replica aside and copies what can still be read into a new one.

Nothing is overwritten: the damaged file, its WAL and its index keep their bytes under a new name.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import msgspec

from ipcom_chat.schema import migrations
from ipcom_chat.storage.database import Database, Row, connect
from ipcom_chat.storage.migrate import migrate

SUFFIXES = ("", "-wal", "-shm")

_TABLES = ("entries", "entry_events", "users", "machines", "sessions", "votes", "heartbeats")
_UNREADABLE = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, apsw.IOError)
_SEQ_MARGIN = 100_000
_BATCH = 1000


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a damaged replica."""

    set_aside: Path
    """Where the damaged file lies now."""
    entries: int
    """How many entries could be copied."""


def salvage(path: Path, *, now_ms: int) -> Recovery:
    """Replace the damaged file at `path` by a new one with all rows that can be read.

    The caller holds the file exclusively. A crash at any point leaves the damaged file either in
    its place or set aside, whole.

    Raises:
        StorageError: the new file cannot be written.
    """
    aside = _free_name(path, now_ms)
    with TemporaryDirectory(dir=path.parent, prefix=".salvage-") as folder:
        # Reading may change a file (a WAL is recovered), so a copy is read.
        copy = Path(folder) / "damaged.db"
        _each_part(path, copy, shutil.copy2)
        fresh = Path(folder) / "fresh.db"
        entries = _copy_readable(copy, fresh, now_ms)
        _each_part(path, aside, Path.rename)
        fresh.rename(path)
    return Recovery(set_aside=aside, entries=entries)


def _free_name(path: Path, now_ms: int) -> Path:
    name, stamp = path.with_suffix(""), now_ms
    while (aside := Path(f"{name}.damaged-{stamp}.db")).exists():
        stamp += 1
    return aside


def _each_part(source: Path, target: Path, act: Callable[[Path, Path], object]) -> None:
    for suffix in SUFFIXES:
        part = Path(f"{source}{suffix}")
        if part.exists():
            act(part, Path(f"{target}{suffix}"))


def _copy_readable(damaged: Path, fresh: Path, now_ms: int) -> int:
    target = connect(fresh)
    try:
        migrate(target, fresh, migrations("replica"), now_ms=now_ms)
        source = apsw.Connection(str(damaged))
        try:
            for table in _TABLES:
                _copy_table(source, target, table)
        finally:
            source.close()
        target.execute(
            "UPDATE counters SET n = (SELECT coalesce(max(local_seq), 0) FROM entries) "
            "WHERE name = 'local_seq'"
        )
        return Database(target, fresh).number("SELECT count(*) FROM entries")
    finally:
        target.close()


def _copy_table(source: apsw.Connection, target: apsw.Connection, table: str) -> None:
    # Names of tables and columns cannot be bound; they come from our own schema.
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    try:
        known = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
    except _UNREADABLE:
        return
    names = ", ".join(name for name in columns if name in known)
    if not names:
        return
    marks = ", ".join("?" for _name in names.split(", "))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"
    reader = _by_number if "seq" in known else _from_both_ends
    with target:
        for row in reader(source, table, names):
            try:
                target.execute(insert, row)
            except (apsw.ConstraintError, apsw.MismatchError):
                continue  # a damaged value; the row stays in the file that is set aside


def _by_number(source: apsw.Connection, table: str, names: str) -> Iterator[Row]:
    """Yield the rows of a numbered table, halving around the places that cannot be read."""
    try:
        found: Any = source.execute(f"SELECT max(seq) FROM {table}").fetchall()[0][0]
        top = int(found or 0)
    except _UNREADABLE:
        top = _SEQ_MARGIN
    sql = f"SELECT {names} FROM {table} WHERE seq BETWEEN ? AND ?"
    for start in range(1, top + 1, _BATCH):
        yield from _range(source, sql, start, min(top, start + _BATCH - 1))


def _range(source: apsw.Connection, sql: str, first: int, last: int) -> list[Row]:
    try:
        return source.execute(sql, (first, last)).fetchall()
    except _UNREADABLE:
        if first == last:
            return []
        middle = (first + last) // 2
        return _range(source, sql, first, middle) + _range(source, sql, middle + 1, last)


def _from_both_ends(source: apsw.Connection, table: str, names: str) -> Iterator[Row]:
    """Yield the rows of a small table up to the damage, from the front and from the back."""
    key = names.split(", ", 1)[0]
    for direction in ("ASC", "DESC"):
        try:
            yield from source.execute(f"SELECT {names} FROM {table} ORDER BY {key} {direction}")
        except _UNREADABLE:
            continue
        return
