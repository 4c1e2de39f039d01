"""The earlier program's shared database on its server: asked over the network, never written to."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ipcom_chat.errors import PrimaryUnreachableError
from ipcom_chat.imports import old_database
from ipcom_chat.imports.records import Form, Items
from ipcom_chat.imports.sqlite import tables_of
from ipcom_chat.libsql.address import Address
from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Statement

TIMEOUT_S = 30.0
TRIES = 4
PAUSE_S = 0.5
"""Before the second try; each further one waits twice as long."""


class ServerQueries:
    """Asks a libSQL server; only SELECTs are ever sent."""

    def __init__(self, runner: asyncio.Runner, client: Client) -> None:
        self._runner = runner
        self._client = client

    def rows(self, sql: str, bindings: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """See `Queries`."""
        yield from self._runner.run(self._answer(Statement(sql, tuple(bindings))))

    async def _answer(self, statement: Statement) -> list[tuple[Any, ...]]:
        for attempt in range(TRIES - 1):
            with suppress(PrimaryUnreachableError):
                return (await self._client.execute(statement))[0].rows
            await asyncio.sleep(PAUSE_S * 2**attempt)
        return (await self._client.execute(statement))[0].rows


@contextmanager
def asking(url: str, token: str | None) -> Iterator[ServerQueries]:
    """Give a server to ask.

    Raises:
        PrimarySetupError: the address or the token cannot be used.
    """
    with asyncio.Runner() as runner:
        http = http_client(timeout_s=TIMEOUT_S)
        try:
            yield ServerQueries(runner, Client(url, token=token, http=http))
        finally:
            runner.run(http.aclose())


class Server:
    """A server as a source.

    Raises:
        PrimarySetupError: the address cannot be used.
    """

    form = Form.OLD_DATABASE

    def __init__(self, url: str, token: str | None) -> None:
        self.place = Address.parse(url).shown
        self._url = url
        self._token = token

    def items(self, *, now_ms: int) -> Items:
        """Yield users, machines and events.

        Raises:
            ImportSourceError: it is not the earlier program's database.
            PrimaryError: it does not answer, or not with this token.
        """
        with asking(self._url, self._token) as queries:
            old_database.check(tables_of(queries), self.place)
            yield from old_database.shared(queries, now_ms=now_ms)
