"""A short list to choose from, above the prompt: slash commands, earlier prompts, paths.

The prompt keeps the keyboard and moves the mark; the menu only shows, and reports clicks.
"""

from collections.abc import Sequence

import msgspec
from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from ipcom_chat.i18n import n_
from ipcom_chat.tui.widgets.rows import Rows

SHOWN_ITEMS = 11
_PLACE = "place"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a menu; both texts are neutralised and of one line."""

    value: str
    """What choosing it means to the owner."""
    label: str
    hint: str = ""


class Menu(Rows):
    """The list; hidden while it is empty and has no title."""

    DEFAULT_CSS = """
    Menu { display: none; background: $surface; padding: 0 1; margin: 0 1; }
    Menu.-open { display: block; }
    """

    class Chosen(Message):
        """An item was clicked."""

        def __init__(self, item: Item) -> None:
            super().__init__()
            self.item = item

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._title = Content()
        self._marked = 0

    @property
    def is_open(self) -> bool:
        """Whether the menu is shown."""
        return self.has_class("-open")

    @property
    def marked(self) -> Item | None:
        """The item that Enter would choose."""
        return self._items[self._marked] if self._items else None

    def show_items(self, items: Sequence[Item], title: Content | None = None) -> None:
        """Show items, the first one marked; neither items nor title closes the menu."""
        self._items, self._title, self._marked = list(items), title or Content(), 0
        self.set_class(bool(self._items) or bool(self._title), "-open")
        self.changed()

    def close(self) -> None:
        """Hide the menu."""
        self.show_items(())

    def move(self, step: int) -> None:
        """Move the mark, around the ends."""
        if self._items:
            self._marked = (self._marked + step) % len(self._items)
            self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Return the title and the items around the mark."""
        first = min(max(0, self._marked - SHOWN_ITEMS + 1), max(0, len(self._items) - SHOWN_ITEMS))
        shown = self._items[first : first + SHOWN_ITEMS]
        longest = max((len(item.label) for item in shown if item.hint), default=0)
        column = min(longest, width // 2)
        rows = [self._title.truncate(width, ellipsis=True)] if self._title else []
        rows += [self._row(place, column, width) for place in range(first, first + len(shown))]
        if hidden := len(self._items) - len(shown):
            text = n_("{count} more", "{count} more", hidden)
            rows.append(Content.styled(f"  {text}", "$foreground 60%"))
        return rows

    def _row(self, place: int, column: int, width: int) -> Content:
        item = self._items[place]
        marked = place == self._marked
        label = Content.styled(item.label, "bold $text-accent" if marked else "$foreground")
        if item.hint:
            label = label.truncate(column, ellipsis=True).pad_right(
                max(0, column - label.cell_length)
            )
        mark = Content.styled("› " if marked else "  ", "$text-accent")
        row = (
            mark + label + Content.styled(f"  {item.hint}" if item.hint else "", "$foreground 60%")
        )
        row = row.truncate(width, ellipsis=True)
        return row.stylize(Style.from_meta({_PLACE: place}))

    def on_click(self, event: events.Click) -> None:
        """Report the item under the mouse."""
        place = event.style.meta.get(_PLACE)
        if isinstance(place, int) and place < len(self._items):
            event.stop()
            self.post_message(self.Chosen(self._items[place]))
