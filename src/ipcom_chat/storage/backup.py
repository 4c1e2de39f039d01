"""Backups of the replica, taken while it is in use.

Source: https://www.sqlite.org/backup.html.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ipcom_chat.errors import BackupError, SchemaTooNewError, StorageError
from ipcom_chat.files import bring_to_disk
from ipcom_chat.i18n import _
from ipcom_chat.schema import latest
from ipcom_chat.storage.database import Database, open_file
from ipcom_chat.storage.faults import translated
from ipcom_chat.storage.locks import FILE_MODE
from ipcom_chat.storage.migrate import check_ours
from ipcom_chat.storage.soundness import problems

KEPT = 3
TABLES = ("entries", "entry_events", "users", "machines", "sessions", "votes")
"""What is counted."""
_COUNTS = {table: f"SELECT count(*) FROM {table}" for table in TABLES}


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy of a replica holds."""

    schema: int
    rows: dict[str, int]
    """By table."""


def back_up(database: Database, label: str, *, now_ms: int) -> Path:
    """Copy the replica to `NAME.LABEL-MILLISECONDS.db` beside it and check the copy.

    Only the last three of a label are kept. A copy is for its owner alone.

    Raises:
        StorageError: it could not be made; the replica was not changed.
    """
    path = database.path
    with translated(path):
        target = _new_file(path, label, now_ms)
        try:
            _copy(database, target)
        except BaseException:
            _forget(target)
            raise
    for old in sorted(path.parent.glob(f"{path.stem}.{label}-*.db"), key=_age)[:-KEPT]:
        _forget(old)
    return target


def copy_to(database: Database, target: Path) -> Contents:
    """Copy the replica to a new file while it is in use; return what the copy holds.

    Raises:
        StorageError: it could not be made; the replica was not changed.
    """
    with translated(target):
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
    with translated(database.path):
        _copy(database, target)
    return examine(target)


def examine(path: Path) -> Contents:
    """Check a copy of a replica from its pages to its rows; return what it holds.

    Raises:
        BackupError: it is damaged, or no replica.
        SchemaTooNewError: a newer program made it.
    """
    connection = open_file(path)
    try:
        schema = check_ours(connection, path, latest("replica"))
        if problems(connection):
            raise _unsound(path)
        rows = {table: _number(connection, sql) for table, sql in _COUNTS.items()}
    except SchemaTooNewError:
        raise
    except (apsw.Error, StorageError) as error:
        raise _unsound(path) from error
    finally:
        connection.close()
    return Contents(schema=schema, rows=rows)


def _number(connection: apsw.Connection, sql: str) -> int:
    value: Any = connection.execute(sql).fetchall()[0][0]
    return int(value)


def _unsound(path: Path) -> BackupError:
    return BackupError(
        _(
            "What the backup holds is no sound history ({path}). Nothing was changed; use another "
            "one ('ipcom-chat backup list').",
            path=path.name,
        )
    )


def _new_file(path: Path, label: str, now_ms: int) -> Path:
    while True:
        target = path.with_name(f"{path.stem}.{label}-{now_ms}.db")
        try:
            os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
        except FileExistsError:
            now_ms += 1  # another process makes one at the same time
            continue
        return target


def _copy(database: Database, target: Path) -> None:
    connection = open_file(target)
    try:
        with connection.backup("main", database.connection, "main") as copying:
            # In one step, from one snapshot: between steps another process's commit would make it
            # begin anew.
            copying.step(-1)
        # In one file: a copy with a WAL beside it would be no copy without it.
        connection.execute("PRAGMA journal_mode = DELETE")
        if problems(connection, quick=True):
            raise StorageError(
                _(
                    "The backup {path} could not be verified, so nothing was changed. Check the "
                    "disk.",
                    path=target,
                )
            )
    finally:
        connection.close()
    bring_to_disk(target)


def _age(path: Path) -> int:
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _forget(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        with suppress(OSError):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
