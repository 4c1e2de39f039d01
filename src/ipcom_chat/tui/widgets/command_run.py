"""A command that runs or ran: what, how it ended, how long it took, and its output."""

import time

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.timer import Timer

from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.i18n import _, n_
from ipcom_chat.tui.widgets.live_output import MARGIN, LiveOutput, folded
from ipcom_chat.tui.widgets.rows import Rows, wrapped
from ipcom_chat.tui.widgets.spinner import FRAME_S, elapsed, frame

SHOWN_LINES = 6
"""So many lines of output are shown without asking: the newest of a command that runs, the first
of one that failed; of one that worked, none: the answer tells what they mean."""

ANSWER_LINES = 40
"""The same where the output is the answer."""


class CommandRun(Rows, can_focus=True):
    """One command; a click or Enter shows and hides the rest of its output.

    Args:
        command: as a person would type it; neutralised here.
        is_answer: whether its output is what was asked for, and is shown when it has worked.
    """

    DEFAULT_CSS = """
    CommandRun { margin-top: 1; padding: 0 1; }
    CommandRun:focus { background: $surface; }
    """
    BINDINGS = [Binding("enter,space", "toggle_output", "Show output")]  # noqa: RUF012 - Textual's

    def __init__(self, command: str, *, is_answer: bool = False) -> None:
        super().__init__()
        self.command = one_line(command)
        self._is_answer = is_answer
        self._started_s = time.monotonic()
        self._exit_code: int | None = None
        self._end = Content()
        self._live = LiveOutput()
        self._output: list[str] = []
        self._is_open = False
        self._ticker: Timer | None = None

    def on_mount(self) -> None:
        """Start the animation, unless the command has ended already."""
        if self._exit_code is None:
            self._ticker = self.set_interval(FRAME_S, self.changed)

    def write(self, text: str) -> None:
        """Add what it has written meanwhile; the next frame of the animation shows it."""
        self._live.write(text)

    def finish(self, *, exit_code: int, duration_ms: int, output: str, truncated: bool) -> None:
        """Show how it ended.

        Args:
            exit_code: the shell's convention.
            duration_ms: how long it ran.
            output: standard output and error; neutralised here.
            truncated: whether output was left out.
        """
        self._exit_code = exit_code
        self._output = neutralise(output).rstrip("\n").split("\n") if output.strip() else []
        if truncated:
            self._output.append("…")
        took = Content.styled(elapsed(duration_ms), "$foreground 60%")
        if exit_code:
            took = Content.styled(_("exit {code}", code=exit_code), "$text-error") + "  " + took
        elif self._output:
            count = n_("{count} line", "{count} lines", len(self._output))
            took += Content.styled(f"  {count}", "$foreground 60%")
        self._end = took
        self._stop()

    def cancel(self) -> None:
        """Show that it was stopped, if it still runs."""
        if self._exit_code is None:
            self._exit_code = 130
            self._output = self._live.lines
            self._end = Content.styled(_("stopped"), "$text-warning")
            self._stop()

    def _stop(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Return the head line, and of the output as much as is open."""
        if self._exit_code is None:
            return self._head(width) + self._live_rows(width)
        first = SHOWN_LINES if self._exit_code else 0
        first = ANSWER_LINES if self._is_answer else first
        lines = self._output if self._is_open else self._output[:first]
        rows = self._head(width)
        for line in lines:
            rows += folded(line, width)
        hidden = len(self._output) - len(lines)
        if lines and hidden:
            rows.append(_note(n_("… {count} more line", "… {count} more lines", hidden)))
        return rows

    def _live_rows(self, width: int) -> list[Content]:
        live = self._live
        above, rows = live.rows(width) if self._is_open else live.newest(width, SHOWN_LINES)
        if above:
            rows.insert(0, _note(n_("… {count} line above", "… {count} lines above", above)))
        return rows

    def _head(self, width: int) -> list[Content]:
        if self._exit_code is None:
            mark = Content.styled(frame(time.monotonic() - self._started_s), "$text-accent")
        elif self._exit_code:
            mark = Content.styled("✗", "$text-error")
        else:
            mark = Content.styled("✓", "$text-success")
        rows = wrapped(Content.styled(self.command, "bold"), width - 2, "$ ", "  ")
        rows = [
            (mark if not number else Content(" ")) + " " + row for number, row in enumerate(rows)
        ]
        if not self._end:
            return rows
        if rows[-1].cell_length + self._end.cell_length + 2 <= width:
            return [*rows[:-1], rows[-1] + "  " + self._end]
        return [*rows, Content("    ") + self._end]

    def focus_on_click(self) -> bool:
        """Leave the focus in the prompt."""
        return False

    def on_click(self, event: events.Click) -> None:
        """Show or hide the output."""
        event.stop()
        self.action_toggle_output()

    def action_toggle_output(self) -> None:
        """Show or hide the output that does not fit into the first lines."""
        self._is_open = not self._is_open
        self.changed()


def _note(text: str) -> Content:
    return Content.styled(f"{MARGIN}{text}", "$foreground 60% italic")
