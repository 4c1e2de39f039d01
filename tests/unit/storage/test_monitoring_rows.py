"""What monitoring reads, it reads by an index, or it is small."""

import re
from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Kind, Mode, Status
from ipcom_chat.ids import MachineId
from ipcom_chat.storage import monitoring_rows as rows
from ipcom_chat.storage import usage
from ipcom_chat.storage import usage_counting as counting
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.monitoring_rows import MonitoringRows
from tests.support.replica import MACHINE, NOW_MS, USER, an_entry, opened

LARGE = {"entries", "votes", "usage_hours", "usage_days"}
MODES = (None, *Mode)


def plan(database: Database, sql: str) -> list[str]:
    """Return the steps of a statement, a number in the place of every value."""
    # What is counted goes through temporary tables, which only a counting process has.
    asked = re.sub(r"^\s*INSERT INTO temp\.\w+ ", "", sql)
    filled = re.sub(r":[a-z_]+|\?\d*", "1", asked)
    return [str(row[3]) for row in database.rows(f"EXPLAIN QUERY PLAN {filled}")]


def statements() -> list[str]:
    by_mode = [
        rows._OPEN, rows._COMMANDS, rows._PROBLEMS, usage._PERIODS, usage._PACES, usage._PEOPLE,
        usage._ACTIVE, usage._ALL_ACTIVE, usage._SPENDING,
    ]  # fmt: skip
    found = [each[mode] for each in by_mode for mode in MODES]
    return [
        *found, rows._THUMBS, rows._LATE, rows._ENDED_OF_MACHINE, usage._OF_MACHINE,
        counting._UNTIL, counting._CHANGED, counting._CHANGED_HOURS, counting._COUNT_HOURS,
        counting._COUNT_DAY, counting._COUNT_MACHINE, counting._CLEAR_HOURS,
        counting._CLEAR_DAY, counting._CLEAR_MACHINE,
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


def test_how_the_questions_of_a_machine_ended(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        rows = MonitoringRows(database)
        Entries(database).add_all(
            [
                *(an_entry(status=Status.ERROR) for _ in range(2)),
                *(an_entry(status=Status.CANCELLED) for _ in range(3)),
                an_entry(status=Status.COMPLETED, mode=Mode.USER, user_id=USER),
                an_entry(status=Status.COMPLETED, private=True),
                an_entry(status=Status.PENDING),
                an_entry(status=Status.ERROR, kind=Kind.COMMAND),
                an_entry(status=Status.ERROR, machine_id=MachineId("b" * 64)),
                an_entry(status=Status.ERROR, created_at=NOW_MS - 1),
            ],
            actor="test",
        )
        until = NOW_MS + 1
        assert rows.ended_of_machine(MACHINE, since_ms=NOW_MS, until_ms=until) == (2, 2, 3)
        assert rows.ended_of_machine(MACHINE, since_ms=NOW_MS - 1, until_ms=until) == (2, 3, 3)
        assert rows.ended_of_machine("c" * 64, since_ms=0, until_ms=until) == (0, 0, 0)
