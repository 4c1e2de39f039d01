"""The conversation of one session, without a screen: who asks, what runs, what can be asked again.

Invariants: one request runs at a time; nothing here waits for storage, network or assistant but
the coroutines; a question belongs to the user and the mode that held when it was asked.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from ipcom_chat import host
from ipcom_chat.domain.entry import Kind, Mode, Status
from ipcom_chat.domain.lifecycle import FINAL, Request
from ipcom_chat.domain.people import User
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat import ChatContext, ChatEvent, ChatService, Listener, StatusChanged
from ipcom_chat.services.resuming import TakenUp
from ipcom_chat.services.session_history import Asked
from ipcom_chat.services.sync import SyncStatus
from ipcom_chat.services.sync_thread import SyncThread
from ipcom_chat.tui.answering import Answering
from ipcom_chat.tui.chat_history import ChatHistory
from ipcom_chat.tui.entry_texts import as_typed
from ipcom_chat.tui.resuming import Resumer, SessionChange
from ipcom_chat.tui.shell_lines import as_prompt, shell_line

_MARKDOWN = (
    "ipcom_chat.domain.redaction",
    "markdown_it",
    "pygments.lexers",
    "pygments.token",
    "textual.highlight",
)
_AI = ("ipcom_chat.services.suggestions",)


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A question without an answer, which can be asked again."""

    entry_id: EntryId
    text: str


class Conversation:
    """One session of the chat.

    Args:
        runtime: open, its session begun.
        service: drives the requests.
        thread: runs what touches storage.
        interrupted: requests that an earlier process left open.
        problem: why the session could not be recorded, if so.
        sync: synchronises in the background, if there is a primary; not started yet.
    """

    def __init__(
        self,
        runtime: Runtime,
        service: ChatService,
        thread: StorageThread,
        interrupted: Sequence[EntryId] = (),
        problem: str | None = None,
        *,
        sync: SyncThread | None = None,
    ) -> None:
        self.runtime = runtime
        self.sync = sync
        self.sync_status: SyncStatus | None = None
        """What was heard last of synchronisation."""
        self.interrupted = tuple(sorted(interrupted))
        self.problem = problem
        self.user: User | None = runtime.user()
        self.hostname = host.hostname()
        self.running: Request | None = None
        self._last: Request | None = None
        self._answered: EntryId | None = None
        """What `/good` and `/bad` mean without an id."""
        self.failed: Failed | None = None
        """What `/retry` asks again."""
        self.counts: Counter[Status] = Counter()
        """How the requests of this session ended."""
        self.answering = Answering(runtime, service, self.quiet)
        """What answers, and on what terms."""
        self.history = ChatHistory(runtime, service, thread, self.nudge)
        """What was asked before, here and elsewhere."""
        self._service = service
        self._thread = thread
        self._asked: list[EntryId] = []
        self._start_ms = runtime.clock.monotonic_ms()
        self.resumer = Resumer(runtime, service, thread)
        if runtime.taken_up is not None:
            self._went_on(runtime.taken_up)

    @property
    def context(self) -> ChatContext:
        """What holds for the next question."""
        return self._service.context

    @property
    def assistant_name(self) -> str:
        """What answers."""
        return self._service.assistant.name

    @property
    def last_id(self) -> EntryId | None:
        """The request that began last."""
        return self._asked[-1] if self._asked else None

    @property
    def last_status(self) -> Status | None:
        """How the request that began last stands."""
        return self._last.status if self._last else None

    @property
    def username(self) -> str:
        """The user, or the account of the machine where nobody was named."""
        return self.user.username if self.user else self.context.origin.os_user

    @property
    def falls_back(self) -> bool:
        """Whether being offline is nothing to be loud about."""
        return bool(self.runtime.settings["sync.fallback_enabled"])

    @property
    def age_ms(self) -> int:
        """How long the session has lasted."""
        return round(self.runtime.clock.monotonic_ms() - self._start_ms)

    def late_modules(self) -> tuple[str, ...]:
        """Return the modules that the first answer needs and the first paint does not."""
        wanted = self.runtime.settings["ai.enabled"] and self.runtime.settings["ai.model"]
        is_ai = wanted and self.runtime.assistants.problem is None
        return (*_MARKDOWN, *(_AI if is_ai else ()))

    def load_assistant(self) -> None:
        """Import what the assistant needs; for a thread."""
        self._service.assistant.load()

    def close(self) -> None:
        """Close what was opened; the session is others' to end."""
        self.history.close()

    def nudge(self) -> None:
        """Let synchronisation know that there is something to send."""
        if self.sync is not None:
            self.sync.nudge()

    # Requests.

    def ask(self, text: str, listener: Listener, *, retry_of: EntryId | None = None) -> None:
        """Begin a request; the caller has made sure that none runs."""
        self.resumer.record_fork(listener)
        hear = self._hearing(text, listener)
        self._began(self._service.start(text, hear, retry_of=retry_of))

    def run(self, line: str, listener: Listener) -> None:
        """Run a shell line of the user; its output becomes context of the next question.

        Args:
            line: without the `!`; what begins with a blank is not shared.
            listener: hears of it as of a question.
        """
        self.resumer.record_fork(listener)
        hear = self._hearing(as_prompt(line), listener)
        self._began(self._service.run(line, hear))

    def _hearing(self, text: str, listener: Listener) -> Listener:
        is_final = False

        def hear(event: ChatEvent) -> None:
            nonlocal is_final
            if not is_final:
                self.answering.hear(event)
                if isinstance(event, StatusChanged) and event.status in FINAL:
                    is_final = True
                    self._ended(event.status, text)
            listener(event)

        return hear

    def _began(self, request: Request) -> None:
        self._asked.append(request.entry_id)
        self.running = self._last = request

    def cancel(self) -> bool:
        """Cancel what runs; return False if nothing does."""
        return self.running is not None and self._service.cancel(self.running)

    def _ended(self, status: Status, text: str) -> None:
        request, self.running = self.running, None
        if request is None:
            return
        self.counts[status] += 1
        if status is Status.COMPLETED and shell_line(text) is None:
            self._answered = request.entry_id
        if status is not Status.COMPLETED:
            # As it was typed: what was private stays so when it is asked again.
            self.failed = Failed(entry_id=request.entry_id, text=text)
        elif self.failed is not None and self.failed.text == text:
            self.failed = None

    async def forget(self) -> None:
        """Begin a new conversation: the assistant no longer sees what was said before."""
        await self.quiet()  # only then what was said last has joined the conversation
        self._service.conversation.clear()

    async def quiet(self) -> None:
        """Wait until the request that began last is over."""
        if self._last is not None:
            await self._service.finished(self._last)

    # Who asks, and where to.

    def change_mode(self, mode: Mode) -> None:
        """Write into and read from other histories from now on.

        Raises:
            UsageError: mode `user` without a user.
        """
        if mode is Mode.USER and self.user is None:
            raise UsageError(_("The mode 'user' needs a user. Say who you are: /user USERNAME"))
        self._change(mode=mode)

    async def change_user(self, username: str | None) -> None:
        """Ask as another user, or as nobody in particular.

        Raises:
            UsageError: nobody, in mode `user`.
            UnknownUserError, InactiveUserError: there is no such user, or not any more.
        """
        if username is None and self.context.origin.mode is Mode.USER:
            raise UsageError(_("The mode 'user' needs a user. Change the mode first: /mode global"))
        find = self.runtime.users.active
        self.user = await self._thread.run(find, username) if username else None
        self._change(user_id=self.user.id if self.user else None)
        if self.sync is not None:
            # From now on this machine holds that user's own history, too.
            self.sync.users = (self.user.id,) if self.user else ()
            self.nudge()

    def change_private(self, *, private: bool) -> None:
        """Keep new entries in this replica, or share them as the mode says."""
        self._change(private=private)

    def _change(self, **values: object) -> None:
        context = self.context
        origin = msgspec.structs.replace(context.origin, **values)
        scope = msgspec.structs.replace(context.scope, mode=origin.mode, user_id=origin.user_id)
        self._service.context = msgspec.structs.replace(context, origin=origin, scope=scope)

    # What was asked.

    def named(self, id_: str | None) -> str:
        """Return which entry is meant: by default the last one that was answered.

        Raises:
            UsageError: none is named, and nothing was answered.
        """
        wanted = id_ or self._answered
        if wanted is None:
            raise UsageError(_("Nothing was answered yet; an id says which entry you mean."))
        return wanted

    async def asked(self) -> list[Asked]:
        """Return what was asked in this session and is saved, oldest first."""
        return await self.history.saved(self._asked)

    async def load_interrupted(self) -> Failed | None:
        """Return the newest interrupted request; from now on it can be asked again."""
        if not self.interrupted:
            return None
        _short_id, entry = await self.history.meant(self.interrupted[-1])
        failed = Failed(entry_id=entry.id, text=as_typed(entry))
        self.failed = self.failed or failed
        return failed

    # Sessions.

    async def go_on(self, change: SessionChange) -> TakenUp:
        """Leave this session for another one, or for a fork.

        Raises:
            UsageError, NotFoundError, AmbiguousIdError: it cannot be gone on with now.
        """
        if self.running is not None:
            raise UsageError(_("An answer is still arriving; ESC cancels it."))
        if self._last is not None:
            await self._service.finished(self._last)  # only then all of it is stored
        taken = await self.resumer.go_on(change)
        self._went_on(taken)
        return taken

    def _went_on(self, taken: TakenUp) -> None:
        self._asked = [each.entry.id for each in taken.turns.asked]
        self._last = self._answered = self.failed = None
        self.counts.clear()
        for each in taken.turns.asked:
            entry, is_answered = each.entry, each.entry.status is Status.COMPLETED
            self.failed = None if is_answered else Failed(entry_id=entry.id, text=as_typed(entry))
            if is_answered and entry.kind is Kind.QUESTION:
                self._answered = entry.id
