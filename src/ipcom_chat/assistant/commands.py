"""Runs one command: bounded in time and output, and gone as soon as nobody waits for it.

Each command gets a session and a process group of its own, no input and no terminal, so nothing
can ask for a password on the user's screen, and one signal reaches all that it started. The
environment keeps pagers and colours away and fixes the locale, so that output can be read by a
program.

Invariants: `CommandRun.wait` never raises for what the command does, only `CancelledError`;
when it returns or raises, no process of the group is left; `CommandRun.result` says what is
known at any moment, also after a cancelled `wait`.
"""

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from ipcom_chat.assistant.base import CommandFinished
from ipcom_chat.assistant.command_output import KeptOutput, LiveText
from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.files import inherited_umask

NOT_PERMITTED: Final = 126
NOT_FOUND: Final = 127
TIMED_OUT: Final = 124

_SHELL: Final = ("bash", "-c")
_GRACE_S: Final = 0.1
_SUDO_S: Final = 2.0
_CHUNK_BYTES: Final = 65_536
_DRAIN_CHUNKS: Final = 32
_POLL_FIRST_S: Final = 0.001
_POLL_LAST_S: Final = 0.02
_ADMIN_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_PLAIN_OUTPUT: Final = {
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "LANGUAGE": "",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "SYSTEMD_PAGER": "",
    "SYSTEMD_COLORS": "0",
    "NO_COLOR": "1",
    "TERM": "dumb",
}


# No check of a machine needs one, and whoever reads the process list of a command would see it.
_SECRET: Final = re.compile(
    r"^(?:IPCOM_CHAT|TURSO|OPENAI)_|TOKEN|SECRET|CREDENTIAL|API_?KEY|_KEY(?:_|$)|_PWD$"
    # A program that asks for one (SSH_ASKPASS) is none.
    r"|(?<!ASK)PASS(?:W|PHRASE|_|$)",
    re.IGNORECASE,
)


class CommandLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a command may run, and how much of its output is kept."""

    time_s: float = 20.0
    output_bytes: int = 65_536


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a command."""

    command: str
    """As a person would type it."""
    output: str
    """Standard output and error together, decoded, control sequences removed, capped."""
    exit_code: int
    """The shell's convention: 127 not found, 126 not permitted, 124 out of time, 128+n signal."""
    duration_ms: int
    truncated: bool
    timed_out: bool

    def finished(self, call_id: str) -> CommandFinished:
        """Return the event that tells the chat about it."""
        return CommandFinished(
            call_id=call_id,
            command=self.command,
            output=self.output,
            exit_code=self.exit_code,
            duration_ms=self.duration_ms,
            truncated=self.truncated,
        )


class CommandRun:
    """One command, before, while and after it runs; it runs once."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        limits: CommandLimits | None = None,
        on_output: Callable[[str], None] | None = None,
        keeps_terminal: bool = False,
    ) -> None:
        """Prepare it.

        Args:
            argv: what runs.
            cwd: where.
            limits: of time and output.
            on_output: gets the output as it is written, made safe to show, in whole lines as far
                as they come.
            keeps_terminal: whether it stays in the terminal's session, so that `sudo` knows whom
                it has asked there; it cannot read from the terminal all the same.
        """
        self._limits = limits or CommandLimits()
        self._argv = tuple(argv)
        self._cwd = cwd
        self._output = KeptOutput(self._limits.output_bytes)
        self._live = LiveText(on_output) if on_output else None
        self._keeps_terminal = keeps_terminal
        self._process: subprocess.Popen[bytes] | None = None
        self._exit_code = 0
        self._timed_out = False
        self._started = self._ended = 0.0

    @property
    def command(self) -> str:
        """The command as a person would type it."""
        is_line = self._argv[:2] == _SHELL and len(self._argv) == 3
        return neutralise(self._argv[2] if is_line else shlex.join(self._argv))

    def result(self) -> CommandResult:
        """Return what is known so far."""
        ended = self._ended or (time.monotonic() if self._started else 0.0)
        return CommandResult(
            command=self.command,
            output=self._output.text(),
            exit_code=self._exit_code,
            duration_ms=round((ended - self._started) * 1000),
            truncated=self._output.truncated,
            timed_out=self._timed_out,
        )

    async def wait(self) -> CommandResult:
        """Run the command to its end, its time limit, or the caller's cancellation."""
        self._started = time.monotonic()
        if self._start():
            await self._follow()
        self._ended = time.monotonic()
        return self.result()

    def _start(self) -> bool:
        if not os.path.isdir(self._cwd):  # noqa: PTH112 - a path that is not even valid is no folder
            return self._refuse(NOT_PERMITTED, f"{self._cwd}: no such folder")
        name = self._argv[0]
        try:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self._cwd,
                env=command_environment(),
                start_new_session=not self._keeps_terminal,
                process_group=0 if self._keeps_terminal else None,
                umask=inherited_umask(),
            )
        except FileNotFoundError:
            return self._refuse(NOT_FOUND, f"{name}: command not found")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return self._refuse(NOT_PERMITTED, f"{name}: {reason}")
        return True

    def _refuse(self, exit_code: int, why: str) -> bool:
        self._exit_code = exit_code
        self._output.add(why.encode(errors="replace"))
        return False

    async def _follow(self) -> None:
        process = self._process
        assert process is not None and process.stdout is not None  # noqa: S101, PT018 - _start
        loop = asyncio.get_running_loop()
        pipe = process.stdout.fileno()
        os.set_blocking(pipe, False)
        closed = asyncio.Event()
        loop.add_reader(pipe, self._read, pipe, closed)
        try:
            await self._until_exit(process, closed)
        finally:
            try:
                await _end_group(process)
            finally:
                loop.remove_reader(pipe)
                self._drain(pipe)
                process.stdout.close()
                self._settle(process)

    async def _until_exit(self, process: subprocess.Popen[bytes], closed: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._limits.time_s):
                await _poll(lambda: process.poll() is not None)
        except TimeoutError:
            self._timed_out = True
            return
        # What the command wrote last may still be on its way through a child that it left behind.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await closed.wait()

    def _read(self, pipe: int, closed: asyncio.Event) -> None:
        data = _read_chunk(pipe)
        if data:
            self._add(data)
        elif data is not None:
            asyncio.get_running_loop().remove_reader(pipe)
            closed.set()

    def _drain(self, pipe: int) -> None:
        for _round in range(_DRAIN_CHUNKS):
            data = _read_chunk(pipe)
            if not data:
                return
            self._add(data)

    def _add(self, data: bytes) -> None:
        self._output.add(data)
        if self._live is not None:
            self._live.add(data)

    def _settle(self, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        code = -signal.SIGKILL if code is None else code
        self._exit_code = TIMED_OUT if self._timed_out else 128 - code if code < 0 else code
        self._ended = time.monotonic()
        if self._live is not None:
            self._live.end()


def shell_line(line: str) -> tuple[str, ...]:
    """Return what runs a line as people type it."""
    return (*_SHELL, line)


def command_environment() -> dict[str, str]:
    """Return the environment of a command: the user's own, made plain, without any secret."""
    return environment_without_secrets() | _PLAIN_OUTPUT


def environment_without_secrets() -> dict[str, str]:
    """Return the user's environment without any secret, its `PATH` without the working folder."""
    kept = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    return kept | {"PATH": _search_path()}


def find_program(name: str) -> str | None:
    """Return the path of the program that a command of this name would run."""
    return shutil.which(name, path=_search_path())


def _search_path() -> str:
    # Debian leaves the sbin folders out of an ordinary user's PATH, yet ip, ss and others that
    # need no privilege to read live there.
    # Relative ones, `.` and an empty one too, would run what lies in the working directory.
    named = os.environ.get("PATH", os.defpath).split(os.pathsep)
    folders = [each for each in named if each.startswith("/")]
    return os.pathsep.join([*folders, *(each for each in _ADMIN_FOLDERS if each not in folders)])


def _read_chunk(pipe: int) -> bytes | None:
    """Return what the pipe holds, nothing at its end, or None where it holds nothing now."""
    try:
        return os.read(pipe, _CHUNK_BYTES)
    except BlockingIOError:
        return None


async def _poll(done: Callable[[], bool]) -> None:
    # Polling needs neither a thread per child (asyncio's way on 3.11) nor a kernel with pidfd.
    pause = _POLL_FIRST_S
    while not done():
        await asyncio.sleep(pause)
        pause = min(pause * 2, _POLL_LAST_S)


async def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group: asked first, then killed, within about 200 ms."""
    try:
        await _end_by(process, signal.SIGTERM)
    finally:
        await _end_by(process, signal.SIGKILL)


async def _end_by(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal the group and give it a moment; what sudo started takes signals from sudo alone."""

    def gone() -> bool:
        process.poll()
        try:
            return not _signal_group(process.pid, 0)
        except PermissionError:
            return False

    try:
        if not _signal_group(process.pid, number):
            return
    except PermissionError:
        await _signal_by_sudo(process.pid, number)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            await _poll(gone)


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to the group; false when nobody is left who could get it.

    Raises:
        PermissionError: all who are left belong to somebody else.
    """
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


async def _signal_by_sudo(group: int, number: int) -> None:
    """Send a signal to a group that belongs to root, by the leave that sudo has given before."""
    argv = ("sudo", "-n", "kill", f"-{number:d}", "--", f"-{group}")
    nowhere = subprocess.DEVNULL
    try:
        killer = subprocess.Popen(argv, stdin=nowhere, stdout=nowhere, stderr=nowhere)  # noqa: ASYNC220 - as every command here
    except OSError:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SUDO_S):
            await _poll(lambda: killer.poll() is not None)
