"""The entries of a replica: what is stored, which history shows it, in which order."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from ipcom_chat.domain.entry import (
    RULES_VERSION,
    Kind,
    Mode,
    Scope,
    Status,
)
from ipcom_chat.ids import EntryId, MachineId, SessionId, UserId, short_id
from ipcom_chat.storage import entries as module
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import EntryFilter, EntryStats
from tests.support.replica import (
    GLOBAL,
    MACHINE,
    NOW_MS,
    USER,
    an_entry,
    body_hash,
    new_id,
    opened,
    stored,
    together,
)

OTHER_USER = UserId("00000000-0000-5000-8000-00000000000c")
OTHER_MACHINE = MachineId("c" * 64)
ALL = EntryFilter()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "replica.db") as opened_database:
        yield opened_database


@pytest.fixture
def entries(database: Database) -> Entries:
    return Entries(database)


def _texts(entries: Entries, scope: Scope, where: EntryFilter = ALL) -> list[str]:
    return [entry.command for entry in entries.newest(scope, where, limit=None, preview=False)]


def test_d97_what_is_added_is_read_back_whole(entries: Entries) -> None:
    entry = an_entry(
        parent_id=new_id(),
        retry_of=new_id(),
        mode=Mode.HYBRID,
        private=True,
        source="import",
        time_estimated=True,
        user_id=USER,
        response="olá — ☃\n\ttab",
        status=Status.ERROR,
        error_code="0",
        tags=("disk", "açúcar"),
        context={"a": [1, None], "b": "x"},
        model="m",
        tokens_used=0,
        cost_microusd=0,
        execution_time_ms=0,
        cwd="/tmp/a b",
        truncated=True,
        redaction_command=RULES_VERSION,
        redaction_response=RULES_VERSION + 1,
        version=3,
    )
    assert entries.add(entry, actor="chat")
    found = stored(entries, entry.id)
    assert msgspec.structs.replace(found, content_hash=0) == entry
    assert found.content_hash == body_hash(found)


def test_d33_nothing_and_zero_are_two_values(entries: Entries) -> None:
    nothing, zero = an_entry(), an_entry(tokens_used=0, error_code="0", execution_time_ms=0)
    entries.add_all([nothing, zero], actor="chat")
    found = stored(entries, nothing.id), stored(entries, zero.id)
    assert [entry.tokens_used for entry in found] == [None, 0]
    assert [entry.error_code for entry in found] == [None, "0"]
    assert [entry.execution_time_ms for entry in found] == [None, 0]


def test_d10_an_id_is_inserted_once(entries: Entries, database: Database) -> None:
    entry = an_entry()
    assert entries.add(entry, actor="chat")
    again = msgspec.structs.replace(entry, command="something else")
    assert not entries.add(again, actor="chat")
    assert stored(entries, entry.id).command == entry.command
    assert len(entries.events(entry.id)) == 1
    assert entries.add_all([entry, an_entry(), entry], actor="chat") == 1
    assert database.number("SELECT count(*) FROM entries") == 2


def _add_the_same(_index: int, path: Path) -> bool:
    with opened(path) as database:
        return Entries(database).add(
            an_entry(id=EntryId("0" * 8 + "-0000-7000-8000-" + "0" * 12)), actor="chat"
        )


def test_d99_d119_of_16_that_insert_one_id_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with opened(path):
        pass
    assert sum(together(_add_the_same, 16, path)) == 1


@pytest.mark.parametrize(
    ("mode", "scope", "shown"),
    [
        (Mode.GLOBAL, Mode.GLOBAL, True),
        (Mode.GLOBAL, Mode.USER, True),  # what a user wrote for all is part of that user's history
        (Mode.GLOBAL, Mode.MACHINE, False),
        (Mode.GLOBAL, Mode.HYBRID, True),
        (Mode.USER, Mode.GLOBAL, False),
        (Mode.USER, Mode.USER, True),
        (Mode.USER, Mode.MACHINE, False),
        (Mode.USER, Mode.HYBRID, True),
        (Mode.MACHINE, Mode.GLOBAL, False),
        (Mode.MACHINE, Mode.USER, False),
        (Mode.MACHINE, Mode.MACHINE, True),
        (Mode.MACHINE, Mode.HYBRID, True),
        (Mode.HYBRID, Mode.GLOBAL, True),
        (Mode.HYBRID, Mode.USER, True),
        (Mode.HYBRID, Mode.MACHINE, True),
        (Mode.HYBRID, Mode.HYBRID, True),
    ],
)
def test_in_which_histories_an_entry_appears(
    entries: Entries, mode: Mode, scope: Mode, shown: bool
) -> None:
    entries.add(an_entry(mode=mode, user_id=USER), actor="chat")
    read = Scope(mode=scope, machine_id=MACHINE, user_id=USER)
    assert bool(_texts(entries, read)) is shown
    assert bool(list(entries.oldest(read, ALL))) is shown
    assert bool(entries.stats(read, ALL).entries) is shown
    assert bool(entries.days(read, ALL)) is shown


@pytest.mark.parametrize(
    ("mode", "global_", "user", "machine", "hybrid"),
    [
        (Mode.GLOBAL, True, False, False, True),
        (Mode.USER, False, False, False, False),
        (Mode.MACHINE, False, False, False, False),
        (Mode.HYBRID, True, False, False, True),
    ],
)
def test_what_others_wrote_elsewhere(
    entries: Entries, mode: Mode, global_: bool, user: bool, machine: bool, hybrid: bool
) -> None:
    entries.add(an_entry(mode=mode, user_id=OTHER_USER, machine_id=OTHER_MACHINE), actor="chat")
    shown = [
        bool(_texts(entries, Scope(mode=scope, machine_id=MACHINE, user_id=USER)))
        for scope in (Mode.GLOBAL, Mode.USER, Mode.MACHINE, Mode.HYBRID)
    ]
    assert shown == [global_, user, machine, hybrid]


def test_mode_user_shows_nothing_without_a_user(entries: Entries) -> None:
    entries.add(an_entry(user_id=USER), actor="chat")
    assert _texts(entries, Scope(mode=Mode.USER, machine_id=MACHINE)) == []


def test_d37_an_entry_of_mode_user_has_a_user(entries: Entries) -> None:
    with pytest.raises(apsw.ConstraintError):
        entries.add(an_entry(mode=Mode.USER), actor="chat")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.COMPLETED, "completed_at": None},
        {"status": Status.PENDING, "completed_at": 5},
        {"id": EntryId("short")},
        {"version": 0},
    ],
)
def test_d100_the_table_refuses_what_cannot_be(entries: Entries, changes: dict[str, Any]) -> None:
    with pytest.raises(apsw.ConstraintError):
        entries.add(an_entry(**changes), actor="chat")


def test_d100_the_table_refuses_an_unknown_status(database: Database, entries: Entries) -> None:
    entries.add(an_entry(), actor="chat")
    with pytest.raises(apsw.ConstraintError), database.write() as transaction:
        transaction.execute("UPDATE entries SET status = 'unknown'")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (EntryFilter(kind=Kind.COMMAND), ["c"]),
        (EntryFilter(kind=Kind.QUESTION), ["b", "a"]),
        (EntryFilter(user_id=USER), ["b"]),
        (EntryFilter(session_id=SessionId("s")), ["c"]),
        (EntryFilter(status=Status.ERROR), ["c"]),
        (EntryFilter(since_ms=NOW_MS + 1), ["c", "b"]),
        (EntryFilter(until_ms=NOW_MS + 1), ["b", "a"]),
        (EntryFilter(since_ms=NOW_MS + 1, until_ms=NOW_MS + 1), ["b"]),
        (EntryFilter(user_id=OTHER_USER), []),
    ],
)
def test_filters(entries: Entries, where: EntryFilter, found: list[str]) -> None:
    entries.add(an_entry(command="a"), actor="chat")
    entries.add(an_entry(command="b", user_id=USER, created_at=NOW_MS + 1), actor="chat")
    entries.add(
        an_entry(
            command="c",
            kind=Kind.COMMAND,
            status=Status.ERROR,
            session_id=SessionId("s"),
            created_at=NOW_MS + 2,
        ),
        actor="chat",
    )
    assert _texts(entries, GLOBAL, where) == found
    assert [entry.command for entry in entries.oldest(GLOBAL, where)] == found[::-1]
    assert entries.stats(GLOBAL, where).entries == len(found)


def test_d39_newest_first_and_of_one_instant_the_higher_id(entries: Entries) -> None:
    ids = [new_id() for _number in range(6)]
    at = dict(zip(ids, [5, 5, 5, 9, 1, 5], strict=True))
    for entry_id in (ids[2], ids[5], ids[0], ids[4], ids[3], ids[1]):
        entries.add(an_entry(id=entry_id, created_at=at[entry_id]), actor="chat")
    expected = [ids[3], ids[5], ids[2], ids[1], ids[0], ids[4]]
    found = [entry.id for entry in entries.newest(GLOBAL, ALL, limit=None, preview=True)]
    assert found == expected
    assert [entry.id for entry in entries.oldest(GLOBAL, ALL)] == expected[::-1]
    limited = [entry.id for entry in entries.newest(GLOBAL, ALL, limit=2, preview=True)]
    assert limited == expected[:2]
    assert list(entries.newest(GLOBAL, ALL, limit=0, preview=True)) == []


def test_d12_a_listing_does_not_drag_whole_texts(entries: Entries) -> None:
    entry = an_entry(command="c" * 5000, response="r" * 5000, status=Status.COMPLETED)
    entries.add(entry, actor="chat")
    (preview,) = entries.newest(GLOBAL, ALL, limit=1, preview=True)
    assert (preview.command, preview.response) == ("c" * 1000, "r" * 200)
    assert stored(entries, entry.id).response == "r" * 5000


def test_deleted_entries_are_not_shown(entries: Entries, database: Database) -> None:
    entry = an_entry(parent_id=new_id())
    entries.add(entry, actor="chat")
    with database.write() as transaction:
        transaction.execute("UPDATE entries SET deleted_at = 1")
    assert entries.get(entry.id) is None
    assert _texts(entries, GLOBAL) == []
    assert entries.ids_with_tail(short_id(entry.id), 5) == []
    assert entry.parent_id is not None
    assert entries.of_parent(entry.parent_id) == []


def test_stats_and_days(entries: Entries) -> None:
    day_ms = 86_400_000
    rows = [
        an_entry(status=Status.COMPLETED, execution_time_ms=100, tokens_used=7, user_id=USER),
        an_entry(status=Status.COMPLETED, execution_time_ms=300, machine_id=OTHER_MACHINE),
        an_entry(status=Status.ERROR),
        an_entry(status=Status.CANCELLED),
        an_entry(created_at=NOW_MS + 2 * day_ms),
        an_entry(kind=Kind.COMMAND, status=Status.COMPLETED, error_code="0"),
        an_entry(kind=Kind.COMMAND, status=Status.ERROR, error_code="1"),
    ]
    entries.add_all(rows, actor="chat")
    stats = entries.stats(GLOBAL, ALL)
    assert stats == EntryStats(
        entries=7,
        commands=2,
        completed=2,
        errors=1,
        cancelled=1,
        open=1,
        commands_ok=1,
        users=1,
        machines=2,
        tokens_used=7,
        mean_execution_time_ms=200.0,
        first_at=NOW_MS,
        last_at=NOW_MS + 2 * day_ms,
    )
    days = entries.days(GLOBAL, ALL)
    assert [(day.questions, day.commands) for day in days] == [(1, 0), (4, 2)]
    assert days[0].day > days[1].day


def test_stats_of_nothing(entries: Entries) -> None:
    stats = entries.stats(GLOBAL, ALL)
    assert (stats.entries, stats.completed, stats.mean_execution_time_ms) == (0, 0, None)
    assert (stats.first_at, stats.last_at) == (None, None)


def test_short_ids_are_prefixes_of_the_tail(entries: Entries) -> None:
    tails = ["abc123000000", "abc124000000", "ffffffffffff"]
    rows = [
        an_entry(id=EntryId(f"0000000{n}-0000-7000-8000-{tail}")) for n, tail in enumerate(tails)
    ]
    entries.add_all(rows, actor="chat")
    assert entries.ids_with_tail("abc123", 5) == [rows[0].id]
    assert set(entries.ids_with_tail("abc12", 5)) == {rows[0].id, rows[1].id}
    assert len(entries.ids_with_tail("abc12", 1)) == 1
    assert entries.ids_with_tail("ff", 5) == [rows[2].id]
    assert entries.ids_with_tail("abc125", 5) == []
    assert entries.ids_with_tail("bc", 5) == []
    assert entries.ids_with_tail("ffffffffffff", 5) == [rows[2].id]


def test_commands_of_a_question_come_in_order(entries: Entries) -> None:
    question = an_entry()
    late = an_entry(kind=Kind.COMMAND, parent_id=question.id, created_at=NOW_MS + 2)
    early = an_entry(kind=Kind.COMMAND, parent_id=question.id, created_at=NOW_MS + 1)
    entries.add_all([question, late, early], actor="chat")
    assert [entry.id for entry in entries.of_parent(question.id)] == [early.id, late.id]


def _plan(database: Database, sql: str) -> list[str]:
    names = set(re.findall(r":(\w+)", sql))
    bindings: Any = dict.fromkeys(names, 1) if names else (1,) * sql.count("?")
    return [str(row[3]) for row in database.rows(f"EXPLAIN QUERY PLAN {sql}", bindings)]


LISTINGS = [*module._LIST.items(), *(((mode, ""), sql) for mode, sql in module._EXPORT.items())]
INDEX_OF: dict[Mode | None, str] = {
    None: "entries_by_time",
    Mode.GLOBAL: "entries_by_time",
    Mode.USER: "entries_by_user",
    Mode.MACHINE: "entries_by_machine",
    Mode.HYBRID: "entries_by_time",
}


@pytest.mark.parametrize(("mode", "sql"), [*module._ANSWERED.items(), *module._ASKED.items()])
def test_what_is_recalled_is_read_in_the_order_of_its_index(
    database: Database, mode: Mode | None, sql: str
) -> None:
    plan = _plan(database, sql)
    assert len(plan) == 1, plan
    assert re.match(rf"SEARCH entries USING INDEX {INDEX_OF[mode]}\b", plan[0]), plan


@pytest.mark.parametrize(("key", "sql"), LISTINGS)
def test_d13_a_listing_walks_its_index_in_order(
    database: Database, key: tuple[Mode, str], sql: str
) -> None:
    plan = _plan(database, sql)
    assert len(plan) == 1, plan
    assert re.match(f"SEARCH entries USING INDEX {INDEX_OF[key[0]]} ", plan[0]), plan


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (module._OF_PARENT, "entries_by_parent"),
        (module._BY_TAIL, "entries_by_tail"),
        (module._OPEN_SESSIONS, "entries_open"),
        (module._OPEN_OF_SESSION, "entries_open"),
        (module._CANCEL_REQUESTS, "entries_open"),
        (module._EVENTS, "entry_events_by_entry"),
        (module._GET, "sqlite_autoindex_entries_1"),
        (module._ADVANCE, "sqlite_autoindex_entries_1"),
        (module._ADD_ADVANCE_EVENT, "sqlite_autoindex_entries_1"),
        (module._REQUEST_CANCEL, "sqlite_autoindex_entries_1"),
        (
            "SELECT id FROM entries WHERE local_seq > acked_seq AND private = 0 ORDER BY local_seq",
            "entries_waiting",
        ),
        ("SELECT id FROM entries WHERE local_seq > ? ORDER BY local_seq", "entries_by_change"),
        (
            "SELECT id FROM entries WHERE session_id = ? ORDER BY created_at, id",
            "entries_by_session",
        ),
    ],
)
def test_d13_every_lookup_has_its_index(database: Database, sql: str, index: str) -> None:
    plan = _plan(database, sql)
    assert f"INDEX {index}" in plan[0], plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_private_rows_never_wait_to_be_pushed(entries: Entries, database: Database) -> None:
    waiting = "SELECT count(*) FROM entries INDEXED BY entries_waiting "
    waiting += "WHERE local_seq > acked_seq AND private = 0"
    entries.add_all([an_entry(), an_entry(private=True)], actor="chat")
    assert database.number(waiting) == 1
    with database.write() as transaction:
        transaction.execute("UPDATE entries SET acked_seq = local_seq")
    assert database.number(waiting) == 0
    assert database.number("SELECT count(*) FROM entries WHERE local_seq = 0") == 0


def test_a_hostile_value_hides_no_other_entry(database: Database, entries: Entries) -> None:
    entries.add(an_entry(tokens_used=2**62), actor="x")
    entries.add(an_entry(tokens_used=2**62), actor="x")
    for tags, context in (("7", "[1e999]"), ('"\\ud800"', '{"a":1e999}')):
        with database.write() as transaction:
            transaction.execute("UPDATE entries SET tags = ?, context = ?", (tags, context))
        found = list(entries.newest(GLOBAL, ALL, limit=None, preview=False))
        assert [(entry.tags, entry.context) for entry in found] == [((), {}), ((), {})]
    assert entries.stats(GLOBAL, ALL).tokens_used > 2**62


def test_answered_are_the_beginnings_of_completed_questions(entries: Entries) -> None:
    answered = an_entry(command="a long question", status=Status.COMPLETED, completed_at=NOW_MS)
    entries.add(answered, actor="x")
    entries.add(an_entry(), actor="x")
    assert entries.answered(GLOBAL, limit=9, max_chars=6) == [(answered.id, "a long")]
    assert entries.answered(GLOBAL, limit=0, max_chars=6) == []
