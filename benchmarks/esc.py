"""How long ESC takes in each phase of a request, in a real terminal.

Runs the program on a pseudo terminal against a scripted OpenAI-compatible server, presses ESC at a
random moment of the phase, and measures until the notice has been written to the terminal: while
the headers are waited for, while 60 tokens a second stream, while a stream stalls, while the
person is asked about a command, and while a command runs. Bar: p95 at most 100 ms in each.

The server must have seen the connection end wherever one was open, and no command may be left.
Prints one JSON object as its last line.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.ai_peers import ROOT, scripted_server, server_log
from benchmarks.percentiles import waits
from tests.support.env import isolated_env
from tests.support.raw_pty import RawPty

ROUNDS = 20
WARM_UP = 2
SLEEP_S = "86399.5"
"""So long the command would run; looked for among the processes at the end."""
PHASES: dict[str, tuple[str, str]] = {
    "headers": ("please SLOWHEAD", ""),
    "streaming": ("please LONG", "Passo"),
    "stalled": ("please STALL", "three"),
    "approval": ("RUN: echo one", "Run this"),
    "command": (f"!echo begun; exec sleep {SLEEP_S}", "begun"),
}
"""What is typed, and what the terminal shows when the phase has begun."""
CONNECTED = ("headers", "streaming", "stalled")
"""The phases in which a connection is open."""
NOTICE = b"Operation cancelled by user"
LIMIT_S = 20.0
POLL_S = 0.001


def main() -> None:
    """Measure as the arguments say; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="in each phase")
    rounds = parser.parse_args().rounds
    with scripted_server() as url:
        waits_ms = measure(url, rounds)
        gone = len(server_log(url)["gone_at_s"])  # answers that nobody waited for any more
    figures = {phase: {"rounds": rounds} | waits(each) for phase, each in waits_ms.items()}
    closed = len(CONNECTED) * (rounds + WARM_UP)
    ok = all(each["p95_ms"] <= 100 for each in figures.values())
    ok = ok and gone == closed and not _left_over()
    left = {"connections_ended": gone, "of": closed, "commands_left": len(_left_over())}
    print(json.dumps({"benchmark": "esc", "ok": ok, "esc_to_notice": figures, "left": left}))


def measure(url: str, rounds: int) -> dict[str, list[float]]:
    """Return the waits in milliseconds, by phase."""
    with tempfile.TemporaryDirectory() as folder:
        env = isolated_env(Path(folder)) | {
            "IPCOM_CHAT_AI_MODEL": "openai-compatible:scripted",
            "IPCOM_CHAT_AI_BASE_URL": f"{url}/v1",
            "PYTHONPATH": f"{ROOT}/src",
        }
        command = [sys.executable, "-m", "ipcom_chat"]
        with RawPty(command, env=env, cwd=env["HOME"]) as terminal:
            terminal.wait_for("Ask, or paste an error")
            return {
                phase: [one_round(terminal, url, phase) for _ in range(WARM_UP + rounds)][WARM_UP:]
                for phase in PHASES
            }


def one_round(terminal: RawPty, url: str, phase: str) -> float:
    """Begin a request, wait for its phase, press ESC; return the wait in milliseconds."""
    typed, shown = PHASES[phase]
    terminal.output = b""
    terminal.send(typed.encode())
    time.sleep(0.2)
    before = request_count(url)
    terminal.send(b"\r")
    if shown:
        terminal.wait_for(shown)
    else:
        while request_count(url) == before:
            time.sleep(POLL_S)
    time.sleep(random.uniform(0.4, 1.2))
    pressed_s = time.perf_counter()
    terminal.send(b"\x1b")
    while NOTICE not in terminal.output:
        assert time.perf_counter() - pressed_s < LIMIT_S, f"ESC was not obeyed in {phase}"
        time.sleep(POLL_S)
    wait_ms = (time.perf_counter() - pressed_s) * 1_000
    time.sleep(0.3)
    terminal.send(b"\x0c")  # Ctrl-L: the notice of this round must not be seen in the next
    time.sleep(0.3)
    return wait_ms


def request_count(url: str) -> int:
    """Return how many requests the server has seen."""
    return len(server_log(url)["requests"])


def _left_over() -> list[Path]:
    """Return the processes of commands that should be gone."""
    wanted = f"sleep\0{SLEEP_S}\0".encode()
    return [each for each in Path("/proc").glob("[0-9]*/cmdline") if _content(each) == wanted]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
