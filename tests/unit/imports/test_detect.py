"""What a file is, by what it holds."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import ImportSourceError
from ipcom_chat.imports.detect import detect, old_mode
from ipcom_chat.imports.places import found_usual, in_folder, old_database_hint
from ipcom_chat.imports.records import Form
from tests.support.histories import (
    ATUIN_DDL,
    DATABASE_DDL,
    LLM_DDL,
    LLM_TURNS_DDL,
    cache,
    old_home,
    sqlite_file,
)

EXPORTED = {
    "id": "x", "kind": "question", "mode": "global", "os_user": "a", "replica_id": "r",
    "command": "c", "status": "completed", "version": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "form"),
    [
        ({"version": "1.0", "timestamp": "t", "entries": ["a"]}, Form.OLD_HISTORY),
        ({"commands": []}, Form.OLD_HISTORY),
        ([], Form.OLD_HISTORY),
        (["a", 1], Form.OLD_HISTORY),
        ([{"command": "a", "timestamp": 1}], Form.OLD_HISTORY),
        ([{"question": "a", "command": "b", "timestamp": "t"}], Form.OLD_ASK),
        ([{"command": "a", "retryCount": 1}], Form.OLD_RETRY),
        ({"name": "n", "timestamp": 1, "context": []}, Form.OLD_SESSION),
        ({"version": "1.0", "context": [{"role": "user", "content": "x"}]}, Form.OLD_SESSION),
        ({"command": "a", "exitCode": 1, "solution": {}, "timestamp": 1}, Form.OLD_MONITOR),
        (EXPORTED, Form.EXPORT),
        ([EXPORTED], Form.EXPORT),
    ],
)
def test_d60_json_is_known_by_its_shape(tmp_path: Path, document: Any, form: Form) -> None:
    for indent in (None, 2):
        path = tmp_path / "any.name"
        path.write_text(json.dumps(document, indent=indent))
        assert detect(path).form is form


@pytest.mark.parametrize(
    "text",
    [
        '{"ai_provider": "claude", "turso_token": "x"}', "7", '{"a": [1]}', "[1, 2, 3]",
        '{"entries": "none"}', '{"context": [1], "other": 2}', '[{"role": "user"}]',
        "Dear team,\nthe server is down again.\nRegards\n", "a,b,c\n1,2,3\n",
        "<html><body>x</body></html>", "\x7fELF\x02\x01\x01\0\0\0", "PK\x03\x04\x14\0\0\0",
        "{broken", "[broken",
    ],
)  # fmt: skip
def test_d60_everything_else_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "thing"
    path.write_text(text)
    with pytest.raises(ImportSourceError) as caught:
        detect(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b": 1700000000:0;ls\n", Form.ZSH),
        (b"- cmd: ls\n  when: 1\n", Form.FISH),
        (b"ls\n#1700000000\ncd /srv\n", Form.BASH),
        (b"cd /etc\nls -la\nsudo systemctl restart nginx\nFOO=1 ./run.sh\n", Form.BASH),
        (b"[ -f x ] && cat x\nls\ngit status\n", Form.BASH),
        (b"{ ls; }\nls\n", Form.BASH),
    ],
)
def test_lines_are_known_by_what_they_hold(tmp_path: Path, data: bytes, form: Form) -> None:
    path = tmp_path / "whatever"
    path.write_bytes(data)
    assert detect(path).form is form


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (".bash_history", Form.BASH),
        ("bash_history.bak", Form.BASH),
        (".zsh_history", Form.ZSH),
        (".mcp_terminal_history", Form.OLD_LINES),
    ],
)
def test_plain_lines_are_known_by_a_name(tmp_path: Path, name: str, form: Form) -> None:
    path = tmp_path / name
    path.write_bytes("frobnicate ção\n".encode() + b"\0" * 512 + b"\nquux\n")
    assert detect(path).form is form


def test_plain_lines_can_be_said_to_be_something(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("frobnicate\n")
    assert detect(path, Form.FISH).form is Form.FISH
    path.write_text("")
    assert list(detect(path).items(now_ms=1)) == []


@pytest.mark.parametrize(
    ("ddl", "form"),
    [
        (ATUIN_DDL, Form.ATUIN), (LLM_DDL, Form.LLM), (LLM_TURNS_DDL, Form.LLM),
        *((ddl, Form.OLD_DATABASE) for ddl in DATABASE_DDL.values()),
    ],
)  # fmt: skip
def test_databases_are_known_by_their_tables(tmp_path: Path, ddl: str, form: Form) -> None:
    assert detect(sqlite_file(tmp_path / "any.db", ddl, {})).form is form


def test_databases_of_others_and_of_ours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportSourceError, match="nothing that can be imported"):
        detect(sqlite_file(tmp_path / "a.db", "CREATE TABLE t (command TEXT)", {}))
    with pytest.raises(ImportSourceError, match="history export"):
        detect(sqlite_file(tmp_path / "b.db", "CREATE TABLE entry_events (id TEXT)", {}))


def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "missing", Path("/dev/zero"), Path("bad\0name")):
        with pytest.raises(ImportSourceError):
            detect(path)


def test_the_old_folder_as_a_whole(tmp_path: Path) -> None:
    folder = old_home(tmp_path)
    forms = [source.form for source in in_folder(folder)]
    assert forms == [
        Form.OLD_HISTORY, Form.OLD_ASK, Form.OLD_INK, Form.OLD_RETRY, Form.OLD_SESSION,
        Form.OLD_CACHE, Form.OLD_MONITOR,
    ]  # fmt: skip
    assert [source.form for source in in_folder(folder / "sessions")] == [Form.OLD_SESSION]
    with pytest.raises(ImportSourceError):
        in_folder(tmp_path / "nothing")


def test_the_usual_places(tmp_path: Path) -> None:
    old_home(tmp_path)
    (tmp_path / ".bash_history").write_text("ls\n")
    (tmp_path / ".mcp-terminal/history.backup.1758362745000.json").write_text('["old"]')
    (tmp_path / ".mcp-terminal/sessions/bad.json").write_text("{}")
    sqlite_file(tmp_path / "data/atuin/history.db", ATUIN_DDL, {})
    environment = {"XDG_DATA_HOME": str(tmp_path / "data"), "HISTFILE": "relative"}
    sources, problems = found_usual(environment, tmp_path)
    forms = {source.form for source in sources}
    assert {Form.BASH, Form.ATUIN, Form.OLD_LINES, Form.OLD_CACHE} <= forms
    assert [source.form for source in sources].count(Form.OLD_HISTORY) == 2
    assert len(problems) == 1
    hint = old_database_hint(tmp_path)
    assert hint is not None
    assert "config.json" in hint
    assert old_database_hint(tmp_path / "data") is None


def test_the_old_settings_say_where_it_wrote(tmp_path: Path) -> None:
    assert old_mode(tmp_path) is None
    (tmp_path / "config.json").write_text('{"history_mode": "sideways"}')
    (tmp_path / "turso-config.json").write_text('{"history_mode": "hybrid"}')
    cache(tmp_path)
    assert old_mode(tmp_path) is Mode.HYBRID
