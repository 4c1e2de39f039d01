"""The short form of `make campaign`: some simulated faults, some real ones, a few examples each."""

import subprocess
import sys
from pathlib import Path

import pytest

from campaign.fuzz import TARGETS, batch
from tests.support.replica import ROOT
from tests.support.tmux import requires_tool

SEED = "11"


def test_the_short_form_finds_nothing(tmp_path: Path) -> None:
    requires_tool("setpriv")
    requires_tool("openssl")
    done = subprocess.run(
        [sys.executable, "-m", "campaign", "--seed", SEED, "--simulated", "150", "--real", "12"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    assert told[0].startswith(f"seed {SEED}; again: python -m campaign --seed {SEED}")
    assert "nothing was lost, doubled, reopened or left behind" in told


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_examples_of_each_target(name: str) -> None:
    assert batch(TARGETS[name], 1, examples=25) >= 25
