"""Carries rows between the replica and the primary: one exchange, or as many as it takes.

Invariants:
- One process of a replica exchanges at a time (a file lock, held for one exchange); the others
  benefit from what it brings.
- Nothing of an exchange counts until all of it is stored, in one transaction. A reply that is
  lost, doubled or late changes nothing that the next exchange does not mend.
- Nothing is ever dropped: what the primary refuses is parked, with the reason, until it changes
  or a person retries it.
- The first contact with a primary only reads.
- Only what the primary itself showed moves a cursor. A replica of it shows rows early, and was seen
  to show a counter without the rows that were written with it, when it had just been started: what
  it showed is asked for once more where it counts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from ipcom_chat.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from ipcom_chat.errors import (
    PrimaryError,
    PrimaryReadOnlyError,
    PrimaryTooLargeError,
    PrimaryUnreachableError,
    StatementError,
)
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.meter import SYNC, timing
from ipcom_chat.storage.sync_rows import SyncRows, Waiting, acknowledge, take
from ipcom_chat.storage.sync_state import (
    PULLED,
    Subscription,
    SyncState,
    Timeline,
    advance,
    anchor,
    forget_parked,
    park,
    succeeded,
)
from ipcom_chat.sync.exchanges import Exchanges, Identity, Options, Progress
from ipcom_chat.sync.flight import flight
from ipcom_chat.sync.protocol import (
    Heartbeat,
    Plan,
    PrimaryDivergedError,
    Reply,
    State,
    follows,
    look,
    reply_of,
    state_of,
    statements,
)

OPEN_AFTER_MS = 1_000
"""How long an open request lasts before its state is pushed."""
PUSH_MAX_BYTES = 1_500_000
BEAT_EVERY_MS = 5 * MINUTE_MS
READ_ONLY_MS = 10 * MINUTE_MS
"""How long a refusal to write is believed."""
EVICT_EVERY_MS = HOUR_MS
SHOWN_MS = BEAT_EVERY_MS
"""How long what replicas of the primary show is enough."""
PAGE_ROWS = 1_000
FIRST_PAGE_ROWS = 200
"""The first page of a new replica is small, so that something is there at once."""


class Engine:
    """The exchanges of one replica."""

    def __init__(
        self,
        database: Database,
        primary: Exchanges,
        identity: Identity,
        clock: Clock,
        options: Options | None = None,
    ) -> None:
        self.state = SyncState(database)
        self.identity = identity
        self._database = database
        self._rows = SyncRows(database)
        self._primary = primary
        self._clock = clock
        self._options = options or Options()
        self._page_rows = PAGE_ROWS
        self._most_rows = self._batch_rows = self._options.batch_rows
        self._fetch: tuple[str, ...] = ()
        self._read_only_at_ms: int | None = None
        self._answered_at_ms: int | None = None
        """When the primary itself showed all it had."""
        self._shown: dict[str, int] = {}
        """Up to where a replica of the primary has shown each scope since."""

    async def cycle(self, users: Sequence[str] = ()) -> Progress:
        """Exchange until both sides have everything, and return the sum.

        Raises:
            PrimaryError: the primary cannot be reached or used; the report holds it, too.
            StorageError: the replica cannot be written.
        """
        total = Progress()
        while True:
            one = await self.exchange(users)
            total = Progress(
                pushed=total.pushed + one.pushed,
                pulled=total.pulled + one.pulled,
                parked=total.parked + one.parked,
                is_done=one.is_done,
                was_busy=one.was_busy,
            )
            if one.is_done or one.was_busy:
                return total

    async def exchange(self, users: Sequence[str] = ()) -> Progress:
        """Carry what one request can carry.

        Args:
            users: the users of this machine, whose own histories are to be held.

        Raises:
            PrimaryError: the primary cannot be reached or used; the report holds it, too.
            StorageError: the replica cannot be written.
        """
        with flight(self._database.path) as is_alone:
            if not is_alone:
                return Progress(was_busy=True)
            try:
                with timing(self._database.meter, SYNC), self.erasing():
                    return await self._exchange(users)
            except PrimaryError as error:
                self.state.failed(error.code, str(error), at_ms=self._clock.now_ms())
                raise

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """Tell, after the block, whoever holds what was derived of text that it took out."""
        after, before = self._database.last_change(), self._database.clearings
        try:
            yield
        finally:
            if self._database.clearings != before:
                self._options.erased(self._database, after)

    async def _exchange(self, users: Sequence[str]) -> Progress:
        now = self._clock.now_ms()
        self.state.subscribe(self._scopes(users), since_ms=self._since_ms(now), at_ms=now)
        await self._meet()
        plan = self._plan(now)
        try:
            return await self._carry(plan)
        except PrimaryTooLargeError as error:
            return await self._smaller(plan, error)

    async def _carry(self, plan: Plan) -> Progress:
        try:
            results, is_primary = await self._primary.exchange(
                statements(plan), at_primary=plan.at_primary
            )
        except PrimaryReadOnlyError:
            if not (plan.pushed or plan.heartbeat):
                raise
            self._read_only_at_ms = plan.at_ms
            return await self._carry(msgspec.structs.replace(plan, pushed=(), heartbeat=None))
        except PrimaryUnreachableError:
            if plan.at_primary and self._primary.has_readers:
                # Reading goes on from a replica of the primary; the failure is still told.
                await self._carry(self._anywhere(plan))
            raise
        try:
            reply = reply_of(plan, results)
        except PrimaryDivergedError:
            return await self._diverged()
        return self._store(plan, reply, counts=is_primary and plan.at_primary)

    def _anywhere(self, plan: Plan) -> Plan:
        """Return a plan that only reads, and goes on where a replica of the primary came to."""
        subscriptions = tuple(
            msgspec.structs.replace(each, cursor=max(each.cursor, self._shown.get(each.scope, 0)))
            if each.cursor is not None
            else each
            for each in plan.subscriptions
        )
        return msgspec.structs.replace(
            plan, subscriptions=subscriptions, pushed=(), heartbeat=None, at_primary=False
        )

    async def _smaller(self, plan: Plan, error: PrimaryTooLargeError) -> Progress:
        """Ask for less, and send less, in the next exchange; park a row that is too large alone."""
        if self._page_rows == self._batch_rows == 1:
            if not plan.pushed:
                raise error
            # If it is what we ask for that is too large, this fails, too, and nothing is parked.
            await self._carry(msgspec.structs.replace(plan, pushed=()))
            for each in plan.pushed:
                self.state.park(each.kind, each.key, each.local_seq, str(error), at_ms=plan.at_ms)
        self._page_rows = max(1, self._page_rows // 2)
        self._most_rows = self._batch_rows = max(1, self._batch_rows // 2)
        # What differed may be too large at once; it is pushed, and found to differ, again.
        self._fetch = ()
        return Progress(is_done=False)

    async def _meet(self) -> None:
        """Make sure that the replica follows a timeline, and has done with the last one."""
        timeline = self.state.timeline()
        if timeline.epoch is None:
            state, _is_primary = await self._look(timeline)
            self.state.begin_reset(state.epoch)
        self.state.finish_reset()

    async def _look(self, timeline: Timeline) -> tuple[State, bool]:
        results, is_primary = await self._primary.exchange([look(timeline)], at_primary=True)
        return state_of(results[0]), is_primary

    async def _diverged(self) -> Progress:
        """Follow the primary into its new timeline, if it is the primary that tells of one.

        A replica of the primary may just be behind.
        """
        timeline = self.state.timeline()
        state, is_primary = await self._look(timeline)
        if not is_primary or follows(timeline, state):
            return Progress()
        self.state.begin_reset(state.epoch)
        return Progress(is_done=False)

    def _plan(self, now: int) -> Plan:
        timeline = self.state.timeline()
        subscriptions = tuple(self.state.subscriptions())
        read_only = self._is_read_only(now)
        pushed = () if read_only else tuple(self._waiting(timeline, subscriptions, now))
        is_new = any(each.cursor is None for each in subscriptions)
        plan = Plan(
            timeline=timeline,
            subscriptions=subscriptions,
            pushed=pushed,
            fetched=self._fetch,
            nonce=f"{self._clock.random_bits(64):016x}",
            at_ms=now,
            page_rows=min(FIRST_PAGE_ROWS, self._page_rows) if is_new else self._page_rows,
            heartbeat=None if read_only else self._heartbeat(now),
        )
        return plan if self._is_for_the_primary(plan) else self._anywhere(plan)

    def _is_for_the_primary(self, plan: Plan) -> bool:
        since = self._answered_at_ms
        is_fresh = since is not None and 0 <= plan.at_ms - since < SHOWN_MS
        return bool(
            not self._primary.has_readers
            or plan.pushed
            or plan.heartbeat
            or not is_fresh
            or not all(each.is_filled for each in plan.subscriptions)
        )

    def _waiting(
        self, timeline: Timeline, subscriptions: Sequence[Subscription], now: int
    ) -> list[Waiting]:
        return self._rows.waiting(
            limit=self._batch_rows,
            max_bytes=PUSH_MAX_BYTES,
            open_before_ms=now - OPEN_AFTER_MS,
            now_ms=now,
            filled=all(each.is_filled for each in subscriptions),
            reset_seq=timeline.reset_seq,
        )

    def _is_read_only(self, now: int) -> bool:
        """Return whether the primary refused writing a short while ago; rights may change."""
        since = self._read_only_at_ms
        return since is not None and 0 <= now - since < READ_ONLY_MS

    def _heartbeat(self, now: int) -> Heartbeat | None:
        report = self.state.report()
        beat_at = report.beat_at
        if beat_at is not None and 0 <= now - beat_at < BEAT_EVERY_MS:
            return None
        oldest = self.state.oldest_waiting_ms()
        return Heartbeat(
            machine_id=self.identity.machine_id,
            replica_id=self.identity.replica_id,
            hostname=self.identity.hostname,
            version=self.identity.version,
            lag_ms=max(0, now - oldest) if oldest is not None else 0,
            waiting=sum(self.state.waiting().values()),
            skew_ms=report.skew_ms or 0,
        )

    def _store(self, plan: Plan, reply: Reply, *, counts: bool) -> Progress:
        """Store a reply in one transaction.

        Args:
            plan: what was asked.
            reply: what came.
            counts: whether the primary itself answered: only then do cursors move.
        """
        now = self._clock.now_ms()
        pages = [row for page in reply.pages for row in page.rows]
        if reply.read_only:
            self._read_only_at_ms = now
        read_only = self._is_read_only(now)
        was_cut = self._was_cut(plan)
        parked = self._refused(plan, reply.refused, now)
        with self._database.write() as transaction:
            differing = acknowledge(transaction, plan.pushed, reply.answers)
            refused = take(transaction, [*reply.fetched, *pages])
            for row, reason in refused:
                park(transaction, PULLED, f"{row.table}{row.rev}", 0, reason, now)
            if counts:
                for page in reply.pages:
                    advance(transaction, page.scope, page.cursor, page.fill_below)
                anchor(transaction, reply.state.n if reply.state.nonce else None, reply.state.nonce)
            forget_parked(transaction)
            succeeded(transaction, at_ms=now, skew_ms=now - reply.state.now_ms, read_only=read_only)
        self._fetch = tuple(differing)
        self._note_pages(plan, reply, now, counts=counts)
        if plan.heartbeat is not None and not read_only:
            self.state.beaten(at_ms=now)
        self._evict(now)
        return Progress(
            pushed=0 if reply.refused or reply.read_only else len(plan.pushed),
            pulled=len(pages),
            parked=parked + len(refused),
            is_done=not (differing or self._has_more(plan, reply, was_cut=was_cut))
            or (plan.at_primary and not counts),
        )

    def _note_pages(self, plan: Plan, reply: Reply, now: int, *, counts: bool) -> None:
        """Remember how far which side has shown its rows."""
        is_all = not any(page.is_full for page in reply.pages)
        self._shown = {} if counts else {page.scope: page.cursor for page in reply.pages}
        if plan.at_primary and (is_all or not counts):
            # Where another one answered, its replicas are read on until the primary is back.
            self._answered_at_ms = now
        if is_all:
            self._page_rows = PAGE_ROWS

    def _has_more(self, plan: Plan, reply: Reply, *, was_cut: bool) -> bool:
        if any(page.is_full for page in reply.pages) or reply.refused:
            return True
        was_filled = all(each.is_filled for each in plan.subscriptions)
        if self._is_read_only(self._clock.now_ms()):
            return False
        # What waited for the fill may go now; a batch that was cut has a rest.
        return not was_filled or was_cut

    def _was_cut(self, plan: Plan) -> bool:
        size = sum(len(each.row) for each in plan.pushed)
        return len(plan.pushed) >= self._batch_rows or size > PUSH_MAX_BYTES // 2

    def _refused(self, plan: Plan, error: StatementError | None, now: int) -> int:
        """Isolate a row that the primary refuses: halve the batch, park the one that remains."""
        if error is None:
            self._batch_rows = self._most_rows
            return 0
        if len(plan.pushed) > 1:
            self._batch_rows = max(1, len(plan.pushed) // 2)
            return 0
        for each in plan.pushed:
            self.state.park(each.kind, each.key, each.local_seq, error.reason, at_ms=now)
        return 1

    def _evict(self, now: int) -> None:
        before_ms = self._since_ms(now)
        evicted_at = self.state.report().evicted_at
        is_due = evicted_at is None or not 0 <= now - evicted_at < EVICT_EVERY_MS
        if before_ms > 0 and is_due:
            self.state.evict(before_ms=before_ms, replica_id=self.identity.replica_id, at_ms=now)

    def _since_ms(self, now: int) -> int:
        days = self._options.window_days
        return now - days * DAY_MS if days else 0

    def _scopes(self, users: Sequence[str]) -> list[str]:
        return ["g", f"m:{self.identity.machine_id}", *(f"u:{user}" for user in users)]
