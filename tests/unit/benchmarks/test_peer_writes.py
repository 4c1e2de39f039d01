"""What is compared of saving."""

from typing import Any

from benchmarks.peer_writes import beside, figures


def scene(kept: int, p50_ms: float | None = 4.0) -> dict[str, Any]:
    return {"p50_ms": p50_ms, "p95_ms": p50_ms, "worst_ms": p50_ms, "kept": kept}


def test_who_loses_entries_is_not_faster() -> None:
    first = {"ended_well_min": 16, "kept_min": 16}
    result = {
        "one entry": {"ours": scene(100), "atuin": scene(100, 8.0)},
        "16 processes": {"ours": scene(160), "llm": scene(10, 1.0), "atuin": scene(0, None)},
        "16 first runs": {"ours": first, "llm": {"ended_well_min": 1, "kept_min": 0}},
    }

    compared = [(each.what, each.peer, each.factor) for each in beside(result)]

    assert compared == [
        ("saving, one entry: p50_ms", "Atuin", 2),
        ("saving, 16 processes: kept", "Atuin", float("inf")),
        ("saving, 16 processes: kept", "llm", 16),
        ("saving, 16 first runs: ended_well_min", "llm", 16),
        ("saving, 16 first runs: kept_min", "llm", float("inf")),
    ]


def test_saves_that_all_failed_have_no_times() -> None:
    assert figures([], 0)["p50_ms"] is None
    assert figures([1.0, 3.0], 2)["worst_ms"] == 3.0
