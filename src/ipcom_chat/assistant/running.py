"""Runs one shell line for a person or an assistant and tells of it as it goes.

Invariants: a line that began is told to its end, however that comes: by itself, by its time limit,
or by a cancellation, whose record goes to `on_stopped`; a password never passes through here: sudo
asks for it on the user's own terminal.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from ipcom_chat.assistant.base import (
    AssistantEvent,
    Borrow,
    CommandFinished,
    CommandOutput,
    CommandStarted,
)
from ipcom_chat.assistant.commands import (
    CommandLimits,
    CommandResult,
    CommandRun,
    find_program,
    shell_line,
)
from ipcom_chat.assistant.shell_lines import runs_sudo
from ipcom_chat.errors import RefusedError
from ipcom_chat.i18n import _

_SUDO_ASKS: Final = ("sudo", "-v")
_SUDO_KNOWS: Final = ("sudo", "-n", "-v")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A shell line that is to run."""

    call_id: str
    text: str
    cwd: str
    time_s: float = 120.0


class Runner:
    """Runs lines and tells of them.

    Args:
        emit: hears of each.
        on_stopped: gets the record of the one that a cancellation stopped.
        borrow: lends the user's terminal; None where there is none to lend.
    """

    def __init__(
        self,
        emit: Callable[[AssistantEvent], None],
        on_stopped: Callable[[CommandFinished], None],
        borrow: Borrow | None = None,
    ) -> None:
        self._emit = emit
        self._on_stopped = on_stopped
        self._borrow = borrow

    async def run(self, line: Line) -> CommandResult:
        """Run a line to its end.

        Raises:
            RefusedError: sudo did not let it.
        """
        keeps_terminal = await self._let_sudo_ask(line)
        run = CommandRun(
            shell_line(line.text),
            cwd=line.cwd,
            limits=CommandLimits(time_s=line.time_s),
            on_output=lambda text: self._emit(CommandOutput(call_id=line.call_id, text=text)),
            keeps_terminal=keeps_terminal,
        )
        self._emit(CommandStarted(call_id=line.call_id, command=run.command))
        try:
            result = await run.wait()
        except asyncio.CancelledError:
            self._on_stopped(run.result().finished(line.call_id))
            raise
        self._emit(result.finished(line.call_id))
        return result

    async def _let_sudo_ask(self, line: Line) -> bool:
        """Let sudo ask on the user's terminal if it must; return whether the line needs sudo."""
        if self._borrow is None or find_program("sudo") is None:
            return False
        if not await asyncio.to_thread(runs_sudo, line.text):
            return False
        known = CommandRun(_SUDO_KNOWS, cwd="/", keeps_terminal=True)
        if (await known.wait()).exit_code and await self._borrow(_SUDO_ASKS):
            raise RefusedError(_("sudo was not granted, so nothing ran."))
        return True
