"""The whole chat over a real replica, without a terminal: for Pilot and for snapshots."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from textual.content import Content
from textual.pilot import Pilot

from ipcom_chat import settings
from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry
from ipcom_chat.domain.lifecycle import Request
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat import ChatEvent, Listener
from ipcom_chat.tui.app import ChatApp
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.screens.chat import ChatScreen
from ipcom_chat.tui.screens.history import HistoryScreen
from ipcom_chat.tui.widgets.composer import Composer
from ipcom_chat.tui.widgets.rows import Rows
from tests.support.chat import ScriptedAssistant

LIMIT_S = 20.0


class ChatHarness:
    """One chat: its app, what is behind it, and the assistant that a test steers."""

    def __init__(
        self,
        home: Path,
        *,
        user: str | None = None,
        clock: Clock | None = None,
        environ: Mapping[str, str] | None = None,
        opens_history: bool = False,
        opens_sessions: bool = False,
        resume: str | None = None,
    ) -> None:
        # The model of meanings is loaded by the tests that are about it.
        variables = {
            "HOME": str(home), "EDITOR": "true", "IPCOM_CHAT_SEMANTIC": "false"
        } | dict(environ or {})  # fmt: skip
        self.runtime = Runtime(settings.load(variables, {"user": user}), clock)
        self.runtime.resume = resume
        self.interrupted = self.runtime.begin_session(forks_later=True)
        self.thread = StorageThread()
        self.service = self.runtime.open_chat(self.thread)
        self.assistant = ScriptedAssistant()
        self.service.assistant = self.assistant
        self._listeners: list[Listener] = []
        self._note_listeners()
        self.conversation = Conversation(self.runtime, self.service, self.thread, self.interrupted)
        self.app = ChatApp(
            self.conversation,
            variables,
            opens_history=opens_history,
            opens_sessions=opens_sessions,
        )

    def _note_listeners(self) -> None:
        start = self.service.start

        def noting(text: str, listener: Listener, *, retry_of: EntryId | None = None) -> Request:
            self._listeners.append(listener)
            return start(text, listener, retry_of=retry_of)

        self.service.start = noting  # type: ignore[method-assign]

    def tell(self, *events: ChatEvent, request: int = -1) -> None:
        """Let the screen hear of events as the service tells them, by default of the last one."""
        for event in events:
            self._listeners[request](event)

    async def unguarded(self, pilot: Pilot[int]) -> None:
        """Wait until a key would decide what the panel asks."""
        async with asyncio.timeout(LIMIT_S):
            await pilot.pause()
            while self.screen.approval.is_guarded:
                await pilot.pause(0.02)
        await pilot.pause()

    @property
    def screen(self) -> ChatScreen:
        """The chat, whatever lies on it."""
        return next(each for each in self.app.screen_stack if isinstance(each, ChatScreen))

    @property
    def history(self) -> HistoryScreen:
        """The history, which lies on the chat."""
        assert isinstance(self.app.screen, HistoryScreen)
        return self.app.screen

    @property
    def text(self) -> str:
        """Everything in the transcript, as far as it is laid out, line by line."""
        return "\n".join(
            row.plain.rstrip()
            for widget in self.screen.transcript.query(Rows)
            for row in widget.rows(widget.content_size.width or 80)
        )

    @property
    def status_text(self) -> str:
        """The status line."""
        shown = self.screen.status.render()
        assert isinstance(shown, Content)
        return shown.plain

    @property
    def hint_text(self) -> str:
        """The hint on the border of the prompt."""
        return str(self.screen.query_one(Composer).query_one("#entry").border_subtitle or "")

    async def send(self, pilot: Pilot[int], text: str) -> None:
        """Put a text into the prompt and press Enter."""
        self.screen.prompt._dismissed = text  # no menu: Enter would choose from it
        self.screen.prompt.set_text(text)
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()

    async def until(self, pilot: Pilot[int], text: str) -> None:
        """Wait until the transcript shows `text`."""
        async with asyncio.timeout(LIMIT_S):
            while text not in self.text:
                await pilot.pause(0.02)

    async def idle_commands(self, pilot: Pilot[int]) -> None:
        """Wait until no command runs, whatever becomes of a request."""
        async with asyncio.timeout(LIMIT_S):
            while self.screen._performing:
                await pilot.pause(0.02)
        await pilot.pause()

    async def idle(self, pilot: Pilot[int]) -> None:
        """Wait until no request and no command runs, and all of it is stored and painted."""
        async with asyncio.timeout(LIMIT_S):
            while self.screen.prompt.is_held:
                await pilot.pause(0.02)
        await self.thread.run(lambda: None)
        await pilot.pause(0.15)

    async def found(self, pilot: Pilot[int]) -> None:
        """Wait until the history shows what was asked for, and the marked entry."""

        def is_shown() -> bool:
            screen = self.app.screen
            if not isinstance(screen, HistoryScreen) or screen.is_looking:
                return False
            marked, whole = screen.hits.marked, screen.entry.whole
            return (whole.entry.id if whole else None) == (marked.id if marked else None)

        async with asyncio.timeout(LIMIT_S):
            await pilot.pause()
            while not is_shown():
                await pilot.pause(0.02)
        await pilot.pause()

    async def stored(self, entry_id: EntryId | None = None) -> Entry:
        """Return the row of a request, by default of the last one."""
        wanted = entry_id or self.conversation.last_id
        assert wanted is not None
        return await self.thread.run(self.runtime.history.find, wanted)

    def close(self) -> None:
        self.conversation.close()
        self.thread.close()
        self.runtime.close()


@contextmanager
def harness(
    home: Path,
    *,
    user: str | None = None,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
    opens_history: bool = False,
    opens_sessions: bool = False,
    resume: str | None = None,
) -> Iterator[ChatHarness]:
    """Make a chat and close what is behind it at the end; the app is not started."""
    made = ChatHarness(
        home,
        user=user,
        clock=clock,
        environ=environ,
        opens_history=opens_history,
        opens_sessions=opens_sessions,
        resume=resume,
    )
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def running_chat(
    home: Path,
    *,
    size: tuple[int, int] = (80, 24),
    user: str | None = None,
    opens_sessions: bool = False,
    resume: str | None = None,
) -> AsyncIterator[tuple[ChatHarness, Pilot[int]]]:
    """Run a chat without a terminal, and end it as a user does who leaves."""
    with harness(home, user=user, opens_sessions=opens_sessions, resume=resume) as made:
        async with made.app.run_test(size=size) as pilot:
            await pilot.pause()
            yield made, pilot
        await made.service.close()
