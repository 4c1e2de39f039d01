"""The right to exchange with the primary: one process of a replica at a time has it.

A lock beside the replica, which ends with its process, however that ends.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ipcom_chat.storage.faults import not_writable
from ipcom_chat.storage.locks import FILE_MODE, take


@contextmanager
def flight(replica: Path) -> Iterator[bool]:
    """Hold the right to exchange for this replica; yield False if another process has it."""
    path = Path(f"{replica}.sync")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise not_writable(path.parent, error) from error
    try:
        yield take(handle)
    finally:
        os.close(handle)
