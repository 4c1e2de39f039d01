"""300 machines at one primary: how long a save takes, how fast it is everywhere, what is lost.

Real parts: `sqld`, the engine and its scheduler, 300 replicas with files and connections of their
own. Three scenes:

- *storm*: each machine saves an entry a second; all push, 10 of them pull. (The others run the
  same engine with the subscriptions taken out of its requests; only this benchmark can do that.)
- *day*: each machine saves every 10 s and pulls what all save: 9,000 rows a second to merge.
- *instant*: 300 saves in the same moment, pulled by all.

`save` is `Entries.add` in a process that only saves, `felt` the same in a thread of a process
whose other thread synchronises, which is what a person at one machine has; two of the machines
are such. `bare` is one row with APSW alone, in between, on the same disk. Loss and doubling are
counted from outside (`fleet_audit`). `hop` is the time from a save until another replica has the
entry, `everywhere` until all of them have it.

    python -m benchmarks.fleet --machines 300 --seconds 60 --scene day

The last line is one JSON object.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.fleet_audit import Audit, audit
from benchmarks.fleet_machines import (
    Saved,
    Scene,
    Start,
    Synced,
    save,
    synchronise,
    witness,
)
from benchmarks.percentiles import percentiles
from benchmarks.places import folder
from benchmarks.sync_server import OPTIONS, primary, select

SCENES = ("storm", "day", "instant")
STORM_PULLERS = 10
EVERY_S = {"storm": 1.0, "day": 10.0, "instant": 0.0}
SETTLE_S = 60.0
"""How long replicas may take to become equal after the last save."""
WITNESSES = 2

_context = get_context("spawn")


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Play one scene and return its figures."""
    server_options = () if options.server_defaults else OPTIONS
    with folder(options.folder) as place, primary(place, server_options) as server:
        scene = a_scene(name, place, server.url, options)
        accepted = play(scene, options.processes)
        server_cpu_s = cpu_s(server.pid)
        synced = [
            msgspec.json.decode(path.read_bytes(), type=Synced) for path in place.glob("*.synced")
        ]
        saved, felt = saves(place, "saved"), saves(place, "felt")
        bare_ms = msgspec.json.decode(next(place.glob("*.bare")).read_bytes(), type=list[float])
        arrivals = {n: each for one in synced for n, each in one.arrivals.items()}
        figures = audit(scene, [*saved, *felt], arrivals)
    entries = len(saved) + len(felt)
    per_s = round(accepted / scene.last_save_s) if scene.every_s else None
    settled_s = max(one.complete_s for one in synced) - max(each.end_s for each in saved)
    late_ms = [(each.start_s - each.due_s) * 1e3 for each in saved]
    return {
        "save_ms": waits_ms(saved),
        "felt_ms": waits_ms(felt),
        "bare_ms": {"samples": len(bare_ms)} | percentiles(bare_ms, 0.5, 0.95, 0.99),
        "hop_s": percentiles(figures.hops_s, 0.5, 0.95),
        "everywhere_s": percentiles(figures.everywhere_s, 0.5, 0.95),
        "found": {"entries": entries} | found(figures),
        "errors": dict(sum((Counter(one.errors) for one in synced), Counter())),
        "traffic": {"accepted_per_s": per_s, "all_equal_after_s": round(settled_s, 2)}
        | traffic(synced, entries, len(figures.hops_s)),
        "cpu_s": {
            "server": server_cpu_s,
            "machines": round(sum(one.cpu_s for one in synced), 1),
            "late_ms_p95": percentiles(late_ms, 0.95)["p95"],
        },
    }


def a_scene(name: str, place: Path, url: str, options: argparse.Namespace) -> Scene:
    """Return what the processes of a scene are told."""
    every_s = EVERY_S[name]
    return Scene(
        folder=place,
        url=url,
        machines=options.machines,
        pullers=min(STORM_PULLERS, options.machines) if name == "storm" else options.machines,
        every_s=every_s,
        saves=max(1, round(options.seconds / every_s)) if every_s else 1,
        settle_s=SETTLE_S,
    )


def found(figures: Audit) -> dict[str, int]:
    """Return what is wrong with the entries, counted."""
    return {
        "lost": figures.lost,
        "duplicated": figures.duplicated,
        "unacknowledged": figures.unacknowledged,
        "unequal_replicas": figures.unequal,
    }


def traffic(synced: Sequence[Synced], entries: int, arrived: int) -> dict[str, int]:
    """Return the requests of all machines, and the bytes of an entry sent and a row received."""
    received = sum(one.received_bytes for one in synced)
    return {
        "requests": sum(one.requests for one in synced),
        "sent_bytes_per_entry": round(sum(one.sent_bytes for one in synced) / entries),
        "received_bytes_per_row": round(received / max(1, arrived)),
    }


def play(scene: Scene, processes: int) -> int:
    """Let all machines save and synchronise.

    Returns how many entries the server had when the last save was due.
    """
    watched = range(min(WITNESSES, scene.machines - 1))
    others = range(len(watched), scene.machines)
    shares = [others[n::processes] for n in range(processes)]
    barrier = _context.Barrier(len(watched) + len(shares) + 2)
    start = Start(scene.folder, barrier, _context.Value("d", 0.0), _context.Event())
    workers: list[BaseProcess] = [
        _context.Process(target=witness, args=(scene, n, start)) for n in watched
    ]
    nudges: dict[int, Connection] = {}
    for share in shares:
        reading, writing = _context.Pipe(duplex=False)
        workers.append(_context.Process(target=synchronise, args=(scene, share, reading, start)))
        nudges |= dict.fromkeys(share, writing)
    workers.append(_context.Process(target=save, args=(scene, nudges, start)))
    with running(workers):
        start_s = start.give()
        time.sleep(start_s + scene.last_save_s - time.monotonic())
        ((accepted,),) = select(scene.url, "SELECT count(*) FROM entries")
    return int(accepted)


@contextmanager
def running(workers: Sequence[BaseProcess]) -> Iterator[None]:
    """Start processes and wait for their end."""
    for worker in workers:
        worker.start()
    try:
        yield
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.kill()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a process failed")


def saves(place: Path, kind: str) -> list[Saved]:
    """Return the saves that processes have reported."""
    return [
        each
        for path in place.glob(f"*.{kind}")
        for each in msgspec.json.decode(path.read_bytes(), type=list[Saved])
    ]


def waits_ms(saved: Sequence[Saved]) -> dict[str, float]:
    """Return how long saving took."""
    waits = [(each.end_s - each.start_s) * 1000 for each in saved]
    return {"samples": len(waits)} | percentiles(waits, 0.5, 0.95, 0.99)


def cpu_s(pid: int) -> float:
    """Return how many seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Play the scenes; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--machines", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10, help="how long machines go on saving")
    parser.add_argument("--scene", choices=SCENES, action="append", help="default: all")
    parser.add_argument("--processes", type=int, default=2, help="that synchronise")
    parser.add_argument("--folder", type=Path, help="where the files go; default: here")
    parser.add_argument("--server-defaults", action="store_true", help="leave sqld its limits")
    options = parser.parse_args()
    print(json.dumps({name: measure(name, options) for name in options.scene or SCENES}))


if __name__ == "__main__":
    main()
