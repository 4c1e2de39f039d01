"""Asks a person on the terminal before something runs.

Invariants: reading the answer holds nothing up, so Ctrl-C cancels at any moment; what was typed
before the question was shown decides nothing; what is dangerous needs the whole word.
"""

import asyncio
import sys
import termios
from collections.abc import Callable
from contextlib import suppress

from ipcom_chat.assistant.base import Approval, Decision
from ipcom_chat.cli import output
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.i18n import _

_YES = frozenset({"y", "yes", "s", "sim"})
_WHOLE_YES = frozenset({"yes", "sim"})
_ALWAYS = frozenset({"a", "always", "sempre"})
_EDIT = frozenset({"e", "edit", "editar"})


class ApprovalDesk:
    """Where one request asks; it asks one thing at a time."""

    def __init__(self) -> None:
        self._is_open = False

    def ask(self, approval: Approval, decide: Callable[[Decision], None]) -> None:
        """Show what is asked, and pass on what the person says."""
        _forget_what_was_typed()
        output.note("")
        for reason in approval.reasons:
            output.note(f"! {one_line(reason)}")
        output.note(f"$ {neutralise(approval.command)}")
        self._prompt(_choices(approval))
        self._listen(lambda line: self._said(approval, decide, line))

    def leave(self) -> None:
        """Ask no longer: the request has ended, or has been answered."""
        if self._is_open:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._is_open = False

    def _said(self, approval: Approval, decide: Callable[[Decision], None], line: str) -> None:
        word = line.strip().lower()
        is_dangerous = bool(approval.reasons)
        if word in (_WHOLE_YES if approval.is_second else _YES):
            decide(Decision(allowed=True))
        elif word in _ALWAYS and not is_dangerous:
            decide(Decision(allowed=True, always=True))
        elif word in _EDIT and approval.is_command:
            self._prompt(_("The line to run instead: "))
            self._listen(lambda text: decide(_edited(text)))
        else:
            reason = line.strip() if len(word) > 1 and word not in {"no", "não", "nao"} else ""
            decide(Decision(allowed=False, reason=reason))

    def _prompt(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()

    def _listen(self, take: Callable[[str], None]) -> None:
        """Give the next line to `take`, without waiting for it."""

        def read() -> None:
            self.leave()
            # The terminal hands out whole lines, so this does not wait.
            take(sys.stdin.readline())

        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), read)
        self._is_open = True


def _choices(approval: Approval) -> str:
    if approval.is_second:
        return _("This can destroy data. Really run it? Type yes to run it: ")
    if not approval.is_command:
        return _("Call this tool? [y]es, [a]lways in this session, or why not: ")
    if approval.reasons:
        return _("Run this? [y]es, [e]dit, or why not: ")
    return _("Run this? [y]es, [a]lways in this session, [e]dit, or why not: ")


def _edited(text: str) -> Decision:
    line = text.strip()
    return Decision(allowed=bool(line), command=line or None)


def _forget_what_was_typed() -> None:
    with suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
