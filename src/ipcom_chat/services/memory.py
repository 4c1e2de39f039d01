"""What other programs read of the team's memory: entries in a form that is safe to hand out.

Invariants:
- Only what the scope shows is handed out, by whatever way an entry was named or found.
- Every text was seen by the rules of redaction of today, holds nothing that a terminal would act
  on, and is cut to a size; whoever cuts says so.
- Ids are short ids.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import msgspec

from ipcom_chat.domain.entry import Entry, Kind, Scope
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.errors import NotFoundError, StorageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import SessionId
from ipcom_chat.services.history import EntryFilter, HistoryService
from ipcom_chat.services.search import NEWER_MAX, Hit, SearchService, Wanted
from ipcom_chat.services.suggestions import Solved, Source, SuggestionService, Worked
from ipcom_chat.storage.entry_rows import redacted, redacted_text

BRIEF_CHARS: Final = 1_500
"""So much of an answer stands in a list; the whole is had by its id."""
WHOLE_CHARS: Final = 40_000
OUTPUT_CHARS: Final = 4_000
QUESTION_CHARS: Final = 4_000
COMMANDS: Final = 20
RECENT: Final = 20
SESSION: Final = 50

_LOG = logging.getLogger(__name__)


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as another program reads it."""

    id: str
    kind: str
    text: str
    """The question, or the command line."""
    response: str = ""
    """The answer, or the output."""
    is_cut: bool = False
    """Whether there is more text than is handed out here."""
    status: str
    exit_code: str | None = None
    user: str
    machine: str
    at: str
    tags: tuple[str, ...] = ()
    is_private: bool = False
    commands: tuple["Told", ...] = ()
    """What ran for it."""
    passage: str = ""
    """The place of the answer that was found, where the beginning does not show it."""
    times: int = 1
    """How often the same was asked or ran."""


class Hint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command that worked, or that usually comes next."""

    command: str
    id: str = ""
    times: int
    people: int
    machines: int


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """What the history suggests."""

    fresh: Told | None
    solved: tuple[Told, ...]
    worked: tuple[Hint, ...]
    next: tuple[Hint, ...]


class Memory:
    """The history of one scope, as other programs read it.

    Args:
        history: reads it.
        search: searches it.
        suggestions: suggests from it.
        scope: what is shown.
    """

    def __init__(
        self,
        history: HistoryService,
        search: SearchService,
        suggestions: SuggestionService,
        scope: Scope,
    ) -> None:
        self._history = history
        self._search = search
        self._suggestions = suggestions
        self._scope = scope

    def search(self, query: str, *, limit: int) -> tuple[Told, ...]:
        """Return what fits best, best first; the query is what people type to search."""
        self._catch_up()
        found = self._search.search(self._scope, query, Wanted(), limit=limit)
        return tuple(self._hit(hit) for hit in found.hits)

    def entry(self, text: str) -> Told:
        """Return a whole entry by its id or short id, with the commands that ran for it.

        Raises:
            NotFoundError, AmbiguousIdError: as `HistoryService.find`.
        """
        entry = self._history.find_shown(self._scope, text)
        ran = self._history.commands_of(entry.id)
        return self._told(entry, WHOLE_CHARS, ran)

    def suggest(self, text: str) -> Hints:
        """Return what the history suggests for a question or a command."""
        self._catch_up()
        found = self._suggestions.suggest(self._scope, text, None)
        return Hints(
            fresh=self._source(found.fresh) if found.fresh else None,
            solved=tuple(self._solved(each) for each in found.solved),
            worked=tuple(_worked(each) for each in found.commands),
            next=tuple(
                Hint(
                    command=_command(each.command),
                    times=each.times,
                    people=each.people,
                    machines=each.machines,
                )
                for each in found.next
            ),
        )

    def recent(self) -> tuple[Told, ...]:
        """Return the newest questions, newest first."""
        where = EntryFilter(kind=Kind.QUESTION)
        newest = self._history.newest(self._scope, where, limit=RECENT)
        return tuple(self._told(each, BRIEF_CHARS) for each in newest)

    def session(self, session_id: str) -> tuple[Told, ...]:
        """Return the newest entries of a session, newest first.

        Raises:
            NotFoundError: it has none that is shown.
        """
        where = EntryFilter(session_id=SessionId(session_id))
        found = list(self._history.newest(self._scope, where, limit=SESSION))
        if not found:
            raise NotFoundError(_("No entry of a session {id!r} is known here.", id=session_id))
        return tuple(self._told(each, BRIEF_CHARS) for each in found)

    def short_id(self, entry: Entry) -> str:
        """Return the short id of an entry."""
        return self._history.short_id(entry.id)

    def _catch_up(self) -> None:
        """Bring the index up to date if more is missing than a search looks at one by one."""
        try:
            if self._search.waiting() > NEWER_MAX:
                self._search.catch_up()
        except StorageError as error:  # a full disk: what is indexed is found all the same
            _LOG.warning("the search index was not brought up to date: %s", error.code)

    def _hit(self, hit: Hit) -> Told:
        told = self._told(hit.entry, BRIEF_CHARS)
        passage = cleaned(hit.passage.text, BRIEF_CHARS)[0] if hit.passage else ""
        return msgspec.structs.replace(
            told, times=hit.times, passage=passage if told.is_cut else ""
        )

    def _source(self, source: Source) -> Told:
        return self._told(source.entry, BRIEF_CHARS)

    def _solved(self, solved: Solved) -> Told:
        entry = msgspec.structs.replace(solved.source.entry, response=solved.answer)
        told = self._told(entry, BRIEF_CHARS, solved.commands)
        return msgspec.structs.replace(told, times=solved.times)

    def _told(self, entry: Entry, chars: int, ran: Iterable[Entry] = ()) -> Told:
        entry = redacted(entry)
        text, is_text_cut = cleaned(entry.command, QUESTION_CHARS)
        response, is_response_cut = cleaned(entry.response or "", chars)
        return Told(
            id=self._history.short_id(entry.id),
            kind=entry.kind.value,
            text=text,
            response=response,
            is_cut=is_text_cut or is_response_cut,
            tags=tuple(one_line(tag) for tag in entry.tags),
            commands=tuple(
                self._told(each, OUTPUT_CHARS)
                for each in islice(filter(self._is_shown, ran), COMMANDS)
            ),
            **self._facts(entry),
        )

    def _facts(self, entry: Entry) -> dict[str, Any]:
        return {
            "status": entry.status.value,
            "exit_code": entry.error_code and one_line(entry.error_code),
            "user": one_line(self._history.username(entry.user_id) or entry.os_user),
            "machine": one_line(self._history.hostname(entry.machine_id)),
            "at": _iso(entry.created_at),
            "is_private": entry.private,
        }

    def _is_shown(self, command: Entry) -> bool:
        return self._scope.with_private or not command.private


def cleaned(text: str, max_chars: int) -> tuple[str, bool]:
    """Return a text without secrets as it may be handed out, and whether it was cut."""
    harmless = neutralise(text)
    return (harmless, False) if len(harmless) <= max_chars else (f"{harmless[:max_chars]}…", True)


def _command(text: str) -> str:
    return cleaned(redacted_text(text) or "", QUESTION_CHARS)[0]


def _worked(worked: Worked) -> Hint:
    practice = worked.practice
    return Hint(
        command=_command(practice.last.command),
        id=worked.short_id,
        times=practice.times,
        people=practice.people,
        machines=practice.machines,
    )


def _iso(at_ms: int) -> str:
    """Return an instant as text; what no calendar holds is told as the number it is."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return str(at_ms)
