"""Readers of the JSON files of the earlier program."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.imports import old_files
from ipcom_chat.imports.records import Item, Items, Record, Rejected, Skipped
from ipcom_chat.imports.sources import File, look_at
from tests.support.histories import AT_S

MTIME_S = 1_800_000_000


def read(
    tmp_path: Path, document: Any, reader: Callable[[File], Items] = old_files.prompts
) -> list[Item]:
    path = tmp_path / "file.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    os.utime(path, (MTIME_S, MTIME_S))
    return list(reader(look_at(path)))


def records(items: list[Item]) -> list[Record]:
    return [item for item in items if isinstance(item, Record)]


def texts(items: list[Item]) -> list[str]:
    return [record.command for record in records(items)]


@pytest.mark.parametrize(
    "document",
    [
        {"version": "1.0", "timestamp": "2025-09-20T12:00:00.000Z", "entries": ["a", "b\nc"]},
        {"commands": ["a", "b\nc"]},
        ["a", "b\nc"],
    ],
)
def test_d60_history_json_in_every_shape(tmp_path: Path, document: Any) -> None:
    items = read(tmp_path, document)
    assert texts(items) == ["a", "b\nc"]
    first, second = records(items)
    assert second.created_at - first.created_at == 1000
    assert first.time_estimated
    assert first.kind is Kind.QUESTION
    assert (first.status, first.response) == (Status.COMPLETED, None)
    saved = 1_758_369_600_000 if "version" in document else MTIME_S * 1000
    assert second.created_at == saved - 1000


def test_history_json_of_objects(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        [
            {"command": "ls", "response": "a", "timestamp": AT_S, "exit_code": 0, "cwd": "/srv",
             "execution_time": 12, "session": "s"},
            {"command": "why?", "response": "[Cancelled by user]"},
        ],
    )  # fmt: skip
    ran, asked = records(items)
    assert (ran.kind, ran.error_code, ran.cwd, ran.session) == (Kind.COMMAND, "0", "/srv", "s")
    assert (ran.created_at, ran.time_estimated) == (AT_S * 1000, False)
    assert (asked.kind, asked.status, asked.response) == (Kind.QUESTION, Status.CANCELLED, None)


def test_d64_bad_records_are_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    items = read(tmp_path, ["a", {"command": {"x": 1}}, 7, None, "", {"command": "b"}, ["c"]])
    assert texts(items) == ["a", "b"]
    assert [item.place for item in items if isinstance(item, Rejected)] == ["2", "3", "4", "5", "7"]


def test_commands_of_the_old_program_are_left_out_and_paths_are_not(tmp_path: Path) -> None:
    items = read(tmp_path, ["/help", "/save today", "/etc/hosts para que serve?", "/opt"])
    assert texts(items) == ["/etc/hosts para que serve?", "/opt"]
    assert sum(isinstance(item, Skipped) for item in items) == 2


def test_d64_a_list_that_was_cut_off_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    items = read(tmp_path, '{"version":"1.0","timestamp":"2025","entries":["a","b","c')
    assert texts(items) == ["a", "b"]
    assert isinstance(items[-1], Rejected)


def test_halves_of_surrogate_pairs_are_read(tmp_path: Path) -> None:
    assert texts(read(tmp_path, '["a \\ud83d b"]')) == ["a \ud83d b"]


def test_command_history_is_newest_first(tmp_path: Path) -> None:
    document = [
        {"timestamp": "2025-09-20T12:00:01.000Z", "question": "new", "command": "df -h",
         "system": "ubuntu", "provider": "Claude"},
        {"question": "old", "command": "ls"},
        {"command": "no question"},
    ]  # fmt: skip
    items = read(tmp_path, document, old_files.asked)
    assert texts(items) == ["old", "new"]
    new = records(items)[-1]
    assert (new.response, new.model, new.context) == ("df -h", "Claude", {"system": "ubuntu"})
    assert new.created_at == 1_758_369_601_000
    assert isinstance(items[0], Rejected)


def test_sessions_give_questions_with_their_answers(tmp_path: Path) -> None:
    at = "2025-09-20T12:00:00.000Z"
    document = {
        "version": "1.0",
        "timestamp": at,
        "context": [
            {"role": "assistant", "content": "hello"},
            {"role": "system", "content": "be good"},
            {"role": "user", "content": "one", "timestamp": at},
            {"role": "user", "content": [{"type": "text", "text": "two"}]},
            {"role": "assistant", "content": "2"},
            {"role": "assistant", "content": "really"},
            {"role": "tool", "content": "x"},
            7,
        ],
        "metadata": {"messageCount": 8},
    }
    items = read(tmp_path, document, old_files.session)
    found = [(record.command, record.response) for record in records(items)]
    assert found == [("one", None), ("two", "2\n\nreally")]
    assert [record.time_estimated for record in records(items)] == [False, True]
    assert {record.session for record in records(items)} == {"file"}
    assert sum(isinstance(item, Rejected) for item in items) == 3


def test_the_monitor_keeps_a_failed_command(tmp_path: Path) -> None:
    document = {
        "command": "apt update", "exitCode": 100, "timestamp": AT_S * 1000, "system": "ubuntu",
        "solution": {"description": "wait", "commands": ["sudo fuser /x"], "category": "apt"},
    }  # fmt: skip
    (record,) = records(read(tmp_path, document, old_files.monitored))
    assert (record.kind, record.error_code, record.tags) == (Kind.COMMAND, "100", ("apt",))
    assert record.response == "description: wait\ncommands: sudo fuser /x"
    assert isinstance(read(tmp_path, {"command": 1}, old_files.monitored)[0], Rejected)


def test_the_retry_queue(tmp_path: Path) -> None:
    document = [
        {"command": "q", "response": "a", "metadata": {"session_id": "s", "tokens_used": 4},
         "retryCount": 2, "firstAttempt": AT_S * 1000, "lastAttempt": AT_S * 1000 + 5},
        {"retryCount": 1},
    ]  # fmt: skip
    items = read(tmp_path, document, old_files.retries)
    (record,) = records(items)
    assert (record.response, record.session, record.tokens_used) == ("a", "s", 4)
    assert record.created_at == AT_S * 1000
    assert isinstance(items[1], Rejected)


@pytest.mark.parametrize(
    ("response", "status", "expected"),
    [
        ("a", "pending", ("a", Status.COMPLETED)),
        ("a", None, ("a", Status.COMPLETED)),
        (None, "pending", (None, Status.COMPLETED)),
        (None, "cancelled", (None, Status.CANCELLED)),
        ("part", "cancelled", ("part", Status.CANCELLED)),
        ("[Cancelled by user]", "completed", (None, Status.CANCELLED)),
        ("[Cancelled by user] part", None, ("part", Status.CANCELLED)),
        ("boom", "error", ("boom", Status.ERROR)),
        (b"caf\xe9", None, ("café", Status.COMPLETED)),
        (7, None, (None, Status.COMPLETED)),
    ],
)
def test_d65_how_a_request_ended(
    response: object, status: object, expected: tuple[str | None, Status]
) -> None:
    assert old_files.outcome(response, status) == expected
