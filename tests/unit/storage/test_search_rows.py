"""What the search reads of the replica, and how SQLite goes about it."""

from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Mode
from ipcom_chat.storage.search_rows import _NEWER, _NUMBERED
from tests.support.replica import MACHINE, USER, opened

BINDINGS = {
    "scope_user": USER, "scope_machine": MACHINE, "scope_private": 1, "after": 1, "limit": 5,
    "chars": 10,
    "seqs": "[1, 2]",
}  # fmt: skip
MODES = (None, *Mode)


def plan(folder: Path, sql: str) -> list[str]:
    with opened(folder / "replica.db") as database:
        rows = database.connection.execute(f"EXPLAIN QUERY PLAN {sql}", BINDINGS)
        return [str(row[3]) for row in rows]


@pytest.mark.parametrize("mode", MODES)
def test_the_rows_of_a_user_or_a_machine_are_not_all_read_for_the_newer_ones(
    tmp_path: Path, mode: Mode | None
) -> None:
    steps = plan(tmp_path, _NEWER[mode])
    assert steps == ["SEARCH entries USING INDEX entries_by_change (local_seq>?)"]


@pytest.mark.parametrize("mode", MODES)
def test_the_rows_of_a_user_or_a_machine_are_not_all_read_for_those_that_the_index_named(
    tmp_path: Path, mode: Mode | None
) -> None:
    steps = plan(tmp_path, _NUMBERED[mode])
    assert steps[0] == "SEARCH entries USING INTEGER PRIMARY KEY (rowid=?)"
