"""`suggest`."""

from pathlib import Path

import pytest

from ipcom_chat.clock import SystemClock
from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli, run_on_terminal

EVIL = "\x1b]0;title\x07\u202eevil"
HOUR_MS = 3_600_000


@pytest.fixture
def some(ana: Env) -> Env:
    user_id = run_cli(["user", "show", "ana", "--json"], ana).json()["id"]
    old = {"created_at": SystemClock().now_ms() - 50 * HOUR_MS}
    (asked,) = add_entries(
        ana,
        {"command": f"How do I restart nginx{EVIL}?", "response": "1\n2\n3\n4\n5\n6\n7",
         "user_id": user_id, **old},
    )  # fmt: skip
    ran = {"kind": "command", "error_code": "0", "response": "out", "cwd": str(Path.cwd())}
    add_entries(
        ana,
        ran | old | {"command": "systemctl restart nginx", "parent_id": asked.id},
        *(
            ran | {"command": command, "session_id": session, "machine_id": session}
            for session in ("one", "two")
            for command in ("nginx -t", "systemctl reload nginx")
        ),
        ran | {"command": "df -h", "response": f"42 %{EVIL}"},
    )
    run_cli(["history", "vote", asked.id, "good"], ana)
    return ana


def test_what_the_team_solved_is_told_with_who_when_and_how_good(some: Env) -> None:
    done = run_cli(["suggest", "how do I restart nginx?"], some)
    assert (done.code, done.err) == (0, "")
    head, title, facts, ran, *answer = done.out.splitlines()
    assert head == "Your team solved this"
    assert title == "  How do I restart nginxevil?"
    assert facts.split("  ")[3:] == ["ana", "test-machine", "2 d 2 h ago", "1 good, 0 bad"]
    assert ran == "    $ systemctl restart nginx  exit code 0, 12 ms"
    assert answer[:7] == [f"    {n}" for n in range(1, 7)] + ["    …"]


def test_commands_that_worked_and_what_comes_next_are_counted(some: Env) -> None:
    out = run_cli(["suggest", "nginx", "-t"], some).out
    similar, following = out.split("\n\n")[-2:]
    assert similar.startswith("Similar commands that worked\n  $ nginx -t\n")
    assert "  exit codes 0 ×2  2 machines\n" in f"{similar}\n"
    assert following == (
        "What usually comes next\n  $ systemctl reload nginx\n    2 of 2 times  2 machines\n"
    )


def test_a_fresh_output_is_told_before_the_command_runs_again(some: Env) -> None:
    out = run_cli(["suggest", "df -h"], some).out
    assert out.startswith("Still fresh\n  $ df -h\n")
    assert "    42 %evil\n" in out
    stale = run_cli(["suggest", "df -h"], some | {"CACHE_TTL": "0"}).out
    assert "Still fresh" not in stale
    assert "Similar commands that worked" in stale


def test_a_fresh_answer_is_not_shown_twice(env: Env) -> None:
    add_entries(env, {"command": "why nginx?!", "response": "Because.\n\nReally."})
    fresh, solved = run_cli(["suggest", "why nginx"], env).out.split("\n\n")
    assert fresh.splitlines()[3:] == ["    Because.", "    Really."]
    assert "Because" not in solved


def test_json_says_all_of_it(some: Env) -> None:
    found = run_cli(["suggest", "--json", "df -h"], some).json()
    assert set(found) == {"fresh", "solved", "commands", "next"}
    source = {
        "id",
        "short_id",
        "command",
        "username",
        "os_user",
        "hostname",
        "created_at",
        "age_ms",
    }
    assert set(found["fresh"]) == source | {"kind", "response", "error_code", "cwd"}
    (worked,) = found["commands"]
    assert worked["exit_codes"] == {"0": 1}
    (solved, *_others) = run_cli(["suggest", "--json", "restart nginx"], some).json()["solved"]
    assert set(solved) == source | {
        "response", "commands", "votes", "times", "people", "machines",
    }  # fmt: skip
    assert (solved["username"], solved["votes"]) == ("ana", {"good": 1, "bad": 0})
    (habit,) = run_cli(["suggest", "--json", "nginx -t"], some).json()["next"]
    assert habit == {
        "command": "systemctl reload nginx", "times": 2, "of": 2, "people": 1, "machines": 2,
    }  # fmt: skip


def test_headings_stand_out_on_a_terminal_and_nothing_else_acts_on_it(some: Env) -> None:
    out = run_on_terminal(["suggest", "df -h"], some).out
    assert out.startswith("\x1b[1mStill fresh\x1b[0m\n")
    assert out.count("\x1b") == 2 * out.count("\x1b[1m")


def test_nothing_to_suggest_and_nothing_typed_are_told(some: Env) -> None:
    nothing = run_cli(["suggest", "zebra"], some)
    assert (nothing.code, nothing.out) == (1, "")
    assert nothing.err == "Nothing was found in this history.\n"
    assert run_cli(["suggest", "--json", "zebra"], some).code == 1
    missing = run_cli(["suggest"], some)
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    assert "WORDS is missing" in missing.err


def test_bytes_that_are_no_utf8_are_text_like_any_other(some: Env) -> None:
    """Python passes them on as halves of surrogate pairs, which the index cannot take."""
    done = run_cli(["suggest", "how do I restart nginx\udcff?"], some)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Your team solved this\n")
