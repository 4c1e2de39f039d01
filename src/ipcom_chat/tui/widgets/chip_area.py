"""A text area that grows with its text, in which a chip is one unit.

The cursor never stands inside a chip, and an edit that touches one takes it whole. Keys are
obeyed in the order in which they were pressed: Textual lets a key that is bound to an action go
up to the app and come back, and a letter typed right after it would overtake it.
"""

from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding
from textual.document._document import EditResult, Location, Selection
from textual.document._edit import Edit
from textual.widgets import TextArea

from ipcom_chat.tui.widgets.chips import Chips, cleaned, is_long, shown, spans


class ChipArea(TextArea):
    """The text area; see the module."""

    DEFAULT_CSS = """
    ChipArea {
        height: auto; max-height: 8; border: none; padding: 0;
        background: transparent; scrollbar-size-vertical: 1;
        &:focus { border: none; }
        & .chip { color: $text-primary; background: $primary 20%; }
    }
    """
    COMPONENT_CLASSES = {"chip"}  # noqa: RUF012 - Textual's declaration
    BINDINGS = [  # noqa: RUF012 - Textual's declaration
        Binding("alt+left,alt+b", "cursor_word_left", show=False),
        Binding("alt+right,alt+f", "cursor_word_right", show=False),
        Binding("alt+d", "delete_word_right", show=False),
        Binding("ctrl+underscore", "undo", show=False),
    ]

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, placeholder=placeholder, highlight_cursor_line=False)
        self.chips = Chips()

    @property
    def full_text(self) -> str:
        """The text with every chip replaced by what was pasted."""
        return self.chips.expand(self.text)

    def set_text(self, text: str, *, cursor: Location | None = None) -> None:
        """Replace everything as one step that undo takes back."""
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.history.checkpoint()
        if cursor is not None:
            self.move_cursor(cursor)

    def insert_paste(self, text: str) -> None:
        """Insert what was pasted at the cursor; a long one as a chip. It is neutralised here."""
        body = cleaned(text)
        if not body:
            return
        self.history.checkpoint()
        self._replace_via_keyboard(self.chips.add(body) if is_long(body) else body, *self.selection)
        self.history.checkpoint()

    def edit(self, edit: Edit) -> EditResult:
        """Perform an edit, on whole chips only."""
        top, bottom = edit.top, edit.bottom
        edit.from_location = self._edge(top, forward=top == bottom)
        edit.to_location = self._edge(bottom, forward=True)
        return super().edit(edit)

    def get_line(self, line_index: int) -> Text:
        """Return a line for display, its chips as labels."""
        line = self.document.get_line(line_index)
        text = Text(shown(line), end="", no_wrap=True)
        if places := spans(line):
            style = self.get_component_rich_style("chip")
            for start, end in places:
                text.stylize(style, start, end)
        return text

    def action_copy(self) -> None:
        """Copy the selection, chips in full."""
        if not self.selected_text:
            raise SkipAction
        self.app.copy_to_clipboard(self.chips.expand(self.selected_text))

    def action_paste(self) -> None:
        """Paste what was copied in this program."""
        self.insert_paste(self.app.clipboard)

    def action_delete_right(self) -> None:
        """Delete to the right; in an empty text the key belongs to somebody else."""
        if not self.text:
            raise SkipAction
        super().action_delete_right()

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                self._restart_blink()
                return

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_paste(event.text)

    def _validate_selection(self, selection: Selection) -> Selection:
        start, end = super()._validate_selection(selection)
        before = self.selection
        return Selection(self._snapped(start, before.start), self._snapped(end, before.end))

    def _chip_at(self, location: Location) -> tuple[int, int] | None:
        row, column = location
        if row >= self.document.line_count:
            return None
        inside = (place for place in spans(self.document[row]) if place[0] < column < place[1])
        return next(inside, None)

    def _edge(self, location: Location, *, forward: bool) -> Location:
        chip = self._chip_at(location)
        return (location[0], chip[forward]) if chip else location

    def _snapped(self, location: Location, before: Location) -> Location:
        """Leave a chip on the side to which the cursor was moving."""
        chip = self._chip_at(location)
        return self._edge(location, forward=before <= (location[0], chip[0])) if chip else location
