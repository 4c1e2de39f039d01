"""What panes share in which somebody reads: how they scroll, and the facts at their head."""

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.content import Content

from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.tui.widgets.rows import Rows, flowed

SEPARATOR = "  ·  "


class ReadingPane(VerticalScroll):
    """A pane of texts below one another, with a calm scroll bar."""

    DEFAULT_CSS = """
    ReadingPane {
        height: 1fr; padding: 0 2; scrollbar-size-vertical: 1;
        scrollbar-background: $background; scrollbar-background-hover: $background;
        scrollbar-background-active: $background; scrollbar-color: $panel;
        scrollbar-color-hover: $primary 60%; scrollbar-color-active: $primary 60%;
    }
    """


class FactLine(Rows):
    """Facts beside one another, as many in a line as fit; none of them is broken.

    Args:
        facts: neutralised here; what is empty or None is left out.
    """

    DEFAULT_CSS = """
    FactLine { color: $foreground 60%; }
    """

    def __init__(self, facts: Iterable[str | None]) -> None:
        super().__init__()
        self._facts = [Content(one_line(fact)) for fact in facts if fact]

    def layout_rows(self, width: int) -> list[Content]:
        """Return as many facts in a line as fit."""
        return flowed(self._facts, SEPARATOR, width)


def shortened(text: str, most_chars: int) -> str:
    """Return a text that may be shown, neutralised, the end left out if it is too long."""
    return neutralise(text if len(text) <= most_chars else f"{text[:most_chars]}…")
