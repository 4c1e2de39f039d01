"""Files as sources: opened for reading only, never waited for, read line by line.

Another program may be writing a file meanwhile; what it holds when it is read is taken.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from ipcom_chat.errors import ImportSourceError
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of

LINE_MAX_BYTES = 8_000_000
WHOLE_MAX_BYTES = 256 * 1024 * 1024
"""JSON that is not written line by line must be read whole."""
HEAD_BYTES = 65_536

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_BOM = b"\xef\xbb\xbf"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An ordinary file that can be read. Instants are epoch milliseconds."""

    path: Path
    owner_uid: int
    mtime_ms: int
    size_bytes: int


def look_at(path: Path) -> File:
    """Return what is known of a file.

    Raises:
        ImportSourceError: it is no ordinary file, or cannot be read.
    """
    with opened(path) as file:
        facts = os.fstat(file.fileno())
    return File(
        path=path,
        owner_uid=facts.st_uid,
        mtime_ms=max(0, facts.st_mtime_ns // 1_000_000),
        size_bytes=facts.st_size,
    )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Give an ordinary file, opened for reading.

    Raises:
        ImportSourceError: it is none, or cannot be read.
    """
    try:
        number = os.open(path, _READ)
        file = os.fdopen(number, "rb", buffering=1 << 18)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    with file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise ImportSourceError(
                _("Cannot read {path}: {reason}.", path=path, reason=_("it is no ordinary file"))
            )
        try:
            yield file
        except OSError as error:
            raise unreadable(path, error) from error


def head(path: Path) -> bytes:
    """Return how a file begins."""
    with opened(path) as file:
        return file.read(HEAD_BYTES)


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file without their ends; of one that never ends, its beginning."""
    with opened(path) as file:
        for raw in _limited(file):
            yield raw.rstrip(b"\r\n")


def whole(path: Path) -> bytes:
    """Return all that a file holds.

    Raises:
        ImportSourceError: it is too large for that.
    """
    with opened(path) as file:
        data = file.read(WHOLE_MAX_BYTES + 1)
    if len(data) > WHOLE_MAX_BYTES:
        raise ImportSourceError(
            _(
                "{path} is larger than {size} MiB and not written line by line. Nothing was "
                "imported from it; write it as JSON lines.",
                path=path,
                size=WHOLE_MAX_BYTES >> 20,
            )
        )
    return data.removeprefix(_BOM)


def json_of(data: bytes) -> Any:
    """Return what JSON text holds.

    Raises:
        ValueError: it is none.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _lenient(data)


def _lenient(data: bytes) -> Any:
    import json  # noqa: PLC0415 - JavaScript writes halves of surrogate pairs, msgspec reads none

    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError from error


def unreadable(path: Path, error: Exception) -> ImportSourceError:
    """Return the error for a file that the system does not give."""
    return ImportSourceError(_("Cannot read {path}: {reason}.", path=path, reason=reason_of(error)))


def _limited(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(LINE_MAX_BYTES):
        yield line
        while not line.endswith(b"\n") and len(line) == LINE_MAX_BYTES:
            line = file.readline(LINE_MAX_BYTES) or b"\n"
