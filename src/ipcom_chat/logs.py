"""The log: JSON lines in the state folder, mode 0600, bounded in size, never on the terminal.

A line holds ids, durations and places in the code; never a prompt, an answer, a key. So messages
of exceptions, which may quote data, are left out unless `debug` was asked for, and other
libraries are not listened to.

Several processes may write: a line is one `write` in append mode, and who finds the file full
renames it under a lock.
"""

import errno
import fcntl
import logging
import os
import stat
import time
import traceback
from contextlib import suppress
from pathlib import Path

import msgspec

from ipcom_chat.domain.entry import storable

MAX_BYTES = 1_000_000
"""A full log becomes `NAME.1`, so two files of this size are the most that is kept."""

_ROOT = "ipcom_chat"


class LineFormatter(logging.Formatter):
    """Makes one JSON object of a record."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line: dict[str, object] = {
            "at": _iso(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": storable(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= self._fault(record.exc_info[1])
        return msgspec.json.encode(line).decode()

    def _fault(self, fault: BaseException) -> dict[str, object]:
        if self._debug:
            return {"traceback": storable("".join(traceback.format_exception(fault)))}
        frames = traceback.extract_tb(fault.__traceback__)
        places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        return {"fault": type(fault).__qualname__, "places": places}


class LogFile(logging.Handler):
    """Appends lines to a file."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`; a log that cannot be written must not stop the program."""
        with suppress(OSError, ValueError):
            os.write(self._file, f"{self.format(record)}\n".encode(errors="backslashreplace"))
            if os.fstat(self._file).st_size >= self._max_bytes:
                self._turn()

    def close(self) -> None:
        """See `logging.Handler`."""
        with suppress(OSError):
            os.close(self._file)
        super().close()

    def _open(self) -> int:
        # Not through a link and not into a pipe, which others may have put there.
        safe = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | safe, 0o600)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(self._path))
        return file

    def _turn(self) -> None:
        """Begin a new file, unless another process has done so already."""
        old = self._file
        fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who does not get it need not wait
        try:
            with suppress(FileNotFoundError):
                if self._path.stat().st_ino == os.fstat(old).st_ino:
                    self._path.rename(f"{self._path}.1")
            # The new one first: under a number that was closed, another file might be next.
            self._file = self._open()
        finally:
            fcntl.flock(old, fcntl.LOCK_UN)
        os.close(old)


def open_log(path: Path, *, debug: bool = False) -> Path | None:
    """Send this program's records to the file at `path`; return it, or None if that cannot be.

    Args:
        path: the log.
        debug: more records, and whole tracebacks.
    """
    logger = logging.getLogger(_ROOT)
    close_log()
    logger.propagate = False
    # Without any handler, Python writes the warnings of libraries on the terminal.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        handler = LogFile(path)
    except OSError:
        logger.addHandler(logging.NullHandler())
        return None
    handler.setFormatter(LineFormatter(debug=debug))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    return path


def close_log() -> None:
    """Stop writing to the log."""
    logger = logging.getLogger(_ROOT)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def _iso(epoch_s: float) -> str:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch_s))
    return f"{stamp}.{int(epoch_s % 1 * 1000):03d}Z"
