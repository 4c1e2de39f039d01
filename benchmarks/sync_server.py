"""A real primary to measure against: `sqld` on loopback with the schema of the primary."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ipcom_chat.libsql.client import Client, http_client
from ipcom_chat.libsql.hrana import Script, Statement
from ipcom_chat.schema import migrations
from tests.support.primary import NEW_META, NEW_MIGRATION
from tests.support.sqld import Sqld

OPTIONS = ("--max-concurrent-connections", "1", "--max-concurrent-requests", "1024")
"""One connection to the file instead of 128: requests queue before they take it, and nothing ever
waits for the write lock, whose queue stalls under load. See docs/self-hosted.md."""


@contextmanager
def primary(place: Path, options: tuple[str, ...] = OPTIONS) -> Iterator[Sqld]:
    """Give a server with an empty, prepared database."""
    with Sqld(place / "sqld", *options) as server:
        asyncio.run(prepare(server.url))
        yield server


async def prepare(url: str) -> None:
    """Create the schema of the primary in an empty database."""
    async with http_client(timeout_s=60) as http:
        client = Client(url, token=None, http=http)
        for step in migrations("primary"):
            await client.execute(
                Script(step.sql), Statement(NEW_MIGRATION, (step.number, step.name, 0))
            )
        await client.execute(Statement(NEW_META, ("epoch-of-the-benchmark", 0)))


def select(url: str, sql: str) -> list[list[Any]]:
    """Return the rows of a statement, asked for over plain HTTP without the code under test."""
    body = {
        "requests": [{"type": "execute", "stmt": {"sql": sql}}, {"type": "close"}],
    }
    request = urllib.request.Request(
        f"{url}/v2/pipeline", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    while True:
        with suppress(urllib.error.HTTPError):  # 429 while the server is busy
            with urllib.request.urlopen(request, timeout=60) as answer:
                result = json.load(answer)["results"][0]
            rows = result["response"]["result"]["rows"]
            return [[cell.get("value") for cell in row] for row in rows]
        time.sleep(0.05)
