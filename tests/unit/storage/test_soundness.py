"""A sound file has no problems; one whose index says something else than its table has."""

from pathlib import Path

import apsw
import pytest

from ipcom_chat.storage.soundness import problems


@pytest.fixture
def connection(tmp_path: Path) -> apsw.Connection:
    made = apsw.Connection(str(tmp_path / "file.db"))
    made.execute("CREATE TABLE t (a INTEGER CHECK (a < 9)); CREATE INDEX i ON t (a)")
    made.execute("INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8)")
    return made


@pytest.mark.parametrize("quick", [True, False])
def test_a_sound_file(connection: apsw.Connection, quick: bool) -> None:
    assert problems(connection, quick=quick) == []


def test_a_check_that_does_not_hold_is_seen_at_a_glance(connection: apsw.Connection) -> None:
    connection.execute(
        "PRAGMA ignore_check_constraints = ON; UPDATE t SET a = a + 90;"
        "PRAGMA ignore_check_constraints = OFF"
    )
    assert problems(connection, quick=True) == ["CHECK constraint failed in t"] * 5


def test_an_index_that_lacks_a_row_is_seen_by_the_whole_check(connection: apsw.Connection) -> None:
    connection.execute(
        "PRAGMA writable_schema = ON; CREATE TABLE other (a); CREATE INDEX j ON other (a);"
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'j')"
        "WHERE name = 'i'; PRAGMA writable_schema = RESET"
    )
    assert problems(connection) != []
