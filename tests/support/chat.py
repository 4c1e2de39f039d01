"""A chat over a real replica with an assistant that does what the test says, when it says so."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ipcom_chat import settings
from ipcom_chat.assistant.base import AssistantEvent, Question, Turn
from ipcom_chat.domain.entry import Entry
from ipcom_chat.i18n import Language
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat import ChatEvent, ChatService, StatusChanged

Step = AssistantEvent | Exception | None
"""An event to yield, an error to raise, or None to end the answer."""


class ScriptedAssistant:
    """Answers each question with the steps that the test gives it, in its own time."""

    name = "scripted"

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.stopped: list[str] = []
        self.is_closed = False
        self._steps: dict[str, asyncio.Queue[Step]] = {}

    def give(self, text: str, *steps: Step) -> None:
        """Let the answer to the question `text` go on."""
        for step in steps:
            self._queue(text).put_nowait(step)

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        self.asked.append(question)
        try:
            while (step := await self._queue(question.text).get()) is not None:
                if isinstance(step, Exception):
                    raise step
                yield step
        except (asyncio.CancelledError, GeneratorExit):
            self.stopped.append(question.text)
            raise

    def load(self) -> None:
        """Need nothing."""

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        return f"{len(turns)} turns in short"

    async def close(self) -> None:
        self.is_closed = True

    def _queue(self, text: str) -> asyncio.Queue[Step]:
        return self._steps.setdefault(text, asyncio.Queue())


class Chat:
    """One terminal: runtime, storage thread, chat service, scripted assistant."""

    def __init__(self, home: Path, **environment: str) -> None:
        loaded = settings.load({"HOME": str(home)} | environment)
        self.runtime = Runtime(loaded)
        self.interrupted = self.runtime.begin_session()
        self.thread = StorageThread()
        self.service: ChatService = self.runtime.open_chat(self.thread)
        self.assistant = ScriptedAssistant()
        self.service.assistant = self.assistant

    async def stored(self, entry_id: EntryId) -> Entry:
        """Return the row of a request after everything given to storage was done."""
        return await self.thread.run(self.runtime.history.find, entry_id)

    async def transitions(self, entry_id: EntryId) -> list[str]:
        """Return the statuses that the row went through."""
        events = await self.thread.run(self.runtime.history.events, entry_id)
        return [event.to_status.value for event in events]

    async def close(self) -> None:
        """End as a user does who leaves."""
        await self.service.close()
        self.thread.close()
        self.runtime.close()

    def bury(self) -> None:
        """Let go of what is open, and write no end of the session: its process is dead."""
        self.thread.close()
        self.runtime.session_id = None
        self.runtime.close()


@asynccontextmanager
async def open_chat(home: Path, **environment: str) -> AsyncIterator[Chat]:
    """Open one terminal and close it at the end."""
    chat = Chat(home, **environment)
    try:
        yield chat
    finally:
        await chat.close()


def statuses(events: list[ChatEvent]) -> list[str]:
    """Return the statuses that a listener heard of."""
    return [event.status.value for event in events if isinstance(event, StatusChanged)]


async def settled() -> None:
    """Let every task of the loop take the steps that it can take now."""
    for _turn in range(20):
        await asyncio.sleep(0)
