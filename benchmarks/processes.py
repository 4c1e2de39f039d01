"""Processes that are timed: in turn, so that what else the machine does meets all of them alike."""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LIMIT_S = 600.0
GRACE_S = 20.0
"""How long a part may take to clear up once it is told to end."""


class Command(NamedTuple):
    """A program with its arguments and its whole environment."""

    argv: Sequence[str | Path]
    env: Mapping[str, str]
    may_fail: bool = False
    """Such as a search that finds nothing."""

    def run(self) -> str:
        """Run to the end; return what it wrote to stdout.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            self.argv, env=self.env, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=LIMIT_S,
        )  # fmt: skip
        if done.returncode and not self.may_fail:
            raise RuntimeError(f"{self.argv}: {done.stdout}{done.stderr}"[:1_000])
        return done.stdout

    def ms(self) -> float:
        """Return how long a run takes, in milliseconds."""
        start = time.perf_counter()
        self.run()
        return (time.perf_counter() - start) * 1000


BARE_PYTHON = Command([sys.executable, "-I", "-c", "pass"], {})
"""A Python that does nothing: what any program of ours takes at the least."""


def in_turn(commands: Mapping[str, Command], rounds: int) -> dict[str, float]:
    """Return the median of each command in milliseconds, after one run that does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for count in range(rounds + 1):
        for name, command in commands.items():
            taken_ms = command.ms()
            if count:
                times[name].append(taken_ms)
    return {name: round(statistics.median(each), 2) for name, each in times.items()}


def finish(argv: Sequence[str], cwd: Path, limit_s: float) -> str:
    """Run a program in a group of its own; return what it wrote to stdout.

    Raises:
        subprocess.SubprocessError: it failed, or took longer than `limit_s`; its group is ended.
    """
    process = subprocess.Popen(
        argv, cwd=cwd, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, _err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)  # so that it takes its folders away
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, " ".join(argv[1:]))
    return out
