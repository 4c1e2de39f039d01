"""The conversation: one widget for each message, the newest at the bottom and in view.

Whoever scrolls up stays there; asking again returns to the bottom. Messages beyond `MAX_MESSAGES`
or `MAX_PARTS` leave the screen (the history has them). Every text is neutralised here and is
never markup.
"""

from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.i18n import _, n_
from ipcom_chat.tui.widgets.answer import Answer
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.command_run import CommandRun
from ipcom_chat.tui.widgets.rows import Rows, TextRows, wrapped

MAX_MESSAGES = 200
MAX_PARTS = 400
"""Of all messages together; the screen is laid out anew with each frame of an answer."""
SHOWN_QUESTION_LINES = 12

NoticeKind = Literal["info", "error", "cancelled"]
_NOTICE_STYLES: dict[NoticeKind, str] = {
    "info": "$foreground 60%",
    "error": "$text-error",
    "cancelled": "$text-warning",
}
_NOTICE_MARKS: dict[NoticeKind, str] = {"info": "· ", "error": "✗ ", "cancelled": ""}


class Question(Rows):
    """What the user asked; of a long one the beginning, until it is clicked.

    Args:
        text: neutralised.
        who: the name before it, when it is not the user at this terminal.
    """

    DEFAULT_CSS = """
    Question {
        margin-top: 1; padding: 0 1; background: $surface; border-left: outer $primary;
    }
    """

    def __init__(self, text: str, who: str = "") -> None:
        super().__init__()
        self.text = text
        self._who = who
        self._is_open = False

    def layout_rows(self, width: int) -> list[Content]:
        """Return the lines that are open."""
        lines = self.text.rstrip("\n").split("\n")
        shown = lines if self._is_open else lines[:SHOWN_QUESTION_LINES]
        rows = [Content.styled(self._who, "bold $text-primary")] if self._who else []
        rows += wrapped(Content("\n".join(shown)), width)
        if hidden := len(lines) - len(shown):
            text = n_("… {count} more line", "… {count} more lines", hidden)
            rows.append(Content.styled(text, "$foreground 60% italic"))
        return rows

    def on_click(self, event: events.Click) -> None:
        """Show the whole question, or its beginning."""
        event.stop()
        self._is_open = not self._is_open
        self.changed()


class Transcript(VerticalScroll):
    """The conversation; its methods only change what is shown."""

    DEFAULT_CSS = """
    Transcript { height: 1fr; padding: 0 2; scrollbar-size-vertical: 1; }
    Transcript > TextRows { margin-top: 1; }
    """
    BINDINGS = [Binding("c", "copy_code", "Copy code")]  # noqa: RUF012 - Textual's declaration

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._answer: Answer | None = None
        self._runs: dict[str, CommandRun] = {}

    def compose(self) -> ComposeResult:
        """Start empty."""
        yield from ()

    def on_mount(self) -> None:
        """Keep the newest message in view."""
        self.anchor()

    def add_question(self, text: str, *, who: str = "") -> None:
        """Show a question and return to the bottom."""
        self.end_answer()
        self._add(Question(neutralise(text), neutralise(who)))
        self.anchor()

    def add_answer_text(self, delta: str) -> None:
        """Add to the answer that is arriving; begin one if there is none."""
        if self._answer is None:
            self._answer = Answer()
            self._add(self._answer)
        self._answer.write(delta)

    def end_answer(self) -> None:
        """Show the rest of the answer that is arriving; what comes later is another one."""
        if self._answer is not None:
            self._answer.finish()
            self._answer = None

    def add_answer(self, text: str) -> None:
        """Show a complete answer."""
        self.end_answer()
        self.add_answer_text(text)
        self.end_answer()

    def start_command(self, call_id: str, command: str) -> None:
        """Show a command that begins to run."""
        self.end_answer()
        self._runs[call_id] = CommandRun(command)
        self._add(self._runs[call_id])

    def end_command(
        self,
        call_id: str,
        *,
        exit_code: int,
        duration_ms: int,
        output: str,
        truncated: bool = False,
    ) -> None:
        """Show how a command ended; an unknown `call_id` is ignored."""
        run = self._runs.pop(call_id, None)
        if run is not None:
            run.finish(
                exit_code=exit_code, duration_ms=duration_ms, output=output, truncated=truncated
            )

    def add_notice(self, text: str, kind: NoticeKind = "info") -> None:
        """Show a sentence of the program itself."""
        self.end_answer()
        body = _NOTICE_MARKS[kind] + neutralise(text)
        self._add(TextRows(Content.styled(body, _NOTICE_STYLES[kind])))

    def add_cancelled(self) -> None:
        """Mark the request as cancelled; what had arrived and run stays."""
        for run in self._runs.values():
            run.cancel()
        self._runs.clear()
        mark = _("[ESC - Message cancelled]")
        self.add_notice(mark + "\n" + _("Operation cancelled by user"), "cancelled")

    def clear(self) -> None:
        """Empty the screen; the history keeps everything."""
        self._answer = None
        self._runs.clear()
        self.remove_children()

    def copy_last_code(self) -> bool:
        """Copy the newest block of code; return whether there was one."""
        blocks = self.query(Code)
        if blocks:
            blocks.last().action_copy()
        return bool(blocks)

    def action_copy_code(self) -> None:
        """Copy the newest block of code."""
        self.copy_last_code()

    def _add(self, widget: Widget) -> None:
        parts = 0
        for newer, old in enumerate(reversed(self.children), start=1):
            parts += 1 + len(old.children)
            if newer >= MAX_MESSAGES or parts > MAX_PARTS:
                old.remove()
        self.mount(widget)
