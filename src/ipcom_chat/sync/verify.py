"""Compares what this replica holds with what the primary has, and mends what differs.

Entries are compared by count and sums in buckets of neighbouring revs, so that a million of them
cost one answer of a few hundred lines; only buckets that differ are looked into. The other tables
are small, and are compared by count and revs. A row that changed on the primary meanwhile is no
difference: it comes with the next pull.
"""

from collections.abc import Sequence

import msgspec

from ipcom_chat.libsql.hrana import Statement
from ipcom_chat.storage.database import Database, json_list
from ipcom_chat.storage.sync_rows import Pulled, SyncRows, take
from ipcom_chat.storage.sync_state import Subscription, SyncState
from ipcom_chat.storage.sync_sums import (
    BUCKET,
    ENTRY_SUMS,
    States,
    local_states,
    local_sums,
    small_sums,
)
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Exchanges
from ipcom_chat.sync.protocol import ENTRY_ROWS, rows_of

FETCH_IDS = 200

_SUMS = (
    f"SELECT rev/{BUCKET},{ENTRY_SUMS} FROM entries WHERE scope=? AND created_at>=? AND rev<=? "
    "GROUP BY 1"
)
_STATES = (
    "SELECT s.id,s.rev,s.state FROM entries e JOIN sync_entry_states s ON s.id=e.id "
    "WHERE e.scope=? AND e.created_at>=? AND e.rev<=? AND e.rev>=? AND e.rev<?"
)
_KNOWN = "SELECT id FROM entries WHERE id IN(SELECT value FROM json_each(?))"
_SMALL = (
    "SELECT t,count(*),sum(rev) FROM sync_changes WHERE scope=? AND t<>'e' AND at>=? AND rev<=? "
    "GROUP BY t"
)


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription, compared with the primary."""

    scope: str
    entries: int
    """How many this replica holds."""
    missing: tuple[str, ...] = ()
    """Entries that only the primary has."""
    different: tuple[str, ...] = ()
    """Entries that both have, not alike."""
    extra: tuple[str, ...] = ()
    """Entries that only this replica has."""
    tables: tuple[str, ...] = ()
    """Other tables whose rows differ."""

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.different or self.extra or self.tables)


async def verify(database: Database, engine: Engine, primary: Exchanges) -> list[Compared]:
    """Compare every subscription; the caller has just carried everything that waited.

    Raises:
        PrimaryError: the primary cannot be reached or used.
    """
    return [
        await _compare(database, primary, each)
        for each in engine.state.subscriptions()
        if each.cursor is not None
    ]


async def repair(
    database: Database, engine: Engine, primary: Exchanges, found: Sequence[Compared]
) -> None:
    """Fetch what is missing or different, and let what only this replica has be pushed again.

    Raises:
        PrimaryError: the primary cannot be reached or used.
    """
    for each in found:
        wanted = [*each.missing, *each.different]
        for start in range(0, len(wanted), FETCH_IDS):
            with engine.erasing():
                await _fetch(database, primary, wanted[start : start + FETCH_IDS])
        SyncRows(database).wait_again(each.extra)
        if each.tables:
            SyncState(database).fill_anew(each.scope)
    await engine.cycle()


async def _compare(database: Database, primary: Exchanges, held: Subscription) -> Compared:
    args = (held.scope, held.since_ms, held.cursor or 0)
    answers, _is_primary = await primary.exchange(
        [Statement(_SUMS, args), Statement(_SMALL, args)], at_primary=True
    )
    ours = local_sums(database, args)
    theirs = {row[0]: tuple(row[1:]) for row in rows_of(answers[0])}
    here: States = {}
    there: States = {}
    for bucket in {*ours, *theirs}:
        if ours.get(bucket) != theirs.get(bucket):
            bounds = (*args, bucket * BUCKET, (bucket + 1) * BUCKET)
            here |= local_states(database, bounds)
            there |= await _states(primary, bounds)
    gone = [key for key in here if key not in there]
    known = await _known(primary, gone)
    small = {row[0]: (row[1], row[2]) for row in rows_of(answers[1])}
    return Compared(
        scope=held.scope,
        entries=sum(sums[0] for sums in ours.values()),
        missing=tuple(key for key in there if key not in here),
        different=tuple(key for key in here if key in there and here[key] != there[key]),
        extra=tuple(key for key in gone if key not in known),
        tables=_different_tables(small_sums(database, args), small),
    )


async def _states(primary: Exchanges, bounds: tuple[str | int, ...]) -> States:
    answers, _is_primary = await primary.exchange([Statement(_STATES, bounds)], at_primary=True)
    return {row[0]: (row[1], row[2]) for row in rows_of(answers[0])}


async def _known(primary: Exchanges, ids: Sequence[str]) -> set[str]:
    """Return those of the entries that the primary has, wherever."""
    found: set[str] = set()
    for start in range(0, len(ids), FETCH_IDS):
        asked = json_list(ids[start : start + FETCH_IDS])
        answers, _is_primary = await primary.exchange(
            [Statement(_KNOWN, (asked,))], at_primary=True
        )
        found |= {row[0] for row in rows_of(answers[0])}
    return found


async def _fetch(database: Database, primary: Exchanges, ids: Sequence[str]) -> None:
    asked = Statement(ENTRY_ROWS, (json_list(ids),))
    answers, _is_primary = await primary.exchange([asked], at_primary=True)
    with database.write() as transaction:
        take(transaction, [Pulled("e", rev, row) for rev, row in rows_of(answers[0])])


def _different_tables(
    ours: dict[str, tuple[int, int]], theirs: dict[str, tuple[int, int]]
) -> tuple[str, ...]:
    letters = {*ours, *theirs}
    return tuple(sorted(each for each in letters if ours.get(each) != theirs.get(each)))
