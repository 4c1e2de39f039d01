"""What is taken from an entry: into the prompt, or onto the clipboard. Pure."""

from ipcom_chat.domain.entry import Entry, Kind
from ipcom_chat.i18n import _


def as_asked(entry: Entry) -> str:
    """Return the question, or the command line, of an entry: what was private stays so."""
    return f" {entry.command}" if entry.private else entry.command


def as_typed(entry: Entry) -> str:
    """Return what the chat does an entry again from: a command line with its mark."""
    text = f"!{entry.command}" if entry.kind is Kind.COMMAND else entry.command
    return f" {text}" if entry.private else text


def copied_part(entry: Entry) -> tuple[str, str]:
    """Return what is copied of an entry, and what is said of that.

    It is the answer, or a command line, or a question that has no answer.
    """
    if entry.kind is Kind.QUESTION and entry.response:
        return entry.response, _("the answer was copied")
    return entry.command, _("copied")
