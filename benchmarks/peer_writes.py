"""Saving beside Atuin and llm: one entry, 16 processes at once, 16 first runs at once.

- *one entry*: ours is `Entries.add` in the process of a chat; llm's `log_to_db`, as its chat does
  it; Atuin's the two programs that its shell hook starts for each command, since it has no process
  that stays.
- *16 processes*: each saves as fast as it can; what is in the database afterwards is counted.
- *16 first runs*: whole programs start at once for a user who has nothing yet, ours and llm's with
  a question, Atuin's with a command; what ended well, and what was kept.

    python -m benchmarks.peer_writes --entries 60

The last line is one JSON object.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw

from benchmarks import peers, writes
from benchmarks.atuin import Atuin
from benchmarks.corpus import question
from benchmarks.llm import Llm
from benchmarks.places import folder
from benchmarks.processes import Command
from benchmarks.report import Beside, dump
from tests.support.env import isolated_env, replica

PROCESSES = 16
_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))
_NAMES = {"atuin": "Atuin", "llm": "llm"}
_QUESTION = question("", 0, 1)
TEXTS = (_QUESTION.command, _QUESTION.response or "")

Figures = dict[str, Any]


def ours(place: Path, processes: int, entries: int) -> Figures:
    """Save in process; every entry is kept, or `writes.run` fails."""
    place.mkdir()
    plan = writes.Plan(place, ("ours",), entries, 0)
    return figures(writes.run(processes, plan)["ours"], processes * entries)


def atuin(client: Path, place: Path, processes: int, entries: int) -> Figures:
    """Save with the two programs of Atuin's hook."""
    machine = Atuin(client, place)
    machine.run("history", "list")  # the schema is made before the race
    with ThreadPoolExecutor(processes) as pool:
        numbers = range(processes * entries)
        times = list(pool.map(lambda number: hook_ms(machine, number), numbers))
    return figures(times, len(machine.run("history", "list", "--cmd-only").splitlines()))


def hook_ms(machine: Atuin, number: int) -> float:
    """Save one command; return the milliseconds it took."""
    start = time.perf_counter()
    began = machine.command("history", "start", "--", f"{number} {' '.join(TEXTS)}", may_fail=True)
    name = began.run().strip()
    machine.command("history", "end", "--exit", "0", name, may_fail=True).run()
    return (time.perf_counter() - start) * 1000


def llm(python: Path, place: Path, processes: int, entries: int) -> Figures:
    """Save in processes of llm's own."""
    user = Llm(python, place)
    times = [each for worker in user.save(processes, entries, TEXTS) for each in worker]
    return figures(times, user.kept() - 1)


def figures(times: Sequence[float], kept: int) -> Figures:
    """Return percentiles in milliseconds, and how many entries are there."""
    named = writes.figures(list(times)) if times else {}
    waits = {f"{name}_ms": named.get(name) for name in ("p50", "p95", "worst")}
    return waits | {"saved_without_error": len(times), "kept": kept}


def first_runs(place: Path, make: Callable[[int], Command], kept: Callable[[], int]) -> Figures:
    """Start programs at once in an empty home."""
    place.mkdir(exist_ok=True)
    running = [
        subprocess.Popen(command.argv, env=command.env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in map(make, range(PROCESSES))
    ]  # fmt: skip
    ended_well = sum(process.wait() == 0 for process in running)
    return {"ended_well": ended_well, "kept": kept()}


def our_first_runs(place: Path) -> Figures:
    """Ask 16 questions at once with an empty home."""
    env = isolated_env(place)
    return first_runs(
        place,
        lambda number: Command([_SCRIPT, "ask", "--quiet", f"question {number}"], env),
        lambda: entries_in(replica(env)),
    )


def entries_in(path: Path) -> int:
    """Return how many entries a replica holds."""
    connection = apsw.Connection(str(path))
    (count,) = connection.execute("SELECT count(*) FROM entries").fetchall()[0]
    connection.close()
    return int(str(count))


def atuin_first_runs(client: Path, place: Path) -> Figures:
    """Save 16 commands at once with an empty home."""
    machine = Atuin(client, place)
    return first_runs(
        place,
        lambda number: machine.command("history", "start", "--", f"command {number}"),
        lambda: len(machine.run("history", "list", "--cmd-only").splitlines()),
    )


def llm_first_runs(python: Path, place: Path) -> Figures:
    """Ask the echo 16 questions at once with an empty home."""
    user = Llm(python, place)
    return first_runs(place, lambda number: user.ask(f"question {number}"), user.kept)


def rounds(number: int, play: Callable[[Path], Figures]) -> Figures:
    """Return the least of several rounds of first runs."""
    found = []
    for _round in range(number):
        with folder() as place:
            found.append(play(place / "home"))
    return {
        f"{name}_{how.__name__}": how(each[name] for each in found)
        for name in ("ended_well", "kept")
        for how in (min, statistics.median)
    }


def measure(entries: int, repeats: int) -> dict[str, dict[str, Figures]]:
    """Return everything, by scene and program."""
    client, python = peers.program("atuin"), peers.python("llm")
    result: dict[str, dict[str, Figures]] = {}
    for name, processes, count in (
        ("one entry", 1, 10 * entries),
        ("16 processes", PROCESSES, entries),
    ):
        with folder() as place:
            scene = {"ours": ours(place / "ours", processes, count)}
            if client:
                scene["atuin"] = atuin(client, place / "atuin", processes, count)
            if python:
                scene["llm"] = llm(python, place / "llm", processes, count)
        result[name] = scene
    first = {"ours": rounds(repeats, our_first_runs)}
    if client:
        first["atuin"] = rounds(repeats, lambda place: atuin_first_runs(client, place))
    if python:
        first["llm"] = rounds(repeats, lambda place: llm_first_runs(python, place))
    return result | {"16 first runs": first}


def beside(result: dict[str, dict[str, Figures]]) -> Iterator[Beside]:
    """Yield what has a counterpart; who loses entries is not faster."""
    for scene, figure, unit in (
        ("one entry", "p50_ms", "ms"),
        ("16 processes", "p95_ms", "ms"),
        ("16 processes", "kept", "kept"),
        ("16 first runs", "ended_well_min", "of 16 end well"),
        ("16 first runs", "kept_min", "of 16 kept"),
    ):
        found = result[scene]
        for peer in (name for name in _NAMES if _has(found, name, figure)):
            yield Beside(
                what=f"saving, {scene}: {figure}", unit=unit, ours=found["ours"][figure],
                peer=_NAMES[peer], theirs=found[peer][figure], more_is_better=unit != "ms",
            )  # fmt: skip


def _has(found: dict[str, Figures], name: str, figure: str) -> bool:
    theirs = found.get(name, {})
    if theirs.get(figure) is None:
        return False
    return not figure.endswith("_ms") or theirs["kept"] == found["ours"]["kept"]


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=60, help="that each of 16 processes saves")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of first runs")
    options = parser.parse_args()
    result = measure(options.entries, options.repeats)
    print(dump(result, beside(result)))


if __name__ == "__main__":
    main()
