"""What a person writes into the plain chat: one line, or several that came at once.

Invariants: lines that were pasted are not sent until they are confirmed; Ctrl-C drops what is
written, at any moment.
"""

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from ipcom_chat.cli import output
from ipcom_chat.cli.wakeup import Wakeup
from ipcom_chat.i18n import _, n_

PROMPT = "> "
PASTE_S = 0.05
"""What comes so soon after a line was not typed."""


class LeftError(Exception):
    """The person leaves, or somebody ends the program."""


def typed(wakeup: Wakeup, begun: str = "") -> str | None:
    """Return what the person wants to send; None if that is nothing any more.

    Lines that come faster than they can be typed are one text, which is confirmed.

    Args:
        wakeup: lets Ctrl-C and what ends the program be heard meanwhile.
        begun: what stands in the line at first.
    """
    with suppress(EOFError, LeftError):
        while True:
            try:
                with wakeup.listening():
                    return _text(begun)
            except KeyboardInterrupt:
                begun = ""
                output.note("")
                output.note(_("Dropped. Ctrl-D leaves."))
    output.note("")
    return None


def _text(begun: str) -> str:
    lines = [_line(begun), *_more()]
    if len(lines) > 1:
        lines += _confirmed(len(lines))
    return "\n".join(lines)


def _line(begun: str) -> str:
    with _begun_with(begun):
        return input(PROMPT)


@contextmanager
def _begun_with(text: str) -> Iterator[None]:
    """Let the next line begin with a text, where lines can be edited."""
    try:
        import readline  # noqa: PLC0415 - some Pythons have none
    except ImportError:
        yield
        return
    # No function of ours: readline drops what is raised in it, a Ctrl-C too.
    readline.set_startup_hook(partial(readline.insert_text, text))
    try:
        yield
    finally:
        readline.set_startup_hook()


def _more() -> Iterator[str]:
    while select.select([sys.stdin], [], [], PASTE_S)[0]:
        yield input()


def _confirmed(count: int) -> list[str]:
    """Wait for a yes to several lines; return what was typed to go with them."""
    output.note(
        n_(
            "{count} line was pasted.",
            "{count} lines were pasted. Enter sends them, with what you type before it; Ctrl-C "
            "drops them.",
            count,
        )
    )
    more = input(PROMPT)
    return [more] if more.strip() else []
