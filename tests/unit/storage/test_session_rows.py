"""Sessions as they are read: which, in which order, how much of them, by which index."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status
from ipcom_chat.domain.people import Session
from ipcom_chat.ids import IdSource, MachineId, ReplicaId, SessionId, UserId
from ipcom_chat.storage import session_rows as module
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Sessions
from ipcom_chat.storage.session_rows import COUNTED_MAX, SessionRows
from tests.support.replica import (
    GLOBAL,
    MACHINE,
    NOW_MS,
    REPLICA,
    USER,
    StepClock,
    an_entry,
    opened,
    parts,
)

OTHER_USER = UserId("00000000-0000-5000-8000-00000000000c")
OTHER_REPLICA = ReplicaId("d" * 32)
_ids = IdSource(StepClock(seed=1000))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "replica.db") as opened_database:
        yield opened_database


@pytest.fixture
def rows(database: Database) -> SessionRows:
    return SessionRows(database)


def a_session(database: Database, at: int = 0, **changes: Any) -> Session:
    """Record a session that was used so many milliseconds after the test began."""
    values: dict[str, Any] = {
        "id": SessionId(_ids.new()), "mode": "global", "private": False, "user_id": None,
        "os_user": "ana", "machine_id": MACHINE, "replica_id": REPLICA, "started_at": NOW_MS,
        "last_active_at": NOW_MS + at,
    } | changes  # fmt: skip
    made = Session(**values)
    Sessions(database).open(made)
    return made


def ask(database: Database, session: Session, *texts: str, **changes: Any) -> list[Entry]:
    """Write completed questions of a session."""
    values = {"session_id": session.id, "status": Status.COMPLETED} | changes
    made = [
        an_entry(command=text, **({"created_at": NOW_MS + place} | values))
        for place, text in enumerate(texts)
    ]
    Entries(database).add_all(made, actor="test")
    return made


def ids(found: list[module.SessionFacts]) -> list[SessionId]:
    return [each.session.id for each in found]


def test_sessions_come_as_they_were_used_with_what_their_entries_say(
    database: Database, rows: SessionRows
) -> None:
    old, new = a_session(database, 1), a_session(database, 2, title="the new one")
    ask(database, old, "", "second", "third", created_at=NOW_MS + 7)
    (question,) = ask(database, new, "first?")
    run = {"kind": Kind.COMMAND, "parent_id": question.id, "error_code": "0"}
    ask(database, new, "ls", created_at=NOW_MS + 50, **run)
    a_session(database, 3)  # nothing was asked in it

    found = rows.newest(GLOBAL, limit=10)
    assert ids(found) == [new.id, old.id]
    assert [each.questions for each in found] == [1, 3]
    assert [each.active_at for each in found] == [NOW_MS + 50, NOW_MS + 7]
    assert [each.first_question for each in found] == ["first?", "second"]
    assert found[0].session == new
    assert ids(rows.newest(GLOBAL, limit=1)) == [new.id]


def test_a_fork_is_there_before_anything_is_asked_in_it(
    database: Database, rows: SessionRows
) -> None:
    parent = a_session(database)
    fork = a_session(database, 1, parent_id=parent.id)
    (found,) = rows.newest(GLOBAL, limit=10)
    assert (found.session.id, found.questions, found.first_question) == (fork.id, 0, None)
    assert found.active_at == fork.last_active_at


def test_a_scope_shows_its_sessions_and_of_them_what_its_reader_may_see(
    database: Database, rows: SessionRows
) -> None:
    mine = a_session(database, mode="user", user_id=USER)
    theirs = a_session(database, mode="user", user_id=OTHER_USER)
    shared = a_session(database, user_id=OTHER_USER)
    ask(database, mine, "mine", mode=Mode.USER, user_id=USER)
    ask(database, theirs, "theirs", mode=Mode.USER, user_id=OTHER_USER)
    ask(database, shared, "for all")
    ask(database, shared, "of another user alone", mode=Mode.USER, user_id=OTHER_USER)

    user = Scope(mode=Mode.USER, machine_id=MACHINE, user_id=USER)
    assert ids(rows.newest(user, limit=10)) == [mine.id]
    (found,) = rows.newest(GLOBAL, limit=10)
    assert (found.session.id, found.questions) == (shared.id, 1)
    assert [each.command for each in rows.questions(user, shared.id, limit=-1)] == ["for all"]
    assert rows.some(user, [shared.id, theirs.id]) == []


def test_ones_own_are_of_this_replica_and_of_nobody_else(
    database: Database, rows: SessionRows
) -> None:
    nobodys = a_session(database, 1)
    mine = a_session(database, 2, user_id=USER)
    for other in (
        a_session(database, 3, user_id=OTHER_USER),
        a_session(database, 4, user_id=USER, replica_id=OTHER_REPLICA),
        nobodys,
        mine,
    ):
        ask(database, other, "?")
    assert ids(rows.newest(GLOBAL, limit=9, replica_id=REPLICA, user_id=USER)) == [
        mine.id, nobodys.id
    ]  # fmt: skip
    assert len(rows.newest(GLOBAL, limit=9, replica_id=REPLICA, user_id=None)) == 3


def test_questions_are_the_newest_in_order_and_bring_their_commands(
    database: Database, rows: SessionRows
) -> None:
    session = a_session(database)
    asked = ask(database, session, "one", "two", "three")
    run = {"kind": Kind.COMMAND, "parent_id": asked[1].id}
    commands = ask(database, session, "ls", "df", **run)
    assert [each.id for each in rows.questions(GLOBAL, session.id, limit=2)] == [
        asked[1].id, asked[2].id
    ]  # fmt: skip
    until = rows.questions(GLOBAL, session.id, limit=-1, until_ms=NOW_MS + 1)
    assert [each.id for each in until] == [asked[0].id, asked[1].id]
    found = rows.commands_of(GLOBAL, asked)
    assert {key: [each.id for each in value] for key, value in found.items()} == {
        asked[1].id: [each.id for each in commands]
    }
    assert rows.entry_ids(session.id) == sorted(
        [each.id for each in (*asked, *commands)],
        key=lambda entry_id: next(
            (each.created_at, each.id) for each in (*asked, *commands) if each.id == entry_id
        ),
    )


def test_titles_are_redacted_renamed_and_leave_every_byte(
    database: Database, rows: SessionRows, tmp_path: Path
) -> None:
    sessions, session = Sessions(database), a_session(database)
    assert sessions.rename(session.id, "password=Jabuticaba#77", at_ms=NOW_MS)
    assert rows.titles(GLOBAL) == [(session.id, "password=[REDACTED:password]")]
    assert sessions.rename(session.id, "MARKTITLE", at_ms=NOW_MS)
    assert sessions.delete(session.id, at_ms=NOW_MS)
    assert database.erase(1.0)
    assert not any(b"MARKTITLE" in part for part in parts(tmp_path / "replica.db").values())
    assert rows.titles(GLOBAL) == []
    assert sessions.get(session.id) is None
    assert not sessions.rename(session.id, "again", at_ms=NOW_MS)
    assert not sessions.reopen(session.id, at_ms=NOW_MS)
    assert not sessions.delete(session.id, at_ms=NOW_MS)


def test_every_change_of_a_session_waits_to_be_carried_and_is_the_last(
    database: Database,
) -> None:
    sessions, session = Sessions(database), a_session(database)

    def state() -> tuple[int, int]:
        row = database.row("SELECT updated_at, local_seq FROM sessions") or ()
        return row[0], row[1]

    seen = [state()]
    for act in (
        lambda: sessions.rename(session.id, "title", at_ms=1),  # a clock that was set back
        lambda: sessions.close(session.id, at_ms=NOW_MS),
        lambda: sessions.reopen(session.id, at_ms=1),
        lambda: sessions.close_dead(session.id, at_ms=NOW_MS),
        lambda: sessions.delete(session.id, at_ms=NOW_MS),
    ):
        act()
        seen.append(state())
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(seen))


def test_one_that_was_found_dead_was_not_used_just_now(database: Database) -> None:
    sessions, session = Sessions(database), a_session(database)
    sessions.close_dead(session.id, at_ms=NOW_MS + 99)
    found = sessions.get(session.id)
    assert found is not None
    assert (found.last_active_at, found.ended_at) == (NOW_MS, NOW_MS + 99)
    assert sessions.reopen(session.id, at_ms=NOW_MS + 200)
    again = sessions.get(session.id)
    assert again == msgspec.structs.replace(session, last_active_at=NOW_MS + 200, ended_at=None)


def test_more_than_so_many_questions_are_not_counted(database: Database, rows: SessionRows) -> None:
    session = a_session(database)
    ask(database, session, *["?"] * (COUNTED_MAX + 1))
    (found,) = rows.newest(GLOBAL, limit=1)
    assert found.questions == COUNTED_MAX


def _plan(database: Database, sql: str) -> list[str]:
    names = set(re.findall(r":(\w+)", sql))
    bindings: Any = dict.fromkeys(names, 1) if names else (1,) * sql.count("?")
    return [str(row[3]) for row in database.rows(f"EXPLAIN QUERY PLAN {sql}", bindings)]


@pytest.mark.parametrize(("mode", "sql"), module._NEWEST.items())
def test_a_list_walks_the_sessions_by_their_use_and_of_each_its_entries(
    database: Database, mode: Mode | None, sql: str
) -> None:
    plan = _plan(database, sql)
    (of_sessions,) = [line for line in plan if "sessions" in line and "entries" not in line]
    assert of_sessions.startswith(
        "SEARCH sessions USING INDEX sessions_by_user (user_id=?"
        if mode is Mode.USER
        else "SCAN sessions USING INDEX sessions_by_activity"
    )
    of_entries = [line for line in plan if "entries" in line]
    assert of_entries
    assert all(re.search(r"entries_by_session \(session_id=\?", line) for line in of_entries)
    assert not any("TEMP B-TREE" in line for line in plan)


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        *((sql, "sessions_titled") for sql in module._TITLES.values()),
        (module._BY_TAIL, "sessions_by_tail"),
        (module._QUESTIONS, "entries_by_session"),
        (module._COMMANDS_OF, "entries_by_parent"),
        (module._ENTRY_IDS, "entries_by_session"),
        *((sql, "PRIMARY KEY") for sql in module._SOME.values()),
    ],
)
def test_nothing_reads_more_than_its_index(database: Database, sql: str, index: str) -> None:
    plan = _plan(database, sql)
    tables = [line for line in plan if re.search(r"(SEARCH|SCAN) (entries|sessions)", line)]
    assert tables
    assert any(index in line for line in tables), plan
    assert not any(re.search(r"SCAN (entries|sessions)$", line) for line in plan), plan


def test_a_machine_sees_its_own(database: Database, rows: SessionRows) -> None:
    here = a_session(database, mode="machine")
    there = a_session(database, mode="machine", machine_id=MachineId("c" * 64))
    for each in (here, there):
        ask(database, each, "?", mode=Mode.MACHINE, machine_id=each.machine_id)
    local = Scope(mode=Mode.MACHINE, machine_id=MACHINE)
    assert ids(rows.newest(local, limit=9)) == [here.id]
