"""How long a search takes, how large the index is and how long building it takes, by history size.

    python -m benchmarks.search [10000 100000 1000000]

In process: from the typed text to ranked hits with their snippets, through the service behind
`history search`. As a process: the whole program beside a Python that does nothing.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.search_corpus import texts
from benchmarks.search_replica import Opened, fill
from ipcom_chat.domain.entry import Mode, Scope
from ipcom_chat.ids import MachineId
from ipcom_chat.services.search import Wanted
from tests.support.env import data_dir, isolated_env

SIZES = (10_000, 100_000)
QUERIES = 200
ROUNDS = 21
SCOPE = Scope(mode=Mode.GLOBAL, machine_id=MachineId("bench"))
MISS_LETTERS = "bcdfghjklmnpqrstvwxz"
_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    print(json.dumps({f"{size:,} entries": measure(size) for size in sizes}))


def measure(size: int) -> dict[str, dict[str, Any]]:
    """Return all figures for a history of `size` questions."""
    with tempfile.TemporaryDirectory() as name:
        env = isolated_env(Path(name))
        folder = data_dir(env)
        folder.mkdir(parents=True)
        opened = Opened(folder)
        fill(opened, texts(size))
        start = time.perf_counter()
        opened.service.catch_up()
        built_s = time.perf_counter() - start
        result = {"index": _index(folder, size, built_s), **_queries(opened, size)}
        opened.close()
        return {**result, "process": _process(env)}


def _index(folder: Path, size: int, built_s: float) -> dict[str, Any]:
    held = sum(path.stat().st_size for path in (folder / "search").rglob("*") if path.is_file())
    replica = sum(path.stat().st_size for path in folder.glob("history.db*"))
    return {
        "build_s": round(built_s, 1),
        "bytes_per_row": round(held / size),
        "replica_bytes_per_row": round(replica / size),
    }


def _queries(opened: Opened, size: int) -> dict[str, dict[str, Any]]:
    source = random.Random(11)
    questions = [question for question, _answer in texts(min(size, 20_000))]
    kinds: dict[str, Callable[[], str]] = {
        "sentence": lambda: asked_again(source, source.choice(questions)),
        "word": lambda: source.choice(source.choice(questions).split()),
        "miss": lambda: "".join(source.choices(MISS_LETTERS, k=9)),
        "sentence of misses": lambda: " ".join(
            "".join(source.choices(MISS_LETTERS, k=9)) for _each in range(6)
        ),
        "typo": lambda: _with_typo(source, source.choice(questions)),
        "path": lambda: "/".join(source.sample(source.choice(questions).split(), 2)),
    }
    return {name: _timed(opened, [make() for _each in range(QUERIES)])
            for name, make in kinds.items()}  # fmt: skip


def asked_again(source: random.Random, question: str) -> str:
    """Return a question with some words left out and others put in."""
    words = [word for word in question.split() if source.random() < 0.7]
    return " ".join([*words, "how", "can", "I", source.choice(["please", "again", "quickly"])])


def _with_typo(source: random.Random, question: str) -> str:
    word = max(question.split(), key=len)
    at = source.randrange(1, max(len(word) - 1, 2))
    return word[:at] + source.choice(MISS_LETTERS) + word[at + 1 :]


def _timed(opened: Opened, queries: Sequence[str]) -> dict[str, Any]:
    times: list[float] = []
    busy: list[float] = []
    hits = 0
    for query in queries:
        start, start_busy = time.perf_counter(), time.process_time()
        hits += len(opened.service.search(SCOPE, query, Wanted(), limit=20).hits)
        times.append((time.perf_counter() - start) * 1000)
        busy.append((time.process_time() - start_busy) * 1000)
    return {
        "cpu_p50_ms": round(statistics.median(busy), 2),
        "cpu_p95_ms": round(statistics.quantiles(busy, n=20)[-1], 2),
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 2),
        "worst_ms": round(max(times), 2),
        "hits": round(hits / len(queries), 1),
    }


def _process(env: dict[str, str]) -> dict[str, Any]:
    commands = {
        "pass": [sys.executable, "-I", "-c", "pass"],
        "hit": [_SCRIPT, "history", "search", "restart nginx"],
        "miss": [_SCRIPT, "history", "search", "qzxwvqzx"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _round in range(ROUNDS):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, env=env, check=False, capture_output=True)
            times[name].append((time.perf_counter() - start) * 1000)
    bare = statistics.median(times["pass"])
    return {f"{name}_times_pass": round(statistics.median(each) / bare, 1)
            for name, each in times.items() if name != "pass"}  # fmt: skip


if __name__ == "__main__":
    main()
