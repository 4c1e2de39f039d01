"""Reads a file for an assistant: text, not too long, made safe to show, without known secrets.

Invariants: nothing here waits for a pipe or a device; what is no text is refused; a part that is
cut off is said.
"""

import errno
from pathlib import Path
from typing import Final

import msgspec

from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.errors import UsageError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of

FILE_MAX_BYTES: Final = 2_000_000
SHOWN_MAX_CHARS: Final = 40_000
_LOOKED_AT_BYTES: Final = 8_192


class FileText(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds."""

    path: str
    """From the root."""
    text: str
    size_bytes: int
    is_cut: bool
    redactions: int
    """How many secrets were masked."""


def read_text(
    path: str, cwd: str, *, max_chars: int = SHOWN_MAX_CHARS, is_exact: bool = False
) -> FileText:
    """Return the text of a file.

    Args:
        path: as a person writes it; `~` is the home folder.
        cwd: where a relative one begins.
        max_chars: of a longer one, the beginning and the end are kept.
        is_exact: whether the path was judged as it is, so that no link may stand in it now.

    Raises:
        UsageError: there is none, it cannot be read, is too large, or is no text.
    """
    try:
        whole = Path(cwd, Path(path).expanduser()).resolve()
        if is_exact and str(whole) != path:
            raise OSError(errno.EINVAL, _("it is no ordinary file"), path)
        data, _attributes = read_regular(whole, max_bytes=FILE_MAX_BYTES)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(
            _("Cannot read {path}: {reason}.", path=neutralise(path), reason=reason_of(error))
        ) from error
    if b"\0" in data[:_LOOKED_AT_BYTES] or not _is_text(data):
        raise UsageError(_("{path} is no text file.", path=neutralise(path)))
    cleaned = redact(neutralise(data.decode("utf-8", "replace")))
    text, is_cut = cut_middle(cleaned.text, max_chars)
    return FileText(
        path=neutralise(str(whole)),
        text=text,
        size_bytes=len(data),
        is_cut=is_cut,
        redactions=len(cleaned.kinds),
    )


def cut_middle(text: str, max_chars: int) -> tuple[str, bool]:
    """Return the beginning and the end of a text that is too long, and whether it was."""
    if len(text) <= max_chars:
        return text, False
    head, tail = text[: max_chars * 2 // 3], text[-max_chars // 3 :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n[… {left_out} …]\n{tail}", True


def _is_text(data: bytes) -> bool:
    """Return whether these bytes look like a text of any encoding."""
    beginning = data[:_LOOKED_AT_BYTES]
    odd = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in beginning)
    return odd * 100 <= len(beginning)
