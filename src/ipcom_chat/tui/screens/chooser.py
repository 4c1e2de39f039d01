"""What screens share that search as one types: a line, a list, what is marked, and its keys.

The search line has the keyboard until something is read; then letters act on what is read. What is
marked lies below the list, or beside it where there is room.

Invariant: no handler waits for the history: one look runs at a time, off the loop, and what was
typed meanwhile supersedes it.
"""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen, ScreenResultType
from textual.timer import Timer

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.tui.widgets.key_hints import KeyHints
from ipcom_chat.tui.widgets.search_line import SearchLine

WIDE_CELLS = 110
"""From so many cells on, what is marked stands beside the list."""
FLAT_LINES = 18
"""With fewer lines only the list is shown until something is read."""
HINT_SHOWN_S = 4.0
PREVIEW_S = 0.06
"""How long the mark must rest before what is marked is read."""


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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back"),
        Binding("up,ctrl+p", "move(-1)"),
        Binding("down,ctrl+n", "move(1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("shift+up", "scroll(-1)", priority=True),
        Binding("shift+down", "scroll(1)", priority=True),
    ]

    def __init__(self, text: str, placeholder: str) -> None:
        super().__init__()
        self.line = SearchLine(text, placeholder)
        self.hints = KeyHints()
        self._search = Horizontal(id="search")
        self._hint: Timer | None = None
        self._reminder = ""
        """What waits in the chat."""
        self._is_stale = False
        """Whether what is listed is not what is asked for now."""
        self._is_looking = False
        self._then: Callable[[], None] | None = None
        """What an Enter wants that was pressed before its text was looked for."""
        self._preview: Timer | None = None

    # What a subclass says.

    def show_hints(self) -> None:
        """Show the keys that hold now."""
        raise NotImplementedError

    async def found(self) -> Callable[[], None]:
        """Look for what is wanted now; return what lists it.

        Raises:
            IpcomChatError: it cannot be looked for.
        """
        raise NotImplementedError

    async def read_marked(self) -> None:
        """Read and show what is marked.

        Raises:
            IpcomChatError: it cannot be read.
        """
        raise NotImplementedError

    # Searching.

    @property
    def is_looking(self) -> bool:
        """Whether what is listed is not yet what was asked for."""
        return self._is_looking

    def look(self) -> None:
        """Ask for what is wanted now; whatever is being looked for is superseded."""
        self._is_stale = True
        if not self._is_looking:
            self._is_looking = True
            self.run_worker(self._looking())

    async def _looking(self) -> None:
        try:
            while self._is_stale:
                self._is_stale = False
                show = await self.found()
                if not self._is_stale:
                    show()
            if self._then is not None:
                self._then()
        except IpcomChatError as error:
            self.say(str(error))
        finally:
            self._is_looking, self._then = False, None

    def act_when_found(self, act: Callable[[], None]) -> None:
        """Do something with what is marked, as soon as that is what was searched for."""
        if self._is_looking:
            self._then = act
        else:
            act()

    # The mark.

    def read_soon(self, wait_s: float = PREVIEW_S) -> None:
        """Read what is marked, as soon as the mark has rested for so long."""
        self.stop_reading()
        self._preview = self.set_timer(wait_s, self._read)

    def stop_reading(self) -> None:
        """Do not read what was marked."""
        if self._preview is not None:
            self._preview.stop()
            self._preview = None

    def _read(self) -> None:
        self.run_worker(self.told(self.read_marked), group="reading", exclusive=True)

    # Where the keyboard is.

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

    # What is said.

    def say(self, text: str) -> None:
        """Say something on the border of the search for a while."""
        self._search.border_subtitle = Content(one_line(text))
        if self._hint is not None:
            self._hint.stop()
        self._hint = self.set_timer(HINT_SHOWN_S, self._drop_hint)

    async def told(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do something; what goes wrong is said."""
        try:
            await act()
        except IpcomChatError as error:
            self.say(str(error))

    def remind(self, text: str) -> None:
        """Say that something waits in the chat, for as long as it does."""
        self._reminder = text
        self._drop_hint()

    def _drop_hint(self) -> None:
        self._search.border_subtitle = Content(self._reminder) if self._reminder else None
