"""The lock of a session: held by one process, whatever others do at the same moment."""

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path

from ipcom_chat.ids import SessionId
from ipcom_chat.services.session_locks import SessionLocks
from tests.support.replica import SESSION, kill, process, together


def _hold(connection: Connection, folder: Path) -> None:
    locks = SessionLocks(folder)
    connection.send(locks.claim(SESSION))
    connection.recv()


def _claim_often(_index: int, folder: Path) -> int:
    """Claim and release again and again; whoever holds the lock is alone with a file."""
    locks, alone = SessionLocks(folder / "locks"), folder / "alone"
    won = 0
    until = time.monotonic() + 20
    while won < 40 and time.monotonic() < until:
        if locks.claim(SESSION):
            handle = os.open(alone, os.O_CREAT | os.O_EXCL)  # fails if anybody else is in here
            os.close(handle)
            alone.unlink()
            locks.release(SESSION)
            won += 1
    return won


def test_a_lock_is_held_until_its_process_ends(tmp_path: Path) -> None:
    child, connection = process(_hold, tmp_path)
    assert connection.recv() is True
    locks = SessionLocks(tmp_path)
    assert locks.is_held(SESSION)
    assert not locks.claim(SESSION)
    assert locks.names() == [SESSION]
    kill(child)
    assert not locks.is_held(SESSION)
    assert locks.claim(SESSION)
    assert not locks.claim(SESSION)  # by this process itself
    assert locks.is_held(SESSION)
    locks.release(SESSION)
    locks.release(SESSION)
    assert locks.names() == []
    assert not locks.is_held(SESSION)


def test_nobody_ever_shares_a_lock_whose_file_comes_and_goes(tmp_path: Path) -> None:
    assert together(_claim_often, 4, tmp_path) == [40, 40, 40, 40]
    assert not (tmp_path / "alone").exists()


def test_what_cannot_be_looked_at_counts_as_held(tmp_path: Path) -> None:
    locks = SessionLocks(tmp_path)
    (tmp_path / f"{SESSION}.lock").mkdir()
    assert locks.is_held(SESSION)
    assert not locks.claim(SESSION)
    other = SessionId("strange")
    (tmp_path / "strange.lock").symlink_to(tmp_path / "elsewhere")
    assert not locks.claim(other)
    assert not (tmp_path / "elsewhere").exists()
