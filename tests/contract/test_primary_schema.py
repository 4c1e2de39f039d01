"""The schema of the primary on the real server: it installs, merges, refuses and finds rows there.

Its SQLite is older than the one in this process, and it parses SQL before SQLite does.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest_asyncio
from hypothesis import HealthCheck, given, settings

from ipcom_chat.errors import StatementError
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Script, Statement
from ipcom_chat.schema import migrations
from ipcom_chat.sync.protocol import PROTOCOL
from tests.support.plan_queries import QUERIES, check_plan
from tests.support.primary import NEW_META, NEW_MIGRATION
from tests.support.replica import NOW_MS
from tests.support.sqld import Sqld
from tests.support.versions import (
    EPOCH,
    READ_ALL,
    Model,
    Push,
    an_entry_row,
    changed,
    pushes,
    read,
    statement_of,
)

CLEAR = tuple(
    Statement(f"DELETE FROM {table}", want_rows=False)
    for table in ("entries", "users", "machines", "sessions", "votes", "sync_commits")
)
RESET_COUNTER = Statement("UPDATE sync_counter SET n = 0", want_rows=False)
USER_CHANGE = (
    "INSERT INTO user_change (protocol, epoch, nonce, wanted, id, username, name, email, "
    "is_active, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


async def _install(client: Client) -> None:
    for step in migrations("primary"):
        await client.execute(
            Script(step.sql), Statement(NEW_MIGRATION, (step.number, step.name, 0))
        )
    await client.execute(Statement(NEW_META, (EPOCH, 0)))


@pytest_asyncio.fixture
async def client(sqld: Sqld) -> AsyncIterator[Client]:
    """Give a client of a server with our schema."""
    async with http_client(timeout_s=30) as http:
        found = Client(sqld.url, token=None, http=http)
        await _install(found)
        yield found


async def _refusal(client: Client, statement: Statement) -> str:
    dump = (Statement(READ_ALL), Statement("SELECT n, nonce FROM sync_state"))
    before = await client.execute(*dump)
    (result,) = await client.pipeline(statement)
    assert isinstance(result, StatementError)
    assert await client.execute(*dump) == before
    return result.reason


async def test_the_guards_refuse_with_their_own_words_and_leave_nothing(client: Client) -> None:
    push = Push([an_entry_row()])
    await client.execute(statement_of(push))
    later = Push([an_entry_row(version=2)])
    other = await _refusal(client, statement_of(later, epoch="epoch-2"))
    older = await _refusal(client, statement_of(later, anchor_n=1, anchor_nonce="other"))
    await client.execute(Statement("UPDATE sync_meta SET min_protocol = ?", (PROTOCOL + 1,)))
    old = await _refusal(client, statement_of(later))
    words = ["epoch", "timeline", "protocol"]
    assert [other, older, old] == [f"ipcom-chat: {word}" for word in words]


async def test_a_row_that_is_not_allowed_refuses_the_whole_push(client: Client) -> None:
    good = an_entry_row()
    bad = changed(good, id="x" * 36, completed_at=None)
    assert "CHECK" in await _refusal(client, statement_of(Push([good, bad])))
    await client.execute(statement_of(Push([good])))


async def test_users_are_decided_by_the_primary(client: Client) -> None:
    def change(wanted: str, name: str, email: str) -> Statement:
        user = (f"id of {name}", name, name, email, None, NOW_MS)
        return Statement(USER_CHANGE, (PROTOCOL, EPOCH, "user", wanted, *user))

    await client.execute(change("absent", "ana", "ana@example.com"))
    words = [
        await _refusal(client, change("absent", "ana", "other@example.com")),
        await _refusal(client, change("absent", "rui", "ANA@example.com")),
        await _refusal(client, change("present", "rui", "rui@example.com")),
    ]
    assert words == [f"ipcom-chat: {word}" for word in ("username", "email", "unknown user")]


async def test_rows_are_found_by_an_index_and_come_in_its_order(client: Client) -> None:
    """The arms of the view are merged; were they sorted, every pull would read every entry."""
    for query in QUERIES.values():
        sql, args = query.statement.sql, query.statement.args
        (plan,) = await client.execute(Statement(f"EXPLAIN QUERY PLAN {sql}", args))
        check_plan(query, plan.rows)


def test_the_server_merges_as_python_does(sqld: Sqld) -> None:
    with asyncio.Runner() as runner:

        def run(work: Coroutine[Any, Any, Any]) -> Any:
            return runner.run(work)

        http = http_client(timeout_s=30)
        client = Client(sqld.url, token=None, http=http)
        run(_install(client))

        # One server and one connection for all examples.
        @given(history=pushes(most=6))
        @settings(max_examples=30, suppress_health_check=list(HealthCheck))
        def merges(history: list[Push]) -> None:
            model = Model()
            requests = [statement_of(push, str(number)) for number, push in enumerate(history)]
            for push in history:
                model.push(push)
            *_done, held = run(
                client.execute(*CLEAR, RESET_COUNTER, *requests, Statement(READ_ALL))
            )
            assert read(held.rows) == model.rows

        try:
            merges()
        finally:
            run(http.aclose())
