"""Sets a damaged replica aside and copies what can still be read into a new one.

The same exchange puts a restored backup in the place of the replica.

Nothing is overwritten: the damaged file, its WAL and its index keep their bytes under a new name.

A crash or a power cut at any point loses nothing. Until the damage mark names the file that was
set aside, the damaged file stays in its place and all begins anew; from then on the new file is
whole, and the next process only finishes the exchange.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import msgspec

from ipcom_chat.files import bring_to_disk
from ipcom_chat.schema import migrations
from ipcom_chat.storage.database import Database, Row, connect, open_file
from ipcom_chat.storage.locks import FILE_MODE, damage_mark
from ipcom_chat.storage.migrate import migrate

SUFFIXES = ("", "-wal", "-shm", "-journal")

_TABLES = (
    "entries", "entry_events", "users", "machines", "sessions", "votes", "heartbeats",
    "latencies", "tallies", "minutes", "reuses",
)  # fmt: skip
_LEFT_BEHIND = (
    "sync_timeline", "subscriptions", "parked", "sync_report",
    "usage_state", "usage_dirty", "usage_hours", "usage_who", "usage_days", "usage_totals",
    "usage_who_totals", "primary_size",
)  # fmt: skip
"""Without the first the primary is pulled from the beginning, and brings back what was lost; the
others are derived."""
_UNREADABLE = (
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.SQLError,
    apsw.IOError,
    apsw.TooBigError,
    UnicodeDecodeError,
)
_BATCH = 1000
_PAGE_BYTES = 4096

_MOST_ROWS = "SELECT 64 * page_count FROM pragma_page_count"
_LOCAL_SEQ = "SELECT n FROM counters WHERE name = 'local_seq'"
_RAISE_LOCAL_SEQ = "UPDATE counters SET n = max(n, ?) WHERE name = 'local_seq'"
_RAISE_LOCAL_SEQ_TO_ROWS = """
UPDATE counters SET n = max(
  n,
  (SELECT coalesce(max(local_seq), 0) FROM entries),
  (SELECT coalesce(max(local_seq), 0) FROM users),
  (SELECT coalesce(max(local_seq), 0) FROM machines),
  (SELECT coalesce(max(local_seq), 0) FROM sessions),
  (SELECT coalesce(max(local_seq), 0) FROM votes)
) WHERE name = 'local_seq'
"""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a damaged replica."""

    set_aside: Path
    """Where the damaged file lies now."""
    entries: int
    """How many entries could be copied."""


def recover(path: Path, *, now_ms: int) -> Recovery:
    """Replace the marked file at `path` by a new one with all rows that can be read.

    The caller holds the file exclusively.

    Raises:
        OSError, apsw.Error: the new file cannot be written; the damaged one is in its place.
    """
    mark = damage_mark(path)
    finished = _finished(path, mark)
    if finished is None:
        finished = _salvage(path, mark, now_ms)
    _finish(path, mark)
    return finished


def replace(path: Path, fresh: Path, entries: int, *, now_ms: int) -> Path | None:
    """Put a whole new file in the place of the replica; return where the old one lies now.

    The caller holds the file exclusively. `fresh` lies in the same folder or below, is on the
    disk, and has no WAL. A process that dies leaves the old file in its place until the mark is
    written; from then on whoever opens the replica next finishes the exchange.

    Args:
        path: the replica; it need not exist.
        fresh: what takes its place.
        entries: how many it holds.
        now_ms: part of the old one's name.

    Raises:
        OSError: it cannot be written; the old file is in its place.
    """
    mark = damage_mark(path)
    fresh.replace(_recovered(path))
    aside = None
    if path.exists():
        aside = _set_aside(path, "replaced", now_ms)
        _write_whole(mark, f"{entries} {aside.name}")
        bring_to_disk(path.parent)
    _finish(path, mark)
    return aside


def _finish(path: Path, mark: Path) -> None:
    for suffix in SUFFIXES[1:]:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    if _recovered(path).exists():
        _recovered(path).replace(path)
    bring_to_disk(path.parent)
    mark.unlink(missing_ok=True)


def _set_aside(path: Path, label: str, now_ms: int) -> Path:
    aside = _free_name(path, label, now_ms)
    _each_part(path, aside, _link)
    bring_to_disk(path.parent)
    return aside


def _finished(path: Path, mark: Path) -> Recovery | None:
    """Return what the mark says, if an earlier process wrote it and set the file aside."""
    said = re.fullmatch(r"(\d{1,18}) ([^/]+)", mark.read_text(encoding="utf-8", errors="replace"))
    if said is None or not path.with_name(said[2]).exists():
        return None
    return Recovery(set_aside=path.with_name(said[2]), entries=int(said[1]))


def _salvage(path: Path, mark: Path, now_ms: int) -> Recovery:
    prefix = f".{path.name}.salvage-"
    for leftover in path.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover)
    with TemporaryDirectory(dir=path.parent, prefix=prefix) as folder:
        # Reading may change a file (a WAL is recovered), so a copy is read.
        copy, fresh = Path(folder) / "damaged.db", Path(folder) / "fresh.db"
        _each_part(path, copy, shutil.copy2)
        entries = _copy_readable(copy, fresh, now_ms)
        fresh.replace(_recovered(path))
    aside = _set_aside(path, "damaged", now_ms)
    _write_whole(mark, f"{entries} {aside.name}")
    bring_to_disk(path.parent)
    return Recovery(set_aside=aside, entries=entries)


def _recovered(path: Path) -> Path:
    return Path(f"{path}.recovered")


def _free_name(path: Path, label: str, now_ms: int) -> Path:
    name, stamp = path.with_suffix(""), now_ms
    while (aside := Path(f"{name}.{label}-{stamp}.db")).exists():
        stamp += 1
    return aside


def _each_part(source: Path, target: Path, act: Callable[[Path, Path], object]) -> None:
    for suffix in SUFFIXES:
        part = Path(f"{source}{suffix}")
        if part.exists():
            act(part, Path(f"{target}{suffix}"))


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
        bring_to_disk(target)


def _write_whole(path: Path, text: str) -> None:
    temporary = Path(f"{path}.new")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
    try:
        os.write(file, text.encode())
        os.fsync(file)
    finally:
        os.close(file)
    temporary.replace(path)


def _copy_readable(damaged: Path, fresh: Path, now_ms: int) -> int:
    target = connect(fresh)
    try:
        migrate(target, fresh, migrations("replica"), now_ms=now_ms)
        if not _has_schema(damaged):
            _graft_first_page(damaged, fresh)
        source = open_file(damaged)
        try:
            for table in _TABLES:
                _copy_table(source, target, table)
            _copy_counter(source, target)
        finally:
            source.close()
        return Database(target, fresh).number("SELECT count(*) FROM entries")
    finally:
        target.close()


def _has_schema(damaged: Path) -> bool:
    source = open_file(damaged)
    try:
        return bool(source.execute("PRAGMA table_info(entries)").fetchall())
    except _UNREADABLE:
        return False
    finally:
        source.close()


def _graft_first_page(damaged: Path, fresh: Path) -> None:
    """Give a copy whose first page is lost that of a new replica.

    The same migrations put every table at the same place, so the rows are found again; where
    they do not, the checks of the tables refuse what is read.
    """
    page = bytearray(fresh.read_bytes()[:_PAGE_BYTES])
    # No free pages, and as many pages as the file has.
    page[28:40] = bytes(12)
    with damaged.open("r+b") as file:
        file.write(page)


def _copy_counter(source: apsw.Connection, target: apsw.Connection) -> None:
    target.execute(_RAISE_LOCAL_SEQ_TO_ROWS)
    try:
        for row in source.execute(_LOCAL_SEQ).fetchall():
            target.execute(_RAISE_LOCAL_SEQ, row)
    except _UNREADABLE:
        return


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
    top = _highest_number(source, table)
    sql = f"SELECT {names} FROM {table} WHERE seq BETWEEN ? AND ?"
    for start in range(1, top + 1, _BATCH):
        yield from _range(source, sql, start, min(top, start + _BATCH - 1))


def _highest_number(source: apsw.Connection, table: str) -> int:
    # Every row raised the counter too. Without both, no row is smaller than 64 bytes.
    for sql in (f"SELECT max(seq) FROM {table}", _LOCAL_SEQ, _MOST_ROWS):
        with suppress(*_UNREADABLE):
            found: Any = source.execute(sql).fetchall()[0][0]
            return int(found or 0)
    return 0


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
