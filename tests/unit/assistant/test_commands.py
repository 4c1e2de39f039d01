"""One command: its result, its limits, and that nothing of it survives."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

import pytest

from ipcom_chat.assistant import commands
from ipcom_chat.assistant.base import CommandFinished
from ipcom_chat.assistant.commands import (
    CommandLimits,
    CommandResult,
    CommandRun,
    command_environment,
    find_program,
)
from ipcom_chat.setting_definitions import KNOWN
from tests.support.machine import eventually

# A child of a child that ignores the polite signal, and says who it is.
STUBBORN = "trap '' TERM; (trap '' TERM; echo $BASHPID; sleep 60) & echo $$; wait"


def _shell(line: str, **limits: float) -> CommandRun:
    chosen = CommandLimits(
        time_s=limits.get("time_s", 20), output_bytes=int(limits.get("bytes", 65_536))
    )
    return CommandRun(["/bin/bash", "-c", line], cwd="/", limits=chosen)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run wait for what a busy machine is slow to do; nothing waits longer than it must."""
    monkeypatch.setattr(commands, "_GRACE_S", 30.0)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _all_end(pids: list[int]) -> None:
    """Let the kernel take its moment after a signal that no process survives."""
    eventually(lambda: [pid for pid in pids if _alive(pid)], lambda left: not left)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def _printed(run: CommandRun, task: "asyncio.Task[CommandResult]", lines: int) -> None:
    while run.result().output.count("\n") < lines:
        assert not task.done()
        await asyncio.sleep(0.01)


async def _cancelled_after_output(run: CommandRun, lines: int) -> list[int]:
    """Cancel a run once it has printed that many process ids; return them."""
    task = asyncio.create_task(run.wait())
    await _printed(run, task, lines)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return [int(each) for each in run.result().output.split()]


async def test_output_of_both_streams_and_the_exit_code() -> None:
    result = await _shell("echo out; echo err >&2; exit 3").wait()
    assert result.output == "out\nerr\n"
    assert result.exit_code == 3
    assert result.command == "/bin/bash -c 'echo out; echo err >&2; exit 3'"
    assert not result.truncated
    assert not result.timed_out
    assert result.duration_ms >= 0


async def test_the_event_says_the_same() -> None:
    result = await CommandRun(["echo", "a b"], cwd="/").wait()
    assert result.finished("7") == CommandFinished(
        call_id="7",
        command="echo 'a b'",
        output="a b\n",
        exit_code=0,
        duration_ms=result.duration_ms,
        truncated=False,
    )


async def test_a_missing_program_is_127() -> None:
    result = await CommandRun(["no-such-program-here"], cwd="/").wait()
    assert result.exit_code == 127
    assert result.output == "no-such-program-here: command not found"


async def test_a_file_that_may_not_run_is_126(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert (await CommandRun([str(script)], cwd="/").wait()).exit_code == 126


@pytest.mark.parametrize("argument", ["a\0b", "x" * 3_000_000])
async def test_an_argument_that_no_program_can_get_is_126(argument: str) -> None:
    assert (await CommandRun(["echo", argument], cwd="/").wait()).exit_code == 126


@pytest.mark.parametrize("folder", ["/no/such/folder", "a\0b"])
async def test_a_folder_that_is_gone_is_said(folder: str) -> None:
    result = await CommandRun(["pwd"], cwd=folder).wait()
    assert result.exit_code == 126
    assert "no such folder" in result.output


async def test_it_runs_in_the_given_folder(tmp_path: Path) -> None:
    assert (await CommandRun(["pwd"], cwd=str(tmp_path)).wait()).output == f"{tmp_path}\n"


async def test_death_by_a_signal_is_128_and_its_number() -> None:
    assert (await _shell("kill -KILL $$").wait()).exit_code == 137


async def test_there_is_no_input_and_no_terminal() -> None:
    result = await _shell("cat; tty; read x < /dev/tty").wait()
    assert "not a tty" in result.output
    assert "/dev/tty" in result.output
    assert result.exit_code != 0


async def test_f1_control_sequences_are_removed() -> None:
    result = await _shell(r"printf '\033]52;c;ZXZpbA==\007red\033[31m \xff \r\n'").wait()
    assert result.output == "red \ufffd \n"


async def test_o31_time_limit_ends_the_whole_group() -> None:
    result = await _shell(STUBBORN, time_s=0.5).wait()
    assert result.timed_out
    assert result.exit_code == 124
    pids = [int(each) for each in result.output.split()]
    assert len(pids) == 2
    _all_end(pids)


async def test_d115_cancel_kills_the_process_group_grandchildren_too() -> None:
    pids = await _cancelled_after_output(_shell(STUBBORN), lines=2)
    assert len(pids) == 2
    _all_end(pids)


@pytest.mark.usefixtures("patient")
async def test_d116_partial_output_is_known_after_cancel() -> None:
    run = _shell("echo $$; exec sleep 60")
    pids = await _cancelled_after_output(run, lines=1)
    result = run.result()
    assert result.output == f"{pids[0]}\n"
    assert result.exit_code == 143
    assert not result.timed_out


async def test_a_second_cancel_during_the_end_still_kills() -> None:
    run = _shell(STUBBORN)
    task = asyncio.create_task(run.wait())
    await _printed(run, task, lines=2)
    task.cancel()
    await asyncio.sleep(0)  # it asks politely, and waits
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    pids = [int(each) for each in run.result().output.split()]
    _all_end(pids)


@pytest.mark.parametrize("moment_s", [0.0, 0.001, 0.003, 0.01])
async def test_cancel_at_any_moment_leaves_no_process(moment_s: float, tmp_path: Path) -> None:
    seen = tmp_path / "pid"
    task = asyncio.create_task(_shell(f"echo $$ > {seen}; sleep 60 & wait").wait())
    await asyncio.sleep(moment_s)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    text = seen.read_text() if seen.exists() else ""
    _all_end([int(each) for each in text.split()])


async def test_what_is_left_in_the_background_ends_with_the_command() -> None:
    result = await _shell("sleep 60 & echo $!").wait()
    assert result.exit_code == 0
    _all_end([int(result.output)])


@pytest.mark.usefixtures("patient")
async def test_output_written_just_before_the_end_is_kept() -> None:
    result = await _shell("(sleep 0.05; echo late) & echo early").wait()
    assert result.output == "early\nlate\n"


async def test_long_output_keeps_head_and_tail() -> None:
    result = await _shell("seq 1 200000", bytes=2_000).wait()
    lines = result.output.split("\n")
    assert result.truncated
    assert lines[0] == "1"
    assert lines[-2:] == ["200000", ""]
    assert sum("B …]" in line for line in lines) == 1
    assert all(line.isdigit() for line in lines if line and "…" not in line)
    assert len(result.output) < 2_100


async def test_output_of_exactly_the_limit_is_whole() -> None:
    result = await _shell("printf '%0100d' 0", bytes=100).wait()
    assert not result.truncated
    assert result.output == "0" * 100


async def test_one_endless_line_is_cut_too() -> None:
    result = await _shell("head -c 1000000 /dev/zero | tr '\\0' x", bytes=1_000).wait()
    assert result.truncated
    assert result.output.startswith("x" * 500)
    assert result.output.endswith("x" * 500)


async def test_a_flood_is_stopped_by_the_time_limit() -> None:
    result = await _shell("yes", time_s=0.3).wait()
    assert result.exit_code == 124
    assert result.truncated
    assert len(result.output) < 70_000


async def test_the_environment_is_plain() -> None:
    result = await _shell("echo $LC_ALL $PAGER $SYSTEMD_COLORS [$SYSTEMD_PAGER]").wait()
    assert result.output == "C.UTF-8 cat 0 []\n"


def test_programs_of_the_administrator_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert command_environment()["PATH"].split(os.pathsep)[0] == "/nowhere"
    assert "/usr/sbin" in command_environment()["PATH"].split(os.pathsep)
    assert find_program("no-such-program-here") is None


async def test_nothing_is_known_before_it_runs() -> None:
    result = CommandRun(["sleep", "1"], cwd="/").result()
    assert (result.output, result.duration_ms, result.command) == ("", 0, "sleep 1")


async def test_no_descriptor_is_left_open() -> None:
    before = _descriptors()
    for _round in range(5):
        await CommandRun(["true"], cwd="/").wait()
    assert _descriptors() == before


async def test_the_loop_goes_on_while_a_command_runs() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            ticks += 1
            await asyncio.sleep(0.01)

    await asyncio.gather(_shell("sleep 0.2").wait(), tick())
    assert ticks > 3


def test_commands_get_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [setting.variable for setting in KNOWN.values() if setting.secret]
    for name in (*secrets, "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "MYSQL_PWD", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "sk-secret")
    for name in ("SSHPASS", "SMTP_PASS", "DB_PASS_FILE_PASSPHRASE"):
        monkeypatch.setenv(name, "sk-secret")
    monkeypatch.setenv("SSH_ASKPASS", "/usr/bin/asks")
    monkeypatch.setenv("TURSO_DATABASE_URL", "libsql://x?authToken=sk-secret")
    environment = command_environment()
    assert environment["SSH_ASKPASS"] == "/usr/bin/asks"
    assert "sk-secret" not in "".join(environment.values())
    assert {"PATH", "HOME"} <= environment.keys()


async def test_a_program_of_the_working_directory_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "uname"
    trap.write_text("#!/bin/sh\necho trapped\n")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", f".::{os.environ['PATH']}")
    result = await CommandRun(["uname"], cwd=str(tmp_path)).wait()
    assert result.output.strip() == "Linux"


@pytest.mark.usefixtures("patient")
async def test_what_sudo_has_started_is_ended_by_sudo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of root's refuses signals of others; here the kernel's refusal is played.

    The test may itself run as root, whom nothing refuses, and sudo needs a password: so a script
    stands for sudo. The real one was tried by hand.
    """
    said = tmp_path / "said"
    sudo = tmp_path / "sudo"
    sudo.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {said}\nshift\nexec "$@"\n')
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    real = os.killpg

    def refuse(group: int, number: int) -> None:
        real(group, 0)  # nobody is left: that is said first, as the kernel does
        raise PermissionError

    monkeypatch.setattr(os, "killpg", refuse)
    run = _shell("echo $$; exec sleep 77.5")
    await _cancelled_after_output(run, lines=1)
    assert run.result().exit_code == 128 + 15
    assert said.read_text().startswith("-n kill -15 -- -")
