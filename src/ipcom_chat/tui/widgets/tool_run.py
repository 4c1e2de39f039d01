"""Calm lines about tools: one that works or has worked, and one that was not allowed to.

Invariant: what a model or a tool has written is neutralised here and stays on one line.
"""

import time

from textual.content import Content
from textual.timer import Timer

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.rows import Rows, wrapped
from ipcom_chat.tui.widgets.spinner import FRAME_S, frame

CALL_CHARS = 300
REASON_CHARS = 500
RESULT_SHARE = 2
"""The result of a tool gets at least the line's width divided by this."""


class ToolRun(Rows):
    """One call of a tool, on one line.

    Args:
        name: of the tool, as in a rule.
        call: what it was asked.
    """

    DEFAULT_CSS = """
    ToolRun { padding: 0 1; }
    ToolRun.-first { margin-top: 1; }
    """

    def __init__(self, name: str, call: str) -> None:
        super().__init__()
        self._tool = one_line(name[:CALL_CHARS])
        self._call = _without_name(one_line(call[: 2 * CALL_CHARS]), self._tool)
        self._result: Content | None = None
        self._mark = Content()
        self._started_s = time.monotonic()
        self._ticker: Timer | None = None

    def on_mount(self) -> None:
        """Start the animation, unless it is done already."""
        if self._result is None:
            self._ticker = self.set_interval(FRAME_S, self.changed)

    def finish(self, result: str, *, is_error: bool) -> None:
        """Show what came of it."""
        style = "$text-error" if is_error else "$text-success"
        self._mark = Content.styled("✗" if is_error else "✓", style)
        style = "$text-error" if is_error else "$foreground 60%"
        self._result = Content.styled(one_line(result[:REASON_CHARS]), style)
        self._stop()

    def cancel(self) -> None:
        """Show that it was stopped, if it still works."""
        if self._result is None:
            self._mark = Content.styled("✗", "$text-error")
            self._result = Content.styled(_("stopped"), "$text-warning")
            self._stop()

    def _stop(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        self.changed()

    def layout_rows(self, width: int) -> list[Content]:
        """Return the line: mark, name, call, result."""
        mark = self._mark or Content.styled(
            frame(time.monotonic() - self._started_s), "$text-accent"
        )
        head = mark + " " + Content.styled(self._tool, "bold")
        if self._call:
            head += Content.styled(f"  {self._call}", "$foreground 80%")
        if not self._result:
            return [head.truncate(max(1, width), ellipsis=True)]
        room = max(width - self._result.cell_length - 2, width // RESULT_SHARE)
        line = head.truncate(max(1, room), ellipsis=True) + "  " + self._result
        return [line.truncate(max(1, width), ellipsis=True)]


class Refusal(Rows):
    """A command or tool that does not run.

    Args:
        command: what was asked for.
        reason: why it does not run.
    """

    DEFAULT_CSS = """
    Refusal { padding: 0 1; }
    Refusal.-first { margin-top: 1; }
    """

    def __init__(self, command: str, reason: str) -> None:
        super().__init__()
        line = one_line(command[: CALL_CHARS + 1])
        self._command = line if len(line) <= CALL_CHARS else f"{line[:CALL_CHARS]}…"
        self._reason = one_line(reason[:REASON_CHARS])

    def layout_rows(self, width: int) -> list[Content]:
        """Wrap at words, everything below the first word."""
        text = Content.styled(_("not run:"), "$text-warning") + " "
        text += Content.styled(self._command, "bold")
        if self._reason:
            text += Content.styled(f" — {self._reason}", "$foreground 60%")
        mark = Content.styled("✗ ", "$text-warning")
        lines = wrapped(text, max(1, width - 2))
        return [(Content("  ") if place else mark) + line for place, line in enumerate(lines)]


def _without_name(call: str, name: str) -> str:
    """Return a call without the name that the line shows already."""
    return call.removeprefix(name).strip()
