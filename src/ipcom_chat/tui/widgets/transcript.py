"""The conversation: one widget for each message, the newest at the bottom and in view.

Whoever scrolls up stays there; asking again returns to the bottom. Messages beyond `MAX_MESSAGES`
or `MAX_PARTS` leave the screen (the history has them). Every text is neutralised here and is
never markup.
"""

from collections.abc import Sequence
from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget

from ipcom_chat.assistant.base import Recalled
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.i18n import _, n_
from ipcom_chat.tui.widgets.answer import Answer
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.command_run import CommandRun
from ipcom_chat.tui.widgets.reading_pane import ReadingPane
from ipcom_chat.tui.widgets.rows import Rows, TextRows, wrapped
from ipcom_chat.tui.widgets.source import Source
from ipcom_chat.tui.widgets.tool_run import Refusal, ToolRun

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
    """

    DEFAULT_CSS = """
    Question {
        margin-top: 1; padding: 0 1; background: $surface; border-left: outer $primary;
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self._is_open = False

    def layout_rows(self, width: int) -> list[Content]:
        """Return the lines that are open."""
        lines = self.text.rstrip("\n").split("\n")
        shown = lines if self._is_open else lines[:SHOWN_QUESTION_LINES]
        rows = wrapped(Content("\n".join(shown)), width)
        if hidden := len(lines) - len(shown):
            text = n_("… {count} more line", "… {count} more lines", hidden)
            rows.append(Content.styled(text, "$foreground 60% italic"))
        return rows

    def on_click(self, event: events.Click) -> None:
        """Show the whole question, or its beginning."""
        event.stop()
        self._is_open = not self._is_open
        self.changed()


class Notice(Rows):
    """A sentence of the program itself.

    Args:
        text: neutralised.
        kind: what it tells.
        then: what can be done; our own text.
    """

    DEFAULT_CSS = """
    Notice { margin-top: 1; }
    """

    def __init__(self, text: str, kind: NoticeKind, then: str = "") -> None:
        super().__init__()
        self._mark = Content.styled(_NOTICE_MARKS[kind], _NOTICE_STYLES[kind])
        self._text = Content.styled(text, _NOTICE_STYLES[kind])
        self._then = Content.styled(then, _NOTICE_STYLES["info"])

    def layout_rows(self, width: int) -> list[Content]:
        """Wrap at words, everything below the first word."""
        margin = Content(" " * self._mark.cell_length)
        lines = wrapped(self._text, width - len(margin))
        lines += wrapped(self._then, width - len(margin)) if self._then else []
        return [(margin if place else self._mark) + line for place, line in enumerate(lines)]


class Transcript(ReadingPane):
    """The conversation; its methods only change what is shown."""

    DEFAULT_CSS = """
    Transcript > TextRows { margin-top: 1; }
    """
    BINDINGS = [Binding("c", "copy_code", "Copy code")]  # noqa: RUF012 - Textual's declaration

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._answer: Answer | None = None
        self._runs: dict[str, CommandRun] = {}
        self._tools: dict[str, ToolRun] = {}

    def focus_on_click(self) -> bool:
        """Leave the focus in the prompt: Enter after a click must still send."""
        return False

    def compose(self) -> ComposeResult:
        """Start empty."""
        yield from ()

    def on_mount(self) -> None:
        """Keep the newest message in view."""
        self.anchor()

    def add_question(self, text: str) -> Question:
        """Show a question and return to the bottom; return where it is shown."""
        self.end_answer()
        question = Question(neutralise(text))
        self._add(question)
        self.anchor()
        return question

    def add_below(self, question: Question, text: str) -> None:
        """Show a calm line right below a question, above whatever has come of its answer."""
        if question in self.children:  # the screen may have been emptied meanwhile
            self.mount(_calm(text), after=question)

    def add_answer_text(self, delta: str) -> None:
        """Add to the answer that is arriving; begin one if there is none."""
        if self._answer is None:
            if not delta.strip():
                return  # blank lines between a command and the text after it
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

    def start_command(self, call_id: str, command: str, *, is_answer: bool = False) -> None:
        """Show a command that begins to run.

        Args:
            call_id: names it.
            command: as a person would type it.
            is_answer: whether its output is what was asked for.
        """
        self.end_answer()
        self._runs[call_id] = CommandRun(command, is_answer=is_answer)
        self._add(self._runs[call_id])

    def write_command(self, call_id: str, text: str) -> None:
        """Show what a running command has written meanwhile; an unknown one is ignored."""
        if call_id in self._runs:
            self._runs[call_id].write(text)

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

    def start_tool(self, call_id: str, name: str, call: str) -> None:
        """Show a tool that begins to work."""
        self.end_answer()
        self._tools[call_id] = ToolRun(name, call)
        self._add_line(self._tools[call_id])

    def end_tool(self, call_id: str, result: str, *, is_error: bool) -> None:
        """Show what came of a tool; an unknown `call_id` is ignored."""
        run = self._tools.pop(call_id, None)
        if run is not None:
            run.finish(result, is_error=is_error)

    def add_refusal(self, command: str, reason: str) -> None:
        """Show that a command or tool does not run, and why."""
        self.end_answer()
        self._add_line(Refusal(command, reason))

    def add_sources(self, entries: Sequence[Recalled], now_ms: int) -> None:
        """Show what an answer rests on, one line each; each can be opened."""
        self.end_answer()
        for place, entry in enumerate(entries):
            source = Source(entry, now_ms)
            source.set_class(not place, "-first")
            self._add(source)

    def add_notice(self, text: str, kind: NoticeKind = "info", *, then: str = "") -> None:
        """Show a sentence of the program itself, and below it what can be done."""
        self.end_answer()
        self._add(Notice(neutralise(text), kind, then))

    def add_cancelled(self, *, by: str = "") -> None:
        """Mark the request as cancelled; what had arrived and run stays.

        Args:
            by: who did it in another terminal; empty for the user at this one.
        """
        self.stop_commands()
        mark = _("[ESC - Message cancelled]") + "\n" + _("Operation cancelled by user")
        if by:
            mark = _("Cancelled from another terminal by {name}", name=by)
        self.add_notice(mark, "cancelled")
        if not by:
            self.anchor()  # whoever pressed ESC wants to see that it worked

    def stop_commands(self) -> None:
        """Mark the commands and tools that still run as stopped."""
        for run in self._runs.values():
            run.cancel()
        for tool in self._tools.values():
            tool.cancel()
        self._runs.clear()
        self._tools.clear()

    def add_footer(self, text: str) -> None:
        """Show a calm line that belongs to the answer above it."""
        self.end_answer()
        self._add(_calm(text))

    def add(self, widget: Rows) -> None:
        """Show something of the program itself, such as the answer to a slash command."""
        self.end_answer()
        self._add(widget)
        self.anchor()

    def clear(self, *, but_the_newest: bool = False) -> None:
        """Empty the screen; the history keeps everything.

        Args:
            but_the_newest: keep the newest question and what followed it.
        """
        children = list(self.children)
        if but_the_newest:
            questions = [place for place, child in enumerate(children)
                         if isinstance(child, Question)]  # fmt: skip
            children = children[: questions[-1]] if questions else children
        else:
            self._answer = None
            self._runs.clear()
            self._tools.clear()
        with self.app.batch_update():
            for child in children:
                child.remove()

    def copy_last_code(self) -> bool:
        """Copy the newest block of code; return whether there was one."""
        blocks = self.query(Code)
        if blocks:
            blocks.last().action_copy()
        return bool(blocks)

    def action_copy_code(self) -> None:
        """Copy the newest block of code."""
        self.copy_last_code()

    def _add_line(self, line: ToolRun | Refusal) -> None:
        """Add a calm line; several of them stand close together."""
        last = self.children[-1] if self.children else None
        line.set_class(not isinstance(last, ToolRun | Refusal), "-first")
        self._add(line)

    def _add(self, widget: Widget) -> None:
        parts = 0
        for newer, old in enumerate(reversed(self.children), start=1):
            parts += 1 + len(old.children)
            if newer >= MAX_MESSAGES or parts > MAX_PARTS:
                old.remove()
        self.mount(widget)


def _calm(text: str) -> TextRows:
    return TextRows(Content.styled(one_line(text), "$foreground 45%"))
