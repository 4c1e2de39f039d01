"""What is said of sessions, in every front end."""

from typing import TYPE_CHECKING

from ipcom_chat.i18n import _, n_
from ipcom_chat.services.session_history import TURNS_SHOWN, State, Summary

if TYPE_CHECKING:
    from ipcom_chat.services.resuming import TakenUp


def state_word(state: State) -> str:
    """Return whether a session is open, in the language of the screen."""
    return {State.OPEN: _("open"), State.ENDED: _("ended"), State.REMOTE: _("elsewhere")}[state]


def count_word(summary: Summary) -> str:
    """Return how many questions a session has."""
    return f"{summary.questions}{'' if summary.is_counted else '+'}"


def went_on(taken: "TakenUp") -> str:
    """Return in a sentence how a session goes on."""
    values = {"id": taken.short_id, "who": taken.who, "title": taken.title}
    if not taken.is_fork:
        return _("The session {id} goes on: {title}", **values)
    if taken.is_wanted_fork:
        return _("Your next question begins a fork of {id}, which stays as it is.", **values)
    if taken.state is State.OPEN:
        return _(
            "The session {id} is open in another terminal: read here, your next question begins "
            "a fork of it.",
            **values,
        )
    return _(
        "The session {id} of {who} can only be read: your next question begins a fork of it.",
        **values,
    )


def shown_part(taken: "TakenUp") -> str:
    """Return what is not shown of a session; empty if all of it is."""
    if not taken.turns.is_cut:
        return ""
    return _("Only its newest {count} questions are shown and known.", count=TURNS_SHOWN)


def delete_question(count: int) -> str:
    """Return what is asked before a session and so many entries are deleted."""
    if not count:
        return _("Delete this session for everybody?")
    return n_(
        "Delete this session and one entry for everybody?",
        "Delete this session and {count} entries for everybody?",
        count,
    )


def deleted(count: int) -> str:
    """Return that a session was deleted, and so many entries with it."""
    if not count:
        return _("Deleted the session.")
    return n_(
        "Deleted the session and one entry.", "Deleted the session and {count} entries.", count
    )
