"""What measuring costs a save, and how long a look takes when the history is long.

- `saves`: every second save is measured (meter, and the thread that writes what it holds); the
  others are not. Both kinds alternate in one process and one file, so that the disk treats them
  alike.
- `one measurement`: what the instructions alone take, as a share of a save of the same run.
- `looks`: one snapshot of a day and of a month over many entries, counted before; and counting
  them for the first time.

    python -m benchmarks.monitoring --writes 5000 --entries 100000

The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from benchmarks.corpus import question
from benchmarks.writes import figures
from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import Entry, Scope
from ipcom_chat.ids import IdSource, MachineId
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.measuring import Measuring
from ipcom_chat.services.monitoring import DAY, MONTH, Here, MonitoringService, View
from ipcom_chat.services.people import MachineService
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.meter import WRITE, Meter, timing
from ipcom_chat.storage.people import Heartbeats, Machines, Users
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.usage import Usage

MONTH_MS = 30 * 86_400_000
MACHINE = MachineId("a" * 64)
BATCH = 10_000
LOOKS = 20
MEASUREMENTS = 100_000


def saves(folder: Path, writes: int) -> dict[str, Any]:
    """Return how long saves take that are measured, and that are not."""
    clock = SystemClock()
    replica = open_replica(folder / "history.db", now_ms=clock.now_ms())
    entries, ids, meter = Entries(replica.database), IdSource(clock), Meter(clock)
    measuring = Measuring(folder / "history.db", meter, clock)
    measuring.start()
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * writes):
        is_measured = number % 2 == 0
        replica.database.meter = meter if is_measured else None
        entry = question(ids.new(), clock.now_ms(), number)
        start = time.perf_counter()
        entries.add(entry, actor="benchmark")
        times[is_measured].append((time.perf_counter() - start) * 1000)
    measuring.stop()
    replica.close()
    measured, plain = figures(times[True]), figures(times[False])
    ratios = {name: round(measured[name] / plain[name], 3) for name in ("p50", "p95")}
    return {
        "measured": measured, "plain": plain, "ratios": ratios,
        "one measurement": _share(plain["p50"]),
    }  # fmt: skip


def _share(save_ms: float) -> dict[str, float]:
    meter = Meter(SystemClock())
    took_ms = _blocks(meter) / MEASUREMENTS
    return {"µs": round(took_ms * 1000, 2), "share of a save": round(took_ms / save_ms, 4)}


def _blocks(meter: Meter) -> float:
    start = time.thread_time()  # not what other programs take meanwhile
    for _ in range(MEASUREMENTS):
        with timing(meter, WRITE):
            pass
    return (time.thread_time() - start) * 1000


def looks(folder: Path, count: int) -> dict[str, Any]:
    """Return how long it takes to count many entries, and to look at them then."""
    clock = SystemClock()
    replica = open_replica(folder / "history.db", now_ms=clock.now_ms())
    database = replica.database
    fill(database, count, clock)
    result: dict[str, Any] = {"first count": _milliseconds(lambda: Usage(database).catch_up())}
    service = monitoring(database, clock)
    for name, window in (("a day", DAY), ("a month", MONTH)):
        view = View(scope=Scope(mode=None, machine_id=MACHINE), window=window)
        look = partial(service.snapshot, view)
        times = [_milliseconds(look)["ms"] for _ in range(LOOKS)]
        result[name] = figures(times)
    replica.close()
    return result


def fill(database: Database, count: int, clock: SystemClock) -> None:
    """Write finished entries of the last month, as many on every day."""
    ids, entries, now = IdSource(clock), Entries(database), clock.now_ms()
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        entries.add_all(
            [
                _at(question(ids.new(), now, number), now - MONTH_MS * (count - number) // count)
                for number in numbers
            ],
            actor="benchmark",
        )


def _at(entry: Entry, at_ms: int) -> Entry:
    return msgspec.structs.replace(entry, created_at=at_ms, updated_at=at_ms, completed_at=at_ms)


def monitoring(database: Database, clock: SystemClock) -> MonitoringService:
    """Return what looks at a replica without a primary."""
    machines = Machines(database)
    path = database.path
    return MonitoringService(
        database,
        HistoryService(Entries(database), Users(database), machines, clock),
        MachineService(machines, Heartbeats(database), MACHINE, clock),
        lambda: SyncStatus(condition=Condition.OFF),
        lambda: Here(
            hostname="host", version="1", machine_id=MACHINE, replica_id="b" * 32, replica=path,
            search=path.parent / "search", meaning=path.parent / "meaning",
        ),
        clock,
    )  # fmt: skip


def _milliseconds(act: Callable[[], object]) -> dict[str, float]:
    start = time.perf_counter()
    act()
    return {"ms": round((time.perf_counter() - start) * 1000, 2)}


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--writes", type=int, default=5_000)
    parser.add_argument("--entries", type=int, default=100_000)
    options = parser.parse_args()
    with TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as name:
        result: dict[str, Any] = {"saves": saves(Path(name) / "saves", options.writes)}
        result["looks"] = looks(Path(name) / "looks", options.entries)
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
