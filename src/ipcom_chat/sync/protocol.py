"""The exchange between a replica and the primary: one request, and what its answers mean.

Pure: a plan goes in, statements come out; results go in, a `Reply` comes out. The statements are
short because the schema of the primary does the work: views say what travels, the trigger of
`sync_push` merges. `docs/sync-protocol.md` is the normative text.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from ipcom_chat.errors import (
    PrimaryError,
    PrimaryForeignError,
    PrimaryUnreachableError,
    PrimaryVersionError,
    StatementError,
)
from ipcom_chat.i18n import _
from ipcom_chat.libsql.hrana import Result, Statement, Value
from ipcom_chat.storage.database import json_list
from ipcom_chat.storage.sync_rows import Pulled, Waiting
from ipcom_chat.storage.sync_state import Subscription, Timeline

PROTOCOL = 1
"""What this program speaks; a primary names the oldest that it accepts."""
SCHEMA_MIN = 1
"""The oldest schema of the primary that this program can work with."""

_STATE = (
    "SELECT epoch,schema,min_protocol,n,nonce,now_ms,"
    "(SELECT nonce FROM sync_commits WHERE n=?1) FROM sync_state"
)
_PUSH = (
    "INSERT INTO sync_push(protocol,epoch,anchor_n,anchor_nonce,nonce,at,entries,users,machines,"
    "sessions,votes) VALUES(?,?,?,?,?,?,?,?,?,?,?)"
)
# Where all entries of a push were new, one row says where their revs begin.
_ENTRY_STATES = (
    "SELECT NULL,base,NULL FROM sync_commits WHERE nonce=?2 AND n>?3 AND fresh UNION ALL "
    "SELECT id,rev,state FROM sync_entry_states WHERE id IN(SELECT value FROM json_each(?1))"
    "AND NOT EXISTS(SELECT 1 FROM sync_commits WHERE nonce=?2 AND n>?3 AND fresh)"
)
# A pull may never bring a small row that was pushed: one outside the window, one that was there.
_SMALL_ROWS = "SELECT t,rev,row FROM sync_small_rows WHERE id IN(SELECT value FROM json_each(?))"
ENTRY_ROWS = "SELECT rev,row FROM sync_entry_rows WHERE id IN(SELECT value FROM json_each(?))"
_PULL = (
    "SELECT t,rev,row FROM sync_changes WHERE scope=?1 AND rev>?2 AND at>=?3 ORDER BY rev LIMIT ?4"
)
# What this very request has pushed need not come back; a push that was refused has no commit.
_PULL_OTHERS = (
    "SELECT t,rev,row FROM sync_changes WHERE scope=?1 AND rev>?2 AND at>=?3 AND(rev<="
    "coalesce((SELECT base FROM sync_commits WHERE nonce=?5 AND n>?2 LIMIT 1),rev)OR rev>"
    "(SELECT n FROM sync_commits WHERE nonce=?5 AND n>?2 LIMIT 1))ORDER BY rev LIMIT ?4"
)
_FILL = (
    "SELECT t,rev,row FROM sync_changes WHERE scope=?1 AND rev<?2 AND at>=?3 "
    "ORDER BY rev DESC LIMIT ?4"
)
_BEAT = (
    "INSERT INTO heartbeats(machine_id,replica_id,hostname,at,version,lag_ms,waiting,skew_ms)"
    "VALUES(?,?,?,CAST(unixepoch('subsec')*1000 AS INTEGER),?,?,?,?)"
    "ON CONFLICT(machine_id,replica_id)DO UPDATE SET hostname=excluded.hostname,at=excluded.at,"
    "version=excluded.version,lag_ms=excluded.lag_ms,waiting=excluded.waiting,"
    "skew_ms=excluded.skew_ms"
)

_NEWEST = (1 << 63) - 1
_TABLES = {"user": 0, "machine": 1, "session": 2, "vote": 3}


class PrimaryDivergedError(PrimaryError):
    """The primary is another timeline than the one this replica follows; for the engine only."""

    code = "primary_diverged"
    retryable = True


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of life of one replica."""

    machine_id: str
    replica_id: str
    hostname: str
    version: str
    lag_ms: int
    waiting: int
    skew_ms: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one exchange is to do."""

    timeline: Timeline
    subscriptions: tuple[Subscription, ...]
    pushed: tuple[Waiting, ...] = ()
    fetched: tuple[str, ...] = ()
    """Entries to fetch by id, because they differed."""
    nonce: str = ""
    at_ms: int
    page_rows: int
    heartbeat: Heartbeat | None = None
    at_primary: bool = True
    """Whether the primary itself is to answer; if not, one that may be behind will do."""


class State(msgspec.Struct, frozen=True, array_like=True):
    """What the primary says of itself."""

    epoch: str
    schema: int
    min_protocol: int
    n: int
    """The last rev."""
    nonce: str | None
    """That of the newest push."""
    now_ms: int
    anchor: str | None
    """The nonce of the push that the replica remembers."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one subscription, and where it stands after them."""

    scope: str
    rows: tuple[Pulled, ...]
    cursor: int
    fill_below: int | None
    is_full: bool
    """Whether there may be more at once."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What one exchange brought."""

    state: State
    answers: dict[str, tuple[int, str | None]]
    """By id of a pushed entry: its rev and state on the primary."""
    pages: tuple[Page, ...]
    fetched: tuple[Pulled, ...]
    refused: StatementError | None
    """Why nothing was pushed, if one of the rows was refused."""
    read_only: bool


def statements(plan: Plan) -> list[Statement]:
    """Return the one request of an exchange."""
    found = [_push(plan), *_states(plan), *_small_rows(plan)] if plan.pushed else []
    if plan.fetched:
        found.append(Statement(ENTRY_ROWS, (json_list(plan.fetched),)))
    # The anchor vouches for what was read before the state; pages leave out what came later.
    found.append(look(plan.timeline))
    for subscription in plan.subscriptions:
        found += _pull(plan, subscription)
    if plan.heartbeat is not None:
        found.append(Statement(_BEAT, msgspec.structs.astuple(plan.heartbeat), want_rows=False))
    return found


def look(timeline: Timeline) -> Statement:
    """Return the statement that only asks whose database the primary is."""
    return Statement(_STATE, (timeline.anchor_n,))


def reply_of(plan: Plan, results: Sequence[Result | PrimaryError]) -> Reply:
    """Return what the results of `statements(plan)` mean.

    Raises:
        PrimaryDivergedError: the primary is another timeline.
        PrimaryForeignError, PrimaryVersionError: it is none of ours, or not of our time.
        PrimaryError: a statement failed for another reason than one of the pushed rows.
    """
    queue = list(results)
    push = queue.pop(0) if plan.pushed else None
    states = queue.pop(0) if _states(plan) else Result()
    small = queue.pop(0) if _small_rows(plan) else Result()
    entries = queue.pop(0) if plan.fetched else Result()
    state = check(plan.timeline, state_of(queue.pop(0)))
    refused = _refusal(push)
    fetched = [*rows_of(small), *(("e", *row) for row in rows_of(entries))]
    pages = tuple(_page(plan, each, state, queue) for each in plan.subscriptions)
    return Reply(
        state=state,
        answers=_answers(plan, rows_of(states)),
        pages=pages,
        fetched=tuple(Pulled(*row) for row in fetched),
        refused=refused,
        read_only=_is_read_only(push) or any(_is_read_only(each) for each in queue),
    )


def state_of(result: Result | PrimaryError) -> State:
    """Return what the primary says of itself.

    Raises:
        PrimaryForeignError: it has no such view, or nothing in it.
    """
    try:
        rows = rows_of(result)
        return msgspec.convert(rows[0], State)
    except StatementError as error:
        raise foreign() from error
    except (IndexError, msgspec.ValidationError) as error:
        raise foreign() from error


def check(timeline: Timeline, state: State) -> State:
    """Return the state after making sure that the replica may go on with it.

    Raises:
        PrimaryVersionError: this program is too old for the primary, or too new.
        PrimaryDivergedError: it is another timeline than the replica's.
    """
    check_version(state)
    if not follows(timeline, state):
        raise PrimaryDivergedError(state.epoch)
    return state


def check_version(state: State) -> State:
    """Return the state after making sure that this program can speak with the primary.

    Raises:
        PrimaryVersionError: this program is too old for the primary, or too new.
    """
    if state.min_protocol > PROTOCOL:
        raise PrimaryVersionError(
            _(
                "The primary needs a newer ipcom-chat than this one. What is saved here is safe "
                "and waits; upgrade ipcom-chat."
            )
        )
    if state.schema < SCHEMA_MIN:
        raise PrimaryVersionError(
            _(
                "The primary has an older schema ({found}) than this ipcom-chat needs ({needed}). "
                "What is saved here is safe and waits; run 'ipcom-chat server migrate' once.",
                found=state.schema,
                needed=SCHEMA_MIN,
            )
        )
    return state


def foreign() -> PrimaryForeignError:
    """Return the error for a database that was never prepared."""
    return PrimaryForeignError(
        _(
            "The database at TURSO_DATABASE_URL is not prepared for ipcom-chat. What is saved "
            "here is safe and waits; check the address, or run 'ipcom-chat server init' once."
        )
    )


def follows(timeline: Timeline, state: State) -> bool:
    """Return whether the primary is the timeline of the replica, not an older copy of it."""
    is_there = timeline.anchor_n is None or state.anchor == timeline.anchor_nonce
    return state.epoch == timeline.epoch and is_there


def _push(plan: Plan) -> Statement:
    timeline = plan.timeline
    small: list[list[str]] = [[] for _table in _TABLES]
    for waiting in plan.pushed:
        if waiting.kind in _TABLES:
            small[_TABLES[waiting.kind]].append(waiting.row)
    entries = [waiting.row for waiting in plan.pushed if waiting.kind == "entry"]
    arrays = tuple(f"[{','.join(rows)}]" for rows in (entries, *small))
    anchor = (timeline.anchor_n, timeline.anchor_nonce)
    return Statement(
        _PUSH,
        (PROTOCOL, timeline.epoch, *anchor, plan.nonce, plan.at_ms, *arrays),
        want_rows=False,
    )


def _states(plan: Plan) -> list[Statement]:
    ids = [waiting.key for waiting in plan.pushed if waiting.kind == "entry"]
    args = (json_list(ids), plan.nonce, plan.timeline.anchor_n or 0)
    return [Statement(_ENTRY_STATES, args)] if ids else []


def _answers(plan: Plan, rows: Sequence[tuple[Any, ...]]) -> dict[str, tuple[int, str | None]]:
    if not rows or rows[0][0] is not None:
        return {row[0]: (row[1], row[2]) for row in rows}
    base = rows[0][1]
    entries = (waiting for waiting in plan.pushed if waiting.kind == "entry")
    return {each.key: (base + place, each.state) for place, each in enumerate(entries, 1)}


def _small_rows(plan: Plan) -> list[Statement]:
    # The key of a vote begins with the id of its entry.
    ids = {waiting.key.split(" ")[0] for waiting in plan.pushed if waiting.kind != "entry"}
    return [Statement(_SMALL_ROWS, (json_list(sorted(ids)),))] if ids else []


def _pull(plan: Plan, subscription: Subscription) -> list[Statement]:
    scope, since, limit = subscription.scope, subscription.since_ms, plan.page_rows
    if subscription.cursor is None:
        return [Statement(_FILL, (scope, _NEWEST, since, limit))]
    args: tuple[Value, ...] = (scope, subscription.cursor, since, limit)
    found = [
        Statement(_PULL_OTHERS, (*args, plan.nonce)) if plan.pushed else Statement(_PULL, args)
    ]
    if subscription.fill_below is not None:
        found.append(Statement(_FILL, (scope, subscription.fill_below, since, limit)))
    return found


def _page(
    plan: Plan,
    subscription: Subscription,
    state: State,
    queue: list[Result | PrimaryError],
) -> Page:
    """Take the results of one subscription off the queue.

    The counter was read before the rows: a page that is not full holds everything up to it. What
    came meanwhile is left for the next page, because the anchor does not vouch for it.
    """
    newer, cursor, is_full = [], subscription.cursor, False
    if cursor is not None:
        newer = rows_of(queue.pop(0))
        is_full = len(newer) >= plan.page_rows
        last = newer[-1][1] if newer else 0
        cursor = max(cursor, min(last, state.n) if is_full else state.n)
    older, fill_below = [], subscription.fill_below
    if not subscription.is_filled:
        older = rows_of(queue.pop(0))
        has_more = len(older) >= plan.page_rows
        fill_below = older[-1][1] if has_more else None
        is_full = is_full or has_more
    return Page(
        scope=subscription.scope,
        rows=tuple(Pulled(*row) for row in (*newer, *older) if row[1] <= state.n),
        cursor=state.n if cursor is None else cursor,
        fill_below=fill_below,
        is_full=is_full,
    )


def _refusal(push: Result | PrimaryError | None) -> StatementError | None:
    """Return the error of a row that was refused; what the guards say is raised."""
    if not isinstance(push, Exception) or _is_read_only(push):
        return None
    if not isinstance(push, StatementError):
        raise push
    if "ipcom-chat:" in push.reason:
        # The state in the same request agreed, so the primary changed between the two.
        raise PrimaryUnreachableError(
            _("The primary was replaced during the exchange. Nothing is lost; it is tried again.")
        )
    return push


def _is_read_only(result: object) -> bool:
    return isinstance(result, PrimaryError) and result.code == "primary_read_only"


def rows_of(result: Result | PrimaryError) -> list[tuple[Any, ...]]:
    """Return the rows of a result.

    Raises:
        PrimaryError: the statement failed.
    """
    if isinstance(result, Exception):
        raise result
    return result.rows
