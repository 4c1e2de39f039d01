"""Reader of the earlier program's shared database, on its server or as a SQLite file.

Three schemas of it exist; each column that a table lacks counts as not known. It wrote one event
into up to three tables; here it becomes one entry, whose mode says in which of them it stood.
`command_cache` gives the answers that reached no other table: the program's own set-up made tables
into which its chat could not write.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ipcom_chat.domain.entry import Kind, Mode, Status
from ipcom_chat.errors import ImportSourceError, PrimaryTooLargeError
from ipcom_chat.i18n import _
from ipcom_chat.imports.old_files import json_or_none, outcome
from ipcom_chat.imports.old_rows import Copies, Copy
from ipcom_chat.imports.records import (
    Host,
    Items,
    Person,
    Record,
    Rejected,
    instant_of,
    number_of,
    text_of,
)
from ipcom_chat.imports.sqlite import Queries, columns_sql, tables_of

TABLES = {
    "history_global": Mode.GLOBAL,
    "history_user": Mode.USER,
    "history_machine": Mode.MACHINE,
}
"""In this order: the first that has an event gives its row."""
CACHE = "command_cache"
PAGE_ROWS = 500

_COLUMNS = (
    "rowid", "id", "command", "response", "machine_id", "user_id", "timestamp", "tokens_used",
    "execution_time_ms", "tags", "session_id", "status", "request_id", "context", "error_code",
    "completed_at",
)  # fmt: skip
_KEYS = (
    "rowid", "command", "machine_id", "session_id", "timestamp", "request_id", "response",
)  # fmt: skip
_CACHE_COLUMNS = (
    "rowid", "command_hash", "command", "output", "machine_id", "last_executed",
    "avg_execution_time_ms",
)  # fmt: skip
_USER_COLUMNS = ("rowid", "id", "username", "name", "email", "is_active")
_MACHINE_COLUMNS = (
    "rowid", "machine_id", "hostname", "ip_address", "os_info", "first_seen", "last_seen",
)  # fmt: skip

Fields = dict[str, Any]


class _Database:
    """One database of the earlier program, read a page at a time."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self.tables = tables_of(queries)

    def each(self, table: str, names: tuple[str, ...]) -> Iterator[Fields]:
        """Yield the rows of a table in the order in which they were written."""
        if table not in self.tables:
            return
        columns = columns_sql(names, self.tables[table] | {"rowid"})
        sql = f"SELECT {columns} FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?"
        after, limit = -1, PAGE_ROWS
        while True:
            try:
                page = list(self._queries.rows(sql, (after, limit)))
            except PrimaryTooLargeError:
                if limit == 1:
                    raise
                limit = max(1, limit // 4)
                continue
            for row in page:
                yield dict(zip(names, row, strict=True))
            if not page:
                return
            after = page[-1][0]

    def one(self, table: str, rowid: int) -> Fields:
        """Return one row of a table."""
        columns = columns_sql(_COLUMNS, self.tables[table] | {"rowid"})
        rows = self._queries.rows(f"SELECT {columns} FROM {table} WHERE rowid = ?", (rowid,))
        return dict(zip(_COLUMNS, next(iter(rows), (None,) * len(_COLUMNS)), strict=True))


def shared(queries: Queries, *, now_ms: int) -> Items:
    """Yield users, machines and events of a database.

    Args:
        queries: what asks it.
        now_ms: the time of rows that have none.
    """
    database = _Database(queries)
    yield from _people(database)
    yield from _hosts(database)
    copies = {table: _copies(database, table) for table in list(TABLES)[1:]}
    seen: set[str] = set()
    for table in TABLES:
        for fields in database.each(table, _COLUMNS):
            if table in copies and copies[table].is_taken(fields["rowid"]):
                continue
            yield from _event(database, table, fields, (copies, seen), now_ms)
    for fields in database.each(CACHE, _CACHE_COLUMNS):
        yield from _cached(fields, seen, now_ms)


def check(tables: dict[str, frozenset[str]], place: str) -> None:
    """Make sure that a database is one of the earlier program.

    Raises:
        ImportSourceError: it is none.
    """
    if not any("command" in tables.get(name, ()) for name in (*TABLES, CACHE)):
        raise ImportSourceError(
            _(
                "The database at {host} has no tables of the earlier program. Nothing was "
                "imported.",
                host=place,
            )
        )


def _copies(database: _Database, table: str) -> Copies:
    found = Copies()
    for fields in database.each(table, _KEYS[:-1]):
        command = text_of(fields["command"])
        if command is not None:
            found.add(command, _copy(fields))
    return found


def _event(
    database: _Database,
    table: str,
    fields: Fields,
    known: tuple[dict[str, Copies], set[str]],
    now_ms: int,
) -> Items:
    copies, seen = known
    command = text_of(fields["command"])
    place = f"{table} {text_of(fields['id']) or fields['rowid']}"
    if command is None:
        yield Rejected(place=place, reason=_("it holds no command"), text=repr(fields))
        return
    seen.add(command)
    modes = [TABLES[table]]
    later = list(TABLES)[list(TABLES).index(table) + 1 :]
    for other in later:
        copy = copies[other].take(command, _copy(fields))
        if copy is not None:
            modes.append(TABLES[other])
            fields = _completed(fields, lambda: database.one(other, copy.rowid))  # noqa: B023
    yield _record(fields, command, place, modes, now_ms)


def _completed(fields: Fields, copy: Callable[[], Fields]) -> Fields:
    """Return a row with what only its copy knows."""
    lacks = [name for name in ("response", "user_id", "session_id") if not text_of(fields[name])]
    if not lacks:
        return fields
    other = copy()
    if "response" in lacks and text_of(other["response"]):
        fields = fields | {"status": other["status"]}
    return (
        fields
        | {name: other[name] for name in _COLUMNS[2:] if fields[name] is None}
        | {name: other[name] for name in lacks}
    )


def _record(fields: Fields, command: str, place: str, modes: list[Mode], now_ms: int) -> Record:
    at = instant_of(fields["timestamp"])
    response, status = outcome(fields["response"], fields["status"])
    code = _code(fields["error_code"])
    if code is not None and status is Status.COMPLETED and fields["status"] != "completed":
        status = Status.ERROR
    return Record(
        place=place,
        kind=Kind.QUESTION,
        command=command,
        response=response,
        status=status,
        error_code=code if status is Status.ERROR else None,
        created_at=at or now_ms,
        time_estimated=at is None,
        execution_time_ms=number_of(fields["execution_time_ms"]),
        row_id=text_of(fields["request_id"]) or text_of(fields["id"]) or "",
        mode=modes[0] if len(modes) == 1 else Mode.HYBRID if Mode.GLOBAL in modes else Mode.USER,
        user=text_of(fields["user_id"]),
        machine=text_of(fields["machine_id"]),
        session=text_of(fields["session_id"]),
        tokens_used=number_of(fields["tokens_used"]) or None,
        tags=_tags(fields["tags"]),
        context=_context(fields["context"]),
    )


def _cached(fields: Fields, seen: set[str], now_ms: int) -> Items:
    command = text_of(fields["command"])
    place = f"{CACHE} {text_of(fields['command_hash']) or fields['rowid']}"
    if command is None:
        yield Rejected(place=place, reason=_("it holds no command"), text=repr(fields))
        return
    if command in seen:
        return
    at = instant_of(fields["last_executed"])
    response, status = outcome(fields["output"], None)
    yield Record(
        place=place,
        kind=Kind.QUESTION,
        command=command,
        response=response,
        status=status,
        created_at=at or now_ms,
        time_estimated=at is None,
        execution_time_ms=number_of(fields["avg_execution_time_ms"]),
        row_id=text_of(fields["command_hash"]) or "",
        mode=Mode.MACHINE,
        machine=text_of(fields["machine_id"]),
    )


def _people(database: _Database) -> Iterator[Person | Rejected]:
    for fields in database.each("users", _USER_COLUMNS):
        user_id, username = text_of(fields["id"]), text_of(fields["username"])
        if user_id is None or username is None:
            yield Rejected(place="users", reason=_("a user without a name"), text=repr(fields))
            continue
        yield Person(
            id=user_id,
            username=username,
            name=text_of(fields["name"]) or username,
            email=text_of(fields["email"]) or "",
            is_active=fields["is_active"] not in (0, "0"),
        )


def _hosts(database: _Database) -> Iterator[Host]:
    for fields in database.each("machines", _MACHINE_COLUMNS):
        machine_id = text_of(fields["machine_id"])
        if machine_id is not None:
            yield Host(
                id=machine_id,
                hostname=text_of(fields["hostname"]) or machine_id[:12],
                ip_address=text_of(fields["ip_address"]),
                os_info=_context(fields["os_info"]),
                first_seen=instant_of(fields["first_seen"]),
                last_seen=instant_of(fields["last_seen"]),
            )


def _copy(fields: Fields) -> Copy:
    return Copy(
        rowid=fields["rowid"],
        at=instant_of(fields["timestamp"]) or 0,
        machine=text_of(fields["machine_id"]),
        session=text_of(fields["session_id"]),
        request=text_of(fields["request_id"]),
    )


def _code(value: object) -> str | None:
    """Return why a request failed; 0 and nothing are no failure."""
    if isinstance(value, int):
        return str(value) if value else None
    text = text_of(value)
    return None if text is None or text.strip() == "0" else text.strip()[:200]


def _tags(value: object) -> tuple[str, ...]:
    """Return tags that were stored as JSON or with commas."""
    text = text_of(value)
    if text is None:
        return ()
    listed = json_or_none(text.encode("utf-8", "replace"))
    if isinstance(listed, list):
        return tuple(tag for tag in listed if isinstance(tag, str) and tag)
    return tuple(tag.strip() for tag in text.split(",") if tag.strip())


def _context(value: object) -> dict[str, Any]:
    """Return an object that was stored as JSON; another text is kept under a name."""
    text = text_of(value)
    if text is None:
        return {}
    fields = json_or_none(text.encode("utf-8", "replace"))
    return _plain(fields) if isinstance(fields, dict) else {"text": text}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    try:
        msgspec.json.encode(fields)  # half a surrogate pair, or nested beyond reason
    except (msgspec.MsgspecError, ValueError, RecursionError, TypeError):
        return {}
    return fields
