"""What goes with an entry into an export, and comes back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.domain.entry import Entry, Mode, Scope, Status
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.votes import Vote
from ipcom_chat.ids import MachineId, SessionId, UserId
from ipcom_chat.storage.beside import Beside, BesideRows
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.erasures import Erasures
from ipcom_chat.storage.imported import ImportedRows
from ipcom_chat.storage.people import Sessions
from ipcom_chat.storage.votes import Votes
from tests.support.replica import (
    MACHINE,
    NOW_MS,
    REPLICA,
    SESSION,
    USER,
    an_entry,
    opened,
    parts,
    stored,
)

EVERYTHING = Scope(mode=None, machine_id=MACHINE)
OTHER = MachineId("c" * 64)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "a" / "history.db") as database:
        yield database


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "b" / "history.db") as database:
        yield database


def a_session(database: Database, **changes: Any) -> None:
    values: dict[str, Any] = {
        "id": SESSION, "mode": "global", "private": False, "user_id": None, "os_user": "ana",
        "machine_id": MACHINE, "replica_id": REPLICA, "started_at": NOW_MS,
        "last_active_at": NOW_MS,
    }  # fmt: skip
    Sessions(database).open(Session(**(values | changes)))


def saved(database: Database, **changes: Any) -> Entry:
    entry = an_entry(status=Status.COMPLETED, **changes)
    Entries(database).add(entry, actor="test")
    return entry


def voted(database: Database, entry: Entry, vote: Vote, at_ms: int = NOW_MS) -> None:
    assert Votes(database).cast(entry.id, "bia", vote, at_ms=at_ms)


def beside(database: Database, entry: Entry, scope: Scope = EVERYTHING) -> Beside:
    return BesideRows(database).of(entry, scope)


def carried(source: Database, target: Database, entry: Entry) -> bool:
    """Take an entry with what stands beside it to another replica; say if that changed it."""
    rows = [(entry, (), beside(source, entry))]
    changes = ImportedRows(target).would_change(rows)
    ImportedRows(target).restore(rows)
    return changes


def waiting(database: Database, table: str) -> int:
    return database.number(f"SELECT count(*) FROM {table} WHERE local_seq > acked_seq")


def test_votes_and_session_come_back_as_they_were(database: Database, elsewhere: Database) -> None:
    a_session(database)
    Sessions(database).close(SESSION, at_ms=NOW_MS + 5)
    entry = saved(database)
    voted(database, entry, Vote.GOOD)
    Votes(database).cast(entry.id, "eva", Vote.BAD, at_ms=NOW_MS + 1)
    Votes(database).cast(entry.id, "eva", Vote.NONE, at_ms=NOW_MS + 2)
    assert carried(database, elsewhere, entry)
    there = beside(elsewhere, entry)
    assert there == beside(database, entry)
    assert [vote.value for vote in there.votes] == [1, 0]
    assert there.session is not None
    assert there.session.ended_at == NOW_MS + 5
    assert (waiting(elsewhere, "votes"), waiting(elsewhere, "sessions")) == (2, 1)
    seq = elsewhere.number("SELECT max(local_seq) FROM votes")
    assert not carried(database, elsewhere, entry)
    assert elsewhere.number("SELECT max(local_seq) FROM votes") == seq


def test_the_last_writer_wins(database: Database, elsewhere: Database) -> None:
    a_session(database)
    entry = saved(database)
    voted(database, entry, Vote.GOOD)
    old = [(entry, (), beside(database, entry))]
    ImportedRows(elsewhere).restore(old)
    voted(elsewhere, entry, Vote.BAD, NOW_MS + 1)
    Sessions(elsewhere).touch(SESSION, at_ms=NOW_MS + 9)
    kept = beside(elsewhere, entry)
    assert not ImportedRows(elsewhere).would_change(old)
    ImportedRows(elsewhere).restore(old)
    assert beside(elsewhere, entry) == kept
    assert carried(elsewhere, database, entry)
    assert beside(database, entry) == kept


def test_versions_in_one_export_are_merged_too(database: Database, elsewhere: Database) -> None:
    a_session(database)
    entry = saved(database)
    voted(database, entry, Vote.GOOD)
    before = beside(database, entry)
    voted(database, entry, Vote.BAD, NOW_MS + 1)
    Sessions(database).touch(SESSION, at_ms=NOW_MS + 9)
    rows = [(entry, (), beside(database, entry)), (entry, (), before)]
    ImportedRows(elsewhere).restore(rows)
    assert beside(elsewhere, entry) == beside(database, entry)


def test_what_was_deleted_or_is_private_there_takes_no_votes(
    database: Database, elsewhere: Database
) -> None:
    for change in ({"private": True}, {}):
        entry = saved(database)
        voted(database, entry, Vote.GOOD)
        Entries(elsewhere).add(msgspec.structs.replace(entry, **change), actor="test")
        if not change:
            Erasures(elsewhere).delete([entry], at_ms=NOW_MS)
        assert not carried(database, elsewhere, entry)
        assert beside(elsewhere, entry).votes == ()


@pytest.mark.parametrize(
    ("session", "entry", "goes"),
    [
        ({"private": True}, {}, False),
        ({"private": True}, {"private": True}, True),
        ({}, {"private": True}, True),
    ],
)
def test_a_private_session_goes_with_a_private_entry_only(
    database: Database, session: dict[str, Any], entry: dict[str, Any], goes: bool
) -> None:
    a_session(database, **session)
    found = beside(database, saved(database, **entry))
    assert (found.session is not None) is goes
    assert found.session_is_private is (goes and session.get("private", False))


def test_a_private_session_stays_private(database: Database, elsewhere: Database) -> None:
    a_session(database, private=True)
    entry = saved(database, private=True)
    assert carried(database, elsewhere, entry)
    assert elsewhere.number("SELECT private FROM sessions") == 1
    shared = msgspec.structs.replace(beside(database, entry), session_is_private=False)
    Sessions(database).touch(SESSION, at_ms=NOW_MS + 9)
    assert not BesideRows(elsewhere).would_change([shared, beside(database, entry)])


@pytest.mark.parametrize(
    ("scope", "goes"),
    [
        (EVERYTHING, True),
        (Scope(mode=Mode.GLOBAL, machine_id=MACHINE), False),
        (Scope(mode=Mode.HYBRID, machine_id=MACHINE), True),
        (Scope(mode=Mode.HYBRID, machine_id=OTHER), False),
        (Scope(mode=Mode.USER, machine_id=MACHINE, user_id=USER), False),
    ],
)
def test_a_session_goes_where_the_scope_shows_it(
    database: Database, scope: Scope, goes: bool
) -> None:
    a_session(database, mode="machine")
    assert (beside(database, saved(database), scope).session is not None) is goes


def test_an_entry_without_a_session_has_none(database: Database) -> None:
    for session_id in (None, SessionId("never opened")):
        assert beside(database, saved(database, session_id=session_id)) == Beside()


def test_a_title_passes_the_rules(database: Database, elsewhere: Database) -> None:
    a_session(database, user_id=UserId(USER))
    entry = saved(database)
    found = beside(database, entry)
    assert found.session is not None
    titled = msgspec.structs.replace(found.session, title="export DB_PASSWORD=Tr0ub4dor&3x")
    told = msgspec.structs.replace(found, session=titled)
    ImportedRows(elsewhere).restore([(entry, (), told)])
    (title,) = elsewhere.row("SELECT title FROM sessions") or ()
    assert title == "export DB_PASSWORD=[REDACTED:password]"


def test_a_redaction_that_an_export_brings_leaves_no_bytes(
    database: Database, elsewhere: Database
) -> None:
    entry = saved(database, command="zebra-crossing-7", response="swordfish-11")
    carried(database, elsewhere, stored(Entries(database), entry.id))
    for field in ("command", "response"):
        Erasures(database).blank([stored(Entries(database), entry.id)], [field])
        assert carried(database, elsewhere, stored(Entries(database), entry.id))
    held = b"".join(parts(elsewhere.path).values())
    assert b"zebra-crossing-7" not in held
    assert b"swordfish-11" not in held
