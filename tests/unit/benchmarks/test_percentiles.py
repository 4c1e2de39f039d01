"""Percentiles by name."""

from benchmarks.percentiles import of_calls, percentiles, waits


def test_they_are_values_that_were_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]

    assert percentiles(values, 0.5, 0.95, 0.999) == {
        "p50": 51.0, "p95": 96.0, "p99.9": 100.0, "worst": 100.0,
    }  # fmt: skip


def test_nothing_measured_is_zero() -> None:
    assert waits([]) == {"p50_ms": 0.0, "p95_ms": 0.0, "worst_ms": 0.0}


def test_calls_are_timed_and_what_they_give_is_added_up() -> None:
    times, total = of_calls(len, ["a", "bc"])

    assert total == 3
    assert set(times) == {
        "cpu_p50_ms", "cpu_p95_ms", "cpu_worst_ms", "p50_ms", "p95_ms", "worst_ms",
    }  # fmt: skip
