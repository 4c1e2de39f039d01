"""llm, sgpt and Elia as programs that ask an AI: how each is called, with a server of ours.

The server speaks OpenAI's protocol on loopback and answers from a script; nothing leaves the
machine. Each user lives in a home of its own, which a first run prepares.
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import peers
from benchmarks.processes import Command

KEY = "not-a-secret"
MODEL = "scripted"
QUESTION = "hello"
"""The server answers it at once, in two pieces."""
ROOT = Path(__file__).parents[1]


class Calls(NamedTuple):
    """What is measured of a program; nothing where it has no such thing."""

    version: Command
    ask: Command | None = None
    chat: Command | None = None
    shown: bytes = b""
    """What stands on the screen once its chat can be typed into."""


@contextmanager
def scripted_server() -> Iterator[str]:
    """Give the address of a server in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.openai_server", "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def server_log(url: str) -> dict[str, list[Any]]:
    """Return what the server was asked (`requests`) and when clients went away (`gone_at_s`).

    Instants are those of the monotonic clock.
    """
    with urllib.request.urlopen(f"{url}/_log", timeout=30) as answer:
        found: dict[str, list[Any]] = json.load(answer)
    return found


def calls(home: Path, url: str) -> dict[str, Calls]:
    """Return how the peers that are installed are called."""
    made = {"llm": _llm, "sgpt": _sgpt, "elia": _elia}
    found = {}
    for name, make in made.items():
        program = peers.program(name)
        if program:
            (home / name).mkdir(parents=True)
            found[name] = make(program, home / name, url)
    return found


def _env(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm-256color",
            "LANG": "C.UTF-8", "OPENAI_API_KEY": KEY}  # fmt: skip


def _llm(program: Path, home: Path, url: str) -> Calls:
    (home / "extra-openai-models.yaml").write_text(
        f"- model_id: {MODEL}\n  model_name: {MODEL}\n  api_base: {url}/v1\n"
    )
    env = _env(home) | {"LLM_USER_PATH": str(home)}
    return Calls(
        version=Command([program, "--version"], env),
        ask=Command([program, "--key", KEY, "-m", MODEL, QUESTION], env),
        chat=Command([program, "chat", "--key", KEY, "-m", MODEL], env),
        shown=b"\n> ",
    )


def _sgpt(program: Path, home: Path, url: str) -> Calls:
    env = _env(home) | {"API_BASE_URL": f"{url}/v1", "DEFAULT_MODEL": MODEL}
    return Calls(
        version=Command([program, "--version"], env),
        ask=Command([program, "--no-cache", "--no-md", QUESTION], env),
        chat=Command([program, "--repl", "temp"], env),
        shown=b">>>",
    )


def _elia(program: Path, home: Path, _url: str) -> Calls:
    """It has no option that shows its version, and no question that is answered once."""
    env = _env(home)
    return Calls(
        version=Command([program, "--help"], env),
        chat=Command([program], env),
        shown=b"essage...",
    )
