"""One line about the state: who, where to, with what, and how long the request has run.

Where the width does not suffice, what matters least is left out first; nothing wraps.
"""

import time

import msgspec
from textual.content import Content
from textual.geometry import Size
from textual.timer import Timer
from textual.widget import Widget

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.spinner import FRAME_S, elapsed, frame

SEPARATOR = "  ·  "
ROOMY, COSY = 60, 40
"""From so many cells on, the line says what a request is doing, and what ESC does."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the line says; plain texts in the language of the screen."""

    mode: str
    user: str
    shared_with: str
    """Everyone, a user, this machine, or nobody."""
    assistant: str
    sync: str
    is_private: bool = False
    is_plan: bool = False
    """Whether the assistant runs nothing."""
    is_sync_urgent: bool = False
    """Whether what is said of synchronisation matters more than the rest."""


class StatusLine(Widget):
    """The line at the bottom."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 2; color: $foreground 60%; }
    """

    def __init__(self, status: Status) -> None:
        super().__init__()
        self._status = status
        self._label = ""
        self._started_s = 0.0
        self._ticker: Timer | None = None

    def show(self, status: Status) -> None:
        """Show another state."""
        if status != self._status:
            self._status = status
            self.refresh()

    def start_request(self, label: str = "") -> None:
        """Begin to count the time of a request."""
        self.stop_request()
        self._label = one_line(label)
        self._started_s = time.monotonic()
        self._ticker = self.set_interval(FRAME_S, self.refresh)

    def label_request(self, label: str) -> None:
        """Say what the request is doing now."""
        self._label = one_line(label)

    def stop_request(self) -> None:
        """Stop counting."""
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """Return 1."""
        return 1

    def render(self) -> Content:
        """Return the line for the width."""
        width = self.content_size.width
        right = self._request_part()
        left = fitted(self._parts(), width - right.cell_length - 2 * bool(right))
        gap = max(0, width - left.cell_length - right.cell_length)
        return (left.pad_right(gap) + right).truncate(max(1, width), ellipsis=True)

    def _request_part(self) -> Content:
        if self._ticker is None:
            return Content()
        elapsed_s = time.monotonic() - self._started_s
        spinner = Content.styled(frame(elapsed_s), "$text-accent")
        took = elapsed(int(elapsed_s * 10) * 100)
        width = self.content_size.width
        label = Content(self._label).truncate(width // 3, ellipsis=True)
        label = label + " " if label and width >= ROOMY else Content()
        hint = Content.styled("  " + _("ESC cancels"), "$foreground 60%")
        return spinner + " " + label + took + (hint if width >= COSY else Content())

    def _parts(self) -> list[tuple[int, Content]]:
        """Return the parts in the order of the line, each with its weight."""
        status = self._status
        style = "bold $text-warning" if status.is_private else "$text-accent"
        shared = Content.styled(one_line(status.shared_with), style)
        plan = Content.styled(_("plan"), "bold $text-warning") if status.is_plan else Content()
        return [
            (7, plan),
            (5, Content.styled(one_line(status.mode), "bold")),
            (3, Content(one_line(status.user))),
            (4, shared),
            (2, Content(one_line(status.assistant))),
            (6, Content.styled(one_line(status.sync), "$text-warning"))
            if status.is_sync_urgent
            else (1, Content(one_line(status.sync))),
        ]


def fitted(parts: list[tuple[int, Content]], room: int) -> Content:
    """Join the parts that fit into `room` cells, leaving out the lightest first."""
    kept = [(weight, part) for weight, part in parts if part]
    while kept:
        line = Content(SEPARATOR).join(part for _weight, part in kept)
        if line.cell_length <= room:
            return line
        if len(kept) == 1:
            return line.truncate(max(1, room), ellipsis=True)
        kept.remove(min(kept, key=lambda entry: entry[0]))
    return Content()
