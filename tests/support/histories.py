"""Histories of other programs, in the shapes in which they are found on real machines."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

OLD_MACHINE = "ab" * 32
OTHER_MACHINE = "cd" * 32
LOCAL_UUID = "5d2e0000-0000-4000-8000-000000000001"
AT_S = 1_758_362_745

CACHE_DDL = """
CREATE TABLE history_cache (id TEXT PRIMARY KEY, command TEXT NOT NULL, response TEXT,
  timestamp INTEGER NOT NULL, user_id TEXT, machine_id TEXT, session_id TEXT, status TEXT,
  tokens_used INTEGER, sync_status TEXT DEFAULT 'pending', last_synced INTEGER,
  command_uuid TEXT UNIQUE, created_at INTEGER DEFAULT (unixepoch()),
  updated_at INTEGER DEFAULT (unixepoch()));
CREATE TABLE sync_queue (id INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT NOT NULL,
  table_name TEXT NOT NULL, record_id TEXT NOT NULL, data TEXT NOT NULL,
  created_at INTEGER DEFAULT (unixepoch()), retry_count INTEGER DEFAULT 0, last_error TEXT,
  priority INTEGER DEFAULT 0);
CREATE TABLE sync_metadata (key TEXT PRIMARY KEY, value TEXT, updated_at INTEGER);
CREATE TABLE conflict_log (id INTEGER PRIMARY KEY AUTOINCREMENT, command_uuid TEXT,
  local_data TEXT, remote_data TEXT, resolution TEXT, resolved_at INTEGER);
"""
_PEOPLE_DDL = """
CREATE TABLE users (id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
  username TEXT UNIQUE NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, created_at INTEGER,
  updated_at INTEGER, is_active INTEGER DEFAULT 1);
CREATE TABLE machines (machine_id TEXT PRIMARY KEY, hostname TEXT NOT NULL, ip_address TEXT,
  os_info TEXT, first_seen INTEGER, last_seen INTEGER, total_commands INTEGER);
"""
DATABASE_DDL = {
    "A": _PEOPLE_DDL
    + """
CREATE TABLE history_global (id TEXT PRIMARY KEY, command TEXT NOT NULL, response TEXT,
  machine_id TEXT REFERENCES machines, user_id TEXT REFERENCES users, timestamp INTEGER,
  tokens_used INTEGER, execution_time_ms INTEGER, tags TEXT, session_id TEXT);
CREATE TABLE history_user (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, command TEXT NOT NULL,
  response TEXT, machine_id TEXT, timestamp INTEGER, session_id TEXT, context TEXT,
  tokens_used INTEGER, execution_time_ms INTEGER);
CREATE TABLE history_machine (id TEXT PRIMARY KEY, machine_id TEXT NOT NULL, command TEXT NOT NULL,
  response TEXT, user_id TEXT, timestamp INTEGER, error_code INTEGER, session_id TEXT);
CREATE TABLE command_cache (command_hash TEXT PRIMARY KEY, command TEXT NOT NULL, output TEXT,
  machine_id TEXT, last_executed INTEGER, execution_count INTEGER, avg_execution_time_ms INTEGER);
CREATE TABLE sessions (id TEXT PRIMARY KEY, machine_id TEXT NOT NULL, user_id TEXT,
  started_at INTEGER, ended_at INTEGER, command_count INTEGER);
""",
    "C": _PEOPLE_DDL
    + """
CREATE TABLE history_global (id TEXT PRIMARY KEY, command TEXT NOT NULL, response TEXT,
  machine_id TEXT, user_id TEXT, timestamp INTEGER, tokens_used INTEGER,
  execution_time_ms INTEGER, tags TEXT, status TEXT, request_id TEXT);
CREATE TABLE history_user (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, command TEXT NOT NULL,
  response TEXT, machine_id TEXT, timestamp INTEGER, session_id TEXT, context TEXT, status TEXT,
  request_id TEXT);
CREATE TABLE history_machine (id TEXT PRIMARY KEY, machine_id TEXT NOT NULL, command TEXT NOT NULL,
  response TEXT, timestamp INTEGER, error_code INTEGER, status TEXT, request_id TEXT);
CREATE TABLE command_cache (command_hash TEXT PRIMARY KEY, command TEXT NOT NULL, output TEXT,
  workspace_id TEXT, last_executed INTEGER, execution_count INTEGER,
  avg_execution_time_ms INTEGER);
""",
}
DATABASE_DDL["B"] = DATABASE_DDL["A"] + "".join(
    f"ALTER TABLE {table} ADD COLUMN {column};"
    for table in ("history_global", "history_user", "history_machine")
    for column in (
        "status TEXT DEFAULT 'pending'", "request_id TEXT", "updated_at INTEGER",
        "completed_at INTEGER",
    )
)  # fmt: skip
"""The three schemas of the earlier program's shared database."""

ATUIN_DDL = """
CREATE TABLE history (id text primary key, timestamp integer not null, duration integer not null,
  exit integer not null, command text not null, cwd text not null, session text not null,
  hostname text not null, deleted_at integer, author text, intent text, shell text,
  author_kind integer, unique(timestamp, cwd, command));
"""
LLM_DDL = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT,
  prompt_json TEXT, options_json TEXT, response TEXT, response_json TEXT, conversation_id TEXT,
  duration_ms INTEGER, datetime_utc TEXT, input_tokens INTEGER, output_tokens INTEGER);
"""
LLM_TURNS_DDL = """
CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT, model TEXT, input_tokens INTEGER,
  output_tokens INTEGER, duration_ms INTEGER, datetime_utc TEXT);
CREATE TABLE turn_search (id INTEGER PRIMARY KEY, turn_id TEXT, prompt TEXT, response TEXT);
"""


def sqlite_file(path: Path, ddl: str, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> Path:
    """Write a database with rows by table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(ddl)
    for table, each in rows.items():
        for row in each:
            connection.execute(*insert(table, row))
    connection.commit()
    connection.close()
    return path


def insert(table: str, row: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return a statement that inserts a row, and its arguments."""
    marks = ", ".join("?" * len(row))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())


def cache_row(**changes: Any) -> dict[str, Any]:
    """Return a row of the earlier program's cache, asked on this machine."""
    row = {
        "id": LOCAL_UUID, "command": "como ver portas?", "response": "Use ss -tulpn",
        "timestamp": AT_S, "machine_id": OLD_MACHINE, "session_id": "s1", "status": "pending",
        "command_uuid": LOCAL_UUID,
    }  # fmt: skip
    return row | changes


def queued(**fields: Any) -> dict[str, Any]:
    """Return a row of the earlier program's queue."""
    data = json.dumps(cache_row(**fields))
    return {"operation": "insert", "table_name": "history", "record_id": "x", "data": data}


def cache(folder: Path, *rows: Mapping[str, Any], queue: Iterable[Mapping[str, Any]] = ()) -> Path:
    """Write a `cache.db`."""
    return sqlite_file(folder / "cache.db", CACHE_DDL, {"history_cache": rows, "sync_queue": queue})


def event(table: str, **changes: Any) -> dict[str, Any]:
    """Return one of the rows into which the earlier program wrote an event."""
    row = {
        "id": f"{table}-1", "command": "como ver portas?", "response": "Use ss -tulpn",
        "timestamp": AT_S, "machine_id": OLD_MACHINE,
    }  # fmt: skip
    if table != "history_machine":
        row["user_id"] = "u1"
    return row | changes


PEOPLE = {
    "users": [
        {"id": "u1", "username": "ana", "name": "Ana Lima", "email": "ana@x.com", "is_active": 1},
    ],
    "machines": [
        {"machine_id": OLD_MACHINE, "hostname": "web01", "first_seen": AT_S, "last_seen": AT_S},
    ],
}


def old_home(home: Path) -> Path:
    """Write a home folder as a user of the earlier program has it; return its folder."""
    folder = home / ".mcp-terminal"
    documents: dict[str, Any] = {
        "history.json": {
            "version": "1.0", "timestamp": "2025-09-20T12:00:00.000Z",
            "entries": ["como ver portas?", "df -h", "/help"],
        },
        "command-history.json": [
            {"timestamp": "2025-09-20T12:00:00.000Z", "question": "ver discos",
             "command": "df -h", "system": "ubuntu", "provider": "Claude"},
        ],
        "ink-history.json": ["oi", "linha 1\nlinha 2"],
        "retry-queue.json": [
            {"command": "esperou", "response": "sim", "metadata": {}, "retryCount": 1,
             "firstAttempt": AT_S * 1000, "lastAttempt": AT_S * 1000},
        ],
        "sessions/tarde.json": {
            "name": "tarde", "timestamp": AT_S * 1000, "messageCount": 2,
            "context": [{"role": "user", "content": "oi?"},
                        {"role": "assistant", "content": "olá"}],
        },
        "cache/0123456789abcdef.json": {
            "command": "apt update", "exitCode": 100, "timestamp": AT_S * 1000,
            "system": "ubuntu", "solution": {"description": "espere", "category": "apt"},
        },
        "config.json": {"ai_provider": "claude", "turso_url": "libsql://x.example"},
    }  # fmt: skip
    for name, document in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
    cache(folder, cache_row(command="só no cache"))
    (home / ".mcp_terminal_history").write_text("o que é isso?\ne aquilo?\n", encoding="utf-8")
    return folder
