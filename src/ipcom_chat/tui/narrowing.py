"""What of the history is looked at, as keys switch it. Pure."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ipcom_chat.domain.entry import Kind, Mode, Scope, Status
from ipcom_chat.ids import SessionId
from ipcom_chat.services.browsing import View

T = TypeVar("T")

_KINDS = (None, Kind.QUESTION, Kind.COMMAND)
_STATUSES = (None, Status.COMPLETED, Status.ERROR, Status.CANCELLED)


class Narrowing:
    """The switches of one history screen.

    Args:
        mode: which histories are looked at first; None is everything that this machine holds.
        kind: what is listed at first; None is questions and commands.
    """

    def __init__(self, mode: Mode | None, kind: Kind | None = None) -> None:
        self._mode = mode
        self._kind = kind
        self._status: Status | None = None
        self._session: SessionId | None = None
        self._before: str | None = None
        """What was searched before the session was opened."""

    def view(self, scope: Scope, text: str) -> View:
        """Return what is looked at when a text is searched; of the scope all but the mode holds."""
        return View(
            scope=msgspec.structs.replace(scope, mode=self._mode),
            text=text,
            kind=self._kind,
            status=self._status,
            session=self._session,
        )

    def next_mode(self, *, has_user: bool) -> None:
        """Look into the next history; that of a user only where there is one."""
        modes = [mode for mode in Mode if mode is not Mode.USER or has_user]
        self._mode = _after(self._mode, modes)

    def next_kind(self) -> None:
        """List questions, commands, or both."""
        self._kind = _after(self._kind, _KINDS)

    def next_status(self) -> None:
        """List what ended in one way."""
        self._status = _after(self._status, _STATUSES)

    def open_session(self, session: SessionId, text: str) -> None:
        """Look at one session alone; the text that is searched now is kept for the way back."""
        if self._before is None:
            self._before = text
        self._session = session
        self._kind = self._status = None

    def leave_session(self) -> str | None:
        """Look at all of them again; return what was searched before, None outside a session."""
        before, self._before, self._session = self._before, None, None
        return before


def _after(value: T, all_values: Sequence[T]) -> T:
    return all_values[(all_values.index(value) + 1) % len(all_values)]
