"""Runs the benchmarks and prints one Markdown report.

    python -m benchmarks                      quick sizes, some twenty minutes
    python -m benchmarks --full               the sizes of docs/benchmarks.md, hours
    python -m benchmarks search --sizes 1000000
    python -m benchmarks --corpora FOLDER     retrieval over public corpora, too

Others to measure beside are installed first, into environments of their own (`peers`). A part
that fails or takes too long is named in the report, and the next one runs.
"""

import argparse
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import apsw

from benchmarks import parts, peers, report
from benchmarks.processes import finish

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure as the arguments say; print as soon as a part is done."""
    options = _options()
    wanted = parts.Wanted(
        names=tuple(options.parts), full=options.full, corpora=options.corpora,
        sizes=tuple(int(size) for size in options.sizes.split(",") if size),
    )  # fmt: skip
    try:
        planned = list(parts.commands(wanted))
    except ValueError as error:
        sys.exit(str(error))
    missing = peers.install_all() if options.peers else {}
    _print(["# Benchmarks", "", *machine(), "", *_others(missing)])
    beside: list[report.Beside] = []
    for title, command in planned:
        _print(["", f"## {title}"])
        beside += _part(command, wanted.limit_s)
    _print(report.behind(beside))


def machine() -> Iterator[str]:
    """Yield what the figures were measured on."""
    cpu = next(_fields("/proc/cpuinfo", "model name"), platform.machine())
    cores = sum(1 for _core in _fields("/proc/cpuinfo", "processor"))
    memory_kib = int(next(_fields("/proc/meminfo", "MemTotal"), "0 kB").split()[0])
    load = Path("/proc/loadavg").read_text().split()[0]
    yield (
        f"Measured on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC with ipcom-chat "
        f"{version('ipcom-chat')}: {cores} cores ({cpu}), {memory_kib / 2**20:.0f} GiB, "
        f"{platform.system()} {platform.release()}, CPython {platform.python_version()}, "
        f"APSW {apsw.apsw_version()}; load at the beginning {load}."
    )


def _fields(path: str, name: str) -> Iterator[str]:
    for line in Path(path).read_text().splitlines():
        key, _colon, value = line.partition(":")
        if key.strip() == name:
            yield value.strip()


def _others(missing: dict[str, str]) -> Iterator[str]:
    there = [peer.requirement for name, peer in peers.PEERS.items() if peers.program(name)]
    yield f"Beside: {', '.join(there) or 'nobody'}."
    for name, why in missing.items():
        if why:
            yield f"- {name} could not be installed: {why}"


def _part(command: list[str], limit_s: float) -> list[report.Beside]:
    """Run a part, print its tables, and return its comparisons."""
    start = time.monotonic()
    argv = [sys.executable, "-m", f"benchmarks.{command[0]}", *command[1:]]
    try:
        out = finish(argv, cwd=ROOT, limit_s=limit_s)
        result, beside = report.load(out.splitlines()[-1])
    except (subprocess.SubprocessError, IndexError, ValueError) as error:
        _print(["", f"Not measured: {type(error).__name__}: {error}"])
        return []
    _print([*report.tables(result), *report.comparisons(beside)])
    print(f"{' '.join(command)}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return beside


def _print(lines: list[str]) -> None:
    print("\n".join(lines), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.split("\n", 1)[0])
    names = ", ".join(part.name for part in parts.PARTS)
    parser.add_argument("parts", nargs="*", help=f"default: all of {names}")
    parser.add_argument("--full", action="store_true", help="up to a million entries; hours")
    parser.add_argument("--sizes", default="", help="numbers of entries, with commas")
    parser.add_argument("--corpora", type=Path, help="folder of corpora for the retrieval")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="install nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
