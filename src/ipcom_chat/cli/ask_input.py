"""What is asked: the words of the command line, and what comes in on stdin."""

import os
import select
import stat
import sys
from collections.abc import Sequence

from ipcom_chat.assistant.markdown import fence_of
from ipcom_chat.cli import output
from ipcom_chat.domain.entry import COMMAND_MAX_CHARS
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _
from ipcom_chat.services.chat import is_kept_private

STDIN_MAX_BYTES = 4 * COMMAND_MAX_CHARS
PATIENCE_S = 1.0
"""After so long without input, a person is told what the program waits for."""


def fenced(text: str) -> str:
    """Return text as a Markdown code block that nothing inside the text can end."""
    fence = fence_of(text, least=3)
    return f"{fence}\n{text.rstrip()}\n{fence}"


def question_of(words: Sequence[str]) -> str:
    """Return what is asked, a blank in front of it if it stays on this machine.

    Args:
        words: of the command line; none, or `-`, stands for the input.

    Raises:
        UsageError: neither words nor input.
    """
    asked = " ".join(words).strip()
    if asked in {"", "-"}:
        question = _read_stdin().strip()
    elif _has_input():
        piped = _read_stdin()
        question = f"{asked}\n\n{fenced(piped)}" if piped.strip() else asked
    else:
        question = asked
    if not question:
        raise UsageError(_('Nothing was asked. Try: ipcom-chat ask "question"'))
    # Said by the person who asks, not by what comes through a pipe.
    return f" {question}" if words and is_kept_private(words[0]) else question


def typed_part(words: Sequence[str]) -> str | None:
    """Return what the person wrote of a question; None if it is all of it."""
    return " ".join(words) if _has_input() else None


def _has_input() -> bool:
    """Return whether somebody feeds stdin; a terminal, `/dev/null` or nothing does not."""
    if sys.stdin is None or output.is_terminal(sys.stdin):
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except OSError:
        return True  # no file behind it
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _read_stdin() -> str:
    if sys.stdin is None:
        return ""
    if not _is_ready(PATIENCE_S):
        output.note(_("Waiting for the input to end (Ctrl-D ends it, Ctrl-C gives up)."))
    data = sys.stdin.buffer.read(STDIN_MAX_BYTES + 1)
    if len(data) > STDIN_MAX_BYTES:
        output.note(_("Only the first {size} MB of the input were read.",
                      size=STDIN_MAX_BYTES // 1_000_000))  # fmt: skip
    return data[:STDIN_MAX_BYTES].decode("utf-8-sig", errors="replace")


def _is_ready(timeout_s: float) -> bool:
    """Return whether stdin has something to read, its end included, within the time."""
    try:
        return bool(select.select([sys.stdin.buffer], [], [], timeout_s)[0])
    except (OSError, ValueError):
        return True  # no file behind it
