"""No interleaving of ESC, late answer, late error, crash and a second terminal breaks a request.

A state machine drives a real chat over a real replica and compares every row with a model in
memory that knows only the table of transitions.
"""

import asyncio
import os
from concurrent.futures import Future
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
)

from ipcom_chat.assistant.base import CommandFinished, TextDelta
from ipcom_chat.domain.entry import Outcome, Status
from ipcom_chat.domain.lifecycle import FINAL, TRANSITIONS, Request
from ipcom_chat.errors import AssistantBusyError
from ipcom_chat.ids import EntryId
from ipcom_chat.services import chat as chat_module
from ipcom_chat.services.chat import ChatEvent, NotSaved, StatusChanged
from tests.support.chat import Chat, settled

MAX_REQUESTS = 8


class Asked:
    """What the model knows of one request."""

    def __init__(self, number: int, chat: Chat) -> None:
        self.text = f"question {number}"
        self.chat = chat
        self.heard: list[ChatEvent] = []
        self.request: Request = chat.service.start(self.text, self.heard.append)
        self.final: tuple[Status, str | None] | None = None
        self.cancelled = False
        self.crashed = False

    @property
    def id(self) -> EntryId:
        return self.request.entry_id


class RequestLife(RuleBasedStateMachine):
    asked: Bundle[Asked] = Bundle("asked")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.known: list[Asked] = []
        self.dead: list[Chat] = []
        # Given back at the end: with it, whatever waits for an idle loop waits for ever.
        self.poll_s = chat_module.CANCEL_POLL_S
        chat_module.CANCEL_POLL_S = 0.001
        self.chat = self.terminal()
        self.other = self.terminal()

    def terminal(self) -> Chat:
        return self.loop.run_until_complete(self._terminal())

    async def _terminal(self) -> Chat:
        return Chat(Path(self.folder.name))

    def let_run(self, seconds: float = 0) -> None:
        async def run() -> None:
            await settled()
            await asyncio.sleep(seconds)

        self.loop.run_until_complete(run())

    def in_loop(self, call: object, *arguments: object, **named: object) -> object:
        async def run() -> object:
            return call(*arguments, **named)  # type: ignore[operator]

        return self.loop.run_until_complete(run())

    @rule(target=asked)
    def ask(self) -> "Asked | MultipleResults[Asked]":
        # A bound that no thread's timing moves: what is drawn next must depend on the steps alone.
        if len(self.known) >= MAX_REQUESTS:
            return multiple()
        one = self.in_loop(Asked, len(self.known), self.chat)
        assert isinstance(one, Asked)
        self.known.append(one)
        return one

    @rule(one=asked, text=st.text(max_size=5))
    def more_text(self, one: Asked, text: str) -> None:
        one.chat.assistant.give(one.text, TextDelta(text))

    @rule(one=asked)
    def answer_ends(self, one: Asked) -> None:
        one.chat.assistant.give(one.text, None)

    @rule(one=asked)
    def answer_fails(self, one: Asked) -> None:
        one.chat.assistant.give(one.text, AssistantBusyError("overloaded"))

    @rule(one=asked)
    def command_runs(self, one: Asked) -> None:
        ran = CommandFinished(call_id="c", command="id", output="", exit_code=0, duration_ms=1)
        one.chat.assistant.give(one.text, ran)

    @rule(one=asked)
    def esc(self, one: Asked) -> None:
        was_open = one.request.is_open
        won = self.in_loop(one.chat.service.cancel, one.request)
        if one.crashed:
            return
        assert won == was_open
        one.cancelled |= bool(won)

    @rule(one=asked)
    def other_terminal_asks_to_cancel(self, one: Asked) -> None:
        self.other.runtime.history.request_cancel(one.id, actor="other")

    @rule(one=asked)
    def a_late_write_passes_the_memory(self, one: Asked) -> None:
        """Write what the request in memory would never let through: the row must refuse."""
        entry = self.other.runtime._entries.get(one.id)
        if entry is not None and entry.status in FINAL:
            late = Outcome(status=Status.COMPLETED, response="late")
            store = self.other.service._store
            store.finish(entry, late)
            store.cancel(entry, late, "late")

    @rule(seconds=st.sampled_from([0, 0.002]))
    def time_passes(self, seconds: float) -> None:
        self.let_run(seconds)

    @rule()
    def crash_and_start_again(self) -> None:
        """Drop the lock as the kernel does, and everything that was not committed yet."""
        chat = self.chat
        self.loop.run_until_complete(chat.thread.run(lambda: None))
        (lock,) = chat.runtime.sessions._locks._held.values()
        os.close(lock)
        chat.runtime.sessions._locks._held.clear()
        for one in self.known:
            if one.chat is chat:
                one.crashed = True
                live = chat.service._live.pop(one.id, None)
                if live is not None and live.task is not None:
                    live.task.cancel()
        # The dead process writes nothing more.
        chat.thread.submit = lambda *_a, **_k: _never()  # type: ignore[assignment,method-assign]
        self.dead.append(chat)
        self.chat = self.terminal()
        for entry_id in self.chat.interrupted:
            assert any(one.id == entry_id and one.crashed for one in self.known)

    @invariant()
    def rows_agree_with_the_model(self) -> None:
        self.loop.run_until_complete(self.chat.thread.run(lambda: None))
        for one in self.known:
            self.check(one)

    def check(self, one: Asked) -> None:
        entry = self.other.runtime._entries.get(one.id)
        if entry is None:
            assert one.crashed or one.request.is_open or one.cancelled
            return
        body = (entry.status, entry.response)
        if one.final is not None:
            assert body == one.final, "a final body changed"
        elif entry.status in FINAL:
            one.final = body
        if one.cancelled and not one.crashed and entry.status in FINAL:
            assert entry.status is Status.CANCELLED, "answered after cancel"
        self.check_events(one)
        self.check_heard(one)

    def check_events(self, one: Asked) -> None:
        previous = None
        for event in self.other.runtime._entries.events(one.id):
            assert event.from_status is previous
            if previous is not None:
                assert event.to_status in TRANSITIONS[previous]
            previous = event.to_status

    def check_heard(self, one: Asked) -> None:
        final = [
            index
            for index, event in enumerate(one.heard)
            if isinstance(event, StatusChanged) and event.status in FINAL
        ]
        assert len(final) <= 1
        if final:
            assert all(isinstance(event, NotSaved) for event in one.heard[final[0] + 1 :])

    def teardown(self) -> None:
        self.loop.run_until_complete(self.chat.close())
        try:
            self.rows_are_final()
        finally:
            self.loop.run_until_complete(self.end())
            chat_module.CANCEL_POLL_S = self.poll_s
            self.loop.close()
            self.folder.cleanup()

    def rows_are_final(self) -> None:
        for one in self.known:
            entry = self.other.runtime._entries.get(one.id)
            if entry is None:
                assert one.crashed, "a question was lost"
            else:
                assert entry.status in FINAL, f"a row stayed open: {one.heard} {one.request.status}"
                assert one.final in (None, (entry.status, entry.response))

    async def end(self) -> None:
        await self.other.close()
        for chat in self.dead:
            if chat.service._watch is not None:
                chat.service._watch.cancel()
            chat.bury()
        await settled()


def _never() -> Future[None]:
    return Future()


TestRequestLife = RequestLife.TestCase
TestRequestLife.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
