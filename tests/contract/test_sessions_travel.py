"""Sessions between machines, over the real server: read, forked, renamed, deleted, and kept."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.machine import Machine, initialise, rows_of
from tests.support.sqld import Sqld


@pytest.fixture
def primary(sqld: Sqld, tmp_path: Path) -> Sqld:
    """Give a prepared primary without tokens."""
    initialise(sqld.url, tmp_path)
    return sqld


def machine(primary: Sqld, folder: Path, name: str) -> Machine:
    return Machine(folder, name, primary.url)


def ask(one: Machine, text: str, *flags: str) -> None:
    done = one.program(*flags, "ask", text)
    assert done.code == 0, done.err
    one.sync()


def listed(one: Machine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = one.run("sessions", "list", "--json").json()
    return found


def asked(one: Machine, session_id: str) -> list[str]:
    found = one.run("sessions", "show", session_id, "--json").json()
    return [turn["command"] for turn in found["turns"]]


def on_primary(primary: Sqld) -> list[tuple[Any, ...]]:
    """Return what the primary holds of entries and their texts."""
    sql = "SELECT id, session_id, command, response, version FROM entries ORDER BY id"
    return rows_of(primary.url, sql)


def test_a_colleagues_session_is_read_and_forked_and_stays_as_it_is(
    primary: Sqld, tmp_path: Path
) -> None:
    one, two = machine(primary, tmp_path, "one"), machine(primary, tmp_path, "two")
    ask(one, "zeta is the first question")
    (session,) = listed(one)
    before = on_primary(primary)
    two.sync()
    (seen,) = listed(two)
    assert (seen["id"], seen["state"], seen["questions"]) == (session["id"], "remote", 1)
    ask(two, "omega is the second question", "--resume", seen["short_id"])
    fork = next(each for each in listed(two) if each["parent_id"])
    assert asked(two, fork["id"]) == ["zeta is the first question", "omega is the second question"]
    assert [row for row in on_primary(primary) if row[1] == session["id"]] == before
    one.sync()
    assert asked(one, session["id"]) == ["zeta is the first question"]
    assert asked(one, fork["id"]) == asked(two, fork["id"])
    ask(one, "alpha is asked in the original", "--continue")
    two.sync()
    assert len(asked(two, fork["id"])) == 2


def test_a_title_travels_and_only_its_owner_gives_it(primary: Sqld, tmp_path: Path) -> None:
    one, two = machine(primary, tmp_path, "one"), machine(primary, tmp_path, "two")
    ask(one, "zeta is a question")
    (session,) = listed(one)
    assert one.run("sessions", "rename", session["id"], "The", "title").code == 0
    one.sync()
    two.sync()
    assert listed(two)[0]["title"] == "The title"
    done = two.run("sessions", "rename", session["id"], "mine")
    assert (done.code, "somebody else" in done.err) == (2, True)
    assert two.run("sessions", "delete", session["id"]).code == 2
    assert two.run("sessions", "search", "title").code == 0


def test_a_deleted_session_goes_everywhere(primary: Sqld, tmp_path: Path) -> None:
    one, two = machine(primary, tmp_path, "one"), machine(primary, tmp_path, "two")
    ask(one, "the QMARK question")
    (session,) = listed(one)
    assert one.run("sessions", "rename", session["id"], "TMARK").code == 0
    one.sync()
    two.sync()
    assert listed(two)[0]["title"] == "TMARK"
    assert one.run("sessions", "delete", session["id"]).code == 0
    one.sync()
    two.sync()
    assert listed(two) == []
    assert two.texts() == [""]
    (row,) = rows_of(primary.url, "SELECT title, deleted_at IS NULL FROM sessions")
    assert row == (None, 0)


def test_a_session_that_goes_on_after_it_ended_is_open_for_all(
    primary: Sqld, tmp_path: Path
) -> None:
    one = machine(primary, tmp_path, "one")
    ask(one, "zeta is a question")
    (before,) = rows_of(primary.url, "SELECT last_active_at, updated_at FROM sessions")
    ask(one, "omega is another", "--continue")
    rows = rows_of(primary.url, "SELECT last_active_at, updated_at, ended_at FROM sessions")
    ((active, updated, ended),) = rows
    assert active >= before[0]
    assert updated > before[1]
    assert ended == active


def test_a_private_session_and_its_forks_never_leave(primary: Sqld, tmp_path: Path) -> None:
    one, two = machine(primary, tmp_path, "one"), machine(primary, tmp_path, "two")
    ask(one, "a matter of mine", "--private")
    (session,) = one.run("sessions", "list", "--json").json()
    assert one.run("sessions", "rename", session["id"], "TMARK").code == 0
    ask(one, "and more of it", "--resume", session["short_id"])
    assert one.run("sessions", "fork", session["id"]).code == 0
    one.sync()
    two.sync()
    assert len(listed(one)) == 2
    assert rows_of(primary.url, "SELECT id FROM sessions") == []
    assert on_primary(primary) == []
    assert listed(two) == []
