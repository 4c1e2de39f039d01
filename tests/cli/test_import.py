"""`history import`: from a file of another program to entries, through the real program."""

import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from ipcom_chat.cli.history_import import _progress
from ipcom_chat.imports.records import Form
from ipcom_chat.services.imports import Imported
from tests.cli.conftest import Env
from tests.support.cli import Finished, add_entries, run_cli, run_on_terminal, start_program
from tests.support.env import MACHINE_ID, data_dir, isolated_env, replica
from tests.support.histories import (
    ATUIN_DDL,
    DATABASE_DDL,
    OLD_MACHINE,
    PEOPLE,
    cache,
    cache_row,
    event,
    old_home,
    sqlite_file,
)

A_SESSION = {
    "parent_id": None, "title": None, "mode": "global", "private": False, "user_id": None,
    "os_user": "ana", "machine_id": MACHINE_ID, "replica_id": "r", "started_at": 1,
    "last_active_at": 1, "ended_at": None, "updated_at": 1,
}  # fmt: skip


def home(env: Env) -> Path:
    return Path(env["HOME"])


def bash(env: Env, text: str = "ls\ndf -h\nls\n", name: str = ".bash_history") -> Path:
    path = home(env) / name
    path.write_text(text, encoding="utf-8")
    return path


def imported(env: Env, *arguments: object) -> Any:
    """Run an import; return what became of its sources."""
    done = run_cli(["history", "import", *map(str, arguments), "--json"], env, stdin="")
    assert done.code == 0, done.err
    return done.json()["sources"]


def entries(env: Env, *arguments: str) -> list[dict[str, Any]]:
    done = run_cli(["history", "export", "--everything", *arguments], env, stdin="")
    found: list[dict[str, Any]] = done.json()
    return found


def count(env: Env) -> int:
    with sqlite3.connect(replica(env)) as connection:
        number: int = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    connection.close()
    return number


def test_d59_a_second_run_adds_nothing(env: Env) -> None:
    path = bash(env)
    (first,) = imported(env, path)
    assert (first["read"], first["added"], first["known"], first["estimated"]) == (3, 3, 0, 3)
    (again,) = imported(env, path)
    assert (again["read"], again["added"], again["known"]) == (3, 0, 3)
    found = entries(env)
    assert [entry["command"] for entry in found] == ["ls", "df -h", "ls"]
    assert {entry["source"] for entry in found} == {"import:bash"}
    assert {entry["status"] for entry in found} == {"completed"}
    assert {entry["kind"] for entry in found} == {"command"}
    assert {entry["mode"] for entry in found} == {"machine"}
    assert {entry["machine_id"] for entry in found} == {MACHINE_ID}
    assert all(entry["time_estimated"] for entry in found)
    assert all(entry["id"][14] == "5" for entry in found)


def test_what_was_added_since_or_dropped_in_front_changes_nothing_else(env: Env) -> None:
    imported(env, bash(env, "a\nb\na\n"))
    (report,) = imported(env, bash(env, "b\na\nc\n"))
    assert report["added"] == 1
    # A copy of the file under another name is the same history.
    (report,) = imported(env, bash(env, "b\na\nc\n", "bash_history.bak"))
    assert report["added"] == 0


def test_an_imported_secret_is_nowhere_on_disk(env: Env) -> None:
    secret = "hunter2hunter2XYZ"
    imported(env, bash(env, f"export DB_PASSWORD={secret}\n"))
    bad = home(env) / "history.json"
    bad.write_text(json.dumps(["a", {"command": None, "password": secret}]))
    imported(env, bad)
    written = b"".join(path.read_bytes() for path in data_dir(env).rglob("*") if path.is_file())
    assert secret.encode() not in written


def test_without_a_source_it_shows_what_there_is_and_how(env: Env) -> None:
    old_home(home(env))
    bash(env)
    done = run_cli(["history", "import"], env, stdin="")
    assert done.code == 0
    listed = [line.split("\t") for line in done.out.splitlines()[1:]]
    assert ["bash", "3", str(home(env) / ".bash_history")] in listed
    assert len(listed) == 9
    assert "--all --yes" in done.err
    assert "OLD_TURSO_DATABASE_URL" in done.err
    as_json = run_cli(["history", "import", "--json"], env, stdin="").json()
    assert {row["form"] for row in as_json} >= {"bash", "mcp-cache", "mcp-session"}
    with sqlite3.connect(replica(env)) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (0,)


def test_nothing_found_is_said(env: Env) -> None:
    done = run_cli(["history", "import"], env, stdin="")
    assert (done.code, done.out) == (1, "")
    assert "No other history" in done.err


def test_all_of_an_old_home_comes_in_and_stays_as_it_was(env: Env) -> None:
    folder = old_home(home(env))
    bash(env)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns)
              for path in home(env).rglob("*") if path.is_file()}  # fmt: skip
    sources = imported(env, "--all", "--yes")
    assert sum(source["added"] for source in sources) == 14
    assert all(source["rejected"] == 0 for source in sources)
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before}
    assert after == before
    assert sum(source["added"] for source in imported(env, "--all", "--yes")) == 0
    (source,) = [each for each in imported(env, folder) if each["form"] == "mcp-cache"]
    assert source["known"] == 1
    found = {entry["command"]: entry for entry in entries(env)}
    assert found["apt update"]["error_code"] == "100"
    assert found["oi?"]["response"] == "olá"
    assert found["só no cache"]["machine_id"] == MACHINE_ID
    assert found["como ver portas?"]["kind"] == "question"


def test_questions_on_a_terminal(env: Env) -> None:
    bash(env)
    done = _answered(env, "y\nglobal\n")
    assert done.code == 0
    assert "3 new" in done.out
    assert {entry["mode"] for entry in entries(env)} == {"global"}
    refused = _answered(env, "n\n")
    assert refused.code == 0
    assert "Nothing was imported" in refused.err


def _answered(env: Env, text: str) -> Finished:
    """Run the import as on a terminal that gives these answers."""
    from unittest.mock import patch  # noqa: PLC0415

    with patch("ipcom_chat.cli.output.is_asked", return_value=True):
        return run_cli(["history", "import"], env, stdin=text)


def test_progress_goes_to_a_terminal_only(env: Env) -> None:
    done = run_on_terminal(["history", "import", str(bash(env)), "--yes"], env)
    assert "3 new" in done.out
    assert "\x1b[K" not in done.err


def test_the_progress_bar_fits_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    report = Imported(form=Form.BASH, place="/home/somebody/" + "x" * 200, read=500, added=499)
    half = _progress(report, "500", 1000)
    assert len(half) <= 80
    assert f"[{'#' * 10}{'-' * 10}]  50% 500 read, 499 new" in half
    assert "[" not in _progress(report, "history_global 7", None)


@pytest.mark.parametrize("mode", ["global", "hybrid", "machine"])
def test_d66_the_target_can_be_said(env: Env, mode: str) -> None:
    imported(env, bash(env), "--mode", mode)
    assert {entry["mode"] for entry in entries(env)} == {mode}


def test_d66_the_users_own_history(ana: Env) -> None:
    path = bash(ana)
    done = run_cli(["history", "import", str(path), "--mode", "user"], ana, stdin="")
    assert (done.code, "needs a user" in done.err) == (2, True)
    imported(ana, path, "--mode", "user", "--user", "ana")
    assert {(entry["mode"], entry["username"]) for entry in entries(ana)} == {("user", "ana")}


def test_private_stays_private(env: Env) -> None:
    (entry,) = add_entries(env, {"id": "0" * 36})
    shared = home(env) / "shared.jsonl"
    shared.write_text(json.dumps(entries(env)[0] | {"id": "1" * 36}) + "\n")
    done = run_cli(["--private", "history", "import", str(bash(env)), str(shared)], env, stdin="")
    assert done.code == 0
    found = entries(env)
    assert [each["private"] for each in found if each["id"] != entry.id] == [True] * 4


def test_a_dry_run_changes_nothing(env: Env) -> None:
    add_entries(env, {})
    bad = home(env) / "history.json"
    bad.write_text('["a", 1]')
    before = {path.name: path.read_bytes() for path in data_dir(env).iterdir()}
    first, second = imported(env, bash(env), bad, "--dry-run")
    assert (first["added"], second["added"], second["rejected"]) == (3, 1, 1)
    assert {path.name: path.read_bytes() for path in data_dir(env).iterdir()} == before


def test_d61_the_replica_is_backed_up_first_and_three_backups_are_kept(env: Env) -> None:
    (kept,) = add_entries(env, {})
    for number in range(5):
        done = run_cli(["history", "import", str(bash(env, f"c{number}\n"))], env, stdin="")
        assert "The history as it was before" in done.err
    backups = sorted(data_dir(env).glob("history.before-import-*.db"))
    assert len(backups) == 3
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in backups)
    connection = apsw.Connection(str(backups[0]))
    rows = connection.execute("SELECT id, command FROM entries ORDER BY created_at").fetchall()
    assert {row[1] for row in rows} == {kept.command, "c0", "c1"}
    assert connection.pragma("integrity_check") == "ok"
    connection.close()
    # An import that has nothing new makes none.
    report = run_cli(
        ["history", "import", str(home(env) / ".bash_history"), "--json"], env, stdin=""
    )
    assert report.json()["backup"] is None


def test_d64_bad_records_are_set_aside_with_the_reason(env: Env) -> None:
    path = home(env) / "history.json"
    path.write_text(json.dumps(["good", {"command": [1]}, 7]))
    for _run in range(2):
        (report,) = imported(env, path)
        assert (report["read"], report["rejected"]) == (3, 2)
    aside = Path(report["rejected_file"])
    assert aside.parent == data_dir(env)
    assert aside.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in aside.read_text().splitlines()]
    assert [line["place"] for line in lines] == ["2", "3"]
    assert {line["reason"] for line in lines} == {"it holds no command"}
    assert {line["source"] for line in lines} == {str(path)}
    assert len(list(data_dir(env).glob("history.import-rejected-*"))) == 1


@pytest.mark.parametrize("text", ['{"x": 1}', "Dear team,\nhow are you?\n", "\x7fELF\0"])
def test_d60_unknown_shapes_are_refused_before_anything_is_imported(env: Env, text: str) -> None:
    unknown = home(env) / "unknown"
    unknown.write_text(text)
    done = run_cli(["history", "import", str(bash(env)), str(unknown)], env, stdin="")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert not replica(env).exists()


def test_killed_in_the_middle_it_goes_on_when_run_again(env: Env) -> None:
    path = bash(env, "".join(f"echo {number}\n" for number in range(24_000)))
    process = start_program(["history", "import", str(path)], env)
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        if replica(env).exists() and _entries_in(env) > 0:
            break
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode == -9, "it was too fast to be killed"
    there = count(env)
    assert 2_000 <= there < 24_000
    (report,) = imported(env, path)
    assert (report["read"], report["added"], report["known"]) == (24_000, 24_000 - there, there)
    assert count(env) == 24_000


def _entries_in(env: Env) -> int:
    try:
        return count(env)
    except sqlite3.OperationalError:
        return 0  # not made yet


def test_two_at_once_import_everything_once(env: Env) -> None:
    add_entries(env, {})
    path = bash(env, "".join(f"echo {number % 5_000}\n" for number in range(8_000)))
    running = [start_program(["history", "import", str(path), "--json"], env) for _each in range(2)]
    reports = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        reports.append(json.loads(out)["sources"][0])
    assert sum(report["added"] for report in reports) == 8_000
    assert count(env) == 8_001


# Sources that many share.


def test_an_event_in_the_cache_and_in_the_database_comes_in_once(env: Env) -> None:
    machine_file = home(env) / ".mcp-terminal/machine-id"
    machine_file.parent.mkdir()
    machine_file.write_text(OLD_MACHINE)
    other = "5d2e0000-0000-4000-8000-000000000002"
    local = cache(
        home(env) / "c", cache_row(), cache_row(id=other, command_uuid=None, command="só aqui")
    )
    path = sqlite_file(
        home(env) / "old.db",
        DATABASE_DDL["A"],
        PEOPLE
        | {
            "history_global": [
                event("history_global", session_id="s1", timestamp=1_758_362_747),
                event("history_global", id="g2", session_id="s1", timestamp=1_758_362_800),
            ],
            "history_user": [event("history_user", command="dela", session_id="s9")],
        },
    )
    first, second = imported(env, local, path)
    assert first["added"] == 2
    assert (second["read"], second["added"], second["known"]) == (3, 2, 1)
    assert (second["users"], second["machines"]) == (1, 0)
    found = {(entry["command"], entry["mode"]): entry for entry in entries(env)}
    assert {entry["machine_id"] for entry in found.values()} == {MACHINE_ID}
    assert found["dela", "user"]["username"] == "ana"
    assert found["como ver portas?", "global"]["source"] == "import:mcp-database"
    assert sum(report["added"] for report in imported(env, local, path)) == 0
    shown = run_cli(["user", "show", "ana", "--json"], env).json()
    assert (shown["name"], shown["email"]) == ("Ana Lima", "ana@x.com")


def test_two_machines_make_the_same_entries_of_what_they_share(env: Env, tmp_path: Path) -> None:
    row = {
        "id": "a" * 32, "timestamp": 1_758_362_745_000_000_000, "duration": 1, "exit": 0,
        "command": "docker ps", "cwd": "/", "session": "s", "hostname": "web99:ana",
    }  # fmt: skip
    atuin = sqlite_file(home(env) / "atuin.db", ATUIN_DDL, {"history": [row]})
    other = isolated_env(tmp_path / "other") | {"IPCOM_CHAT_MACHINE_ID": "other-machine"}
    path = bash(env)
    for each in (env, other):
        imported(each, atuin, path)
    ours, theirs = entries(env), entries(other)
    assert len({entry["id"] for entry in ours} & {entry["id"] for entry in theirs}) == 1
    (mine,) = [entry for entry in ours if entry["command"] == "docker ps"]
    (other_one,) = [entry for entry in theirs if entry["command"] == "docker ps"]
    assert mine["machine_id"] == other_one["machine_id"]
    assert mine["content_hash"] == other_one["content_hash"]
    assert (mine["hostname"], mine["os_user"], mine["error_code"]) == ("web99", "ana", "0")


def test_users_that_cannot_be_made_lose_no_entry(env: Env) -> None:
    people = {"users": [{"id": "u1", "username": "ana", "name": "Ana", "email": "at@@x"}]}
    path = sqlite_file(
        home(env) / "old.db",
        DATABASE_DDL["A"],
        people
        | {
            "history_user": [
                event("history_user"),
                event("history_user", id="b", user_id="gone", command="x"),
            ]
        },
    )  # fmt: skip
    (report,) = imported(env, path)
    assert (report["added"], report["users"], len(report["problems"])) == (2, 0, 1)
    found = {entry["command"]: entry for entry in entries(env)}
    assert found["x"]["context"] == {"old_user_id": "gone"}
    assert found["x"]["user_id"] != found["como ver portas?"]["user_id"]


# Our own exports.


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_an_export_imported_and_exported_again_is_the_same_bytes(
    ana: Env, tmp_path: Path, form: str
) -> None:
    user_id = run_cli(["user", "show", "ana", "--json"], ana).json()["id"]
    run_cli(["machine", "register"], ana)
    question, *_others = add_entries(
        ana,
        {"user_id": user_id, "tags": ("disk",), "context": {"a": [1, None, {"b": "ç\u202e"}]},
         "model": "m", "tokens_used": 5, "cost_microusd": 2**53 + 1, "cwd": "/srv", "rev": 7},
        {"status": "pending", "completed_at": None, "response": None, "private": True},
        {"status": "cancelled", "mode": "machine", "cancelled_by": "ESC", "version": 3},
        {"command": "Olá \x1b[31m \u200b", "response": "linha\n" * 3, "truncated": True},
    )  # fmt: skip
    add_entries(ana, {"kind": "command", "parent_id": question.id, "error_code": "0"})
    imported(ana, bash(ana))
    asked = run_cli(["ask", "quanto resta no disco?", "--json"], ana).json()
    run_cli(["history", "vote", asked["id"], "good"], ana)
    run_cli(["--user", "ana", "history", "vote", question.id, "bad"], ana)
    run_cli(["--user", "ana", "history", "vote", question.id, "none"], ana)
    run_cli(["cancel", _pending(ana)], ana)
    run_cli(["user", "delete", "ana"], ana)
    options = ["history", "export", "--everything", "--format", form]
    first = home(ana) / f"export.{form}"
    first.write_text(run_cli(options, ana).out, encoding="utf-8")
    empty = isolated_env(tmp_path / "empty")
    (report,) = imported(empty, first)
    rows = {row["id"]: row for row in entries(ana)}
    assert [vote["value"] for vote in rows[asked["id"]]["votes"]] == [1]
    assert rows[asked["id"]]["session"]["ended_at"]
    assert [vote["value"] for vote in rows[question.id]["votes"]] == [0]
    assert (report["added"], report["rejected"], report["users"]) == (len(rows), 0, 1)
    assert not run_cli(["user", "show", "ana", "--json"], empty).json()["is_active"]
    assert run_cli(options, empty).out == first.read_text(encoding="utf-8")
    (again,) = imported(empty, first)
    assert again["added"] == 0
    assert run_cli(options, empty).out == first.read_text(encoding="utf-8")


def _pending(env: Env) -> str:
    (found,) = run_cli(["history", "list", "--status", "pending", "--json"], env).json()
    entry_id: str = found["id"]
    return entry_id


def test_an_export_that_jq_laid_out_anew_is_read(env: Env, tmp_path: Path) -> None:
    add_entries(env, {}, {})
    path = home(env) / "export.json"
    path.write_text(json.dumps(entries(env), indent=2))
    empty = isolated_env(tmp_path / "empty")
    (report,) = imported(empty, path)
    assert report["added"] == 2


@pytest.mark.parametrize(
    "change",
    [
        {"status": "pending"}, {"mode": "user"}, {"id": "short"}, {"version": 0},
        {"created_at": 2**64}, {"command": 5}, {"kind": "poem"}, {"context": []},
        {"events": [{"at": "x"}]}, {"tokens_used": 2**70},
        {"votes": [{"voter": "ana", "value": 2, "created_at": 1, "updated_at": 1}]},
        {"votes": [{"voter": "ana", "value": 1, "created_at": 1, "updated_at": 2**64}]},
        {"session": {"mode": "global"}}, {"session": {**A_SESSION, "mode": "user"}},
    ],
)  # fmt: skip
def test_an_export_that_somebody_broke_is_set_aside(
    env: Env, tmp_path: Path, change: dict[str, Any]
) -> None:
    add_entries(env, {"session_id": "s"}, {"command": "good"})
    rows = entries(env)
    path = home(env) / "export.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [rows[0] | change, rows[1]]))
    empty = isolated_env(tmp_path / "empty")
    (report,) = imported(empty, path)
    assert (report["added"], report["rejected"]) == (1, 1)


def test_an_export_of_before_says_nothing_of_votes_and_sessions(env: Env, tmp_path: Path) -> None:
    add_entries(env, {})
    (row,) = entries(env)
    assert (row.pop("votes"), row.pop("session")) == ([], None)
    path = home(env) / "export.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (report,) = imported(isolated_env(tmp_path / "empty"), path)
    assert (report["added"], report["rejected"]) == (1, 0)


def test_a_private_import_brings_no_votes_and_a_session_that_stays(
    env: Env, tmp_path: Path
) -> None:
    asked = run_cli(["ask", "quanto resta no disco?", "--json"], env).json()
    run_cli(["history", "vote", asked["id"], "good"], env)
    path = home(env) / "export.json"
    path.write_text(json.dumps(entries(env)))
    empty = isolated_env(tmp_path / "empty")
    imported(empty, path, "--private")
    row = next(row for row in entries(empty) if row["id"] == asked["id"])
    assert (row["votes"], row["session"]["private"]) == ([], True)


def test_an_export_brings_what_happened_since(env: Env) -> None:
    (entry,) = add_entries(env, {"status": "pending", "completed_at": None, "response": None})
    (row,) = entries(env)
    done = {"status": "completed", "response": "42", "completed_at": 5, "version": 2,
            "content_hash": 5}  # fmt: skip
    path = home(env) / "later.jsonl"
    path.write_text(json.dumps(row | done) + "\n")
    (report,) = imported(env, path)
    assert (report["added"], report["known"]) == (0, 1)
    (after,) = entries(env)
    assert (after["id"], after["status"], after["response"]) == (entry.id, "completed", "42")


def test_the_owner_of_the_file_is_the_account(env: Env) -> None:
    path = bash(env)
    if os.geteuid() == 0:
        os.chown(path, 65534, -1)
    imported(env, path)
    names = {entry["os_user"] for entry in entries(env)}
    assert len(names) == 1
    assert names != {""}
