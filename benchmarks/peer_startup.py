"""How long programs take to start, beside Atuin, llm, sgpt and Elia.

- *version*: `--version`, which loads the least (`--help` where there is none).
- *search*: `history search`, `atuin search`, `llm logs -q`, in a history of 1,000.
- *ask*: a question on the command line, from the start of the program to the first byte of an
  answer on its stdout; the same scripted server on loopback answers all of them.
- *chat*: from the start to the prompt on a pseudo terminal.

All take turns in one loop. The last line is one JSON object: medians in milliseconds.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks import ai_peers, peers
from benchmarks.atuin import Atuin
from benchmarks.first_paint import OURS, first_paint_s
from benchmarks.llm import Llm
from benchmarks.places import folder
from benchmarks.processes import BARE_PYTHON, Command
from benchmarks.report import Beside, dump
from tests.support.cli import add_entries
from tests.support.env import isolated_env

ENTRIES = 1_000
_SCRIPT = str(Path(sys.executable).with_name("ipcom-chat"))
_NAMES = {"atuin": "Atuin", "llm": "llm", "sgpt": "sgpt", "elia": "Elia"}
COMPILED_WHY = "Atuin is a compiled program; the bare Python that ours needs takes longer already."
ASK_WHY = "Nearly all of ours is the import of pydantic-ai, which knows every vendor and tool."
LINE_WHY = "Its prompt is a line, without a screen: nothing is painted, no history is shown."

Measurement = Callable[[], float]


def measurements(home: Path, url: str) -> dict[str, dict[str, Measurement]]:
    """Return what is to be measured, by scene and program; each call measures once."""
    env = isolated_env(home / "ours") | {
        "IPCOM_CHAT_AI_MODEL": f"openai-compatible:{ai_peers.MODEL}",
        "IPCOM_CHAT_AI_BASE_URL": f"{url}/v1",
    }
    add_entries(env, *({"command": f"question {number}"} for number in range(ENTRIES)))
    ask = Command([_SCRIPT, "ask", "--quiet", ai_peers.QUESTION], env)
    found: dict[str, dict[str, Measurement]] = {
        "version": {
            "pass": BARE_PYTHON.ms,
            "ours": Command([_SCRIPT, "--version"], env).ms,
        },
        "search": {"ours": Command([_SCRIPT, "history", "search", "question"], env).ms},
        "ask": {"ours": lambda: first_byte_ms(ask)},
        "chat": {"ours": lambda: first_paint_s(env, OURS) * 1000},
    }
    _add_atuin(found, home / "atuin")
    for name, calls in ai_peers.calls(home, url).items():
        _add(found, name, calls)
    _add_llm_search(found, home / "llm")
    return found


def _add_atuin(found: dict[str, dict[str, Measurement]], home: Path) -> None:
    client = peers.program("atuin")
    if client:
        atuin = Atuin(client, home)
        atuin.fill(f"question {number}" for number in range(ENTRIES))
        found["version"]["atuin"] = atuin.command("--version").ms
        found["search"]["atuin"] = atuin.search("question", "--search-mode", "fulltext").ms


def _add(found: dict[str, dict[str, Measurement]], name: str, calls: ai_peers.Calls) -> None:
    found["version"][name] = calls.version.ms
    if ask := calls.ask:
        found["ask"][name] = lambda: first_byte_ms(ask)
    if chat := calls.chat:
        found["chat"][name] = lambda: first_paint_s(chat.env, chat.argv, calls.shown) * 1000


def _add_llm_search(found: dict[str, dict[str, Measurement]], home: Path) -> None:
    python = peers.python("llm")
    if python:
        user = Llm(python, home)
        user.save(1, ENTRIES, ("question", "42 %"))
        found["search"]["llm"] = user.search("question").ms


def first_byte_ms(command: Command) -> float:
    """Return the milliseconds from the start of a program to the first byte on its stdout.

    Raises:
        RuntimeError: it ended without one.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command.argv, env=command.env,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read(1)
    taken = time.perf_counter() - start
    process.terminate()
    process.stdout.close()
    process.wait()
    if not said:
        raise RuntimeError(f"{command.argv[0]} answered nothing")
    return taken * 1000


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Return the medians in milliseconds, by scene and program."""
    with folder() as home, ai_peers.scripted_server() as url:
        todo = measurements(home, url)
        times: dict[tuple[str, str], list[float]] = {}
        for number in range(rounds + 1):  # the first run of each does not count
            for scene, programs in todo.items():
                for name, once in programs.items():
                    taken_ms = once()
                    times.setdefault((scene, name), []).extend([taken_ms] if number else [])
    result: dict[str, dict[str, float]] = {}
    for (scene, name), each in times.items():
        result.setdefault(scene, {})[f"{name}_ms"] = round(median(each), 1)
    return result


def beside(result: dict[str, dict[str, float]]) -> Iterator[Beside]:
    """Yield ours beside everybody else's."""
    for scene, found in result.items():
        for name, peer in _NAMES.items():
            if f"{name}_ms" in found:
                yield Beside(
                    what=f"start: {scene}", unit="ms", ours=found["ours_ms"], peer=peer,
                    theirs=found[f"{name}_ms"], why=why(scene, name),
                )  # fmt: skip


def why(scene: str, name: str) -> str:
    """Return why a peer would be ahead."""
    if name == "atuin":
        return COMPILED_WHY
    return {"ask": ASK_WHY, "chat": LINE_WHY}.get(scene, "")


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=15)
    result = measure(parser.parse_args().rounds)
    print(dump(result, beside(result)))


if __name__ == "__main__":
    main()
