"""Fuzzes what reads bytes and texts of others, each for as long as asked.

    python -m campaign.fuzz hrana --minutes 10
    python -m campaign.fuzz --minutes 1            all, one after the other
    python -m campaign.fuzz hrana --seed 41 --batches 1

Examples come in batches; a batch follows from its seed alone. One that fails is shortened by
hypothesis and printed with its seed, and the exit code is 1.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from campaign import fuzz_files, fuzz_merge, fuzz_texts

BATCH = 200
"""Examples that follow from one seed."""

Target = Callable[[st.DataObject], None]
TARGETS: dict[str, Target] = {
    "paste": fuzz_texts.paste,
    "query": fuzz_texts.query,
    "hrana": fuzz_texts.hrana,
    "imports": fuzz_files.imports,
    "playbooks": fuzz_files.playbooks,
    "settings": fuzz_files.settings_files,
    "merge": fuzz_merge.merge,
}


def batch(target: Target, number: int, examples: int = BATCH) -> int:
    """Run the examples of one seed; return how many were run.

    Raises:
        BaseException: what the shortest example that fails raises.
    """
    count = 0

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def once(data: st.DataObject) -> None:
        nonlocal count
        count += 1
        target(data)

    once()
    return count


def fuzz(name: str, *, first: int, seconds: float, batches: int | None) -> bool:
    """Fuzz one target until its time is over; return whether nothing was found."""
    until = time.monotonic() + seconds
    number, examples = first, 0
    while (number - first < batches) if batches else (time.monotonic() < until):
        try:
            examples += batch(TARGETS[name], number)
        except Exception:  # noqa: BLE001 - it is what is looked for
            print(f"{name}: seed {number} fails\n{traceback.format_exc()}", flush=True)
            return False
        number += 1
    print(
        f"{name}: {examples} examples of the seeds {first} to {number - 1}, none fails", flush=True
    )
    return True


def main() -> int:
    """Fuzz what the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="campaign.fuzz", description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(TARGETS)}; all")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch (0)")
    parser.add_argument("--batches", type=int, help="so many, whatever time they take")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(TARGETS))
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    sound = [
        fuzz(name, first=options.seed, seconds=options.minutes * 60, batches=options.batches)
        for name in options.names or TARGETS
    ]
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
