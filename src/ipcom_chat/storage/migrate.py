"""Brings a replica to the newest schema.

Each migration and its record are one transaction, so a process that dies leaves either the step
and its record or neither. Any number of processes may migrate one file at once: each looks for
the next step again after it has the write lock.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from ipcom_chat.errors import SchemaTooNewError, StorageError
from ipcom_chat.i18n import _
from ipcom_chat.schema import Migration
from ipcom_chat.storage.faults import translated

APPLICATION_ID = 0x49504348
"""`IPCH`: says that a SQLite file is a replica of this program."""

_VERSION = "PRAGMA user_version"
# One statement, so one snapshot: between two of them another process may migrate the file.
_WHOSE = """
SELECT user_version, application_id, EXISTS (SELECT 1 FROM sqlite_schema)
FROM pragma_user_version, pragma_application_id
"""
_RECORD_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  number     INTEGER NOT NULL PRIMARY KEY,
  name       TEXT    NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT
"""
_RECORD = "INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)"


def schema_version(connection: apsw.Connection) -> int:
    """Return the number of the last migration that the file has."""
    version: Any = connection.execute(_VERSION).fetchall()[0][0]
    return int(version)


def check_ours(connection: apsw.Connection, path: Path, newest: int) -> int:
    """Return the schema version of the file after making sure that it is ours to write.

    Raises:
        SchemaTooNewError: a newer program has migrated it.
        StorageError: another program's database lies there.
    """
    row: Any = connection.execute(_WHOSE).fetchall()[0]
    version, application_id, has_tables = map(int, row)
    if application_id != APPLICATION_ID and (version or has_tables):
        raise StorageError(
            _(
                "{path} is a database of another program. It was not changed; set "
                "IPCOM_CHAT_DATA_DIR to another folder.",
                path=path,
            )
        )
    if version > newest:
        raise SchemaTooNewError(
            _(
                "The history {path} was written by a newer ipcom-chat (schema {found}, this one "
                "knows {known}). It was not changed; upgrade ipcom-chat.",
                path=path,
                found=version,
                known=newest,
            )
        )
    return version


def migrate(
    connection: apsw.Connection, path: Path, steps: Sequence[Migration], *, now_ms: int
) -> None:
    """Apply the steps that the file does not have yet.

    Raises:
        SchemaTooNewError: a newer program has migrated it.
        StorageError: see `errors`.
    """
    with translated(path):
        while check_ours(connection, path, len(steps)) < len(steps):
            _apply_next(connection, path, steps, now_ms)


def _apply_next(
    connection: apsw.Connection, path: Path, steps: Sequence[Migration], now_ms: int
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = check_ours(connection, path, len(steps))  # again: somebody may have been faster
        if version < len(steps):
            _apply(connection, steps[version], now_ms)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _apply(connection: apsw.Connection, step: Migration, now_ms: int) -> None:
    connection.execute(_RECORD_TABLE)
    connection.execute(step.sql)
    connection.execute(_RECORD, (step.number, step.name, now_ms))
    # PRAGMA takes no bound values; both numbers are ours.
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {step.number}")
