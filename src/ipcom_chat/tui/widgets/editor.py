"""Edits a text in the user's own editor.

Invariant: the text lies in a file that only its owner can read, and the file is gone afterwards.
"""

import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _

FALLBACK = ("sensible-editor", "nano", "vi")


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """Return the command line of `$VISUAL`, `$EDITOR` or else of what is installed."""
    asked = environ.get("VISUAL") or environ.get("EDITOR") or ""
    try:
        words = shlex.split(asked)
    except ValueError:  # quotation marks that do not close
        words = [asked]
    return words or [next((name for name in FALLBACK if shutil.which(name)), FALLBACK[-1])]


def edit(text: str, command: Sequence[str]) -> str:
    """Return `text` as the user left it; blocks until the editor ends.

    Args:
        text: what to start from.
        command: the editor and its options; the file's name is put behind them.

    Raises:
        IpcomChatError: the editor could not be started or failed; the text is as it was.
    """
    with tempfile.TemporaryDirectory(prefix="ipcom-chat-") as folder:  # 0700
        path = Path(folder) / "prompt.md"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        try:
            with _own_interrupt():
                subprocess.run([*command, str(path)], check=True)
            return path.read_text(encoding="utf-8", errors="replace").removesuffix("\n")
        except (OSError, subprocess.SubprocessError) as error:
            message = _("The editor {command} could not be used.", command=shlex.join(command))
            raise IpcomChatError(message) from error


@contextmanager
def _own_interrupt() -> Iterator[None]:
    """Let Ctrl-C reach the editor only; a function, because an ignored signal is inherited."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
