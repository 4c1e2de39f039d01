"""The choices of a panel that asks: keys that can be clicked, and a note that must be seen."""

from collections.abc import Sequence

from textual.content import Content

from ipcom_chat.tui.widgets.key_hints import KeyHint, KeyHints, hint_part
from ipcom_chat.tui.widgets.rows import flowed

GAP = "   "


class Choices(KeyHints, can_focus=False):
    """The line, or as many lines as the choices need: none is left out."""

    DEFAULT_CSS = """
    Choices { padding: 0; max-height: 8; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._offered: Sequence[KeyHint] = ()
        self._note = ""

    def show(self, hints: Sequence[KeyHint]) -> None:
        """Show the choices."""
        self._offered = tuple(hints)
        self.changed()

    def note(self, text: str) -> None:
        """Say something before the choices; our own text."""
        if text != self._note:
            self._note = text
            self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Put as many beside one another as fit."""
        parts = [Content.styled(f"↓ {self._note}", "bold $text-warning")] if self._note else []
        return flowed([*parts, *map(hint_part, self._offered)], GAP, width)
