"""`llm`, whose log of questions and answers is measured beside our history.

A model of ours, which echoes, answers in its process; nothing leaves the machine. What it does is
said in programs for its own Python, since its environment is not ours.
"""

import json
import os
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.places import held_bytes
from benchmarks.processes import Command

_ECHO = """
import sys, time, json
import llm
from llm.plugins import pm

class Echo(llm.Model):
    model_id = "echo"
    answer = None

    def execute(self, prompt, stream, response, conversation):
        yield self.answer or prompt.prompt

class Plugin:
    __name__ = "Echo"

    @llm.hookimpl
    def register_models(self, register):
        register(Echo())

pm.register(Plugin(), name="echo")
"""
_ASK = (
    _ECHO
    + """
from llm.cli import cli
cli(["-m", "echo", sys.argv[1]])
"""
)
_SAVE = (
    _ECHO
    + """
import sqlite_utils
from llm.migrations import migrate

path, worker, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
question, Echo.answer = json.loads(sys.argv[4])
database = sqlite_utils.Database(path)
migrate(database)
print("ready", flush=True)
sys.stdin.readline()
times = []
for number in range(count):
    response = Echo().prompt(f"{question} {worker}:{number}")
    response.text()
    start = time.perf_counter()
    try:
        response.log_to_db(database)
    except Exception:
        continue
    times.append((time.perf_counter() - start) * 1000)
print(json.dumps(times))
"""
)
"""As its chat does: the log is opened once, and each turn written to it."""


class Llm:
    """One user with llm, in a home of its own."""

    def __init__(self, python: Path, home: Path) -> None:
        self._python = python
        self._home = home
        home.mkdir(parents=True, exist_ok=True)

    @property
    def _log(self) -> Path:
        return self._home / "logs.db"

    @property
    def _env(self) -> dict[str, str]:
        home = str(self._home)
        return {"HOME": home, "LLM_USER_PATH": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    def _call(self, program: str, *arguments: str) -> Command:
        return Command([self._python, "-c", program, *arguments], self._env)

    def search(self, query: str) -> Command:
        """Return the whole program that searches the log."""
        return Command([self._python.with_name("llm"), "logs", "-q", query], self._env)

    def ask(self, text: str) -> Command:
        """Return the whole program that asks the echo and logs its answer."""
        return self._call(_ASK, text)

    def save(self, workers: int, count: int, texts: tuple[str, str]) -> list[list[float]]:
        """Log that many turns in each of some processes at once.

        Returns the milliseconds of those that were logged; a process that failed has none.
        """
        argument = json.dumps(texts)
        self.ask("first").run()  # the schema is made before the race
        processes = [
            self._started(self._call(_SAVE, str(self._log), str(n), str(count), argument))
            for n in range(workers)
        ]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        outs = [_go(process) for process in processes]
        return [_times(process.communicate()[0]) for process in outs]

    @staticmethod
    def _started(command: Command) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command.argv, env=command.env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kept(self) -> int:
        """Return how many turns its log holds; none if it cannot be read."""
        with closing(sqlite3.connect(self._log)) as connection:
            try:
                return int(connection.execute("SELECT count(*) FROM turns").fetchone()[0])
            except sqlite3.Error:
                return 0

    def held_bytes(self) -> int:
        """Return what its log takes on disk."""
        return held_bytes(self._home.glob("logs.db*"))


def _go(process: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process


def _times(out: str) -> list[float]:
    """Return what a process that saved has measured."""
    lines: Sequence[str] = out.splitlines()
    return [float(each) for each in json.loads(lines[-1])] if lines else []
