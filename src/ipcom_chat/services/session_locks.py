"""The locks of living sessions: one file each, held by the process that writes into the session.

The kernel lets go of a lock however its process ends. A file is removed only by who holds it, and
whoever takes a lock makes sure afterwards that its file is still the one with the name: so two
processes never hold the lock of one session.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from ipcom_chat.ids import SessionId
from ipcom_chat.storage.faults import not_writable


class SessionLocks:
    """The locks in one folder, which lies beside the replica whose rows they guard."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[SessionId, int] = {}

    def names(self) -> list[SessionId]:
        """Return the sessions that have a file, held or not."""
        return [SessionId(path.stem) for path in self._folder.glob("*.lock")]

    def new(self, session_id: SessionId) -> None:
        """Take the lock of a session that nobody knows yet.

        Raises:
            StorageReadOnlyError: the file cannot be made.
        """
        path = self._path(session_id)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held[session_id] = _new_lock(path)
        except OSError as error:
            raise not_writable(path.parent, error) from error

    def claim(self, session_id: SessionId) -> bool:
        """Take the lock of a known session; return False if a process holds it, this one too.

        One that cannot be looked at, root's perhaps, counts as held.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = _claimed(self._path(session_id))
        except OSError:
            return False
        self._held[session_id] = handle
        return True

    def is_held(self, session_id: SessionId) -> bool:
        """Return whether a process holds the lock now; what cannot be looked at is held."""
        try:
            handle = os.open(self._path(session_id), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def release(self, session_id: SessionId) -> None:
        """Let go of a lock; nothing happens if this process does not hold it."""
        handle = self._held.pop(session_id, None)
        if handle is None:
            return
        # One that stays is free, and harms nobody.
        with suppress(OSError):
            self._path(session_id).unlink()
        os.close(handle)

    def _path(self, session_id: SessionId) -> Path:
        return self._folder / f"{session_id}.lock"


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


def _claimed(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still_at(handle, path):
                return handle
        except OSError:
            os.close(handle)
            raise
        os.close(handle)  # who held it has removed it meanwhile


def _is_still_at(handle: int, path: Path) -> bool:
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    here = os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
