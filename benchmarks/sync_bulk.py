"""How fast a whole history goes up from one machine and comes down to an empty one; beside Atuin.

Ours: `Engine.cycle` of one replica with everything to push, then of an empty one, against `sqld`.
Atuin: `atuin sync` of one machine with the same texts as shell commands, then of an empty one,
against its own server on SQLite. Both servers run on loopback, both clients end with the records
in their databases; Atuin encrypts and decrypts them, ours merges. Rounds take turns. Everything
else is made beforehand: ours is saved, Atuin's imported and put into its record store.

    python -m benchmarks.peers
    python -m benchmarks.sync_bulk --entries 100000

The last line is one JSON object.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.atuin import PASSWORD, Atuin, atuin_server
from benchmarks.corpus import an_entry, machine_id, replica_id
from benchmarks.places import folder
from benchmarks.processes import Command, in_turn
from benchmarks.report import Beside, dump
from benchmarks.sync_server import primary, select
from ipcom_chat.clock import SystemClock
from ipcom_chat.ids import IdSource
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import Replica, open_replica
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Identity, Options, Progress
from ipcom_chat.sync.primary import Primary
from ipcom_chat.sync.target import Target
from tests.support.env import isolated_env

TIMEOUT_MS = 5_000
WAYS = ("up", "down")
NOOPS = 7
START_WHY = "Whole programs: Atuin is compiled, ours is Python and loads its HTTP client first."
_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))


def ours(place: Path, entries: int) -> dict[str, float]:
    """Return records per second up and down, and what a program takes with nothing to carry."""
    with primary(place) as server:
        first, second = (open_replica(place / name / "h.db", now_ms=1) for name in "ab")
        fill(first, entries)
        up = entries / asyncio.run(timed(first, server.url, 1))
        ((there,),) = select(server.url, "SELECT count(*) FROM entries")
        down = entries / asyncio.run(timed(second, server.url, 2))
        here = second.database.number("SELECT count(*) FROM entries")
        if not int(there) == here == entries:
            raise RuntimeError(f"{there} and {here} of {entries}")
        first.close()
        second.close()
        env = isolated_env(place) | {"TURSO_DATABASE_URL": server.url}
        return {"up": up, "down": down, "noop": _noop_ms(Command([_SCRIPT, "sync"], env))}


def _noop_ms(command: Command) -> float:
    """Return the median of a whole program that synchronises and finds nothing to do."""
    return in_turn({"it": command}, NOOPS)["it"]


def fill(replica: Replica, entries: int) -> None:
    """Save entries that happened one after another."""
    clock = SystemClock()
    ids, now = IdSource(clock), clock.now_ms()
    Entries(replica.database).add_all(
        (an_entry(ids.new(), now + number, 1, number) for number in range(entries)),
        actor="benchmark",
    )


async def timed(replica: Replica, url: str, machine: int) -> float:
    """Carry everything; return the seconds it took."""
    start = time.perf_counter()
    await carry(replica, url, machine)
    return time.perf_counter() - start


async def carry(replica: Replica, url: str, machine: int) -> Progress:
    """Exchange until there is nothing more."""
    link = Primary(Target(urls=(url,), timeout_ms=TIMEOUT_MS))
    try:
        return await an_engine(replica, link, machine).cycle()
    finally:
        await link.close()


def an_engine(replica: Replica, link: Primary, machine: int) -> Engine:
    """Return the engine of a machine."""
    identity = Identity(
        machine_id=machine_id(machine),
        replica_id=replica_id(machine),
        hostname=f"machine-{machine}",
        version="benchmark",
    )
    return Engine(replica.database, link, identity, SystemClock(), Options())


def atuin(place: Path, entries: int, client: Path, server: Path) -> dict[str, float]:
    """Return records per second up and down, and what a program takes with nothing to carry."""
    lines = (an_entry("", 0, 1, number) for number in range(entries))
    with atuin_server(server, place / "server") as url:
        first = Atuin(client, place / "first", url)
        first.run("register", "-u", "ana", "-e", "ana@example.com", "-p", PASSWORD)
        first.fill(f"{line.command} {line.response}" for line in lines)
        up = entries / first.sync(entries)
        second = Atuin(client, place / "second", url)
        second.run("login", "-u", "ana", "-p", PASSWORD, "-k", first.run("key").strip())
        down = entries / second.sync(entries)
        return {"up": up, "down": down, "noop": _noop_ms(second.command("sync"))}


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    random.seed(1)
    client, server = peers.program("atuin"), peers.program("atuin-server")
    rounds: dict[str, list[dict[str, float]]] = {"ours": [], "atuin": []}
    for _round in range(options.rounds):
        with folder() as place:
            rounds["ours"].append(ours(place, options.entries))
        if client and server:
            with folder() as place:
                rounds["atuin"].append(atuin(place, options.entries, client, server))
    result = {name: figures(found) for name, found in rounds.items() if found}
    print(dump(result, list(beside(result))))


def figures(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Return the medians both ways, and what they are the medians of."""
    medians = {f"{way}_per_s": round(median(each[way] for each in rounds)) for way in WAYS}
    medians["noop_ms"] = round(median(each["noop"] for each in rounds))
    return medians | {f"{way}_runs": [round(each[way]) for each in rounds] for way in WAYS}


def beside(result: dict[str, Any]) -> Iterator[Beside]:
    """Yield both ways beside Atuin's."""
    if "atuin" in result:
        for way in WAYS:
            name = f"{way}_per_s"
            yield Beside(
                what=f"a whole history {way}", unit="entries/s", peer="Atuin", more_is_better=True,
                ours=result["ours"][name], theirs=result["atuin"][name],
                why="Both are bound by their servers.",
            )  # fmt: skip
        yield Beside(
            what="the program that synchronises, with nothing to do", unit="ms", peer="Atuin",
            ours=result["ours"]["noop_ms"], theirs=result["atuin"]["noop_ms"], why=START_WHY,
        )  # fmt: skip


if __name__ == "__main__":
    main()
