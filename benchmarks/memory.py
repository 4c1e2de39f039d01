"""How much memory the programs hold that stay: a chat that waits, and `sync --watch`.

The real programs, the chat on a pseudo terminal, with a history of 10,000 indexed entries, an AI
that is configured and a primary on loopback. *PSS* counts what several processes share once; it is
what ending the program would give back. The process that compares meanings is its own and is not
counted. Bars: 120 MiB for the chat, 60 MiB for `sync --watch`. Beside it stand the chats of others,
as far as they are installed.

    python -m benchmarks.memory --seconds 20

The last line is one JSON object.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import ai_peers
from benchmarks.places import folder
from benchmarks.report import Beside, dump
from benchmarks.search_corpus import texts
from benchmarks.search_replica import filled
from benchmarks.sync_server import primary
from tests.support.env import data_dir, isolated_env
from tests.support.raw_pty import RawPty

ENTRIES = 10_000
LIMITS = {
    "chat": 120,
    "chat without an AI": 120,
    "sync --watch": 60,
    "sync --watch that has carried all": 60,
}
PROMPT = "sk, or paste an error"
_NAMES = {"llm": "llm", "sgpt": "sgpt", "elia": "Elia"}
_PROGRAM = [sys.executable, "-m", "ipcom_chat"]
WHY = (
    "More than half of ours are pydantic-ai and the vendor's package, loaded while the chat waits "
    "so that the first question does not; see the chat without an AI."
)


def held(pid: int) -> dict[str, int]:
    """Return what a process holds, in MiB."""
    about = Path("/proc", str(pid))
    return figures((about / "smaps_rollup").read_text(), (about / "status").read_text())


def figures(rollup: str, status: str) -> dict[str, int]:
    """Return the figures of a process in MiB, as Linux tells them in KiB."""
    fields = dict(line.split(":", 1) for line in rollup.splitlines() if "B" in line and ":" in line)
    fields |= dict(line.split(":", 1) for line in status.splitlines())
    named = {"pss_mib": "Pss", "rss_mib": "Rss", "peak_rss_mib": "VmHWM"}
    return {name: int(fields[field].split()[0]) // 1024 for name, field in named.items()}


def chat(env: Mapping[str, str], seconds: float) -> dict[str, int]:
    """Return what a chat holds that has waited for a while."""
    with RawPty(_PROGRAM, env=env, cwd=env["HOME"]) as terminal:
        terminal.wait_for(PROMPT, timeout_s=60)
        time.sleep(seconds)
        return held(terminal.process.pid)


def watch(env: Mapping[str, str], seconds: float) -> dict[str, int]:
    """Return what `sync --watch` holds after a while.

    Raises:
        RuntimeError: it ended before.
    """
    process = subprocess.Popen(
        [*_PROGRAM, "sync", "--watch"], env=dict(env), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(seconds)
        if process.poll() is not None:
            raise RuntimeError(f"sync --watch ended with {process.returncode}")
        return held(process.pid)
    finally:
        process.terminate()
        process.wait()


def others(home: Path, url: str, seconds: float) -> dict[str, dict[str, int]]:
    """Return what the chats of others hold."""
    found = {}
    for name, calls in ai_peers.calls(home, url).items():
        if calls.chat:
            argv = [str(word) for word in calls.chat.argv]
            with RawPty(argv, env=calls.chat.env, cwd=str(home)) as terminal:
                terminal.wait_for(calls.shown.decode(), timeout_s=60)
                time.sleep(seconds)
                found[name] = held(terminal.process.pid)
    return found


def measure(place: Path, seconds: float) -> dict[str, dict[str, Any]]:
    """Return what every program holds."""
    env = isolated_env(place)
    data_dir(env).mkdir(parents=True)
    filled(data_dir(env), texts(ENTRIES)).close()
    with primary(place) as server, ai_peers.scripted_server() as url:
        env |= {"TURSO_DATABASE_URL": server.url}
        ai = {
            "IPCOM_CHAT_AI_MODEL": f"openai-compatible:{ai_peers.MODEL}",
            "IPCOM_CHAT_AI_BASE_URL": f"{url}/v1",
        }
        carrying, resting = watch(env, seconds), watch(env, seconds)
        result: dict[str, dict[str, Any]] = {
            "chat": chat(env | ai, seconds),
            "chat without an AI": chat(env, seconds),
            "sync --watch": resting,
            "sync --watch that has carried all": carrying,
        }
        for name, limit in LIMITS.items():
            result[name] |= {"limit_mib": limit}
        return result | others(place / "others", url, seconds / 4)


def beside(result: dict[str, dict[str, Any]]) -> Iterator[Beside]:
    """Yield our chat beside those of others."""
    for name, peer in _NAMES.items():
        if name in result:
            yield Beside(
                what="memory of a chat that waits", unit="MiB", ours=result["chat"]["pss_mib"],
                peer=peer, theirs=result[name]["pss_mib"], why=WHY,
            )  # fmt: skip


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=20, help="how long a program waits before")
    options = parser.parse_args()
    with folder() as place:
        result = measure(place, options.seconds)
    print(dump(result, beside(result)))


if __name__ == "__main__":
    main()
