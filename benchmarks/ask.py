"""How long a one-shot question takes until its first word, beside a Python that does nothing.

A scripted server on loopback begins to answer a sixtieth of a second after the request. Measured
are the time from the start of the program to the request at the server, and from there to the
first byte on the program's stdout; both clocks are the machine's monotonic one. The last line is
one JSON object: medians, in milliseconds and as multiples of `python -I -c pass`.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.ai_peers import scripted_server, server_log
from benchmarks.processes import BARE_PYTHON
from tests.support.env import isolated_env

ROUNDS = 15
LIMIT_MS = 300
"""From the request at the server to the first word, at most."""

_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))


def once(env: dict[str, str], url: str) -> tuple[float, float]:
    """Ask once; return the milliseconds to the request and from there to the first byte."""
    before = len(server_log(url)["requests"])
    start_s = time.monotonic()
    process = subprocess.Popen(
        [_SCRIPT, "ask", "LONG answer", "--quiet"],
        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.read(1)
    first_s = time.monotonic()
    process.terminate()
    process.stdout.close()
    process.wait()
    asked_s = server_log(url)["requests"][before]["at_s"]
    return (asked_s - start_s) * 1000, (first_s - asked_s) * 1000


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    count = parser.parse_args().rounds
    with scripted_server() as url, tempfile.TemporaryDirectory() as folder:
        env = isolated_env(Path(folder)) | {
            "IPCOM_CHAT_AI_MODEL": "openai-compatible:scripted",
            "IPCOM_CHAT_AI_BASE_URL": f"{url}/v1",
        }
        once(env, url)
        rounds = [(BARE_PYTHON.ms(), *once(env, url)) for _round in range(count)]
    nothing, to_request, to_word = map(statistics.median, zip(*rounds, strict=True))
    result = {
        "pass": {"median_ms": round(nothing, 1)},
        "start to request": {
            "median_ms": round(to_request),
            "times_pass": round(to_request / nothing, 1),
        },
        "request to first word": {"median_ms": round(to_word), "limit_ms": LIMIT_MS},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
