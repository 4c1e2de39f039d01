"""The line at the bottom of a screen: which keys do what, and questions that one key answers."""

from collections.abc import Sequence

import msgspec
from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.rows import Rows, wrapped

YES_KEYS = frozenset("ysYS")
"""Yes and sim, whatever the language of the screen: fingers do not switch."""
_ACTION = "action"


class KeyHint(msgspec.Struct, frozen=True, kw_only=True):
    """One key; texts are our own."""

    key: str
    text: str
    action: str
    """What a click on it does: the name of an action of the screen."""


class KeyHints(Rows, can_focus=True):
    """The line. While it asks it has the keyboard, and every key answers."""

    DEFAULT_CSS = """
    KeyHints { padding: 0 2; max-height: 4; }
    """

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    class Answered(Message):
        """The question was answered; anything but yes is no."""

        def __init__(self, *, is_yes: bool) -> None:
            super().__init__()
            self.is_yes = is_yes

    def __init__(self) -> None:
        super().__init__()
        self._hints: Sequence[KeyHint] = ()
        self._question = ""

    def show(self, hints: Sequence[KeyHint]) -> None:
        """Show hints, the most important first: at the end some may find no room."""
        if self._hints != tuple(hints):
            self._hints = tuple(hints)
            self.changed()

    def ask(self, question: str) -> None:
        """Ask a question of our own words and wait for one key."""
        self._question = question
        self.changed()
        self.focus()

    def layout_rows(self, width: int) -> list[Content]:
        """Return the question, or the hints that fit."""
        if self._question:
            keys = Content.styled("  " + _("y: yes, any other key: no"), "$foreground 60%")
            return wrapped(Content.styled(self._question, "bold $text-warning") + keys, width)
        line = Content()
        for hint in self._hints:
            part = hint_part(hint)
            longer = line + "  " + part if line else part
            if longer.cell_length > width:
                break
            line = longer
        return [line]

    def on_key(self, event: events.Key) -> None:
        """Take the answer."""
        if self._question:
            event.stop()
            self._answer(is_yes=event.character is not None and event.character in YES_KEYS)

    def on_blur(self) -> None:
        """Whoever turns to something else has not agreed."""
        if self._question:
            self._answer(is_yes=False)

    def _answer(self, *, is_yes: bool) -> None:
        self._question = ""
        self.changed()
        self.post_message(self.Answered(is_yes=is_yes))

    def focus_on_click(self) -> bool:
        """Leave the focus where it is."""
        return False

    def on_click(self, event: events.Click) -> None:
        """Report the hint under the mouse."""
        event.stop()
        action = event.style.meta.get(_ACTION)
        if isinstance(action, str):
            self.post_message(self.Pressed(action))


def hint_part(hint: KeyHint) -> Content:
    """Return a hint as it is shown, with what a click on it does."""
    key = Content.styled(hint.key, "$text-accent")
    part = key + Content.styled(f" {hint.text}", "$foreground 60%")
    return part.stylize(Style.from_meta({_ACTION: hint.action}))
