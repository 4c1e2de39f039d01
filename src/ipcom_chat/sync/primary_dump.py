"""A copy of the primary as lines of JSON, over its own API.

The copy is that of one instant, though the primary goes on: no transaction is held (one that stays
open keeps all machines out). Every table is read page by page in the order of its keys; then what
changed meanwhile is read by rev, until one statement finds nothing more. Rows of that statement,
its counter and its counts are of one moment, and nothing is ever deleted from the primary, so what
was read, each row in its last version, is the primary of that moment.

The lines: a head, then for each table, as often as it comes, its name and columns and rows as
arrays; the end says which instant it is.
"""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from ipcom_chat.errors import PrimaryForeignError, PrimaryTooLargeError
from ipcom_chat.i18n import _
from ipcom_chat.libsql.client import Client
from ipcom_chat.libsql.hrana import Result, Statement, Value
from ipcom_chat.sync.server import COUNT_TIMEOUT_S, PrimaryState, own_state

FORMAT = "ipcom-chat primary 1"
PAGE_ROWS = 1_000
PAGE_TIMEOUT_S = 60.0
KEYS: dict[str, tuple[str, ...]] = {
    "entries": ("id",),
    "users": ("id",),
    "machines": ("id",),
    "sessions": ("id",),
    "votes": ("entry_id", "voter"),
    "heartbeats": ("machine_id", "replica_id"),
    "entry_events": ("seq",),
    "sync_commits": ("n",),
}
"""What is copied, and by what it is read in order."""
NUMBERED = ("entries", "users", "machines", "sessions", "votes")
"""Tables whose rows have a rev."""
_NUMBER_KEYS = frozenset({"seq", "n"})
_NAME = re.compile(r"[a-z_]+")
_COLUMNS = "SELECT name FROM pragma_table_info(?)"
_NUMBER = "SELECT n FROM sync_counter"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    format: str
    schema: int
    min_protocol: int


class TableHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows after it are of."""

    table: str
    columns: tuple[str, ...]


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The last line: which instant the copy is of."""

    counter: int
    rows: dict[str, int]
    """How many there were of each numbered table."""


class PrimaryDump:
    """One copy of a primary.

    Args:
        client: the primary itself.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._columns: dict[str, tuple[str, ...]] = {}
        self._page_rows = PAGE_ROWS
        self.state: PrimaryState | None = None
        """What the primary says of itself, once the first line was read."""
        self.end: End | None = None
        """The instant, once the last line was read."""

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield the lines, each with its end.

        Raises:
            PrimaryForeignError: it is not ours, or was not prepared.
            PrimaryError: it cannot be reached or read.
        """
        state = self.state = await own_state(self._client)
        yield _line(Head(format=FORMAT, schema=state.schema, min_protocol=state.min_protocol))
        for table in KEYS:
            self._columns[table] = await self._columns_of(table)
        for table in KEYS:
            if table != "sync_commits":
                async for line in self._table(table):
                    yield line
        async for line in self._changed_since(state.n):
            yield line
        assert self.end is not None  # noqa: S101 - said by the loop above
        async for line in self._table("sync_commits", until=self.end.counter):
            yield line
        yield _line(self.end)

    async def _columns_of(self, table: str) -> tuple[str, ...]:
        (result,) = await self._client.execute(Statement(_COLUMNS, (table,)))
        names = tuple(str(row[0]) for row in result.rows)
        # They become SQL.
        if not names or not all(_NAME.fullmatch(name) for name in names):
            raise PrimaryForeignError(
                _(
                    "The database at {host} has tables that this program does not know. Nothing "
                    "was changed.",
                    host=self._client.host,
                )
            )
        return names

    async def _table(self, table: str, *, until: int | None = None) -> AsyncIterator[bytes]:
        yield _line(TableHead(table=table, columns=self._columns[table]))
        keys = KEYS[table]
        after: tuple[Value, ...] = tuple(0 if key in _NUMBER_KEYS else "" for key in keys)
        while rows := await self._page(self._page_sql(table, until), after):
            for row in rows:
                yield f"{row[-1]}\n".encode()
            after = tuple(rows[-1][: len(keys)])

    def _page_sql(self, table: str, until: int | None) -> str:
        names, marks = ", ".join(KEYS[table]), ", ".join("?" for _key in KEYS[table])
        bound = "" if until is None else f"AND n <= {until} "
        return (
            f"SELECT {names}, {self._array(table)} FROM {table} "
            f"WHERE ({names}) > ({marks}) {bound}ORDER BY {names} LIMIT ?"
        )

    def _array(self, table: str) -> str:
        return f"json_array({', '.join(self._columns[table])})"

    async def _page(self, sql: str, args: Sequence[Value]) -> list[tuple[Any, ...]]:
        while True:
            statement = Statement(sql, (*args, self._page_rows))
            try:
                result = await self._read(statement)
            except PrimaryTooLargeError:
                if self._page_rows == 1:
                    raise
                self._page_rows = max(1, self._page_rows // 2)
            else:
                return result.rows

    async def _read(self, statement: Statement) -> Result:
        (result,) = await self._client.execute(
            statement, timeout_s=max(PAGE_TIMEOUT_S, COUNT_TIMEOUT_S)
        )
        return result

    async def _changed_since(self, cursor: int) -> AsyncIterator[bytes]:
        sql, table = self._changes_sql(), ""
        while True:
            moment, *rows = await self._page(sql, (cursor,))
            for name, rev, row in rows:
                if name != table:
                    table = name
                    yield _line(TableHead(table=table, columns=self._columns[table]))
                yield f"{row}\n".encode()
                cursor = rev
            if len(rows) < self._page_rows:
                counter, *counts = msgspec.json.decode(moment[2])
                self.end = End(counter=counter, rows=dict(zip(NUMBERED, counts, strict=True)))
                return

    def _changes_sql(self) -> str:
        """Return the one statement that reads changes and the moment they are of."""
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in NUMBERED)
        changes = " UNION ALL ".join(
            f"SELECT '{table}', rev, {self._array(table)} FROM {table} WHERE rev > ?1"
            for table in NUMBERED
        )
        return (
            f"SELECT '', 0, json_array(n, {counts}) FROM sync_counter "
            f"UNION ALL SELECT * FROM (SELECT * FROM ({changes}) ORDER BY 2 LIMIT ?2)"
        )


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"
