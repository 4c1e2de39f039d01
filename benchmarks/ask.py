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
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.env import isolated_env

ROUNDS = 15
LIMIT_MS = 300
"""From the request at the server to the first word, at most."""

_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))


def once(env: dict[str, str], port: int) -> tuple[float, float]:
    """Ask once; return the milliseconds to the request and from there to the first byte."""
    before = len(_log(port))
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
    asked_s = _log(port)[before]["at_s"]
    return (asked_s - start_s) * 1000, (first_s - asked_s) * 1000


def bare() -> float:
    """Return how long a Python that does nothing takes, in milliseconds."""
    start_s = time.monotonic()
    subprocess.run([sys.executable, "-I", "-c", "pass"], check=True)
    return (time.monotonic() - start_s) * 1000


def _log(port: int) -> list[Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_log") as answer:
        requests: list[Any] = json.load(answer)["requests"]
    return requests


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    count = parser.parse_args().rounds
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.openai_server", "--port", "0"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    port = int(server.stdout.readline())
    try:
        with tempfile.TemporaryDirectory() as folder:
            env = isolated_env(Path(folder)) | {
                "IPCOM_CHAT_AI_MODEL": "openai-compatible:scripted",
                "IPCOM_CHAT_AI_BASE_URL": f"http://127.0.0.1:{port}/v1",
            }
            once(env, port)
            rounds = [(bare(), *once(env, port)) for _round in range(count)]
    finally:
        server.terminate()
        server.wait()
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
