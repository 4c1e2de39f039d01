"""The statements of the suggestions: each by an index, and few rows however long the history is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipcom_chat.storage import suggestion_rows, votes
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.suggestion_rows import AFTER_MS, SuggestionRows
from tests.support.replica import GLOBAL, NOW_MS, SESSION, opened
from tests.support.suggestions import FOLDER, ran

STATEMENTS = {
    **{f"followers {mode}": sql for mode, sql in suggestion_rows._FOLLOWERS.items()},
    **{f"fresh {mode}": sql for mode, sql in suggestion_rows._FRESH.items()},
    "votes": votes._TALLIES,
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "replica.db") as opened_database:
        yield opened_database


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_reads_a_table_or_sorts(database: Database, name: str) -> None:
    sql = STATEMENTS[name]
    bindings = dict.fromkeys(re.findall(r":(\w+)", sql))
    rows = database.rows(f"EXPLAIN QUERY PLAN {sql}", bindings or (None,))
    plan = [str(row[3]) for row in rows]
    assert any(step.startswith("SEARCH") for step in plan)
    for step in plan:
        assert "TEMP B-TREE" not in step or name == "votes", step
        assert not re.match(r"SCAN (?!json_each|\(subquery)", step), step


def test_the_next_command_is_looked_for_among_a_few_rows_within_minutes(
    database: Database,
) -> None:
    entries, rows = Entries(database), SuggestionRows(database)
    crowd = [ran("x", -n, session_id=None) for n in range(1, suggestion_rows._NEAR_ROWS)]
    first, just, far = (ran(name, age) for name, age in (("a", 0), ("b", -60), ("c", -AFTER_MS)))
    entries.add_all([first, *crowd, just, far], actor="test")
    (found,) = rows.followers(GLOBAL, [1], chars=10)
    assert found.command == "b"
    entries.add(ran("x", -59, session_id=None), actor="test")
    assert rows.followers(GLOBAL, [1], chars=10) == []
    assert first.session_id == SESSION


def test_a_fresh_output_is_looked_for_among_the_last_rows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestion_rows, "_RECENT_ROWS", 3)
    rows, entry = SuggestionRows(database), ran("df")
    Entries(database).add_all([entry, ran("x", -1), ran("x", -2)], actor="test")
    assert rows.fresh(GLOBAL, "df", FOLDER, since_ms=NOW_MS) == entry.id
    Entries(database).add(ran("x", -3), actor="test")
    assert rows.fresh(GLOBAL, "df", FOLDER, since_ms=NOW_MS) is None
