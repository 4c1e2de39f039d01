"""Puts a backup in the place of the replica.

Invariants:
- The replica is touched only by a process that has it alone, and only when the backup is whole,
  migrated and has taken in what must not be lost. Until then, and if it fails, all is as it was.
- The replaced file keeps its bytes under another name.
- A process that dies leaves the old or the new file, whole (`storage.salvage`).
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import apsw
import msgspec

from ipcom_chat.errors import BackupError, StorageBusyError
from ipcom_chat.files import bring_to_disk
from ipcom_chat.i18n import _
from ipcom_chat.ids import ReplicaId
from ipcom_chat.schema import latest, migrations
from ipcom_chat.storage.backup import examine
from ipcom_chat.storage.carry_over import CarriedOver, carry_over
from ipcom_chat.storage.database import Database, connect, keep_wal, make_folder, open_file, use_wal
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.locks import FILE_MODE, alone_mark, open_lock, take
from ipcom_chat.storage.migrate import check_ours, migrate
from ipcom_chat.storage.salvage import replace

_POLL_S = 0.05
_COUNT = "SELECT count(*) FROM entries"
_TRUNCATE = "PRAGMA wal_checkpoint(TRUNCATE)"
_FORGET_BIRTH = "DELETE FROM counters WHERE name IN ('birth', 'born_as')"


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did."""

    entries: int
    """How many the replica holds now."""
    set_aside: Path | None
    """Where the replaced file lies; None if there was none."""
    carried: CarriedOver | None
    """What the replaced file handed on; None if there was none."""


@contextmanager
def alone(path: Path, *, wait_s: float) -> Iterator[None]:
    """Have the replica at `path` for this process alone while the block runs.

    Processes that nobody sees are asked to let go of it; others must end by themselves.

    Raises:
        StorageBusyError: others still have it open.
        StorageError: the folder cannot be written.
    """
    mark = alone_mark(path)
    with translated(path):
        make_folder(path.parent)
        lock = open_lock(path)
        try:
            _wait(lock, path, wait_s)
            yield
        finally:
            mark.unlink(missing_ok=True)
            os.close(lock)


def _wait(lock: int, path: Path, wait_s: float) -> None:
    until = monotonic() + wait_s
    alone_mark(path).touch(mode=FILE_MODE)
    while not take(lock):
        if monotonic() >= until:
            raise StorageBusyError(
                _(
                    "Another ipcom-chat of yours has the history {path} open. Nothing was "
                    "changed; close it (the chat, 'sync --watch'), or wait for it with "
                    "--wait SECONDS.",
                    path=path,
                )
            )
        sleep(_POLL_S)
        alone_mark(path).touch(mode=FILE_MODE)


def restore(path: Path, fresh: Path, owners: Sequence[ReplicaId], *, now_ms: int) -> Restored:
    """Put `fresh`, a checked copy of a replica, in the place of the replica at `path`.

    The caller has the replica alone.

    Args:
        path: the replica; it need not exist.
        fresh: in a folder on the same file system; it is used up.
        owners: the ids that this replica had: nobody answers their open requests any more.
        now_ms: the time.

    Raises:
        BackupError, StorageError: nothing was changed.
    """
    # What is wrong with the copy must not mark the replica as damaged.
    with translated(fresh):
        carried = _prepare(path, fresh, owners, now_ms)
        contents = examine(fresh)
        bring_to_disk(fresh)
    with translated(path):
        aside = replace(path, fresh, contents.rows["entries"], now_ms=now_ms)
    return Restored(entries=contents.rows["entries"], set_aside=aside, carried=carried)


def _prepare(
    path: Path, fresh: Path, owners: Sequence[ReplicaId], now_ms: int
) -> CarriedOver | None:
    connection = connect(fresh)
    try:
        check_ours(connection, fresh, latest("replica"))
        migrate(connection, fresh, migrations("replica"), now_ms=now_ms)
        keep_wal(connection, keep=False)
        use_wal(connection, fresh)
        new = Database(connection, fresh)
        carried = _carried(path, new)
        _settle(new, owners, now_ms)
        if connection.execute(_TRUNCATE).fetchall()[0][0]:
            raise BackupError(_("The restored copy is in use; nothing was changed. Try again."))
    finally:
        connection.close()
    return carried


def _carried(path: Path, new: Database) -> CarriedOver | None:
    if not path.exists():
        return None
    try:
        old = open_file(path)
    except apsw.Error:
        return CarriedOver(is_readable=False)
    try:
        # Reading it must not change it: it is kept as it is.
        keep_wal(old, keep=True)
        return carry_over(Database(old, path), new)
    finally:
        old.close()


def _settle(new: Database, owners: Sequence[ReplicaId], now_ms: int) -> None:
    """End what nobody answers any more, and let derived files begin anew."""
    entries = Entries(new)
    for owner in owners:
        for session in entries.open_sessions(owner):
            entries.interrupt_session(session, replica_id=owner, at_ms=now_ms)
    with new.write() as transaction:
        transaction.execute(_FORGET_BIRTH)
