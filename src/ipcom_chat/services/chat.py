"""Drives requests: saves the question, asks the assistant, keeps the answer, obeys ESC.

Invariants:
- A request changes only by `Request.advance` in memory and by the same transition in storage, so
  an answer or an error that comes after ESC changes nothing, here or there.
- `cancel` touches neither disk nor network before it returns; storage follows in its own thread,
  in order. If the question was not written yet, it is written as cancelled.
- Every request has its own objects; nothing is shared between two of them.
- The assistant never sees a secret that the rules of redaction know: neither in the question nor
  in what was said before. What the user sees of his own question stays.
- Storage that fails takes no answer away: the listener is told that it was not saved.
"""

import asyncio
import logging
from contextlib import aclosing

import msgspec

from ipcom_chat.assistant.base import (
    Approval,
    Assistant,
    AssistantEvent,
    CommandFinished,
    CommandOutput,
    Decision,
    Noted,
    Question,
    TextDelta,
    Turn,
    UsageReport,
)
from ipcom_chat.assistant.running import Line, Runner
from ipcom_chat.assistant.tools import file_block
from ipcom_chat.domain.entry import (
    COMMAND_MAX_CHARS,
    RESPONSE_MAX_CHARS,
    Entry,
    Kind,
    Origin,
    Outcome,
    Scope,
    Status,
    capped,
    storable,
)
from ipcom_chat.domain.lifecycle import Request
from ipcom_chat.errors import IpcomChatError, RefusedError
from ipcom_chat.i18n import Language, _
from ipcom_chat.ids import EntryId, IdSource
from ipcom_chat.services.asking import Asked, Asking, Terms, turn_of
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat_events import (
    ApprovalAsked,
    ApprovalClosed,
    ChatEvent,
    Listener,
    NotSaved,
    StatusChanged,
)
from ipcom_chat.services.live import Live
from ipcom_chat.services.requests import RequestStore
from ipcom_chat.services.writes import Writes

__all__ = [
    "ApprovalAsked",
    "ApprovalClosed",
    "ChatContext",
    "ChatEvent",
    "ChatService",
    "Listener",
    "NotSaved",
    "StatusChanged",
    "is_kept_private",
]

INTERNAL = "internal"
"""The error code of a request that met a fault of this program."""

_LOG = logging.getLogger(__name__)

_CUT_MARK = "\n\n[…]\n"
"""Shown where an answer was cut off."""
_COMMAND_ID = "typed"
"""The call of a command that the person typed."""
_SUMMARY = "(a summary of the conversation so far)"
CANCEL_POLL_S = 0.25
"""How often the owner looks whether another terminal asked to cancel."""


class ChatContext(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, into which histories, and what answers may draw on."""

    origin: Origin
    scope: Scope
    language: Language


class ChatService:
    """The requests of one session. Use it from the thread of one event loop."""

    def __init__(
        self,
        *,
        thread: StorageThread,
        store: RequestStore,
        asking: Asking,
        assistant: Assistant,
        context: ChatContext,
        ids: IdSource,
    ) -> None:
        self._thread = thread
        self._writes = Writes(thread)
        self._store = store
        self._asking = asking
        self._ids = ids
        self._clock = ids.clock
        self._live: dict[EntryId, Live] = {}
        self._watch: asyncio.Task[None] | None = None
        self.assistant = assistant
        self.context = context
        """Holds for requests that begin from now on; the screen may replace it."""
        self.conversation: list[Turn] = []

    @property
    def terms(self) -> Terms:
        """What may be done for the questions of this session; the front end may change it."""
        return self._asking.terms

    def start(self, text: str, listener: Listener, *, retry_of: EntryId | None = None) -> Request:
        """Begin a request and return it at once; `listener` hears of it in the event loop.

        As in a shell, a question that begins with a blank is not shared: it stays in this replica.
        """
        return self._begin(Kind.QUESTION, text, listener, retry_of)

    def run(self, line: str, listener: Listener) -> Request:
        """Run a shell line that the person typed; it lives as a question does.

        What the rules only ask about runs at once: to type it was to say yes. Its output belongs
        to the conversation from then on. A line that begins with a blank is not shared.
        """
        return self._begin(Kind.COMMAND, line, listener, None)

    def _begin(
        self, kind: Kind, text: str, listener: Listener, retry_of: EntryId | None
    ) -> Request:
        is_private = self.context.origin.private or is_kept_private(text)
        text = text.removeprefix(" ")
        command, cut = capped(storable(text), COMMAND_MAX_CHARS)
        now = self._clock.now_ms()
        entry = Entry(
            id=EntryId(self._ids.new()),
            kind=kind,
            retry_of=retry_of,
            command=command,
            truncated=cut,
            status=Status.PENDING,
            created_at=now,
            updated_at=now,
            **msgspec.structs.asdict(self.context.origin) | {"private": is_private},
        )
        request = Request(entry.id, text)
        live = Live(request, entry, listener, self._clock.monotonic_ms())
        self._live[entry.id] = live
        loop = asyncio.get_running_loop()
        live.task = loop.create_task(self._run(live))
        # Not a `finally` in the task: one that is cancelled before its first step runs no line.
        live.task.add_done_callback(lambda _task: self._forget(live))
        if self._watch is None or self._watch.done():
            self._watch = loop.create_task(self._obey_requests())
        return request

    def cancel(self, request: Request, *, actor: str = "user") -> bool:
        """Cancel a request now; return False if it was final already."""
        live = self._live.get(request.entry_id)
        if live is None or not request.advance(Status.CANCELLED):
            return False
        self._writes.give(live, self._store.cancel, live.entry, self._outcome(live), actor)
        if live.task is not None:
            live.task.cancel()
        _LOG.info("request %s cancelled by %s", request.entry_id, actor)
        live.listener(StatusChanged(status=Status.CANCELLED, reason=actor))
        return True

    async def finished(self, request: Request) -> None:
        """Wait until a request is final and its last write was tried."""
        live = self._live.get(request.entry_id)
        if live is not None and live.task is not None:
            await asyncio.wait({live.task})
        await self._thread.run(lambda: None)

    async def close(self) -> None:
        """Cancel what is running and wait until all of it is stored."""
        open_requests = [live.request for live in self._live.values()]
        for request in open_requests:
            self.cancel(request, actor="exit")
        for request in open_requests:
            await self.finished(request)
        if self._watch is not None:
            self._watch.cancel()
        await self.assistant.close()

    async def compact(self) -> str | None:
        """Replace the conversation by a summary of it; return that, None if there is none.

        Raises:
            AssistantError: the assistant could not summarise it now; all is as it was.
        """
        turns = tuple(self.conversation)
        if not turns:
            return None
        summary = await self.assistant.summarise(turns, self.context.language)
        # What was said meanwhile stays, and all of another conversation that was begun meanwhile.
        if summary is None or tuple(self.conversation[: len(turns)]) != turns:
            return None
        self.conversation[: len(turns)] = [turn_of(_SUMMARY, summary, is_cancelled=False)]
        return summary

    async def _run(self, live: Live) -> None:
        try:
            await self._writes.done(live, self._store.add, live.entry, live.request)
            if live.request.advance(Status.PROCESSING):
                begun = Outcome(status=Status.PROCESSING)
                self._writes.give(live, self._store.step, live.entry, begun)
                live.listener(StatusChanged(status=Status.PROCESSING))
                await self._answer(live)
        except asyncio.CancelledError:
            # ESC has been recorded already; whatever else stops the task is a cancel, too.
            self.cancel(live.request, actor="exit")

    async def _answer(self, live: Live) -> None:
        try:
            await (self._run_typed(live) if live.is_command else self._ask(live))
        except IpcomChatError as error:
            await self._finish(live, Status.ERROR, error.code, str(error))
        except Exception:  # noqa: BLE001 - whatever an assistant does, the chat goes on
            _LOG.exception("request %s met a fault", live.entry.id)
            reason = _("The assistant met an unexpected fault; the log has the details.")
            await self._finish(live, Status.ERROR, INTERNAL, reason)
        else:
            code = str(live.ran[-1].exit_code) if live.is_command and live.ran else None
            await self._finish(live, Status.COMPLETED, code, None)

    async def _ask(self, live: Live) -> None:
        question = await self._question(live)
        async with aclosing(self.assistant.answer(question)) as events:
            async for event in events:
                self._take(live, event)
                if live.text_chars > RESPONSE_MAX_CHARS:
                    # More would not be stored, and a stream may have no end.
                    self._take(live, TextDelta(_CUT_MARK))
                    break

    async def _run_typed(self, live: Live) -> None:
        gate = self._asking.gate(lambda approval: self._approve(live, approval))
        said = await gate.typed(_COMMAND_ID, live.request.text)
        if not said.allowed:
            raise RefusedError(_("It did not run: {reason}.", reason=said.reason or _("refused")))
        runner = Runner(
            lambda event: self._take(live, event),
            lambda event: self._take(live, event),
            self.terms.borrow,
        )
        line = Line(
            call_id=_COMMAND_ID,
            text=said.command or live.request.text,
            cwd=live.entry.cwd or "/",
            time_s=self.terms.limits.command_s,
        )
        await runner.run(line)

    async def _approve(self, live: Live, approval: Approval) -> Decision:
        """Ask the person, through the listener, and wait; a cancelled request waits no more."""
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()

        def decide(decision: Decision) -> None:
            if not answer.done():
                answer.set_result(decision)

        live.listener(ApprovalAsked(approval=approval, decide=decide))
        try:
            return await answer
        finally:
            if live.request.is_open:
                live.listener(ApprovalClosed(call_id=approval.call_id))

    def _take(self, live: Live, event: AssistantEvent) -> None:
        if isinstance(event, CommandFinished):
            # It ran, so it is recorded, even if the request was cancelled meanwhile.
            self._took_command(live, event)
        if not live.request.is_open:
            return
        if isinstance(event, TextDelta | CommandOutput):
            # The output of a command that an assistant runs has a record of its own.
            if live.is_command or isinstance(event, TextDelta):
                live.add(event.text)
        elif isinstance(event, UsageReport):
            live.usage = event
        live.listener(event)

    def _took_command(self, live: Live, event: CommandFinished) -> None:
        live.ran.append(event)
        if not live.is_command:
            self._writes.give(live, self._store.add_command, live.entry, event)
        elif live.request.is_open:
            live.text[:] = [event.output]
            live.is_cut = event.truncated

    async def _finish(
        self, live: Live, status: Status, code: str | None, reason: str | None
    ) -> None:
        if not live.request.advance(status):
            return
        outcome = msgspec.structs.replace(self._outcome(live), error_code=code)
        _LOG.info("request %s %s %d ms", live.entry.id, status, outcome.execution_time_ms or 0)
        live.listener(StatusChanged(status=status, reason=reason))
        await self._writes.done(live, self._store.finish, live.entry, outcome)

    def _outcome(self, live: Live) -> Outcome:
        return live.outcome(self._clock.monotonic_ms())

    async def _question(self, live: Live) -> Question:
        cwd = live.entry.cwd or "/"
        live.files = await self._asking.attached(live.request.text, cwd)
        for note in live.files.notes:
            self._take(live, Noted(note))
        asked = Asked(
            text=live.request.text,
            files=live.files,
            cwd=cwd,
            scope=self.context.scope,
            is_private=live.entry.private,
            language=self.context.language,
            conversation=tuple(self.conversation),
        )
        return await self._asking.question(
            asked,
            lambda approval: self._approve(live, approval),
            lambda event: self._take(live, event),
        )

    def _forget(self, live: Live) -> None:
        # A command's output stands in its own record, not in an answer.
        said = "" if live.is_command else "".join(live.text)
        asked = "\n\n".join([*map(file_block, live.files.files), live.request.text])
        self.conversation.append(
            turn_of(
                f"!{live.request.text}" if live.is_command else asked,
                said,
                is_cancelled=live.request.status is Status.CANCELLED,
                ran=live.ran,
            )
        )
        self._live.pop(live.entry.id, None)

    async def _obey_requests(self) -> None:
        """Cancel what another terminal asked to cancel, as long as a request is open."""
        origin = self.context.origin
        while self._live and origin.session_id is not None:
            await asyncio.sleep(CANCEL_POLL_S)
            try:
                asked = await self._thread.run(
                    self._store.cancel_requests, origin.replica_id, origin.session_id
                )
            except IpcomChatError:
                continue  # the disk may come back; ESC works without it
            for entry_id, actor in asked:
                if entry_id in self._live:
                    self.cancel(self._live[entry_id].request, actor=actor)


def is_kept_private(text: str) -> bool:
    """Return whether a question says itself that it is not to be shared."""
    return text.startswith(" ")
