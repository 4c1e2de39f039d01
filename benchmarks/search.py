"""How long a search takes, how large the index is and how long building it takes, by history size.

    python -m benchmarks.search [10000 100000 1000000]

In process: from the typed text to ranked hits with their snippets, through the service behind
`history search`. As a process: the whole program beside a Python that does nothing.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.percentiles import of_calls
from benchmarks.places import held_bytes
from benchmarks.processes import BARE_PYTHON, Command, in_turn
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
    """Measure every size; print one JSON object."""
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
    held = held_bytes((folder / "search").rglob("*"))
    replica = held_bytes(folder.glob("history.db*"))
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
    def search(query: str) -> int:
        return len(opened.service.search(SCOPE, query, Wanted(), limit=20).hits)

    times, hits = of_calls(search, queries)
    return times | {"hits": round(hits / len(queries), 1)}


def _process(env: dict[str, str]) -> dict[str, Any]:
    commands = {
        "pass": BARE_PYTHON,
        "hit": Command([_SCRIPT, "history", "search", "restart nginx"], env),
        "miss": Command([_SCRIPT, "history", "search", "qzxwvqzx"], env, may_fail=True),
    }
    medians = in_turn(commands, ROUNDS)
    bare = medians.pop("pass")
    return {f"{name}_times_pass": round(each / bare, 1) for name, each in medians.items()}


if __name__ == "__main__":
    main()
