"""The right to exchange with the primary: one process of a machine at a time has it.

A lock beside the replica, which ends with its process, however that ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ipcom_chat.errors import StorageReadOnlyError
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of


@contextmanager
def flight(replica: Path) -> Iterator[bool]:
    """Hold the right to exchange for this replica; yield False if another process has it."""
    path = Path(f"{replica}.sync")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageReadOnlyError(
            _(
                "Cannot write to {folder}: {reason}. Check its permissions, or set "
                "IPCOM_CHAT_DATA_DIR to a folder of yours.",
                folder=path.parent,
                reason=reason_of(error),
            )
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        yield False
        return
    try:
        yield True
    finally:
        os.close(handle)
