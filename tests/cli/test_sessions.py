"""`sessions`, and going on with one by `--continue` and `--resume`."""

import stat
from pathlib import Path
from typing import Any

from ipcom_chat.ids import SessionId
from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load
from tests.cli.conftest import Env
from tests.support.cli import Finished, run_cli, run_on_terminal, run_program
from tests.support.env import replica
from tests.support.replica import parts


def ask(env: Env, text: str, *options: str) -> None:
    """Ask once in a process of its own."""
    done = run_program([*options, "ask", text], env)
    assert done.code == 0, done.err


def listed(env: Env, *options: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run_cli(["sessions", "list", "--json", *options], env).json()
    return rows


def asked(env: Env, session_id: str) -> list[str]:
    """Return the questions of a session."""
    found = run_cli(["sessions", "show", session_id, "--json"], env).json()
    return [turn["command"] for turn in found["turns"]]


def run(env: Env, *argv: str) -> Finished:
    done = run_cli(["sessions", *argv], env)
    assert done.code == 0, done.err
    return done


def test_a_question_goes_on_where_the_last_one_ended(env: Env) -> None:
    ask(env, "how full is the disk?")
    ask(env, "and the memory?", "--continue")
    (session,) = listed(env)
    assert asked(env, session["short_id"]) == ["how full is the disk?", "and the memory?"]
    assert session["questions"] == 2
    assert session["state"] == "ended"
    ask(env, "something else")
    ask(env, "and back", "--resume", session["short_id"])
    newest, other = listed(env)
    assert newest["id"] == session["id"]
    assert asked(env, newest["id"])[-1] == "and back"
    assert asked(env, other["id"]) == ["something else"]


def test_the_first_time_there_is_nothing_to_go_on_with(env: Env) -> None:
    ask(env, "the first question", "--continue")
    assert len(listed(env)) == 1


def test_an_unknown_session_is_said_before_anything_is_asked(env: Env) -> None:
    done = run_cli(["--resume", "abcdef", "ask", "why?"], env)
    assert (done.code, done.out) == (1, "")
    assert "No session has the id 'abcdef'" in done.err
    assert run_cli(["history", "list"], env).code == 1


def test_the_short_id_of_a_session_selects_its_entries(env: Env) -> None:
    ask(env, "how full is the disk?")
    ask(env, "which ports are open?")
    newest, other = listed(env)
    for argv in (
        ["history", "list", "--session", other["short_id"]],
        ["history", "search", f"session:{other['short_id']}", "--kind", "question"],
        ["history", "search", "disk", "--session", other["id"], "--kind", "question"],
    ):
        found = run_cli([*argv, "--json"], env).json()
        assert [each["command"] for each in found] == ["how full is the disk?"], argv
    assert newest["short_id"] != other["short_id"]
    done = run_cli(["history", "list", "--session", "abcdef"], env)
    assert (done.code, done.out) == (1, "")
    assert "No session has the id 'abcdef'" in done.err


def test_listing_says_what_there_is(env: Env) -> None:
    assert run_cli(["sessions", "list"], env).code == 1
    assert run_cli(["sessions", "list", "--json"], env).json() == []
    ask(env, "how full is the disk?")
    ask(env, "a matter of mine", "--private", "--local")
    assert [row["shown_title"] for row in listed(env)] == ["how full is the disk?"]
    (local,) = listed(env, "--local")
    assert (local["private"], local["mode"]) == (True, "machine")
    done = run_on_terminal(["sessions", "list"], env)
    assert "how full is the disk?" in done.out
    assert "ended" in done.out
    assert len(listed(env, "--hybrid", "--limit", "1")) == 1


def test_search_finds_titles_and_questions(env: Env) -> None:
    ask(env, "how full is the disk?")
    ask(env, "which ports are open?")
    ports, disk = listed(env)
    run(env, "rename", disk["short_id"], "Espaço", "em", "SERVIDOR")
    assert "Espaço em SERVIDOR" in run(env, "search", "espaco").out
    assert [row["id"] for row in run(env, "search", "ports", "--json").json()] == [ports["id"]]
    assert run_cli(["sessions", "search", "nothing-like-it"], env).code == 1


def test_show_reads_like_a_conversation(env: Env) -> None:
    ask(env, "how full is the disk?")
    (session,) = listed(env)
    shown = run(env, "show", session["short_id"]).out
    assert "❯ how full is the disk?" in shown
    assert "exit code 0" in shown
    assert session["id"] in shown


def test_a_title_is_one_line_without_secrets(env: Env) -> None:
    ask(env, "how full is the disk?")
    (session,) = listed(env)
    done = run(env, "rename", session["id"], "token=abc123def456\x1b[2J", "x", "--json")
    assert done.json()["title"] == "token=[REDACTED:token] x"
    assert run_cli(["sessions", "rename", session["id"], " "], env).code == 2


def test_a_fork_leaves_the_original_and_goes_on(env: Env) -> None:
    ask(env, "how full is the disk?")
    (session,) = listed(env)
    fork = run(env, "fork", session["short_id"], "--json").json()
    assert fork["parent_id"] == session["id"]
    ask(env, "and the inodes?", "--resume", fork["short_id"])
    assert asked(env, session["id"]) == ["how full is the disk?"]
    assert asked(env, fork["id"]) == ["how full is the disk?", "and the inodes?"]
    assert "ipcom-chat --resume" in run(env, "fork", session["short_id"]).out


def test_export_writes_markdown_and_json(env: Env, tmp_path: Path) -> None:
    ask(env, "how full is the disk?")
    (session,) = listed(env)
    assert run(env, "export", session["id"]).out.startswith("# ipcom-chat\n")
    path = tmp_path / "session.json"
    done = run(env, "export", session["id"], "--format", "json", "--output", str(path))
    assert "Wrote one question" in done.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Finished(0, path.read_text(), "").json()["turns"][0]["commands"]
    again = ["sessions", "export", session["id"], "--output", str(path)]
    assert run_cli(again, env).code == 1
    assert run_cli([*again, "--force"], env).code == 0


def test_delete_takes_everything_that_was_said_with_it(env: Env) -> None:
    ask(env, "the QMARK question")
    ask(env, "another one")
    other, session = listed(env)
    run(env, "rename", session["id"], "TMARK title")
    done = run(env, "delete", session["short_id"], "--dry-run")
    assert "nothing was changed" in done.err
    assert len(listed(env)) == 2
    told = run(env, "delete", session["short_id"], "--json").json()
    assert (told["id"], told["entries"]) == (session["id"], 1)
    assert [row["id"] for row in listed(env)] == [other["id"]]
    held = parts(replica(env)).values()
    assert not any(mark in part for part in held for mark in (b"QMARK", b"TMARK"))
    assert run_cli(["sessions", "delete", session["id"]], env).code == 1


def test_delete_can_keep_the_entries(env: Env) -> None:
    ask(env, "a question to keep")
    (session,) = listed(env)
    run(env, "delete", session["id"], "--keep-entries", "--yes")
    assert run_cli(["sessions", "list"], env).code == 1
    (entry,) = run_cli(["history", "list", "--json"], env).json()
    assert (entry["command"], entry["session_id"]) == ("a question to keep", session["id"])


def test_an_open_session_is_not_deleted(env: Env) -> None:
    ask(env, "a question")
    (session,) = listed(env)
    runtime = Runtime(load(env))
    runtime.resume = SessionId(session["id"])
    runtime.begin_session()
    try:
        done = run_cli(["sessions", "delete", session["id"]], env)
        assert done.code == 2
        assert "is open; leave it first" in done.err
        assert listed(env)[0]["state"] == "open"
    finally:
        runtime.close()


def test_a_shell_completes_the_ids_of_sessions(env: Env) -> None:
    ask(env, "how full is the disk?")
    (session,) = listed(env)
    words = {"COMP_WORDS": "ipcom-chat sessions show ", "COMP_CWORD": "3",
             "_IPCOM_CHAT_COMPLETE": "bash_complete"}  # fmt: skip
    assert session["short_id"] in run_program([], env | words).out
