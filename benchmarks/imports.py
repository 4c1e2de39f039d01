"""How long a history of a million commands takes to come in, and how much memory that needs.

A bash history of `--lines` lines (a fifth of them repeats, as in real ones) is imported by the
program as a process of its own into an empty replica on the project's disk, then once more, which
adds nothing. The processor time of both says what the machine's other work hides. Atuin imports
the same lines beside it.

    python -m benchmarks.imports --lines 1000000

The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import peers
from benchmarks.atuin import Atuin
from benchmarks.places import folder
from benchmarks.report import Beside, dump

LINES = 1_000_000
PROGRAM = """
import resource, sys
from ipcom_chat.cli.main import main
code = main()
usage = resource.getrusage(resource.RUSAGE_SELF)
status = open("/proc/self/status").read()
print(status.split("VmHWM:")[1].split()[0], usage.ru_utime + usage.ru_stime, file=sys.stderr)
sys.exit(code)
"""
WHY = (
    "Every line passes the rules of redaction, and goes into nine indexes for the scopes; Atuin "
    "keeps lines as they are, unless one of 22 patterns drops them."
)
COMMANDS = (
    "docker logs --tail {n} app-{m}",
    'git commit -m "fix {n}"',
    "systemctl status unit-{m}",
    "ls -la /srv/{m}",
    "kubectl -n team-{m} get pods -o wide",
    "tail -n {n} /var/log/app-{m}.log",
    "ssh host-{m} uptime",
    'grep -rn "error {n}" /etc/app-{m}',
    'journalctl -u app-{m} --since "{n} min ago"',
    "du -sh /data/{n}/*",
    'find / -name "*.{m}" -size +{n}M -exec ls -l {{}} ;',
    "curl -sS https://host-{m}.example.com/v{n}/health",
)


def write_history(path: Path, count: int) -> None:
    """Write a bash history without times."""
    random = Random(7)
    with path.open("w", encoding="utf-8") as file:
        for _line in range(count):
            n = random.randrange(count // 12 + 1)
            file.write(random.choice(COMMANDS).format(n=n, m=n % 300) + "\n")


def run(home: Path, history: Path) -> dict[str, Any]:
    """Import once; return what the program says, and what it took."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "history", "import", str(history), "--yes", "--json",
         "--format", "bash"],
        env=env, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    elapsed_s = time.perf_counter() - start
    (report,) = json.loads(done.stdout)["sources"]
    peak_kib, cpu_s = done.stderr.splitlines()[-1].split()
    return {
        "read": report["read"],
        "added": report["added"],
        "seconds": round(elapsed_s, 1),
        "cpu seconds": round(float(cpu_s), 1),
        "peak MiB": round(int(peak_kib) / 1024),
    }


def main() -> None:
    """Measure; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lines", type=int, default=LINES, help="lines of the history")
    options = parser.parse_args()
    with folder() as home:
        history = home / "lines.txt"
        write_history(history, options.lines)
        result: dict[str, Any] = {"first": run(home, history), "again": run(home, history)}
        replica = home / ".local/share/ipcom-chat/history.db"
        result["replica"] = {"MB": round(replica.stat().st_size / 1e6)}
        client = peers.program("atuin")
        if client:
            result["atuin"] = {"seconds": atuin_s(client, home / "atuin", history)}
    print(dump(result, beside(options.lines, result)))


def atuin_s(client: Path, home: Path, history: Path) -> float:
    """Return how long Atuin takes for the same lines, its record store included."""
    machine = Atuin(client, home)
    with history.open(encoding="utf-8") as lines:
        machine.write_history(line.rstrip("\n") for line in lines)
    start = time.perf_counter()
    machine.take_history()
    return round(time.perf_counter() - start, 1)


def beside(lines: int, result: dict[str, Any]) -> Iterator[Beside]:
    """Yield the first import beside Atuin's."""
    if "atuin" in result:
        yield Beside(
            what=f"import of {lines:,} lines", unit="s", ours=result["first"]["seconds"],
            peer="Atuin", theirs=result["atuin"]["seconds"], why=WHY,
        )  # fmt: skip


if __name__ == "__main__":
    main()
