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
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import aclosing

import msgspec

from ipcom_chat.assistant.base import (
    Approval,
    Assistant,
    AssistantEvent,
    CommandFinished,
    Decision,
    Question,
    Recalled,
    TextDelta,
    Turn,
    UsageReport,
)
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
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import Language, _
from ipcom_chat.ids import EntryId, IdSource
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.requests import RequestStore

INTERNAL = "internal"
"""The error code of a request that met a fault of this program."""

_LOG = logging.getLogger(__name__)

_CUT_MARK = "\n\n[…]\n"
"""Shown where an answer was cut off."""
_RULES = "ipcom_chat.domain.redaction"
_LARGE_TEXT = 10_000
_TURN_CHARS = 12_000
"""More of an earlier question or answer reaches no assistant."""
CANCEL_POLL_S = 0.25
"""How often the owner looks whether another terminal asked to cancel."""


class StatusChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The request moved; after a final status nothing but `NotSaved` follows."""

    status: Status
    reason: str | None = None
    """For `error`: one sentence for the user. For `cancelled`: who did it."""


class NotSaved(msgspec.Struct, frozen=True, kw_only=True):
    """The request goes on, but its history could not be written."""

    reason: str


class ApprovalAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Something runs only if the person says so; the request waits for `decide`."""

    approval: Approval
    decide: Callable[[Decision], None]
    """To be called once, in the event loop; later calls change nothing."""


class ApprovalClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The question is answered, or the request that asked it has ended."""

    call_id: str


ChatEvent = AssistantEvent | StatusChanged | NotSaved | ApprovalAsked | ApprovalClosed
Listener = Callable[[ChatEvent], None]


class _Live:
    """What one running request needs; it dies with the request."""

    def __init__(self, request: Request, entry: Entry, listener: Listener, start_ms: float) -> None:
        self.request = request
        self.entry = entry
        self.listener = listener
        self.start_ms = start_ms
        self.text: list[str] = []
        self.text_chars = 0
        self.usage: UsageReport | None = None
        self.saved = True
        self.task: asyncio.Task[None] | None = None


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
        history: HistoryService,
        assistant: Assistant,
        context: ChatContext,
        ids: IdSource,
    ) -> None:
        self._thread = thread
        self._store = store
        self._history = history
        self._ids = ids
        self._clock = ids.clock
        self._live: dict[EntryId, _Live] = {}
        self._watch: asyncio.Task[None] | None = None
        self.assistant = assistant
        self.context = context
        """Holds for requests that begin from now on; the screen may replace it."""
        self.conversation: list[Turn] = []

    def start(self, text: str, listener: Listener, *, retry_of: EntryId | None = None) -> Request:
        """Begin a request and return it at once; `listener` hears of it in the event loop.

        As in a shell, a question that begins with a blank is not shared: it stays in this replica.
        """
        is_private = self.context.origin.private or is_kept_private(text)
        text = text.removeprefix(" ")
        command, cut = capped(storable(text), COMMAND_MAX_CHARS)
        now = self._clock.now_ms()
        entry = Entry(
            id=EntryId(self._ids.new()),
            kind=Kind.QUESTION,
            retry_of=retry_of,
            command=command,
            truncated=cut,
            status=Status.PENDING,
            created_at=now,
            updated_at=now,
            **msgspec.structs.asdict(self.context.origin) | {"private": is_private},
        )
        request = Request(entry.id, text)
        live = _Live(request, entry, listener, self._clock.monotonic_ms())
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
        self._write(live, self._store.cancel, live.entry, self._outcome(live), actor)
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

    async def _run(self, live: _Live) -> None:
        try:
            await self._written(live, self._store.add, live.entry, live.request)
            if live.request.advance(Status.PROCESSING):
                self._write(live, self._store.step, live.entry, Outcome(status=Status.PROCESSING))
                live.listener(StatusChanged(status=Status.PROCESSING))
                await self._answer(live)
        except asyncio.CancelledError:
            # ESC has been recorded already; whatever else stops the task is a cancel, too.
            self.cancel(live.request, actor="exit")

    async def _answer(self, live: _Live) -> None:
        try:
            question = await self._question(live)
            async with aclosing(self.assistant.answer(question)) as events:
                async for event in events:
                    self._take(live, event)
                    if live.text_chars > RESPONSE_MAX_CHARS:
                        # More would not be stored, and a stream may have no end.
                        self._take(live, TextDelta(_CUT_MARK))
                        break
        except IpcomChatError as error:
            await self._finish(live, Status.ERROR, error.code, str(error))
        except Exception:  # noqa: BLE001 - whatever an assistant does, the chat goes on
            _LOG.exception("request %s met a fault", live.entry.id)
            reason = _("The assistant met an unexpected fault; the log has the details.")
            await self._finish(live, Status.ERROR, INTERNAL, reason)
        else:
            await self._finish(live, Status.COMPLETED, None, None)

    def _take(self, live: _Live, event: AssistantEvent) -> None:
        if isinstance(event, CommandFinished):
            # It ran, so it is recorded, even if the request was cancelled meanwhile.
            self._write(live, self._store.add_command, live.entry, event)
        if not live.request.is_open:
            return
        if isinstance(event, TextDelta):
            live.text.append(event.text)
            live.text_chars += len(event.text)
        elif isinstance(event, UsageReport):
            live.usage = event
        live.listener(event)

    async def _finish(
        self, live: _Live, status: Status, code: str | None, reason: str | None
    ) -> None:
        if not live.request.advance(status):
            return
        outcome = msgspec.structs.replace(self._outcome(live), error_code=code)
        _LOG.info("request %s %s %d ms", live.entry.id, status, outcome.execution_time_ms or 0)
        live.listener(StatusChanged(status=status, reason=reason))
        await self._written(live, self._store.finish, live.entry, outcome)

    def _outcome(self, live: _Live) -> Outcome:
        text, cut = capped(storable("".join(live.text)), RESPONSE_MAX_CHARS)
        usage = live.usage
        return Outcome(
            status=live.request.status,
            response=text or None,
            model=usage.model if usage else None,
            tokens_used=usage.tokens_used if usage else None,
            execution_time_ms=round(self._clock.monotonic_ms() - live.start_ms),
            truncated=cut,
        )

    async def _question(self, live: _Live) -> Question:
        text = live.request.text
        # A pasted log takes long enough to be felt at the keyboard; a question does not, once the
        # rules are there.
        if len(text) > _LARGE_TEXT or _RULES not in sys.modules:
            text = await asyncio.to_thread(_without_secrets, text)
        else:
            text = _without_secrets(text)
        return Question(
            text=text,
            language=self.context.language,
            cwd=live.entry.cwd or "/",
            conversation=tuple(self.conversation),
            recall=self._recall,
            on_stopped=lambda event: self._take(live, event),
        )

    async def _recall(self, text: str) -> list[Recalled]:
        try:
            known = await self._thread.run(self._history.recall, self.context.scope, text)
        except IpcomChatError:
            return []  # a history that cannot be read must not keep the answer back
        return [
            Recalled(
                entry_id=found.entry.id,
                short_id=found.short_id,
                question=found.entry.command,
                answer=found.entry.response or "",
                username=found.username,
                os_user=found.entry.os_user,
                hostname=found.hostname,
                created_at_ms=found.entry.created_at,
                score=found.score,
            )
            for found in known
        ]

    def _forget(self, live: _Live) -> None:
        self.conversation.append(
            Turn(
                question=_without_secrets(_beginning(live.request.text)),
                answer=_without_secrets(_beginning("".join(live.text))) or None,
                cancelled=live.request.status is Status.CANCELLED,
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

    def _write(self, live: _Live, call: Callable[..., None], *args: object) -> Future[None]:
        """Give a write to the storage thread; the listener hears once if one fails."""
        loop = asyncio.get_running_loop()
        future = self._thread.submit(call, *args)
        future.add_done_callback(
            lambda done: (
                loop.call_soon_threadsafe(self._report, live, done.exception())
                if done.exception()
                else None
            )
        )
        return future

    async def _written(self, live: _Live, call: Callable[..., None], *args: object) -> None:
        written = asyncio.wrap_future(self._write(live, call, *args))
        # `_report` tells about a failure; asyncio would log that nobody had asked for it.
        written.add_done_callback(lambda done: done.exception())
        await asyncio.wait({written})

    def _report(self, live: _Live, error: BaseException | None) -> None:
        if not isinstance(error, IpcomChatError):
            _LOG.error("request %s: a write met a fault", live.entry.id, exc_info=error)
        if live.saved:
            live.saved = False
            live.listener(NotSaved(reason=str(error)))


def is_kept_private(text: str) -> bool:
    """Return whether a question says itself that it is not to be shared."""
    return text.startswith(" ")


def _without_secrets(text: str) -> str:
    # Late: its rules are read when the first question is asked, not when the screen opens.
    from ipcom_chat.domain.redaction import redact  # noqa: PLC0415

    return redact(text).text


def _beginning(text: str) -> str:
    """Return what may be sent of an earlier text, not cut in the middle of a word."""
    if len(text) <= _TURN_CHARS:
        return text
    blank = max(text.rfind(" ", 0, _TURN_CHARS), text.rfind("\n", 0, _TURN_CHARS))
    return text[:blank] if blank > 0 else ""
