"""Text that is wrapped once per width and drawn only where it can be seen.

Every piece of text in the transcript is a `Rows`. Textual's `Static` draws a widget whole at each
refresh; a long answer costs a tenth of a second then, and a key press waits for it. Here a refresh
costs what is visible.

Invariant: text is data. It arrives neutralised and as `Content`, and is never parsed as markup.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

MANY_TABS = 200
LINK_SCHEMES = ("http", "https")
HREF = "href"
"""The key of a link's address in the meta data of a style."""


def is_safe_link(address: str) -> bool:
    """Return whether `address` may be a link: the web, and nothing on this machine."""
    try:
        return urlsplit(address).scheme in LINK_SCHEMES
    except ValueError:
        return False


class Rows(Widget):
    """A widget of wrapped lines; subclasses say in `layout_rows` what they are."""

    DEFAULT_CSS = """
    Rows { width: 1fr; height: auto; }
    """

    class LinkClicked(Message):
        """A link to the web was clicked; nothing has been opened."""

        def __init__(self, address: str) -> None:
            super().__init__()
            self.address = address

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._rows: tuple[int, list[Content]] = (-1, [])
        self._strips: dict[int, tuple[Content, Style, Strip]] = {}
        """Drawn lines, each with the content and the style that it was drawn from."""

    def layout_rows(self, width: int) -> list[Content]:
        """Return the lines for a width in cells, each at most that wide."""
        raise NotImplementedError

    def changed(self) -> None:
        """Lay out anew; siblings move only if the height is another."""
        width, before = self._rows
        self._rows = (-1, [])
        if width < 0 or len(before) != len(self.rows(width)):
            self.refresh(layout=True)
        else:
            self.refresh()

    def rows(self, width: int) -> list[Content]:
        """Return the lines for a width in cells, laid out at most once."""
        if self._rows[0] != width:
            self._rows = (width, self.layout_rows(width))
        return self._rows[1]

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's
        """Take the whole width."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """Return the number of lines."""
        return len(self.rows(width)) if width else 0

    def render_line(self, y: int) -> Strip:
        """Return one line, the selected part of it marked."""
        rows = self.rows(self.content_size.width)
        if y >= len(rows):
            return Strip.blank(self.content_size.width, self.visual_style.rich_style)
        content, base = self._with_selection(rows[y], y), self.visual_style
        drawn = self._strips.get(y)
        if drawn is None or drawn[0] is not content or drawn[1] != base:
            drawn = self._strips[y] = (content, base, self._draw(content, base, y))
        return drawn[2]

    def _draw(self, content: Content, base: Style, y: int) -> Strip:
        segments = [
            Segment(text, style.rich_style)
            for text, style in content.render(base, "", parse_style=self._get_style)
        ]
        return Strip(segments).apply_offsets(0, y)

    def notify_style_update(self) -> None:
        """Draw anew for another theme."""
        self._strips.clear()
        super().notify_style_update()

    def _with_selection(self, content: Content, y: int) -> Content:
        selection = self.text_selection
        span = selection.get_span(y) if selection is not None else None
        if span is None:
            return content
        start, end = span
        style = self.screen.get_visual_style("screen--selection")
        return content.stylize(style, start, len(content) if end == -1 else end)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text as it is shown."""
        text = "\n".join(row.plain.rstrip() for row in self.rows(self.content_size.width))
        return selection.extract(text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - Textual's
        """Draw the lines anew."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Report a click on a link, if it leads to the web."""
        address = event.style.meta.get(HREF)
        if isinstance(address, str) and is_safe_link(address):
            event.stop()
            self.post_message(self.LinkClicked(address))


class TextRows(Rows):
    """Wrapped plain text.

    Args:
        content: what to show, neutralised.
        id: as Textual uses it.
        classes: CSS classes.
    """

    def __init__(
        self,
        content: Content,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._content = content

    def update(self, content: Content) -> None:
        """Show something else."""
        self._content = content
        self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Wrap at words."""
        return wrapped(self._content, width)


def expanded(content: Content, tab_size: int) -> Content:
    """Return text with blanks instead of tabs; with very many tabs one for each.

    Textual takes minutes for a line of 100,000 tabs.
    """
    if content.spans and content.plain.count("\t") > MANY_TABS:
        return Content(content.plain.replace("\t", " "), spans=list(content.spans))
    return content.expand_tabs(tab_size)


def wrapped(content: Content, width: int, lead: str = "", indent: str = "") -> list[Content]:
    """Wrap at words, the first line behind `lead`, the others behind `indent` (equally wide)."""
    room = max(1, width - len(lead))
    lines = expanded(content, 4).wrap(room)
    return prefixed(lines, lead, indent)


def flowed(parts: Iterable[Content], separator: str, width: int) -> list[Content]:
    """Put parts beside one another, as many in a line as fit; one that is too wide is cut."""
    lines: list[Content] = []
    for part in parts:
        cut = part.truncate(max(1, width), ellipsis=True)
        if lines and lines[-1].cell_length + len(separator) + cut.cell_length <= width:
            lines[-1] = lines[-1] + separator + cut
        else:
            lines.append(cut)
    return lines


def prefixed(lines: Iterable[Content], lead: str, indent: str) -> list[Content]:
    """Put `lead` before the first line and `indent` before the others."""
    if not lead and not indent:
        return list(lines)
    heads = (Content.styled(lead, "$text-accent"), Content.styled(indent, "$foreground 60%"))
    return [heads[min(number, 1)] + line for number, line in enumerate(lines)]
