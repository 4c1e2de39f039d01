"""`maintenance run`: one line a step, and an exit code for timers."""

from typing import Any

import apsw

from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli
from tests.support.env import replica

STEPS = ["purge", "evict", "index", "integrity", "compact", "backups"]


def steps(env: Env, *more: str) -> dict[str, dict[str, Any]]:
    found: list[dict[str, Any]] = run_cli(["maintenance", "run", "--json", *more], env).json()
    assert [step["name"] for step in found] == STEPS
    return {step["name"]: step for step in found}


def test_by_default_nothing_is_deleted(env: Env) -> None:
    add_entries(env, {"created_at": 1})
    done = run_cli(["maintenance", "run"], env)
    assert done.code == 0
    assert [line.split()[1] for line in done.out.splitlines()] == STEPS
    found = steps(env)
    assert {name for name, step in found.items() if step["outcome"] == "skipped"} == {
        "purge", "evict", "compact",
    }  # fmt: skip
    assert len(run_cli(["history", "list", "--json"], env).json()) == 1


def test_what_is_old_is_deleted_and_found_by_no_search(env: Env) -> None:
    old = add_entries(env, *({"created_at": n + 1, "command": "jabuticaba"} for n in range(3)))
    (other,) = add_entries(env, {"created_at": 1, "mode": "machine"})
    add_entries(env, {"command": "new"})
    assert run_cli(["history", "search", "jabuticaba"], env).code == 0
    on = env | {"IPCOM_CHAT_PURGE_DAYS": "30", "IPCOM_CHAT_RETENTION_MODES": "global, hybrid"}
    would = steps(on, "--dry-run")["purge"]
    assert (would["outcome"], would["count"]) == ("done", 3)
    assert steps(on)["purge"]["count"] == 3
    assert steps(on)["purge"]["count"] == 0
    assert run_cli(["history", "search", "jabuticaba"], env).code == 1
    for entry in old:
        assert run_cli(["history", "show", entry.id], env).code == 1
    assert run_cli(["history", "show", other.id], env).code == 0


def test_modes_that_are_none_are_refused(env: Env) -> None:
    done = run_cli(["maintenance", "run"], env | {"IPCOM_CHAT_RETENTION_MODES": "global,all"})
    assert done.code == 1
    assert "retention.modes" in done.err


def test_space_is_given_back(env: Env) -> None:
    add_entries(env, *({"response": "x" * 4_000, "created_at": n + 1} for n in range(600)))
    on = env | {"IPCOM_CHAT_PURGE_DAYS": "1"}
    before = replica(env).stat().st_size
    assert steps(on, "--dry-run")["compact"]["outcome"] == "skipped"
    found = steps(on)
    assert found["compact"]["outcome"] == "done"
    assert found["compact"]["count"] == before - replica(env).stat().st_size > 1_000_000
    assert run_cli(["history", "list"], env).code == 1


def test_old_backups_go(env: Env) -> None:
    add_entries(env, {})
    for _number in range(3):
        run_cli(["backup", "create", "--keep", "0"], env)
    on = env | {"IPCOM_CHAT_BACKUP_KEEP": "1"}
    assert steps(on, "--dry-run")["backups"]["count"] == 2
    assert steps(on)["backups"]["count"] == 2
    assert steps(on)["backups"]["count"] == 0


def test_a_step_that_fails_keeps_no_other_back_and_is_told(env: Env) -> None:
    add_entries(env, {})
    connection = apsw.Connection(str(replica(env)))
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("UPDATE entries SET truncated = 7")
    connection.close()
    done = run_cli(["maintenance", "run"], env)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[3].startswith("FAILED   integrity")
    assert len(lines) == len(STEPS)
