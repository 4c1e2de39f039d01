"""Two terminals on one replica against a model in memory: no interleaving breaks the life of a
request.

Terminal 0 owns the requests of session 0, terminal 1 those of session 1; both belong to one
replica. A crash closes a terminal's connection without a word; the next start recovers.
"""

import contextlib
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ipcom_chat.domain.entry import Entry, Kind, Outcome, Status
from ipcom_chat.domain.lifecycle import FINAL, INTERRUPTED, TRANSITIONS
from ipcom_chat.ids import EntryId, ReplicaId, SessionId
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import EntryFilter
from ipcom_chat.storage.replica import Replica, open_replica
from tests.support.replica import GLOBAL, NOW_MS, REPLICA, an_entry

TERMINALS = st.sampled_from([0, 1])
SESSIONS = (SessionId("session-0"), SessionId("session-1"))
TARGETS = st.sampled_from([status for status in Status if status is not Status.PENDING])
STRANGER = ReplicaId("f" * 32)


class Step(NamedTuple):
    """One event of the model."""

    old: Status | None
    new: Status
    actor: str


class Row(msgspec.Struct, kw_only=True):
    """What the model knows of an entry."""

    session: SessionId
    status: Status
    response: str | None
    error_code: str | None = None
    cancelled_by: str | None = None
    cancel_requested_at: int | None = None
    version: int = 1
    steps: list[Step]


class LifeOfRequests(RuleBasedStateMachine):
    """Drives both terminals and the model."""

    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="ipcom-chat-model-"))
        self.terminals: list[Replica] = [self._start(), self._start()]
        self.rows: dict[EntryId, Row] = {}
        self.at_ms = NOW_MS
        self.count = 0
        self.highest_seq = 0

    def _start(self) -> Replica:
        return open_replica(self.folder / "replica.db", now_ms=NOW_MS)

    def _entries(self, terminal: int) -> Entries:
        return Entries(self.terminals[terminal].database)

    def _tick(self) -> int:
        self.at_ms += 1
        return self.at_ms

    def _new(self, terminal: int) -> Entry:
        self.count += 1
        return an_entry(
            id=EntryId(f"00000000-0000-7000-8000-{self.count:012d}"),
            session_id=SESSIONS[terminal],
            created_at=self._tick(),
        )

    def teardown(self) -> None:
        for terminal in self.terminals:
            terminal.close()
        shutil.rmtree(self.folder)

    @rule(target=made, terminal=TERMINALS)
    def ask(self, terminal: int) -> Entry:
        """A question is inserted before its answer begins."""
        entry = self._new(terminal)
        assert self._entries(terminal).add(entry, actor="chat")
        self.rows[entry.id] = Row(
            session=SESSIONS[terminal],
            status=Status.PENDING,
            response=None,
            steps=[Step(None, Status.PENDING, "chat")],
        )
        return entry

    @rule(target=made, terminal=TERMINALS, late_insert=st.booleans())
    def cancel_before_the_insert(self, terminal: int, late_insert: bool) -> Entry:
        """ESC comes first; the insert that was under way finds the id."""
        entry = self._new(terminal)
        outcome = Outcome(status=Status.CANCELLED, response="partial")
        entries = self._entries(terminal)
        assert entries.cancel(entry, outcome, at_ms=self._tick(), actor="ESC")
        if late_insert:
            assert not entries.add(entry, actor="chat")
        self.rows[entry.id] = Row(
            session=SESSIONS[terminal],
            status=Status.CANCELLED,
            response="partial",
            cancelled_by="ESC",
            steps=[Step(None, Status.CANCELLED, "ESC")],
        )
        return entry

    @rule(entry=made, terminal=TERMINALS, to=TARGETS)
    def advance(self, entry: Entry, terminal: int, to: Status) -> None:
        """Any step at any time: the answer, a late answer, an error, a late error."""
        outcome = Outcome(status=to, response=f"at {self.at_ms}", error_code=f"code {self.at_ms}")
        won = self._entries(terminal).advance(
            entry.id, outcome, replica_id=REPLICA, at_ms=self._tick(), actor="chat"
        )
        assert won == self._model_advances(entry.id, outcome, "chat")

    @rule(entry=made, terminal=TERMINALS)
    def cancel(self, entry: Entry, terminal: int) -> None:
        """ESC after the insert, or after the end."""
        outcome = Outcome(status=Status.CANCELLED, response=f"partial {self.at_ms}")
        won = self._entries(terminal).cancel(entry, outcome, at_ms=self._tick(), actor="ESC")
        assert won == self._model_advances(entry.id, outcome, "ESC")

    @rule(entry=made, terminal=TERMINALS, to=TARGETS)
    def a_stranger_advances(self, entry: Entry, terminal: int, to: Status) -> None:
        """Another replica may not."""
        outcome = Outcome(status=to, response="mine")
        assert not self._entries(terminal).advance(
            entry.id, outcome, replica_id=STRANGER, at_ms=self._tick(), actor="stranger"
        )

    @rule(entry=made, terminal=TERMINALS)
    def insert_again(self, entry: Entry, terminal: int) -> None:
        """A retry of the insert after a lost reply."""
        assert not self._entries(terminal).add(entry, actor="retry")

    @rule(entry=made, terminal=TERMINALS)
    def ask_to_cancel(self, entry: Entry, terminal: int) -> None:
        """Another terminal or the dashboard asks; the first who asks is remembered."""
        row, at_ms = self.rows[entry.id], self._tick()
        asked = self._entries(terminal).request_cancel(entry.id, at_ms=at_ms, actor="dashboard")
        assert asked == (row.status not in FINAL and row.cancel_requested_at is None)
        if asked:
            row.cancel_requested_at, row.cancelled_by = at_ms, "dashboard"

    @rule(terminal=TERMINALS)
    def obey(self, terminal: int) -> None:
        """The owner cancels what it was asked to cancel."""
        for entry_id, actor in self._entries(terminal).cancel_requests(REPLICA, SESSIONS[terminal]):
            outcome = Outcome(status=Status.CANCELLED)
            assert self._entries(terminal).advance(
                entry_id, outcome, replica_id=REPLICA, at_ms=self._tick(), actor=actor
            )
            assert self._model_advances(entry_id, outcome, actor)
        assert not self._entries(terminal).cancel_requests(REPLICA, SESSIONS[terminal])

    @rule(terminal=TERMINALS, in_a_transaction=st.booleans())
    def crash_and_recover(self, terminal: int, in_a_transaction: bool) -> None:
        """A process dies; the other one (or its successor) finds its rows without an owner."""
        if in_a_transaction:
            with contextlib.suppress(ZeroDivisionError):
                self._die_writing(terminal)
        self.terminals[terminal].close()
        self.terminals[terminal] = self._start()
        session = SESSIONS[terminal]
        outcome = Outcome(status=Status.ERROR, error_code=INTERRUPTED)
        for survivor in (1 - terminal, terminal):
            found = self._entries(survivor).interrupt_session(
                session, replica_id=REPLICA, at_ms=self._tick()
            )
            expected = [
                entry_id
                for entry_id, row in self.rows.items()
                if row.session == session and row.status not in FINAL
            ]
            assert sorted(found) == sorted(expected)
            for entry_id in found:
                assert self._model_advances(entry_id, outcome, "recovery")

    def _die_writing(self, terminal: int) -> None:
        with self.terminals[terminal].database.write() as transaction:
            transaction.execute("UPDATE entries SET response = 'half', local_seq = 0")
            raise ZeroDivisionError

    @rule(target=made, terminal=TERMINALS)
    def run_a_command(self, terminal: int) -> object:
        """A command is written once it has ended; it never changes."""
        entry = msgspec.structs.replace(
            self._new(terminal),
            kind=Kind.COMMAND,
            status=Status.COMPLETED,
            response="output",
            error_code="0",
            completed_at=self.at_ms,
        )
        assert self._entries(terminal).add(entry, actor="chat")
        self.rows[entry.id] = Row(
            session=SESSIONS[terminal],
            status=Status.COMPLETED,
            response="output",
            error_code="0",
            steps=[Step(None, Status.COMPLETED, "chat")],
        )
        return multiple(entry)

    def _model_advances(self, entry_id: EntryId, outcome: Outcome, actor: str) -> bool:
        row = self.rows[entry_id]
        if outcome.status not in TRANSITIONS[row.status]:
            return False
        row.steps.append(Step(row.status, outcome.status, actor))
        row.status, row.response = outcome.status, outcome.response
        row.error_code = outcome.error_code
        if outcome.status in FINAL:
            row.cancelled_by = actor if outcome.status is Status.CANCELLED else None
        row.version += 1
        return True

    @invariant()
    def both_terminals_show_the_model(self) -> None:
        """Status, answer, version and events are exactly the model's, in both terminals."""
        for terminal in (0, 1):
            entries = self._entries(terminal)
            stored = {entry.id: entry for entry in entries.oldest(GLOBAL, EntryFilter())}
            assert stored.keys() == self.rows.keys()
            for entry_id, row in self.rows.items():
                entry = stored[entry_id]
                assert _body(entry) == _expected(row)
                steps = [
                    Step(event.from_status, event.to_status, event.actor)
                    for event in entries.events(entry_id)
                ]
                assert steps == row.steps

    @invariant()
    def numbers_only_rise(self) -> None:
        """Every row has its own number, and the counter never falls."""
        database = self.terminals[0].database
        assert database.number("SELECT count(DISTINCT local_seq) FROM entries") == len(self.rows)
        seq = database.number("SELECT n FROM counters")
        assert seq >= max(self.highest_seq, database.number("SELECT max(local_seq) FROM entries"))
        self.highest_seq = seq


def _body(entry: Entry) -> tuple[object, ...]:
    assert (entry.completed_at is not None) == (entry.status in FINAL)
    return (
        entry.status,
        entry.response,
        entry.error_code,
        entry.cancelled_by,
        entry.cancel_requested_at,
        entry.version,
    )


def _expected(row: Row) -> tuple[object, ...]:
    return (
        row.status,
        row.response,
        row.error_code,
        row.cancelled_by,
        row.cancel_requested_at,
        row.version,
    )


def test_no_interleaving_breaks_the_life_of_a_request() -> None:
    run_state_machine_as_test(
        LifeOfRequests,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
