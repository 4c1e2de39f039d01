"""The import of the earlier program's shared database, from the real server."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.errors import PrimaryAuthError, PrimarySetupError, PrimaryUnreachableError
from ipcom_chat.imports import remote
from ipcom_chat.imports.records import Host, Person, Record
from ipcom_chat.imports.remote import Server
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Script, Statement
from tests.support.cli import run_cli
from tests.support.env import isolated_env
from tests.support.histories import DATABASE_DDL, PEOPLE, event, insert
from tests.support.sqld import Keys, Sqld, free_port

NOW_MS = 1_800_000_000_000


def fill(
    url: str, ddl: str, rows: dict[str, list[dict[str, Any]]], token: str | None = None
) -> None:
    """Write an old database onto a server."""
    statements = [
        Statement(*insert(table, row)) for table, each in (PEOPLE | rows).items() for row in each
    ]

    async def write() -> None:
        async with http_client(timeout_s=20) as http:
            client = Client(url, token=token, http=http)
            await client.execute(Script(ddl))
            for start in range(0, len(statements), 20):
                await client.execute(*statements[start : start + 20])

    asyncio.run(write())


def contents(url: str) -> Any:
    """Return all that a server holds."""

    async def read() -> Any:
        async with http_client(timeout_s=20) as http:
            client = Client(url, token=None, http=http)
            wanted = [Statement("SELECT name, sql FROM sqlite_schema ORDER BY name")]
            wanted += [Statement(f"SELECT * FROM {table}") for table in ("history_global", "users")]
            return [result.rows for result in await client.execute(*wanted)]

    return asyncio.run(read())


@pytest.mark.parametrize("schema", ["A", "B", "C"])
def test_the_old_database_comes_in_and_stays_as_it_was(
    sqld: Sqld, tmp_path: Path, schema: str
) -> None:
    fill(
        sqld.url,
        DATABASE_DDL[schema],
        PEOPLE
        | {
            "history_global": [
                event("history_global"),
                event("history_global", id="g2", command="em ms", timestamp=1_758_362_745_000),
            ],
            "history_user": [event("history_user", session_id="s1")],
            "history_machine": [event("history_machine"), event("history_machine", id="m2",
                                                                  command="x", error_code=7)],
        },
    )  # fmt: skip
    before = contents(sqld.url)
    env = isolated_env(tmp_path) | {"OLD_TURSO_DATABASE_URL": sqld.url}
    for added in (3, 0):
        done = run_cli(["history", "import", "--all", "--yes", "--json"], env, stdin="")
        assert done.code == 0, done.err
        (report,) = done.json()["sources"]
        assert (report["form"], report["read"], report["added"]) == ("mcp-database", 3, added)
        assert (report["users"], report["machines"]) == ((1, 1) if added else (0, 0))
    named = run_cli(["history", "import", sqld.url, "--json"], env, stdin="").json()
    assert named["sources"][0]["known"] == 3
    found = {
        entry["command"]: entry
        for entry in run_cli(["history", "export", "--everything"], env, stdin="").json()
    }
    assert found["como ver portas?"]["mode"] == "hybrid"
    assert found["como ver portas?"]["username"] == "ana"
    assert found["como ver portas?"]["hostname"] == "web01"
    assert found["em ms"]["created_at"] == found["como ver portas?"]["created_at"]
    assert (found["x"]["status"], found["x"]["error_code"]) == ("error", "7")
    assert contents(sqld.url) == before


def test_large_answers_are_read_in_smaller_pages(sqld: Sqld) -> None:
    rows = [
        event("history_global", id=f"g{number}", command=f"c{number}", response="x" * 200_000)
        for number in range(120)
    ]
    fill(sqld.url, DATABASE_DDL["A"], {"history_global": rows})
    items = list(Server(sqld.url, None).items(now_ms=NOW_MS))
    assert sum(isinstance(item, Record) for item in items) == 120
    assert [type(item) for item in items[:2]] == [Person, Host]


def test_tokens_come_from_the_environment_and_are_never_shown(
    tmp_path: Path, jwt_keys: Keys
) -> None:
    with Sqld(tmp_path / "sqld", keys=jwt_keys) as server:
        token = jwt_keys.token()
        fill(server.url, DATABASE_DDL["A"], {"history_global": [event("history_global")]}, token)
        env = isolated_env(tmp_path) | {"OLD_TURSO_DATABASE_URL": server.url}
        done = run_cli(["history", "import", "--yes", "--json"], env, stdin="")
        assert done.code == 1
        assert "token" in done.json()["sources"][0]["error"]
        given = env | {"OLD_TURSO_AUTH_TOKEN": jwt_keys.token("ro")}
        done = run_cli(["history", "import", "--yes", "--json"], given, stdin="")
        assert (done.code, done.json()["sources"][0]["added"]) == (0, 1)
        assert given["OLD_TURSO_AUTH_TOKEN"] not in done.out + done.err
        with pytest.raises(PrimaryAuthError):
            list(Server(server.url, "wrong").items(now_ms=NOW_MS))


def test_another_database_is_refused_in_one_sentence(sqld: Sqld, tmp_path: Path) -> None:
    env = isolated_env(tmp_path)
    done = run_cli(["history", "import", sqld.url], env, stdin="")
    assert done.code == 1
    assert "no tables of the earlier program" in done.err


def test_a_server_that_is_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PAUSE_S", 0.01)
    with pytest.raises(PrimaryUnreachableError):
        list(Server(f"http://127.0.0.1:{free_port()}", None).items(now_ms=NOW_MS))
    with pytest.raises(PrimarySetupError):
        Server("libsql://name:secret@host", None)
