"""The plan's own SELECTs run on the views of the primary and give what the plan wants."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from ipcom_chat.domain.merge import UserRow
from ipcom_chat.libsql.hrana import Value
from tests.support.plan_queries import (
    ACTIVE_USERS,
    ALL_USERS,
    CACHE,
    CANCELLED,
    EXISTS,
    GLOBAL,
    HYBRID,
    LAST_TEN,
    MACHINE,
    PATTERNS,
    SEARCH_GLOBAL,
    SEARCH_MACHINE,
    SEARCH_USER,
    SOLUTIONS,
    STATUS,
    SUCCESSFUL,
    USER,
    USER_ID,
    USER_STATS,
)
from tests.support.primary import LocalPrimary
from tests.support.replica import NOW_MS
from tests.support.versions import EPOCH, Push, an_entry_row, statement_of

DAY_MS = 86_400_000
HISTORIES = ("history_global", "history_user", "history_machine")


class Team:
    """A primary that entries are pushed to, one after the other in time."""

    def __init__(self) -> None:
        self.primary = LocalPrimary(EPOCH)
        self.count = 0

    def push(self, command: str, mode: str = "global", **columns: Any) -> str:
        """Push one entry; return its id."""
        self.count += 1
        entry_id = f"00000000-0000-7000-8000-{self.count:012d}"
        at = NOW_MS + self.count
        values: dict[str, Any] = {"id": entry_id, "mode": mode, "command": command}
        values |= {"created_at": at, "updated_at": at, "completed_at": at, "machine_id": "m"}
        row = an_entry_row(**(values | columns))
        request = statement_of(Push([row]), f"nonce {self.count}")
        assert not isinstance(self.primary.run(request), Exception)
        return entry_id

    def run(self, command: str, *, code: str = "0", **columns: Any) -> str:
        """Push a command that ran."""
        return self.push(command, kind="command", error_code=code, **columns)

    def ask(self, sql: str, *args: Value) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.primary.database.execute(sql, args)]

    def commands(self, history: str) -> list[str]:
        return [row[0] for row in self.ask(f"SELECT command FROM {history} ORDER BY timestamp")]


@pytest.fixture
def team() -> Team:
    return Team()


def test_the_newest_of_each_history(team: Team) -> None:
    first = team.push("g", tags='["t"]', tokens_used=3, execution_time_ms=4, user_id="u")
    second = team.push("u", "user", user_id="u", session_id="s", context='{"c":1}')
    team.push("other's", "user", user_id="w")
    third = team.push("m", "machine", status="error", error_code="x", response=None)
    team.push("elsewhere", "machine", machine_id="n")
    both = team.push("h", "hybrid", user_id="u")
    answer, at = "an answer", NOW_MS
    columns = ("s", "{}")
    assert team.ask(GLOBAL, 2) == [
        (both, "h", answer, "m", "u", at + 6, None, None, "[]"),
        (first, "g", answer, "m", "u", at + 1, 3, 4, '["t"]'),
    ]
    assert team.ask(USER, "u", 9) == [
        (both, "u", "h", answer, "m", at + 6, *columns),
        (second, "u", "u", answer, "m", at + 2, "s", '{"c":1}'),
    ]
    assert team.ask(MACHINE, "m", 9) == [
        (both, "m", "h", answer, "u", at + 6, None),
        (third, "m", "m", None, None, at + 4, "x"),
    ]
    assert team.ask(GLOBAL, 1) == team.ask(GLOBAL, 9)[:1]
    assert team.ask(USER, "u", 1) == team.ask(USER, "u", 9)[:1]
    assert team.ask(MACHINE, "m", 1) == team.ask(MACHINE, "m", 9)[:1]


@pytest.mark.parametrize(
    ("mode", "user", "histories"),
    [
        ("global", "u", ["history_global"]),
        ("user", "u", ["history_user"]),
        ("machine", "u", ["history_machine"]),
        ("hybrid", "u", ["history_global", "history_user", "history_machine"]),
        ("hybrid", None, ["history_global", "history_machine"]),
    ],
)
def test_the_mode_says_in_which_histories_an_entry_is(
    team: Team, mode: str, user: str | None, histories: list[str]
) -> None:
    team.push("q", mode, user_id=user)
    assert [name for name in HISTORIES if team.commands(name) == ["q"]] == histories


def test_what_is_deleted_is_nowhere(team: Team) -> None:
    entry_id = team.run("ls", mode="hybrid", user_id="u")
    every = (*HISTORIES, "command_cache")
    assert all(team.ask(f"SELECT command FROM {name}") == [("ls",)] for name in every)
    gone = an_entry_row(
        id=entry_id, kind="command", mode="hybrid", user_id="u", command="", response=None,
        cwd=None, error_code="0", deleted_at=NOW_MS,
    )  # fmt: skip
    team.primary.run(statement_of(Push([gone])))
    assert not any(team.ask(f"SELECT command FROM {name}") for name in every)
    assert team.ask("SELECT deleted_at FROM entries") == [(NOW_MS,)]


def test_all_three_histories_at_once(team: Team) -> None:
    team.push("g")
    team.push("u", "user", user_id="u")
    team.push("w", "user", user_id="w")
    team.push("m", "machine")
    team.push("h", "hybrid", user_id="u")
    found = team.ask(HYBRID, "u", "m", 100)
    assert sorted(row[:2] for row in found) == [
        ("global", "g"), ("global", "h"), ("machine", "h"), ("machine", "m"), ("user", "h"),
        ("user", "u"),
    ]  # fmt: skip
    times = [row[3] for row in found]
    assert times == sorted(times, reverse=True)
    assert team.ask(HYBRID, "u", "m", 2) == found[:2]


def test_a_search_looks_into_question_and_answer(team: Team) -> None:
    team.push("disk full", "hybrid", user_id="u")
    team.push("other", "hybrid", user_id="u", response="the Disk is full")
    team.push("nothing", "hybrid", user_id="u")
    word = "%disk%"
    for source, sql, args in (
        ("global", SEARCH_GLOBAL, (0.3, word, word)),
        ("user", SEARCH_USER, (0.3, "u", word, word)),
        ("machine", SEARCH_MACHINE, (0.3, "m", word, word)),
    ):
        assert [row[1:] for row in team.ask(sql, *args)] == [
            ("other", 0.3, source),
            ("disk full", 0.3, source),
        ]


def test_statistics_of_a_user(team: Team) -> None:
    for days in (0, 0, 1, 4):
        team.push("q", "user", user_id="u", created_at=NOW_MS + days * DAY_MS)
    team.push("q", "user", user_id="w", created_at=NOW_MS + 9 * DAY_MS)
    assert team.ask(USER_STATS, "u") == [(4, 3, NOW_MS + 4 * DAY_MS)]


def test_similar_commands_that_worked(team: Team) -> None:
    for code in ("0", "0", "0"):
        team.run("systemctl restart nginx", code=code)
    for code in ("0", "1"):
        team.run("systemctl stop nginx", code=code)
    found = team.ask(SUCCESSFUL, "%systemctl%")
    assert found == [("systemctl restart nginx", "an answer", 3, 1.0)]


def test_what_usually_comes_next(team: Team) -> None:
    team.run("git add x")
    team.run("git commit")
    team.run("git commit")
    team.run("late", created_at=NOW_MS + DAY_MS)
    team.run("elsewhere", machine_id="n")
    assert team.ask(PATTERNS, "%git add%") == [("git commit", 2)]


def test_what_the_team_solved(team: Team) -> None:
    for user, machine in (("a", "m"), ("b", "m"), ("c", "n")):
        team.push("disk full", user_id=user, machine_id=machine)
    for user in ("a", "b"):
        team.push("disk slow", user_id=user)
    assert team.ask(SOLUTIONS, "%disk%", "%disk%") == [("disk full", "an answer", 3, 2)]


def test_the_database_check_of_the_esc_plan(team: Team) -> None:
    """`Teste 4`: the last entries with status and request id, and how many were cancelled."""
    ids = [team.push(f"question {n}", "user", user_id="u") for n in range(9)]
    running = team.push(
        "x" * 60, "hybrid", user_id="u", status="processing", response=None, completed_at=None
    )
    cancelled = team.push("stop", "user", user_id="u", status="cancelled", response="part")
    team.push("shared", "global", status="cancelled")
    found = team.ask(LAST_TEN)
    assert len(found) == 10

    def time(number: int) -> str:
        return datetime.fromtimestamp((NOW_MS + number) // 1000).isoformat(" ")  # noqa: DTZ006

    assert found[0] == (cancelled, "stop", "cancelled", "4 chars", time(11))
    assert found[1] == (running, "x" * 50, "processing", "NULL", time(10))
    assert found[2] == (ids[8], "question 8", "completed", "9 chars", time(9))
    assert team.ask(CANCELLED) == [(1,)]
    assert team.ask(STATUS, cancelled) == [("cancelled",)]
    assert team.ask(EXISTS, running) == [(1,)]
    assert team.ask(EXISTS, "no such request") == [(0,)]
    assert team.ask(
        "SELECT completed_at, updated_at FROM history_user WHERE request_id = ?", running
    ) == [(None, NOW_MS + 10)]


def test_the_users_of_the_plan(team: Team) -> None:
    users = [
        UserRow(f"id of {name}", name, name.title(), f"{name}@example.com", 1, 1, 1)
        for name in ("rui", "ana", "eva")
    ]
    users[2] = msgspec.structs.replace(users[2], is_active=0)
    team.primary.run(statement_of(Push(users=users)))
    assert team.ask(USER_ID, "ana") == [("id of ana",)]
    assert team.ask(ACTIVE_USERS) == [
        ("ana", "Ana", "ana@example.com"),
        ("rui", "Rui", "rui@example.com"),
    ]
    assert [row[3] for row in team.ask(ALL_USERS)] == [1, 0, 1]


def test_the_cache_holds_the_newest_output_per_machine_folder_and_command(team: Team) -> None:
    team.run("df -h", response="old", execution_time_ms=10, cwd="/a")
    team.run("df -h", response="new", execution_time_ms=20, cwd="/a")
    team.run("df -h", response="late import", cwd="/a", created_at=1)
    team.run("df -h", response="b", cwd="/b", mode="hybrid")
    team.run("df -h", response="n", cwd="/a", machine_id="n")
    team.run("df -h", response="no folder", cwd=None)
    last = NOW_MS
    assert team.ask(CACHE) == [
        ("m  df -h", "df -h", "no folder", None, last + 6, 1, None),
        ("m /a df -h", "df -h", "new", "/a", last + 2, 3, 15),
        ("m /b df -h", "df -h", "b", "/b", last + 4, 1, None),
        ("n /a df -h", "df -h", "n", "/a", last + 5, 1, None),
    ]


def test_the_cache_holds_only_shared_commands_that_worked(team: Team) -> None:
    team.run("failed", code="1")
    team.run("of a user", mode="user", user_id="u")
    team.run("of a machine", mode="machine")
    team.run("cancelled", status="cancelled")
    team.run("unknown code", code="")
    team.push("a question")
    team.push("a question with a code", error_code="0")
    assert team.ask(CACHE) == []
