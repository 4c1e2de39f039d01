"""The history as a person leafs through it: what was typed finds, a session in order, one entry.

Plain synchronous code; the history screen calls it through `services.bridge`. What it lists is
small whatever the entries are: titles are beginnings, answers are read one at a time.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Entry, Kind, Scope, Status
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.ids import EntryId, SessionId
from ipcom_chat.search.query import Condition, Field, Query, Term, parse
from ipcom_chat.services.erasures import Chosen, ErasureService, How
from ipcom_chat.services.history import EntryFilter, HistoryService
from ipcom_chat.services.search import Hit, SearchService, Wanted
from ipcom_chat.services.snippets import Marked
from ipcom_chat.services.votes import Tally, VoteService

__all__ = ["Browsing", "Chosen", "Erased", "How", "Listed", "Page", "Query", "View", "Whole"]

SESSION_MAX: Final = 1_000
"""So many entries of a session are listed, the oldest of them."""
_TITLE_CHARS: Final = 400
_LAST_WORD = re.compile(r"(?:^|\s)(\w{3,})\Z")
_BEGUN = re.compile(r"(?:^|(?<=\s))\w{1,2}\Z")
"""Too little to look for what it may become: if nothing holds it as it is, it is left out."""
_GROWING_WORDS: Final = 5
"""In a longer text the last word is one of many, and its beginning tells nothing."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at."""

    scope: Scope
    text: str = ""
    """Whatever was typed."""
    kind: Kind | None = None
    status: Status | None = None
    session: SessionId | None = None
    """One session; without words its entries in order."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One entry in a list."""

    id: EntryId
    kind: Kind
    status: Status
    error_code: str | None
    created_at: int
    who: str
    """The user, or the account where nobody was named."""
    hostname: str
    title: Marked
    passage: Marked | None = None
    times: int = 1
    """How many of those found have the same text."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a view shows."""

    lines: tuple[Listed, ...]
    is_cut: bool
    """Whether there may be more."""
    not_indexed: int = 0
    """So many changed rows could not be looked at yet."""


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with everything that belongs to it."""

    entry: Entry
    short_id: str
    username: str | None
    hostname: str
    commands: tuple[Entry, ...]
    votes: Tally


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a deletion or a redaction."""

    count: int
    is_pending: bool
    """Whether others still read the old text, so that it leaves the disk later."""
    copies: int
    """How many copies of the history on this machine were not reached."""


class Browsing:
    """What the history screen reads and takes out of one replica."""

    def __init__(
        self,
        history: HistoryService,
        search: SearchService,
        erasures: ErasureService,
        votes: VoteService,
        clock: Clock,
    ) -> None:
        self._history = history
        self._search = search
        self._erasures = erasures
        self._votes = votes
        self._clock = clock

    def query(self, text: str) -> Query:
        """Return what is understood of a text; any text is legal."""
        return parse(text, self._clock.now_ms())

    def page(self, view: View, *, limit: int) -> Page:
        """Return what fits best, best first; without words the newest, or a session in order.

        Args:
            view: what is looked at.
            limit: how many entries at most; a session without words has its own.
        """
        if view.session is not None and not view.text.strip():
            return self._in_order(view, view.session)
        wanted = Wanted(conditions=tuple(_conditions(view)))
        text = growing(view.text, self._clock.now_ms())
        found = self._search.search(view.scope, text, wanted, limit=limit)
        begun = _BEGUN.search(view.text)
        if not found.hits and begun:
            rest = view.text[: begun.start()]
            found = self._search.search(view.scope, rest, wanted, limit=limit)
        return Page(
            lines=tuple(_hit(hit) for hit in found.hits),
            is_cut=len(found.hits) == limit,
            not_indexed=found.not_indexed,
        )

    def _in_order(self, view: View, session: SessionId) -> Page:
        where = EntryFilter(kind=view.kind, status=view.status, session_id=session)
        people, hosts = self._history.usernames(), self._history.hostnames()
        found = self._history.oldest(view.scope, where)
        lines = tuple(
            _listed(
                entry,
                people.get(entry.user_id or ""),
                hosts.get(entry.machine_id, entry.machine_id[:12]),
                Marked(text=one_line(entry.command[: 2 * _TITLE_CHARS])),
            )
            for entry in islice(found, SESSION_MAX)
        )
        return Page(lines=lines, is_cut=len(lines) == SESSION_MAX)

    def whole(self, entry_id: EntryId) -> Whole:
        """Return one entry with its commands.

        Raises:
            NotFoundError: it is no longer there.
        """
        entry = self._history.find(entry_id)
        return Whole(
            entry=entry,
            short_id=self._history.short_id(entry_id),
            username=self._history.usernames().get(entry.user_id or ""),
            hostname=self._history.hostnames().get(entry.machine_id, entry.machine_id[:12]),
            commands=tuple(self._history.commands_of(entry_id)),
            votes=self._votes.tally(entry),
        )

    def choose(self, entry: Entry) -> Chosen:
        """Return what would be taken out with an entry: it and the commands that it ran.

        Raises:
            NotFoundError: it is no longer there.
        """
        scope = Scope(mode=None, machine_id=entry.machine_id)
        return self._erasures.choose(scope, EntryFilter(), words=[entry.id])

    def erase(self, chosen: Chosen, how: How) -> Erased:
        """Take entries or their texts out, for everybody; the index follows by itself."""
        if how == "delete":
            count = self._erasures.delete(chosen)
        else:
            count = self._erasures.redact(chosen, ["command", "response"])
        return Erased(
            count=count,
            is_pending=not self._erasures.finish(),
            copies=len(self._erasures.copies()),
        )


def growing(text: str, now_ms: int) -> str:
    """Return a text that also finds what its last word may become: `ngi` finds `nginx`.

    A last word that ends with a blank is finished; fields, dates, flags, paths and quotes stay as
    they are.

    Args:
        text: what was typed so far.
        now_ms: the present, for dates.
    """
    last = _LAST_WORD.search(text)
    if last is None or len(text.split()) > _GROWING_WORDS:
        return text
    is_word = parse(text, now_ms).terms[-1:] == (Term(last[1]),)
    return f"{text} {last[1]}*" if is_word else text


def _conditions(view: View) -> Sequence[Condition]:
    chosen = (
        (Field.KIND, view.kind),
        (Field.STATUS, view.status),
        (Field.SESSION, view.session),
    )
    return [Condition(field, (str(value),)) for field, value in chosen if value is not None]


def _hit(hit: Hit) -> Listed:
    listed = _listed(hit.entry, hit.username, hit.hostname, hit.title)
    return msgspec.structs.replace(listed, passage=hit.passage, times=hit.times)


def _listed(entry: Entry, username: str | None, hostname: str, title: Marked) -> Listed:
    kept = tuple(each for each in title.ranges if each[1] <= _TITLE_CHARS)
    return Listed(
        id=entry.id,
        kind=entry.kind,
        status=entry.status,
        error_code=entry.error_code,
        created_at=entry.created_at,
        who=one_line(username or entry.os_user),
        hostname=one_line(hostname),
        title=Marked(text=title.text[:_TITLE_CHARS], ranges=kept),
    )
