"""Percentiles of what was measured, by the names that the report shows."""

import time
from collections.abc import Callable, Iterable, Sequence


def percentiles(values: Iterable[float], *shares: float) -> dict[str, float]:
    """Return percentiles by name, such as `p95`, and the `worst`; zeros if there are no values."""
    ordered = sorted(values) or [0.0]
    found = {
        f"p{share * 100:g}": round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3)
        for share in shares
    }
    return found | {"worst": round(ordered[-1], 3)}


def waits(values_ms: Iterable[float]) -> dict[str, float]:
    """Return `p50_ms`, `p95_ms` and `worst_ms` of some waits in milliseconds."""
    return {f"{name}_ms": value for name, value in percentiles(values_ms, 0.5, 0.95).items()}


def of_calls(work: Callable[[str], int], texts: Sequence[str]) -> tuple[dict[str, float], int]:
    """Do some work with each text.

    Returns what `waits` does, the same of the processor's time with `cpu_` before the names, and
    the sum of what the work returned.
    """
    times_ms: list[float] = []
    busy_ms: list[float] = []
    total = 0
    for text in texts:
        start_s, start_busy_s = time.perf_counter(), time.process_time()
        total += work(text)
        times_ms.append((time.perf_counter() - start_s) * 1000)
        busy_ms.append((time.process_time() - start_busy_s) * 1000)
    busy = {f"cpu_{name}": value for name, value in waits(busy_ms).items()}
    return busy | waits(times_ms), total
