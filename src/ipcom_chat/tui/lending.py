r"""Lends the terminal to another program, so that it can talk to the person itself.

`sudo` asks for a password on the terminal and reads it without an echo: what is typed there
reaches that program alone, never the prompt, and nothing of it is kept.

Invariants: Ctrl-C and Ctrl-\ reach the borrower and do not end the chat; the terminal comes back
with the settings it had; what was typed and not read is thrown away; a borrower that is no longer
wanted is ended.
"""

import asyncio
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

NOT_PERMITTED = 126
NOT_FOUND = 127
END_LIMIT_S = 1.0
"""How long a borrower that was told to end may take."""


async def borrowed(argv: Sequence[str], terminal: int, interrupted: Callable[[], None]) -> int:
    """Run a program in the foreground of a terminal; return its exit code as a shell would.

    Args:
        argv: the program and its arguments.
        terminal: the file descriptor of the terminal that it reads and writes.
        interrupted: what SIGINT means afterwards again.
    """
    with _own_signals(interrupted), _same_settings(terminal):
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=terminal, stdout=terminal, stderr=terminal
            )
        except OSError as error:
            return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_PERMITTED
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _ended(process)
            raise
    return code if code >= 0 else 128 - code


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End a borrower; one that belongs to root cannot be ended, and is not waited for."""
    with suppress(ProcessLookupError, PermissionError):
        process.terminate()
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), END_LIMIT_S)


@contextmanager
def _own_signals(interrupted: Callable[[], None]) -> Iterator[None]:
    """Let the keys that end programs reach the borrower only.

    A handler, not `SIG_IGN`: what is ignored is inherited.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, _nothing)
    loop.add_signal_handler(signal.SIGQUIT, _nothing)
    try:
        yield
    finally:
        loop.add_signal_handler(signal.SIGINT, interrupted)
        loop.remove_signal_handler(signal.SIGQUIT)


def _nothing() -> None:
    """The key was meant for the borrower."""


@contextmanager
def _same_settings(terminal: int) -> Iterator[None]:
    """Take the terminal back as it was given, without what nobody has read."""
    try:
        before = termios.tcgetattr(terminal)
    except termios.error:  # no terminal at all
        yield
        return
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def terminal_number() -> int:
    """Return the file descriptor of the terminal that this program reads."""
    return sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
