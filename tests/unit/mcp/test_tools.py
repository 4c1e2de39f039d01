"""The tools and resources over a real replica, without the protocol around them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.domain.entry import Kind, Mode
from ipcom_chat.errors import NotFoundError, StorageFullError, UsageError
from ipcom_chat.mcp import resources
from ipcom_chat.mcp.tools import TOOLS, Team, schema
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.search import SearchService
from ipcom_chat.settings import load
from tests.support.cli import add_entries
from tests.support.env import isolated_env
from tests.support.mcp_clients import unquoted

Env = dict[str, str]
NAMED = {tool.name: tool for tool in TOOLS}


@pytest.fixture
def env(tmp_path: Path) -> Env:
    return isolated_env(tmp_path)


@pytest.fixture
def runtime(env: Env) -> Iterator[Runtime]:
    runtime = Runtime(load(env))
    yield runtime
    runtime.close()


@pytest.fixture
def saves() -> list[str]:
    return []


@pytest.fixture
def team(runtime: Runtime, saves: list[str]) -> Team:
    return Team(
        memory=runtime.open_memory(with_private=False),
        solutions=runtime.open_solutions(lambda: saves.append("saved")),
        origin=runtime.origin(),
    )


def call(team: Team, tool: str, **arguments: Any) -> Any:
    return unquoted(NAMED[tool].run(team, arguments))


def test_schemas_stand_alone() -> None:
    for tool in TOOLS:
        found = schema(tool.arguments)
        assert found["type"] == "object"
        assert b"$ref" not in msgspec.json.encode(found)


def test_a_solution_nudges_synchronisation_once(team: Team, saves: list[str]) -> None:
    saved = call(team, "save_solution", question=" why? ", solution="so", tags=["a", "a"])
    assert saves == ["saved"]
    entry = call(team, "get_entry", id=saved["id"])
    assert (entry["text"], entry["response"], entry["tags"]) == ("why?", "so", ["a"])
    assert saved == {"id": saved["id"], "shared": True, "masked": False}


def test_commands_that_hold_a_fence_stay_inside_theirs(team: Team) -> None:
    saved = call(team, "save_solution", question="q", solution="a", commands=["echo '```'", "ls"])
    entry = call(team, "get_entry", id=saved["id"])
    assert entry["response"] == "a\n\n````sh\necho '```'\nls\n````"


def test_a_solution_that_says_nothing_is_refused(team: Team, saves: list[str]) -> None:
    for arguments in ({"question": " ", "solution": "a"}, {"question": "q", "solution": "\0"}):
        with pytest.raises(UsageError):
            NAMED["save_solution"].run(team, arguments)
    assert saves == []


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("search_history", {}, "query"),
        ("search_history", {"query": "x", "limit": 0}, "limit"),
        ("search_history", {"query": ["x"]}, "query"),
        ("get_entry", {"id": "x" * 65}, "id"),
        ("suggest", {"text": ""}, "text"),
        ("save_solution", {"question": "q", "solution": "a", "commands": "ls"}, "commands"),
    ],
)
def test_wrong_arguments_are_named(team: Team, tool: str, arguments: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        NAMED[tool].run(team, arguments)
    assert str(caught.value).startswith(f"{tool}: ")


def test_suggestions_are_told_with_all_they_count(env: Env, team: Team) -> None:
    ran = {"kind": Kind.COMMAND, "error_code": "0", "session_id": "s" * 36}
    add_entries(
        env,
        *[
            change
            for at in (1_000, 100_000, 200_000)
            for change in (
                ran | {"command": "systemctl restart nginx", "created_at": at},
                ran | {"command": "systemctl status nginx", "created_at": at + 10},
            )
        ],
    )
    hints = call(team, "suggest", text="systemctl restart nginx")
    (worked, *_others) = hints["worked"]
    assert (worked["command"], worked["times"]) == ("systemctl restart nginx", 3)
    assert worked["id"]
    (following,) = hints["next"]
    assert (following["command"], following["times"]) == ("systemctl status nginx", 3)


def test_what_an_answer_says_later_comes_as_its_passage(env: Env, team: Team) -> None:
    add_entries(env, {"command": "why slow?", "response": "word " * 600 + "because of swapping"})
    (hit,) = call(team, "search_history", query="swapping")
    assert hit["is_cut"]
    assert "swapping" in hit["passage"]


def test_private_commands_of_a_shared_question_stay_here(env: Env, team: Team) -> None:
    (question,) = add_entries(env, {})
    add_entries(
        env,
        *[
            {"kind": Kind.COMMAND, "parent_id": question.id, "command": name, "private": hidden}
            for name, hidden in (("df", False), ("cat ~/notes", True))
        ],
    )
    entry = call(team, "get_entry", id=question.id)
    assert [each["text"] for each in entry["commands"]] == ["df"]


def test_an_entry_of_another_scope_is_unknown(env: Env, team: Team) -> None:
    (own,) = add_entries(env, {"mode": Mode.USER, "user_id": "u" * 36})
    with pytest.raises(NotFoundError):
        call(team, "get_entry", id=own.id)
    with pytest.raises(NotFoundError):
        resources.read(team.memory, f"ipcom-chat://entry/{own.id}")


def test_an_impossible_date_is_told_as_it_is(env: Env, team: Team) -> None:
    (entry,) = add_entries(env, {"created_at": 10**17})
    assert call(team, "get_entry", id=entry.id)["at"] == str(10**17)


def test_many_new_entries_are_indexed_first(
    env: Env, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_entries(env, *[{"command": f"question {number}"} for number in range(510)])
    assert call(team, "search_history", query='"question 3"')
    assert call(team, "search_history", query="question 509", limit=1)
    add_entries(env, *[{"command": f"later {number}"} for number in range(510)])

    def full(*_args: object, **_values: object) -> None:
        raise StorageFullError("The disk is full.")

    monkeypatch.setattr(SearchService, "catch_up", full)
    assert call(team, "search_history", query="question 3")


@pytest.mark.parametrize(
    "uri",
    [
        "ipcom-chat://", "ipcom-chat://entry/", "ipcom-chat://history/recent/x", "file:///etc/passwd",
        "ipcom-chat://entry/../../etc/passwd", "ipcom-chat://sessions/\x1b[2J", "x" * 10_000,
    ],
)  # fmt: skip
def test_other_addresses_hold_nothing(team: Team, uri: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        resources.read(team.memory, uri)
    assert len(str(caught.value)) < 200


def test_a_session_and_the_newest_questions_are_read(env: Env, team: Team) -> None:
    session = "a" * 36
    add_entries(
        env,
        {"command": "first", "session_id": session, "created_at": 1},
        {"command": "second", "session_id": session, "created_at": 2},
        {"command": "elsewhere", "created_at": 3},
    )
    found = unquoted(resources.read(team.memory, f"ipcom-chat://sessions/{session}"))
    assert [each["text"] for each in found] == ["second", "first"]
    recent = unquoted(resources.read(team.memory, "ipcom-chat://history/recent"))
    assert [each["text"] for each in recent] == ["elsewhere", "second", "first"]
