"""The only writer of stdout and stderr, and the owner of the exit codes.

Answers and listings go to stdout, everything else to stderr. Invariants: an error is one line,
`ipcom-chat: message`; no traceback is shown; a reader that goes away (`| head`) ends the program
quietly; text that the terminal's encoding lacks is written as an escape and never crashes.
"""

import codecs
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import TextIO

from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.errors import IpcomChatError, OutputError, PrimaryUnreachableError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of

PROGRAM = "ipcom-chat"
FAIL_MAX_CHARS = 4_000
_ESCAPE = "ipcom-chat-escape"


class ExitCode(IntEnum):
    """What the exit code of the program says."""

    OK = 0
    FAILED = 1
    """It failed, or nothing was found."""
    USAGE = 2
    UNREACHABLE = 3
    """The primary cannot be reached."""
    INTERRUPTED = 130


class ReaderGone(Exception):  # noqa: N818 - no error: the reader has had enough
    """Nobody reads stdout any more."""


def guarded(run: Callable[[], int], record: Callable[[Exception], Path | None]) -> int:
    """Run the program; return its exit code whatever happens.

    Args:
        run: the program.
        record: writes an unexpected exception to the log; returns the log's path.
    """
    try:
        code = run()
        flush()
    except ReaderGone:
        code = ExitCode.OK
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except IpcomChatError as error:
        fail(str(error))
        code = exit_code_of(error)
    except Exception as fault:  # noqa: BLE001 - the last barrier: no traceback reaches a user
        fail(_fault(type(fault).__name__, _recorded(fault, record)))
        code = ExitCode.FAILED
    with suppress(ReaderGone, OutputError):
        flush()
    return int(code)


def exit_code_of(error: IpcomChatError) -> ExitCode:
    """Return the exit code of an error."""
    if isinstance(error, PrimaryUnreachableError):
        return ExitCode.UNREACHABLE
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FAILED


def prepare() -> None:
    """Make the standard streams safe to use, however the program was started."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # Closed: the next file that is opened, the history perhaps, would take its place.
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ESCAPE)


def write(text: str) -> None:
    """Write text to stdout as it is; the caller has neutralised what is not ours.

    Raises:
        ReaderGone: nobody reads it.
        OutputError: it cannot be written.
    """
    _to_stdout(lambda stream: stream.write(text))


def write_bytes(data: bytes) -> None:
    """Write bytes to stdout as they are; raises as `write` does."""
    _to_stdout(lambda stream: (stream.flush(), stream.buffer.write(data), stream.buffer.flush()))


def flush() -> None:
    """Hand on what was written to stdout; raises as `write` does."""
    if sys.stdout is not None:
        _to_stdout(lambda stream: stream.flush())


def line(text: str = "") -> None:
    """Write one line to stdout; what a terminal would act on is taken out."""
    write(f"{neutralise(text)}\n")


def note(text: str) -> None:
    """Write lines to stderr; what a terminal would act on is taken out."""
    if sys.stderr is None:
        return
    # A line that cannot be told must not end what it tells about.
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{neutralise(text)}\n")
        sys.stderr.flush()


def progress(text: str) -> None:
    """Write a line to a terminal's stderr that the next one replaces; an empty one clears it."""
    if not is_terminal(sys.stderr):
        return
    with suppress(OSError, ValueError):
        sys.stderr.write(f"\r\x1b[K{one_line(text)}")
        sys.stderr.flush()


def ask(question: str) -> str:
    """Ask on the terminal; return the answer without blanks around it, nothing at its end."""
    note(question)
    return sys.stdin.readline().strip() if sys.stdin is not None else ""


def fail(message: str) -> None:
    """Write an error to stderr: one line."""
    text = one_line(message)
    # An argument of a megabyte, quoted, must not push away what stood on the screen.
    note(f"{PROGRAM}: {text if len(text) <= FAIL_MAX_CHARS else text[:FAIL_MAX_CHARS] + '…'}")


def write_array(items: Iterable[str]) -> int:
    """Write encoded JSON objects as one array, a line each; return how many there were."""
    count = 0
    for item in items:
        write("[\n" if count == 0 else ",\n")
        write(item)
        count += 1
    write("\n]\n" if count else "[]\n")
    return count


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False  # closed


def is_on_terminal() -> bool:
    """Return whether a person reads and writes here, so that a screen can be painted."""
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def is_asked() -> bool:
    """Return whether somebody is there who can be asked."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def confirmed(question: str) -> bool:
    """Ask on the terminal; only a yes is one."""
    sys.stderr.write(f"{neutralise(question)} {_('[y/N]')} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes", "s", "sim"}


def is_styled(environment: Mapping[str, str]) -> bool:
    """Return whether stdout shows bold and colours, and wants them.

    Source: https://no-color.org
    """
    dumb = environment.get("TERM", "dumb") in {"", "dumb"}
    return is_terminal(sys.stdout) and not dumb and not environment.get("NO_COLOR")


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Write what an encoding lacks as `\uXXXX`, which JSON understands as well as people do."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - nothing is decoded with it
    lost = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{lost[at : at + 4]}" for at in range(0, len(lost), 4)), error.end


codecs.register_error(_ESCAPE, _escape)


def _to_stdout(act: Callable[[TextIO], object]) -> None:
    stream = sys.stdout
    if stream is None:
        raise OutputError(_("Standard output is closed."))
    try:
        act(stream)
    except BrokenPipeError as error:
        _discard(stream)
        raise ReaderGone from error
    except (OSError, ValueError) as error:
        _discard(stream)
        raise OutputError(
            _("Cannot write the output: {reason}.", reason=reason_of(error))
        ) from error


def _discard(stream: TextIO) -> None:
    """Send what is still buffered nowhere, or the interpreter complains when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _recorded(fault: Exception, record: Callable[[Exception], Path | None]) -> Path | None:
    try:
        return record(fault)
    except Exception:  # noqa: BLE001 - what broke the program may break its log, too
        return None


def _fault(kind: str, log_file: Path | None) -> str:
    if log_file is None:
        return _("ipcom-chat met an unexpected fault ({kind}), and the log is not writable.",
                 kind=kind)  # fmt: skip
    return _(
        "ipcom-chat met an unexpected fault ({kind}); {path} has the details, with --debug more.",
        kind=kind,
        path=log_file,
    )
