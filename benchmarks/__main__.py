"""Runs every benchmark of this folder and prints one Markdown report.

A benchmark is a module with a `main` whose last line of output is one JSON object; objects in it
become rows, the numbers in those become columns.
"""

import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw

NOT_BENCHMARKS = {
    "__init__",
    "__main__",
    "corpus",
    "retrieval",
    "search_corpus",
    "search_replica",
    "fleet_audit",
    "fleet_machines",
    "sync_server",
}


def main() -> None:
    """Run all, or those named as arguments."""
    folder = Path(__file__).parent
    names = sys.argv[1:] or sorted({path.stem for path in folder.glob("*.py")} - NOT_BENCHMARKS)
    print(f"Measured on {datetime.now(UTC):%Y-%m-%d}: {_machine()}.")
    for name in names:
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"],
            cwd=folder.parent,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        print(f"\n## {name}\n")
        for line in _tables(json.loads(done.stdout.splitlines()[-1])):
            print(line)


def _machine() -> str:
    return (
        f"{platform.machine()}, Linux {platform.release()}, CPython {platform.python_version()}, "
        f"APSW {apsw.apsw_version()}"
    )


def _tables(result: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    columns: list[str] = []
    for name, values in _rows("", result):
        if list(values) != columns:
            columns = list(values)
            lines += ["", f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        lines.append(f"| {name} | {' | '.join(str(values[column]) for column in columns)} |")
    return lines[1:]


def _rows(name: str, value: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the innermost objects with the path to them as their name."""
    plain = {key: item for key, item in value.items() if not isinstance(item, dict)}
    rows = [(name or "all", plain)] if plain else []
    for key, item in value.items():
        if isinstance(item, dict):
            rows += _rows(f"{name}: {key}" if name else key, item)
    return rows


if __name__ == "__main__":
    main()
