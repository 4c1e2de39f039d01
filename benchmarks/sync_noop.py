"""What synchronisation costs when there is nothing to do, at the first start, and in a chat.

- *no-op*: `Engine.exchange` with nothing to carry, on loopback: time, requests, bytes.
- *first sync*: an empty replica and a primary with a long history: time until its newest page can
  be read, and until all of it can. It is measured while another thread asks the replica.
- *chat turn*: two chats take turns in one process, one without a primary, one that synchronises in
  its background thread as the program does, through a proxy that adds 150 ms each way. A scripted
  assistant answers; a turn lasts from the question to its stored answer. The proxy has a process
  of its own. `difference` is the median over pairs of turns.

    python -m benchmarks.sync_noop --entries 100000 --turns 60

The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.percentiles import percentiles
from benchmarks.places import folder
from benchmarks.sync_bulk import an_engine, carry, fill
from benchmarks.sync_server import primary, select
from ipcom_chat import settings
from ipcom_chat.assistant.base import AssistantEvent, Question, TextDelta, Turn
from ipcom_chat.i18n import Language
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.storage.replica import Replica, open_replica
from ipcom_chat.sync.primary import Primary
from ipcom_chat.sync.target import Target
from tests.support.proxy import Faults, Proxy
from tests.support.sqld import Sqld

EXCHANGES = 300
DELAY_S = 0.150
PAUSE_S = 1.6
"""At most so long between two turns: a push begins about a second after a save."""
WARM_UP = 3

_context = get_context("spawn")


async def noop(place: Path, url: str) -> dict[str, float]:
    """Return what an exchange costs that has nothing to carry."""
    replica, link = open_replica(place / "noop" / "h.db", now_ms=1), Primary(Target(urls=(url,)))
    engine = an_engine(replica, link, 1)
    await engine.cycle()
    before, times = link.traffic, []
    for _exchange in range(EXCHANGES):
        start = time.perf_counter()
        await engine.exchange()
        times.append((time.perf_counter() - start) * 1000)
    used = [(new - old) / EXCHANGES for new, old in zip(link.traffic, before, strict=True)]
    await link.close()
    replica.close()
    figures = percentiles(times, 0.5, 0.95)
    return {f"{name}_ms": value for name, value in figures.items()} | {
        "requests": used[0],
        "sent_bytes": round(used[1]),
        "received_bytes": round(used[2]),
    }


def first_sync(place: Path, url: str, entries: int) -> dict[str, float]:
    """Return how soon an empty replica has something, and everything."""
    source = open_replica(place / "full" / "h.db", now_ms=1)
    fill(source, entries)
    asyncio.run(carry(source, url, 1))
    newest = source.database.row("SELECT id FROM entries ORDER BY created_at DESC LIMIT 1")
    source.close()
    path = place / "new" / "h.db"
    open_replica(path, now_ms=1).close()
    start = time.perf_counter()
    process = _context.Process(target=_pull, args=(path, url))
    process.start()
    reader = open_replica(path, now_ms=1)
    page_s = _until(reader, "SELECT count(*) FROM entries WHERE id = ?", newest or (), 1) - start
    all_s = _until(reader, "SELECT count(*) FROM entries", (), entries) - start
    process.join()
    reader.close()
    return {"entries": entries, "newest_page_s": round(page_s, 2), "all_s": round(all_s, 2)}


def _pull(path: Path, url: str) -> None:
    replica = open_replica(path, now_ms=1)
    asyncio.run(carry(replica, url, 2))
    replica.close()


def _until(replica: Replica, sql: str, bindings: tuple[Any, ...], wanted: int) -> float:
    while replica.database.number(sql, bindings) < wanted:
        time.sleep(0.02)
    return time.perf_counter()


class Scripted:
    """Answers at once, in pieces, as a model streams."""

    name = "scripted"

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        """Yield the answer."""
        for _piece in range(20):
            yield TextDelta(f"{question.text[:20]} ")
            await asyncio.sleep(0)

    def load(self) -> None:
        """Need nothing."""

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        """Say that it cannot."""
        del turns, language
        return None

    async def close(self) -> None:
        """Keep nothing."""


class Chat:
    """A chat as the program opens it, without a screen."""

    def __init__(self, home: Path, url: str | None) -> None:
        home.mkdir()
        environment = {"HOME": str(home)} | ({"TURSO_DATABASE_URL": url} if url else {})
        self._runtime = Runtime(settings.load(environment))
        self._runtime.begin_session()
        self._thread = StorageThread()
        self._sync = self._runtime.open_sync(lambda _status: None)
        saved = self._sync.nudge if self._sync else lambda: None
        self._service = self._runtime.open_chat(self._thread, saved)
        self._service.assistant = Scripted()
        if self._sync:
            self._sync.start()

    async def turn(self, text: str) -> float:
        """Ask, and wait until the answer is stored; return the milliseconds."""
        start = time.perf_counter()
        request = self._service.start(text, lambda _event: None)
        await self._service.finished(request)
        return (time.perf_counter() - start) * 1000

    async def close(self) -> None:
        """End as a user does who leaves."""
        await self._service.close()
        if self._sync:
            await asyncio.to_thread(self._sync.stop)
        self._thread.close()
        self._runtime.close()


async def turns(place: Path, url: str, number: int) -> dict[str, Any]:
    """Return how long turns take in both chats."""
    chats = {"alone": Chat(place / "alone", None), "slow_primary": Chat(place / "slow", url)}
    times: dict[str, list[float]] = {name: [] for name in chats}
    for turn in range(WARM_UP + number):
        for name in random.sample(sorted(chats), 2):
            await asyncio.sleep(random.uniform(0, PAUSE_S))
            times[name].append(await chats[name].turn(f"question {turn} of this benchmark"))
    for chat in chats.values():
        await chat.close()
    kept = {name: each[WARM_UP:] for name, each in times.items()}
    pairs = zip(kept["slow_primary"], kept["alone"], strict=True)
    difference = median(slow - alone for slow, alone in pairs)
    return {f"{name}_ms": percentiles(each, 0.5, 0.95) for name, each in kept.items()} | {
        "difference_ms": round(difference, 3)
    }


@contextmanager
def slow(server: Sqld) -> Iterator[str]:
    """Give the address of a proxy, in a process of its own, that delays both ways."""
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_proxy, args=(server.port, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def _proxy(port: int, told: Connection) -> None:
    with Proxy(port) as proxy:
        proxy.faults = Faults(delay_up_s=DELAY_S, delay_down_s=DELAY_S)
        told.send(proxy.url)
        told.recv()


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=20_000, help="of the primary")
    parser.add_argument("--turns", type=int, default=20)
    options = parser.parse_args()
    os.environ.pop("TURSO_DATABASE_URL", None)
    result: dict[str, Any] = {}
    with folder() as place, primary(place) as server:
        result["no-op"] = asyncio.run(noop(place, server.url))
        result["first sync"] = first_sync(place, server.url, options.entries)
    with folder() as place, primary(place) as server, slow(server) as url:
        result["chat turn"] = asyncio.run(turns(place, url, options.turns))
        counted = "SELECT count(*) FROM entries"
        result["chat turn"]["pushed"] = int(select(server.url, counted)[0][0])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
