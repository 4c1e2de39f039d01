"""Which session may go on, and into which histories what is asked in it goes.

A session goes on only in the replica that began it and for the person who began it; everybody else
begins a fork, which leaves the original as it is. Whoever goes on never shares more widely than the
session did: what was said before may come back in an answer.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from ipcom_chat.domain.entry import Entry, Mode, Origin
from ipcom_chat.domain.people import Session
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _

NEWEST: Final = "newest"
"""Instead of an id: the session that was used last."""

TITLE_CHARS: Final = 60
"""So much of a first question stands for a title; only what is shown is cut."""
TITLE_MAX_CHARS: Final = 200

_OF_FEW: Final = frozenset({Mode.USER.value, Mode.MACHINE.value})


def is_own(session: Session, origin: Origin) -> bool:
    """Return whether this person began the session in this replica."""
    users = {session.user_id, origin.user_id} - {None}
    return session.replica_id == origin.replica_id and len(users) <= 1


def may_change(session: Session, origin: Origin) -> bool:
    """Return whether this person may rename or delete the session."""
    is_theirs = session.user_id is not None and session.user_id == origin.user_id
    return is_theirs or session.replica_id == origin.replica_id


def narrowed(origin: Origin, session: Session, *, mode_is_given: bool) -> Origin:
    """Return who asks and where to, after a session has been taken up.

    Args:
        origin: as it is without that session.
        session: what is taken up.
        mode_is_given: whether the person has said where to, so that the session does not.

    Raises:
        UsageError: the session belongs to a user's history, and nobody says whose this is.
    """
    mode = origin.mode
    if not mode_is_given and session.mode in _OF_FEW:
        mode = Mode(session.mode)
    if mode is Mode.USER and origin.user_id is None:
        raise UsageError(
            _("That session is in a user's own history. Say who you are: --user USERNAME")
        )
    return msgspec.structs.replace(origin, mode=mode, private=origin.private or session.private)


def shown_title(title: str | None, first_question: str | None) -> str:
    """Return one line for a session: its title, or how its first question begins."""
    text = one_line((title or first_question or "")[: 4 * TITLE_CHARS]).strip()
    return text if len(text) <= TITLE_CHARS else f"{text[: TITLE_CHARS - 1].rstrip()}…"


def valid_title(text: str) -> str:
    """Return a title as it is stored.

    Raises:
        UsageError: it is empty or too long.
    """
    title = one_line(text).strip()
    if not title or len(title) > TITLE_MAX_CHARS:
        raise UsageError(_("A title has 1 to {max} characters.", max=TITLE_MAX_CHARS))
    return title


def still_meant(questions: Sequence[Entry]) -> list[Entry]:
    """Return the questions that none of the later ones asks again or anew, in order."""
    asked_again = {entry.retry_of for entry in questions}
    return [entry for entry in questions if entry.id not in asked_again]
