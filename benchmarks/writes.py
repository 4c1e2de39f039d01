"""How long saving one entry takes, against bare APSW interleaved in the same run.

Every process alternates one write through `Entries.add` (A) with one into a plain two-column
table in a second file (B) with the same pragmas (WAL, `synchronous=FULL`, `secure_delete`), in
one `BEGIN IMMEDIATE` each. B waits with SQLite's own busy time-out, as bare APSW does; with
several processes a third file is written under our busy handler, to tell the handler's share
from the schema's. `flat out` runs drop the pause between writes.

    python -m benchmarks.writes --processes 1,16 --writes 300 --rounds 5

The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import random
from typing import Any, NamedTuple

import apsw

from benchmarks.corpus import question
from benchmarks.percentiles import percentiles
from benchmarks.places import folder
from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.redaction import redact
from ipcom_chat.ids import IdSource
from ipcom_chat.storage.database import WAL_MAX_BYTES, WAL_PAGES, fair_busy_handler
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import open_replica

BUSY_MS = 60_000
PAUSE_S = 0.020
ONE_PROCESS_WRITES = 20_000
STARTS = 16

Write = Callable[[int], None]


class Plan(NamedTuple):
    """What each process of a run does."""

    folder: Path
    kinds: tuple[str, ...]
    writes: int
    pause_s: float


@contextmanager
def ours(place: Path) -> Iterator[Write]:
    """Give the write of one entry into the replica."""
    clock = SystemClock()
    replica = open_replica(place / "ours" / "replica.db", now_ms=clock.now_ms())
    entries, ids = Entries(replica.database), IdSource(clock)
    # A program loads the rules of redaction while it starts, once; `ask` measures that.
    redact("which ports are open?")

    def write(number: int) -> None:
        assert entries.add(question(ids.new(), clock.now_ms(), number), actor="benchmark")

    yield write
    replica.close()


@contextmanager
def bare(place: Path, name: str = "bare", *, fair: bool = False) -> Iterator[Write]:
    """Give the write of one row of 0.5 KB with APSW alone."""
    connection = apsw.Connection(str(place / f"{name}.db"))
    connection.set_busy_timeout(BUSY_MS)
    if fair:
        connection.set_busy_handler(fair_busy_handler())
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_MAX_BYTES}")
    connection.wal_autocheckpoint(WAL_PAGES)
    connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, body TEXT)")
    body = "x" * 500

    def write(_number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t (body) VALUES (?)", (body,))
        connection.execute("COMMIT")

    yield write
    connection.close()


@contextmanager
def bare_fair(place: Path) -> Iterator[Write]:
    """Give the write of one row with APSW alone and our busy handler."""
    with bare(place, "bare_fair", fair=True) as write:
        yield write


KINDS = {"ours": ours, "bare": bare, "bare_fair": bare_fair}


def work(plan: Plan, number: int, barrier: Barrier) -> None:
    """Write as the plan says and leave the milliseconds of every write beside the files."""
    with ExitStack() as stack:
        writes = {kind: stack.enter_context(KINDS[kind](plan.folder)) for kind in plan.kinds}
        times: dict[str, list[float]] = {kind: [] for kind in plan.kinds}
        barrier.wait()
        for index in range(plan.writes):
            for kind, write in writes.items():
                if plan.pause_s:
                    time.sleep(random() * plan.pause_s)
                start = time.perf_counter()
                write(index)
                times[kind].append((time.perf_counter() - start) * 1000)
    (plan.folder / f"{number}.json").write_text(json.dumps(times))


def run(processes: int, plan: Plan) -> dict[str, list[float]]:
    """Run one round in the empty folder of `plan`; return the milliseconds of every write."""
    for kind in plan.kinds:  # the schema is made before the race
        with KINDS[kind](plan.folder):
            pass
    _together(work, plan, processes)
    merged: dict[str, list[float]] = {kind: [] for kind in plan.kinds}
    for number in range(processes):
        for kind, values in json.loads((plan.folder / f"{number}.json").read_text()).items():
            merged[kind] += values
    rows = _rows(plan.folder / "ours" / "replica.db")
    if rows != processes * plan.writes:
        raise RuntimeError(f"{rows} rows of {processes * plan.writes}")
    return merged


def start(plan: Plan, number: int, barrier: Barrier) -> None:
    """Open the replica together with the others and leave how long it took."""
    barrier.wait()
    begin = time.perf_counter()
    replica = open_replica(plan.folder / "ours" / "replica.db", now_ms=1)
    taken = (time.perf_counter() - begin) * 1000
    replica.close()
    (plan.folder / f"{number}.json").write_text(json.dumps(taken))


def _together(target: Callable[[Plan, int, Barrier], None], plan: Plan, processes: int) -> None:
    context = get_context("spawn")
    barrier = context.Barrier(processes)
    workers = [context.Process(target=target, args=(plan, n, barrier)) for n in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a process failed")


def _rows(path: Path) -> int:
    connection = apsw.Connection(str(path))
    count: Any = connection.execute("SELECT count(*) FROM entries").fetchall()[0][0]
    connection.close()
    return int(count)


def figures(times: list[float]) -> dict[str, float]:
    """Return percentiles in milliseconds."""
    return {"samples": len(times)} | percentiles(times, 0.5, 0.95, 0.999)


def measure(processes: int, writes: int, rounds: int, pause_s: float) -> dict[str, Any]:
    """Return the figures of several rounds together, and the two ratios that have bars."""
    kinds = ("ours", "bare") if processes == 1 else ("ours", "bare", "bare_fair")
    merged: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _round in range(rounds):
        with folder() as place:
            for kind, values in run(processes, Plan(place, kinds, writes, pause_s)).items():
                merged[kind] += values
    result: dict[str, Any] = {kind: figures(merged[kind]) for kind in kinds}
    result["ratios"] = {
        name: round(result["ours"][name] / result["bare"][name], 2) for name in ("p95", "p99.9")
    }
    return result


def first_starts(rounds: int) -> dict[str, float]:
    """Return how long 16 processes take to open a replica that none of them finds."""
    times: list[float] = []
    for _round in range(rounds):
        with folder() as place:
            _together(start, Plan(place, (), 0, 0), STARTS)
            times += [json.loads((place / f"{n}.json").read_text()) for n in range(STARTS)]
    return figures(times)


def opening(rounds: int) -> dict[str, float]:
    """Return how long `open_replica` takes on a file that exists."""
    times: list[float] = []
    with folder() as place:
        path = place / "replica.db"
        open_replica(path, now_ms=1).close()
        for _round in range(rounds):
            begin = time.perf_counter()
            replica = open_replica(path, now_ms=1)
            times.append((time.perf_counter() - begin) * 1000)
            replica.close()
    return figures(times)


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--processes", default="1,16", help="numbers of processes, with commas")
    parser.add_argument("--writes", type=int, default=300, help="writes of each of many processes")
    parser.add_argument("--rounds", type=int, default=5, help="rounds with many processes")
    parser.add_argument(
        "--single", type=int, default=ONE_PROCESS_WRITES, help="writes of one process"
    )
    options = parser.parse_args()
    result: dict[str, Any] = {}
    for processes in map(int, options.processes.split(",")):
        if processes == 1:
            result["1 process"] = measure(1, options.single, 1, 0)
        else:
            many = f"{processes} processes"
            result[many] = measure(processes, options.writes, options.rounds, PAUSE_S)
            result[f"{many}, flat out"] = measure(processes, options.writes, 1, 0)
    result["16 first starts"] = first_starts(options.rounds)
    result["open_replica"] = opening(200)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
