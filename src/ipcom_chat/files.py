"""Files that others may have prepared: read without waiting, written without following a trap.

A path from settings, a shared folder or `/tmp` may name a pipe, a device without an end, or a
link that somebody else put there. Nothing here waits for a writer, reads more than it was told
to, or writes through a name that existed before.
"""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from ipcom_chat.i18n import _

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK_BYTES = 1 << 16


_OWN_UMASK = 0o077
_inherited: list[int] = []


def keep_to_oneself() -> None:
    """Let whatever this process makes be for its user alone; what it runs is not bound by that."""
    _inherited.append(os.umask(_OWN_UMASK))


def inherited_umask() -> int:
    """Return the file mode mask that this process was started with; -1 if it never changed it."""
    return _inherited[0] if _inherited else -1


def read_regular(path: Path, *, max_bytes: int) -> tuple[bytes, os.stat_result]:
    """Return what an ordinary file holds, and its attributes.

    Raises:
        OSError: it cannot be read, is no ordinary file, or is larger; `strerror` says so in the
            language of the screen.
    """
    number = os.open(path, _READ)
    try:
        attributes = os.fstat(number)
        if not stat.S_ISREG(attributes.st_mode):
            raise OSError(errno.EINVAL, _("it is no ordinary file"), str(path))
        with os.fdopen(number, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(number)
    if len(data) > max_bytes:
        size = _("it is larger than {size} KiB", size=max_bytes // 1024)
        raise OSError(errno.EFBIG, size, str(path))
    return data, attributes


def write_new(path: Path, pieces: Iterable[str]) -> None:
    """Write a file that must not exist yet, for its owner alone, and bring it to the disk.

    Raises:
        OSError: something has that name, or it cannot be written whole.
    """
    with os.fdopen(
        os.open(path, _CREATE, 0o600), "w", encoding="utf-8", newline="", buffering=_CHUNK_BYTES
    ) as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def bring_to_disk(path: Path) -> None:
    """Let what was written to a file, or the names in a folder, survive a power cut.

    Raises:
        OSError: it cannot be done.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def temporary_beside(path: Path) -> Path:
    """Return a name in the folder of `path` that nobody can have prepared."""
    return path.with_name(f".ipcom-chat-{os.urandom(8).hex()}.tmp")


def is_ordinary(path: Path) -> bool:
    """Return whether a name is free, or that of an ordinary file that a rename may replace.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


def replace_text(path: Path, text: str, *, mode: int) -> None:
    """Put a file in the place of another, whole or not at all.

    Raises:
        OSError: it cannot be written, or something other than an ordinary file has that name.
    """
    if not is_ordinary(path):
        raise OSError(errno.EINVAL, _("it is no ordinary file"), str(path))
    temporary = temporary_beside(path)
    try:
        write_new(temporary, [text])
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
