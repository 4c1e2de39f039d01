"""The units of systemd: systemd itself finds no fault with them and calls them hardened, and the
program works under what they forbid.

Source: systemd-analyze(1), systemd.exec(5), prctl(2) (PR_SET_MDWE).
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_sync import systemd
from tests.support.cli import PROGRAM
from tests.support.machine import LIMIT_S, Machine, eventually, initialise, questions_on
from tests.support.sqld import Sqld, binary, sqld
from tests.support.tmux import requires_tool

__all__ = ["sqld"]

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
FILES = (*SERVICES, *sorted(UNITS.glob("*.timer")))
EXPOSURE_MAX = 3.0
PR_SET_MDWE = 65
# As MemoryDenyWriteExecute= does: what may be written may never be executed.
DENY_WRITE_EXECUTE = (
    "import ctypes, os, sys\n"
    f"assert ctypes.CDLL(None).prctl({PR_SET_MDWE}, 1, 0, 0, 0) == 0\n"
    "os.execv(sys.argv[1], sys.argv[1:])\n"
)


def name(path: Path) -> str:
    return path.name


def analyze(*arguments: str | Path) -> str:
    """Run systemd-analyze; return what it says."""
    requires_tool("systemd-analyze")
    done = subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_all_units_are_there() -> None:
    assert [path.name for path in FILES] == [
        "ipcom-chat-maintenance@.service",
        "ipcom-chat-sqld-replica.service",
        "ipcom-chat-sqld.service",
        "ipcom-chat-sync@.service",
        "ipcom-chat-web.service",
        "ipcom-chat-maintenance@.timer",
    ]


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_service_is_hardened(unit: Path) -> None:
    said = analyze("security", "--offline=true", "--no-pager", unit)
    exposure = re.search(r"Overall exposure level for \S+ ([0-9.]+) ", said.replace(": ", " "))
    assert exposure is not None, said
    assert float(exposure[1]) <= EXPOSURE_MAX


def installed(folder: Path) -> Path:
    """Return a copy of the units whose programs exist: verify asks for them."""
    (folder / "bin").mkdir()
    for program in ("ipcom-chat", "sqld"):
        (folder / "bin" / program).write_text("#!/bin/sh\n")
        (folder / "bin" / program).chmod(0o755)
    for unit in FILES:
        text = unit.read_text().replace("/usr/local/bin/", f"{folder}/bin/")
        # The account of the dashboard is made by sysusers.
        (folder / unit.name).write_text(text.replace("User=ipcom-chat", "User=daemon"))
    return folder


@pytest.mark.parametrize("unit", FILES, ids=name)
def test_systemd_finds_no_fault(unit: Path, tmp_path: Path) -> None:
    folder = installed(tmp_path)
    copy = folder / unit.name
    if "@." in unit.name:
        copy = copy.rename(folder / unit.name.replace("@.", "@daemon."))
    assert analyze("verify", "--man=no", copy) == ""


@pytest.mark.parametrize("unit", FILES, ids=name)
def test_the_program_knows_what_a_unit_runs(unit: Path) -> None:
    lines = re.findall(r"^ExecStart=(\S+)", unit.read_text(), re.MULTILINE)
    programs = {"/usr/local/bin/ipcom-chat", "/usr/local/bin/sqld"}
    assert set(lines) <= programs
    assert bool(lines) == (unit.suffix == ".service")


def test_the_dashboard_does_not_start_without_its_token() -> None:
    """It would end at once, and be started again for ever."""
    unit = (UNITS / "ipcom-chat-web.service").read_text()
    (token,) = re.findall(r"--token-file (\S+)", unit)
    assert f"\nConditionPathExists={token}\n" in unit


def denies_write_execute() -> None:
    """Skip where the kernel (before 6.3) cannot."""
    code = f"import ctypes; raise SystemExit(ctypes.CDLL(None).prctl({PR_SET_MDWE}, 1, 0, 0, 0))"
    if subprocess.run([sys.executable, "-c", code], check=False).returncode:
        pytest.skip("this kernel knows no PR_SET_MDWE")


def test_the_program_synchronises_where_no_memory_is_both_written_and_executed(
    sqld: Sqld, tmp_path: Path
) -> None:
    denies_write_execute()
    initialise(sqld.url, tmp_path)
    one = Machine(tmp_path, "machine-one", sqld.url, IPCOM_CHAT_SEMANTIC="true")
    one.save("under a service of systemd")
    with systemd(tmp_path) as (address, told):
        process = subprocess.Popen(
            [sys.executable, "-c", DENY_WRITE_EXECUTE, *PROGRAM, "sync", "--watch"],
            env=one.env | {"NOTIFY_SOCKET": address},
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: questions_on(sqld.url), lambda found: len(found) == 1)
            eventually(lambda: told, lambda now: "STATUS=synced, 0 waiting" in now)
        finally:
            process.terminate()
            assert process.wait(LIMIT_S) == 0
    assert told[0] == "READY=1"


def test_the_server_runs_where_no_memory_is_both_written_and_executed() -> None:
    denies_write_execute()
    command = [sys.executable, "-c", DENY_WRITE_EXECUTE, str(binary()), "--version"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout[:4]) == (0, b"sqld")
