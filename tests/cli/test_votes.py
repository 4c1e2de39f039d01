"""`history vote`, and where its votes are shown."""

import pytest

from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli


def test_a_vote_is_taken_shown_and_taken_back(ana: Env) -> None:
    (entry,) = add_entries(ana, {})
    short = entry.id[-12:-6]
    done = run_cli(["history", "vote", short, "good"], ana)
    assert (done.code, done.out, done.err) == (0, "", f"{short}: 1 good, 0 bad.\n")
    run_cli(["--user", "ana", "history", "vote", short, "bad"], ana)
    shown = run_cli(["history", "show", short], ana).out
    assert "Votes\t1 good, 1 bad\n" in shown
    assert run_cli(["history", "show", short, "--json"], ana).json()["votes"] == {
        "good": 1, "bad": 1,
    }  # fmt: skip
    taken = run_cli(["history", "vote", short, "none", "--json"], ana)
    assert taken.json() == {"id": entry.id, "vote": "none", "votes": {"good": 0, "bad": 1}}
    run_cli(["--user", "ana", "history", "vote", short, "none"], ana)
    assert "Votes" not in run_cli(["history", "show", short], ana).out
    assert run_cli(["history", "vote", short, "none"], ana).err == f"{short}: no votes.\n"


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["ffffff", "good"], 1, "No entry has the id"),
        (["{id}", "great"], 2, "'great' is none of good, bad, none"),
        (["{id}"], 2, "VOTE is missing"),
        (["{id}", "good"], 2, "A private entry takes no votes"),
    ],
)
def test_what_cannot_be_voted_on_is_one_line(
    env: Env, argv: list[str], code: int, said: str
) -> None:
    (entry,) = add_entries(env, {"private": True})
    done = run_cli(["history", "vote", *(each.format(id=entry.id) for each in argv)], env)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert said in done.err


def test_a_good_vote_lifts_an_entry_in_the_search(env: Env) -> None:
    plain, voted = add_entries(env, {"command": "fix the raid"}, {"command": "fix the raid "})
    wanted = {plain.id: voted.id, voted.id: plain.id}
    first = run_cli(["history", "search", "fix raid", "--json"], env).json()[0]["id"]
    run_cli(["history", "vote", wanted[first], "good"], env)
    assert run_cli(["history", "search", "fix raid", "--json"], env).json()[0]["id"] != first
