"""No file makes a reader raise anything but our refusal."""

import json
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.errors import ImportSourceError
from ipcom_chat.imports import exported, old_files, shells
from ipcom_chat.imports.detect import detect
from ipcom_chat.imports.records import Exported, Record
from ipcom_chat.imports.sources import look_at
from tests.support.histories import ATUIN_DDL, CACHE_DDL, DATABASE_DDL, LLM_DDL

READERS = (
    shells.bash, shells.zsh, shells.fish, shells.plain, old_files.prompts, old_files.asked,
    old_files.retries, old_files.monitored, old_files.session, exported.exported,
)  # fmt: skip
FRAGMENTS = st.sampled_from(
    [
        b"#1700000000\n", b": 1700000000:5;", b"- cmd: ", b"  when: ", b"99999999999\n", b"\\\n",
        b"\x83", b"\x83\n", b"\0", b"\xff\xfe", b"[", b"]", b'{"command":', b'"a"', b",", b"}",
        b'{"entries":[', b'"\\ud800"', b"SQLite format 3\0", b"ls -la\n", b"#9999999999\n",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "command", "question", "timestamp", "response", "status", "entries", "commands",
        "context", "role", "content", "name", "exitCode", "solution", "retryCount", "metadata",
        "firstAttempt", "session", "id", "kind", "mode", "os_user", "replica_id", "version",
        "machine_id", "created_at", "updated_at", "completed_at", "tags", "events",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["user", "assistant", "question", "global", "completed", "x" * 36]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


def read_all(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.json"
        path.write_bytes(data)
        file = look_at(path)
        for reader in READERS:
            for item in reader(file):
                if isinstance(item, Record):
                    assert item.command.strip()
                    assert 0 <= item.created_at <= 4_102_444_800_000 + len(data)
                elif isinstance(item, Exported):
                    assert len(item.entry.id) == 36
        try:
            source = detect(path)
            list(source.items(now_ms=1))
        except ImportSourceError:
            return


@given(parts=st.lists(FRAGMENTS | st.binary(max_size=30), max_size=12))
def test_any_bytes(parts: list[bytes]) -> None:
    read_all(b"".join(parts))


@given(document=VALUES)
def test_any_json(document: Any) -> None:
    read_all(json.dumps(document).encode())


def test_json_nested_beyond_reason() -> None:
    read_all(b"[" * 200_000)
    read_all(b'{"context":' * 50_000)


CELLS = (
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8)
    | st.binary(max_size=8) | st.sampled_from(["a", "x" * 36, "f" * 32, '{"command":"c"}', "[1]"])
)  # fmt: skip


TABLES = {
    "cache": (CACHE_DDL, ("history_cache", "sync_queue")),
    "database": (DATABASE_DDL["B"], ("users", "machines", "history_global", "history_user")),
    "atuin": (ATUIN_DDL, ("history",)),
    "llm": (LLM_DDL, ("responses",)),
}


@pytest.mark.parametrize("kind", TABLES)
@settings(max_examples=40)
@given(data=st.data())
def test_any_cells(kind: str, data: st.DataObject) -> None:
    ddl, tables = TABLES[kind]
    for rule in (" NOT NULL", " not null", " UNIQUE", " AUTOINCREMENT", "INTEGER PRIMARY KEY"):
        ddl = ddl.replace(rule, "")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.db"
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("BEGIN")
        for statement in filter(str.strip, ddl.split(";")):
            connection.execute(statement)
        for table in tables:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for row in data.draw(st.lists(st.tuples(*[CELLS] * len(names)), max_size=2)):
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
        connection.execute("COMMIT")
        connection.close()
        for item in detect(path).items(now_ms=1):
            assert not isinstance(item, Record) or item.command.strip()
