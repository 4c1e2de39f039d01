"""The schema of the primary: what its triggers refuse, what its views show, how it finds rows."""

import re
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from ipcom_chat import schema
from ipcom_chat.domain.merge import EntryRow, MachineRow, SessionRow, UserRow, VoteRow
from ipcom_chat.errors import StatementError
from ipcom_chat.libsql.hrana import Statement, Value
from ipcom_chat.schema import latest, migrations
from ipcom_chat.storage.sync_rows import ENTRY_STATE
from ipcom_chat.storage.sync_state import Subscription
from ipcom_chat.sync.protocol import PROTOCOL, statements
from tests.support.plan_queries import QUERIES, check_plan
from tests.support.primary import LocalPrimary
from tests.support.replica import NOW_MS
from tests.support.versions import (
    EPOCH,
    IDS,
    READ_ALL,
    Push,
    a_plan,
    an_entry_row,
    changed,
    read,
    statement_of,
)

USER_CHANGE = (
    "INSERT INTO user_change (protocol, epoch, nonce, wanted, id, username, name, email, "
    "is_active, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

# Every column has a value that no other column of its row has.
ENTRY = an_entry_row(
    id=IDS[0], kind="question", parent_id="parent", retry_of="retry", mode="hybrid",
    source="source", time_estimated=0, user_id="user", os_user="os user", machine_id="machine",
    replica_id="replica", session_id="session", command="command", response="response",
    status="error", error_code="code", tags='["tag"]', context='{"a":"b"}', model="model",
    tokens_used=11, cost_microusd=12, execution_time_ms=13, cwd="cwd", truncated=1,
    cancel_requested_at=14, cancelled_by="canceller", redaction_command=15,
    redaction_response=16, content_hash=17, version=18, created_at=19, updated_at=20,
    completed_at=21, deleted_at=None,
)  # fmt: skip
USER = UserRow("id", "username", "name", "email", 0, 1, 2)
MACHINE = MachineRow("id", "host", "ip", "mac", '{"a":1}', '["b"]', "version", 1, 2, 3)
SESSION = SessionRow(
    "id", "parent", "title", "machine", "user", "os", "m", "replica", 1, 2, 3, 4, 5
)
VOTE = VoteRow("entry", "voter", 1, "user", "u", "machine", 2, 3)
ONE_OF_EACH = Push([ENTRY], [USER], [MACHINE], [SESSION], [VOTE])
TABLES: dict[str, Any] = {
    "entries": EntryRow, "users": UserRow, "machines": MachineRow, "sessions": SessionRow,
    "votes": VoteRow,
}  # fmt: skip


@pytest.fixture
def primary() -> LocalPrimary:
    return LocalPrimary(EPOCH)


def rows_of(primary: LocalPrimary, sql: str, *args: Value) -> list[Any]:
    return primary.database.execute(sql, args).fetchall()


def done(primary: LocalPrimary, statement: Statement) -> None:
    result = primary.run(statement)
    assert not isinstance(result, Exception), result


def refusal(primary: LocalPrimary, statement: Statement) -> str:
    """Return why a statement was refused; not a byte of the database may be another then."""
    before = primary.database.serialize("main")
    result = primary.run(statement)
    assert isinstance(result, StatementError)
    assert primary.database.serialize("main") == before
    return result.reason


def user_change(**changes: Any) -> Statement:
    values: dict[str, Any] = {
        "protocol": PROTOCOL, "epoch": EPOCH, "nonce": "user", "wanted": "absent", "id": "ana-id",
        "username": "ana", "name": "Ana", "email": "ana@example.com", "is_active": None,
        "at": NOW_MS,
    }  # fmt: skip
    return Statement(USER_CHANGE, tuple((values | changes).values()))


def a_user(primary: LocalPrimary, user_id: str = "ana-id") -> UserRow:
    row = read(rows_of(primary, READ_ALL))["u", user_id][1]
    assert isinstance(row, UserRow)
    return row


# What a push is refused for.


def test_a_push_in_an_old_protocol_is_refused(primary: LocalPrimary) -> None:
    primary.database.execute("UPDATE sync_meta SET min_protocol = ?", (PROTOCOL + 1,))
    assert refusal(primary, statement_of(ONE_OF_EACH)) == "ipcom-chat: protocol"
    assert refusal(primary, user_change()) == "ipcom-chat: protocol"


@pytest.mark.parametrize("epoch", ["epoch-2", None])
def test_a_push_to_another_database_is_refused(primary: LocalPrimary, epoch: str | None) -> None:
    assert refusal(primary, statement_of(ONE_OF_EACH, epoch=epoch)) == "ipcom-chat: epoch"
    assert refusal(primary, user_change(epoch=epoch)) == "ipcom-chat: epoch"


@pytest.mark.parametrize("anchor", [(6, "nonce"), (5, "other"), (4, "nonce"), (5, None)])
def test_a_push_to_an_older_copy_is_refused(
    primary: LocalPrimary, anchor: tuple[int, str | None]
) -> None:
    done(primary, statement_of(ONE_OF_EACH))
    later = Push([changed(ENTRY, version=99)])
    reason = refusal(primary, statement_of(later, anchor_n=anchor[0], anchor_nonce=anchor[1]))
    assert reason == "ipcom-chat: timeline"
    done(primary, statement_of(later, anchor_n=5, anchor_nonce="nonce"))


BAD = changed(ENTRY, id=IDS[1])


@pytest.mark.parametrize(
    "bad",
    [
        changed(BAD, id="short"),
        changed(BAD, kind="other"),
        changed(BAD, mode="private"),
        changed(BAD, mode="user", user_id=None),
        changed(BAD, status="done"),
        changed(BAD, status="pending"),
        changed(BAD, completed_at=None),
        changed(BAD, tags="no JSON"),
        changed(BAD, context="{"),
        changed(BAD, truncated=2),
        changed(BAD, version=0),
        changed(BAD, content_hash=2**63),
        changed(BAD, os_user=None),
    ],
)
def test_a_row_that_is_not_allowed_refuses_the_whole_push(
    primary: LocalPrimary, bad: EntryRow
) -> None:
    good = changed(ENTRY, version=99)
    done(primary, statement_of(ONE_OF_EACH))
    refusal(primary, statement_of(Push([good, bad], [changed_user(updated_at=9)])))
    done(primary, statement_of(Push([good])))


def changed_user(**changes: Any) -> UserRow:
    return msgspec.structs.replace(USER, **changes)


def test_an_address_that_another_active_user_has_refuses_the_push(primary: LocalPrimary) -> None:
    ana = changed_user(id="ana", is_active=1, email="x@example.com")
    rui = changed_user(id="rui", is_active=1, email="X@Example.com")
    done(primary, statement_of(Push(users=[ana])))
    assert "email" in refusal(primary, statement_of(Push(users=[rui])))


def test_who_is_deactivated_in_a_push_frees_the_address_wherever_the_row_stands(
    primary: LocalPrimary,
) -> None:
    ana = changed_user(id="ana", is_active=1, email="x@example.com", updated_at=1)
    gone = changed_user(id="ana", is_active=0, email="x@example.com", updated_at=2)
    rui = changed_user(id="rui", is_active=1, email="x@example.com")
    done(primary, statement_of(Push(users=[ana])))
    done(primary, statement_of(Push(users=[rui, gone])))
    assert read(rows_of(primary, READ_ALL)) == {("u", "rui"): (2, rui), ("u", "ana"): (3, gone)}


def test_a_deactivated_user_may_keep_an_address_that_is_in_use(primary: LocalPrimary) -> None:
    rows = [changed_user(id=name, is_active=int(name == "a")) for name in "abc"]
    done(primary, statement_of(Push(users=rows)))
    assert len(rows_of(primary, "SELECT id FROM users")) == 3


# What happened to an entry.


def test_a_change_of_status_leaves_an_event_and_events_stay(primary: LocalPrimary) -> None:
    asked = changed(ENTRY, status="pending", completed_at=None, version=1)
    done(primary, statement_of(Push([asked])))
    assert not rows_of(primary, "SELECT seq FROM entry_events")
    done(primary, statement_of(Push([changed(asked, redaction_command=99)])))
    done(primary, statement_of(Push([changed(ENTRY, cancelled_by=None)])))
    done(primary, statement_of(Push([changed(ENTRY, cancelled_by=None, redaction_command=999)])))
    assert rows_of(
        primary, "SELECT entry_id, at, from_status, to_status, actor, replica_id FROM entry_events"
    ) == [(IDS[0], 20, "pending", "error", "os user", "replica")]
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        primary.database.execute("UPDATE entry_events SET actor = 'x'")


# Users are decided by the primary.


def test_a_new_user(primary: LocalPrimary) -> None:
    before = rows_of(primary, "SELECT now_ms FROM sync_state")[0][0]
    done(primary, statement_of(ONE_OF_EACH))
    done(primary, user_change())
    after = rows_of(primary, "SELECT now_ms FROM sync_state")[0][0]
    user = a_user(primary)
    assert before <= user.updated_at <= after
    assert msgspec.structs.replace(user, updated_at=0) == UserRow(
        "ana-id", "ana", "Ana", "ana@example.com", 1, NOW_MS, 0
    )
    assert rows_of(primary, "SELECT rev FROM users WHERE id = 'ana-id'") == [(6,)]
    commits = "SELECT n, base, nonce, at FROM sync_commits ORDER BY n DESC LIMIT 1"
    assert rows_of(primary, commits) == [(6, 5, "user", NOW_MS)]
    assert rows_of(primary, "SELECT n, nonce FROM sync_state") == [(6, "user")]


def test_a_known_username_is_refused_active_or_not(primary: LocalPrimary) -> None:
    done(primary, user_change())
    other = user_change(email="other@example.com")
    assert refusal(primary, other) == "ipcom-chat: username"
    done(primary, user_change(wanted="present", name=None, email=None, is_active=0))
    assert refusal(primary, other) == "ipcom-chat: username"


def test_an_unknown_user_cannot_be_changed(primary: LocalPrimary) -> None:
    assert refusal(primary, user_change(wanted="present")) == "ipcom-chat: unknown user"


def test_a_taken_address_is_refused_in_any_letter_case(primary: LocalPrimary) -> None:
    done(primary, user_change())
    rui = {"id": "rui-id", "username": "rui", "name": "Rui"}
    assert refusal(primary, user_change(**rui, email="ANA@Example.com")) == "ipcom-chat: email"
    done(primary, user_change(**rui, email="rui@example.com"))
    taken = user_change(wanted="present", **rui, email="Ana@example.com")
    assert refusal(primary, taken) == "ipcom-chat: email"
    done(primary, user_change(wanted="present", email="ANA@example.com"))  # her own
    assert a_user(primary).email == "ANA@example.com"


def test_an_address_is_free_while_its_user_is_deactivated(primary: LocalPrimary) -> None:
    leave: dict[str, Any] = {"wanted": "present", "name": None, "email": None}
    done(primary, user_change())
    done(primary, user_change(**leave, is_active=0))
    rui = {"id": "rui-id", "username": "rui", "name": "Rui"}
    done(primary, user_change(**rui, email="ANA@example.com"))
    assert refusal(primary, user_change(**leave, is_active=1)) == "ipcom-chat: email"
    done(primary, user_change(**(leave | {"name": "Ana B"})))  # she stays deactivated
    done(primary, user_change(**(leave | {"email": "ana.b@example.com"}), is_active=1))
    ana = a_user(primary)
    assert (ana.name, ana.email, ana.is_active) == ("Ana B", "ana.b@example.com", 1)


def test_an_empty_field_stays_as_it_is(primary: LocalPrimary) -> None:
    done(primary, user_change())
    first = a_user(primary)
    done(
        primary,
        user_change(wanted="present", username="ANA", name=None, email=None, at=NOW_MS + 9),
    )
    second = a_user(primary)
    assert second.created_at == NOW_MS
    assert msgspec.structs.replace(second, updated_at=0) == msgspec.structs.replace(
        first, updated_at=0
    )
    assert second.updated_at > first.updated_at


def test_a_change_counts_even_after_a_machine_with_a_fast_clock(primary: LocalPrimary) -> None:
    fast = 1 << 50
    row = UserRow("ana-id", "ana", "Fast", "ana@example.com", 1, 1, fast)
    done(primary, statement_of(Push(users=[row])))
    done(primary, user_change(wanted="present", name="Ana"))
    assert (a_user(primary).name, a_user(primary).updated_at) == ("Ana", fast + 1)
    done(primary, statement_of(Push(users=[row])))
    assert a_user(primary).name == "Ana"


# Rows travel whole, and the columns have one order everywhere.


def test_every_column_arrives_where_it_belongs(primary: LocalPrimary) -> None:
    for row in ONE_OF_EACH.rows:
        values = msgspec.structs.astuple(row)
        assert len(set(values)) == len(values)
    done(primary, statement_of(ONE_OF_EACH))
    for (table, kind), row in zip(TABLES.items(), ONE_OF_EACH.rows, strict=True):
        columns = ", ".join(kind.__struct_fields__)
        stored = rows_of(primary, f"SELECT {columns} FROM {table}")
        assert stored == [msgspec.structs.astuple(row)]
    held = read(rows_of(primary, READ_ALL))
    assert [row for _rev, row in held.values()] == ONE_OF_EACH.rows
    assert rows_of(primary, "SELECT id, rev, row FROM sync_entry_rows") == rows_of(
        primary, "SELECT row ->> 0, rev, row FROM sync_changes WHERE t = 'e'"
    )
    assert rows_of(primary, "SELECT t, id, rev, row FROM sync_small_rows") == rows_of(
        primary, "SELECT t, row ->> 0, rev, row FROM sync_changes WHERE t <> 'e'"
    )


def test_every_column_of_a_newer_version_arrives_where_it_belongs(primary: LocalPrimary) -> None:
    old = changed(
        an_entry_row(id=IDS[0], version=1), **dict.fromkeys(("user_id", "cwd", "session_id"), "x")
    )
    done(primary, statement_of(Push([old])))
    done(primary, statement_of(Push([ENTRY])))
    merged = changed(ENTRY, cancel_requested_at=ENTRY.cancel_requested_at)
    assert read(rows_of(primary, READ_ALL)) == {("e", IDS[0]): (2, merged)}


def test_both_sides_tell_versions_apart_by_the_same_columns(primary: LocalPrimary) -> None:
    done(primary, statement_of(Push([changed(ENTRY, deleted_at=22)])))
    ((state, ours),) = rows_of(
        primary, f"SELECT state, json_array({ENTRY_STATE}) FROM sync_entry_states JOIN entries "
        "USING (id)",
    )  # fmt: skip
    assert state == ours
    assert len(set(msgspec.json.decode(ours))) == len(ENTRY_STATE.split(", "))


def _replica() -> apsw.Connection:
    database = apsw.Connection(":memory:")
    for step in migrations("replica"):
        database.execute(step.sql)
    return database


def _columns(database: apsw.Connection, table: str) -> dict[str, tuple[Any, ...]]:
    sql = 'SELECT name, type, "notnull", pk > 0 FROM pragma_table_info(?)'
    return {row[0]: row[1:] for row in database.execute(sql, (table,))}


def _checks(database: apsw.Connection, table: str) -> set[str]:
    sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?"
    ((text,),) = database.execute(sql, (table,))
    found = set()
    for match in re.finditer(r"CHECK \(", str(text)):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        found.add(" ".join(text[match.start() : end].split()))
    return found


@pytest.mark.parametrize("table", TABLES)
def test_what_a_replica_may_hold_the_primary_may_hold(table: str, primary: LocalPrimary) -> None:
    theirs, ours = _columns(_replica(), table), _columns(primary.database, table)
    for column in TABLES[table].__struct_fields__:
        # The replica numbers its entries; their id is as unique there.
        if (table, column) != ("entries", "id"):
            assert theirs[column] == ours[column], column
    assert set(ours) == {*TABLES[table].__struct_fields__, "rev"}
    assert _checks(primary.database, table) <= _checks(_replica(), table)
    assert _checks(primary.database, "entries") > {"CHECK (length(id) = 36)"}


def test_nothing_of_the_primary_says_that_a_row_is_private(primary: LocalPrimary) -> None:
    sql = "SELECT name FROM pragma_table_list WHERE type IN ('table', 'view')"
    for (name,) in rows_of(primary, sql):
        assert "private" not in _columns(primary.database, str(name))


# What a replica pulls.


def pulled(
    primary: LocalPrimary,
    scope: str = "g",
    *,
    cursor: int | None = 0,
    fill_below: int | None = None,
    since_ms: int = 0,
    page_rows: int = 100,
    push: Push | None = None,
    nonce: str = "nonce",
) -> list[tuple[str, Value]]:
    """Return table and rev of what the statements of an exchange bring, newer rows first."""
    subscription = Subscription(
        scope=scope, cursor=cursor, fill_below=fill_below, since_ms=since_ms, added_at=0
    )
    plan = a_plan(push or Push(), nonce, subscriptions=(subscription,), page_rows=page_rows)
    found = []
    for statement in statements(plan):
        result = primary.run(statement)
        if "FROM sync_changes" in statement.sql:
            assert not isinstance(result, Exception), result
            found += [(str(row[0]), row[1]) for row in result.rows]
    return found


def _entries(*modes: str, first: int = 0, **columns: Any) -> list[EntryRow]:
    return [
        an_entry_row(
            id=f"00000000-0000-7000-8000-{number:012d}", mode=mode, user_id="u", machine_id="m",
            created_at=number, **columns,
        )
        for number, mode in enumerate(modes, first)
    ]  # fmt: skip


def test_each_scope_has_its_rows(primary: LocalPrimary) -> None:
    sessions = [
        msgspec.structs.replace(SESSION, id=mode, mode=mode, user_id="u")
        for mode in ("global", "user", "machine", "hybrid")
    ]
    votes = [msgspec.structs.replace(VOTE, voter="ana", mode="user", user_id="u")]
    entries = _entries("global", "user", "machine", "hybrid")
    done(primary, statement_of(Push(entries, [USER], [MACHINE], sessions, votes)))
    shared = [("e", 1), ("e", 4), ("u", 5), ("m", 6), ("s", 7), ("s", 10)]
    assert pulled(primary) == shared
    assert pulled(primary, "u:u") == [("e", 2), ("s", 8), ("v", 11)]
    assert pulled(primary, "m:m") == [("e", 3), ("s", 9)]
    assert pulled(primary, "u:other") == pulled(primary, "m:other") == []
    assert pulled(primary, cursor=None) == shared[::-1]


def test_pages_go_up_from_the_cursor_and_down_from_the_fill(primary: LocalPrimary) -> None:
    done(primary, statement_of(Push(_entries(*["global"] * 6), [USER])))
    assert pulled(primary, cursor=4) == [("e", 5), ("e", 6), ("u", 7)]
    assert pulled(primary, cursor=2, page_rows=2) == [("e", 3), ("e", 4)]
    assert pulled(primary, cursor=5, fill_below=4, page_rows=2) == [
        *[("e", 6), ("u", 7)],
        *[("e", 3), ("e", 2)],
    ]
    # The window holds entries; users and machines have no age.
    assert pulled(primary, since_ms=4) == [("e", 5), ("e", 6), ("u", 7)]


def test_what_this_request_pushed_does_not_come_back(primary: LocalPrimary) -> None:
    done(primary, statement_of(Push(_entries("global", "global"), [USER]), "other"))
    ours = Push(_entries("global", "global", first=2), machines=[MACHINE])
    assert pulled(primary, push=ours, nonce="ours") == [("e", 1), ("e", 2), ("u", 3)]
    done(primary, statement_of(Push(_entries("global", first=5)), "other again"))
    again = pulled(primary, cursor=3, push=Push(_entries("global", first=6)), nonce="ours again")
    assert again == [("e", 4), ("e", 5), ("m", 6), ("e", 7)]


def test_a_push_that_is_refused_hides_nothing_of_what_others_pushed(primary: LocalPrimary) -> None:
    done(primary, statement_of(Push(_entries("global", "global")), "other"))
    refused = Push([changed(BAD, kind="other")])
    assert pulled(primary, push=refused, nonce="refused") == [("e", 1), ("e", 2)]


# How rows are found.


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_found_by_an_index_and_come_in_its_order(primary: LocalPrimary, name: str) -> None:
    statement = QUERIES[name].statement
    plan = rows_of(primary, f"EXPLAIN QUERY PLAN {statement.sql}", *statement.args)
    check_plan(QUERIES[name], plan)


@pytest.mark.parametrize(
    ("sql", "way"),
    [
        (
            "SELECT id FROM entries WHERE status IN ('pending', 'processing') ORDER BY created_at",
            "SCAN entries USING INDEX entries_open",
        ),
        (
            "SELECT at, to_status FROM entry_events WHERE entry_id = 'x' ORDER BY seq",
            "SEARCH entry_events USING INDEX entry_events_by_entry (entry_id=?)",
        ),
    ],
)
def test_open_requests_and_the_events_of_one_are_found(
    primary: LocalPrimary, sql: str, way: str
) -> None:
    assert [row[3] for row in rows_of(primary, f"EXPLAIN QUERY PLAN {sql}")] == [way]


def test_the_migrations_are_numbered(
    primary: LocalPrimary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = migrations("primary")
    assert [step.number for step in steps] == list(range(1, latest("primary") + 1))
    assert steps[0].name == "initial"
    assert rows_of(primary, "SELECT schema FROM sync_state") == [(latest("primary"),)]
    folder = tmp_path / "primary"
    folder.mkdir()
    for name in ("0001_initial.sql", "0003_more.sql"):
        (folder / name).write_text("SELECT 1")
    monkeypatch.setattr(schema, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ValueError, match="not numbered"):
        migrations("primary")
