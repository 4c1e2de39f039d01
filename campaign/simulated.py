"""Simulated faults: the random stories of `tests/support/fleet_story.py`, many of them.

A story is a fleet in this process: real replicas, engines and the real schema of the primary; what
goes wrong is said beforehand, so a seed is exactly repeated. What counts as a fault is an
operation that harms: an exchange that fails or is disturbed, a death at one of its steps, a clock
that jumps, a machine or the primary put back, replaced or cloned, an erasure among all that.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

from tests.support.fleet import DAY_MS, template
from tests.support.fleet_acts import FAULTS, JUMPS
from tests.support.fleet_story import Op, Story, Teller, invent, shortened

MEMORY = Path("/dev/shm")
HARM = {
    "crash", "deliver", "restore_primary", "replace_primary", "lag", "restore_node", "clone",
    "tombstone", "redact", "interrupt", "request_cancel", "reopen",
}  # fmt: skip


def fault_of(op: Op) -> str | None:
    """Return what goes wrong in an operation; None if nothing does."""
    if op.name == "exchange":
        return f"exchange: {FAULTS[op.a % len(FAULTS)]}" if op.a >= 0 else None
    if op.name == "tick":
        return "clock" if abs(JUMPS[op.a % len(JUMPS)]) >= DAY_MS else None
    return op.name if op.name in HARM else None


def play(seed: int, faults: int, log: Callable[[str], None]) -> "Counter[str]":
    """Tell stories until they have had so many faults; return how many of each.

    Raises:
        AssertionError: a story fails; it is told with its seed, shortened.
    """
    counts: Counter[str] = Counter()
    folder = Path(mkdtemp(prefix="ipcom-chat-stories-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        file = template(folder)
        number = seed
        while sum(counts.values()) < faults:
            story = invent(number)
            _tell(folder, file, story, number)
            counts.update(fault for op in story.ops if (fault := fault_of(op)))
            number += 1
            if (number - seed) % 100 == 0:
                log(f"stories {seed} to {number - 1}: {sum(counts.values())} simulated faults")
    finally:
        shutil.rmtree(folder)
    log(f"stories {seed} to {number - 1}: {sum(counts.values())} simulated faults, none harmful")
    return counts


def _tell(folder: Path, file: Path, story: Story, seed: int) -> None:
    found = _failure(folder, file, story)
    if found:
        kind = found.partition(":")[0]
        short = shortened(story, lambda one: _failure(folder, file, one).startswith(kind))
        raise AssertionError(f"story {seed}: {_failure(folder, file, short)}\n{short}")


def _failure(folder: Path, file: Path, story: Story) -> str:
    """Return what a story fails with; empty if it does not."""
    place = Path(mkdtemp(dir=folder))
    try:
        Teller(place, file).tell(story)
    except Exception as error:  # noqa: BLE001 - it is reported with the story
        return f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(place)
    return ""
