"""What a day costs at the primary: requests, bytes, rows read and written.

Two replicas exchange over HTTP with the real server, which says itself what each statement read
and wrote; the client counts requests and bytes, with compressed answers as over a network (on
loopback it asks for none), without TLS. Measured are one idle exchange, a heartbeat, a
push and a pull of 1, 10 and 100 entries, each with a primary that is nearly empty and with one
that holds many entries. The day follows by arithmetic, under assumptions that stand in its name.

    python -m benchmarks.cost --entries 20000

The last line is one JSON object.
"""

import argparse
import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest.mock import patch

from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId
from ipcom_chat.libsql import client, hrana
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import Replica, open_replica
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Identity
from ipcom_chat.sync.primary import Primary
from ipcom_chat.sync.server import init
from ipcom_chat.sync.target import Target
from tests.support.sqld import Sqld

WORDS = (
    "address after also answer apache because before belongs block cannot change check command"
    " configuration connection container current daemon default directory disable disk down each"
    " enable error every failed file filesystem first folder found full group host inode install"
    " interface journal kernel last limit line listen local lock log look memory missing module"
    " mount name network next nginx none not open other package password path permission port"
    " process proxy queue reason reload repository resolver restart root route running second"
    " server service since socket space start state status stop system table taken than then time"
    " unit until update upstream user value version wait when which why with without write zone"
).split()
ANSWER_BYTES = 500
MACHINES, SAVES_A_DAY, WORK_HOURS = 300, 50, 8


class Cost(NamedTuple):
    """What something took."""

    requests: int
    sent: int
    received: int
    read: int
    written: int


class Meter:
    """What one replica and the server did since the last look."""

    def __init__(self, primary: Primary) -> None:
        self._primary = primary
        self._before = primary.traffic
        self.rows = [0, 0]

    def take(self) -> Cost:
        """Return what was done since the last call."""
        now = self._primary.traffic
        requests, sent, received = (a - b for a, b in zip(now, self._before, strict=True))
        cost = Cost(requests, sent, received, *self.rows)
        self._before, self.rows[:] = now, [0, 0]
        return cost


class Machine:
    """One replica with its way to the primary."""

    def __init__(self, name: str, folder: Path, primary: Primary) -> None:
        clock = SystemClock()
        self.name = name
        self.replica: Replica = open_replica(folder / name / "history.db", now_ms=clock.now_ms())
        identity = Identity(
            machine_id=name * 64, replica_id=name * 32, hostname=f"host-{name}", version="1.0"
        )
        self.engine = Engine(self.replica.database, primary, identity, clock)
        self.meter = Meter(primary)
        self._random = Random(name)
        self._entries = Entries(self.replica.database)
        self._ids = IdSource(clock)
        self._clock = clock

    def save(self, count: int) -> None:
        """Save finished questions of the shared history."""
        self._entries.add_all([self._entry(number) for number in range(count)], actor="benchmark")

    async def cost(self) -> Cost:
        """Exchange until there is nothing more; return what it took."""
        self.meter.take()
        await self.engine.cycle()
        return self.meter.take()

    async def beat(self) -> Cost:
        """Exchange with a heartbeat."""
        self.engine.state.beaten(at_ms=0)
        return await self.cost()

    def _answer(self) -> str:
        """Return words in a new order, so that a page of answers compresses as people's do."""
        return " ".join(self._random.choices(WORDS, k=ANSWER_BYTES))[:ANSWER_BYTES]

    def _entry(self, number: int) -> Entry:
        now = self._clock.now_ms()
        return Entry(
            id=EntryId(self._ids.new()),
            kind=Kind.QUESTION,
            mode=Mode.GLOBAL,
            os_user="root",
            machine_id=MachineId(self.name * 64),
            replica_id=ReplicaId(self.name * 32),
            command=f"why does nginx not start on host {number}?",
            response=self._answer(),
            status=Status.COMPLETED,
            created_at=now,
            updated_at=now,
            completed_at=now,
            execution_time_ms=1_200,
        )


@contextmanager
def counted(meters: list[Meter]) -> Iterator[None]:
    """Add up what the server says of each statement; one machine exchanges at a time."""
    decode = hrana.decode

    def counting(body: bytes, count: int, *, hide: str = "") -> hrana.Reply:
        for meter in meters:
            for place, name in enumerate((b"rows_read", b"rows_written")):
                meter.rows[place] += sum(map(int, re.findall(rb'"%s":(\d+)' % name, body)))
        return decode(body, count, hide=hide)

    with patch.object(hrana, "decode", counting), patch.object(client, "LOOPBACK", ()):
        yield


@asynccontextmanager
async def pair(url: str, folder: Path) -> AsyncIterator[tuple[Machine, Machine]]:
    """Give a machine that saves and one that pulls."""
    primaries = [Primary(Target(urls=(url,))) for _ in range(2)]
    await init(primaries[0].authority, SystemClock())
    with ExitStack() as stack:
        machines = [
            Machine(name, folder, primary) for name, primary in zip("ab", primaries, strict=True)
        ]
        for machine in machines:
            stack.callback(machine.replica.close)
        stack.enter_context(counted([machine.meter for machine in machines]))
        yield machines[0], machines[1]
    for primary in primaries:
        await primary.close()


async def measured(one: Machine, other: Machine) -> dict[str, Cost]:
    """Measure each exchange with the database as it is."""
    for machine in (one, other, one):
        await machine.cost()
    found = {"idle": await one.cost(), "heartbeat": await one.beat()}
    for count in (1, 10, 100):
        one.save(count)
        found[f"push {count}"] = await one.cost()
        found[f"pull {count}"] = await other.cost()
    return found


def day(idle: Cost, beat: Cost, push: Cost, pull: Cost, exchanges: float) -> dict[str, float]:
    """Return a day of all machines.

    Each save is an exchange of its own and reaches every other machine with one of their idle
    exchanges; a pulled entry costs what it adds to that one.
    """
    saves = MACHINES * SAVES_A_DAY
    pulls = saves * (MACHINES - 1)
    beats = MACHINES * 24 * 12
    total = {}
    for field in Cost._fields:
        nothing = getattr(idle, field)
        amount = MACHINES * exchanges * nothing
        amount += saves * getattr(push, field)
        amount += pulls * (getattr(pull, field) - nothing) / 10
        amount += beats * (getattr(beat, field) - nothing)
        total[field] = round(amount)
    return total


def days(found: dict[str, Cost]) -> dict[str, dict[str, float]]:
    """Return the day at 5 s, at 60 s, and as it is: 5 s at work, 60 s at rest."""
    at_5, at_60 = 24 * 3600 / 5, 24 * 3600 / 60
    mixed = WORK_HOURS * 3600 / 5 + (24 - WORK_HOURS) * 3600 / 60
    needed = (found["idle"], found["heartbeat"], found["push 1"], found["pull 10"])
    plans = {"5 s": at_5, "60 s": at_60, f"{WORK_HOURS} h at 5 s, else 60 s": mixed}
    return {name: day(*needed, exchanges) for name, exchanges in plans.items()}


async def run(entries: int) -> dict[str, Any]:
    """Return what exchanges cost at an empty primary and at a full one, and the days of a fleet."""
    result: dict[str, Any] = {}
    with TemporaryDirectory() as name, Sqld(Path(name) / "sqld") as sqld:
        async with pair(sqld.url, Path(name)) as (one, other):
            found = await measured(one, other)
            result["empty"] = found
            one.save(entries)
            await one.cost()
            await other.cost()
            result[f"{entries}"] = await measured(one, other)
    result["days"] = days(result[f"{entries}"])
    return result


def main() -> None:
    """Measure as the arguments say; print tables, and one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=20_000)
    result = asyncio.run(run(parser.parse_args().entries))
    for title in [each for each in result if each != "days"]:
        print(f"\nPrimary with {title} entries\n")
        print("| exchange | requests | sent B | received B | rows read | rows written |")
        print("|---|---|---|---|---|---|")
        for name, cost in result[title].items():
            print(f"| {name} | {' | '.join(f'{value:,}' for value in cost)} |")
    print(f"\n{MACHINES} machines, {SAVES_A_DAY} entries each, all shared\n")
    for name, total in result["days"].items():
        print(f"{name}: {', '.join(f'{field} {value:,}' for field, value in total.items())}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
