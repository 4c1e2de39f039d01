"""Runs the fault campaign: simulated faults, then real ones; prints its seed and what happened.

    python -m campaign                      10,000 simulated faults and 500 real ones
    python -m campaign --seed 7             the same plan again
    python -m campaign --simulated 0 --real 60 --keep

The log goes to stdout and, whole, into a file that is named at the end. The exit code is 1 if
something did not hold that must; then the folder with every file stays where it is.
"""

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from campaign import simulated
from campaign.faults import DOERS
from campaign.model import Model
from campaign.plan import rounds
from campaign.stage import Stage
from campaign.world import PRIVATE, World, become_private

MACHINES = 3


def real(folder: Path, seed: int, faults: int, log: Callable[[str], None]) -> Stage:
    """Play a plan of real faults; return what was played.

    Raises:
        AssertionError: something does not hold that must.
    """
    model = Model(seed)
    with _assistant() as url, World(folder, url) as world:
        for _each in range(MACHINES):
            world.add()
        stage = Stage(world, model, log)
        stage.play(rounds(seed, faults), DOERS)
    return stage


@contextmanager
def _assistant() -> Iterator[str]:
    """Give the address of a server that plays an AI, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.openai_server", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()


def _told(kind: str, counts: "Counter[str]") -> str:
    each = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    return f"{kind}: {sum(counts.values())} ({each or 'none'})"


def campaign(folder: Path, options: argparse.Namespace, log: Callable[[str], None]) -> bool:
    """Run both parts; return whether everything held."""
    log(f"seed {options.seed}; again: python -m campaign --seed {options.seed}"
        f" --simulated {options.simulated} --real {options.real}")  # fmt: skip
    if not os.environ.get(PRIVATE):
        log("no mount namespace of its own: faults of disks are left out")
    try:
        if options.simulated:
            counts = simulated.play(options.seed, options.simulated, log)
            log(_told("simulated faults", counts))
        if options.real:
            stage = real(folder, options.seed, options.real, log)
            log(_told("real faults", stage.counts))
            log(_told("planned, but not possible at that moment", stage.left_out))
            log(f"questions asked: {len(stage.model.questions)}")
    except AssertionError as error:
        log(f"VIOLATION (seed {options.seed}): {error}")
        return False
    log("nothing was lost, doubled, reopened or left behind")
    return True


def main() -> int:
    """Run the campaign; return the exit code."""
    parser = argparse.ArgumentParser(prog="campaign", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, help="of the plan (a random one)")
    parser.add_argument("--simulated", type=int, default=10_000, help="faults in stories (10000)")
    parser.add_argument("--real", type=int, default=500, help="faults of real processes (500)")
    parser.add_argument("--keep", action="store_true", help="leave all files where they are")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = secrets.randbelow(1_000_000)
        sys.argv += ["--seed", str(options.seed)]
    become_private()
    folder = Path(mkdtemp(prefix="ipcom-chat-campaign-"))
    start_s = time.monotonic()
    with (folder / "log").open("w") as file:

        def log(line: str) -> None:
            print(line, flush=True)
            print(line, file=file, flush=True)

        is_sound = campaign(folder, options, log)
        log(f"{time.monotonic() - start_s:.0f} s")
    if is_sound and not options.keep:
        shutil.rmtree(folder)
    else:
        print(f"all files and the log are in {folder}")
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
