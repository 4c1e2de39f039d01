"""The chat as a program: look, signals, and an orderly end.

Invariants: however it ends (a key, a signal, a terminal that goes away, a fault), what runs is
cancelled and stored, and the terminal is left as it was found.
"""

import asyncio
import os
import shlex
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App, SuspendNotSupported
from textual.screen import Screen

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import StorageError
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.sync import SyncStatus
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.driver import RobustLinuxDriver
from ipcom_chat.tui.lending import NOT_PERMITTED, borrowed, terminal_number
from ipcom_chat.tui.screens.chat import ChatScreen
from ipcom_chat.tui.theme import THEMES, theme_name
from ipcom_chat.tui.widgets.editor import editor_command

if TYPE_CHECKING:
    from rich.console import RenderableType

CATCH_UP_S = 0.05
INTERRUPTED = 130
"""The exit code of a program that was told to end."""
INDEXED_AT_EXIT = 2_000
"""So many new entries at most go into the search index when the chat ends."""
MEANING_AFTER_S = 2.0
"""When to load the model of meanings: the screen, and what is asked at once, come first."""
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class ChatApp(App[int], inherit_bindings=False):
    """The chat.

    Args:
        conversation: what it shows.
        environ: the process environment.
        opens_history: whether the history is shown at first.
        opens_sessions: whether a session is chosen at first.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "ipcom-chat"

    def __init__(
        self,
        conversation: Conversation,
        environ: Mapping[str, str],
        *,
        opens_history: bool = False,
        opens_sessions: bool = False,
    ) -> None:
        super().__init__(driver_class=RobustLinuxDriver)
        self.fault: Exception | None = None
        """What ended the chat, if it was a fault of this program."""
        self._conversation = conversation
        self._environ = environ
        self._opens_history = opens_history
        self._one_borrower = asyncio.Lock()
        self._opens_sessions = opens_sessions
        self._is_outdated = False
        """Whether the terminal does not show the newest frame."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = theme_name(conversation.runtime.settings["ui.theme"], environ)

    def get_default_screen(self) -> Screen[None]:
        """Return the chat."""
        cwd = self._conversation.context.origin.cwd or str(Path.home())
        return ChatScreen(
            self._conversation,
            editor=editor_command(self._environ),
            cwd=cwd,
            opens_history=self._opens_history,
            opens_sessions=self._opens_sessions,
        )

    def show_sync(self, status: SyncStatus) -> None:
        """Show where synchronisation stands."""
        self._conversation.sync_status = status
        for screen in self.screen_stack if self.is_running else ():
            if isinstance(screen, ChatScreen):
                screen.show_sync(status)

    async def borrow_terminal(self, argv: Sequence[str]) -> int:
        """Let a program have the terminal until it ends; return its exit code.

        What goes on meanwhile is painted afterwards. `NOT_PERMITTED` where there is no terminal
        to lend.

        Args:
            argv: the program and its arguments.
        """
        async with self._one_borrower:
            try:
                return await self._lend(argv)
            except SuspendNotSupported:
                return NOT_PERMITTED

    async def _lend(self, argv: Sequence[str]) -> int:
        code, given_up = NOT_PERMITTED, None
        with self.suspend():
            print(f"\n$ {one_line(shlex.join(argv))}", flush=True)  # noqa: T201 - for the person
            # Caught inside: `suspend` takes the terminal back only if nothing is raised.
            try:
                code = await borrowed(argv, terminal_number(), partial(self.exit, INTERRUPTED))
            except asyncio.CancelledError as error:
                if not self.is_running or self._exit:
                    raise  # the program ends: the terminal is as a shell wants it already
                given_up = error
        self.paint_anew()
        if given_up is not None:
            raise given_up
        return code

    def paint_anew(self) -> None:
        """Paint the whole screen, whatever the terminal shows now."""
        screen = self.screen
        super()._display(screen, screen._compositor.render_update(full=True))  # noqa: SLF001 - Textual has no public way

    def _display(self, screen: Screen[Any], renderable: "RenderableType | None") -> None:
        """Paint; while the terminal is behind, leave frames out and then paint everything."""
        if not isinstance(self._driver, RobustLinuxDriver) or not self._driver.is_behind:
            super()._display(screen, renderable)
        elif not self._is_outdated:
            self._is_outdated = True
            self.set_timer(CATCH_UP_S, self._catch_up)

    def _catch_up(self) -> None:
        if isinstance(self._driver, RobustLinuxDriver) and self._driver.is_behind:
            self.set_timer(CATCH_UP_S, self._catch_up)
        else:
            self._is_outdated = False
            self.paint_anew()

    def _handle_exception(self, error: Exception) -> None:
        """End; the caller of `run_chat` tells the user in one line, without a traceback."""
        self.fault = self.fault or error
        super()._handle_exception(error)
        self._exit_renderables.clear()


def run_chat(runtime: Runtime, *, opens_history: bool = False, opens_sessions: bool = False) -> int:
    """Show the chat until the user leaves; return the exit code. The caller closes the runtime.

    Args:
        runtime: open.
        opens_history: whether the history is shown at first.
        opens_sessions: whether a session is chosen at first.

    Raises:
        UsageError, UserError: the settings name a user who cannot write.
        Exception: a fault ended the chat; the terminal is in order.
    """
    interrupted, problem = _begin(runtime)
    thread = StorageThread()
    try:
        opens = {"opens_history": opens_history, "opens_sessions": opens_sessions}
        return asyncio.run(_run(runtime, thread, interrupted, problem, opens))
    finally:
        thread.close()
        with suppress(StorageError):  # told when the runtime is closed
            runtime.index(limit=INDEXED_AT_EXIT)


def _begin(runtime: Runtime) -> tuple[Sequence[EntryId], str | None]:
    try:
        return runtime.begin_session(forks_later=True), None
    except StorageError as error:
        # A full disk is a reason to ask, and no reason to refuse the answer.
        return (), str(error)


async def _run(
    runtime: Runtime,
    thread: StorageThread,
    interrupted: Sequence[EntryId],
    problem: str | None,
    opens: Mapping[str, bool],
) -> int:
    loop = asyncio.get_running_loop()
    sync = runtime.open_sync(lambda status: _in_loop(loop, lambda: app.show_sync(status)))
    keep_meaning = runtime.keep_meaning(after_s=MEANING_AFTER_S)

    def saved() -> None:
        if sync is not None:
            sync.nudge()
        keep_meaning()

    service = runtime.open_chat(thread, saved)
    conversation = Conversation(runtime, service, thread, interrupted, problem, sync=sync)
    app = ChatApp(conversation, os.environ, **opens)
    service.terms.borrow = app.borrow_terminal
    for number in _SIGNALS:
        loop.add_signal_handler(number, app.exit, INTERRUPTED)
    beginning = loop.call_later(MEANING_AFTER_S, keep_meaning)
    try:
        code = await app.run_async()
    finally:
        beginning.cancel()
        await service.close()
        if sync is not None:
            with suppress(StorageError):  # told when the runtime is closed
                await thread.run(runtime.end_session)
            await asyncio.to_thread(sync.stop)
        await asyncio.to_thread(conversation.close)
    if app.fault is not None:
        raise app.fault
    return code or 0


def _in_loop(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    """Run `act` in the loop of the screen, from the thread of synchronisation."""
    with suppress(RuntimeError):  # the screen has ended
        loop.call_soon_threadsafe(act)
