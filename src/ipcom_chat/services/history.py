"""Reads the history: lists, finds by short id, counts, exports, and recalls what is known.

Plain synchronous code; the chat calls it through `services.bridge`.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry, EntryEvent, Scope
from ipcom_chat.domain.recall import MAX_CHARS, Frequencies, best_matches
from ipcom_chat.domain.similarity import Fit
from ipcom_chat.errors import AmbiguousIdError, NotFoundError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, MachineId, SessionId, UserId
from ipcom_chat.services.short_ids import IdsWithTail, meant, shortest
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import DayCount, EntryFilter, EntryStats, redacted
from ipcom_chat.storage.meter import READ, REUSE_HITS, REUSE_MISSES, Meter, timed, timing
from ipcom_chat.storage.people import Machines, Users
from ipcom_chat.storage.usage_stats import CountedStats

__all__ = ["DayCount", "EntryFilter", "EntryStats", "HistoryService", "Known"]

RECALL_CANDIDATES = 5000
RECALL_LIMIT = 5
RECALL_THRESHOLD = 0.5


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that answers a question, with who asked it and where."""

    entry: Entry
    short_id: str
    username: str | None
    hostname: str
    score: float


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """Answered questions that are like a new one, the newest first, and what is rare."""

    candidates: list[tuple[EntryId, str]]
    fits: list[Fit]
    """How well each of them fits, the share of its words left out."""
    frequencies: Frequencies


FindSimilar = Callable[[Scope, str], Similar | None]
"""Asks the search index; None while it does not hold the whole history."""


class HistoryService:
    """The history of one replica, as people read it."""

    def __init__(self, entries: Entries, users: Users, machines: Machines, clock: Clock) -> None:
        self._entries = entries
        self._users = users
        self._machines = machines
        self._clock = clock
        self.find_similar: FindSimilar = lambda _scope, _question: None
        """How earlier questions are found without reading them all."""
        self.sessions_with_tail: IdsWithTail[SessionId] = lambda _prefix, _limit: ()
        """Where the short ids of sessions are looked for."""
        self.counted: CountedStats | None = None
        """How a whole history is counted without reading it."""

    @property
    def meter(self) -> Meter | None:
        """What notes how long things take, if anybody asked."""
        return self._entries.meter

    def newest(
        self, scope: Scope, where: EntryFilter, *, limit: int | None, preview: bool = False
    ) -> Iterator[Entry]:
        """Yield entries, newest first; `preview` cuts long texts."""
        found = self._entries.newest(scope, where, limit=limit, preview=preview)
        return timed(self.meter, READ, found)

    def oldest(self, scope: Scope, where: EntryFilter) -> Iterator[Entry]:
        """Yield whole entries, oldest first."""
        return self._entries.oldest(scope, where)

    def find(self, text: str) -> Entry:
        """Return the entry with this id or short id.

        Raises:
            NotFoundError: there is none.
            AmbiguousIdError: the short id fits several; the message lists them.
        """
        with timing(self.meter, READ):
            entry = self._entries.get(self._resolve(text.strip().lower()))
        if entry is None:
            raise _no_entry(text)
        return entry

    def find_shown(self, scope: Scope, text: str) -> Entry:
        """Return the entry with this id or short id, if the scope shows it; raises as `find`."""
        with timing(self.meter, READ):
            entry = self._entries.get_shown(scope, self._resolve(text.strip().lower()))
        if entry is None:
            raise _no_entry(text)
        return entry

    def commands_of(self, entry_id: EntryId) -> list[Entry]:
        """Return the commands that ran for a question, in order."""
        return self._entries.of_parent(entry_id)

    def events(self, entry_id: EntryId) -> list[EntryEvent]:
        """Return what happened to an entry, in order."""
        return self._entries.events(entry_id)

    def short_id(self, entry_id: EntryId) -> str:
        """Return the shortest id, of six digits or more, that means only this entry."""
        return shortest(entry_id, self._entries.ids_with_tail)

    def usernames(self) -> dict[str, str]:
        """Return the usernames by user id, inactive users included."""
        return {user.id: user.username for user in self._users.all(inactive=True)}

    def hostnames(self) -> dict[str, str]:
        """Return the host names by machine id."""
        return self._machines.hostnames()

    def session_ids(self, text: str) -> Sequence[str]:
        """Return the ids of the sessions that a text may mean; the text itself if it is no id."""
        return meant(text.lower(), self.sessions_with_tail) or (text,)

    def username(self, user_id: UserId | None) -> str | None:
        """Return the username of one user; None for nobody, and for one who is not known here."""
        user = self._users.get(user_id) if user_id else None
        return user.username if user else None

    def hostname(self, machine_id: MachineId) -> str:
        """Return the host name of one machine, or what its id begins with."""
        machine = self._machines.get(machine_id)
        return machine.hostname if machine else machine_id[:12]

    def uncounted(self, scope: Scope, where: EntryFilter) -> int:
        """Return about how many entries `stats` is going to count, once, before it answers."""
        return self.counted.waiting(scope, where) if self.counted else 0

    def stats(self, scope: Scope, where: EntryFilter) -> EntryStats:
        """Return counts over a scope."""
        found = self.counted.stats(scope, where) if self.counted else None
        return found or self._entries.stats(scope, where)

    def days(self, scope: Scope, where: EntryFilter) -> list[DayCount]:
        """Return counts per day of the local calendar, newest first."""
        found = self.counted.days(scope, where) if self.counted else None
        return self._entries.days(scope, where) if found is None else found

    def request_cancel(self, entry_id: EntryId, *, actor: str) -> bool:
        """Ask the process that owns an open request to cancel it; False if it is not open."""
        return self._entries.request_cancel(entry_id, at_ms=self._clock.now_ms(), actor=actor)

    def prompts(self, scope: Scope, *, limit: int) -> list[str]:
        """Return earlier questions, newest first, each text once."""
        return list(dict.fromkeys(self._entries.asked(scope, limit=limit)))

    def recall(self, scope: Scope, question: str) -> list[Known]:
        """Return answered questions that ask the same as `question`, best first.

        They share its telling words, or mean the same where meanings are known.
        """
        with timing(self.meter, READ):
            known = self._recalled(scope, question)
        self._note_reuse(known)
        return known

    def _note_reuse(self, known: Sequence[Known]) -> None:
        if self.meter is None:
            return
        self.meter.count(REUSE_HITS if known else REUSE_MISSES)
        if known:
            self.meter.reused(known[0].entry.id)

    def _recalled(self, scope: Scope, question: str) -> list[Known]:
        similar = self.find_similar(scope, question[:MAX_CHARS])
        if similar is not None:
            return self._known(_most_alike(question, similar)[:RECALL_LIMIT])
        candidates = self._entries.answered(scope, limit=RECALL_CANDIDATES, max_chars=MAX_CHARS)
        matches = best_matches(
            question,
            [text for _id, text in candidates],
            threshold=RECALL_THRESHOLD,
            limit=RECALL_LIMIT,
        )
        return self._known([(candidates[match.place][0], match.score) for match in matches])

    def _known(self, matches: Sequence[tuple[EntryId, float]]) -> list[Known]:
        users, hosts = (self.usernames(), self.hostnames()) if matches else ({}, {})
        found = [(self._entries.get(entry_id), score) for entry_id, score in matches]
        return [
            Known(
                # What an older version of the rules has seen goes to an assistant, too.
                entry=redacted(entry),
                short_id=self.short_id(entry.id),
                username=users.get(entry.user_id or ""),
                hostname=hosts.get(entry.machine_id, entry.machine_id[:12]),
                score=score,
            )
            for entry, score in found
            if entry is not None
        ]

    def _resolve(self, text: str) -> EntryId:
        found = meant(text, self._entries.ids_with_tail)
        if not found:
            raise _no_entry(text)
        if len(found) > 1:
            raise AmbiguousIdError(
                _(
                    "Several entries have an id that starts with {text}: {ids}",
                    text=text,
                    ids=", ".join(self.short_id(entry_id) for entry_id in found),
                )
            )
        return found[0]


def _most_alike(question: str, similar: Similar) -> list[tuple[EntryId, float]]:
    """Return the entries that are alike enough, best first, and how sure that is."""
    count = len(similar.candidates)
    matches = best_matches(
        question,
        [text for _id, text in similar.candidates],
        threshold=0.0,
        limit=count,
        frequencies=similar.frequencies,
    )
    shares = {match.place: match.score for match in matches}
    fits = [each._replace(share=shares.get(place, 0.0)) for place, each in enumerate(similar.fits)]
    good = [place for place, each in enumerate(fits) if each.certainty >= RECALL_THRESHOLD]
    by_meaning = any(each.cosine is not None for each in fits)
    good.sort(key=lambda place: -(fits[place].total if by_meaning else fits[place].share))
    return [(similar.candidates[place][0], fits[place].certainty) for place in good]


def _no_entry(text: str) -> NotFoundError:
    return NotFoundError(
        _(
            "No entry has the id {text!r}; 'ipcom-chat history list' shows the ids.",
            text=text,
        )
    )
