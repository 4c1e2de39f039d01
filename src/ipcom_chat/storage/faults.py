"""What APSW and the file system raise, in this program's errors."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from ipcom_chat.errors import (
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
)
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.storage.locks import FILE_MODE, damage_mark

BUSY_TIMEOUT_S = 30.0

_READ_ONLY_ERRNOS = (errno.EROFS, errno.EACCES, errno.EPERM)
_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what APSW and the file system raise into this program's errors.

    Raises:
        StorageError: the subclass that says what happened.
    """
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        with suppress(OSError):
            damage_mark(path).touch(mode=FILE_MODE)
        raise StorageCorruptError(_corrupt(path)) from error
    except (apsw.BusyError, apsw.LockedError, apsw.ProtocolError) as error:
        raise StorageBusyError(
            _(
                "Another program has been writing to {path} for {seconds:.0f} s. What was saved "
                "before is safe; try again.",
                path=path,
                seconds=BUSY_TIMEOUT_S,
            )
        ) from error
    except apsw.FullError as error:
        raise StorageFullError(_full(path)) from error
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
        raise StorageReadOnlyError(read_only_message(path)) from error
    except apsw.IOError as error:
        raise _of_io_error(error, path) from error
    except OSError as error:
        raise _of_os_error(error, path) from error


def _of_io_error(error: apsw.IOError, path: Path) -> StorageError:
    # No space for the index of the WAL. The stubs of APSW do not know the attribute.
    if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
        return StorageFullError(_full(path))
    return StorageError(
        _(
            "The disk failed while reading or writing {path}: {reason}. What was saved before "
            "is safe; check the disk.",
            path=path,
            reason=error,
        )
    )


def _of_os_error(error: OSError, path: Path) -> StorageError:
    if isinstance(error, PermissionError) or error.errno in _READ_ONLY_ERRNOS:
        return StorageReadOnlyError(read_only_message(path))
    if error.errno in _FULL_ERRNOS:
        return StorageFullError(_full(path))
    return StorageError(
        _(
            "Cannot open the history {path}: {reason}. Nothing was changed; check the folder, or "
            "set IPCOM_CHAT_DATA_DIR to a folder of yours.",
            path=path,
            reason=reason_of(error),
        )
    )


def _corrupt(path: Path) -> str:
    return _(
        "The history file {path} is damaged. It was not changed; start ipcom-chat again: the file "
        "will be set aside and what is readable will be recovered.",
        path=path,
    )


def _full(path: Path) -> str:
    return _(
        "No space left on the disk of {path}. What was saved before is safe, this was not saved; "
        "free some space and try again.",
        path=path,
    )


def not_writable(folder: Path, error: OSError) -> StorageReadOnlyError:
    """Return the error for a folder in which a lock cannot be made."""
    return StorageReadOnlyError(
        _(
            "Cannot write to {folder}: {reason}. Check its permissions, or set "
            "IPCOM_CHAT_DATA_DIR to a folder of yours.",
            folder=folder,
            reason=reason_of(error),
        )
    )


def read_only_message(path: Path) -> str:
    """Return the sentence for a history that cannot be written."""
    return _(
        "The history {path} cannot be written. Nothing was changed; check the permissions of its "
        "folder, or set IPCOM_CHAT_DATA_DIR to a folder of yours.",
        path=path,
    )
