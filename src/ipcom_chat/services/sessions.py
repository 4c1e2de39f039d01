"""Sessions of processes, and what a process that died left behind.

While a process lives it holds a lock on a file named after its session; the kernel lets go of it
however the process ends. An open entry of this replica whose session's lock is free belongs to
nobody any more: it becomes an error (`interrupted`), and nothing is ever asked again silently.
The locks lie beside the replica whose rows they guard, so whoever sees the rows sees the locks.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Origin
from ipcom_chat.domain.people import Session
from ipcom_chat.errors import StorageReadOnlyError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, ReplicaId, SessionId
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Sessions

TOUCH_EVERY_MS = 5 * 60 * 1000


class SessionService:
    """Opens, keeps alive and closes the session of this process; recovers those of dead ones."""

    def __init__(self, sessions: Sessions, entries: Entries, lock_dir: Path, clock: Clock) -> None:
        self._sessions = sessions
        self._entries = entries
        self._lock_dir = lock_dir
        self._clock = clock
        self._lock: int | None = None
        self._touched_ms = 0

    def open(self, session_id: SessionId, origin: Origin) -> None:
        """Lock and record the session; call it before the first entry is written."""
        self._lock = self._take_lock(session_id)
        now = self._touched_ms = self._clock.now_ms()
        self._sessions.open(
            Session(
                id=session_id,
                mode=origin.mode.value,
                private=origin.private,
                user_id=origin.user_id,
                os_user=origin.os_user,
                machine_id=origin.machine_id,
                replica_id=origin.replica_id,
                started_at=now,
                last_active_at=now,
            )
        )

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
            if self._lock is not None:
                self._remove_lock(session_id)
                os.close(self._lock)
                self._lock = None

    def recover(self, replica_id: ReplicaId) -> list[EntryId]:
        """Turn what dead processes left open into errors; return those entries."""
        interrupted: list[EntryId] = []
        locked = [SessionId(path.stem) for path in self._lock_dir.glob("*.lock")]
        for session_id in {*self._entries.open_sessions(replica_id), *locked}:
            if session_id is not None and self._is_alive(session_id):
                continue
            now = self._clock.now_ms()
            interrupted += self._entries.interrupt_session(
                session_id, replica_id=replica_id, at_ms=now
            )
            if session_id is not None:
                self._sessions.close(session_id, at_ms=now)
                self._remove_lock(session_id)
        return interrupted

    def _is_alive(self, session_id: SessionId) -> bool:
        try:
            handle = os.open(self._path(session_id), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError:  # of another OS user, root perhaps: whether it lives cannot be told
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _remove_lock(self, session_id: SessionId) -> None:
        # One that stays is free, and harms nobody.
        with suppress(OSError):
            self._path(session_id).unlink()

    def _take_lock(self, session_id: SessionId) -> int:
        path = self._path(session_id)
        try:
            self._lock_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _new_lock(path)
        except OSError as error:
            raise StorageReadOnlyError(
                _(
                    "Cannot write to {folder}: {reason}. Check its permissions, or set "
                    "IPCOM_CHAT_DATA_DIR to a folder of yours.",
                    folder=path.parent,
                    reason=error.strerror,
                )
            ) from error

    def _path(self, session_id: SessionId) -> Path:
        return self._lock_dir / f"{session_id}.lock"


def _new_lock(path: Path) -> int:
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Locked before it has its name: no other process ever sees it free.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        new.rename(path)
    except OSError:
        os.close(handle)
        raise
    return handle
