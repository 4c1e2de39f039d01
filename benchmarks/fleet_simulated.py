"""1,000 machines at one primary on a simulated clock: more than one computer can run at once.

Replicas, engines and the SQL of the primary are real and do all their work, in one process and one
after another; only their time is simulated. Each machine has a processor of its own and exchanges
every 5 s, as a program that is in use does; the primary answers one request at a time, each as long
as its SQL has just taken here and `SERVER_MS` for what `sqld` adds. Some machines save an entry at
random moments. `everywhere` is the simulated time from a save until every machine holds it.

    python -m benchmarks.fleet_simulated --machines 1000 --saves 300 --seconds 30

The last line is one JSON object.
"""

import argparse
import heapq
import json
import random
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.corpus import an_entry, machine_id, replica_id
from benchmarks.percentiles import percentiles
from benchmarks.places import folder
from ipcom_chat.clock import SystemClock
from ipcom_chat.errors import PrimaryError
from ipcom_chat.ids import IdSource
from ipcom_chat.libsql.hrana import Result, Statement
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Identity, Options
from tests.support.primary import LocalPrimary

EVERY_S = 5.0
AFTER_SAVE_S = 1.0
"""A push begins about so long after a save."""
TRIP_S = 0.02
"""To the primary and back."""
SERVER_MS = 4.0
"""What `sqld` needs for a request beside its SQL: a connection, JSON both ways; see `fleet`."""
SETTLE_S = 120.0
_DIGEST = "SELECT count(*), total(content_hash % 1000003) FROM entries"
_TURN, _PUSH = "turn", "push"
"""Events beside the id of an entry that is saved: an exchange of many, and one after a save."""


class TimedPrimary(LocalPrimary):
    """Remembers how much processor time the SQL of each exchange took."""

    def __init__(self) -> None:
        super().__init__()
        self.busy_s = 0.0

    async def exchange(
        self, requests: Sequence[Statement], *, at_primary: bool
    ) -> tuple[list[Result | PrimaryError], bool]:
        """See `LocalPrimary`."""
        start = time.process_time()
        answer = await super().exchange(requests, at_primary=at_primary)
        self.busy_s += time.process_time() - start
        return answer


class Machine:
    """One replica with its engine."""

    def __init__(self, number: int, folder: Path, primary: TimedPrimary) -> None:
        self.number = number
        self.replica = open_replica(folder / str(number) / "history.db", now_ms=1)
        # Nothing is measured that waits for the disk, and a thousand files share it.
        self.replica.database.connection.execute("PRAGMA synchronous = OFF")
        identity = Identity(
            machine_id=machine_id(number), replica_id=replica_id(number),
            hostname=f"machine-{number}", version="benchmark",
        )  # fmt: skip
        self._engine = Engine(self.replica.database, primary, identity, SystemClock(), Options())
        self._seen = 0

    def exchange(self) -> bool:
        """Exchange once; return whether there is nothing more to carry."""
        work = self._engine.exchange()
        try:
            work.send(None)
        except StopIteration as end:
            return bool(end.value.is_done)
        raise RuntimeError("an exchange waits for something")

    def arrived(self) -> list[str]:
        """Return the ids of entries that are new here since the last call."""
        rows = self.replica.database.rows(
            "SELECT seq, id FROM entries WHERE seq > ? ORDER BY seq", (self._seen,)
        )
        found = [(int(row[0]), str(row[1])) for row in rows]
        self._seen = found[-1][0] if found else self._seen
        return [name for _seq, name in found]

    def save(self, name: str, at_ms: int) -> None:
        """Save an entry."""
        entry = an_entry(name, at_ms, self.number, at_ms)
        Entries(self.replica.database).add(entry, actor="benchmark")


class Simulation:
    """Everything that happens, in the order of the simulated clock."""

    def __init__(self, machines: Sequence[Machine], primary: TimedPrimary) -> None:
        self._machines = machines
        self._primary = primary
        self._events: list[tuple[float, int, str]] = []
        self._free_s = 0.0
        self.saved: dict[str, float] = {}
        self.holders: dict[str, int] = {}
        self.everywhere_s: list[float] = []
        self.requests = 0
        self.primary_s = self.machines_s = self.now_s = 0.0

    def plan(self, saves: int, seconds: float) -> None:
        """Let every machine begin within the first interval, and some save."""
        ids = IdSource(SystemClock())
        for machine in self._machines:
            self._at(random.uniform(0, EVERY_S), machine.number, _TURN)
        for _save in range(saves):
            number = random.randrange(len(self._machines))
            self._at(EVERY_S + random.uniform(0, seconds), number, ids.new())

    def _at(self, at_s: float, number: int, what: str) -> None:
        heapq.heappush(self._events, (at_s, number, what))

    def run(self, saves: int, until_s: float) -> None:
        """Go on until every entry is everywhere, or the time is over."""
        while len(self.everywhere_s) < saves and self.now_s < until_s:
            self.now_s, number, what = heapq.heappop(self._events)
            machine = self._machines[number]
            if what in {_TURN, _PUSH}:
                self._exchange(machine, goes_on=what == _TURN)
            else:
                machine.save(what, int(self.now_s * 1000))
                self.saved[what] = self.now_s
                self._at(self.now_s + AFTER_SAVE_S, number, _PUSH)

    def _exchange(self, machine: Machine, *, goes_on: bool) -> None:
        before_s, start = self._primary.busy_s, time.process_time()
        is_done = machine.exchange()
        primary_s = self._primary.busy_s - before_s
        own_s = time.process_time() - start - primary_s
        primary_s += SERVER_MS / 1000
        begin_s = max(self.now_s + own_s / 2 + TRIP_S / 2, self._free_s)
        self._free_s = begin_s + primary_s
        end_s = self._free_s + own_s / 2 + TRIP_S / 2
        self.requests += 1
        self.primary_s += primary_s
        self.machines_s += own_s
        for name in machine.arrived():
            self._hold(name, end_s)
        if goes_on:
            self._at(end_s + (EVERY_S if is_done else 0), machine.number, _TURN)

    def _hold(self, name: str, at_s: float) -> None:
        self.holders[name] = self.holders.get(name, 0) + 1
        if self.holders[name] == len(self._machines):
            self.everywhere_s.append(at_s - self.saved[name])


def measure(machines: int, saves: int, seconds: float) -> dict[str, Any]:
    """Return what a fleet does."""
    with folder() as place:
        primary = TimedPrimary()
        fleet = [Machine(number, place, primary) for number in range(machines)]
        simulation = Simulation(fleet, primary)
        simulation.plan(saves, seconds)
        simulation.run(saves, EVERY_S + seconds + SETTLE_S)
        held = list(_digests(fleet))
        for machine in fleet:
            machine.replica.close()
    return figures(simulation, machines, saves, held)


def _digests(fleet: Sequence[Machine]) -> Iterator[tuple[int, int]]:
    """Yield how many entries each machine holds, and a sum over what they are."""
    for machine in fleet:
        row = machine.replica.database.row(_DIGEST)
        assert row is not None
        yield int(row[0]), int(row[1])


def figures(
    simulation: Simulation, machines: int, saves: int, held: list[tuple[int, int]]
) -> dict[str, Any]:
    """Return the figures of a simulation that has ended."""
    requests = max(1, simulation.requests)
    return {
        "fleet": {"machines": machines, "saves": saves, "requests": simulation.requests,
                  "simulated_s": round(simulation.now_s, 1)},
        "everywhere_s": percentiles(simulation.everywhere_s, 0.5, 0.95),
        "found": {"lost": saves * machines - sum(count for count, _sum in held),
                  "unequal_replicas": len(held) - held.count(held[0])},
        "primary": {"ms_per_request": round(simulation.primary_s / requests * 1000, 2),
                    "busy_share": round(simulation.primary_s / max(0.1, simulation.now_s), 3)},
        "machine": {"ms_per_exchange": round(simulation.machines_s / requests * 1000, 2)},
    }  # fmt: skip


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--machines", type=int, default=1_000)
    parser.add_argument("--saves", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=30, help="in which they are saved")
    options = parser.parse_args()
    random.seed(1)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(measure(options.machines, options.saves, options.seconds)))


if __name__ == "__main__":
    main()
