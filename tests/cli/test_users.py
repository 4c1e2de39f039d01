"""The verbs of `user`."""

import pytest

from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli

CREATE = ["user", "create", "--username", "bia", "--name", "Bia", "--email", "bia@x.com"]


@pytest.mark.parametrize("missing", ["--username", "--name", "--email"])
def test_d1_name_username_and_email_are_required(env: Env, missing: str) -> None:
    at = CREATE.index(missing)
    done = run_cli([*CREATE[:at], *CREATE[at + 2 :]], env)
    assert done.code == 2
    assert done.err.startswith(f"ipcom-chat: {missing} is missing.")
    assert run_cli(["user", "list", "--json"], env).json() == []


@pytest.mark.parametrize(
    ("option", "value"), [("--email", "nobody"), ("--username", "a b"), ("--name", " ")]
)
def test_d1_wrong_values_are_refused(env: Env, option: str, value: str) -> None:
    argv = list(CREATE)
    argv[argv.index(option) + 1] = value
    done = run_cli(argv, env)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_an_unknown_user_of_the_settings_is_told_with_where_the_name_comes_from(env: Env) -> None:
    assert run_cli(["config", "set", "user", "bob"], env).code == 0
    done = run_cli(["history", "list"], env)
    file = run_cli(["config", "path"], env).out.strip()
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert f"(The name comes from {file};" in done.err
    assert "comes from" not in run_cli(["--user", "eve", "history", "list"], env).err


def test_a_verb_that_is_none_is_told_with_those_there_are(env: Env) -> None:
    done = run_cli(["user", "deactivate", "bia"], env)
    assert (done.code, done.err.count("\n")) == (2, 1)
    verbs = done.err.rpartition("Its verbs: ")[2]
    assert {"create", "delete", "reactivate"} <= set(verbs.rstrip(".\n").split(", "))


def test_a_user_is_created_listed_and_shown(env: Env) -> None:
    created = run_cli([*CREATE, "--json"], env).json()
    assert created["username"] == "bia"
    assert created["is_active"] is True
    assert run_cli(["user", "list", "--json"], env).json() == [created]
    assert run_cli(["user", "show", "bia", "--json"], env).json() == created
    assert run_cli(["user", "show", "--user", "BIA", "--json"], env).json() == created
    shown = run_cli(["user", "show", "bia"], env)
    assert "E-mail\tbia@x.com\n" in shown.out


def test_d14_usernames_ignore_case_and_come_back_by_reactivation(ana: Env) -> None:
    argv = ["user", "create", "--username", "ANA", "--name", "Other", "--email", "o@x.com"]
    assert "taken" in run_cli(argv, ana).err
    assert run_cli(["user", "delete", "ana"], ana).code == 0
    assert "reactivate" in run_cli(argv, ana).err
    assert run_cli(["user", "list", "--json"], ana).json() == []
    listed = run_cli(["user", "list", "--all", "--json"], ana).json()
    assert [user["is_active"] for user in listed] == [False]
    assert run_cli(["user", "reactivate", "Ana"], ana).code == 0
    assert len(run_cli(["user", "list", "--json"], ana).json()) == 1


def test_d46_an_inactive_user_cannot_write(ana: Env) -> None:
    run_cli(["user", "delete", "ana"], ana)
    done = run_cli(["--user", "ana", "ask", "is it up?"], ana)
    assert done.code == 1
    assert "not active" in done.err


def test_d47_a_duplicate_is_one_clear_error(ana: Env) -> None:
    argv = ["user", "create", "--username", "zoe", "--name", "Zoe", "--email", "ANA@x.com"]
    done = run_cli(argv, ana)
    assert done.code == 1
    assert "belongs to another active user" in done.err


@pytest.mark.parametrize("verb", ["show", "update", "delete", "reactivate", "stats"])
def test_d48_an_unknown_user_is_an_error(env: Env, verb: str) -> None:
    more = ["--name", "X"] if verb == "update" else []
    done = run_cli(["user", verb, "nobody", *more], env)
    assert done.code == 1
    assert done.out == ""
    assert "There is no user 'nobody'" in done.err


def test_d49_with_json_only_the_object_is_on_stdout(env: Env) -> None:
    done = run_cli([*CREATE, "--json"], env)
    assert done.json()["name"] == "Bia"
    assert done.err == ""


def test_d50_stats_count_each_status_apart(ana: Env) -> None:
    user_id = run_cli(["user", "show", "ana", "--json"], ana).json()["id"]
    add_entries(
        ana,
        {"user_id": user_id},
        {"user_id": user_id, "status": "completed"},
        {"user_id": user_id, "status": "cancelled"},
        {"user_id": user_id, "status": "error"},
        {"user_id": user_id, "kind": "command", "error_code": "0"},
        {},
    )
    counts = run_cli(["user", "stats", "ana", "--json"], ana).json()
    wanted = {"completed": 2, "cancelled": 1, "errors": 1, "commands": 1, "entries": 5, "open": 0}
    assert {name: counts[name] for name in wanted} == wanted
    assert counts["username"] == "ana"
    assert [(day["questions"], day["commands"]) for day in counts["days"]] == [(4, 1)]
    assert "Questions answered\t2\n" in run_cli(["user", "stats", "ana"], ana).out


def test_d57_update_changes_only_what_is_given(ana: Env) -> None:
    assert run_cli(["user", "update", "ana", "--name", "Ana Souza"], ana).code == 0
    shown = run_cli(["user", "show", "ana", "--json"], ana).json()
    assert (shown["name"], shown["email"]) == ("Ana Souza", "ana@x.com")
    assert run_cli(["user", "update", "ana"], ana).code == 2
    assert run_cli(["user", "update", "--name", "X"], ana).code == 2


def test_no_users_is_nothing_found(env: Env) -> None:
    done = run_cli(["user", "list"], env)
    assert (done.code, done.out) == (1, "")
    assert "no users yet" in done.err
