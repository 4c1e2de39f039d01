"""What an administrator does with the primary: prepare it, migrate it, look at it.

Invariants:
- Nothing is changed in a database that is not ours; an empty one becomes ours in one transaction.
- Whatever is decided under the write lock was looked at under the write lock, so any number of
  administrators may run any of it at once, and all of it may be repeated.
- Each migration and its record are one transaction. A database that a newer program migrated is
  left alone.

`sync.server_verify` checks it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from ipcom_chat.clock import DAY_MS, Clock
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import (
    PrimaryForeignError,
    PrimarySetupError,
    PrimaryVersionError,
    StatementError,
)
from ipcom_chat.i18n import _
from ipcom_chat.libsql.client import Client, Transaction
from ipcom_chat.libsql.hrana import Result, Script, Statement
from ipcom_chat.schema import Migration, latest, migrations
from ipcom_chat.sync.primary import Primary
from ipcom_chat.sync.protocol import PROTOCOL, foreign
from ipcom_chat.sync.server_faults import incomplete, newer, translated
from ipcom_chat.sync.target import Target

DATABASE = "primary"
FIRST_PROTOCOL = 1
"""What a new database accepts; a later migration may raise it."""
LOCK_TIMEOUT_S = 15.0
"""The server itself gives a waiting writer up after 5 s."""
COUNT_TIMEOUT_S = 60.0
"""Every entry is counted."""
SEEN_WITHIN_MS = DAY_MS
OLD_TABLES = frozenset({"history_global", "history_user", "history_machine", "command_cache"})
"""Tables of the earlier program; here the same names are views."""
NAMES_SHOWN = 4

T = TypeVar("T")


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What `init` found or made."""

    host: str
    epoch: str
    schema: int
    is_new: bool
    """Whether this call prepared it."""


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """What `migrate` did."""

    host: str
    before: int
    """The number of the schema."""
    after: int


class PrimaryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The primary in numbers. Instants are epoch milliseconds by its own clock."""

    host: str
    epoch: str
    schema: int
    newest_schema: int
    """What this program would migrate it to."""
    min_protocol: int
    counter: int
    """The last rev that was given."""
    entries: int
    users: int
    machines: int
    sessions: int
    votes: int
    events: int
    open_requests: int
    replicas_seen: int
    """Within the last 24 hours."""
    oldest_at: int | None
    newest_at: int | None
    size_bytes: int | None
    """None if the server does not tell."""
    round_trip_ms: float
    """Of one small request on an open connection."""
    clock_difference_ms: int
    """How far this machine's clock is ahead of the primary's."""


class PrimaryState(msgspec.Struct, frozen=True, array_like=True):
    """What a database of ours says of itself."""

    epoch: str
    schema: int
    min_protocol: int
    n: int


class _Runs(Protocol):
    """A client, or a transaction of one."""

    async def execute(self, *requests: Statement | Script) -> list[Result]:
        """Carry out statements and return their results."""
        ...


async def administer(target: Target, act: Callable[[Client], Awaitable[T]]) -> T:
    """Do something with the primary itself, never with a replica of it.

    Raises:
        PrimaryError: one of its kinds.
    """
    primary = Primary(target)
    try:
        return await act(primary.authority)
    finally:
        await primary.close()


async def init(client: Client, clock: Clock) -> Prepared:
    """Prepare an empty database; one that is prepared already stays as it is.

    Raises:
        PrimaryForeignError: it holds what is not ours.
        PrimaryVersionError: it belongs to a newer program.
        PrimarySetupError: the server does not understand the schema.
        PrimaryError: it cannot be reached, read or written; nothing was changed, or, if the
            connection was lost at the very end, all of it.
    """
    state, is_new = await _state(client, client.host), False
    if state is None:
        async with client.transaction(timeout_s=LOCK_TIMEOUT_S) as transaction:
            state = await _state(transaction, client.host)
            if state is None:
                state, is_new = await _create(transaction, client.host, clock), True
    _check_version(state, client.host)
    return Prepared(host=client.host, epoch=state.epoch, schema=state.schema, is_new=is_new)


async def migrate(client: Client, clock: Clock) -> Migrated:
    """Bring the database to the newest schema, a transaction for each step.

    Raises:
        PrimaryForeignError: it is not ours, or was not prepared.
        PrimaryVersionError: it belongs to a newer program.
        PrimaryError: see `init`; the steps before stay.
    """
    steps = migrations(DATABASE)
    before = after = _check_version(await _own_state(client, client.host), client.host).schema
    while after < len(steps):
        async with client.transaction(timeout_s=LOCK_TIMEOUT_S) as transaction:
            state = await _own_state(transaction, client.host)
            after = _check_version(state, client.host).schema
            if after < len(steps):
                await apply_step(transaction, client.host, steps[after], clock)
                after += 1
    return Migrated(host=client.host, before=before, after=after)


_COUNTS = """
SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM users),
  (SELECT count(*) FROM machines), (SELECT count(*) FROM sessions), (SELECT count(*) FROM votes),
  (SELECT count(*) FROM entry_events),
  (SELECT count(*) FROM entries WHERE status IN ('pending', 'processing')),
  (SELECT count(*) FROM heartbeats WHERE at > CAST(unixepoch('subsec') * 1000 AS INTEGER) - ?),
  (SELECT min(created_at) FROM entries), (SELECT max(created_at) FROM entries)
"""
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


async def status(client: Client, clock: Clock) -> PrimaryStatus:
    """Look at the primary; counting takes the server a while in a large database.

    Raises:
        PrimaryForeignError, PrimaryVersionError, PrimaryError: see `migrate`.
    """
    state = await _own_state(client, client.host)
    if state.min_protocol > PROTOCOL:
        raise _too_new(state, client.host)
    row = await _counted(client)
    trip_ms, difference_ms = await _measure(client, clock)
    return PrimaryStatus(
        host=client.host,
        epoch=state.epoch,
        schema=state.schema,
        newest_schema=latest(DATABASE),
        min_protocol=state.min_protocol,
        counter=state.n,
        **dict(zip(_COUNTED, row, strict=True)),
        size_bytes=await _size_bytes(client),
        round_trip_ms=trip_ms,
        clock_difference_ms=difference_ms,
    )


_COUNTED = (
    "entries", "users", "machines", "sessions", "votes", "events", "open_requests",
    "replicas_seen", "oldest_at", "newest_at",
)  # fmt: skip
"""What the columns of `_COUNTS` are called."""


async def _counted(client: Client) -> tuple[Any, ...]:
    try:
        wanted = Statement(_COUNTS, (SEEN_WITHIN_MS,))
        (counts,) = await client.execute(wanted, timeout_s=COUNT_TIMEOUT_S)
        return counts.rows[0]
    except StatementError as error:
        raise translated(error, client.host) from error


async def _size_bytes(client: Client) -> int | None:
    try:
        (size,) = await client.execute(Statement(_SIZE))
        return _number(size.rows[0][0])
    except StatementError:
        return None  # this server does not tell


_NOW = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)"


async def _measure(client: Client, clock: Clock) -> tuple[float, int]:
    """Return the round trip of a small request, and how far our clock is ahead."""
    start_ms, sent_at = clock.monotonic_ms(), clock.now_ms()
    (result,) = await client.execute(Statement(_NOW))
    trip_ms = clock.monotonic_ms() - start_ms
    primary_ms = _number(result.rows[0][0]) or 0
    return round(trip_ms, 1), round(sent_at + trip_ms / 2) - primary_ms


NEW_META = "INSERT INTO sync_meta (one, epoch, min_protocol, created_at) VALUES (1, ?, ?, ?)"


async def _create(transaction: Transaction, host: str, clock: Clock) -> PrimaryState:
    epoch, steps = f"{clock.random_bits(128):032x}", migrations(DATABASE)
    await apply_step(transaction, host, steps[0], clock)
    meta = (epoch, FIRST_PROTOCOL, clock.now_ms())
    await transaction.execute(Statement(NEW_META, meta, want_rows=False))
    for step in steps[1:]:
        await apply_step(transaction, host, step, clock)
    state = await _state(transaction, host)
    assert state is not None  # noqa: S101 - it was made above
    return state


_RECORD = "INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)"


async def apply_step(transaction: Transaction, host: str, step: Migration, clock: Clock) -> None:
    """Carry out one migration and record it.

    Raises:
        PrimarySetupError: the server does not understand it.
        PrimaryError: see `init`.
    """
    record = Statement(_RECORD, (step.number, step.name, clock.now_ms()), want_rows=False)
    try:
        await transaction.execute(Script(step.sql), record)
    except StatementError as error:
        raise PrimarySetupError(
            _(
                "The libSQL server at {host} does not understand the schema: {reason}. Nothing "
                "was changed; upgrade the server (sqld 0.24.32 is known to work).",
                host=host,
                reason=error.reason,
            )
        ) from error


_NAMES = "SELECT type, name FROM sqlite_schema"
_STATE = """
SELECT (SELECT epoch FROM sync_meta), (SELECT max(number) FROM schema_migrations),
  (SELECT min_protocol FROM sync_meta), (SELECT n FROM sync_counter)
"""


async def _state(runs: _Runs, host: str) -> PrimaryState | None:
    """Return the state of a database of ours, None of an empty one.

    Raises:
        PrimaryForeignError: it holds other things, or only a part of ours.
    """
    (names,) = await runs.execute(Statement(_NAMES))
    pairs: list[Any] = names.rows
    if not is_ours(pairs, host):
        return None
    try:
        (result,) = await runs.execute(Statement(_STATE))
        return msgspec.convert(result.rows[0], PrimaryState)
    except msgspec.ValidationError as error:
        raise incomplete(host) from error
    except StatementError as error:
        raise translated(error, host) from error


async def object_names(runs: _Runs) -> set[str]:
    """Return the names of everything in a database that is not the server's own."""
    (names,) = await runs.execute(Statement(_NAMES))
    return {str(row[1]) for row in names.rows if not is_internal(str(row[1]))}


async def own_state(client: Client) -> PrimaryState:
    """Return what a primary says of itself.

    Raises:
        PrimaryForeignError: it is not ours, or was not prepared.
        PrimaryVersionError: a newer program migrated it.
        PrimaryError: it cannot be reached or read.
    """
    return _check_version(await _own_state(client, client.host), client.host)


async def _own_state(runs: _Runs, host: str) -> PrimaryState:
    state = await _state(runs, host)
    if state is None:
        raise foreign()
    return state


def is_ours(objects: Sequence[tuple[str, str]], host: str) -> bool:
    """Return whether a database is ours, not empty.

    Raises:
        PrimaryForeignError: it is neither.
    """
    tables = {name for kind, name in objects if kind == "table" and not is_internal(name)}
    if {"sync_meta", "schema_migrations"} <= tables:
        return True
    if tables & OLD_TABLES:
        raise PrimaryForeignError(
            _(
                "The database at {host} holds the tables of the earlier program ({names}). "
                "Nothing was changed. Make a new, empty database for ipcom-chat and set "
                "TURSO_DATABASE_URL to it; 'ipcom-chat history import ADDRESS' then brings in what "
                "the old one holds.",
                host=host,
                names=_listed(tables & OLD_TABLES),
            )
        )
    others = tables | {name for _kind, name in objects if not is_internal(name)}
    if others:
        raise PrimaryForeignError(
            _(
                "The database at {host} holds tables that are not those of ipcom-chat ({names}). "
                "Nothing was changed. Set TURSO_DATABASE_URL to an empty database.",
                host=host,
                names=_listed(others),
            )
        )
    return False


def is_internal(name: str) -> bool:
    """Return whether an object belongs to SQLite or libSQL itself."""
    return name.startswith(("sqlite_", "libsql_"))


def _listed(names: set[str] | frozenset[str]) -> str:
    shown = ", ".join(one_line(name) for name in sorted(names)[:NAMES_SHOWN])
    return f"{shown}, …" if len(names) > NAMES_SHOWN else shown


def _check_version(state: PrimaryState, host: str) -> PrimaryState:
    if state.schema > latest(DATABASE) or state.min_protocol > PROTOCOL:
        raise _too_new(state, host)
    return state


def _too_new(state: PrimaryState, host: str) -> PrimaryVersionError:
    return newer(state.schema, latest(DATABASE), host)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
