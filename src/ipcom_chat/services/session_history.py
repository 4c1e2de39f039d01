"""The sessions of the history as people use them: listed, searched, read, renamed, deleted.

Plain synchronous code; the chat calls it through `services.bridge`. Nothing here changes an entry
but a deletion, which goes the way of all erasures. What is changed is one's own.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry, Kind, Origin, Scope
from ipcom_chat.domain.folding import fold
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.sessions import may_change, shown_title, valid_title
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AmbiguousIdError, NotFoundError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import SessionId
from ipcom_chat.services.history import EntryFilter, HistoryService
from ipcom_chat.services.sessions import SessionService
from ipcom_chat.services.short_ids import is_short, meant, shortest
from ipcom_chat.storage.people import Sessions
from ipcom_chat.storage.session_rows import COUNTED_MAX, SessionFacts, SessionRows

if TYPE_CHECKING:
    from ipcom_chat.services.erasures import Chosen, ErasureService
    from ipcom_chat.services.search import SearchService

TURNS_SHOWN: Final = 50
"""Of a longer session so many turns come back: the newest."""
PARENTS_MAX: Final = 20
"""So many forks of forks are followed."""
_HITS: Final = 400
"""So many questions are looked at for the sessions that they belong to."""


class State(StrEnum):
    """Whether a session may go on."""

    OPEN = "open"
    """A process of this machine is in it."""
    ENDED = "ended"
    REMOTE = "remote"
    """It is not of this replica, and nobody here knows whether it is still used."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question of a session with the commands that ran for it, or a command that was typed."""

    entry: Entry
    commands: tuple[Entry, ...]


class Turns(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked in a session and in those that it goes on from, oldest first."""

    asked: tuple[Asked, ...]
    is_cut: bool = False
    """Whether there was more before."""

    @property
    def ends_at(self) -> int:
        """When the newest question was asked; 0 if there is none."""
        return self.asked[-1].entry.created_at if self.asked else 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A session in a list."""

    session: Session
    short_id: str
    title: str
    """One line: its title, or how its first question begins."""
    questions: int
    is_counted: bool
    """Whether there are no more questions than that."""
    active_at: int
    who: str
    """The user, or the account where nobody was named."""
    hostname: str
    state: State


class SessionHistory:
    """The sessions that one replica holds.

    Args:
        rows: reads them.
        sessions: changes them.
        living: knows which of them are open.
        history: knows people and machines.
        clock: the time.
    """

    def __init__(
        self,
        rows: SessionRows,
        sessions: Sessions,
        living: SessionService,
        history: HistoryService,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._sessions = sessions
        self._living = living
        self._history = history
        self._clock = clock

    # Looking.

    def newest(self, scope: Scope, origin: Origin, *, limit: int) -> list[Summary]:
        """Return the sessions of a scope in which something was asked, the one used last first."""
        return self._summaries(self._rows.newest(scope, limit=limit), origin)

    def newest_own(self, scope: Scope, origin: Origin) -> Session | None:
        """Return the session that this person used last in this replica, but for this one."""
        found = self._rows.newest(
            scope, limit=2, replica_id=origin.replica_id, user_id=origin.user_id
        )
        others = (each.session for each in found if each.session.id != origin.session_id)
        return next(others, None)

    def search(
        self, scope: Scope, origin: Origin, text: str, search: "SearchService", *, limit: int
    ) -> list[Summary]:
        """Return sessions whose title or questions say something: titles first, then the best.

        Args:
            scope: which history.
            origin: who looks.
            text: what was typed; without words the newest.
            search: finds the questions.
            limit: how many at most.
        """
        if not text.strip():
            return self.newest(scope, origin, limit=limit)
        ids = dict.fromkeys([*self._titled(scope, text), *self._asking(scope, text, search)])
        found = self._rows.some(scope, list(ids)[:limit])
        return self._summaries([each for each in found if each.questions], origin)

    def _titled(self, scope: Scope, text: str) -> list[SessionId]:
        words = fold(text).split()
        return [
            session_id
            for session_id, title in self._rows.titles(scope)
            if all(word in fold(title) for word in words)
        ]

    def _asking(self, scope: Scope, text: str, search: "SearchService") -> list[SessionId]:
        # Late: it brings the search, which only this needs.
        from ipcom_chat.search.query import Condition, Field  # noqa: PLC0415 - see above
        from ipcom_chat.services.browsing import growing  # noqa: PLC0415
        from ipcom_chat.services.selection import Wanted  # noqa: PLC0415

        questions = Wanted(conditions=(Condition(Field.KIND, (Kind.QUESTION.value,)),))
        grown = growing(text, self._clock.now_ms())
        hits = search.search(scope, grown, questions, limit=_HITS).hits
        return [hit.entry.session_id for hit in hits if hit.entry.session_id is not None]

    def find(self, text: str) -> Session:
        """Return the session with this id or short id, whatever its history.

        Raises:
            NotFoundError: there is none.
            AmbiguousIdError: the short id fits several; the message lists them.
        """
        session = self._sessions.get(self._resolve(text.strip().lower()))
        if session is None:
            raise _no_session(text)
        return session

    def whole_id(self, text: str) -> SessionId:
        """Return the id that a text means; one that is not short is taken as it is.

        Entries from elsewhere may belong to a session that only they name.

        Raises:
            NotFoundError: no session has that short id.
            AmbiguousIdError: it fits several; the message lists them.
        """
        wanted = text.strip().lower()
        return self._resolve(wanted) if is_short(wanted) else SessionId(text)

    def summary(self, session: Session, origin: Origin) -> Summary:
        """Return what a list says of one session.

        Raises:
            NotFoundError: it is no longer there.
        """
        anywhere = Scope(mode=None, machine_id=origin.machine_id, user_id=origin.user_id)
        found = self._rows.some(anywhere, [session.id])
        if not found:
            raise _no_session(session.id)
        return self._summaries(found, origin)[0]

    def short_id(self, session_id: SessionId) -> str:
        """Return the shortest id, of six digits or more, that means only this session."""
        return shortest(session_id, self._rows.ids_with_tail)

    # Reading.

    def turns(self, session: Session, origin: Origin, *, limit: int | None = None) -> Turns:
        """Return what was asked in a session, and before it in those that it goes on from.

        Args:
            session: the session.
            origin: who reads.
            limit: so many at most, the newest; None for all.
        """
        reader = Scope(mode=None, machine_id=origin.machine_id, user_id=origin.user_id)
        wanted = -1 if limit is None else limit + 1
        questions = self._questions(reader, session, wanted)
        is_cut = limit is not None and len(questions) > limit
        kept = questions[-limit:] if limit else questions
        commands = self._rows.commands_of(reader, kept)
        return Turns(
            asked=tuple(
                Asked(entry=each, commands=tuple(commands.get(each.id, ()))) for each in kept
            ),
            is_cut=is_cut,
        )

    def _questions(self, reader: Scope, session: Session, wanted: int) -> list[Entry]:
        found = self._rows.questions(reader, session.id, limit=wanted)
        child = session
        for _generation in range(PARENTS_MAX):
            missing = -1 if wanted < 0 else wanted - len(found)
            parent = self._sessions.get(child.parent_id) if child.parent_id else None
            if parent is None or not missing:
                break
            found = [
                *self._rows.questions(reader, parent.id, limit=missing, until_ms=child.started_at),
                *found,
            ]
            child = parent
        return found

    # Changing.

    def rename(self, session: Session, title: str, origin: Origin) -> str:
        """Give a session a title; return it as it is stored.

        Raises:
            UsageError: it is another person's, or the title is none.
            NotFoundError: it is no longer there.
        """
        self._check_own(session, origin)
        if not self._sessions.rename(session.id, valid_title(title), at_ms=self._clock.now_ms()):
            raise _no_session(session.id)
        renamed = self._sessions.get(session.id)
        return (renamed and renamed.title) or ""

    def doomed(
        self, session: Session, origin: Origin, erasures: "ErasureService"
    ) -> "Chosen | None":
        """Return what would be deleted with a session; None if nothing was asked in it.

        Raises:
            UsageError: it is another person's, or somebody is in it.
        """
        self._check_own(session, origin)
        if self._living.is_held(session.id):
            raise UsageError(
                _("The session {id} is open; leave it first.", id=self.short_id(session.id))
            )
        ids = self._rows.entry_ids(session.id)
        anywhere = Scope(mode=None, machine_id=origin.machine_id)
        return erasures.choose(anywhere, EntryFilter(), words=ids) if ids else None

    def delete(self, session: Session, erasures: "ErasureService", chosen: "Chosen | None") -> int:
        """Delete a session for everybody; return how many entries went with it.

        Args:
            session: the session.
            erasures: what takes entries out.
            chosen: the entries that go with it; None keeps them all.
        """
        count = erasures.delete(chosen) if chosen is not None else 0
        self._sessions.delete(session.id, at_ms=self._clock.now_ms())
        return count

    def _check_own(self, session: Session, origin: Origin) -> None:
        if not may_change(session, origin):
            raise UsageError(
                _(
                    "The session {id} belongs to somebody else: it can be read and forked.",
                    id=self.short_id(session.id),
                )
            )

    # What a list says.

    def _summaries(self, found: Sequence[SessionFacts], origin: Origin) -> list[Summary]:
        people, hosts = (
            (self._history.usernames(), self._history.hostnames()) if found else ({}, {})
        )
        return [
            Summary(
                session=each.session,
                short_id=self.short_id(each.session.id),
                title=self._title(each),
                questions=each.questions,
                is_counted=each.questions < COUNTED_MAX,
                active_at=each.active_at,
                who=one_line(people.get(each.session.user_id or "") or each.session.os_user),
                hostname=one_line(hosts.get(each.session.machine_id, each.session.machine_id[:12])),
                state=self._state(each.session, origin),
            )
            for each in found
        ]

    def _title(self, facts: SessionFacts) -> str:
        title = shown_title(facts.session.title, facts.first_question)
        if title or facts.session.parent_id is None:
            return title
        return _("fork of {id}", id=self.short_id(facts.session.parent_id))

    def _state(self, session: Session, origin: Origin) -> State:
        if session.replica_id != origin.replica_id:
            return State.REMOTE
        return State.OPEN if self._living.is_held(session.id) else State.ENDED

    def _resolve(self, text: str) -> SessionId:
        found = meant(text, self._rows.ids_with_tail)
        if not found:
            raise _no_session(text)
        if len(found) > 1:
            raise AmbiguousIdError(
                _(
                    "Several sessions have an id that starts with {text}: {ids}",
                    text=text,
                    ids=", ".join(self.short_id(session_id) for session_id in found),
                )
            )
        return found[0]


def _no_session(text: str) -> NotFoundError:
    return NotFoundError(
        _(
            "No session has the id {text!r}; 'ipcom-chat sessions list' shows the ids.",
            text=text,
        )
    )
