"""What screens share that search as one types: a line, a list, what is marked, and its keys.

The search line has the keyboard until something is read; then letters act on what is read. What is
marked lies below the list, or beside it where there is room.
"""

from textual import events
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen, ScreenResultType
from textual.timer import Timer

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.tui.widgets.key_hints import KeyHints
from ipcom_chat.tui.widgets.search_line import SearchLine

WIDE_CELLS = 110
"""From so many cells on, what is marked stands beside the list."""
FLAT_LINES = 18
"""With fewer lines only the list is shown until something is read."""
HINT_SHOWN_S = 4.0


class Chooser(Screen[ScreenResultType]):
    """The parts that all of them have; a subclass lays them out and fills them.

    Args:
        text: what is searched at first.
        placeholder: what the empty line says.
    """

    DEFAULT_CSS = """
    Chooser {
        layout: vertical; background: $background;
        #search {
            height: 3; margin: 0 1; padding: 0 1; border: round $panel;
            border-title-color: $foreground 60%; border-subtitle-color: $text-warning;
        }
        #search:focus-within { border: round $primary 60%; }
        #mark { width: 2; height: 1; color: $text-accent; }
    }
    """

    def __init__(self, text: str, placeholder: str) -> None:
        super().__init__()
        self.line = SearchLine(text, placeholder)
        self.hints = KeyHints()
        self._search = Horizontal(id="search")
        self._hint: Timer | None = None
        self._reminder = ""
        """What waits in the chat."""

    def show_hints(self) -> None:
        """Show the keys that hold now."""
        raise NotImplementedError

    @property
    def is_reading(self) -> bool:
        """Whether letters act on what is shown, instead of being searched."""
        return self.has_class("-reading")

    def on_mount(self) -> None:
        """Begin in the search line."""
        self.line.focus()
        self._fit(self.app.size.width, self.app.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """Put what is marked where there is room for it."""
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        self.set_class(width >= WIDE_CELLS, "-wide")
        self.set_class(height < FLAT_LINES and width < WIDE_CELLS, "-flat")

    def action_search(self) -> None:
        """Return to the search line."""
        self.line.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Let the keys be those of what has the focus."""
        if event.widget is not self.hints:
            self.set_class(event.widget is not self.line, "-reading")
            self.show_hints()

    async def on_key_hints_pressed(self, message: KeyHints.Pressed) -> None:
        """Do what a key would."""
        await self.run_action(message.action)

    def say(self, text: str) -> None:
        """Say something on the border of the search for a while."""
        self._search.border_subtitle = Content(one_line(text))
        if self._hint is not None:
            self._hint.stop()
        self._hint = self.set_timer(HINT_SHOWN_S, self._drop_hint)

    def remind(self, text: str) -> None:
        """Say that something waits in the chat, for as long as it does."""
        self._reminder = text
        self._drop_hint()

    def _drop_hint(self) -> None:
        self._search.border_subtitle = Content(self._reminder) if self._reminder else None
