"""The line in which the history is searched: one line of text, whatever is pasted."""

from textual import events
from textual.widgets import Input

from ipcom_chat.domain.terminal import one_line

MAX_CHARS = 2_000


class SearchLine(Input):
    """The input of the history screen.

    Args:
        text: what stands in it at first.
        placeholder: our own text.
    """

    DEFAULT_CSS = """
    SearchLine, SearchLine:focus {
        width: 1fr; height: 1; padding: 0; border: none; background: $background;
        background-tint: $background 0%;
    }
    """

    def __init__(self, text: str, placeholder: str) -> None:
        super().__init__(
            one_line(text)[:MAX_CHARS],
            placeholder,
            max_length=MAX_CHARS,
            select_on_focus=False,
            id="line",
        )

    def _on_paste(self, event: events.Paste) -> None:
        """Take all lines of a paste as one."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(one_line(event.text[: 2 * MAX_CHARS]))
