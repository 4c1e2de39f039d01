"""Fuzz target of the merge: its laws, and that the primary's SQL is the same merge.

The rows come from `tests.support.versions`, as in `tests/property/test_merge.py`; here more of
them meet in one history.
"""

from functools import lru_cache, reduce
from typing import Any

from hypothesis import strategies as st

from ipcom_chat.domain.merge import EntryRow
from tests.support.primary import LocalPrimary
from tests.support.versions import (
    IDS,
    READ_ALL,
    Model,
    Push,
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

_ROWS = st.one_of(
    versions(IDS[0]), versions(IDS[0]), users("ana"), machines("m"), sessions("s"), votes("ana")
)


def merge(data: st.DataObject) -> None:
    """The order in which versions meet decides nothing, in Python and in SQL."""
    rows: list[Any] = data.draw(_ROWS)
    shuffled = data.draw(st.permutations(rows))
    whole = reduce(merged_rows, rows)
    assert reduce(merged_rows, shuffled) == whole
    middle = len(rows) // 2
    if middle:
        halves = reduce(merged_rows, rows[:middle]), reduce(merged_rows, rows[middle:])
        assert merged_rows(halves[1], halves[0]) == whole
    assert all(merged_rows(whole, row) == whole for row in rows)
    if isinstance(whole, EntryRow):
        _check_end(rows, whole)
    _check_primary(data.draw(pushes(most=8)))


def _check_end(rows: list[EntryRow], whole: EntryRow) -> None:
    """The most certain end won, and nothing that was taken out came back."""
    assert finality(whole) == max(map(finality, rows))
    if any(row.deleted_at for row in rows):
        assert (whole.command, whole.response, whole.context) == ("", None, "{}")
    assert whole.redaction_command == max(row.redaction_command for row in rows)


@lru_cache(maxsize=1)
def _primary() -> LocalPrimary:
    """Return a primary, made once; every example rolls back what it did."""
    return LocalPrimary()


def _check_primary(history: list[Push]) -> None:
    database = _primary().database
    database.execute("BEGIN")
    try:
        model = Model()
        for number, push in enumerate(history):
            request = statement_of(push, f"nonce {number}")
            database.execute(request.sql, tuple(request.args))
            model.push(push)
            assert read(database.execute(READ_ALL)) == model.rows
        assert database.execute("SELECT n FROM sync_counter").fetchall() == [(model.n,)]
    finally:
        database.execute("ROLLBACK")
