"""Readers of databases: the earlier program's cache and shared database, Atuin, llm."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.entry import Kind, Mode, Status
from ipcom_chat.errors import ImportSourceError
from ipcom_chat.imports import old_cache, old_database, others
from ipcom_chat.imports.records import Host, Item, Person, Record, Rejected, Skipped
from ipcom_chat.imports.sources import look_at
from ipcom_chat.imports.sqlite import asking, tables_of
from tests.support.histories import (
    AT_S,
    ATUIN_DDL,
    DATABASE_DDL,
    LLM_DDL,
    LLM_TURNS_DDL,
    OLD_MACHINE,
    OTHER_MACHINE,
    PEOPLE,
    cache,
    cache_row,
    event,
    queued,
    sqlite_file,
)

NOW_MS = 1_800_000_000_000
SERVER_ID = "0123456789ABCDEF0123456789ABCDEF"


def records(items: list[Item]) -> list[Record]:
    return [item for item in items if isinstance(item, Record)]


def shared(tmp_path: Path, schema: str, **rows: Any) -> list[Item]:
    path = sqlite_file(tmp_path / "old.db", DATABASE_DDL[schema], PEOPLE | rows)
    with asking(path) as queries:
        return list(old_database.shared(queries, now_ms=NOW_MS))


# The cache.


def cached(tmp_path: Path, *rows: Any, **options: Any) -> list[Item]:
    return list(old_cache.cached(look_at(cache(tmp_path, *rows, **options))))


def test_a_pending_row_with_an_answer_is_completed(tmp_path: Path) -> None:
    (record,) = records(cached(tmp_path, cache_row(tokens_used=0)))
    assert (record.status, record.response) == (Status.COMPLETED, "Use ss -tulpn")
    assert (record.kind, record.created_at) == (Kind.QUESTION, AT_S * 1000)
    assert (record.machine, record.session, record.tokens_used) == (OLD_MACHINE, "s1", None)
    assert record.is_local


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"timestamp": AT_S + 2}, 1),
        ({"timestamp": AT_S + 3}, 2),
        ({"machine_id": OTHER_MACHINE}, 2),
        ({"session_id": "s2"}, 2),
        ({"command": "outra"}, 2),
    ],
)
def test_a_download_of_what_was_asked_here_is_a_copy(
    tmp_path: Path, changes: dict[str, Any], kept: int
) -> None:
    download = cache_row(id=SERVER_ID, command_uuid=None) | changes
    items = cached(tmp_path, download, cache_row())
    assert len(records(items)) == kept
    assert sum(isinstance(item, Skipped) for item in items) == 2 - kept


def test_each_copy_belongs_to_one_row(tmp_path: Path) -> None:
    again = "5d2e0000-0000-4000-8000-000000000002"
    items = cached(
        tmp_path,
        cache_row(),
        cache_row(id=again, command_uuid=again, timestamp=AT_S + 1),
        cache_row(id=SERVER_ID, command_uuid=None),
    )
    assert len(records(items)) == 2


def test_what_was_asked_here_and_answered_there_has_the_answer(tmp_path: Path) -> None:
    items = cached(
        tmp_path,
        cache_row(response=None),
        cache_row(id=SERVER_ID, command_uuid=SERVER_ID, response="da equipe", status="completed"),
    )
    (record,) = records(items)
    assert record.response == "da equipe"


def test_the_queue_gives_what_the_cache_has_not(tmp_path: Path) -> None:
    bad = queued() | {"data": "{"}
    items = cached(
        tmp_path,
        cache_row(),
        queue=[queued(), queued(id="q", command_uuid="q", command="na fila"), bad],
    )
    assert [record.command for record in records(items)] == ["como ver portas?", "na fila"]
    assert isinstance(items[-1], Rejected)


def test_wrong_types_in_the_cache_do_no_harm(tmp_path: Path) -> None:
    path = cache(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO history_cache (id, command, timestamp, tokens_used, response) "
        "VALUES ('a', x'6c73', 'soon', 'many', 7), ('b', '', 1, 2, 'x')"
    )
    connection.commit()
    connection.close()
    items = list(old_cache.cached(look_at(path)))
    (record,) = records(items)
    assert (record.command, record.response, record.tokens_used) == ("ls", "7", None)
    assert sum(isinstance(item, Rejected) for item in items) == 1


def test_a_cache_in_use_is_read_from_a_copy(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    path = cache(folder)
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode = WAL")
    row = cache_row()
    writer.execute(
        f"INSERT INTO history_cache ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        tuple(row.values()),
    )
    writer.commit()
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    assert "cache.db-wal" in before
    assert len(records(list(old_cache.cached(look_at(path))))) == 1
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before
    writer.close()


# The shared database.


@pytest.mark.parametrize("schema", ["A", "B", "C"])
def test_three_rows_of_one_event_become_one_entry(tmp_path: Path, schema: str) -> None:
    items = shared(
        tmp_path,
        schema,
        history_global=[event("history_global", timestamp=AT_S + 1, tags='["net"]')],
        history_user=[event("history_user", session_id="s1", context='{"cwd": "/srv"}')],
        history_machine=[event("history_machine", timestamp=AT_S + 2)],
    )
    (record,) = records(items)
    assert (record.mode, record.user, record.machine) == (Mode.HYBRID, "u1", OLD_MACHINE)
    assert (record.tags, record.context, record.session) == (("net",), {"cwd": "/srv"}, "s1")
    assert record.status is Status.COMPLETED
    assert [item.username for item in items if isinstance(item, Person)] == ["ana"]
    assert [item.hostname for item in items if isinstance(item, Host)] == ["web01"]


def test_rows_say_in_which_history_they_are(tmp_path: Path) -> None:
    items = shared(
        tmp_path,
        "A",
        history_global=[event("history_global", command="a")],
        history_user=[event("history_user", command="b")],
        history_machine=[event("history_machine", command="c")],
    )
    modes = {record.command: record.mode for record in records(items)}
    assert modes == {"a": Mode.GLOBAL, "b": Mode.USER, "c": Mode.MACHINE}


def test_two_events_of_one_table_stay_two(tmp_path: Path) -> None:
    rows = [event("history_global", id=f"g{n}", timestamp=AT_S + n) for n in range(2)]
    assert len(records(shared(tmp_path, "A", history_global=rows))) == 2


def test_a_request_id_joins_rows_whatever_the_time(tmp_path: Path) -> None:
    items = shared(
        tmp_path,
        "B",
        history_global=[event("history_global", request_id="r", response=None, status="pending")],
        history_user=[
            event("history_user", request_id="r", timestamp=AT_S + 60, status="completed")
        ],
    )
    (record,) = records(items)
    assert (record.mode, record.response) == (Mode.HYBRID, "Use ss -tulpn")


@pytest.mark.parametrize(
    ("stored", "at_ms"),
    [(AT_S, AT_S * 1000), (AT_S * 1000, AT_S * 1000), ("2025-09-20T10:05:45Z", AT_S * 1000)],
)
def test_seconds_and_milliseconds_are_told_apart(
    tmp_path: Path, stored: object, at_ms: int
) -> None:
    items = shared(tmp_path, "A", history_global=[event("history_global", timestamp=stored)])
    (record,) = records(items)
    assert (record.created_at, record.time_estimated) == (at_ms, False)


def test_an_error_code_is_an_error(tmp_path: Path) -> None:
    rows = [
        event("history_machine", id="a", command="a", error_code=0),
        event("history_machine", id="b", command="b", error_code=2),
    ]
    found = records(shared(tmp_path, "A", history_machine=rows))
    assert [(record.status, record.error_code) for record in found] == [
        (Status.COMPLETED, None), (Status.ERROR, "2"),
    ]  # fmt: skip


def test_answers_that_reached_only_the_command_cache_are_read(tmp_path: Path) -> None:
    entries = [
        {"command_hash": "h1", "command": "como ver portas?", "output": "x", "last_executed": AT_S},
        {"command_hash": "h2", "command": "só aqui", "output": "y", "last_executed": AT_S},
    ]
    items = shared(tmp_path, "A", history_global=[event("history_global")], command_cache=entries)
    assert [record.command for record in records(items)] == ["como ver portas?", "só aqui"]
    assert records(items)[1].response == "y"


def test_bad_rows_are_rejected(tmp_path: Path) -> None:
    items = shared(
        tmp_path,
        "A",
        history_global=[event("history_global", command=" ")],
        command_cache=[{"command_hash": "h", "command": ""}],
    )
    assert sum(isinstance(item, Rejected) for item in items) == 2
    assert records(items) == []


def test_many_rows_are_read_page_by_page(tmp_path: Path) -> None:
    rows = [event("history_global", id=f"g{n}", command=f"c{n}") for n in range(1201)]
    assert len(records(shared(tmp_path, "A", history_global=rows))) == 1201


# Others.


def test_atuin(tmp_path: Path) -> None:
    row = {
        "id": "a", "timestamp": AT_S * 10**9 + 7, "duration": 1_500_000_000, "exit": 3,
        "command": "docker ps", "cwd": "/srv", "session": "s", "hostname": "web01:ana",
    }  # fmt: skip
    unknown = {"exit": -1, "duration": -1, "cwd": "unknown"}
    path = sqlite_file(
        tmp_path / "history.db",
        ATUIN_DDL,
        {
            "history": [
                row,
                row | unknown | {"id": "b", "command": "ls"},
                row | {"id": "c", "command": "gone", "deleted_at": 1},
            ]
        },
    )
    items = list(others.atuin(look_at(path)))
    known, other = records(items)
    assert (known.row_id, known.error_code, known.execution_time_ms) == ("a", "3", 1500)
    assert (known.hostname, known.os_user, known.cwd) == ("web01", "ana", "/srv")
    assert known.created_at == AT_S * 1000
    assert (other.error_code, other.execution_time_ms, other.cwd) == (None, None, None)
    assert sum(isinstance(item, Skipped) for item in items) == 1


@pytest.mark.parametrize("has_turns", [False, True])
def test_llm_of_today_and_of_before(tmp_path: Path, has_turns: bool) -> None:
    at = "2025-09-20T10:05:45.123456+00:00"
    response = {
        "id": "01", "model": "gpt", "prompt": "why?", "response": "so", "duration_ms": 5,
        "datetime_utc": at, "input_tokens": 2, "output_tokens": 3, "conversation_id": "c",
    }  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {
        "responses": [response, response | {"id": "02", "prompt": None}]
    }
    if has_turns:
        rows["turns"] = [{"id": "01", "thread_id": "c", "model": "gpt", "datetime_utc": at}]
        rows["turn_search"] = [{"turn_id": "01", "prompt": "why?", "response": "so"}]
    path = sqlite_file(tmp_path / "logs.db", LLM_DDL + LLM_TURNS_DDL * has_turns, rows)
    items = list(others.llm(look_at(path)))
    (record,) = records(items)
    assert (record.command, record.response, record.session) == ("why?", "so", "c")
    assert record.created_at == AT_S * 1000 + 123
    assert sum(isinstance(item, Rejected) for item in items) == 1


def test_a_damaged_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with (
        pytest.raises(ImportSourceError, match="cannot be read as a SQLite database"),
        asking(path) as queries,
    ):
        tables_of(queries)
