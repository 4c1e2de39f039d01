"""Processes that are timed, or ended."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes import Command, finish, in_turn
from tests.support.machine import eventually


def python(program: str, *, may_fail: bool = False) -> Command:
    return Command([sys.executable, "-I", "-c", program], {}, may_fail)


def test_commands_in_turn_have_a_median_each() -> None:
    found = in_turn({"a": python("pass"), "b": python("print(1)")}, 1)

    assert list(found) == ["a", "b"]
    assert min(found.values()) > 0


def test_a_command_that_fails_is_an_error_unless_it_may() -> None:
    with pytest.raises(RuntimeError, match="broken"):
        python("import sys; sys.exit('broken')").run()

    assert python("print('none'); raise SystemExit(1)", may_fail=True).run() == "none\n"


def test_a_part_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    program = (
        "import os, time\n"
        f"child = os.fork() or time.sleep(600)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child))\n"
        "time.sleep(600)\n"
    )

    with pytest.raises(subprocess.TimeoutExpired):
        finish([sys.executable, "-I", "-S", "-c", program], cwd=tmp_path, limit_s=6)

    child = Path("/proc", (tmp_path / "pid").read_text(), "stat")
    eventually(lambda: _state(child), lambda state: state in {"", "Z"})


def _state(stat: Path) -> str:
    """Return the state of a process; none if it is gone."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def test_a_part_that_fails_says_which_it_was(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError, match="exit"):
        finish([sys.executable, "-c", "raise SystemExit(3)  # exit"], cwd=tmp_path, limit_s=30)
