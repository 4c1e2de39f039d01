"""How long the chat takes from its start to the first picture, as a multiple of a bare Python.

Starts the program on a pseudo terminal with a history of some entries, again and again, each time
beside `python -I -c pass`, and waits for the prompt to be painted. The median of the ratios of
such pairs does not depend on how fast the machine is just now. Bar: 45.

Prints one JSON object as its last line.
"""

import argparse
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import BARE_PYTHON

PAIRS = 15
WARM_UPS = 3
BAR = 45.0
PROMPT = b"Ask, or paste an error"
LIMIT_S = 30.0
OURS = (sys.executable, "-m", "ipcom_chat")


def first_paint_s(
    env: Mapping[str, str], argv: Sequence[str | Path] = OURS, shown: bytes = PROMPT[1:]
) -> float:
    """Return the seconds from the start of a program to what its first picture shows.

    The painted prompt's first letter lies under the cursor and is written by itself.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    started_s = time.perf_counter()
    process = subprocess.Popen(
        argv, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
    )
    os.close(slave)
    seen = b""
    while shown not in seen:
        if not select.select([master], [], [], LIMIT_S)[0]:
            raise TimeoutError(seen.decode(errors="replace"))
        seen += os.read(master, 65_536)
    took_s = time.perf_counter() - started_s
    process.terminate()
    _drain(master, process)
    os.close(master)
    return took_s


def _drain(master: int, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        if select.select([master], [], [], 0.05)[0]:
            try:
                os.read(master, 65_536)
            except OSError:
                break
    process.wait()


def main() -> None:
    """Measure as the arguments say; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=PAIRS)
    count = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color",
               "LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[1] / "src")}  # fmt: skip
        for _ in range(WARM_UPS):
            first_paint_s(env)
        pairs = [(first_paint_s(env) * 1_000, BARE_PYTHON.ms()) for _ in range(count)]
    paints = [paint for paint, _bare in pairs]
    ratio = statistics.median(paint / bare for paint, bare in pairs)
    figures = {
        "ratio": round(ratio, 1),
        "bar": BAR,
        "first_paint_ms": round(statistics.median(paints), 1),
        "best_ms": round(min(paints), 1),
        "bare_python_ms": round(statistics.median(bare for _paint, bare in pairs), 1),
    }
    print(json.dumps({"benchmark": "first_paint", "ok": ratio <= BAR, "chat": figures}))


if __name__ == "__main__":
    main()
