"""A source of an answer: an entry of the history, on one line that opens it.

Invariant: what the entry holds is neutralised here and stays on one line.
"""

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message

from ipcom_chat.assistant.base import Recalled
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import age
from ipcom_chat.ids import EntryId
from ipcom_chat.tui.widgets.rows import Rows

SHOWN_SOURCES = 5
QUESTION_CHARS = 400
NAME_CHARS = 40
QUESTION_MIN = 20
"""Cells that the question gets before who, where and when are shown."""


class Source(Rows, can_focus=True):
    """One source.

    Args:
        entry: what it is.
        now_ms: what its age is counted from.
    """

    DEFAULT_CSS = """
    Source { padding: 0 1; }
    Source.-first { margin-top: 1; }
    Source:hover { background: $surface; }
    Source:focus { background: $panel; }
    """
    BINDINGS = [Binding("enter,space", "open", "Open")]  # noqa: RUF012 - Textual's declaration

    class Opened(Message):
        """Somebody wants to read it."""

        def __init__(self, entry_id: EntryId) -> None:
            super().__init__()
            self.entry_id = entry_id

    def __init__(self, entry: Recalled, now_ms: int) -> None:
        super().__init__()
        self.entry_id = EntryId(entry.entry_id)
        self._short_id = one_line(entry.short_id)
        self._question = one_line(entry.question[:QUESTION_CHARS])
        facts = (entry.username or entry.os_user, entry.hostname)
        shown = [one_line(fact[:NAME_CHARS]) for fact in facts]
        self._facts = ", ".join([*filter(None, shown), age(now_ms, entry.created_at_ms)])

    def layout_rows(self, width: int) -> list[Content]:
        """Return the line; of a question that is too long the end is left out."""
        head = Content.styled(f"[{self._short_id}] ", "$text-accent")
        tail = Content.styled(f" — {self._facts}", "$foreground 60%")
        room = width - head.cell_length - tail.cell_length
        if room < QUESTION_MIN:
            room, tail = width - head.cell_length, Content()
        line = head + Content(self._question).truncate(max(1, room), ellipsis=True) + tail
        return [line.truncate(max(1, width), ellipsis=True)]

    def focus_on_click(self) -> bool:
        """Leave the focus in the prompt."""
        return False

    def on_click(self, event: events.Click) -> None:
        """Open it."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Ask for it to be opened."""
        self.post_message(self.Opened(self.entry_id))
