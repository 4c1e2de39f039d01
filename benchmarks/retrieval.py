"""How often the right entry is among the first found, and how long a query takes.

    python -m benchmarks.retrieval
    python -m benchmarks.retrieval --corpus F --queries F --key answer|id [--no-semantic]

Without files: 5,000 seeded questions, 200 of which are asked again with words left out and others
put in, by words alone, beside the plan's LIKE and FTS5. With files:

The corpus has one JSON object a line with `question`, `answer` and perhaps `id` and `summary`; a
query has `query` and the `answer` or `id` that is right. Every entry becomes one answered question
of a replica made for the occasion, and is found through the service behind `history search`. Of
equal keys the first counts. The last line is one JSON object.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.percentiles import waits
from benchmarks.report import Beside, dump
from benchmarks.search import asked_again
from benchmarks.search_corpus import texts
from benchmarks.search_replica import Opened, filled
from ipcom_chat.domain.entry import Mode, Scope
from ipcom_chat.ids import MachineId
from ipcom_chat.meaning.texts import is_installed
from ipcom_chat.services.search import Wanted

FIRST = 10
ENTRIES = 5_000
QUERIES = 200
SCOPE = Scope(mode=Mode.GLOBAL, machine_id=MachineId("bench"))
Ranking = Callable[[str], Sequence[str]]
"""Returns the keys of what a query finds, best first."""


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    options = _options()
    corpus = lines(options.corpus) if options.corpus else generated()
    queries = lines(options.queries) if options.corpus else asked(corpus)
    keys = [str(each[options.key]) for each in corpus]
    with tempfile.TemporaryDirectory() as folder:
        opened = filled(Path(folder), ((each["question"], answer(each)) for each in corpus))
        try:
            if options.semantic and is_installed():
                opened.meaning.wait()
            elif not options.semantic:
                opened.service.meaning = None
            rankings = {"ours": _ours(opened, keys)}
            if options.compare:
                rankings |= {"like": _like(opened, keys), "fts": _fts(opened, keys)}
            results = {
                name: measured(ranking, queries, options.key) for name, ranking in rankings.items()
            }
        finally:
            opened.close()
    what = options.corpus.stem if options.corpus else "generated questions"
    print(dump({what: results}, beside(what, results)))


def generated() -> list[dict[str, Any]]:
    """Return a corpus of the seeded questions of the search's benchmarks."""
    return [
        {"id": str(number), "question": question, "answer": reply}
        for number, (question, reply) in enumerate(texts(ENTRIES))
    ]


def asked(corpus: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return queries for some of them, in other words; of equal questions the first is right."""
    source = random.Random(11)
    first = {each["question"]: each["id"] for each in reversed(corpus)}
    some = source.sample(corpus, QUERIES)
    return [
        {"query": asked_again(source, each["question"]), "id": first[each["question"]]}
        for each in some
    ]


def beside(what: str, results: dict[str, dict[str, float]]) -> Iterator[Beside]:
    """Yield the share of right entries among the first five beside the plan's."""
    for name in ("like", "fts"):
        if name in results:
            yield Beside(
                what=f"recall@5, {what}", unit="", ours=results["ours"]["recall@5"],
                peer=f"the plan: {name}", theirs=results[name]["recall@5"], more_is_better=True,
            )  # fmt: skip


def measured(ranking: Ranking, queries: Sequence[dict[str, Any]], key: str) -> dict[str, float]:
    """Return what is found of all queries, and how long one takes."""
    places: list[int | None] = []
    times: list[float] = []
    for each in queries:
        start = time.perf_counter()
        found = ranking(each["query"])
        times.append((time.perf_counter() - start) * 1000)
        first = list(dict.fromkeys(found))[:FIRST]
        right = str(each[key])
        places.append(first.index(right) if right in first else None)
    count = len(queries)
    return {
        "recall@1": _share(places, 1, count),
        "recall@5": _share(places, 5, count),
        "mrr@10": round(sum(1 / (at + 1) for at in places if at is not None) / count, 4),
        **waits(times),
    }


def _share(places: Iterable[int | None], first: int, count: int) -> float:
    return round(sum(at is not None and at < first for at in places) / count, 4)


def _ours(opened: Opened, keys: Sequence[str]) -> Ranking:
    service = opened.service

    def ranking(query: str) -> list[str]:
        found = service.search(SCOPE, query, Wanted(), limit=3 * FIRST)
        return [keys[opened.place[hit.entry.id]] for hit in found.hits]

    return ranking


def _like(opened: Opened, keys: Sequence[str]) -> Ranking:
    """Return what the plan's first search did: the whole query as a substring."""
    sql = (
        "SELECT seq FROM entries WHERE command LIKE '%' || ?1 || '%' "
        "OR response LIKE '%' || ?1 || '%' ORDER BY created_at DESC LIMIT 30"
    )
    return lambda query: [keys[row[0] - 1] for row in opened.database.rows(sql, (query,))]


def _fts(opened: Opened, keys: Sequence[str]) -> Ranking:
    """Return what the plan's second search did: FTS5 with the query as it was typed."""
    connection = opened.database.connection
    connection.execute(
        "CREATE VIRTUAL TABLE temp.plan USING fts5(command, response);"
        "INSERT INTO plan (rowid, command, response) SELECT seq, command, response FROM entries"
    )
    sql = "SELECT rowid FROM plan WHERE plan MATCH ? ORDER BY rank LIMIT 30"

    def ranking(query: str) -> list[str]:
        try:
            return [keys[row[0] - 1] for row in connection.execute(sql, (query,))]
        except Exception:  # noqa: BLE001 - what is no FTS5 expression finds nothing
            return []

    return ranking


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def answer(each: dict[str, Any]) -> str:
    """Return the answer of an entry of the corpus."""
    return f"{each['answer']}\n{each['summary']}" if "summary" in each else str(each["answer"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.retrieval", description=__doc__)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--key", choices=("answer", "id"), default="id")
    parser.add_argument("--no-semantic", dest="semantic", action="store_false")
    parser.add_argument("--compare", action="store_true", help="the plan's LIKE and FTS5, too")
    options = parser.parse_args()
    if not options.corpus:
        # Made-up words mean nothing to a model.
        options.semantic, options.compare = False, True
    return options


if __name__ == "__main__":
    main()
