"""What an administrator does with the primary, against the real server."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import apsw
import httpx2
import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.errors import (
    PrimaryAuthError,
    PrimaryForeignError,
    PrimaryReadOnlyError,
    PrimarySetupError,
    PrimaryUnreachableError,
    PrimaryVersionError,
)
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Script, Statement, Value
from ipcom_chat.schema import Migration, latest, migrations
from ipcom_chat.sync import server, server_verify
from ipcom_chat.sync.protocol import PROTOCOL
from ipcom_chat.sync.server import init, migrate, status
from ipcom_chat.sync.server_verify import Problem, verify
from ipcom_chat.sync.target import Target
from tests.support.sqld import Keys, Sqld, free_port

CLOCK = SystemClock()
NEWEST = latest("primary")
OBJECTS = Statement("SELECT type, name FROM sqlite_schema ORDER BY type, name")
PUSH = Statement(
    "INSERT INTO sync_push SELECT 1, epoch, NULL, NULL, 'nonce', 0, ?, '[]', '[]', '[]', '[]'"
    " FROM sync_meta"
)
TWIN_USERS = (
    "INSERT INTO users VALUES ('a', 'a', 'a', 'a', 1, 0, 0, 1), ('b', 'b', 'b', 'b', 1, 0, 0, 1)"
)
OLD_SCHEMA = Script(
    "CREATE TABLE users (id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))), username TEXT);"
    "CREATE TABLE history_global (id TEXT PRIMARY KEY, command TEXT NOT NULL);"
    "CREATE TABLE command_cache (command_hash TEXT PRIMARY KEY, command TEXT NOT NULL);"
)


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with http_client(timeout_s=20) as client:
        yield client


@pytest.fixture
async def empty(sqld: Sqld, http: httpx2.AsyncClient) -> Client:
    return Client(sqld.url, token=None, http=http)


@pytest.fixture
async def primary(empty: Client) -> Client:
    await init(empty, CLOCK)
    return empty


async def objects(client: Client) -> list[tuple[Value, ...]]:
    return (await client.execute(OBJECTS))[0].rows


async def write(client: Client, *statements: str) -> None:
    await client.execute(*(Statement(sql) for sql in statements))


async def push_one(client: Client, created_at: int = 1_000) -> None:
    row = (
        f'["{"0" * 36}","question",null,null,"global","test",0,null,"root","m","r",null,"c","a",'
        f'"completed",null,"[]","{{}}",null,null,null,null,null,0,null,null,0,0,1,1,{created_at},'
        f"{created_at},{created_at},null]"
    )
    await client.execute(Statement(PUSH.sql, (f"[{row}]",)))


# init


async def test_an_empty_database_is_prepared_once(empty: Client) -> None:
    first = await init(empty, CLOCK)
    made = await objects(empty)
    second = await init(empty, CLOCK)
    assert (first.is_new, second.is_new) == (True, False)
    assert (first.schema, second.schema) == (NEWEST, NEWEST)
    assert first.epoch == second.epoch
    assert len(first.epoch) == 32
    assert await objects(empty) == made
    assert (await verify(empty)).problems == ()


async def test_two_administrators_at_once_prepare_one_database(empty: Client) -> None:
    done = await asyncio.gather(*(init(empty, CLOCK) for _ in range(5)))
    assert sorted(each.is_new for each in done) == [False] * 4 + [True]
    assert len({each.epoch for each in done}) == 1
    assert (await verify(empty)).problems == ()


async def test_two_new_databases_have_different_epochs(
    tmp_path: Path, http: httpx2.AsyncClient
) -> None:
    epochs = set()
    for name in ("one", "two"):
        with Sqld(tmp_path / name) as sqld:
            epochs.add((await init(Client(sqld.url, token=None, http=http), CLOCK)).epoch)
    assert len(epochs) == 2


async def test_a_step_that_fails_leaves_an_empty_database(
    empty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*migrations("primary"), Migration(NEWEST + 1, "broken", "CREATE TABLE x (a NOTYPE("))
    monkeypatch.setattr(server, "migrations", lambda _database: broken)
    with pytest.raises(PrimarySetupError, match=r"does not understand the schema: .*upgrade"):
        await init(empty, CLOCK)
    assert await objects(empty) == []


async def test_the_tables_of_the_earlier_program_are_refused(empty: Client) -> None:
    await empty.execute(OLD_SCHEMA)
    before = await objects(empty)
    for act in (init(empty, CLOCK), migrate(empty, CLOCK), status(empty, CLOCK), verify(empty)):
        with pytest.raises(PrimaryForeignError) as caught:
            await act
        assert "earlier program (command_cache, history_global)" in str(caught.value)
        assert "new, empty database" in str(caught.value)
    assert await objects(empty) == before


async def test_tables_of_others_are_refused(empty: Client) -> None:
    await write(empty, *(f"CREATE TABLE t{number} (a)" for number in range(6)))
    for act in (init(empty, CLOCK), migrate(empty, CLOCK), status(empty, CLOCK), verify(empty)):
        with pytest.raises(PrimaryForeignError, match=r"\(t0, t1, t2, t3, …\)"):
            await act
    assert len(await objects(empty)) == 6


async def test_a_view_alone_is_not_an_empty_database(empty: Client) -> None:
    await write(empty, "CREATE VIEW theirs AS SELECT 1")
    with pytest.raises(PrimaryForeignError, match="theirs"):
        await init(empty, CLOCK)


async def test_a_database_that_was_not_prepared_is_told_with_the_remedy(empty: Client) -> None:
    for act in (migrate(empty, CLOCK), status(empty, CLOCK), verify(empty)):
        with pytest.raises(PrimaryForeignError, match="'ipcom-chat server init'"):
            await act


# migrate


@pytest.fixture
def next_step(monkeypatch: pytest.MonkeyPatch) -> Migration:
    """Make this program one that has a migration more."""
    step = Migration(NEWEST + 1, "next", "CREATE TABLE next_one (a INTEGER) STRICT")
    steps = (*migrations("primary"), step)
    for module in (server, server_verify):
        monkeypatch.setattr(module, "migrations", lambda _database: steps)
    monkeypatch.setattr(server, "latest", lambda _database: len(steps))
    return step


async def test_the_newest_schema_stays_as_it_is(primary: Client) -> None:
    done = await migrate(primary, CLOCK)
    assert (done.before, done.after) == (NEWEST, NEWEST)


async def test_a_new_step_is_applied_once_however_many_ask(
    primary: Client, request: pytest.FixtureRequest
) -> None:
    epoch = (await status(primary, CLOCK)).epoch
    request.getfixturevalue("next_step")
    assert (await status(primary, CLOCK)).newest_schema == NEWEST + 1
    done = await asyncio.gather(*(migrate(primary, CLOCK) for _ in range(4)))
    assert {each.after for each in done} == {NEWEST + 1}
    found = await status(primary, CLOCK)
    assert (found.schema, found.epoch) == (NEWEST + 1, epoch)
    assert (await verify(primary)).problems == ()
    assert (await init(primary, CLOCK)).is_new is False


async def test_a_step_that_fails_leaves_neither_itself_nor_its_record(
    primary: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "CREATE TABLE half (a INTEGER); INSERT INTO nowhere VALUES (1);"
    steps = (*migrations("primary"), Migration(NEWEST + 1, "broken", sql))
    with monkeypatch.context() as patch:
        patch.setattr(server, "migrations", lambda _database: steps)
        patch.setattr(server, "latest", lambda _database: len(steps))
        with pytest.raises(PrimarySetupError):
            await migrate(primary, CLOCK)
    assert ("table", "half") not in await objects(primary)
    assert (await verify(primary)).problems == ()


async def test_a_database_of_a_newer_program_is_left_alone(primary: Client) -> None:
    await write(primary, f"INSERT INTO schema_migrations VALUES ({NEWEST + 1}, 'later', 0)")
    for act in (init(primary, CLOCK), migrate(primary, CLOCK), verify(primary)):
        with pytest.raises(PrimaryVersionError, match=r"newer ipcom-chat.*upgrade ipcom-chat"):
            await act
    assert (await status(primary, CLOCK)).schema == NEWEST + 1  # looking is possible


async def test_a_database_that_needs_a_newer_protocol_is_left_alone(primary: Client) -> None:
    await write(primary, f"UPDATE sync_meta SET min_protocol = {PROTOCOL + 1}")
    for act in (init(primary, CLOCK), migrate(primary, CLOCK), status(primary, CLOCK)):
        with pytest.raises(PrimaryVersionError, match="upgrade ipcom-chat"):
            await act


# status


async def test_the_status_counts(primary: Client) -> None:
    await push_one(primary, created_at=1_234)
    await write(
        primary,
        "INSERT INTO heartbeats VALUES ('m', 'now', 'h', unixepoch() * 1000, '1', 0, 0, 0)",
        "INSERT INTO heartbeats VALUES ('m', 'old', 'h', 1000, '1', 0, 0, 0)",
    )
    found = await status(primary, CLOCK)
    assert (found.entries, found.users, found.counter, found.replicas_seen) == (1, 0, 1, 1)
    assert (found.oldest_at, found.newest_at, found.open_requests) == (1_234, 1_234, 0)
    assert found.schema == found.newest_schema == NEWEST
    assert found.size_bytes is not None
    assert found.size_bytes > 50_000
    assert abs(found.clock_difference_ms) < 5_000
    assert found.round_trip_ms > 0


class _FastClock(SystemClock):
    """A clock that is a day ahead."""

    def now_ms(self) -> int:
        return super().now_ms() + 86_400_000


async def test_a_clock_that_is_a_day_ahead_is_seen(primary: Client) -> None:
    found = await status(primary, _FastClock())
    assert abs(found.clock_difference_ms - 86_400_000) < 5_000


async def test_a_part_that_is_missing_is_told(primary: Client) -> None:
    await write(primary, "DROP TABLE votes")
    with pytest.raises(PrimaryForeignError, match="server verify"):
        await status(primary, CLOCK)
    await write(primary, "DELETE FROM sync_meta")
    with pytest.raises(PrimaryForeignError, match="server verify"):
        await init(primary, CLOCK)


# verify


async def problems_of(client: Client) -> list[str]:
    return [f"{each.check}: {each.detail}" for each in (await verify(client)).problems]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("DROP VIEW sync_state", "schema: view sync_state is missing"),
        ("DROP INDEX entries_by_scope", "schema: index entries_by_scope is missing"),
        ("DROP TRIGGER sync_push_merge", "schema: trigger sync_push_merge is missing"),
        ("DROP TABLE heartbeats", "schema: table heartbeats is missing"),
        (
            "CREATE TRIGGER theirs AFTER INSERT ON users BEGIN SELECT 1; END",
            "schema: trigger theirs is not one of ours, and changes what is written",
        ),
        (
            "ALTER TABLE users ADD COLUMN password TEXT",
            "schema: table users is not what the migrations make",
        ),
        ("DELETE FROM sync_meta", "state: sync_meta has 0 rows, not one"),
        ("DELETE FROM sync_counter", "state: sync_counter has 0 rows, not one"),
        ("DELETE FROM schema_migrations", "migrations: the record of the migrations is not"),
        ("UPDATE sync_counter SET n = 0", "revs: entries: revs go from 1 to 1, the counter is 0"),
        ("UPDATE sync_counter SET n = 9", "commits: the counter is 9, the newest push ends at 1"),
        ("DELETE FROM sync_commits", "commits: the counter is 1, the newest push ends at 0"),
        (
            TWIN_USERS,
            "revs: users: revs that occur twice: 1",
        ),
        (
            "INSERT INTO sync_commits VALUES (5, 3, 'x', 0, 0)",
            "commits: gaps or overlaps in the list of pushes: 1",
        ),
    ],
)
async def test_each_kind_of_damage_is_found(primary: Client, damage: str, problem: str) -> None:
    await push_one(primary)
    assert await problems_of(primary) == []
    await write(primary, damage)
    assert problem in " | ".join(await problems_of(primary))


async def test_what_an_administrator_adds_is_no_damage(primary: Client) -> None:
    await write(
        primary,
        "CREATE TABLE notes (a TEXT)",
        "CREATE TRIGGER of_theirs AFTER INSERT ON notes BEGIN SELECT 1; END",
        "CREATE VIEW seen AS SELECT * FROM heartbeats",
        "CREATE INDEX faster ON entries (model)",
    )
    assert await problems_of(primary) == []


async def test_damaged_pages_are_found(sqld: Sqld, primary: Client) -> None:
    await push_one(primary)
    sqld.stop()
    (file,) = sqld.folder.glob("data.sqld/dbs/default/data")
    database = apsw.Connection(str(file))
    database.execute("PRAGMA ignore_check_constraints = ON")
    database.execute("UPDATE entries SET mode = 'nowhere'")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    sqld.start()
    found = await verify(primary)
    assert found.problems == (
        Problem(check="integrity", detail="CHECK constraint failed in entries"),
    )


@pytest.mark.parametrize("place", ["entries", "entries_by_scope", "sync_meta"])
async def test_pages_that_cannot_be_read_are_a_finding(
    sqld: Sqld, primary: Client, place: str
) -> None:
    await push_one(primary)
    sqld.stop()
    (file,) = sqld.folder.glob("data.sqld/dbs/default/data")
    database = apsw.Connection(str(file))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ((root,),) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (place,))
    database.close()
    with file.open("r+b") as pages:
        pages.seek((root - 1) * 4096)
        pages.write(bytes(200))
    sqld.start()
    problems = (await verify(primary)).problems
    assert Problem(check="integrity", detail="database disk image is malformed") in problems


async def test_pushes_meanwhile_look_like_no_damage(primary: Client) -> None:
    async def push() -> None:
        for _ in range(40):
            await push_one(primary)

    pushing = asyncio.create_task(push())
    while not pushing.done():
        assert await problems_of(primary) == []
    await pushing


# tokens, servers


async def test_a_token_that_may_only_read_looks_and_does_not_prepare(
    tmp_path: Path, jwt_keys: Keys, http: httpx2.AsyncClient
) -> None:
    with Sqld(tmp_path / "sqld", keys=jwt_keys) as sqld:
        reader = Client(sqld.url, token=jwt_keys.token("ro"), http=http)
        with pytest.raises(PrimaryReadOnlyError, match="token that may write"):
            await init(reader, CLOCK)
        assert await objects(reader) == []
        await init(Client(sqld.url, token=jwt_keys.token("rw"), http=http), CLOCK)
        assert (await init(reader, CLOCK)).is_new is False
        assert (await migrate(reader, CLOCK)).after == NEWEST
        assert (await status(reader, CLOCK)).entries == 0
        assert (await verify(reader)).problems == ()


async def test_a_wrong_token_is_told(tmp_path: Path, jwt_keys: Keys) -> None:
    other = Keys(tmp_path / "other")
    acts: tuple[Callable[[Client], Awaitable[object]], ...] = (
        lambda client: init(client, CLOCK),
        lambda client: status(client, CLOCK),
        verify,
    )
    with Sqld(tmp_path / "sqld", keys=jwt_keys) as sqld:
        for token in (None, other.token(), jwt_keys.token(expires_in_s=-3600)):
            target = Target(urls=(sqld.url,), token=token)
            for act in acts:
                # A connection each: the server closes it after its refusal.
                with pytest.raises(PrimaryAuthError, match="TURSO_AUTH_TOKEN"):
                    await server.administer(target, act)


async def test_nobody_listens(http: httpx2.AsyncClient) -> None:
    client = Client(f"http://127.0.0.1:{free_port()}", token=None, http=http)
    for act in (init(client, CLOCK), migrate(client, CLOCK), status(client, CLOCK), verify(client)):
        with pytest.raises(PrimaryUnreachableError):
            await act


class _Page(BaseHTTPRequestHandler):
    """A server that shows a page to whatever is asked."""

    def do_POST(self) -> None:
        body = b"<html>please log in</html>"
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def page_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Page) as page:
        thread = threading.Thread(target=page.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{page.server_port}"
        page.shutdown()
        thread.join()


async def test_a_page_is_no_primary(page_url: str, http: httpx2.AsyncClient) -> None:
    with pytest.raises(PrimarySetupError, match="not a libSQL server"):
        await init(Client(page_url, token=None, http=http), CLOCK)


async def test_only_the_first_address_is_administered(
    tmp_path: Path, sqld: Sqld, http: httpx2.AsyncClient
) -> None:
    with Sqld(tmp_path / "other") as other:
        target = Target(urls=(sqld.url, other.url), read_url=other.url)
        done = await server.administer(target, lambda client: init(client, CLOCK))
        assert done.host == f"127.0.0.1:{sqld.port}"
        assert await objects(Client(other.url, token=None, http=http)) == []


async def test_what_a_server_does_not_allow_is_left_out(
    primary: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_SIZE", "SELECT * FROM dbstat_of_nobody")
    monkeypatch.setattr(server_verify, "_INTEGRITY", "SELECT * FROM dbstat_of_nobody")
    assert (await status(primary, CLOCK)).size_bytes is None
    found = await verify(primary)
    assert (found.problems, found.skipped) == ((), ("integrity",))
