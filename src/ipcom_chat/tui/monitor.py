"""The monitor: a screen that looks at the replica every two seconds.

Invariants: no key waits for the disk: looking happens in the storage thread, one look at a time;
however it ends, the terminal is left as it was found.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from typing import ClassVar, Final

import msgspec
from textual import events, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.monitoring import DAY, MONTH, WEEK, Snapshot, View
from ipcom_chat.tui import monitor_panels as panels
from ipcom_chat.tui.theme import THEMES, theme_name

EVERY_S: Final = 2.0
FLEET_S: Final = 60.0
TWO_COLUMNS: Final = 100
THREE_COLUMNS: Final = 160
INTERRUPTED: Final = 130
_WINDOWS: Final = (DAY, WEEK, MONTH)
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

_LOG = logging.getLogger(__name__)

Look = Callable[[View], Snapshot]
Ask = Callable[[], Callable[[], None]]
"""Asks the primary about all machines, in any thread; returns what stores that."""
Draw = Callable[[Snapshot, int], list[Content]]


class Panel(Static):
    """One panel: a title, and lines that fit its width."""

    DEFAULT_CSS = """
    Panel {
        height: auto; border: round $panel; border-title-color: $primary; padding: 0 1;
    }
    """

    def __init__(self, title: str, draw: Draw) -> None:
        super().__init__(markup=False)
        self.border_title = title
        self._draw = draw
        self._seen: Snapshot | None = None

    def show(self, seen: Snapshot) -> None:
        """Show another snapshot."""
        self._seen = seen
        self._paint()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the new width."""
        self._paint()

    def _paint(self) -> None:
        width = self.content_size.width
        if self._seen is not None and width > 0:
            self.update(Content("\n").join(self._draw(self._seen, width)))


class MonitorApp(App[int], inherit_bindings=False):
    """The monitor.

    Args:
        look: returns what is seen; called in the storage thread.
        thread: the storage thread.
        view: what is looked at first.
        theme: the name of the look of the screen.
        ask: asks the primary; None where there is none.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "ipcom-chat monitor"
    CSS = """
    Screen { layout: vertical; }
    #head { height: 1; padding: 0 1; }
    #foot { height: 1; padding: 0 1; color: $text-muted; }
    #columns { height: auto; }
    #columns > Vertical { height: auto; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,ctrl+c", "leave", show=False),
        Binding("d", "next_window", show=False),
        Binding("p,space", "pause", show=False),
        Binding("r", "look", show=False),
    ]

    def __init__(
        self, look: Look, thread: StorageThread, view: View, theme: str, ask: Ask | None = None
    ) -> None:
        super().__init__()
        self._ask = ask
        self.fault: Exception | None = None
        """What ended the monitor, if it was a fault of this program."""
        self._look = look
        self._thread = thread
        self._view = view
        self._is_paused = False
        self._is_looking = False
        self._is_asking = False
        self._columns = 0
        self._seen: Snapshot | None = None
        self._panels = _panels()
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme

    def compose(self) -> ComposeResult:
        """Yield the head, the panels and the keys."""
        yield Static(_("looking…"), id="head", markup=False)
        with VerticalScroll(id="body"):
            yield Horizontal(id="columns")
        yield Static(_keys(), id="foot", markup=False)

    async def on_mount(self) -> None:
        """Begin to look."""
        await self._arrange(self.size.width)
        self.query_one("#body").focus()
        self.set_interval(EVERY_S, self._tick)
        self._see()
        if self._ask is not None:
            self.set_interval(FLEET_S, self._hear)
            self._hear()

    async def on_resize(self, event: events.Resize) -> None:
        """Use as many columns as there is room for."""
        await self._arrange(event.size.width)

    def action_leave(self) -> None:
        """End."""
        self.exit(0)

    def action_pause(self) -> None:
        """Stop looking, or go on."""
        self._is_paused = not self._is_paused
        self._show_head()
        self._tick()

    def action_look(self) -> None:
        """Look at once."""
        self._see()

    def action_next_window(self) -> None:
        """Look further back, or at one day again."""
        window = self._view.window
        place = _WINDOWS.index(window) if window in _WINDOWS else -1
        following = _WINDOWS[(place + 1) % len(_WINDOWS)]
        self._view = msgspec.structs.replace(self._view, window=following)
        self._see()

    def _tick(self) -> None:
        if not self._is_paused:
            self._see()

    @work
    async def _hear(self) -> None:
        """Ask the primary; while it does not answer, what it told last is shown."""
        if self._ask is None or self._is_asking:
            return
        self._is_asking = True
        try:
            store = await asyncio.to_thread(self._ask)
            await self._thread.run(store)
        except IpcomChatError as error:
            _LOG.info("the primary told nothing of the machines: %s", error.code)
        finally:
            self._is_asking = False

    @work
    async def _see(self) -> None:
        if self._is_looking:
            return  # the disk is slow: the next tick looks again
        self._is_looking = True
        view = self._view
        try:
            self._seen = await self._thread.run(self._look, view)
        except IpcomChatError as error:
            if self.is_running:
                self.query_one("#head", Static).update(Content.styled(str(error), "$error"))
            return
        finally:
            self._is_looking = False
        if not self.is_running:
            return  # it was left meanwhile
        self._show()
        if view is not self._view:
            self._see()

    def _show(self) -> None:
        if self._seen is not None:
            self._show_head()
            for panel in self._panels:
                panel.show(self._seen)

    def _show_head(self) -> None:
        if self._seen is not None:
            self.query_one("#head", Static).update(
                panels.head(self._seen, is_paused=self._is_paused)
            )

    async def _arrange(self, width: int) -> None:
        columns = 3 if width >= THREE_COLUMNS else 2 if width >= TWO_COLUMNS else 1
        if columns == self._columns:
            return
        self._columns = columns
        self._panels = _panels()
        room = self.query_one("#columns", Horizontal)
        await room.remove_children()
        await room.mount(
            *(Vertical(*self._panels[place::columns]) for place in range(columns))
        )  # fmt: skip
        self._show()

    def _handle_exception(self, error: Exception) -> None:
        """End; the caller of `run_monitor` tells the user in one line, without a traceback."""
        self.fault = self.fault or error
        super()._handle_exception(error)
        self._exit_renderables.clear()


def run_monitor(runtime: Runtime, view: View) -> int:
    """Show the monitor until it is left; return the exit code.

    Raises:
        Exception: a fault ended it; the terminal is in order.
    """
    thread = StorageThread()
    try:
        return asyncio.run(_run(runtime, thread, view))
    finally:
        thread.close()


async def _run(runtime: Runtime, thread: StorageThread, view: View) -> int:
    theme = theme_name(runtime.settings["ui.theme"], os.environ)
    ask = (lambda: _asked(runtime)) if runtime.has_primary else None
    app = MonitorApp(runtime.monitoring.snapshot, thread, view, theme, ask)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, app.exit, INTERRUPTED)
    code = await app.run_async()
    if app.fault is not None:
        raise app.fault
    return code or 0


def _asked(runtime: Runtime) -> Callable[[], None]:
    fleet = runtime.sync.fetch_fleet()
    return lambda: runtime.sync.store_fleet(fleet)


def _panels() -> list[Panel]:
    return [
        Panel(_("Health"), panels.health),
        Panel(_("Requests"), panels.requests),
        Panel(_("Latencies here"), panels.latencies),
        Panel(_("Synchronisation and sizes"), panels.queue),
        Panel(_("Machines"), panels.machines),
        Panel(_("Top users"), panels.people),
        Panel(_("Top solved problems"), panels.problems),
        Panel(_("Commands"), panels.activity),
        Panel(_("By day"), panels.adoption),
    ]


def _keys() -> str:
    return _("q leave   d day, week, month   p pause   r look now   ↑↓ scroll")
