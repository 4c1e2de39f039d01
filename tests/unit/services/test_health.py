"""The checks of `doctor`."""

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import apsw
import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.services import health
from ipcom_chat.services.health import Check, Status, Subject, examine
from ipcom_chat.services.people import UserService
from ipcom_chat.storage.locks import damage_mark
from ipcom_chat.storage.people import Users
from tests.support.replica import fill, opened


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    """Give a healthy fresh machine."""
    return Subject(
        replica=tmp_path / "data" / "history.db",
        state_dir=tmp_path / "state",
        config_file=tmp_path / "config.toml",
        machine_id="m1",
        terminal="xterm",
    )


def _checks(subject: Subject, **changes: Any) -> dict[str, Check]:
    values = {name: getattr(subject, name) for name in Subject.__struct_fields__}
    return {check.name: check for check in examine(Subject(**(values | changes)))}


def test_a_fresh_machine_is_well_and_nothing_is_made(subject: Subject, tmp_path: Path) -> None:
    checks = _checks(subject)
    assert {check.status for check in checks.values()} == {Status.OK}
    assert set(checks) == {
        "versions", "settings", "locale", "folder", "state_folder", "file_system", "disk",
        "history", "index", "redaction", "machine_id", "assistant", "playbooks", "sync",
    }  # fmt: skip
    assert not any((tmp_path / name).exists() for name in ("data", "state", "config.toml"))


def test_a_used_machine_is_well(subject: Subject) -> None:
    fill(subject.replica, 3)
    subject.config_file.touch(mode=0o600)
    checks = _checks(subject)
    assert {check.status for check in checks.values()} == {Status.OK}
    assert "3 entries" in checks["history"].detail
    assert checks["users"].detail == "0 active users"


def test_open_permissions_are_a_warning_with_a_remedy(subject: Subject) -> None:
    fill(subject.replica, 1)
    subject.replica.chmod(0o644)
    subject.replica.parent.chmod(0o755)
    checks = _checks(subject)
    assert checks["permissions"].remedy == f"chmod 600 {subject.replica}"
    assert checks["folder"].status is Status.WARNING


def test_a_damaged_file_fails(subject: Subject) -> None:
    fill(subject.replica, 300)
    data = bytearray(subject.replica.read_bytes())
    data[8192:20480] = b"\xff" * 12288
    subject.replica.write_bytes(data)
    assert _checks(subject)["history"].status is Status.FAILED
    damage_mark(subject.replica).touch()
    assert "found damaged" in _checks(subject)["history"].detail


def test_no_database_at_all_fails(subject: Subject) -> None:
    subject.replica.parent.mkdir()
    subject.replica.write_bytes(b"nonsense" * 1000)
    assert _checks(subject)["history"].status is Status.FAILED


@pytest.mark.parametrize(("version", "status"), [(99, Status.FAILED), (0, Status.OK)])
def test_the_schema_is_compared(subject: Subject, version: int, status: Status) -> None:
    fill(subject.replica, 1)
    with sqlite3.connect(subject.replica) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    assert _checks(subject)["history"].status is status


def test_the_configured_user_is_looked_up(subject: Subject) -> None:
    with opened(subject.replica) as database:
        UserService(Users(database), SystemClock()).create("ana", "Ana Lima", "ana@x.com")
    assert "you are Ana Lima" in _checks(subject, user="ana")["users"].detail
    assert _checks(subject, user="bia")["users"].status is Status.FAILED


@pytest.mark.parametrize(
    ("free", "status"),
    [(1 << 40, Status.OK), (100 << 20, Status.WARNING), (1 << 20, Status.FAILED)],
)
def test_free_space(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, free: int, status: Status
) -> None:
    class Usage:
        def __init__(self) -> None:
            self.free = free

    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage())
    assert _checks(subject)["disk"].status is status


def test_an_old_sqlite_is_a_warning(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    assert _checks(subject)["versions"].status is Status.WARNING


@pytest.mark.parametrize(
    ("changes", "name", "status"),
    [
        ({"settings_problem": "bad"}, "settings", Status.FAILED),
        ({"encoding": "ascii"}, "locale", Status.WARNING),
        ({"terminal": "dumb"}, "locale", Status.WARNING),
        ({"ai_enabled": False}, "assistant", Status.OK),
        ({"ai_model": "nonsense"}, "assistant", Status.FAILED),
        ({"ai_model": "openai:gpt"}, "assistant", Status.FAILED),
        ({"ai_model": "openai:gpt", "ai_key_given": True}, "assistant", Status.OK),
        ({"ai_base_url": "http://127.0.0.1:1/v1"}, "assistant", Status.FAILED),
        ({"ai_model": "openai-compatible:x", "ai_key_given": True}, "assistant", Status.FAILED),
        (
            {"ai_model": "openai-compatible:x", "ai_base_url": "http://127.0.0.1:1/v1"},
            "assistant",
            Status.OK,
        ),
        (
            {
                "ai_model": "openai-compatible:x",
                "ai_base_url": "http://ai.example/v1",
                "ai_key_given": True,
            },
            "assistant",
            Status.FAILED,
        ),
    ],
)
def test_settings_that_do_not_fit(
    subject: Subject, changes: dict[str, Any], name: str, status: Status
) -> None:
    assert _checks(subject, **changes)[name].status is status


def test_missing_packages_are_named(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "find_spec", lambda _name: None)
    check = _checks(subject, ai_model="openai:gpt", ai_key_given=True)["assistant"]
    assert check.remedy == "pip install 'ipcom-chat[ai]'"


def test_a_bad_playbook_is_a_warning(subject: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "bad.toml").write_text("nonsense")
    check = [c for c in examine(_with(subject, playbook_dirs=(folder,))) if c.name == "playbooks"]
    assert [each.status for each in check] == [Status.OK, Status.WARNING]
    assert "bad.toml" in check[1].detail


def test_a_network_file_system_fails(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "is_shareable", lambda _path: False)
    assert _checks(subject)["file_system"].status is Status.FAILED


def test_a_folder_that_cannot_be_written_fails(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(subject.replica, 1)
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    assert _checks(subject)["folder"].status is Status.FAILED


def _with(subject: Subject, **changes: Any) -> Subject:
    values = {name: getattr(subject, name) for name in Subject.__struct_fields__}
    return Subject(**(values | changes))
