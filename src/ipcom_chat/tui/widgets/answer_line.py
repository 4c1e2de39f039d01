"""Inputs of a panel that asks: a line for an answer, and a shell line to be edited.

Only Enter pressed by a person sends, in the order of the keys; a paste is text, never an answer.
"""

from textual import events
from textual.message import Message
from textual.widgets import Input

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.tui.widgets.chip_area import ChipArea
from ipcom_chat.tui.widgets.chips import cleaned

MAX_CHARS = 500
NEWLINE_KEYS = ("ctrl+j", "shift+enter", "alt+enter")


class Answered(Message):
    """Enter was pressed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class AnswerLine(Input):
    """One line for an answer in words."""

    DEFAULT_CSS = """
    AnswerLine, AnswerLine:focus {
        width: 1fr; height: 1; padding: 0; border: none; background: transparent;
        background-tint: $background 0%;
    }
    """

    def __init__(self) -> None:
        super().__init__(max_length=MAX_CHARS, select_on_focus=False)
        self.takes_paste = True

    def begin(self, placeholder: str, *, takes_paste: bool) -> None:
        """Begin with an empty line.

        Args:
            placeholder: our own text.
            takes_paste: whether what is pasted may become the answer.
        """
        self.value = ""
        self.placeholder = placeholder
        self.takes_paste = takes_paste

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            # Here, not by the binding, which a letter typed right after it would overtake.
            event.stop()
            event.prevent_default()
            self.post_message(Answered(self.value))

    def action_paste(self) -> None:
        """Paste what was copied in this program."""
        self._insert(self.app.clipboard)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._insert(event.text)

    def _insert(self, text: str) -> None:
        if self.takes_paste:
            self.insert_text_at_cursor(one_line(text[: 2 * MAX_CHARS]))


class CommandEditor(ChipArea):
    """A shell line, or several, to be edited; Enter runs it."""

    DEFAULT_CSS = """
    CommandEditor { width: 1fr; max-height: 6; }
    """

    def insert_paste(self, text: str) -> None:
        """Insert what was pasted in full: what runs is what is seen."""
        if body := cleaned(text):
            self.history.checkpoint()
            self._replace_via_keyboard(body, *self.selection)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(Answered(self.text))
        elif event.key in NEWLINE_KEYS:
            event.stop()
            event.prevent_default()
            self._replace_via_keyboard("\n", *self.selection)
