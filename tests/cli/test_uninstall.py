"""`uninstall` takes away what can be made again, says what stays, and asks twice for the rest."""

from pathlib import Path

import pytest

from ipcom_chat.storage.replica import open_replica
from tests.cli.conftest import Env
from tests.support.cli import add_entries, converse, run_cli
from tests.support.env import config_file, data_dir, replica

BASH = "bash-completion/completions/ipcom-chat"


@pytest.fixture
def used(env: Env) -> Env:
    """Give a user who has used everything."""
    add_entries(env, {})
    run_cli(["config", "set", "ui.theme", "dark"], env)
    index = data_dir(env) / "search" / "v1" / "meta.json"
    index.parent.mkdir(parents=True)
    index.write_text("{}")
    run_cli(["setup", "--non-interactive", "--completion", "bash"], env)
    units = Path(env["XDG_CONFIG_HOME"]) / "systemd" / "user"
    (units / "default.target.wants").mkdir(parents=True)
    (units / "ipcom-chat-sync.service").write_text("[Service]\n")
    (units / "default.target.wants" / "ipcom-chat-sync.service").symlink_to(
        "../ipcom-chat-sync.service"
    )
    return env


def left(env: Env) -> set[str]:
    home = Path(env["HOME"])
    return {str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir()}


def test_a_dry_run_says_all_and_changes_nothing(used: Env) -> None:
    before = left(used)
    done = run_cli(["uninstall", "--dry-run", "--purge"], used)
    assert done.code == 0
    for path in (BASH, "/search ", "ipcom-chat-sync.service", str(data_dir(used))):
        assert path in done.out, path
    assert left(used) == before


def test_what_can_be_made_again_goes_and_the_history_stays(used: Env) -> None:
    done = run_cli(["uninstall", "--yes"], used)
    assert done.code == 0, done.err
    assert str(data_dir(used)) in done.out.partition("Left where it is:")[2]
    assert not (data_dir(used) / "search").exists()
    assert not any("systemd" in path or BASH in path for path in left(used))
    assert replica(used).exists()
    assert config_file(used).exists()
    assert "how full is the disk?" in run_cli(["history", "search", "disk"], used).out
    assert run_cli(["uninstall", "--yes"], used).code == 0


def test_without_a_terminal_to_ask_on_the_way_out_is_named(used: Env) -> None:
    done = run_cli(["uninstall"], used)
    assert done.code == 1
    assert "no terminal to ask on; --yes removes it without asking" in done.err


def test_a_completion_of_somebody_else_stays(env: Env) -> None:
    other = Path(env["XDG_DATA_HOME"]) / BASH
    other.parent.mkdir(parents=True)
    other.write_text("complete -W 'mine' ipcom-chat\n")
    assert run_cli(["uninstall", "--yes"], env).code == 0
    assert other.exists()


def test_a_purge_asks_twice(used: Env) -> None:
    for answers in (("n",), ("y", "yes")):
        done = converse(["uninstall", "--purge"], used, *answers)
        assert (done.code, replica(used).exists()) == (1, True)
        assert "Nothing was removed." in done.out
    done = converse(["uninstall", "--purge"], used, "y", "remove")
    assert done.code == 0, done.out
    assert left(used) == set()


def test_a_purge_asks_even_with_yes_and_needs_a_terminal(used: Env) -> None:
    done = run_cli(["uninstall", "--purge", "--yes"], used, stdin="y\nremove\n")
    assert (done.code, replica(used).exists()) == (2, True)


def test_without_an_answer_nothing_goes(used: Env) -> None:
    before = left(used)
    assert run_cli(["uninstall"], used, stdin="").code == 1
    assert left(used) == before


def test_nothing_goes_while_the_history_is_open(used: Env) -> None:
    opened = open_replica(replica(used), now_ms=0)
    try:
        before = left(used)
        done = run_cli(["uninstall", "--yes"], used)
        assert (done.code, "is running here" in done.err) == (1, True)
        assert before <= left(used)
    finally:
        opened.close()


def test_in_a_folder_with_other_things_only_ours_go(used: Env, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "config.toml").write_text("")
    (shared / "precious.txt").write_text("not ours")
    env = used | {"IPCOM_CHAT_CONFIG_DIR": str(shared)}
    done = converse(["uninstall", "--purge"], env, "y", "remove")
    assert done.code == 0, done.out
    assert [path.name for path in shared.iterdir()] == ["precious.txt"]


def test_backups_in_a_folder_of_others_stay_and_are_told(used: Env, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "ours.backup").write_text("x")
    env = used | {"IPCOM_CHAT_BACKUP_FOLDER": str(folder)}
    done = converse(["uninstall", "--purge"], env, "y", "remove")
    assert f"Backups in {folder} stay in any case." in done.out
    assert (folder / "ours.backup").exists()


def test_in_portuguese(used: Env) -> None:
    done = converse(["uninstall", "--purge"], used | {"LANG": "pt_BR.UTF-8"}, "s", "remover")
    assert (done.code, "Não há volta" in done.out) == (0, True)
    assert left(used) == set()
