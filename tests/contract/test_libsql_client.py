"""The client of libSQL against the real server: results, refusals, tokens, transactions."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from ipcom_chat.errors import (
    PrimaryAuthError,
    PrimaryError,
    PrimaryReadOnlyError,
    PrimaryTooLargeError,
    PrimaryUnreachableError,
    StatementError,
)
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Result, Script, Statement
from tests.support.proxy import Proxy
from tests.support.sqld import Keys, Sqld

TABLE = Script(
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE NOT NULL CHECK (b <> 'x'));"
    "CREATE TRIGGER g BEFORE INSERT ON t WHEN new.b = 'boom'"
    " BEGIN SELECT RAISE(ABORT, 'no boom: please'); END;"
)
COUNT = Statement("SELECT count(*) FROM t")


def row(a: int, b: str | None) -> Statement:
    return Statement("INSERT INTO t VALUES (?, ?)", (a, b))


def many_rows(count: int) -> Statement:
    sql = (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT ?)"
        " SELECT hex(zeroblob(250)) FROM c"
    )
    return Statement(sql, (count,))


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with http_client(timeout_s=20) as client:
        yield client


@pytest.fixture
async def client(sqld: Sqld, http: httpx2.AsyncClient) -> Client:
    client = Client(sqld.url, token=None, http=http)
    await client.execute(TABLE)
    return client


async def count(client: Client) -> int:
    ((number,),) = (await client.execute(COUNT))[0].rows
    assert isinstance(number, int)
    return number


# --- statements and their results ---


async def test_values_come_back_as_they_went(client: Client) -> None:
    values = (None, -(2**63), 2**63 - 1, 0.1, -0.0, "ação\x00😀\u202e", b"", b"\x00\xff", "12", "")
    marks = ", ".join("?" * len(values))
    (result,) = await client.execute(Statement(f"SELECT {marks}", values))
    assert [repr(value) for value in result.rows[0]] == [repr(value) for value in values]


async def test_results_come_in_the_order_of_the_statements(client: Client) -> None:
    inserted, nothing, rows = await client.execute(
        Statement("INSERT INTO t VALUES (1, 'a'), (2, 'b') RETURNING a AS id"),
        Script("INSERT INTO t VALUES (3, 'c'); INSERT INTO t VALUES (4, 'd')"),
        Statement("SELECT a, b FROM t WHERE a > ? ORDER BY a", (2,)),
    )
    assert inserted == Result(("id",), [(1,), (2,)], 2)
    assert nothing == Result()
    assert rows.rows == [(3, "c"), (4, "d")]


async def test_thousands_of_rows(client: Client) -> None:
    (result,) = await client.execute(many_rows(5000))
    assert len(result.rows) == 5000
    assert result.rows[-1] == ("00" * 250,)


@pytest.mark.parametrize(
    ("statement", "code", "reason"),
    [
        (row(2, "a"), "SQLITE_CONSTRAINT", "UNIQUE constraint failed: t.b"),
        (row(2, None), "SQLITE_CONSTRAINT", "NOT NULL constraint failed: t.b"),
        (row(2, "x"), "SQLITE_CONSTRAINT", "CHECK constraint failed: b <> 'x'"),
        (row(2, "boom"), "SQLITE_CONSTRAINT", "no boom: please"),
        (Statement("SELECT * FROM nope"), "SQLITE_UNKNOWN", "no such table: nope"),
        (Script("SELECT * FROM nope"), "SQLITE_UNKNOWN", "no such table: nope"),
        (Statement("SELECT nope"), "SQL_INPUT_ERROR", "no such column: nope"),
        (Statement("SELEC"), "SQL_PARSE_ERROR", "could not be parsed"),
        (Statement("SELECT 1; SELECT 2"), "SQL_MANY_STATEMENTS", "more than one statement"),
        (Statement("SELECT ?"), "ARGS_INVALID", "parameter 1 not found"),
    ],
)
async def test_a_refused_statement(
    client: Client, statement: Statement | Script, code: str, reason: str
) -> None:
    with pytest.raises(StatementError) as caught:
        await client.execute(row(1, "a"), statement)
    error = caught.value
    assert (error.sql_code, error.index, error.retryable) == (code, 1, False)
    assert reason in error.reason


async def test_each_statement_has_its_own_result_also_after_a_refused_one(client: Client) -> None:
    results = await client.pipeline(row(1, "a"), row(2, "a"), row(3, "c"))
    kinds = [type(result) for result in results]
    assert kinds == [Result, StatementError, Result]
    assert await count(client) == 2


async def test_calls_that_run_at_the_same_time(client: Client) -> None:
    calls = (client.execute(row(n, str(n)), COUNT) for n in range(200))
    await asyncio.gather(*calls)
    assert await count(client) == 200
    assert client.requests == 202


async def test_no_call_leaves_a_stream_behind(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    with Sqld(tmp_path / "few", "--max-concurrent-connections", "2") as server:
        client = Client(server.url, token=None, http=http)
        await client.execute(TABLE)
        for n in range(10):
            await client.execute(row(n, str(n)))
            await client.pipeline(row(n, "again"), Script("nonsense"))
            async with client.transaction() as transaction:
                await transaction.execute(COUNT)
            with pytest.raises(StatementError):
                async with client.transaction() as transaction:
                    await transaction.execute(row(n, "again"))
        assert await count(client) == 10


@pytest.mark.parametrize("is_here", [True, False])
async def test_what_was_sent_and_received_is_counted_as_on_the_wire(
    sqld: Sqld, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, *, is_here: bool
) -> None:
    if not is_here:
        monkeypatch.setattr("ipcom_chat.libsql.client.LOOPBACK", ())
    with Proxy(sqld.port) as proxy:
        client = Client(proxy.url, token=None, http=http)
        await client.execute(many_rows(2000))
        assert client.sent_bytes == proxy.up_bytes
        # The marks between the chunks of the body are not counted.
        assert 0.85 * proxy.down_bytes < client.received_bytes <= proxy.down_bytes
        # A megabyte, were it not compressed; to this machine that would only cost time.
        assert (client.received_bytes < 100_000) != is_here


# --- limits ---


async def test_an_answer_that_is_too_large(tmp_path: Path, http: httpx2.AsyncClient) -> None:
    with Sqld(tmp_path / "small", "--max-response-size", "20KB") as server:
        client = Client(server.url, token=None, http=http)
        with pytest.raises(PrimaryTooLargeError):
            await client.execute(many_rows(100))
        (result,) = await client.execute(many_rows(10))
        assert len(result.rows) == 10


async def test_an_argument_that_is_too_large(client: Client) -> None:
    with pytest.raises(PrimaryTooLargeError):
        await client.execute(Statement("SELECT length(?)", ("x" * 11_000_000,)))


async def test_too_many_requests_at_a_time_may_pass_by_itself(
    tmp_path: Path, http: httpx2.AsyncClient
) -> None:
    # With a limit of one, the server has no room at all.
    with Sqld(tmp_path / "narrow", "--max-concurrent-requests", "1") as server:
        client = Client(server.url, token=None, http=http)
        with pytest.raises(PrimaryUnreachableError, match="HTTP 429, Too many") as caught:
            await client.execute(Statement("SELECT 1"))
    assert caught.value.retryable


async def test_a_statement_that_cannot_get_the_lock_may_pass_by_itself(client: Client) -> None:
    link, address = client._link, client._address
    begin = [Statement("BEGIN"), COUNT]
    reply = await link.send(address, begin, close=False)
    await client.execute(row(1, "a"))  # the stream that has read cannot write any more
    reply = await link.send(address, [row(2, "b")], baton=reply.baton)
    (error,) = reply.results
    assert isinstance(error, StatementError)
    assert error.sql_code == "SQLITE_BUSY"
    assert isinstance(client.meaning(error), PrimaryUnreachableError)


# --- tokens ---


@pytest.fixture
def guarded(tmp_path: Path, jwt_keys: Keys) -> Iterator[Sqld]:
    with Sqld(tmp_path / "guarded", keys=jwt_keys) as server:
        yield server


async def test_a_token_that_may_write(
    guarded: Sqld, jwt_keys: Keys, http: httpx2.AsyncClient
) -> None:
    client = Client(guarded.url, token=jwt_keys.token(), http=http)
    await client.execute(TABLE, row(1, "a"))
    assert await count(client) == 1


async def test_a_token_that_may_only_read(
    guarded: Sqld, jwt_keys: Keys, http: httpx2.AsyncClient
) -> None:
    await Client(guarded.url, token=jwt_keys.token(), http=http).execute(TABLE)
    reader = Client(guarded.url, token=jwt_keys.token("ro"), http=http)
    assert await count(reader) == 0
    for request in (row(1, "a"), Script("CREATE TABLE u (a)")):
        with pytest.raises(PrimaryReadOnlyError):
            await reader.execute(COUNT, request)
    with pytest.raises(PrimaryReadOnlyError):
        async with reader.transaction() as transaction:
            await transaction.execute(row(1, "a"))


async def test_tokens_that_are_not_accepted(
    guarded: Sqld, jwt_keys: Keys, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    strangers = Keys(tmp_path / "strangers").token()
    for token in (None, "", "abc", strangers, jwt_keys.token(expires_in_s=-3600)):
        with pytest.raises(PrimaryAuthError) as caught:
            await Client(guarded.url, token=token, http=http).execute(Statement("SELECT 1"))
        assert not caught.value.retryable


async def test_the_token_stands_in_no_text(
    guarded: Sqld,
    jwt_keys: Keys,
    http: httpx2.AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    token = jwt_keys.token("ro")
    client = Client(guarded.url, token=token, http=http)
    texts = [repr(client), str(client), repr(http)]
    attempts = (Script("CREATE TABLE u (a)"), Statement(f"SELECT {token}"), Statement("SELECT 1"))
    for request in attempts:
        texts += [repr(error) for error in await _errors(client, request)]
    guarded.kill()
    texts += [repr(error) for error in await _errors(client, attempts[0])]
    assert token not in "\n".join([*texts, caplog.text])


async def _errors(client: Client, request: Statement | Script) -> list[BaseException]:
    """Return the error that a request ends with, and what led to it."""
    try:
        await client.execute(request)
    except PrimaryError as error:
        chain: list[BaseException] = [error]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
            chain.append(cause)
        return chain
    return []


async def test_a_database_that_was_made_read_only(sqld: Sqld, client: Client) -> None:
    sqld.block_writes()
    with pytest.raises(PrimaryReadOnlyError):
        await client.execute(row(1, "a"))
    assert await count(client) == 0
    sqld.block_writes(blocked=False)
    await client.execute(row(1, "a"))


# --- transactions ---


async def test_a_transaction_is_committed_as_a_whole(client: Client) -> None:
    async with client.transaction() as transaction:
        first, second = await transaction.execute(row(1, "a"), COUNT)
        await transaction.execute(row(2, "b"))
        assert await count(client) == 0
    assert (first.affected, second.rows) == (1, [(1,)])
    assert await count(client) == 2


async def test_an_error_of_the_caller_rolls_back(client: Client) -> None:
    async def work() -> None:
        async with client.transaction() as transaction:
            await transaction.execute(row(1, "a"))
            raise KeyError

    with pytest.raises(KeyError):
        await work()
    # The lock is free at once.
    await client.execute(row(2, "b"), timeout_s=2)
    assert await count(client) == 1


async def test_a_refused_statement_rolls_back_even_if_the_caller_holds_it_back(
    client: Client,
) -> None:
    async def work() -> None:
        async with client.transaction() as transaction:
            with pytest.raises(StatementError):
                await transaction.execute(row(1, "a"), row(2, "a"), row(3, "c"))
            with pytest.raises(StatementError):
                await transaction.execute(row(4, "d"))

    with pytest.raises(StatementError, match="UNIQUE") as caught:
        await work()
    assert caught.value.index == 1
    assert await count(client) == 0


async def test_a_cancelled_transaction_gives_the_lock_back(client: Client) -> None:
    inside = asyncio.Event()

    async def hold() -> None:
        async with client.transaction() as transaction:
            await transaction.execute(row(1, "a"))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await client.execute(row(2, "b"), timeout_s=2)
    assert await count(client) == 1


async def test_a_second_transaction_waits_for_the_first(client: Client) -> None:
    async with client.transaction() as first:
        with pytest.raises(PrimaryUnreachableError, match="too long"):
            async with client.transaction(timeout_s=0.3):
                pytest.fail("two hold the lock")
        await first.execute(row(1, "a"))
    assert await count(client) == 1


async def test_nothing_is_committed_once_the_server_took_the_lock_away(client: Client) -> None:
    async def work() -> None:
        async with client.transaction() as transaction:
            await transaction.execute(row(1, "a"))
            await client.execute(row(2, "b"))  # waits, then gets it after 5 s
            await transaction.execute(row(3, "c"), row(4, "d"))

    with pytest.raises(PrimaryUnreachableError, match="timed out"):
        await work()
    (result,) = await client.execute(Statement("SELECT a FROM t"))
    assert result.rows == [(2,)]


async def test_a_transaction_whose_server_dies(sqld: Sqld, client: Client) -> None:
    async def work() -> None:
        async with client.transaction() as transaction:
            await transaction.execute(row(1, "a"))
            sqld.kill()
            await transaction.execute(row(2, "b"))

    with pytest.raises(PrimaryUnreachableError):
        await work()
    sqld.restart()
    assert await count(client) == 0


async def test_a_stream_goes_on_where_the_server_wants_it_on_the_same_host_only(
    tmp_path: Path, sqld: Sqld, http: httpx2.AsyncClient
) -> None:
    with Proxy(sqld.port) as elsewhere:
        for host, expected in (("127.0.0.1", 1), ("localhost", 0)):
            before = elsewhere.accepted
            other = f"http://{host}:{elsewhere.port}"
            with Sqld(tmp_path / host, "--http-self-url", other) as server:
                client = Client(server.url, token=None, http=http)
                # The other server does not know the stream of this one.
                failures = 0
                try:
                    async with client.transaction() as transaction:
                        await transaction.execute(Statement("SELECT 1"))
                except PrimaryUnreachableError:
                    failures = 1
            assert (elsewhere.accepted - before, failures) == (expected, expected)


# --- a server that goes and comes ---


async def test_a_server_that_was_killed_and_started_again(sqld: Sqld, client: Client) -> None:
    await client.execute(row(1, "a"))
    sqld.kill()
    with pytest.raises(PrimaryUnreachableError):
        await client.execute(COUNT)
    sqld.restart()
    assert await count(client) == 1


async def test_a_server_that_hangs(sqld: Sqld, client: Client) -> None:
    sqld.pause()
    with pytest.raises(PrimaryUnreachableError, match="too long"):
        await client.execute(COUNT, timeout_s=0.3)
    sqld.resume()
    assert await count(client) == 0


async def test_a_replica_passes_writes_on_and_reads_alone(
    tmp_path: Path, http: httpx2.AsyncClient
) -> None:
    with (
        Sqld(tmp_path / "primary", feeds_replicas=True) as primary,
        Sqld(tmp_path / "replica", primary=primary) as replica,
    ):
        await Client(primary.url, token=None, http=http).execute(TABLE)
        client = Client(replica.url, token=None, http=http)
        await client.execute(row(1, "a"))
        with pytest.raises(StatementError) as caught:
            await client.execute(row(2, "a"))
        assert caught.value.sql_code == "SQLITE_CONSTRAINT"
        primary.block_writes()
        with pytest.raises(PrimaryReadOnlyError):
            await client.execute(row(3, "c"))
        primary.kill()
        await client.execute(Statement("SELECT 1"))
        with pytest.raises(PrimaryUnreachableError):
            await client.execute(row(3, "c"), timeout_s=0.5)
