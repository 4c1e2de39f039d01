"""`backup`: texts, exit codes, JSON, and what is asked first."""

from pathlib import Path
from typing import Any

from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli
from tests.support.env import config_file, data_dir, replica


def backups(env: Env) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_cli(["backup", "list", "--json"], env).json()
    return found


def test_a_backup_is_made_listed_checked_and_restored(env: Env) -> None:
    add_entries(env, {"command": "first"})
    made = run_cli(["backup", "create"], env)
    assert made.code == 0
    path = Path(made.out.strip())
    assert path.parent == data_dir(env) / "backups"
    assert made.err.startswith("One entry, 0.0 MB")
    (row,) = backups(env)
    assert (row["path"], row["kind"], row["entries"]) == (str(path), "replica", 1)
    assert str(path) in run_cli(["backup", "list"], env).out
    checked = run_cli(["backup", "verify"], env)
    assert (checked.code, checked.out) == (0, f"{path}: one entry, whole and sound\n")
    add_entries(env, {"command": "later"})
    done = run_cli(["backup", "restore", path.name, "--yes"], env)
    assert done.code == 0
    assert done.out.startswith("The history is that of ")
    assert "history.replaced-" in done.err
    assert "in that file alone" in done.err
    listed = run_cli(["history", "list", "--json"], env).json()
    assert [entry["command"] for entry in listed] == ["first"]


def test_without_a_backup_there_is_nothing_to_check(env: Env) -> None:
    assert run_cli(["backup", "list"], env).code == 1
    assert run_cli(["backup", "list", "--json"], env).out == "[]\n"
    missing = run_cli(["backup", "verify"], env)
    assert missing.code == 1
    assert "There is no backup in" in missing.err
    assert not replica(env).exists()


def test_older_ones_go_as_the_settings_or_the_option_say(env: Env, tmp_path: Path) -> None:
    add_entries(env, {})
    run_cli(["config", "set", "backup.keep", "2"], env)
    assert config_file(env).exists()
    made = [run_cli(["backup", "create", "--json"], env).json() for _number in range(4)]
    assert [len(each["removed"]) for each in made] == [0, 0, 1, 1]
    assert len(backups(env)) == 2
    run_cli(["backup", "create", "--keep", "0"], env)
    assert len(backups(env)) == 3
    elsewhere = str(tmp_path / "elsewhere")
    run_cli(["backup", "create", "--output", elsewhere], env)
    assert len(backups(env)) == 3
    there = run_cli(["backup", "list", "--folder", elsewhere, "--json"], env).json()
    assert len(there) == 1
    as_set = env | {"IPCOM_CHAT_BACKUP_FOLDER": elsewhere}
    assert backups(as_set) == there


def test_a_restore_is_asked_about(env: Env) -> None:
    add_entries(env, {"command": "first"})
    path = run_cli(["backup", "create"], env).out.strip()
    add_entries(env, {"command": "later"})
    refused = run_cli(["backup", "restore", path], env, stdin="")
    assert refused.code == 2
    assert "say --yes" in refused.err
    assert len(run_cli(["history", "list", "--json"], env).json()) == 2


def test_damage_is_told_and_changes_nothing(env: Env) -> None:
    add_entries(env, {"command": "first"})
    path = Path(run_cli(["backup", "create"], env).out.strip())
    path.write_bytes(path.read_bytes()[:-9])
    for argv in (["verify"], ["verify", str(path)], ["restore", str(path), "--yes"]):
        done = run_cli(["backup", *argv], env)
        assert (done.code, done.out) == (1, "")
        assert done.err.count("\n") == 1
        assert "is damaged" in done.err
    assert list(data_dir(env).glob("*replaced*")) == []


def test_what_is_deleted_names_the_backups_that_still_hold_it(env: Env) -> None:
    (entry,) = add_entries(env, {"command": "first"})
    path = run_cli(["backup", "create"], env).out.strip()
    done = run_cli(["history", "delete", entry.id, "--yes"], env)
    assert f"  {path}\n" in done.err
    # And a restore does not bring it back.
    run_cli(["backup", "restore", path, "--yes"], env)
    assert run_cli(["history", "show", entry.id], env).code == 1


def test_a_lost_history_is_told_to_bring_back_what_was_deleted(env: Env) -> None:
    add_entries(env, {"command": "first"})
    path = run_cli(["backup", "create"], env).out.strip()
    replica(env).unlink()
    done = run_cli(["backup", "restore", path, "--yes"], env)
    assert done.code == 0
    assert "are back. Delete them again" in done.err
