"""The life of an entry in the replica: compare-and-set, events, recovery."""

import uuid
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import apsw
import pytest

from ipcom_chat.domain.entry import (
    Entry,
    EntryEvent,
    Mode,
    Outcome,
    Status,
)
from ipcom_chat.domain.lifecycle import FINAL, INTERRUPTED, TRANSITIONS
from ipcom_chat.ids import EntryId, ReplicaId, UserId
from ipcom_chat.storage import entries as module
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import entry_bindings
from tests.support.replica import (
    NOW_MS,
    REPLICA,
    SESSION,
    an_entry,
    body_hash,
    done,
    exit_code,
    new_id,
    opened,
    stored,
)

CANCELLED = Outcome(status=Status.CANCELLED, response="part of an")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "replica.db") as opened_database:
        yield opened_database


@pytest.fixture
def entries(database: Database) -> Entries:
    return Entries(database)


def _advance(entries: Entries, entry_id: EntryId, outcome: Outcome, **changes: Any) -> bool:
    values: dict[str, Any] = {"replica_id": REPLICA, "at_ms": NOW_MS + 5, "actor": "chat"} | changes
    return entries.advance(entry_id, outcome, **values)


@pytest.mark.parametrize("start", list(Status))
@pytest.mark.parametrize("to", [status for status in Status if status is not Status.PENDING])
def test_d100_a_status_changes_only_as_the_table_allows(
    entries: Entries, start: Status, to: Status
) -> None:
    entry = an_entry(status=start, response="before" if start in FINAL else None)
    entries.add(entry, actor="chat")
    before = stored(entries, entry.id)
    allowed = to in TRANSITIONS[start]
    outcome = Outcome(status=to, response="after", model="m", tokens_used=3, truncated=True)
    assert _advance(entries, entry.id, outcome) is allowed
    after = stored(entries, entry.id)
    if not allowed:
        assert after == before
        assert len(entries.events(entry.id)) == 1
        return
    assert (after.status, after.response, after.model) == (to, "after", "m")
    assert (after.version, after.updated_at) == (2, NOW_MS + 5)
    assert after.completed_at == (NOW_MS + 5 if to in FINAL else None)
    assert after.cancelled_by == ("chat" if to is Status.CANCELLED else None)
    assert after.truncated
    assert after.content_hash == body_hash(after)


def test_d102_processing_does_not_overwrite_cancelled(entries: Entries) -> None:
    entry = an_entry()
    entries.add(entry, actor="chat")
    assert _advance(entries, entry.id, CANCELLED, actor="ESC")
    assert not _advance(entries, entry.id, Outcome(status=Status.PROCESSING))
    assert stored(entries, entry.id).status is Status.CANCELLED


def test_d104_a_late_answer_changes_no_row(entries: Entries, database: Database) -> None:
    entry = an_entry()
    entries.add(entry, actor="chat")
    _advance(entries, entry.id, Outcome(status=Status.PROCESSING))
    _advance(entries, entry.id, CANCELLED)
    before = list(database.rows("SELECT * FROM entries"))
    changes = database.number("SELECT n FROM counters")
    assert not _advance(entries, entry.id, done())
    assert list(database.rows("SELECT * FROM entries")) == before
    assert database.number("SELECT n FROM counters") == changes


def test_d105_a_cancel_after_the_answer_changes_no_row(entries: Entries) -> None:
    entry = an_entry()
    entries.add(entry, actor="chat")
    _advance(entries, entry.id, Outcome(status=Status.PROCESSING))
    assert _advance(entries, entry.id, done("shown"))
    assert not entries.cancel(entry, CANCELLED, at_ms=NOW_MS + 9, actor="ESC")
    row = stored(entries, entry.id)
    assert (row.status, row.response, row.cancelled_by) == (
        Status.COMPLETED,
        "shown",
        None,
    )


@pytest.mark.parametrize("mode", Mode)
def test_d121_a_request_of_any_mode_is_cancelled_by_its_id(entries: Entries, mode: Mode) -> None:
    entry = an_entry(mode=mode, user_id=UserId(str(uuid.UUID(int=7))))
    entries.add(entry, actor="chat")
    assert entries.cancel(entry, CANCELLED, at_ms=NOW_MS + 9, actor="ESC")
    assert stored(entries, entry.id).status is Status.CANCELLED


def test_d106_an_error_does_not_overwrite_cancelled(entries: Entries) -> None:
    entry = an_entry()
    entries.add(entry, actor="chat")
    _advance(entries, entry.id, Outcome(status=Status.PROCESSING))
    _advance(entries, entry.id, CANCELLED)
    assert not _advance(entries, entry.id, Outcome(status=Status.ERROR, error_code="timeout"))
    assert stored(entries, entry.id).error_code is None


def test_d101_a_cancel_before_the_insert_leaves_a_cancelled_row(entries: Entries) -> None:
    entry = an_entry()
    outcome = Outcome(
        status=Status.CANCELLED,
        response="part",
        model="m",
        tokens_used=4,
        execution_time_ms=12,
        truncated=True,
    )
    assert entries.cancel(entry, outcome, at_ms=NOW_MS + 3, actor="ESC")
    assert not entries.add(entry, actor="chat"), "the late insert finds the id"
    row = stored(entries, entry.id)
    assert row.status is Status.CANCELLED
    assert (row.response, row.model, row.tokens_used) == ("part", "m", 4)
    assert (row.execution_time_ms, row.truncated) == (12, True)
    assert (row.cancelled_by, row.completed_at) == ("ESC", NOW_MS + 3)
    assert row.content_hash == body_hash(row)
    assert [(event.to_status, event.at) for event in entries.events(entry.id)] == [
        (Status.CANCELLED, NOW_MS + 3)
    ]


def test_d101_a_cancel_after_the_insert_advances_the_row(entries: Entries) -> None:
    entry = an_entry()
    entries.add(entry, actor="chat")
    assert entries.cancel(entry, CANCELLED, at_ms=NOW_MS + 3, actor="ESC")
    assert not entries.cancel(entry, CANCELLED, at_ms=NOW_MS + 4, actor="ESC")
    assert [event.to_status for event in entries.events(entry.id)] == [
        Status.PENDING,
        Status.CANCELLED,
    ]


def test_only_the_owner_changes_status_and_answer(entries: Entries) -> None:
    entry = an_entry(replica_id=ReplicaId("f" * 32))
    entries.add(entry, actor="chat")
    assert not _advance(entries, entry.id, Outcome(status=Status.PROCESSING))
    assert not _advance(entries, entry.id, CANCELLED)
    assert stored(entries, entry.id).status is Status.PENDING
    assert _advance(entries, entry.id, CANCELLED, replica_id=entry.replica_id)


def test_an_unknown_entry_advances_nowhere(entries: Entries) -> None:
    assert not _advance(entries, new_id(), done())
    assert not entries.request_cancel(new_id(), at_ms=NOW_MS, actor="dashboard")
    assert entries.get(new_id()) is None


def test_another_terminal_asks_once_and_the_owner_sees_it(entries: Entries) -> None:
    entry = an_entry()
    entries.add(entry, actor="chat")
    assert entries.cancel_requests(REPLICA, SESSION) == []
    assert entries.request_cancel(entry.id, at_ms=NOW_MS + 1, actor="terminal 2")
    assert not entries.request_cancel(entry.id, at_ms=NOW_MS + 2, actor="terminal 3")
    assert entries.cancel_requests(REPLICA, SESSION) == [(entry.id, "terminal 2")]
    assert entries.cancel_requests(ReplicaId("f" * 32), SESSION) == []
    row = stored(entries, entry.id)
    assert (row.cancel_requested_at, row.version) == (NOW_MS + 1, 1)
    assert _advance(entries, entry.id, CANCELLED, actor="terminal 2")
    assert entries.cancel_requests(REPLICA, SESSION) == []
    assert not entries.request_cancel(entry.id, at_ms=NOW_MS + 9, actor="late")


def test_who_asked_is_remembered_when_the_answer_begins(entries: Entries) -> None:
    entry = an_entry()
    entries.add(entry, actor="chat")
    entries.request_cancel(entry.id, at_ms=NOW_MS + 1, actor="terminal 2")
    assert _advance(entries, entry.id, Outcome(status=Status.PROCESSING))
    assert entries.cancel_requests(REPLICA, SESSION) == [(entry.id, "terminal 2")]
    assert _advance(entries, entry.id, done())
    assert stored(entries, entry.id).cancelled_by is None


def test_every_change_is_an_event_and_gets_a_higher_number(
    entries: Entries, database: Database
) -> None:
    entry = an_entry()
    numbers = []
    entries.add(entry, actor="chat")
    numbers.append(database.number("SELECT local_seq FROM entries"))
    _advance(entries, entry.id, Outcome(status=Status.PROCESSING), at_ms=NOW_MS + 1)
    numbers.append(database.number("SELECT local_seq FROM entries"))
    entries.request_cancel(entry.id, at_ms=NOW_MS + 2, actor="dashboard")
    numbers.append(database.number("SELECT local_seq FROM entries"))
    _advance(entries, entry.id, CANCELLED, at_ms=NOW_MS + 3, actor="dashboard")
    numbers.append(database.number("SELECT local_seq FROM entries"))
    assert numbers == sorted(set(numbers))
    assert entries.events(entry.id) == [
        EntryEvent(
            entry_id=entry.id,
            at=at,
            from_status=old,
            to_status=new,
            actor=actor,
            replica_id=REPLICA,
        )
        for at, old, new, actor in [
            (NOW_MS, None, Status.PENDING, "chat"),
            (NOW_MS + 1, Status.PENDING, Status.PROCESSING, "chat"),
            (NOW_MS + 3, Status.PROCESSING, Status.CANCELLED, "dashboard"),
        ]
    ]


def test_events_are_append_only(entries: Entries, database: Database) -> None:
    entries.add(an_entry(), actor="chat")
    with pytest.raises(apsw.ConstraintError, match="append-only"), database.write() as transaction:
        transaction.execute("UPDATE entry_events SET actor = 'me'")
    assert database.row("SELECT actor FROM entry_events") == ("chat",)


def test_d117_what_a_dead_process_left_becomes_an_error(entries: Entries) -> None:
    pending, processing = an_entry(), an_entry()
    answered = an_entry(status=Status.COMPLETED)
    unbound = an_entry(session_id=None)
    foreign = an_entry(replica_id=ReplicaId("f" * 32))
    entries.add_all([pending, processing, answered, unbound, foreign], actor="chat")
    _advance(entries, processing.id, Outcome(status=Status.PROCESSING))
    assert set(entries.open_sessions(REPLICA)) == {SESSION, None}
    left = entries.interrupt_session(SESSION, replica_id=REPLICA, at_ms=NOW_MS + 9)
    assert set(left) == {pending.id, processing.id}
    assert entries.interrupt_session(SESSION, replica_id=REPLICA, at_ms=NOW_MS + 9) == []
    assert entries.interrupt_session(None, replica_id=REPLICA, at_ms=NOW_MS + 9) == [unbound.id]
    assert entries.open_sessions(REPLICA) == []
    for entry_id in (*left, unbound.id):
        row = stored(entries, entry_id)
        assert (row.status, row.error_code) == (Status.ERROR, INTERRUPTED)
        assert entries.events(entry_id)[-1].actor == "recovery"
    assert stored(entries, foreign.id).status is Status.PENDING
    assert stored(entries, answered.id).status is Status.COMPLETED


def _cancel_and_crash(_connection: Connection, path: Path, entry: Entry) -> None:
    with opened(path) as database, database.write() as transaction:
        module._insert(transaction, entry_bindings(entry), "chat")
        raise SystemExit(3)


def test_a_step_and_its_event_are_one_transaction(tmp_path: Path) -> None:
    path, entry = tmp_path / "replica.db", an_entry()
    assert exit_code(_cancel_and_crash, path, entry) == 3
    with opened(path) as database:
        assert Entries(database).get(entry.id) is None
        assert Entries(database).events(entry.id) == []
        assert database.number("SELECT n FROM counters") == 0
