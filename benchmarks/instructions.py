"""What measuring costs a save, in instructions: on a busy machine, time tells nothing so small.

    python -m benchmarks.instructions

Each kind of work is done a few times and many times under `valgrind --tool=callgrind`; the
difference is what it takes, the start of Python left out. What the kernel does for a save (writes,
the wait for the disk) is not counted, so the share is an upper bound. Needs Debian's valgrind.

The last line is one JSON object.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus import question
from ipcom_chat.clock import SystemClock
from ipcom_chat.ids import IdSource
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.meter import WRITE, Meter, timing
from ipcom_chat.storage.replica import open_replica

COUNTS = {"save": (200, 1_000), "measurement": (2_000, 22_000), "loop": (2_000, 22_000)}
_VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
_COLLECTED = re.compile(r"Collected : (\d+)")


def main() -> None:
    """Do one kind of work, or count the instructions of each."""
    if len(sys.argv) == len(("module", "kind", "times")):
        _work(sys.argv[1], int(sys.argv[2]))
        return
    each = {kind: _instructions(kind) for kind in COUNTS}
    share = (each["measurement"] - each["loop"]) / each["save"]
    print(json.dumps({**each, "share of a save": round(share, 4), "limit": 0.01}))


def _instructions(kind: str) -> int:
    few, many = COUNTS[kind]
    return (_collected(kind, many) - _collected(kind, few)) // (many - few)


def _collected(kind: str, times: int) -> int:
    done = subprocess.run(
        [*_VALGRIND, sys.executable, "-m", "benchmarks.instructions", kind, str(times)],
        env=os.environ | {"PYTHONHASHSEED": "0"}, stderr=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found = _COLLECTED.search(done.stderr)
    if found is None:
        raise SystemExit("valgrind said nothing of instructions")
    return int(found[1])


def _work(kind: str, times: int) -> None:
    if kind == "save":
        _save(times)
        return
    meter = Meter(SystemClock())
    for _each in range(times):
        if kind == "measurement":
            with timing(meter, WRITE):
                pass


def _save(times: int) -> None:
    clock = SystemClock()
    with TemporaryDirectory() as name:
        replica = open_replica(Path(name) / "history.db", now_ms=clock.now_ms())
        entries, ids = Entries(replica.database), IdSource(clock)
        for number in range(times):
            entries.add(question(ids.new(), clock.now_ms(), number), actor="benchmark")
        replica.close()


if __name__ == "__main__":
    main()
