"""Words of the chat for modes and sharing, in the language of the screen."""

from typing import TYPE_CHECKING

from ipcom_chat.domain.entry import Mode, Origin
from ipcom_chat.formats import duration, tally_words
from ipcom_chat.i18n import _

if TYPE_CHECKING:
    from ipcom_chat.services.suggestions import Solved


def shared_with(origin: Origin, username: str) -> str:
    """Return who will see what is asked now, in a word or two."""
    if origin.private:
        return _("private")
    if origin.mode is Mode.USER:
        return _("only {user}", user=username)
    return _("this machine") if origin.mode is Mode.MACHINE else _("everyone")


def sharing(origin: Origin, username: str) -> str:
    """Return who will see what is asked now, as a sentence."""
    if origin.private:
        return _("Private: what you ask stays in this history file.")
    return {
        Mode.GLOBAL: _("Mode global: what you ask is shared with everyone."),
        Mode.USER: _("Mode user: what you ask belongs to the history of {user}.", user=username),
        Mode.MACHINE: _("Mode machine: what you ask belongs to the history of this machine."),
        Mode.HYBRID: _(
            "Mode hybrid: shared with everyone, and in your and this machine's history."
        ),
    }[origin.mode]


def solved_before(solved: "Solved") -> str:
    """Return who has solved a question before, when, how good it was, and where to read it."""
    source = solved.source
    who = source.username or source.entry.os_user
    told = _("Solved before by {who}, {age} ago", who=who, age=duration(source.age_ms))
    return "  ·  ".join(filter(None, (told, tally_words(solved.votes), source.short_id)))


def examples() -> tuple[str, ...]:
    """Return questions to begin with."""
    return (
        _("what is filling the disk?"),
        _("which ports are open, and who listens?"),
        _("E: Could not get lock /var/lib/dpkg/lock-frontend"),
    )
