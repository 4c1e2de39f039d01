"""Sessions of processes, and what a process that died left behind.

While a process lives it holds the lock of its session. An open entry of this replica whose
session's lock is free belongs to nobody any more: it becomes an error (`interrupted`), and nothing
is ever asked again silently. Whoever ends the session of a dead process, or goes on with one, holds
its lock meanwhile, so nobody ends what another goes on with.
"""

from pathlib import Path

from ipcom_chat.clock import MINUTE_MS, Clock
from ipcom_chat.domain.entry import Origin
from ipcom_chat.domain.people import Session
from ipcom_chat.ids import EntryId, ReplicaId, SessionId
from ipcom_chat.services.session_locks import SessionLocks
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Sessions

TOUCH_EVERY_MS = 5 * MINUTE_MS


class SessionService:
    """Opens, keeps alive and closes the sessions of this process; recovers those of dead ones."""

    def __init__(self, sessions: Sessions, entries: Entries, lock_dir: Path, clock: Clock) -> None:
        self._sessions = sessions
        self._entries = entries
        self._locks = SessionLocks(lock_dir)
        self._clock = clock
        self._touched_ms = 0

    def open(
        self,
        session_id: SessionId,
        origin: Origin,
        *,
        parent_id: SessionId | None = None,
        since_ms: int = 0,
    ) -> None:
        """Lock and record a new session; call it before its first entry is written.

        Args:
            session_id: new.
            origin: who begins it, and for whom.
            parent_id: the session that it goes on from.
            since_ms: it begins after what was asked there, by whatever clock.
        """
        self._locks.new(session_id)
        now = self._touched_ms = self._clock.now_ms()
        started = max(now, since_ms)
        self._sessions.open(
            Session(
                id=session_id,
                parent_id=parent_id,
                mode=origin.mode.value,
                private=origin.private,
                user_id=origin.user_id,
                os_user=origin.os_user,
                machine_id=origin.machine_id,
                replica_id=origin.replica_id,
                started_at=started,
                last_active_at=started,
            )
        )

    def resume(self, session: Session) -> list[EntryId] | None:
        """Go on with a session of this replica.

        Returns:
            The requests that a dead process left open in it, now interrupted; None if another
            process holds the session, or it was deleted meanwhile.
        """
        if not self._locks.claim(session.id):
            return None
        try:
            interrupted = self._go_on(session)
        except BaseException:
            self._locks.release(session.id)
            raise
        if interrupted is None:
            self._locks.release(session.id)
        return interrupted

    def _go_on(self, session: Session) -> list[EntryId] | None:
        now = self._touched_ms = self._clock.now_ms()
        if not self._sessions.reopen(session.id, at_ms=now):
            return None
        return self._interrupt(session.id, session.replica_id)

    def touch(self, session_id: SessionId) -> None:
        """Record that the session is alive, at most every five minutes."""
        now = self._clock.now_ms()
        if now - self._touched_ms >= TOUCH_EVERY_MS:
            self._touched_ms = now
            self._sessions.touch(session_id, at_ms=now)

    def close(self, session_id: SessionId) -> None:
        """Record the end of the session and let go of its lock."""
        try:
            self._sessions.close(session_id, at_ms=self._clock.now_ms())
        finally:
            self._locks.release(session_id)

    def is_held(self, session_id: SessionId) -> bool:
        """Return whether a process of this machine is in the session."""
        return self._locks.is_held(session_id)

    def recover(self, replica_id: ReplicaId) -> list[EntryId]:
        """Turn what dead processes left open into errors; return those entries."""
        interrupted: list[EntryId] = []
        for session_id in {*self._entries.open_sessions(replica_id), *self._locks.names()}:
            if session_id is None:
                interrupted += self._interrupt(None, replica_id)
            elif self._locks.claim(session_id):
                try:
                    interrupted += self._interrupt(session_id, replica_id)
                    self._sessions.close_dead(session_id, at_ms=self._clock.now_ms())
                finally:
                    self._locks.release(session_id)
        return interrupted

    def _interrupt(self, session_id: SessionId | None, replica_id: ReplicaId) -> list[EntryId]:
        now = self._clock.now_ms()
        return self._entries.interrupt_session(session_id, replica_id=replica_id, at_ms=now)
