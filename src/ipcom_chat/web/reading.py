"""What the pages read of the replica, and the one thing they ask for: that a request be cancelled.

Invariants: every call runs in the one storage thread, so no page holds up another's connection; a
look at the whole is shared by all who look within `FRESH_S`; what is listed is bounded whatever the
replica holds; nothing is shown that the scope does not show.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from itertools import islice
from time import monotonic
from typing import Final, TypeVar

import msgspec

from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status
from ipcom_chat.domain.people import User
from ipcom_chat.domain.votes import Tally
from ipcom_chat.errors import NotFoundError
from ipcom_chat.i18n import _
from ipcom_chat.ids import SessionId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.browsing import Page
from ipcom_chat.services.browsing import View as Looked
from ipcom_chat.services.history import EntryFilter
from ipcom_chat.services.monitoring import Snapshot, View, Window
from ipcom_chat.services.session_history import Summary

FRESH_S: Final = 1.5
OPEN_MAX: Final = 50
SESSIONS_MAX: Final = 100
PEOPLE_MAX: Final = 5_000
PROBLEMS_MAX: Final = 50
COMMANDS_MAX: Final = 200
T = TypeVar("T")


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A request that has not ended."""

    id: str
    short_id: str
    question: str
    who: str
    hostname: str
    status: Status
    created_at: int
    is_cancelling: bool


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """All that the overview shows."""

    seen: Snapshot
    open: tuple[Open, ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with everything that belongs to it."""

    entry: Entry
    short_id: str
    who: str
    hostname: str
    commands: tuple[Entry, ...]
    votes: Tally


class Reader:
    """Reads for the pages.

    Args:
        runtime: open.
        storage: the thread that uses it from now on.
        scope: which history is shown.
    """

    def __init__(self, runtime: Runtime, storage: StorageThread, scope: Scope) -> None:
        self._runtime = runtime
        self._storage = storage
        self._scope = scope
        self._looks: dict[int, tuple[float, Look]] = {}
        self._looking = asyncio.Lock()

    async def look(self, window: Window) -> Look:
        """Return what is seen now, or was a moment ago."""
        async with self._looking:
            kept = self._looks.get(window.hours)
            if kept is None or monotonic() - kept[0] > FRESH_S:
                kept = monotonic(), await self._run(lambda: self._look(window))
                self._looks[window.hours] = kept
            return kept[1]

    async def page(self, text: str, kind: Kind | None, status: Status | None, limit: int) -> Page:
        """Return what a search finds; without words the newest."""
        view = Looked(scope=self._scope, text=text, kind=kind, status=status)
        return await self._run(lambda: self._runtime.browsing.page(view, limit=limit))

    async def entry(self, entry_id: str) -> Shown:
        """Return one entry.

        Raises:
            NotFoundError, AmbiguousIdError: the id means none that is shown, or several.
        """
        return await self._run(lambda: self._entry(entry_id))

    async def sessions(self, text: str) -> list[Summary]:
        """Return the sessions used last, or those that say something."""
        return await self._run(lambda: self._sessions(text))

    async def session(self, session_id: str) -> tuple[Summary, Page]:
        """Return a session and what was asked in it.

        Raises:
            NotFoundError, AmbiguousIdError: the id means none that is shown, or several.
        """
        return await self._run(lambda: self._session(session_id))

    async def users(self) -> list[User]:
        """Return all users."""
        return await self._run(lambda: self._runtime.users.all(inactive=True))

    async def cancel(self, entry_id: str, actor: str) -> bool:
        """Ask for an open request to be cancelled; return whether it was open.

        Raises:
            NotFoundError, AmbiguousIdError: the id means none that is shown, or several.
        """
        done = await self._run(lambda: self._cancel(entry_id, actor))
        self._looks.clear()
        return done

    async def _run(self, call: Callable[[], T]) -> T:
        # What is said there is said in the language of who asks.
        return await self._storage.run(copy_context().run, call)

    # In the storage thread.

    def _look(self, window: Window) -> Look:
        view = View(
            scope=self._scope, window=window, people_max=PEOPLE_MAX, problems_max=PROBLEMS_MAX
        )
        # What takes longer is counted beside (`services.counting`): a page is served at once.
        seen = self._runtime.monitoring.snapshot(view, count_s=0)
        return Look(seen=seen, open=tuple(self._open()))

    def _open(self) -> list[Open]:
        history = self._runtime.history
        found = [
            each
            for status in (Status.PROCESSING, Status.PENDING)
            for each in history.newest(
                self._scope, EntryFilter(kind=Kind.QUESTION, status=status), limit=OPEN_MAX,
                preview=True,
            )
        ]  # fmt: skip
        return [
            Open(
                id=each.id, short_id=history.short_id(each.id), question=each.command,
                who=history.username(each.user_id) or each.os_user,
                hostname=history.hostname(each.machine_id), status=each.status,
                created_at=each.created_at, is_cancelling=each.cancel_requested_at is not None,
            )
            for each in found[:OPEN_MAX]
        ]  # fmt: skip

    def _entry(self, entry_id: str) -> Shown:
        history = self._runtime.history
        entry = history.find_shown(self._scope, entry_id)
        commands = (each for each in history.commands_of(entry.id) if self._may_show(each))
        return Shown(
            entry=entry, short_id=history.short_id(entry.id),
            who=history.username(entry.user_id) or entry.os_user,
            hostname=history.hostname(entry.machine_id),
            commands=tuple(islice(commands, COMMANDS_MAX)),
            votes=self._runtime.votes.tally(entry),
        )  # fmt: skip

    def _may_show(self, command: Entry) -> bool:
        return self._scope.with_private or not command.private

    def _sessions(self, text: str) -> list[Summary]:
        runtime = self._runtime
        origin, history = runtime.plain_origin(), runtime.session_history
        if not text.strip():
            found = history.newest(self._scope, origin, limit=SESSIONS_MAX)
        else:
            found = history.search(self._scope, origin, text, runtime.search, limit=SESSIONS_MAX)
        return [each for each in found if self._scope.with_private or not each.session.private]

    def _session(self, session_id: str) -> tuple[Summary, Page]:
        runtime = self._runtime
        session = runtime.session_history.find(session_id)
        page = self._asked(session.id)
        if not page.lines or (session.private and not self._scope.with_private):
            raise NotFoundError(_("Nothing is shown of the session {id}.", id=session.id))
        return runtime.session_history.summary(session, runtime.plain_origin()), page

    def _asked(self, session_id: SessionId) -> Page:
        view = Looked(scope=self._scope, session=session_id)
        return self._runtime.browsing.page(view, limit=0)

    def _cancel(self, entry_id: str, actor: str) -> bool:
        history = self._runtime.history
        entry = history.find_shown(self._scope, entry_id)
        return history.request_cancel(entry.id, actor=actor)


def shown_scope(runtime: Runtime, *, is_named: bool, is_owner: bool) -> Scope:
    """Return which history is shown.

    Args:
        runtime: open.
        is_named: whether a flag of the command line names a history.
        is_owner: whether only the owner of the replica looks.
    """
    if is_named:
        scope = runtime.scope()
    else:
        mode = None if is_owner else Mode.GLOBAL
        scope = Scope(mode=mode, machine_id=runtime.machine_id)
    return msgspec.structs.replace(scope, with_private=is_owner)


def bounded(values: Sequence[T], page: int, size: int) -> Sequence[T]:
    """Return one page of a list."""
    return values[(page - 1) * size : page * size]
