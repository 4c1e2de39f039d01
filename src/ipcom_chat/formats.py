"""How instants, durations, people and statuses are written for people, in every front end.

Words are in the language of the screen, instants in the local time zone.
"""

import time
from pathlib import Path

from ipcom_chat.domain.entry import Entry, Kind, Status
from ipcom_chat.domain.votes import Tally
from ipcom_chat.i18n import _, decimal, n_


def instant(epoch_ms: int | None, *, seconds: bool = False) -> str:
    """Return an instant in the local time zone."""
    if epoch_ms is None:
        return ""
    return local_time(epoch_ms, "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def local_time(epoch_ms: int, form: str) -> str:
    """Return an instant in the local time zone, as `time.strftime` writes it."""
    try:
        return time.strftime(form, time.localtime(epoch_ms / 1000))
    except (OverflowError, ValueError, OSError):
        return str(epoch_ms)  # an import may hold any number


def duration(ms: float | None) -> str:
    """Return a duration with its unit, from a minute on with two: `25 h 3 min`."""
    if ms is None:
        return ""
    if ms < 60_000:
        return f"{ms:.0f} ms" if ms < 1000 else f"{decimal(ms / 1000)} s"
    minutes, seconds = divmod(int(ms // 1000), 60)
    hours, minutes_left = divmod(minutes, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{hours} h {minutes_left} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def person(username: str | None, os_user: str) -> str:
    """Return who wrote an entry: the user, and the account of the machine it happened under."""
    return f"{username} ({os_user})" if username else os_user


def yes_no(value: bool) -> str:  # noqa: FBT001 - the value itself
    """Return yes or no."""
    return _("yes") if value else _("no")


def status_word(status: Status) -> str:
    """Return the status of an entry in the language of the screen."""
    return {
        Status.PENDING: _("pending"),
        Status.PROCESSING: _("processing"),
        Status.COMPLETED: _("completed"),
        Status.ERROR: _("error"),
        Status.CANCELLED: _("cancelled"),
    }[status]


def tally_words(tally: Tally) -> str:
    """Return how many said what of an entry; nothing if nobody did."""
    if not (tally.good or tally.bad):
        return ""
    return _("{good} good, {bad} bad", good=tally.good, bad=tally.bad)


def voted(short_id: str, tally: Tally) -> str:
    """Return, as a sentence, what the votes on an entry are now."""
    return _("{id}: {votes}.", id=short_id, votes=tally_words(tally) or _("no votes"))


def outcome_of(entry: Entry) -> str:
    """Return how an entry ended: the exit code of a command that has one, or the status."""
    took = f", {duration(entry.execution_time_ms)}" if entry.execution_time_ms is not None else ""
    if entry.kind is Kind.COMMAND and entry.error_code is not None:
        return _("exit code {code}", code=entry.error_code) + took
    return status_word(entry.status) + took


def age(now_ms: int, at_ms: int) -> str:
    """Return how long ago `at_ms` was in a word or two, from a month on the day."""
    minutes = max(now_ms - at_ms, 0) // 60_000
    if minutes < 60:
        return f"{max(minutes, 1)} min"
    hours = minutes // 60
    if hours < 48:
        return f"{hours} h"
    return f"{hours // 24} d" if hours < 24 * 31 else local_time(at_ms, "%Y-%m-%d")


def megabytes(size_bytes: int) -> str:
    """Return a size as people read it, in units of a million bytes: `3.4 MB`."""
    return f"{decimal(size_bytes / 1e6)} MB"


def money(microusd: int) -> str:
    """Return an amount of US dollars as far as it says something: `$0.0012`, `$3.40`."""
    dollars = microusd / 1_000_000
    if 0 < dollars < 0.0001:
        return "< " + money(100)
    return _("${amount}", amount=decimal(dollars, places=2 if dollars >= 1 else 4))


def recovered(set_aside: Path, entries: int) -> str:
    """Return what became of a history file that was damaged, or being replaced, as a sentence."""
    if ".replaced-" in set_aside.name:
        return n_(
            "A restore that was cut off is finished: one entry. The replaced file lies in {path}.",
            "A restore that was cut off is finished: {count} entries. The replaced file lies in "
            "{path}.",
            count=entries,
            path=set_aside,
        )
    return n_(
        "The history file was damaged. It was set aside as {path}; one entry was recovered.",
        "The history file was damaged. It was set aside as {path}; {count} entries were recovered.",
        count=entries,
        path=set_aside,
    )
