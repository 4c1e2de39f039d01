"""Which queries are asked of a history, and what is compared."""

from typing import Any

from benchmarks.peer_history import QUERIES, bare, beside, made


def found(**changes: Any) -> dict[str, Any]:
    way = {"hits": 5.0, "p95_ms": 4.0}
    ways = {"ours": way, "plan: LIKE": way, "plan: FTS5": way}
    return {
        "in process": {"word": ways},
        "program": {"word": {"ours_ms": 90.0, "atuin_ms": 30.0}},
        "stats": {"first_ms": 500.0, "ours_ms": 80.0, "atuin_ms": 400.0},
        "bytes per entry": {"ours": 1_800, "atuin": 900},
    } | changes


def test_queries_are_the_same_for_the_same_size_and_of_every_kind() -> None:
    queries = made(100)

    assert queries == made(100)
    assert {kind: len(each) for kind, each in queries.items()} == dict.fromkeys(
        ("question", "word", "phrase", "miss"), QUERIES
    )
    assert all(query.count('"') == 2 for query in queries["phrase"])
    assert bare(queries["phrase"][0]).split() == queries["phrase"][0].strip('"').split()


def test_everything_that_has_a_counterpart_is_compared() -> None:
    compared = [(each.what, each.peer, each.factor) for each in beside("10 entries", found())]

    assert compared == [
        ("10 entries: word in process, p95", "the plan: LIKE", 1),
        ("10 entries: word in process, p95", "the plan: FTS5", 1),
        ("10 entries: word, whole program", "Atuin", 30 / 90),
        ("10 entries: stats, whole program", "Atuin", 5),
        ("10 entries: on disk, an entry", "Atuin", 0.5),
    ]


def test_who_finds_nothing_of_what_is_there_is_not_faster() -> None:
    ways = {"ours": {"hits": 5.0, "p95_ms": 4.0}}
    ways |= {name: {"hits": 0.0, "p95_ms": 0.1} for name in ("plan: LIKE", "plan: FTS5")}
    kinds = {"in process": {"question": ways, "miss": ways}}

    compared = [each.what for each in beside("10 entries", found(**kinds))]

    assert [what for what in compared if "question" in what] == []
    assert len([what for what in compared if "miss" in what]) == 2
