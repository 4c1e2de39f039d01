"""Goes on with a session: the same one where that is possible, else a fork of it.

A session goes on if this person began it in this replica and no process is in it. Any other is
shown, and what is asked next begins a fork: a new session that goes on from there, while the
original stays as it is.
"""

from collections.abc import Sequence

import msgspec

from ipcom_chat.assistant.base import CommandFinished, Turn
from ipcom_chat.domain.entry import Entry, Kind, Origin, Scope, Status
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.sessions import NEWEST, is_own, narrowed, still_meant
from ipcom_chat.ids import EntryId, IdSource, SessionId
from ipcom_chat.services.asking import turn_of
from ipcom_chat.services.session_history import TURNS_SHOWN, Asked, SessionHistory, State, Turns
from ipcom_chat.services.sessions import SessionService


class TakenUp(msgspec.Struct, frozen=True, kw_only=True):
    """A session that was taken up, and how."""

    session: Session
    """As it was before."""
    short_id: str
    title: str
    who: str
    state: State
    turns: Turns
    session_id: SessionId
    """Where it goes on: the same session, or the fork."""
    origin: Origin
    """Who asks now, and where to."""
    is_fork: bool
    """Whether the session of the origin is a new one, which `begin_fork` records."""
    is_wanted_fork: bool = False
    """Whether the person asked for a fork, whatever the session would allow."""
    interrupted: tuple[EntryId, ...] = ()
    """What a dead process had left open in it."""


class Resuming:
    """Takes up sessions of one replica.

    Args:
        sessions: opens and closes them.
        history: finds and reads them.
        ids: names the forks.
    """

    def __init__(self, sessions: SessionService, history: SessionHistory, ids: IdSource) -> None:
        self._sessions = sessions
        self._history = history
        self._ids = ids

    def take_up(
        self, wanted: str, origin: Origin, scope: Scope, *, mode_is_given: bool = False
    ) -> TakenUp | None:
        """Go on with a session, or with a fork that `begin_fork` records.

        Args:
            wanted: an id, a short id, or `NEWEST`.
            origin: who asks.
            scope: where the newest is looked for.
            mode_is_given: whether the person said into which histories to write.

        Returns:
            None if there is no newest one.

        Raises:
            NotFoundError, AmbiguousIdError: the id means none, or several.
            UsageError: it cannot be gone on with as nobody.
        """
        session = self.find(wanted, origin, scope)
        if session is None:
            return None
        return self.take_up_session(session, origin, mode_is_given=mode_is_given)

    def take_up_session(
        self, session: Session, origin: Origin, *, mode_is_given: bool = False
    ) -> TakenUp:
        """Go on with a session that was found; see `take_up`."""
        target = narrowed(origin, session, mode_is_given=mode_is_given)
        interrupted = self._sessions.resume(session) if is_own(session, origin) else None
        if interrupted is None:
            return self._forked(session, target)
        taken = self._taken(session, target, session.id, is_fork=False)
        return msgspec.structs.replace(taken, interrupted=tuple(interrupted))

    def fork(self, session: Session, origin: Origin, *, mode_is_given: bool = False) -> TakenUp:
        """Take up a session as a fork, even where it could go on itself.

        Raises:
            NotFoundError: it is no longer there.
            UsageError: it cannot be gone on with as nobody.
        """
        target = narrowed(origin, session, mode_is_given=mode_is_given)
        return msgspec.structs.replace(self._forked(session, target), is_wanted_fork=True)

    def _forked(self, session: Session, origin: Origin) -> TakenUp:
        return self._taken(session, origin, SessionId(self._ids.new()), is_fork=True)

    def _taken(
        self, session: Session, origin: Origin, session_id: SessionId, *, is_fork: bool
    ) -> TakenUp:
        summary = self._history.summary(session, origin)
        return TakenUp(
            session=session,
            short_id=summary.short_id,
            title=summary.title,
            who=summary.who,
            state=summary.state,
            turns=self._history.turns(session, origin, limit=TURNS_SHOWN),
            session_id=session_id,
            origin=msgspec.structs.replace(origin, session_id=session_id),
            is_fork=is_fork,
        )

    def begin_fork(self, taken: TakenUp) -> None:
        """Lock and record the fork; call it before its first entry is written.

        Raises:
            StorageError: it cannot be recorded.
        """
        self._sessions.open(
            taken.session_id,
            taken.origin,
            parent_id=taken.session.id,
            since_ms=taken.turns.ends_at,
        )

    def record(self, taken: TakenUp) -> SessionId:
        """Record a fork for somebody to take up later; return its id."""
        self.begin_fork(taken)
        self._sessions.close(taken.session_id)
        return taken.session_id

    def find(self, wanted: str, origin: Origin, scope: Scope) -> Session | None:
        """Return the session that an id, a short id or `NEWEST` means; None if there is no newest.

        Raises:
            NotFoundError, AmbiguousIdError: the id means none, or several.
        """
        if wanted == NEWEST:
            return self._history.newest_own(scope, origin)
        return self._history.find(wanted)


def conversation_of(asked: Sequence[Asked]) -> list[Turn]:
    """Return earlier turns as an assistant gets them, but those that were asked anew later."""
    commands = {each.entry.id: each.commands for each in asked}
    meant = still_meant([each.entry for each in asked])
    return [_turn(entry, commands[entry.id]) for entry in meant]


def _turn(entry: Entry, commands: Sequence[Entry]) -> Turn:
    is_typed = entry.kind is Kind.COMMAND
    return turn_of(
        f"!{entry.command}" if is_typed else entry.command,
        "" if is_typed else entry.response or "",
        is_cancelled=entry.status is Status.CANCELLED,
        ran=[ran(entry)] if is_typed else [ran(each) for each in commands],
    )


def ran(command: Entry) -> CommandFinished:
    """Return how a command ended, from its record."""
    code = command.error_code or "0"
    return CommandFinished(
        call_id=command.id,
        command=command.command,
        output=command.response or "",
        exit_code=int(code) if code.lstrip("-").isdecimal() else 1,
        duration_ms=command.execution_time_ms or 0,
        truncated=command.truncated,
    )
