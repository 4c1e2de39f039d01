"""How long the plain verbs take to start and end, beside a Python that does nothing.

The commands take turns in one loop, so that what else the machine does meets all of them alike.
The last line is one JSON object: medians in milliseconds, and each as a multiple of `pass`.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.cli import add_entries
from tests.support.env import isolated_env

ROUNDS = 31
ENTRIES = 1000
LIMITS = {"--version": 7.0, "history list": 14.0}
"""At most this many times as long as `python -I -c pass`."""

_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))
COMMANDS = {
    "pass": [sys.executable, "-I", "-c", "pass"],
    "--version": [_SCRIPT, "--version"],
    "history list": [_SCRIPT, "history", "list"],
    "user list": [_SCRIPT, "user", "list"],
    "config list": [_SCRIPT, "config", "list"],
    "--help": [_SCRIPT, "--help"],
}


def measure(rounds: int) -> dict[str, float]:
    """Return the median of each command in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        env = isolated_env(Path(folder))
        add_entries(env, *({"command": f"question {number}"} for number in range(ENTRIES)))
        for _round in range(rounds):
            for name, command in COMMANDS.items():
                start = time.perf_counter()
                subprocess.run(
                    command, env=env, check=False, capture_output=True, stdin=subprocess.DEVNULL
                )
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(each) for name, each in times.items()}


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
