"""What `doctor` says of the index, erasures, secrets, MCP, the terminal, and of an AI."""

from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.assistant.mcp_config import read_mcp_config
from ipcom_chat.domain import redaction
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.search.index import SearchIndex
from ipcom_chat.services import health_parts
from ipcom_chat.services.health import Check, Status
from ipcom_chat.services.reach import Reached
from ipcom_chat.storage.search_rows import SearchRows
from tests.support.replica import fill, opened
from tests.unit.services.test_health_primary import checks

OLD_SCHEMA = 1


def one(folder: Path, name: str, **changes: Any) -> Check:
    return checks(folder, **changes)[name]


@pytest.mark.parametrize(
    ("size", "status"), [((80, 24), Status.OK), ((79, 24), Status.WARNING), ((200, 5), "warning")]
)
def test_the_terminal(tmp_path: Path, size: tuple[int, int], status: Status) -> None:
    assert one(tmp_path, "terminal", terminal_size=size).status == status


def test_the_self_test_notices_a_rule_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert one(tmp_path, "redaction").status is Status.OK
    monkeypatch.setattr(health_parts, "redact", redaction.Redacted)
    assert one(tmp_path, "redaction").detail == "4 secrets of the self-test were not masked."


def test_the_index(tmp_path: Path) -> None:
    replica = tmp_path / "data" / "history.db"
    fill(replica, 2)
    assert one(tmp_path, "index").detail == "will be made by the first search"
    index = SearchIndex(replica.parent / "search")
    with opened(replica) as database:
        index.catch_up(SearchRows(database))
    assert one(tmp_path, "index").detail == "up to date"
    fill(replica, 3)
    assert one(tmp_path, "index").detail == "3 rows are not indexed yet"
    for file in (replica.parent / "search" / "v1").iterdir():
        file.write_bytes(b"nonsense")
    found = one(tmp_path, "index")
    assert (found.status, found.remedy is not None) == (Status.WARNING, True)


def test_erasures(tmp_path: Path) -> None:
    replica = tmp_path / "data" / "history.db"
    fill(replica, 2)
    assert one(tmp_path, "erasures").status is Status.OK
    with opened(replica) as reader:
        # Somebody still reads the old state, so what is cleared stays in the log.
        reader.connection.execute("BEGIN")
        reader.connection.execute("SELECT count(*) FROM entries").fetchall()
        with opened(replica) as database, database.write() as transaction:
            transaction.execute("UPDATE entries SET command = ''")
            transaction.clear()
        assert one(tmp_path, "erasures").status is Status.WARNING


def test_a_history_of_an_older_schema_fails_no_check(tmp_path: Path) -> None:
    replica = tmp_path / "data" / "history.db"
    fill(replica, 1)
    with opened(replica) as database:
        database.connection.execute(f"PRAGMA user_version = {OLD_SCHEMA}")
    found = checks(tmp_path)
    assert "will be brought to schema" in found["history"].detail
    assert not {check.status for check in found.values()} - {Status.OK, Status.WARNING}


def test_mcp_files(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{"mcpServers": {"good": {"command": "true"}, "bad": {"url": "ftp://x"}}}')
    file.chmod(0o600)
    found = one(tmp_path, "mcp", mcp=lambda: read_mcp_config([file], {}))
    assert (found.status, "bad" in found.detail) == (Status.WARNING, True)


@pytest.mark.parametrize(
    ("code", "status"),
    [(200, Status.OK), (404, Status.OK), (401, Status.FAILED), (503, Status.WARNING)],
)
def test_an_ai_that_is_asked(tmp_path: Path, code: int, status: Status) -> None:
    reached = Reached(host="ai.example", status=code, took_ms=12.0)
    found = one(tmp_path, "assistant_online", reach=lambda: reached)
    assert (found.status, "ai.example" in found.detail) == (status, True)


def test_an_ai_that_is_not_there_fails_with_a_remedy(tmp_path: Path) -> None:
    def refuse() -> Reached:
        raise AssistantSetupError("cannot be reached")

    found = one(tmp_path, "assistant_online", reach=refuse)
    assert (found.status, found.remedy is not None) == (Status.FAILED, True)
