"""How long ESC takes while an answer streams, in a real terminal.

Runs the program on a pseudo terminal against a scripted OpenAI-compatible server that streams 60
tokens a second, presses ESC at a random moment, and measures until the notice has been written to
the terminal, and until the server has seen the connection end. Bar: notice p95 at most 100 ms.

Prints one JSON object as its last line.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.support.env import isolated_env
from tests.support.raw_pty import RawPty

ROOT = Path(__file__).parents[1]
ROUNDS = 40
WARM_UP = 2
NOTICE = b"Operation cancelled by user"
LIMIT_S = 20.0
POLL_S = 0.001


def main() -> None:
    """Measure and print the figures."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.openai_server"], cwd=ROOT, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        try:
            waits_ms = measure(url)
            gone = gone_count(url)
        finally:
            server.terminate()
    waits_ms.sort()
    p95_ms = round(waits_ms[int(len(waits_ms) * 0.95)], 1)
    figures = {
        "rounds": len(waits_ms),
        "p50_ms": round(statistics.median(waits_ms), 1),
        "p95_ms": p95_ms,
        "worst_ms": round(waits_ms[-1], 1),
        "connections_ended": gone,
    }
    ok = p95_ms <= 100 and gone == ROUNDS + WARM_UP
    print(json.dumps({"benchmark": "esc", "ok": ok, "esc_to_notice": figures}))


def measure(url: str) -> list[float]:
    """Return the waits in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        env = isolated_env(Path(folder)) | {
            "IPCOM_CHAT_AI_MODEL": "openai-compatible:scripted",
            "IPCOM_CHAT_AI_BASE_URL": f"{url}/v1",
            "PYTHONPATH": f"{ROOT}/src",
        }
        command = [sys.executable, "-m", "ipcom_chat"]
        with RawPty(command, env=env, cwd=env["HOME"]) as terminal:
            terminal.wait_for("Ask, or paste an error")
            waits_ms = [one_round(terminal) for _ in range(WARM_UP + ROUNDS)]
    return waits_ms[WARM_UP:]


def one_round(terminal: RawPty) -> float:
    """Ask, wait until the answer streams, press ESC; return the wait in milliseconds."""
    terminal.output = b""
    terminal.send(b"please LONG")
    time.sleep(0.2)
    terminal.send(b"\r")
    terminal.wait_for("Passo")
    time.sleep(random.uniform(0.2, 1.2))
    pressed_s = time.perf_counter()
    terminal.send(b"\x1b")
    while NOTICE not in terminal.output:
        assert time.perf_counter() - pressed_s < LIMIT_S, "ESC was not obeyed"
        time.sleep(POLL_S)
    wait_ms = (time.perf_counter() - pressed_s) * 1_000
    time.sleep(0.3)
    terminal.send(b"\x0c")  # Ctrl-L: the notice of this round must not be seen in the next
    time.sleep(0.3)
    return wait_ms


def gone_count(url: str) -> int:
    """Return how many answers the server could not finish because the client went away."""
    with urllib.request.urlopen(f"{url}/_log", timeout=LIMIT_S) as reply:
        return len(json.load(reply)["gone_at_s"])


if __name__ == "__main__":
    main()
