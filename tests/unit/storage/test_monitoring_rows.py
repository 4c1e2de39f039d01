"""What monitoring reads, it reads by an index, or it is small."""

import re
from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Mode
from ipcom_chat.storage import monitoring_rows as rows
from ipcom_chat.storage import usage
from ipcom_chat.storage.database import Database
from tests.support.replica import opened

LARGE = {"entries", "votes", "usage_hours", "usage_days"}
MODES = (None, *Mode)


def plan(database: Database, sql: str) -> list[str]:
    """Return the steps of a statement, a number in the place of every value."""
    filled = re.sub(r":[a-z_]+|\?\d*", "1", sql)
    return [str(row[3]) for row in database.rows(f"EXPLAIN QUERY PLAN {filled}")]


def statements() -> list[str]:
    by_mode = [
        rows._OPEN, rows._COMMANDS, rows._PROBLEMS, usage._PERIODS, usage._PACES, usage._PEOPLE,
        usage._ACTIVE, usage._ALL_ACTIVE, usage._SPENDING,
    ]  # fmt: skip
    found = [each[mode] for each in by_mode for mode in MODES]
    return [
        *found, rows._THUMBS, rows._LATE, usage._UNTIL, usage._CHANGED_HOURS, usage._CHANGED_DAYS,
        usage._COUNT_HOUR, usage._COUNT_DAY, usage._OF_MACHINE, usage._CLEAR_DAY,
    ]  # fmt: skip


@pytest.mark.parametrize("sql", statements())
def test_no_large_table_is_read_from_end_to_end(tmp_path: Path, sql: str) -> None:
    with opened(tmp_path / "history.db") as database:
        for step in plan(database, sql):
            scanned = step.removeprefix("SCAN ").split(" ", 1)
            # The open requests and what waits are the few rows of an index of their own.
            if step.startswith("SCAN ") and scanned[0] in LARGE:
                assert "entries_open" in step or "entries_waiting" in step, step


def test_the_entries_are_counted_by_their_smallest_index(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        (step,) = plan(database, rows._ENTRIES)
        assert "COVERING INDEX entries_by_change" in step
