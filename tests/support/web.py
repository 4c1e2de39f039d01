"""The dashboard for tests: in this process behind a client, or as the real program."""

import re
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import httpx2

from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.settings import load
from ipcom_chat.web.app import Pages
from ipcom_chat.web.guard import Guard
from ipcom_chat.web.reading import Reader, shown_scope
from ipcom_chat.web.tokens import Token
from tests.support.cli import PROGRAM

_FORM = re.compile(r'name="form" value="([0-9a-f]{64})"')


class Site(httpx2.AsyncClient):
    """A client of the dashboard."""

    pages: Pages

    async def secret(self, path: str) -> str:
        """Return what a form on a page has to bring along."""
        found = _FORM.search((await self.get(path)).text)
        assert found is not None
        return found[1]


@asynccontextmanager
async def site(
    env: Mapping[str, str], token: Token | None = None, *, is_own: bool = True
) -> AsyncIterator[Site]:
    """Give a client of the dashboard over the replica of an environment."""
    runtime, storage = Runtime(load(env)), StorageThread()
    scope = shown_scope(runtime, is_named=False, is_owner=token is None)
    pages = Pages(Reader(runtime, storage, scope), token, runtime.clock)
    names = frozenset({"localhost", "chat.example"})
    guard = Guard(pages.app(), token, names, lambda _client, _server: is_own, runtime.clock)
    transport = httpx2.ASGITransport(app=guard)
    try:
        async with Site(transport=transport, base_url="http://localhost") as client:
            client.pages = pages
            yield client
    finally:
        storage.close()
        runtime.close()


@contextmanager
def running(env: Mapping[str, str], *argv: str) -> "Iterator[tuple[str, subprocess.Popen[str]]]":
    """Start the program; give its address and its process, which has ended afterwards."""
    process = subprocess.Popen(
        [*PROGRAM, "web", "--port", "0", "--no-open", *argv], env=dict(env), text=True,
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"http://[^ ;]+", said)
        assert found is not None, said + process.stderr.read()
        yield found[0], process
    finally:
        process.terminate()
        process.wait(30)
        assert process.stderr is not None
        process.stderr.close()
