"""What is shown over the chat: the history, the sessions, one entry. What runs goes on below.

Invariants: a screen is imported when it is opened first, for the first paint of the chat needs
none of them; whoever looks at one is told what waits in the chat, and not pulled away from it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.screen import Screen

from ipcom_chat.ids import EntryId
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.resuming import SessionChange

if TYPE_CHECKING:
    from ipcom_chat.tui.screens.history import HistoryScreen


@runtime_checkable
class Reminded(Protocol):
    """A screen over the chat that can say that something waits below it."""

    def remind(self, text: str) -> None:
        """Show a sentence of our own for as long as it holds; an empty one takes it away."""
        ...


class Overlays:
    """The screens over one chat.

    Args:
        chat: what they lie on.
        conversation: whose history they show.
        reminder: returns what waits in the chat; empty if nothing does.
        back: called when the person is back in the chat, with a question for the prompt if one
            was taken.
    """

    def __init__(
        self,
        chat: Screen[None],
        conversation: Conversation,
        *,
        reminder: Callable[[], str],
        back: Callable[[str | None], None],
    ) -> None:
        self._chat = chat
        self._conversation = conversation
        self._reminder = reminder
        self._back = back
        self._history: HistoryScreen | None = None

    def open_history(self, text: str = "", *, chooses: bool = False) -> None:
        """Show the history.

        Args:
            text: what is searched at first.
            chooses: whether it is opened for a question to take into the prompt.
        """
        from ipcom_chat.tui.screens.history import HistoryScreen  # noqa: PLC0415 - see the module

        finder = self._conversation.history.open_finder()
        self._history = HistoryScreen(self._conversation, finder, text=text, chooses=chooses)
        self._history.remind(self._reminder())
        self._chat.app.push_screen(self._history, self._leave_history)

    def _leave_history(self, question: str | None) -> None:
        self._history = None
        self._back(question)

    def type(self, character: str) -> None:
        """Pass on what was typed while the history was opening."""
        if self._history is not None:
            self._history.type(character)

    def open_entry(self, entry_id: EntryId) -> None:
        """Show an entry on which an answer rests."""
        from ipcom_chat.tui.screens.entry import EntryScreen  # noqa: PLC0415 - see the module

        screen = EntryScreen(self._conversation, entry_id)
        screen.remind(self._reminder())
        self._chat.app.push_screen(screen, self._back)

    def open_sessions(self, text: str, chosen: Callable[[SessionChange], None]) -> None:
        """Let a session be chosen.

        Args:
            text: what is searched at first.
            chosen: called in the chat with what to go on with, if something is.
        """
        from ipcom_chat.tui.screens.sessions import SessionsScreen  # noqa: PLC0415 - see the module

        def back(change: SessionChange | None) -> None:
            self._back(None)
            if change is not None:
                chosen(change)

        self._chat.app.push_screen(SessionsScreen(self._conversation, text=text), back)

    def remind(self, text: str) -> None:
        """Tell somebody who looks at one of them that something waits in the chat."""
        screen = self._chat.app.screen
        if isinstance(screen, Reminded):
            screen.remind(text)
