"""Locks and marks beside a replica: how its processes agree who may do what.

A lock ends with its process, however that ends. A mark is a file whose existence says something: it
outlives a process that is killed, so what it asks for must bear being asked by nobody.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_MODE = 0o600
"""Of every file of a replica: for its owner alone."""
ALONE_MARK_S = 60.0
"""How long a mark that nobody touches any more asks for something."""


def open_lock(replica: Path) -> int:
    """Open the lock that every process shares which has the replica open.

    Raises:
        OSError: it cannot be made.
    """
    return _opened(Path(f"{replica}.lock"))


def take(lock: int) -> bool:
    """Have an open lock for this process alone, if nobody else has it; return whether it is so."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def held(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Have a lock while the block runs; give whether it could be had.

    Args:
        path: its file, made if it is missing.
        wait: whether to wait for another process that has it.

    Raises:
        OSError: the file cannot be made.
    """
    lock = _opened(path)
    try:
        if wait:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield wait or take(lock)
    finally:
        os.close(lock)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)


def damage_mark(path: Path) -> Path:
    """Return the file whose existence says that the replica was found damaged."""
    return Path(f"{path}.damaged")


def alone_mark(path: Path) -> Path:
    """Return the file with which a process asks those without a person to let go of the replica."""
    return Path(f"{path}.alone")


def is_let_go(path: Path) -> bool:
    """Return whether a process without a person should let go of the replica."""
    return damage_mark(path).exists() or is_wanted_alone(path)


def is_wanted_alone(path: Path) -> bool:
    """Return whether another process wants the replica for itself."""
    try:
        age_s = time.time() - alone_mark(path).stat().st_mtime
    except OSError:
        return False
    # Whoever waits touches it again and again; one that was killed leaves it behind.
    return abs(age_s) < ALONE_MARK_S
