"""The verbs of `history`, and `cancel`."""

import csv
import io
from pathlib import Path

import msgspec
import pytest

from ipcom_chat.cli import history as history_module
from ipcom_chat.domain.entry import Entry, Kind, Mode
from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli, run_on_terminal, run_program

EVIL = "\x1b]0;title\x07\x1b[2Jls \u202eevil\x9b31m"


def test_d57_list_shows_questions_newest_first(env: Env) -> None:
    add_entries(
        env,
        {"command": "first", "created_at": 1_700_000_000_000},
        {"command": "second", "created_at": 1_700_000_001_000},
        {"command": "df -h", "kind": "command", "error_code": "0"},
    )
    done = run_cli(["history", "list"], env)
    assert [line.split("\t")[-1] for line in done.out.splitlines()] == [
        "Question", "second", "first",
    ]  # fmt: skip
    commands = run_cli(["history", "list", "--kind", "command"], env)
    assert "exit code 0" in commands.out
    assert len(run_cli(["history", "list", "--kind", "all", "--json"], env).json()) == 3
    assert len(run_cli(["history", "list", "--limit", "1", "--json"], env).json()) == 1


def test_json_has_every_column_and_the_names(env: Env) -> None:
    (entry,) = add_entries(env, {"tags": ("disk",), "context": {"a": 1}})
    (found,) = run_cli(["history", "list", "--json"], env).json()
    assert set(found) == {*Entry.__struct_fields__, "short_id", "username", "hostname"}
    assert found["id"] == entry.id
    assert found["tags"] == ["disk"]


def test_data_is_neutralised_for_people_and_escaped_in_json(env: Env) -> None:
    add_entries(env, {"command": EVIL, "response": EVIL})
    listed = run_cli(["history", "list"], env).out
    shown = run_cli(["history", "show", _only_id(env)], env).out
    raw = run_cli(["history", "list", "--json"], env).out
    for text in (listed, shown, raw):
        assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert msgspec.json.decode(raw)[0]["command"] == EVIL


def test_filters_select(ana: Env) -> None:
    user_id = run_cli(["user", "show", "ana", "--json"], ana).json()["id"]
    add_entries(
        ana,
        {"command": "hers", "user_id": user_id, "mode": "user"},
        {"command": "old", "created_at": 1_000_000_000_000},
        {"command": "failed", "status": "error", "session_id": "s1"},
    )

    def listed(*options: str) -> list[str]:
        found = run_cli(["history", "list", "--json", *options], ana).json()
        return sorted(entry["command"] for entry in found)

    assert listed() == ["failed", "old"]
    assert listed("--user", "ana") == ["hers"]
    assert listed("--user", "ana", "--global") == []
    assert listed("--days", "2") == ["failed"]
    assert listed("--since", "2010-01-01") == ["failed"]
    assert listed("--since", "2001-01-01T00:00:00+00:00") == ["failed", "old"]
    assert listed("--status", "error") == ["failed"]
    assert listed("--session", "s1") == ["failed"]


def test_user_before_the_verb_reads_that_users_history(ana: Env) -> None:
    user_id = run_cli(["user", "show", "ana", "--json"], ana).json()["id"]
    add_entries(ana, {"command": "hers", "user_id": user_id, "mode": "user"}, {"command": "all"})
    found = run_cli(["--user", "ana", "history", "list", "--json"], ana).json()
    assert [entry["command"] for entry in found] == ["hers"]


def test_d4_hybrid_includes_what_the_user_wrote(ana: Env) -> None:
    user_id = run_cli(["user", "show", "ana", "--json"], ana).json()["id"]
    add_entries(ana, {"command": "hers", "user_id": user_id, "mode": "user"}, {"command": "all"})
    found = run_cli(["--hybrid", "--user", "ana", "history", "list", "--json"], ana).json()
    assert {entry["command"] for entry in found} == {"hers", "all"}


@pytest.mark.parametrize(
    "option",
    [
        ("--limit", "nan"), ("--limit", "-1"), ("--limit", "0"), ("--limit", "9" * 30),
        ("--limit", "1.5"), ("--limit", "١"), ("--days", "NaN"), ("--days", "-3"),
        ("--since", "yesterday"), ("--since", "99999-01-01"), ("--status", "done"),
        ("--kind", "answers"), ("--limit",), ("--lmit", "3"),
    ],
)  # fmt: skip
def test_d55_wrong_values_are_typed_errors(env: Env, option: tuple[str, ...]) -> None:
    done = run_cli(["history", "list", *option], env)
    assert done.code == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert done.err.startswith("ipcom-chat: ")


def test_nothing_found_is_said_and_exits_1(env: Env) -> None:
    done = run_cli(["history", "list"], env)
    assert (done.code, done.out) == (1, "")
    assert "Nothing was found" in done.err
    as_json = run_cli(["history", "list", "--json"], env)
    assert (as_json.code, as_json.out, as_json.err) == (1, "[]\n", "")
    assert run_cli(["history", "stats"], env).code == 1


def test_show_has_question_answer_commands_and_events(env: Env) -> None:
    (question,) = add_entries(env, {"model": "m1", "tokens_used": 5})
    add_entries(
        env,
        {"kind": "command", "command": "df -h", "parent_id": question.id, "error_code": "1"},
    )
    done = run_cli(["history", "show", question.id[-12:-6], "--events"], env)
    assert done.code == 0
    assert f"Id\t{question.id}\n" in done.out
    for text in ("how full is the disk?", "42 %", "$ df -h", "exit code 1", "- -> completed"):
        assert text in done.out
    found = run_cli(["history", "show", question.id, "--json"], env).json()
    assert [command["command"] for command in found["commands"]] == ["df -h"]
    assert [event["to_status"] for event in found["events"]] == ["completed"]


@pytest.mark.parametrize("wanted", ["zzz", "ffffff", "x" * 36])
def test_an_unknown_entry_is_not_found(env: Env, wanted: str) -> None:
    done = run_cli(["history", "show", wanted], env)
    assert done.code == 1
    assert "No entry has the id" in done.err


def test_d54_stats_count_and_respect_days(env: Env) -> None:
    add_entries(
        env,
        {},
        {"created_at": 1_000_000_000_000},
        {"kind": "command", "error_code": "0"},
        {"status": "cancelled"},
    )
    counts = run_cli(["history", "stats", "--json"], env).json()
    assert (counts["entries"], counts["completed"], counts["cancelled"]) == (4, 2, 1)
    assert len(counts["days"]) == 2
    recent = run_cli(["history", "stats", "--days", "7", "--json"], env).json()
    assert recent["completed"] == 1
    assert "Commands that worked\t1\n" in run_cli(["history", "stats"], env).out


def test_what_is_counted_first_is_said(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "_TOLD_FROM", 2)
    add_entries(env, *({"command": f"question {n}"} for n in range(3)))
    mine = run_cli(["history", "stats", "--days", "7"], env)
    assert mine.err == ""  # a part of the history is counted as it is read
    first, second = (run_cli(["history", "stats", "--json"], env) for _look in range(2))
    assert first.err == "Counting 3 changed entries…\n"
    assert second.err == ""
    assert first.json()["entries"] == second.json()["entries"] == 3


def test_d54_csv_is_quoted_and_formulas_are_defused(env: Env) -> None:
    add_entries(env, {"command": '=1+1 "x", y\nz', "response": EVIL})
    done = run_cli(["history", "export", "--format", "csv"], env)
    (row,) = csv.DictReader(io.StringIO(done.out, newline=""))
    assert row["command"] == '\'=1+1 "x", y\nz'
    assert row["response"] == "ls evil"
    assert row["status"] == "completed"


def test_d54_export_holds_all_that_an_import_needs(ana: Env, tmp_path: Path) -> None:
    user_id = run_cli(["user", "show", "ana", "--json"], ana).json()["id"]
    run_cli(["machine", "register"], ana)
    add_entries(ana, {"user_id": user_id, "command": EVIL}, {"kind": "command"})
    path = tmp_path / "out.jsonl"
    argv = ["history", "export", "--format", "jsonl", "--output", str(path)]
    done = run_cli(argv, ana)
    assert (done.code, done.out) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o600
    lines = [msgspec.json.decode(line) for line in path.read_text().splitlines()]
    first = next(line for line in lines if line["kind"] == "question")
    assert set(first) >= set(Entry.__struct_fields__)
    assert (first["username"], first["user_email"]) == ("ana", "ana@x.com")
    assert first["user_name"] == "Ana Lima"
    assert first["hostname"]
    assert first["command"] == EVIL
    assert first["events"][0]["to_status"] == "completed"
    refused = run_cli(argv, ana)
    assert refused.code == 1
    assert "--force" in refused.err
    assert run_cli([*argv, "--force"], ana).code == 0
    assert [each.name for each in tmp_path.iterdir() if "out" in each.name] == ["out.jsonl"]


def test_export_to_a_folder_that_is_not_there_is_one_sentence(env: Env, tmp_path: Path) -> None:
    add_entries(env, {})
    done = run_cli(["history", "export", "--output", str(tmp_path / "no" / "x.json")], env)
    assert done.code == 1
    assert done.err.startswith("ipcom-chat: Cannot write")


def test_an_empty_export_is_an_empty_array(env: Env) -> None:
    done = run_cli(["history", "export"], env)
    assert (done.code, done.out) == (1, "[]\n")


def test_d52_a_final_request_cannot_be_cancelled(env: Env) -> None:
    add_entries(env, {})
    done = run_cli(["cancel", _only_id(env)], env)
    assert done.code == 1
    assert "has ended already: completed" in done.err


def test_cancel_asks_the_owner_once(env: Env) -> None:
    add_entries(env, {"status": "processing", "completed_at": None, "response": None})
    entry_id = _only_id(env)
    first = run_cli(["cancel", entry_id, "--json"], env)
    assert first.code == 0
    assert first.json()["cancel_requested_at"] is not None
    assert "was asked to stop before" in run_cli(["cancel", entry_id], env).err


def test_a_table_fits_the_terminal(env: Env) -> None:
    add_entries(env, {"command": "word " * 60})
    done = run_on_terminal(["history", "list"], env | {"COLUMNS": "80"})
    assert done.code == 0
    assert "…" in done.out
    assert "\x1b[1m" in done.out
    assert all(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) <= 80
               for line in done.out.splitlines())  # fmt: skip


@pytest.mark.parametrize("change", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}])
def test_no_color_and_dumb_terminals_get_plain_text(env: Env, change: Env) -> None:
    add_entries(env, {})
    assert "\x1b" not in run_on_terminal(["history", "list"], env | change).out


def test_a_pipe_gets_full_cells_between_tabs(env: Env) -> None:
    add_entries(env, {"command": "word " * 60})
    done = run_program(["history", "list"], env | {"COLUMNS": "40"})
    assert done.out.splitlines()[1].split("\t")[5] == ("word " * 60).strip()


def _only_id(env: Env) -> str:
    (entry,) = run_cli(["history", "list", "--json"], env).json()
    return str(entry["id"])


def test_export_everything_leaves_no_mode_out(env: Env) -> None:
    modes = ("global", "machine", "hybrid")
    add_entries(env, *({"mode": Mode(mode), "command": mode} for mode in modes))
    add_entries(env, {"mode": Mode.USER, "user_id": "someone", "command": "user"})
    here = run_cli(["history", "export"], env).json()
    assert {found["command"] for found in here} == {"global", "hybrid"}
    all_of_it = run_cli(["history", "export", "--everything"], env).json()
    assert {found["command"] for found in all_of_it} == {*modes, "user"}


def test_f1_a_line_break_in_a_command_forges_no_line(env: Env) -> None:
    (asked,) = add_entries(env, {})
    forged = {"kind": Kind.COMMAND, "parent_id": asked.id, "command": "ls\nOutcome  all is well"}
    add_entries(env, forged)
    shown = run_cli(["history", "show", asked.id], env).out
    assert "  $ ls Outcome all is well\n" in shown
