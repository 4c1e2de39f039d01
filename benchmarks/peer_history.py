"""Search, counts and storage of one history beside Atuin, and beside the plan's LIKE and FTS5.

    python -m benchmarks.peer_history [10000 100000 1000000]

The same seeded questions with their answers go into a replica, into the tables of the plan, and,
as one line each, into Atuin. In process: our service with its snippets beside the plan's two
searches. As whole programs: `history search` beside `atuin search`, `history stats` beside `atuin
stats`. Kinds of queries: a question asked again in other words, a word, a phrase of two words, and
a word that nothing holds. A program that has used up its time for a kind stops early.

The last line is one JSON object.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.atuin import Atuin
from benchmarks.llm import Llm
from benchmarks.percentiles import percentiles
from benchmarks.places import folder, held_bytes
from benchmarks.planned import Planned
from benchmarks.processes import Command
from benchmarks.report import Beside, dump
from benchmarks.search import MISS_LETTERS, SCOPE, asked_again
from benchmarks.search_corpus import texts
from benchmarks.search_replica import Opened, fill
from ipcom_chat.services.search import Wanted
from tests.support.env import data_dir, isolated_env

SIZES = (10_000, 100_000)
QUERIES = 100
BUDGET_S = 20.0
"""How long one way of searching may take for all queries of a kind."""
ROUNDS = 7
LLM_TURNS = 301
STATS_LOOKS = 4
NEWEST = 20_000
"""Queries are made of the first so many questions."""
_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))
START_WHY = (
    "Whole programs: Atuin is compiled and starts in 3 ms; a Python that does nothing takes 11 ms, "
    "and ours loads its command line, SQLite and the index before it searches."
)
HIT_WHY = (
    "It lists the newest rows or the best by bm25 alone; ours also looks for typos, beginnings and "
    "synonyms, ranks by outcome, age and people, and cuts snippets."
)
SPACE_WHY = (
    "An entry of ours carries ids, machine, person, session, model, outcome and hashes, nine "
    "indexes for the scopes, its event for synchronisation, and both texts once more in the "
    "full-text index."
)

PLANS = ("plan: LIKE", "plan: FTS5")

Search = Callable[[str], int]


def main() -> None:
    """Measure every size; print one JSON object."""
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    result: dict[str, Any] = {}
    found: list[Beside] = []
    for size in sizes:
        with folder() as place:
            measured = measure(place, size)
        result[f"{size:,} entries"] = measured
        found += beside(f"{size:,} entries", measured)
    print(dump(result, found))


def measure(place: Path, size: int) -> dict[str, Any]:
    """Return all figures of a history of `size` entries."""
    env = isolated_env(place)
    ours, ours_s = _filled(data_dir(env), size)
    planned = Planned(place / "plan.db")
    planned.fill(texts(size), ours.clock.now_ms() // 1000)
    queries = made(size)
    searches: dict[str, Search] = {"ours": _ours(ours), "plan: FTS5": planned.fts,
                                   "plan: LIKE": lambda text: planned.like(bare(text))}  # fmt: skip
    result: dict[str, Any] = {
        "in process": {kind: _all(searches, each) for kind, each in queries.items()}
    }
    ours.close()
    storage = {"ours": held_bytes(data_dir(env).rglob("*")), "plan: table": planned.table_bytes(),
               "plan: with FTS5": planned.held_bytes()}  # fmt: skip
    planned.close()
    fill_s = {"ours": round(ours_s, 1)}
    client = peers.program("atuin")
    atuin = Atuin(client, place / "atuin") if client else None
    if atuin:
        start = time.perf_counter()
        atuin.fill(f"{question} {answer}" for question, answer in texts(size))
        fill_s["atuin"] = round(time.perf_counter() - start, 1)
        storage["atuin"] = atuin.held_bytes()
    storage |= _llm_bytes(place / "llm", size)
    return result | {
        "program": {kind: _programs(env, atuin, each) for kind, each in queries.items()},
        "stats": _stats(env, atuin),
        "filled": {f"{name}_s": taken for name, taken in fill_s.items()},
        "bytes per entry": {name: round(held / size) for name, held in storage.items()}
        | {"text": _text_bytes(size)},
    }


def _filled(place: Path, size: int) -> tuple[Opened, float]:
    place.mkdir(parents=True)
    opened = Opened(place)
    start = time.perf_counter()
    fill(opened, texts(size))
    opened.service.catch_up()
    return opened, time.perf_counter() - start


def _ours(opened: Opened) -> Search:
    return lambda query: len(opened.service.search(SCOPE, query, Wanted(), limit=20).hits)


def made(size: int) -> dict[str, list[str]]:
    """Return the queries by kind, the same for the same size."""
    source = random.Random(11)
    questions = [question for question, _answer in texts(min(size, NEWEST))]
    kinds: dict[str, Callable[[], str]] = {
        "question": lambda: asked_again(source, source.choice(questions)),
        "word": lambda: source.choice(source.choice(questions).split()),
        "phrase": lambda: _phrase(source, source.choice(questions)),
        "miss": lambda: "".join(source.choices(MISS_LETTERS, k=9)),
    }
    return {name: [make() for _each in range(QUERIES)] for name, make in kinds.items()}


def _phrase(source: random.Random, question: str) -> str:
    words = question.split()
    at = source.randrange(len(words) - 1)
    return f'"{" ".join(words[at : at + 2])}"'


def bare(query: str) -> str:
    """Return a query for those who know no phrases."""
    return query.strip('"')


def _all(searches: dict[str, Search], queries: Sequence[str]) -> dict[str, Any]:
    return {name: _timed(search, queries) for name, search in searches.items()}


def _timed(search: Search, queries: Sequence[str]) -> dict[str, float]:
    times: list[float] = []
    hits = 0
    end_s = time.perf_counter() + BUDGET_S
    for query in queries:
        start = time.perf_counter()
        hits += search(query)
        times.append((time.perf_counter() - start) * 1000)
        if time.perf_counter() > end_s:
            break
    named = percentiles(times, 0.5, 0.95)
    return {"queries": len(times), "hits": round(hits / len(times), 1)} | {
        f"{key}_ms": value for key, value in named.items()
    }


def _programs(env: dict[str, str], atuin: Atuin | None, queries: Sequence[str]) -> dict[str, Any]:
    ways: dict[str, Callable[[str], Command]] = {
        "ours": lambda query: Command([_SCRIPT, "history", "search", query], env, True)
    }
    if atuin:
        ways["atuin"] = lambda query: atuin.search(bare(query), "--search-mode", "fulltext")
    times: dict[str, list[float]] = {name: [] for name in ways}
    found = dict.fromkeys(ways, 0)
    for number, query in enumerate(queries[: ROUNDS + 1]):
        for name, way in ways.items():
            start = time.perf_counter()
            out = way(query).run()
            if number:
                times[name].append((time.perf_counter() - start) * 1000)
                found[name] += bool(out)
    return {f"{name}_ms": round(median(each), 1) for name, each in times.items()} | {
        f"{name}_found": f"{number} of {ROUNDS}" for name, number in found.items()
    }


def _stats(env: dict[str, str], atuin: Atuin | None) -> dict[str, float]:
    ours = Command([_SCRIPT, "history", "stats"], env)
    first_ms, *times_ms = (ours.ms() for _look in range(STATS_LOOKS))  # the first one counts all
    result = {"first_ms": round(first_ms, 1), "ours_ms": round(median(times_ms), 1)}
    if atuin:
        result["atuin_ms"] = round(atuin.command("stats").ms(), 1)
    return result


def _llm_bytes(place: Path, size: int) -> dict[str, int]:
    """Return what llm's log would take, from some turns with texts of the same length."""
    python = peers.python("llm")
    if not python:
        return {}
    user = Llm(python, place)
    some = sorted(islice(texts(size), LLM_TURNS), key=lambda pair: len(pair[0] + pair[1]))
    pair = some[len(some) // 2]
    user.save(1, LLM_TURNS, pair)
    return {"llm": user.held_bytes() * size // user.kept()}


def _text_bytes(size: int) -> int:
    count = min(size, NEWEST)
    return sum(len(f"{question}{answer}".encode()) for question, answer in texts(count)) // count


def beside(size: str, found: dict[str, Any]) -> Iterator[Beside]:
    """Yield what has a counterpart; who finds nothing of what is there is no counterpart."""
    for kind, ways in found["in process"].items():
        for peer in (name for name in PLANS if ways[name]["hits"] or kind == "miss"):
            yield Beside(
                what=f"{size}: {kind} in process, p95", unit="ms", peer=f"the {peer}", why=HIT_WHY,
                ours=ways["ours"]["p95_ms"], theirs=ways[peer]["p95_ms"],
            )  # fmt: skip
    named = {f"{kind}, whole program": each for kind, each in found["program"].items()}
    for what, each in (named | {"stats, whole program": found["stats"]}).items():
        if "atuin_ms" in each:
            yield Beside(
                what=f"{size}: {what}", unit="ms", ours=each["ours_ms"], peer="Atuin",
                theirs=each["atuin_ms"], why=START_WHY,
            )  # fmt: skip
    held = found["bytes per entry"]
    for name, peer in (("atuin", "Atuin"), ("llm", "llm"), ("plan: with FTS5", "plan with FTS5")):
        if name in held:
            yield Beside(
                what=f"{size}: on disk, an entry", unit="bytes", ours=held["ours"], peer=peer,
                theirs=held[name], why=SPACE_WHY,
            )  # fmt: skip


if __name__ == "__main__":
    main()
