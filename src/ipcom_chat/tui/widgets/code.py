"""A block of code: highlighted, folded at the width, copied with a click or a key."""

from functools import cache
from typing import TYPE_CHECKING

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.style import Style

from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.highlight import HighlightTheme

HIGHLIGHT_CHARS = 20_000
"""Longer code is shown plain: highlighting it would hold the screen."""
LIVE_HIGHLIGHT_CHARS = 3_000
"""While it is being written, code is coloured at every refresh, so only little of it is."""
COPIED_SHOWN_S = 1.5
_COPY = "copy"


class Code(Rows, can_focus=True):
    """A block of code.

    Args:
        code: what to show, neutralised.
        language: as the fence names it; may be empty or unknown.
        indent: cells to the left of it, inside a list.
        apart: whether a blank line goes before it.
        live: whether more of it will come.
    """

    DEFAULT_CSS = """
    Code { background: $surface; padding: 0 1; }
    Code.-apart { margin-top: 1; }
    Code:focus { background: $panel; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual's declaration
        Binding("c,enter", "copy", "Copy code"),
    ]

    class Copied(Message):
        """The code went to the clipboard."""

        def __init__(self, code: str) -> None:
            super().__init__()
            self.code = code

    def __init__(
        self, code: str, language: str, *, indent: int = 0, apart: bool = True, live: bool = False
    ) -> None:
        super().__init__(classes="-apart" if apart else None)
        self.styles.margin = (1 if apart else 0, 0, 0, indent)
        self.code = code
        self._language = language
        self._live = live
        self._is_copied = False
        self._folded: tuple[int, int, list[Content]] = (0, 0, [])
        """Width, number of source lines, and their rows: what a longer text need not redo."""

    def grow(self, code: str) -> None:
        """Show more of code that is still being written; `code` begins with what was there."""
        if code != self.code:
            self.code = code
            self.changed()

    def finish(self, code: str, language: str) -> None:
        """Show the whole code; nothing more comes."""
        self.code, self._language, self._live = code, language, False
        self.changed()

    def notify_style_update(self) -> None:
        """Colour anew for another theme."""
        super().notify_style_update()
        self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Return the head line and the folded code."""
        limit = LIVE_HIGHLIGHT_CHARS if self._live else HIGHLIGHT_CHARS
        if self._language and len(self.code) <= limit:
            lines = highlighted(self.code, self._language).split("\n", allow_blank=True)
            return [self._head(width), *_fold(lines, width)]
        return [self._head(width), *self._plain(width)]

    def _plain(self, width: int) -> list[Content]:
        """Fold the lines that came since the last time, and the last one, which may have grown."""
        lines = self.code.split("\n")
        known_width, known, rows = self._folded
        if known_width != width or known > len(lines) - 1 or not self._live:
            known, rows = 0, []
        rows = rows + _fold([Content(line).expand_tabs(4) for line in lines[known:-1]], width)
        self._folded = (width, len(lines) - 1, rows)
        return rows + _fold([Content(lines[-1]).expand_tabs(4)], width)

    def _head(self, width: int) -> Content:
        name = Content.styled(self._language or _("text"), "$foreground 60%")
        label = _("copied") if self._is_copied else _("copy")
        style = Style.from_meta({_COPY: True})
        button = Content.styled(label, "$foreground 60%").stylize(style)
        name = name.truncate(max(1, width - button.cell_length - 1), ellipsis=True)
        return name.pad_right(max(1, width - name.cell_length - button.cell_length)) + button

    def focus_on_click(self) -> bool:
        """Leave the focus in the prompt."""
        return False

    def on_click(self, event: events.Click) -> None:
        """Copy, when it was the word that says so."""
        if event.style.meta.get(_COPY):
            event.stop()
            self.action_copy()

    def action_copy(self) -> None:
        """Put the code on the clipboard of the terminal (OSC 52)."""
        self.app.copy_to_clipboard(self.code)
        self.post_message(self.Copied(self.code))
        self._say_copied(is_copied=True)
        self.set_timer(COPIED_SHOWN_S, lambda: self._say_copied(is_copied=False))

    def _say_copied(self, *, is_copied: bool) -> None:
        self._is_copied = is_copied
        self.changed()


def highlighted(code: str, language: str) -> Content:
    """Return coloured code; an unknown language stays plain."""
    # Imported with the first code: Pygments is not needed for the first paint.
    from textual.highlight import highlight  # noqa: PLC0415

    return highlight(code, language=language, theme=_colours(), tab_size=4)


@cache
def _colours() -> "type[HighlightTheme]":
    from pygments.token import Token  # type: ignore[import-untyped]  # noqa: PLC0415
    from textual.highlight import HighlightTheme  # noqa: PLC0415

    class Calm(HighlightTheme):
        """Few colours: comments, texts, numbers, words of the language."""

        STYLES = {  # noqa: RUF012 - Textual's declaration
            Token.Comment: "$foreground 60% italic",
            Token.Generic.Prompt: "$foreground 60%",
            Token.Generic.Output: "$foreground 60%",
            Token.Keyword: "$text-primary",
            Token.Literal.Number: "$text-warning",
            Token.Literal.String: "$text-success",
            Token.Name.Builtin: "$text-accent",
            Token.Name.Function: "$text-accent",
            Token.Name.Tag: "$text-primary",
            Token.Name.Attribute: "$text-accent",
            Token.Name.Variable: "$text-warning",
        }

    return Calm


def _fold(lines: list[Content], width: int) -> list[Content]:
    room = max(2, width)
    return [part for line in lines for part in (line.fold(room) if line else [line])]
