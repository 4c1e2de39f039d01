"""`redact`, `history delete|purge|redact|scan-secrets`, and questions that stay private."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest

from ipcom_chat.cli.redact import blocks
from ipcom_chat.domain.redaction import redact
from tests.cli.conftest import Env
from tests.support.cli import PROGRAM, TIMEOUT_S, add_entries, run_cli, run_on_terminal
from tests.support.env import data_dir, replica
from tests.support.replica import parts
from tests.support.secrets import expanded

SECRET = "Jabuticaba#77"


def _rows(env: Env) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run_cli(["history", "list", "--kind", "all", "--json"], env).json()
    return rows


def _is_on_disk(env: Env, text: str) -> bool:
    return any(text.encode() in part for part in parts(replica(env)).values())


def _forget_level(env: Env, command: str) -> None:
    """Store a question as a version without any rules would have."""
    connection = apsw.Connection(str(replica(env)))
    connection.execute("UPDATE entries SET command = ?, redaction_command = 0", (command,))
    connection.close()


# ---- the filter


def test_the_filter_masks_and_ends_well(env: Env) -> None:
    done = run_cli(["redact"], env, f"export DB_PASSWORD={SECRET}\nls -l\n")
    assert (done.code, done.out) == (0, "export DB_PASSWORD=[REDACTED:password]\nls -l\n")
    assert run_cli(["redact"], env, "").out == ""


def test_the_filter_lists_what_it_masked(env: Env) -> None:
    done = run_cli(["redact", "--json"], env, f"senha: {SECRET}")
    assert done.json() == {"text": "senha: [REDACTED:password]", "kinds": ["password"]}


def test_bytes_that_are_no_text_pass_the_filter() -> None:
    data = b"\xff\xfe ok password=Jabuticaba#77\n\x80"
    done = subprocess.run(
        [*PROGRAM, "redact"], input=data, capture_output=True, timeout=TIMEOUT_S, check=True
    )
    assert done.stdout == b"\xff\xfe ok password=[REDACTED:password]\n\x80"


def test_the_filter_gives_a_line_as_soon_as_it_is_there() -> None:
    process = subprocess.Popen(
        [*PROGRAM, "redact"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"token=abc123def456\n")
    assert process.stdout.readline() == b"token=[REDACTED:token]\n"
    process.stdin.close()
    assert process.wait(TIMEOUT_S) == 0
    process.stdout.close()


@pytest.mark.parametrize("size", [1, 7, 40, 10_000])
def test_a_key_is_masked_however_it_is_cut_into_pieces(size: int) -> None:
    sample = expanded(
        "one\n-----BEGIN RSA PRIVATE KEY-----\n{b:64}\n{b:64}\n{b:20}==\n"
        "-----END RSA PRIVATE KEY-----\ntwo\n"
    )
    pieces = [sample.text[at : at + size] for at in range(0, len(sample.text), size)]
    assert "".join(blocks(pieces)) == sample.text
    masked = "".join(redact(block).text for block in blocks(pieces))
    assert masked == redact(sample.text).text
    assert not [secret for secret in sample.secrets if secret in masked]


def test_a_line_without_end_is_held_only_so_long() -> None:
    found = list(blocks(["a " * 400_000, "b " * 400_000]))
    assert len(found) == 2
    assert "".join(found) == "a " * 400_000 + "b " * 400_000


# ---- delete, purge


def test_delete_takes_an_entry_with_its_commands_out_of_every_byte(env: Env) -> None:
    question, other = add_entries(env, {"command": "QMARK1 one"}, {"command": "QMARK2 two"})
    add_entries(env, {"kind": "command", "parent_id": question.id, "command": "CMARK ls"})
    done = run_cli(["history", "delete", question.id], env)
    assert done.code == 0
    assert "Deleted 2 entries." in done.err
    assert "exports, backups" in done.err
    assert [row["id"] for row in _rows(env)] == [other.id]
    assert not _is_on_disk(env, "QMARK1")
    assert not _is_on_disk(env, "CMARK")
    assert _is_on_disk(env, "QMARK2")


def test_delete_finds_by_text_without_case_and_accents(env: Env) -> None:
    add_entries(env, {"command": "A AÇÃO falhou"}, {"command": "other"})
    assert run_cli(["history", "delete", "acao", "falhou"], env).code == 0
    assert [row["command"] for row in _rows(env)] == ["other"]
    assert run_cli(["history", "delete", "--query", "acao"], env).code == 1


@pytest.mark.parametrize("verb", ["delete", "redact"])
def test_an_id_that_no_entry_has_is_named(env: Env, verb: str) -> None:
    add_entries(env, {"command": "other"})
    done = run_cli(["history", verb, "zz"], env)
    assert done.code == 1
    assert "No entry has the id 'zz'" in done.err


def test_a_dry_run_changes_nothing(env: Env) -> None:
    add_entries(env, {"command": "keep me"})
    for verb in (["delete", "keep"], ["redact", "keep"], ["purge", "--before", "2999-01-01"]):
        done = run_cli(["history", *verb, "--dry-run"], env)
        assert done.code == 0
        assert "keep me" in done.err
    assert [row["command"] for row in _rows(env)] == ["keep me"]


def test_what_reaches_several_entries_wants_a_yes(env: Env) -> None:
    add_entries(env, {"command": "disk one"}, {"command": "disk two"})
    for verb in (["delete", "disk"], ["purge", "--before", "2999-01-01"]):
        assert run_cli(["history", *verb], env, "").code == 2
    assert len(_rows(env)) == 2
    done = run_cli(["history", "delete", "disk", "--yes", "--json"], env, "")
    assert len(done.json()) == 2
    assert _rows(env) == []


def test_purge_takes_only_what_is_older(env: Env) -> None:
    add_entries(env, {"command": "old", "created_at": 1_000}, {"command": "new"})
    assert run_cli(["history", "purge", "--before", "2020-01-01"], env).code == 0
    assert [row["command"] for row in _rows(env)] == ["new"]
    assert run_cli(["history", "purge", "--before", "2020-01-01"], env).code == 1


def test_purge_leaves_other_histories_alone_unless_told(env: Env) -> None:
    add_entries(env, {"command": "machine's", "mode": "machine", "created_at": 1_000})
    assert run_cli(["history", "purge", "--before", "2020-01-01"], env).code == 1
    assert run_cli(["history", "purge", "--before", "2020-01-01", "--everything"], env).code == 0


def test_a_request_that_is_being_answered_stays(env: Env) -> None:
    (entry,) = add_entries(
        env, {"command": "running", "status": "processing", "response": None, "completed_at": None}
    )
    done = run_cli(["history", "delete", entry.id], env)
    assert done.code == 1
    assert "ipcom-chat cancel" in done.err
    assert len(_rows(env)) == 1


def test_nothing_named_is_an_error(env: Env) -> None:
    for verb in ("delete", "redact"):
        assert run_cli(["history", verb], env).code == 2
        assert run_cli(["history", verb, "--query", " "], env).code == 2
        assert run_cli(["history", verb, "x", "--query", "y"], env).code == 2


def test_copies_beside_the_history_are_named(env: Env) -> None:
    (entry,) = add_entries(env, {})
    copy = data_dir(env) / "history.damaged-1.db"
    copy.touch()
    assert str(copy) in run_cli(["history", "delete", entry.id], env).err


# ---- redact, scan


def test_redact_blanks_what_is_asked_for(env: Env) -> None:
    one, two, three = add_entries(
        env, {"command": "a one"}, {"command": "a two"}, {"command": "a three"}
    )
    run_cli(["history", "redact", one.id, "--command"], env)
    run_cli(["history", "redact", two.id, "--response"], env)
    run_cli(["history", "redact", three.id], env)
    texts = {row["id"]: (row["command"], row["response"]) for row in _rows(env)}
    assert texts == {one.id: ("", "42 %"), two.id: ("a two", None), three.id: ("", None)}
    assert not _is_on_disk(env, "a one")


def test_redact_blanks_the_outputs_of_a_question_s_commands(env: Env) -> None:
    (question,) = add_entries(env, {"command": "a one"})
    add_entries(env, {"kind": "command", "parent_id": question.id, "response": "OMARK"})
    run_cli(["history", "redact", question.id, "--response"], env)
    assert not _is_on_disk(env, "OMARK")


def test_a_scan_tells_what_newer_rules_find_and_fixes_it(env: Env) -> None:
    (entry,) = add_entries(env, {})
    _forget_level(env, f"mysql -p{SECRET} base")
    done = run_cli(["history", "scan-secrets", "--json"], env)
    assert done.code == 1
    (found,) = done.json()
    assert (found["id"], found["kinds"], found["redaction_command"]) == (entry.id, ["password"], 0)
    assert SECRET not in done.out
    done = run_cli(["history", "scan-secrets", "--fix"], env)
    assert done.code == 0
    assert "Masked secrets in one entry." in done.err
    assert [row["command"] for row in _rows(env)] == ["mysql -p[REDACTED:password] base"]
    assert not _is_on_disk(env, SECRET)
    assert run_cli(["history", "scan-secrets"], env).code == 0


# ---- questions that stay


def test_a_leading_blank_keeps_a_question_private(env: Env) -> None:
    done = run_cli(["ask", " is the vault open?"], env)
    assert "stays on this machine" in done.err
    run_cli([" and this one?"], env)
    run_cli(["ask", "not this one?"], env)
    rows = {row["command"]: row["private"] for row in _rows(env)}
    assert rows == {"is the vault open?": True, "and this one?": True, "not this one?": False}


def test_a_blank_that_came_through_a_pipe_means_nothing(env: Env) -> None:
    run_cli(["ask", "-"], env, "  an indented line")
    assert [row["private"] for row in _rows(env)] == [False]


def test_a_piped_secret_reaches_neither_disk_nor_screen(env: Env) -> None:
    run_cli(["ask", "what is wrong?"], env, f"PASSWORD={SECRET}\n")
    (row,) = _rows(env)
    assert "PASSWORD=[REDACTED:password]" in row["command"]
    assert not _is_on_disk(env, SECRET)


def test_on_a_terminal_somebody_is_asked(env: Env, tmp_path: Path) -> None:
    (entry,) = add_entries(env, {"command": "terminal one"})
    script = (
        "import sys; from unittest.mock import patch; from ipcom_chat.cli import output; "
        "from ipcom_chat.cli.main import main; output.is_asked = lambda: True; "
        f"sys.exit(main(['history', 'delete', {entry.id!r}]))"
    )
    for answer, left in (("n\n", 1), ("\n", 1), ("y\n", 0)):
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, input=answer.encode(), capture_output=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        assert b"Delete this entry for everybody? [y/N]" in done.stderr
        assert len(_rows(env)) == left


def test_where_only_stdout_is_a_terminal_nobody_is_asked(env: Env) -> None:
    (entry,) = add_entries(env, {})
    assert run_on_terminal(["history", "delete", entry.id], env).code == 0
    assert _rows(env) == []
