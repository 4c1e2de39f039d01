"""The merge obeys its laws, and the primary's SQL is the same merge.

Rows come from two sources: lives of an entry in several replicas, and arbitrary rows that the
CHECKs accept; see `tests.support.versions`.
"""

from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import event, given, settings

from ipcom_chat.domain.lifecycle import INTERRUPTED
from ipcom_chat.domain.merge import (
    BY_HAND,
    EntryRow,
    MachineRow,
    SessionRow,
    UserRow,
    VoteRow,
    cleared,
    merge_entries,
    merge_small,
)
from tests.support.primary import LocalPrimary
from tests.support.versions import (
    IDS,
    OPEN,
    READ_ALL,
    Model,
    Push,
    an_entry_row,
    changed,
    finality,
    machines,
    merged_rows,
    pushes,
    read,
    sessions,
    statement_of,
    users,
    versions,
    votes,
)

# The fields that have a register of their own; all others are the body.
OWN_REGISTERS = {
    "command", "redaction_command", "response", "redaction_response", "cancel_requested_at",
    "cancelled_by", "deleted_at",
}  # fmt: skip
BODY = [name for name in EntryRow.__struct_fields__ if name not in OWN_REGISTERS]
TEXTS = ("command", "response", "tags", "context", "cwd")

Rows = list[Any]


def _three(known: Rows) -> st.SearchStrategy[Rows]:
    """Draw three of them, of fewer than three some more than once."""
    enough = (known * 3)[: max(3, len(known))]
    return st.permutations(enough).map(lambda rows: rows[:3])


entries = versions(IDS[0]).flatmap(_three)
small = st.one_of(users("ana"), machines("m"), sessions("s"), votes("ana")).flatmap(_three)


def _values(row: EntryRow, names: Any) -> list[object]:
    return [getattr(row, name) for name in names]


def _identity(row: EntryRow) -> tuple[int, int]:
    return row.version, row.content_hash


@given(three=st.one_of(entries, entries, small))
@settings(max_examples=600)
def test_the_merge_is_commutative_associative_and_idempotent(three: list[Any]) -> None:
    a, b, c = three
    event(type(a).__name__)
    merged = merged_rows(a, b)
    assert merged == merged_rows(b, a)
    assert merged_rows(merged, c) == merged_rows(a, merged_rows(b, c))
    assert merged_rows(a, a) == a
    assert merged_rows(merged, a) == merged_rows(merged, b) == merged


@given(three=entries)
@settings(max_examples=200)
def test_an_entry_keeps_the_most_certain_end_and_mixes_no_bodies(three: list[EntryRow]) -> None:
    merged = merge_entries(merge_entries(three[0], three[1]), three[2])
    best = max(map(finality, three))
    event(f"finality {best}")
    assert finality(merged) == best
    candidates = [row for row in three if finality(row) == best]
    newest = max(row.version for row in candidates)
    bodies = [cleared(row) if merged.deleted_at else row for row in candidates]
    assert merged.version == newest
    assert _values(merged, BODY) in [_values(row, BODY) for row in bodies]
    owners = [row for row in candidates if _identity(row) == _identity(merged)]
    if best:
        assert merged.cancelled_by in {row.cancelled_by for row in owners}
    if merged.response is not None:
        # One hash, one answer, whoever imported it: the most redacted one.
        level = max(row.redaction_response for row in owners)
        answers = {row.response for row in owners if row.redaction_response == level}
        assert (merged.redaction_response, merged.response in answers) == (level, True)


@given(three=entries)
@settings(max_examples=200)
def test_the_first_request_to_cancel_is_kept(three: list[EntryRow]) -> None:
    merged = merge_entries(merge_entries(three[0], three[1]), three[2])
    asked = [row for row in three if row.cancel_requested_at is not None]
    first = min((row.cancel_requested_at or 0 for row in asked), default=None)
    assert merged.cancel_requested_at == first
    if merged.status in OPEN:
        askers = {row.cancelled_by for row in asked if row.cancel_requested_at == first}
        assert merged.cancelled_by in (askers or {None})


@given(three=entries)
@settings(max_examples=200)
def test_what_is_deleted_or_redacted_never_comes_back(three: list[EntryRow]) -> None:
    merged = merge_entries(merge_entries(three[0], three[1]), three[2])
    deleted = [row.deleted_at for row in three if row.deleted_at is not None]
    event("deleted" if deleted else "there")
    assert merged.deleted_at == min(deleted, default=None)
    if deleted:
        assert _values(merged, TEXTS) == ["", None, "[]", "{}", None]
    level = max(row.redaction_command for row in three)
    assert merged.redaction_command == level
    if not deleted:
        texts = {row.command for row in three if row.redaction_command == level}
        assert merged.command in texts
    if any(row.redaction_response >= BY_HAND for row in three):
        assert (merged.redaction_response, merged.response) == (BY_HAND, None)


@given(three=small)
@settings(max_examples=200)
def test_the_last_writer_wins_and_a_machine_was_seen_when_anybody_saw_it(three: list[Any]) -> None:
    merged = merge_small(merge_small(three[0], three[1]), three[2])
    assert merged.updated_at == max(row.updated_at for row in three)
    if hasattr(merged, "first_seen"):
        merged = msgspec.structs.replace(merged, first_seen=0)
        three = [msgspec.structs.replace(row, first_seen=0) for row in three]
    assert merged in three


# Made once; every example rolls back what it did.
_primary = LocalPrimary()


def _ask(sql: str) -> list[Any]:
    return [row if len(row) > 1 else row[0] for row in _primary.database.execute(sql)]


def _push(push: Push, nonce: str) -> None:
    request = statement_of(push, nonce)
    _primary.database.execute(request.sql, tuple(request.args))


def _check(model: Model) -> None:
    """The same rows, each at the rev at which it changed last, in every view."""
    held = read(_primary.database.execute(READ_ALL))
    assert held == model.rows
    revs = [rev for rev, _row in held.values()]
    assert len(set(revs)) == len(revs)
    entries = [(rev, row) for rev, row in held.values() if isinstance(row, EntryRow)]
    by_id = _ask("SELECT rev, row FROM sync_entry_rows ORDER BY rev")
    assert [(rev, msgspec.json.decode(row, type=EntryRow)) for rev, row in by_id] == sorted(
        entries, key=lambda one: one[0]
    )


@given(history=pushes(most=5))
@settings(max_examples=200)
def test_the_primary_merges_as_python_does(history: list[Push]) -> None:
    _primary.database.execute("BEGIN")
    try:
        model, commits = Model(), []
        for number, push in enumerate(history):
            base = model.n
            _push(push, f"nonce {number}")
            model.push(push)
            commits.append((model.n, base, f"nonce {number}"))
            assert _ask("SELECT n FROM sync_counter") == [model.n]
            assert _ask("SELECT n, base, nonce FROM sync_commits ORDER BY n") == commits
            _check(model)
        before = _ask(READ_ALL)
        for number, push in enumerate(history):
            # A reply was lost, or an old replica comes late: nothing changes but the counter.
            _push(push, f"again {number}")
            assert _ask(READ_ALL) == before
        assert _ask("SELECT n FROM sync_counter") == [2 * model.n]
    finally:
        _primary.database.execute("ROLLBACK")


@given(known=versions(IDS[0]), data=st.data())
@settings(max_examples=200)
def test_the_primary_ends_with_the_same_row_whatever_comes_first(
    known: list[EntryRow], data: st.DataObject
) -> None:
    merged = known[0]
    for row in known:
        merged = merge_entries(merged, row)
    _primary.database.execute("BEGIN")
    try:
        for number, row in enumerate(data.draw(st.permutations(known))):
            _push(Push(entries=[row]), f"nonce {number}")
        ((_rev, held),) = read(_primary.database.execute(READ_ALL)).values()
        assert held == merged
    finally:
        _primary.database.execute("ROLLBACK")


@pytest.mark.parametrize(
    "change",
    [
        {"command": "z"}, {"redaction_command": 1}, {"response": "z"}, {"redaction_response": 1},
        {"cancel_requested_at": 8}, {"cancelled_by": "a"}, {"deleted_at": 1}, {"updated_at": 9},
    ],
)  # fmt: skip
def test_each_register_changes_the_row_of_the_primary_by_itself(change: dict[str, Any]) -> None:
    base = an_entry_row(
        status="pending", completed_at=None, command="y", response="y", cancel_requested_at=9,
        cancelled_by="b", updated_at=8,
    )  # fmt: skip
    other = changed(base, **change)
    _primary.database.execute("BEGIN")
    try:
        for number, row in enumerate((base, other, base)):
            _push(Push([row]), f"nonce {number}")
        ((rev, held),) = read(_primary.database.execute(READ_ALL)).values()
        assert (rev, held) == (2, merge_entries(base, other))
        assert held != base
    finally:
        _primary.database.execute("ROLLBACK")


LATER: list[tuple[Any, dict[str, Any]]] = [
    (
        UserRow("id", "ana", "Ana", "a@b", 0, 1, 1),
        {"username": "z", "name": "z", "email": "z", "is_active": 1, "created_at": 2,
         "updated_at": 2},
    ),
    (
        MachineRow("id", "host", None, None, "[]", "[]", "1", 2, 1, 1),
        {"hostname": "z", "ip_address": "z", "mac_address": "z", "os_info": "{}",
         "aliases": "{}", "version": "2", "first_seen": 1, "last_seen": 2, "updated_at": 2},
    ),
    (
        SessionRow("id", None, None, "global", None, "a", "m", "r", 1, 1, None, 1, None),
        {"parent_id": "z", "title": "z", "mode": "user", "user_id": "z", "os_user": "z",
         "machine_id": "z", "replica_id": "z", "started_at": 2, "last_active_at": 2,
         "ended_at": 0, "updated_at": 2, "deleted_at": 0},
    ),
    (
        VoteRow(IDS[0], "ana", -1, "global", None, "m", 1, 1),
        {"value": 1, "mode": "user", "user_id": "z", "machine_id": "z", "created_at": 2,
         "updated_at": 2},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("base", "field", "value"),
    [(base, field, value) for base, later in LATER for field, value in later.items()],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_each_column_tells_small_rows_apart_by_itself(
    base: Any, field: str, value: object, is_first: bool
) -> None:
    other = msgspec.structs.replace(base, **{field: value})
    assert merge_small(base, other) == merge_small(other, base) == other
    _primary.database.execute("BEGIN")
    try:
        for number, row in enumerate((other, base) if is_first else (base, other)):
            tables: dict[Any, str] = {
                UserRow: "users",
                MachineRow: "machines",
                SessionRow: "sessions",
            }
            _push(Push(**{tables.get(type(row), "votes"): [row]}), f"nonce {number}")
        ((rev, held),) = read(_primary.database.execute(READ_ALL)).values()
        assert (rev, held) == (1 if is_first else 2, other)
    finally:
        _primary.database.execute("ROLLBACK")


def test_the_most_certain_and_then_the_newest_body_wins() -> None:
    """The examples of the rule, in words."""
    asked = an_entry_row(status="pending", completed_at=None, response=None)
    presumed = changed(asked, status="error", error_code=INTERRUPTED, completed_at=1, version=5)
    answered = changed(asked, status="completed", response="late", completed_at=2, version=2)
    running = changed(asked, status="processing", version=9)
    assert merge_entries(running, presumed) == presumed
    assert merge_entries(presumed, answered) == merge_entries(answered, running) == answered
    newer = changed(answered, version=3, content_hash=0, updated_at=0)
    assert merge_entries(answered, newer) == merge_entries(newer, answered) == newer
    gone = cleared(changed(asked, deleted_at=7))
    assert merge_entries(gone, answered) == cleared(changed(answered, deleted_at=7))
