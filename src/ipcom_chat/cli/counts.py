"""Counts of entries, as JSON and for people; `history stats` and `user stats` print them."""

from collections.abc import Mapping, Sequence

import msgspec

from ipcom_chat.cli import output, tables
from ipcom_chat.formats import duration, instant
from ipcom_chat.i18n import _
from ipcom_chat.services.history import DayCount, EntryStats


def stats_object(
    counts: EntryStats, days: Sequence[DayCount], head: Mapping[str, object]
) -> dict[str, object]:
    """Return counts as the one JSON object that is printed."""
    return {**head} | msgspec.structs.asdict(counts) | {"days": list(days)}


def show_stats(counts: EntryStats, days: Sequence[DayCount], *, styled: bool) -> None:
    """Print counts for people."""
    tables.show_facts(
        [
            (_("Questions answered"), counts.completed),
            (_("Questions failed"), counts.errors),
            (_("Questions cancelled"), counts.cancelled),
            (_("Questions open"), counts.open),
            (_("Commands"), counts.commands),
            (_("Commands that worked"), counts.commands_ok),
            (_("Users"), counts.users),
            (_("Machines"), counts.machines),
            (_("Tokens"), counts.tokens_used),
            (_("Mean time of an answer"), duration(counts.mean_execution_time_ms)),
            (_("First entry"), instant(counts.first_at)),
            (_("Last entry"), instant(counts.last_at)),
        ]
    )
    if days:
        output.line()
        columns = [
            tables.Column(_("Day")),
            tables.Column(_("Questions"), right=True),
            tables.Column(_("Commands"), right=True),
        ]
        tables.show(
            columns, [(day.day, day.questions, day.commands) for day in days], styled=styled
        )
