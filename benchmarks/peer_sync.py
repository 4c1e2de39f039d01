"""What synchronisation costs beside libSQL's embedded replica, at the same kind of server.

Two machines at one `sqld` on loopback, each through a proxy that counts bytes:

- *up*: machine a saves a history at once, and it goes to the primary;
- *down*: machine b, which is empty, gets all of it;
- *nothing*: b synchronises and nothing has changed;
- *one*: a saves one entry, then b synchronises, again and again. `save` is what the person at a
  waits for: ours is saved in the replica and carried afterwards, libSQL's write is the primary's.

    python -m benchmarks.peer_sync --entries 2000

The last line is one JSON object.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import embedded_replica, peers
from benchmarks.corpus import an_entry
from benchmarks.places import folder
from benchmarks.report import Beside, dump
from benchmarks.sync_bulk import an_engine, fill
from benchmarks.sync_server import primary
from ipcom_chat.clock import SystemClock
from ipcom_chat.ids import IdSource
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import Replica, open_replica
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.primary import Primary
from ipcom_chat.sync.target import Target
from tests.support.proxy import Proxy
from tests.support.sqld import Sqld

REPEATS = 50
SCENES = ("up", "down", "nothing", "one")
PAGE_WHY = "A page of 4 KB holds several entries of one bulk; ours sends each with its columns."
MERGE_WHY = (
    "It copies pages; ours hashes and merges every row, so that machines may change the same one."
)
CHECK_WHY = (
    "It asks by the number of a page; an exchange of ours asks by scope for entries, people, "
    "machines, sessions and votes, in one request to a database that opens a connection for it."
)

Figures = dict[str, float]


class Wire:
    """Two proxies before one server, whose bytes are counted by scene."""

    def __init__(self, a: Proxy, b: Proxy) -> None:
        self.a, self.b = a, b
        self._seen = [0, 0]

    @property
    def urls(self) -> tuple[str, str]:
        """What the two machines are configured with."""
        return self.a.url, self.b.url

    def figures(self, count: int) -> Figures:
        """Return the bytes per entry since the last call, of both machines together."""
        now = [self.a.up_bytes + self.b.up_bytes, self.a.down_bytes + self.b.down_bytes]
        passed = [(new - old) / count for new, old in zip(now, self._seen, strict=True)]
        self._seen = now
        return {"sent_bytes": round(passed[0]), "received_bytes": round(passed[1])}


@contextmanager
def wired(server: Sqld) -> Iterator[Wire]:
    """Put two proxies before a server."""
    with Proxy(server.port) as a, Proxy(server.port) as b:
        yield Wire(a, b)


def theirs(python: Path, place: Path, entries: int) -> dict[str, Figures]:
    """Return what the embedded replica costs."""
    embedded_replica.write_rows(place, entries + REPEATS)
    counts = dict(zip(SCENES, (entries, entries, REPEATS, REPEATS), strict=True))
    result: dict[str, Figures] = {}
    with Sqld(place / "sqld") as server, wired(server) as wire:
        for scene, count in counts.items():
            times = embedded_replica.run(python, place, scene, wire.urls, count)
            result[scene] = {
                f"{name}_ms": round(median(each), 2) for name, each in times.items()
            } | wire.figures(count)
    return result


class Machine:
    """One replica with its engine."""

    def __init__(self, path: Path, number: int, url: str) -> None:
        self.replica: Replica = open_replica(path, now_ms=1)
        self._link = Primary(Target(urls=(url,), timeout_ms=5_000))
        self.engine: Engine = an_engine(self.replica, self._link, number)

    async def close(self) -> None:
        """Close both."""
        await self._link.close()
        self.replica.close()


def ours(place: Path, entries: int) -> dict[str, Figures]:
    """Return what our engine costs."""
    with primary(place) as server, wired(server) as wire:
        return asyncio.run(_play(place, entries, wire))


async def _play(place: Path, entries: int, wire: Wire) -> dict[str, Figures]:
    a, b = (Machine(place / name / "h.db", n, url)
            for n, (name, url) in enumerate(zip("ab", wire.urls, strict=True), 1))  # fmt: skip
    fill(a.replica, entries)
    result = {
        "up": {"times_ms": await _ms(a.engine.cycle)} | wire.figures(entries),
        "down": {"times_ms": await _ms(b.engine.cycle)} | wire.figures(entries),
    }
    times = [await _ms(b.engine.exchange) for _each in range(REPEATS)]
    result["nothing"] = {"times_ms": round(median(times), 2)} | wire.figures(REPEATS)
    result["one"] = await _one_by_one(a, b) | wire.figures(REPEATS)
    held = b.replica.database.number("SELECT count(*) FROM entries")
    if held != entries + REPEATS:
        raise RuntimeError(f"{held} of {entries + REPEATS} arrived")
    await a.close()
    await b.close()
    return result


async def _one_by_one(a: Machine, b: Machine) -> Figures:
    clock = SystemClock()
    ids, saved = IdSource(clock), Entries(a.replica.database)
    saves, pulls = [], []
    for number in range(REPEATS):
        entry = an_entry(ids.new(), clock.now_ms(), 1, number)
        start = time.perf_counter()
        saved.add(entry, actor="benchmark")
        saves.append((time.perf_counter() - start) * 1000)
        await a.engine.exchange()
        pulls.append(await _ms(b.engine.exchange))
    return {"times_ms": round(median(saves), 2), "pulls_ms": round(median(pulls), 2)}


async def _ms(work: Any) -> float:
    start = time.perf_counter()
    await work()
    return round((time.perf_counter() - start) * 1000, 2)


def beside(result: dict[str, dict[str, Figures]]) -> Iterator[Beside]:
    """Yield what has a counterpart."""
    if "libsql" not in result:
        return
    mine, other = result["ours"], result["libsql"]
    for scene, name, what, unit, why in (
        ("up", "times_ms", "a history goes up", "ms", ""),
        ("up", "sent_bytes", "sent upwards, an entry of many", "bytes", PAGE_WHY),
        ("down", "times_ms", "a history comes down", "ms", MERGE_WHY),
        ("down", "received_bytes", "received, an entry of many", "bytes", PAGE_WHY),
        ("nothing", "times_ms", "nothing to do", "ms", CHECK_WHY),
        ("nothing", "sent_bytes", "nothing to do: sent", "bytes", CHECK_WHY),
        ("nothing", "received_bytes", "nothing to do: received", "bytes", CHECK_WHY),
        ("one", "times_ms", "a person saves an entry", "ms", ""),
        ("one", "pulls_ms", "another machine gets it", "ms", CHECK_WHY),
        ("one", "sent_bytes", "one entry: both send", "bytes", CHECK_WHY),
        ("one", "received_bytes", "one entry: both receive", "bytes", CHECK_WHY),
    ):
        yield Beside(
            what=f"synchronisation: {what}", unit=unit, ours=mine[scene][name],
            peer="libSQL's embedded replica", theirs=other[scene][name], why=why,
        )  # fmt: skip


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=2_000)
    entries = parser.parse_args().entries
    random.seed(1)
    with folder() as place:
        result = {"ours": ours(place, entries)}
    python = peers.python("libsql")
    if python:
        with folder() as place:
            result["libsql"] = theirs(python, place, entries)
    print(dump(result, beside(result)))


if __name__ == "__main__":
    main()
