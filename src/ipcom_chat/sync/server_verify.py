"""Checks the primary from its schema to its pages; nothing is changed.

The state is read from the tables, not from the views of the protocol, so that a view that is
missing can be told. What the schema should be is what the migrations make: they are run on an
empty database in memory, and the two are compared.
"""

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import StatementError
from ipcom_chat.i18n import _
from ipcom_chat.libsql.client import Client
from ipcom_chat.libsql.hrana import Result, Statement
from ipcom_chat.schema import Migration, migrations
from ipcom_chat.sync.protocol import foreign
from ipcom_chat.sync.server import DATABASE, is_internal, is_ours
from ipcom_chat.sync.server_faults import newer


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be."""

    check: str
    """Stable, for programs: schema, migrations, state, revs, commits, integrity."""
    detail: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found."""

    host: str
    schema: int
    problems: tuple[Problem, ...]
    skipped: tuple[str, ...]
    """Checks that the server does not allow."""


VERIFY_TIMEOUT_S = 300.0
"""Every row is read, and every page: a few seconds for a million entries."""
_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
_RECORDS = "SELECT number, name FROM schema_migrations ORDER BY number"
_REVS = """
SELECT 'entries', count(*), count(DISTINCT rev), min(rev), max(rev) FROM entries
UNION ALL SELECT 'users', count(*), count(DISTINCT rev), min(rev), max(rev) FROM users
UNION ALL SELECT 'machines', count(*), count(DISTINCT rev), min(rev), max(rev) FROM machines
UNION ALL SELECT 'sessions', count(*), count(DISTINCT rev), min(rev), max(rev) FROM sessions
UNION ALL SELECT 'votes', count(*), count(DISTINCT rev), min(rev), max(rev) FROM votes
"""
# The counter in the same statement, so of the same moment: others push while this runs.
_COMMITS = """
SELECT (SELECT count(*) FROM sync_meta), (SELECT count(*) FROM sync_counter),
  (SELECT n FROM sync_counter), max(n), coalesce(sum(base > n), 0),
  coalesce(sum(base <> before), 0)
FROM (SELECT n, base, lag(n) OVER (ORDER BY n) AS before FROM sync_commits)
"""
# Not as a PRAGMA: the server takes that for writing, and refuses it to a token that may only read.
_INTEGRITY = "SELECT integrity_check FROM pragma_integrity_check(10)"


async def verify(client: Client) -> Verification:
    """Check the primary from its schema to its pages; nothing is changed.

    Raises:
        PrimaryForeignError: it is not ours, or was not prepared.
        PrimaryVersionError: a newer program migrated it, so what is right is not known here.
        PrimaryError: it cannot be reached or read.
    """
    try:
        objects, records = await _schema_of(client)
    except _DamagedError as damage:
        return Verification(host=client.host, schema=0, problems=(damage.problem,), skipped=())
    steps = migrations(DATABASE)
    if len(records) > len(steps):
        raise newer(len(records), len(steps), client.host)
    problems = [
        *_record_problems(records, steps),
        *_schema_problems(objects, steps[: len(records)]),
    ]
    try:
        if all(table in objects for table in _TABLES_READ):
            problems += await _row_problems(client)
        pages = await _page_problems(client)
    except _DamagedError as damage:
        pages = [damage.problem]
    return Verification(
        host=client.host,
        schema=len(records),
        problems=(*problems, *(pages or ())),
        skipped=() if pages is not None else ("integrity",),
    )


class _DamagedError(Exception):
    """SQLite met a page that it cannot read; elsewhere that may pass, here it is a finding."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.problem = Problem(check="integrity", detail=one_line(reason))


async def _read(client: Client, *statements: Statement) -> list[Result]:
    """Return the results of statements; a refused one raises what it means."""
    found = []
    for result in await client.pipeline(*statements, timeout_s=VERIFY_TIMEOUT_S):
        if isinstance(result, StatementError):
            if result.sql_code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise _DamagedError(result.reason)
            raise client.meaning(result)
        found.append(result)
    return found


_Objects = dict[tuple[str, str], tuple[str, str]]
"""By type and name: the table it belongs to, and its SQL without regard to blanks."""
_TABLES_READ = tuple(
    ("table", name)
    for name in ("entries", "users", "machines", "sessions", "votes", "sync_meta",
                 "sync_counter", "sync_commits")
)  # fmt: skip


async def _schema_of(client: Client) -> tuple[_Objects, list[tuple[int, str]]]:
    """Return the objects of a database of ours, and the records of its migrations."""
    (listing,) = await _read(client, Statement(_OBJECTS))
    rows: list[tuple[Any, ...]] = listing.rows
    if not is_ours([(kind, name) for kind, name, _table, _sql in rows], client.host):
        raise foreign()
    (records,) = await _read(client, Statement(_RECORDS))
    pairs: list[Any] = records.rows
    return _objects(rows), pairs


def _objects(rows: Sequence[tuple[Any, ...]]) -> _Objects:
    return {
        (kind, name): (table, " ".join(sql.split()))
        for kind, name, table, sql in rows
        if sql and not is_internal(name)
    }


def _expected(steps: Sequence[Migration]) -> _Objects:
    """Return what the migrations make, by making it."""
    with apsw.Connection(":memory:") as database:
        for step in steps:
            database.execute(step.sql)
        found = _objects(database.execute(_OBJECTS).fetchall())
    database.close()
    return found


def _record_problems(
    records: Sequence[tuple[int, str]], steps: Sequence[Migration]
) -> list[Problem]:
    expected = [(step.number, step.name) for step in steps[: len(records)]]
    if [tuple(record) for record in records] == expected and records:
        return []
    return [Problem(check="migrations", detail=_("the record of the migrations is not complete"))]


def _schema_problems(objects: _Objects, steps: Sequence[Migration]) -> list[Problem]:
    expected = _expected(steps)
    tables = {name for kind, name in expected if kind in {"table", "view"}}
    details = [
        _("{object} is missing", object=f"{kind} {name}")
        if (kind, name) not in objects
        else _("{object} is not what the migrations make", object=f"{kind} {name}")
        for (kind, name), definition in expected.items()
        if objects.get((kind, name)) != definition
    ]
    # Other tables, views and indexes do no harm; a trigger changes what is written.
    details += [
        _("{object} is not one of ours, and changes what is written", object=f"trigger {name}")
        for (kind, name), (table, _sql) in objects.items()
        if kind == "trigger" and (kind, name) not in expected and table in tables
    ]
    return [Problem(check="schema", detail=one_line(detail)) for detail in details]


async def _row_problems(client: Client) -> list[Problem]:
    # The counter is read last: a push in between raises it, and must not look like a fault.
    revs, commits = await _read(client, Statement(_REVS), Statement(_COMMITS))
    state: tuple[Any, ...] = commits.rows[0]
    counter = state[2] or 0
    found = [problem for row in revs.rows for problem in _rev_problems(row, counter)]
    return [*_state_problems(state), *found]


def _state_problems(state: tuple[Any, ...]) -> list[Problem]:
    metas, counters, counter, newest, backward, torn = state
    problems = []
    if metas != 1:
        problems.append(("state", _("sync_meta has {count} rows, not one", count=metas)))
    if counters != 1:
        problems.append(("state", _("sync_counter has {count} rows, not one", count=counters)))
    if counters == 1 and (newest or 0) != counter:
        text = _("the counter is {counter}, the newest push ends at {newest}",
                 counter=counter, newest=newest or 0)  # fmt: skip
        problems.append(("commits", text))
    if backward or torn:
        text = _("gaps or overlaps in the list of pushes: {count}", count=backward + torn)
        problems.append(("commits", text))
    return [Problem(check=check, detail=detail) for check, detail in problems]


def _rev_problems(row: tuple[Any, ...], counter: int) -> list[Problem]:
    table, rows, distinct, lowest, highest = row
    details = []
    if rows != distinct:
        details.append(_("{table}: revs that occur twice: {count}",
                         table=table, count=rows - distinct))  # fmt: skip
    if rows and (lowest < 1 or highest > counter):
        details.append(_("{table}: revs go from {lowest} to {highest}, the counter is {counter}",
                         table=table, lowest=lowest, highest=highest, counter=counter))  # fmt: skip
    return [Problem(check="revs", detail=detail) for detail in details]


async def _page_problems(client: Client) -> list[Problem] | None:
    """Return what SQLite says of its pages, indexes and checks; None if the server forbids it."""
    try:
        (result,) = await _read(client, Statement(_INTEGRITY))
    except StatementError:
        return None
    lines = [str(row[0]) for row in result.rows]
    return [
        Problem(check="integrity", detail=one_line(line))
        for text in lines if text != "ok" for line in text.splitlines()
    ]  # fmt: skip
