"""What is to be approved, in full: it scrolls where it is long, and says what is not in view.

Invariant: the text is neutralised here and never markup; what cannot be shown is said.
"""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.i18n import n_
from ipcom_chat.tui.widgets.code import highlighted
from ipcom_chat.tui.widgets.rows import Rows, expanded, prefixed

SHOWN_LINES = 8
"""At most; fewer on a low screen."""
ELSE_LINES = 8
"""What a low screen needs for the rest of the panel, the prompt and the status."""
HIGHLIGHT_CHARS = 3_000


class CommandText(VerticalScroll, can_focus=False):
    """The text in as many lines as there is room for."""

    DEFAULT_CSS = """
    CommandText {
        height: auto; scrollbar-size-vertical: 1;
        scrollbar-background: $background; scrollbar-background-hover: $background;
        scrollbar-background-active: $background; scrollbar-color: $panel;
        scrollbar-color-hover: $primary 60%; scrollbar-color-active: $primary 60%;
    }
    """

    class Scrolled(Message):
        """Other lines are in view."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = _Lines()

    def compose(self) -> ComposeResult:
        """Hold the lines."""
        yield self._lines

    def show(self, text: str, *, is_command: bool) -> None:
        """Show a text from its beginning."""
        self._fit()
        self._lines.show(neutralise(text), is_command=is_command)
        self.scroll_home(animate=False)

    @property
    def below(self) -> int:
        """How many lines stand below those that are in view."""
        height = self.scrollable_content_region.height
        return max(0, self.virtual_size.height - height - round(self.scroll_y)) if height else 0

    @property
    def below_words(self) -> str:
        """The same for people; empty if the end is in view."""
        return n_("{count} more line", "{count} more lines", self.below) if self.below else ""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Report that other lines are in view."""
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Scrolled())

    def on_resize(self) -> None:
        """Use the room that there is."""
        self._fit()
        self.post_message(self.Scrolled())

    def _fit(self) -> None:
        room = (self.app.size.height - ELSE_LINES) // 2
        self.styles.max_height = max(1, min(SHOWN_LINES, room))


class _Lines(Rows):
    """The text itself."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._lead = ""

    def show(self, text: str, *, is_command: bool) -> None:
        """Show a neutralised text."""
        self._text, self._lead = text, "$ " if is_command else ""
        self.changed()

    def notify_style_update(self) -> None:
        """Colour anew for another theme."""
        super().notify_style_update()
        self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Fold at the width, so that every character is there."""
        room = max(2, width - len(self._lead))
        lines = expanded(self._coloured(), 4).split("\n", allow_blank=True)
        rows = [part for line in lines for part in (line.fold(room) if line else [line])]
        return prefixed(rows, self._lead, " " * len(self._lead))

    def _coloured(self) -> Content:
        if self._lead and len(self._text) <= HIGHLIGHT_CHARS:
            coloured = highlighted(self._text, "bash")
            # Colours are never worth another text.
            if coloured.plain.rstrip("\n") == self._text.rstrip("\n"):
                return coloured
        return Content(self._text)
