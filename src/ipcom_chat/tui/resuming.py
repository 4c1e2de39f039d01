"""Goes from one session to another while the chat runs, without a screen.

Invariants: the session that is left is closed before anything is asked in the next one; a fork is
recorded with its first question, so that looking at a session leaves no trace; what a session has
narrowed (who may see what is asked) ends with it.
"""

import asyncio
import logging
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal

import msgspec

from ipcom_chat.domain.entry import Origin, Scope
from ipcom_chat.domain.people import Session
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, SessionId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat import ChatService, Listener, NotSaved
from ipcom_chat.services.resuming import TakenUp, conversation_of
from ipcom_chat.services.session_history import Summary, Turns
from ipcom_chat.tui.entry_texts import as_typed

if TYPE_CHECKING:
    from ipcom_chat.services.erasures import Chosen

_LOG = logging.getLogger(__name__)

PREVIEWED_TURNS = 6
"""So many of the newest turns of a session are shown before it is taken up."""


class SessionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to go on with."""

    wanted: str
    """An id, a short id, or `NEWEST`."""
    how: Literal["resume", "fork"] = "resume"


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """A question that the prompt holds to be asked anew."""

    entry_id: EntryId
    text: str


class Resumer:
    """The sessions of one chat.

    Args:
        runtime: open, its session begun.
        service: whose conversation and context follow.
        thread: runs what touches storage.
    """

    def __init__(self, runtime: Runtime, service: ChatService, thread: StorageThread) -> None:
        self._runtime = runtime
        self._service = service
        self._thread = thread
        taken = runtime.taken_up
        self._fork = taken if taken and taken.is_fork else None
        """What begins with the next question."""
        plain = runtime.plain_origin()
        self._plain = plain
        """Who asks and where to, as it is without the session that was taken up."""
        self._narrow = taken.origin if taken else plain

    @property
    def session_id(self) -> SessionId | None:
        """The session of this chat."""
        return self._service.context.origin.session_id

    # Going on.

    async def go_on(self, change: SessionChange) -> TakenUp:
        """Take up a session, or fork it; what was said in it becomes the conversation."""
        origin = self._origin()
        scope = msgspec.structs.replace(self._service.context.scope, mode=origin.mode)
        taken = await self._thread.run(self._take_up, change, origin, scope)
        self._plain, self._narrow = origin, taken.origin
        self._fork = taken if taken.is_fork else None
        context = self._service.context
        scope = msgspec.structs.replace(scope, mode=taken.origin.mode)
        self._service.context = msgspec.structs.replace(context, origin=taken.origin, scope=scope)
        self._service.conversation[:] = conversation_of(taken.turns.asked)
        return taken

    def _origin(self) -> Origin:
        """Return who asks, without what the session taken up before had narrowed."""
        now = self._service.context.origin
        mode = self._plain.mode if now.mode is self._narrow.mode else now.mode
        is_same = now.private == self._narrow.private
        private = self._plain.private if is_same else now.private
        return msgspec.structs.replace(now, mode=mode, private=private)

    def _take_up(self, change: SessionChange, origin: Origin, scope: Scope) -> TakenUp:
        runtime, given = self._runtime, self._runtime.mode_is_given
        if change.how == "fork":
            session = runtime.session_history.find(change.wanted)
            taken = runtime.resuming.fork(session, origin, mode_is_given=given)
        else:
            taken = self._resumed(change.wanted, origin, scope)
        runtime.change_session(taken.session_id)
        return taken

    def _resumed(self, wanted: str, origin: Origin, scope: Scope) -> TakenUp:
        runtime = self._runtime
        found = runtime.resuming.find(wanted, origin, scope)
        if found is None:
            raise UsageError(_("There is no earlier session here to go on with."))
        if found.id == self.session_id:
            raise UsageError(_("That is the session you are in."))
        return runtime.resuming.take_up_session(found, origin, mode_is_given=runtime.mode_is_given)

    def record_fork(self, listener: Listener) -> None:
        """Record the fork that begins with a question, before the question is written."""
        taken, self._fork = self._fork, None
        if taken is None:
            return
        loop = asyncio.get_running_loop()

        def tell(done: "Future[None]") -> None:
            error = done.exception()
            if error is not None:
                _LOG.warning("the fork of %s could not be recorded: %s", taken.session.id, error)
                loop.call_soon_threadsafe(listener, NotSaved(reason=str(error)))

        future = self._thread.submit(self._runtime.resuming.begin_fork, taken)
        future.add_done_callback(tell)

    # Changing what was asked last.

    async def edited(self, entry_id: EntryId) -> Edited:
        """Return a question as it was typed, answered or not, to ask it anew.

        Raises:
            NotFoundError: it could not be stored.
        """
        entry = await self._thread.run(self._runtime.history.find, entry_id)
        return Edited(entry_id=entry.id, text=as_typed(entry))

    def drop_turn(self, edited: Edited) -> None:
        """Let the assistant no longer see the newest question, which is asked anew."""
        turns, text = self._service.conversation, edited.text.removeprefix(" ")
        # After /compact the newest turn is a summary; attached files stand before a question.
        if turns and (text.startswith(turns[-1].question) or turns[-1].question.endswith(text)):
            turns.pop()

    # The sessions there are.

    async def summaries(self, scope: Scope, text: str, *, limit: int) -> list[Summary]:
        """Return sessions, the one used last first, or those that say something."""
        return await self._thread.run(self._summaries, scope, text, limit)

    def _summaries(self, scope: Scope, text: str, limit: int) -> list[Summary]:
        runtime, origin = self._runtime, self._service.context.origin
        if not text.strip():
            return runtime.session_history.newest(scope, origin, limit=limit)
        return runtime.session_history.search(scope, origin, text, runtime.search, limit=limit)

    async def turns(self, session: Session, *, limit: int | None = PREVIEWED_TURNS) -> Turns:
        """Return what was asked in a session, the newest of it."""
        origin = self._service.context.origin
        return await self._thread.run(
            self._runtime.session_history.turns, session, origin, limit=limit
        )

    async def rename(self, title: str, session: Session | None = None) -> str:
        """Give a session a title, by default this one; return it as it is stored.

        Raises:
            UsageError: it is another person's, or the title is none.
        """
        return await self._thread.run(self._rename, title, session)

    def _rename(self, title: str, session: Session | None) -> str:
        taken, self._fork = self._fork, None
        if taken is not None and session is None:
            self._runtime.resuming.begin_fork(taken)
        elif taken is not None:
            self._fork = taken
        history = self._runtime.session_history
        found = session or history.find(self.session_id or "")
        return history.rename(found, title, self._service.context.origin)

    async def doomed(self, session: Session) -> int:
        """Return how many entries would be deleted with a session.

        Raises:
            UsageError: it is another person's, or somebody is in it.
        """
        chosen = await self._thread.run(self._doomed, session)
        return len(chosen.entries) if chosen else 0

    async def delete(self, session: Session) -> int:
        """Delete a session for everybody; return how many entries went with it."""
        return await self._thread.run(self._delete, session)

    def _doomed(self, session: Session) -> "Chosen | None":
        runtime = self._runtime
        origin = self._service.context.origin
        return runtime.session_history.doomed(session, origin, runtime.erasures)

    def _delete(self, session: Session) -> int:
        runtime = self._runtime
        chosen = self._doomed(session)
        count = runtime.session_history.delete(session, runtime.erasures, chosen)
        runtime.erasures.finish()
        runtime.forget_meanings()
        return count
