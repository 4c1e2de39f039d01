"""The machines of the fleet benchmark: who synchronises, who saves.

All machines run the real engine under the real scheduler, each on its own file with its own
connections to disk and network. As in the program, saving and synchronising use different
connections to the file. Two cores cannot run 300 programs, so a few processes synchronise for all
machines, and one saves for all of them. A *witness* is one machine in a process of its own, with
one thread that saves and one that synchronises, as in the program. Witnesses and the process that
saves go first (`go_first`).

Instants are seconds of the machine's monotonic clock, which all processes share.
"""

import asyncio
import logging
import os
import random
import struct
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

from benchmarks.corpus import an_entry, machine_id, replica_id
from benchmarks.writes import bare
from ipcom_chat.clock import SystemClock
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.ids import IdSource
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import entry_bindings
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.sync.engine import Engine
from ipcom_chat.sync.exchanges import Identity, Options, Progress
from ipcom_chat.sync.primary import Primary
from ipcom_chat.sync.protocol import Plan
from ipcom_chat.sync.scheduler import Intervals, Rhythm, Scheduler
from ipcom_chat.sync.target import Target

SPREAD_S = 6.0
"""Over how long the machines start: as if people came to work, not all in one instant."""
READY_LIMIT_S = 300.0
SAVING_THREADS = 8
BARE_EVERY = 4
"""After how many saves a thread writes a row with APSW alone, to know the disk of the moment."""
BREATH_S = 0.5
"""After a refusal before the clock starts."""
WARMING_UP = 16
"""How many machines meet the primary at a time before the clock starts."""

_NUDGE = struct.Struct("<I")


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What one process is told."""

    folder: Path
    url: str
    machines: int
    pullers: int
    """Machines from this number on only push."""
    every_s: float
    """How often each machine saves; 0: once, all in the same moment."""
    saves: int
    """Of each machine."""
    settle_s: float
    """How long after the last save replicas have to become equal."""

    def path(self, machine: int) -> Path:
        """Return the replica of a machine."""
        return self.folder / str(machine) / "history.db"

    @property
    def last_save_s(self) -> float:
        """Counted from the start."""
        return self.every_s * self.saves

    def rows(self, machine: int) -> int:
        """Return how many entries a machine holds in the end."""
        return self.saves * (self.machines if machine < self.pullers else 1)


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """From `at_s` on, a replica held the entries up to its row `seq`."""

    at_s: float
    seq: int


class Synced(msgspec.Struct, kw_only=True):
    """What a process that synchronises saw."""

    arrivals: dict[int, list[Arrival]]
    errors: dict[str, int]
    requests: int
    sent_bytes: int
    received_bytes: int
    cpu_s: float
    complete_s: float
    """When all that was to arrive and to be acknowledged was."""


class Saved(msgspec.Struct, frozen=True, array_like=True):
    """One save."""

    machine: int
    number: int
    due_s: float
    start_s: float
    end_s: float


class Start:
    """Lets the processes of a scene begin together, and takes their reports."""

    def __init__(
        self, folder: Path, barrier: Barrier, at_s: "Synchronized[float]", saved: Event
    ) -> None:
        self._folder = folder
        self._barrier = barrier
        self._at_s = at_s
        self.saved = saved
        """Set once all is saved."""

    def wait(self) -> float:
        """Wait until all are ready; return when the first machine saves."""
        self._barrier.wait(READY_LIMIT_S)
        self._barrier.wait(READY_LIMIT_S)
        return self._at_s.value

    def give(self) -> float:
        """Wait until all are ready, and let them begin."""
        self._barrier.wait(READY_LIMIT_S)
        os.sync()  # what making the replicas left to write is not part of the scene
        self._at_s.value = time.monotonic() + SPREAD_S
        self._barrier.wait(READY_LIMIT_S)
        return self._at_s.value

    def report(self, kind: str, what: Any) -> None:
        """Leave a report in the folder of the scene."""
        (self._folder / f"{os.getpid()}.{kind}").write_bytes(msgspec.json.encode(what))


class FleetEngine(Engine):
    """The real engine; one that does not pull leaves the subscriptions out of its requests."""

    def watch(self, *, pulls: bool) -> None:
        """Set up what the benchmark adds."""
        self.pulls = pulls
        self.arrivals: list[Arrival] = []
        self.errors: Counter[str] = Counter()
        self.is_measured = False

    async def exchange(self, users: Sequence[str] = ()) -> Progress:
        """Exchange, and note what came of it."""
        try:
            progress = await super().exchange(users)
        except IpcomChatError as error:
            if self.is_measured:
                self.errors[error.code] += 1
            raise
        if progress.pulled:
            self.arrivals.append(Arrival(time.monotonic(), self.rows()))
        return progress

    def rows(self) -> int:
        """Return how many entries the replica holds: none is ever deleted here."""
        return self._database.number("SELECT max(seq) FROM entries")

    def is_complete(self, rows: int) -> bool:
        """Return whether there are that many entries, all of them acknowledged."""
        return self.rows() >= rows and not self.state.waiting()["entry"]

    def _plan(self, now: int) -> Plan:
        plan = super()._plan(now)
        return plan if self.pulls else msgspec.structs.replace(plan, subscriptions=())


class Machines:
    """The event loop of some machines."""

    def __init__(self, scene: Scene, numbers: Sequence[int], nudges: int) -> None:
        self._scene = scene
        self._numbers = numbers
        self._nudges = nudges
        self._replicas = {
            n: open_replica(scene.path(n), now_ms=SystemClock().now_ms()) for n in numbers
        }
        self._primaries: dict[int, Primary] = {}
        self._engines: dict[int, FleetEngine] = {}
        self._schedulers: dict[int, Scheduler] = {}

    async def run(self, ready: Callable[[], float], saved: Event) -> Synced:
        """Meet the primary, start together, synchronise until all is there or time is up."""
        for number in self._numbers:
            self._add(number)
        await self._warm_up()
        start_s = await asyncio.to_thread(ready)
        asyncio.get_running_loop().add_reader(self._nudges, self._read_nudges)
        traffic = self._traffic()
        cpu_s = time.process_time()
        tasks = [asyncio.create_task(self._machine(n, start_s - SPREAD_S)) for n in self._numbers]
        await asyncio.to_thread(saved.wait)
        await self._until_complete()
        used = [after - before for after, before in zip(self._traffic(), traffic, strict=True)]
        cpu_s, complete_s = time.process_time() - cpu_s, time.monotonic()
        for scheduler in self._schedulers.values():
            scheduler.stop()
        await asyncio.gather(*tasks)
        for number in self._numbers:
            await self._primaries[number].close()
            self._replicas[number].close()
        return Synced(
            arrivals={n: self._engines[n].arrivals for n in self._numbers},
            errors=dict(sum((each.errors for each in self._engines.values()), Counter())),
            requests=used[0], sent_bytes=used[1], received_bytes=used[2], cpu_s=cpu_s,
            complete_s=complete_s,
        )  # fmt: skip

    def _add(self, number: int) -> None:
        self._replicas[number].database.take_checkpoints()
        clock = SystemClock()
        identity = Identity(
            machine_id=machine_id(number), replica_id=replica_id(number),
            hostname=f"machine-{number}", version="benchmark",
        )  # fmt: skip
        self._primaries[number] = Primary(Target(urls=(self._scene.url,)))
        engine = FleetEngine(
            self._replicas[number].database, self._primaries[number], identity, clock, Options()
        )
        engine.watch(pulls=number < self._scene.pullers)
        self._engines[number] = engine
        rhythm = Rhythm(Intervals(), clock)
        self._schedulers[number] = Scheduler(engine, rhythm, lambda: (), lambda: None)

    async def _warm_up(self) -> None:
        """Let each machine meet the primary; from then on it only carries what is saved."""
        places = asyncio.Semaphore(WARMING_UP)

        async def meet(engine: FleetEngine) -> None:
            async with places:
                until_s = time.monotonic() + READY_LIMIT_S
                while not await _has_met(engine):
                    if time.monotonic() > until_s:
                        raise TimeoutError("the primary does not answer")

        await asyncio.gather(*map(meet, self._engines.values()))

    async def _machine(self, number: int, from_s: float) -> None:
        await asyncio.sleep(max(0, from_s - time.monotonic()) + random.uniform(0, SPREAD_S))
        self._engines[number].is_measured = True
        await self._schedulers[number].run()

    async def _until_complete(self) -> None:
        until_s = time.monotonic() + self._scene.settle_s
        missing = set(self._numbers)
        while missing and time.monotonic() < until_s:
            await asyncio.sleep(0.2)
            missing = {n for n in missing if not self._engines[n].is_complete(self._scene.rows(n))}

    def _traffic(self) -> list[int]:
        every = [primary.traffic for primary in self._primaries.values()]
        return [sum(each) for each in zip(*every, strict=True)]

    def _read_nudges(self) -> None:
        for (number,) in _NUDGE.iter_unpack(os.read(self._nudges, 1024 * _NUDGE.size)):
            self._schedulers[number].nudge()


class Savers:
    """Saves for some machines, each over a connection of its own, when its time has come.

    Several threads share the machines, so that one that waits for its disk keeps few others back.
    """

    def __init__(self, scene: Scene, nudges: dict[int, int]) -> None:
        clock = SystemClock()
        self._scene = scene
        self._nudges = nudges
        self._clock = clock
        self._ids = IdSource(clock)
        self._replicas = {n: open_replica(scene.path(n), now_ms=clock.now_ms()) for n in nudges}
        entry_bindings(an_entry(self._ids.new(), clock.now_ms(), 0, 0))  # loads the redaction
        self.bare_ms: list[float] = []
        """How long one row took with APSW alone, in a file that nobody else uses."""
        self._entries = {n: Entries(each.database) for n, each in self._replicas.items()}

    def run(self, start_s: float) -> list[Saved]:
        """Save all; return how it went."""
        machines = list(self._nudges)
        # More threads than processors would only wait for one another if all save at once.
        count = SAVING_THREADS if self._scene.every_s else (os.cpu_count() or 1)
        shares = [machines[n::count] for n in range(count)]
        with ThreadPoolExecutor(count) as threads:
            done = [threads.submit(self._save_all, share, start_s) for share in shares if share]
        for replica in self._replicas.values():
            replica.close()
        return [saved for share in done for saved in share.result()]

    def _save_all(self, machines: Sequence[int], start_s: float) -> list[Saved]:
        every_s = self._scene.every_s
        first_s = {machine: start_s + random.uniform(0, every_s) for machine in machines}
        times = sorted(
            (first_s[machine] + number * every_s, machine, number)
            for machine in machines
            for number in range(self._scene.saves)
        )
        saved = []
        with bare(self._scene.folder, f"bare-{machines[0]}") as write:
            for place, each in enumerate(times):
                saved.append(self._save(*each))
                if place % BARE_EVERY == 0:
                    start = time.perf_counter()
                    write(place)
                    self.bare_ms.append((time.perf_counter() - start) * 1000)
        return saved

    def _save(self, due_s: float, machine: int, number: int) -> Saved:
        entry = an_entry(self._ids.new(), self._clock.now_ms(), machine, number)
        time.sleep(max(0, due_s - time.monotonic()))
        start_s = time.monotonic()
        if not self._entries[machine].add(entry, actor="benchmark"):
            raise RuntimeError("an id was given twice")
        end_s = time.monotonic()
        os.write(self._nudges[machine], _NUDGE.pack(machine))
        return Saved(machine, number, due_s, start_s, end_s)


async def _has_met(engine: FleetEngine) -> bool:
    """Carry what there is; a server without a processor refuses, and is asked again."""
    try:
        await engine.cycle()
    except IpcomChatError:
        await asyncio.sleep(BREATH_S)
        return False
    return True


def synchronise(scene: Scene, numbers: Sequence[int], nudges: Connection, start: Start) -> None:
    """Be a process that synchronises."""
    logging.disable()
    machines = Machines(scene, numbers, nudges.fileno())
    start.report("synced", asyncio.run(machines.run(start.wait, start.saved)))


def go_first() -> None:
    """Let this process have a processor at once, as if the other machines had their own.

    Otherwise a save that waited for its disk waits for the others' turns as well: 4 ms each.
    """
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def save(scene: Scene, nudges: dict[int, Connection], start: Start) -> None:
    """Be the process that saves."""
    go_first()
    savers = Savers(scene, {machine: each.fileno() for machine, each in nudges.items()})
    saved = savers.run(start.wait())
    start.saved.set()
    start.report("saved", saved)
    start.report("bare", savers.bare_ms)


def witness(scene: Scene, number: int, start: Start) -> None:
    """Be one machine in a process of its own: one thread saves, one synchronises."""
    logging.disable()
    go_first()
    reading, writing = os.pipe()
    savers = Savers(scene, {number: writing})
    machines = Machines(scene, [number], reading)
    started: SimpleQueue[float] = SimpleQueue()

    def ready() -> float:
        start_s = start.wait()
        started.put(start_s)
        return start_s

    with ThreadPoolExecutor(1) as thread:
        synced = thread.submit(lambda: asyncio.run(machines.run(ready, start.saved)))
        start.report("felt", savers.run(started.get()))
        start.report("synced", synced.result())
