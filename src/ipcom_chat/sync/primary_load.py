"""Loads a copy of a primary (`sync.primary_dump`) into an empty one.

Invariants:
- Nothing is changed in a database that holds anything, but for what an unfinished load left.
- Until everything is there, the database says nothing of itself, so machines take it for one that
  is not prepared, and wait. Its epoch comes last, and is new: they begin anew with what they have,
  and push what the copy lacks.
- Every statement may be carried out twice.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.errors import BackupError, PrimaryForeignError
from ipcom_chat.i18n import _
from ipcom_chat.libsql.client import Client, Transaction
from ipcom_chat.libsql.hrana import Statement
from ipcom_chat.schema import latest, migrations
from ipcom_chat.sync.primary_dump import FORMAT, KEYS, NUMBERED, End, Head, TableHead
from ipcom_chat.sync.server import (
    DATABASE,
    LOCK_TIMEOUT_S,
    NEW_META,
    apply_step,
    migrate,
    object_names,
)
from ipcom_chat.sync.server_faults import newer

BATCH_ROWS = 500
BATCH_BYTES = 800_000
"""A proxy may refuse more than a megabyte."""
LOAD_TIMEOUT_S = 60.0

_TO_LOAD = """
SELECT (SELECT count(*) FROM sync_meta), (SELECT n FROM sync_counter),
  (SELECT max(number) FROM schema_migrations), EXISTS (SELECT 1 FROM entries)
  OR EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM sync_commits)
"""
_NO_META = "DELETE FROM sync_meta"
_SET_COUNTER = "UPDATE sync_counter SET n = ?"
_COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in NUMBERED)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table."""

    sql: str
    rows: str
    """A JSON array of them."""


class Loadable:
    """The lines of a copy, as statements.

    Args:
        lines: of `PrimaryDump`.

    Raises:
        BackupError: they are not those of such a copy.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self.head = _decoded(next(self._lines, b""), Head)
        self.end: End | None = None
        """Said by the last line."""
        if self.head.format != FORMAT:
            raise _no_copy()

    def batches(self) -> Iterator[Batch]:
        """Yield the rows, some at a time.

        Raises:
            BackupError: a line is none of a copy, or the last one is missing.
        """
        sql, size = "", 0
        rows: list[str] = []
        for line in self._lines:
            is_row = line.startswith(b"[")
            if rows and (not is_row or len(rows) >= BATCH_ROWS or size > BATCH_BYTES):
                yield Batch(sql=sql, rows=f"[{','.join(rows)}]")
                rows, size = [], 0
            if is_row:
                rows.append(line.decode())
                size += len(line)
            elif b'"counter"' in line[:12]:
                self.end = _decoded(line, End)
            else:
                sql = _insert(_decoded(line, TableHead))
        if self.end is None:
            raise _no_copy()


def _decoded(line: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _no_copy() from error


def _insert(head: TableHead) -> str:
    """Return the statement that stores rows; a later version of a row takes the place of another.

    As a conflict that replaces, not as an update, so that no trigger writes what became of it.
    """
    if head.table not in KEYS or not all(name.isidentifier() for name in head.columns):
        raise _no_copy()
    values = ", ".join(f"value ->> {place}" for place in range(len(head.columns)))
    return (
        f"INSERT OR REPLACE INTO {head.table} ({', '.join(head.columns)}) SELECT {values} "
        # The inner query writes each row as text once, not once for every column.
        "FROM (SELECT value FROM json_each(?) LIMIT -1) WHERE true"
    )


def check(lines: Iterable[bytes], scratch: Path) -> dict[str, int]:
    """Load a copy into a database on this machine; return how many rows each table has.

    Raises:
        BackupError: it cannot be loaded, or does not hold what it says.
    """
    loadable = Loadable(lines)
    _check_schema(loadable.head)
    database = apsw.Connection(str(scratch))
    try:
        database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        for step in migrations(DATABASE)[: loadable.head.schema]:
            database.execute(step.sql)
        with database:
            for batch in loadable.batches():
                database.execute(batch.sql, (batch.rows,))
        _compare(loadable.end, database.execute(_COUNTS).fetchall()[0])
        return {
            table: int(str(database.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]))
            for table in KEYS
        }
    except apsw.Error as error:
        raise _no_copy() from error
    finally:
        database.close()


async def load(client: Client, lines: Iterable[bytes], clock: Clock) -> str:
    """Load a copy into an empty database; return its new epoch.

    Raises:
        PrimaryForeignError: the database is not empty; nothing was changed.
        PrimaryVersionError: the copy is of a newer program.
        BackupError: the copy is not whole; the database is not in use, and may be loaded again.
        PrimaryError: it cannot be reached or written; as above.
    """
    loadable = Loadable(lines)
    if loadable.head.schema > latest(DATABASE):
        raise newer(loadable.head.schema, latest(DATABASE), client.host)
    await _claim(client, loadable.head.schema, clock)
    for batch in loadable.batches():
        rows = Statement(batch.sql, (batch.rows,), want_rows=False)
        await client.execute(rows, timeout_s=LOAD_TIMEOUT_S)
    epoch = await _open_up(client, loadable, clock)
    await migrate(client, clock)
    return epoch


async def _claim(client: Client, schema: int, clock: Clock) -> None:
    """Make the tables of an empty database, or empty those of an unfinished load."""
    async with client.transaction(timeout_s=LOCK_TIMEOUT_S) as transaction:
        if not await object_names(transaction):
            for step in migrations(DATABASE)[:schema]:
                await apply_step(transaction, client.host, step, clock)
            return
        if not await _may_load(transaction, client.host, schema):
            raise PrimaryForeignError(
                _(
                    "The database at {host} is not empty. Nothing was changed: a backup is "
                    "restored into an empty database only. Set TURSO_DATABASE_URL to one.",
                    host=client.host,
                )
            )
        await transaction.execute(Statement(_NO_META, want_rows=False))
        for table in KEYS:
            await transaction.execute(Statement(f"DELETE FROM {table}", want_rows=False))


async def _may_load(transaction: Transaction, host: str, schema: int) -> bool:
    """Return whether a database of ours is empty, or what an unfinished load left."""
    names = await object_names(transaction)
    if not {"sync_meta", "sync_counter", "schema_migrations", *KEYS} <= names:
        return False
    (found,) = await transaction.execute(Statement(_TO_LOAD))
    metas, counter, number, is_filled = found.rows[0]
    if number != schema:
        raise PrimaryForeignError(
            _(
                "The database at {host} has another schema ({found}) than the backup ({wanted}). "
                "Nothing was changed. Restore it into a database without any tables.",
                host=host,
                found=number,
                wanted=schema,
            )
        )
    return metas == 0 or not (counter or is_filled)


async def _open_up(client: Client, loadable: Loadable, clock: Clock) -> str:
    """Let the machines see the database, if it is whole."""
    assert loadable.end is not None  # noqa: S101 - or `batches` had raised
    epoch = f"{clock.random_bits(128):032x}"
    async with client.transaction(timeout_s=LOAD_TIMEOUT_S) as transaction:
        (counts,) = await transaction.execute(Statement(_COUNTS))
        _compare(loadable.end, counts.rows[0])
        meta = (epoch, loadable.head.min_protocol, clock.now_ms())
        await transaction.execute(
            Statement(_SET_COUNTER, (loadable.end.counter,), want_rows=False),
            Statement(NEW_META, meta, want_rows=False),
        )
    return epoch


def _check_schema(head: Head) -> None:
    if head.schema > latest(DATABASE):
        raise newer(head.schema, latest(DATABASE), _("the backup"))


def _compare(end: End | None, counts: tuple[Any, ...]) -> None:
    if end is None or tuple(end.rows[table] for table in NUMBERED) != tuple(counts):
        raise _no_copy()


def _no_copy() -> BackupError:
    return BackupError(
        _(
            "The backup does not hold a whole primary. Nothing that is in use was changed; use "
            "another one ('ipcom-chat backup list')."
        )
    )
