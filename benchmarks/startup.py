"""How long the plain verbs take to start and end, beside a Python that does nothing.

The commands take turns in one loop, so that what else the machine does meets all of them alike.
The last line is one JSON object: medians in milliseconds, and each as a multiple of `pass`.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import BARE_PYTHON, Command, in_turn
from tests.support.cli import add_entries
from tests.support.env import isolated_env

ROUNDS = 31
ENTRIES = 1000
LIMITS = {"--version": 7.0, "history list": 14.0}
"""At most this many times as long as `python -I -c pass`."""

_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))
VERBS = {
    "--version": ["--version"],
    "history list": ["history", "list"],
    "user list": ["user", "list"],
    "config list": ["config", "list"],
    "--help": ["--help"],
}


def measure(rounds: int) -> dict[str, float]:
    """Return the median of each command in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        env = isolated_env(Path(folder))
        add_entries(env, *({"command": f"question {number}"} for number in range(ENTRIES)))
        ours = {name: Command([_SCRIPT, *verb], env, may_fail=True) for name, verb in VERBS.items()}
        return in_turn({"pass": BARE_PYTHON} | ours, rounds)


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    medians = measure(parser.parse_args().rounds)
    bare = medians["pass"]
    result = {
        name: {
            "median_ms": round(median, 1),
            "times_pass": round(median / bare, 1),
            "limit_times_pass": LIMITS.get(name, ""),
        }
        for name, median in medians.items()
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
