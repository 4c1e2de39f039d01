"""The list of what was found: one line for each entry, one of them marked.

The search line keeps the keyboard and moves the mark; the list only shows, and reports clicks. It
draws the lines around the mark, so its cost does not grow with the number of hits.
"""

from collections.abc import Sequence

import msgspec
from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.formats import age
from ipcom_chat.services.browsing import Listed
from ipcom_chat.tui.widgets.rows import Rows

WHO_CELLS, HOST_CELLS = 12, 16
"""Longer names are cut."""
ROOMY, COSY = 72, 44
"""From so many cells on, a line says where, and who."""
WHEEL_STEP = 3
_PLACE = "place"
_MARKS: dict[Status, tuple[str, str]] = {
    Status.COMPLETED: ("✓", "$text-success"),
    Status.ERROR: ("✗", "$text-error"),
    Status.CANCELLED: ("○", "$text-warning"),
    Status.PENDING: ("…", "$foreground 60%"),
    Status.PROCESSING: ("…", "$foreground 60%"),
}


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """The widths of the columns at the right, in cells; 0 leaves one out."""

    who: int
    host: int
    age: int


class Hits(Rows):
    """The list."""

    DEFAULT_CSS = """
    Hits { height: 1fr; padding: 0 1; }
    """

    class Moved(Message):
        """Another entry is marked, or none any more.

        Args:
            is_listed_anew: whether that came with another list, not from the user.
        """

        def __init__(self, *, is_listed_anew: bool) -> None:
            super().__init__()
            self.is_listed_anew = is_listed_anew

    class Opened(Message):
        """The marked entry was clicked again."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Listed] = ()
        self._now_ms = 0
        self._marked = 0
        self._first = 0
        self._nothing = ""

    @property
    def marked(self) -> Listed | None:
        """The entry that Enter would open."""
        return self._lines[self._marked] if self._lines else None

    @property
    def count(self) -> int:
        """How many entries there are."""
        return len(self._lines)

    def show(
        self, lines: Sequence[Listed], *, now_ms: int, nothing: str, stays: bool = False
    ) -> None:
        """Show entries.

        Args:
            lines: in the order of the list.
            now_ms: what ages are counted from.
            nothing: what to say if there are none; our own text.
            stays: keep the mark at its entry or, if that is gone, at its place.
        """
        before = self.marked
        self._marked = self._place_of(before, lines) if stays else 0
        self._lines, self._now_ms, self._nothing = lines, now_ms, nothing
        self.changed()
        self.post_message(self.Moved(is_listed_anew=True))

    def _place_of(self, entry: Listed | None, lines: Sequence[Listed]) -> int:
        places = (place for place, each in enumerate(lines) if entry and each.id == entry.id)
        return next(places, max(0, min(self._marked, len(lines) - 1)))

    def move(self, step: int) -> None:
        """Move the mark, not beyond the ends."""
        self._mark(self._marked + step)

    def move_page(self, pages: int) -> None:
        """Move the mark by as many lines as are shown."""
        self.move(pages * max(1, self.content_size.height - 1))

    def _mark(self, place: int) -> None:
        place = max(0, min(place, len(self._lines) - 1))
        if self._lines and place != self._marked:
            self._marked = place
            self.changed()
            self.post_message(self.Moved(is_listed_anew=False))

    def layout_rows(self, width: int) -> list[Content]:
        """Return the lines around the mark."""
        if not self._lines:
            return [Content.styled(self._nothing, "$foreground 60%").truncate(width, ellipsis=True)]
        height = max(1, self.content_size.height)
        lowest = max(0, min(self._marked, len(self._lines) - height))
        self._first = max(min(self._first, lowest), self._marked - height + 1)
        shown = self._lines[self._first : self._first + height]
        columns = columns_of(shown, width, self._now_ms)
        return [
            self._row(line, place, columns, width)
            for place, line in enumerate(shown, start=self._first)
        ]

    def _row(self, line: Listed, place: int, columns: Columns, width: int) -> Content:
        is_marked = place == self._marked
        head = Content.styled("› " if is_marked else "  ", "$text-accent")
        head += self.glyph(line) + " "
        right = _right(line, columns, self._now_ms)
        room = max(1, width - head.cell_length - right.cell_length)
        left = _left(line, is_marked=is_marked).truncate(room, ellipsis=True)
        row = head + left.pad_right(max(0, room - left.cell_length)) + right
        row = row.truncate(width, ellipsis=True)
        if is_marked:
            row = row.stylize_before("on $panel")
        return row.stylize(Style.from_meta({_PLACE: place}))

    def glyph(self, line: Listed) -> Content:
        """Return the sign that says how an entry ended."""
        return _glyph(line)

    def on_resize(self) -> None:
        """Show as many lines as there is room for."""
        self.changed()

    def on_click(self, event: events.Click) -> None:
        """Mark the entry under the mouse; open it if it is marked already."""
        event.stop()
        place = event.style.meta.get(_PLACE)
        if not isinstance(place, int) or place >= len(self._lines):
            return
        if place == self._marked:
            self.post_message(self.Opened())
        self._mark(place)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the mark down."""
        event.stop()
        self.move(WHEEL_STEP)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the mark up."""
        event.stop()
        self.move(-WHEEL_STEP)


def columns_of(lines: Sequence[Listed], width: int, now_ms: int) -> Columns:
    """Return how wide the columns at the right are for these lines."""

    def widest(texts: Sequence[str], most: int) -> int:
        return min(most, max((Content(text).cell_length for text in texts), default=0))

    return Columns(
        who=widest([line.who for line in lines], WHO_CELLS) if width >= COSY else 0,
        host=widest([line.hostname for line in lines], HOST_CELLS) if width >= ROOMY else 0,
        age=widest([age(now_ms, line.created_at) for line in lines], width // 4),
    )


def _glyph(line: Listed) -> Content:
    if line.kind is Kind.COMMAND and line.status is Status.COMPLETED and line.error_code != "0":
        known = line.error_code is not None
        return Content.styled("✗", "$text-error") if known else Content.styled("·", "$foreground")
    return Content.styled(*_MARKS[line.status])


def _left(line: Listed, *, is_marked: bool) -> Content:
    title = Content(line.title.text)
    for start, end in line.title.ranges:
        title = title.stylize("bold $text-warning", start, end)
    title = title.stylize_before("bold" if is_marked else "$foreground")
    if line.kind is Kind.COMMAND:
        title = Content.styled("$ ", "$text-accent") + title
    if line.passage is not None and not line.title.ranges:
        title += Content.styled(f"  {line.passage.text}", "$foreground 60%")
    return title


def _right(line: Listed, columns: Columns, now_ms: int) -> Content:
    times = f" ×{line.times}" if line.times > 1 else ""
    parts = [times]
    for text, width in ((line.who, columns.who), (line.hostname, columns.host)):
        if width:
            cell = Content(text).truncate(width, ellipsis=True)
            parts.append(f"  {cell.plain}{' ' * (width - cell.cell_length)}")
    parts.append(f"  {age(now_ms, line.created_at):>{columns.age}}")
    return Content.styled("".join(parts), "$foreground 60%")
