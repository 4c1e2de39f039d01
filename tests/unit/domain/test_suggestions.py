"""Counting what a team does."""

import pytest

from ipcom_chat.domain.suggestions import (
    PAIRS_MIN,
    Habit,
    Run,
    command_key,
    habits,
    practice,
    program,
    question_key,
)


def run(command: str, at_ms: int = 0, exit_code: str | None = "0", who: str = "ana") -> Run:
    return Run(
        id=f"{at_ms}", command=command, who=who, machine_id=f"m-{who}", at_ms=at_ms,
        exit_code=exit_code,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "name"), [("df -h", "df"), (" sudo  df", "df"), ("sudo", ""), ("", "")]
)
def test_a_command_is_known_by_its_program(command: str, name: str) -> None:
    assert program(command) == name


def test_commands_are_the_same_however_they_are_spaced_but_not_by_case() -> None:
    assert command_key("  ls \t -A\n") == command_key("ls -A") != command_key("ls -a")


@pytest.mark.parametrize(
    "text", ["como está  o disco", "Como ESTA o disco?", "como está o disco …"]
)
def test_questions_are_the_same_whatever_their_case_accents_and_mark(text: str) -> None:
    assert question_key(text) == "como esta o disco"


def test_a_practice_is_told_by_its_newest_success() -> None:
    runs = [run("x", 3, "1"), run("x", 2, who="rui"), run("x", 1), run("x", 4, None)]
    found = practice(runs)
    assert found is not None
    assert (found.last, found.times, found.exit_codes) == (runs[1], 4, {"0": 2, "1": 1})
    assert (found.people, found.machines) == (2, 2)


def test_what_never_is_known_to_have_worked_is_no_practice() -> None:
    assert practice([run("x", 1, "1"), run("x", 2, None)]) is None
    assert practice([]) is None


def test_a_habit_is_what_came_next_more_than_once_most_often_first() -> None:
    followers = [
        run("b", who="rui"),
        run("b"),
        run("c"),
        run("c"),
        run("c"),
        run("once"),
        run("a "),
    ]
    assert habits("a", followers, limit=9) == [
        Habit(command="c", times=3, of=6, people=1, machines=1),
        Habit(command="b", times=2, of=6, people=2, machines=2),
    ]
    assert [each.command for each in habits("a", followers, limit=1)] == ["c"]
    assert habits("a", followers[: PAIRS_MIN - 1], limit=9) == []
