"""What imported records become: entries whose ids follow from what they are copies of.

A line of a file is named by machine, owner, form, time, text, and its number among lines alike; a
row with an id of its own by that; an event of the earlier program by machine, session, text and
second, because its copies share nothing else.
"""

from collections.abc import Iterator

import msgspec

from ipcom_chat.domain.entry import (
    COMMAND_MAX_CHARS,
    RESPONSE_MAX_CHARS,
    Entry,
    Mode,
    capped,
    storable,
)
from ipcom_chat.ids import EntryId, ReplicaId, SessionId, UserId, imported_id
from ipcom_chat.imports.records import NAMED, Form, Named, Record
from ipcom_chat.services.import_people import ImportedPeople

TWIN_S = 2
"""How far apart the times of copies of one event may be."""

_CONTEXT_DEPTH = 50
_SHORT_MAX_CHARS = 4096
_SESSION_MAX_CHARS = 200


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where imported entries go."""

    owner: str
    """The OS user whose source it is."""
    replica_id: ReplicaId
    mode: Mode | None = None
    """Into which history; None: where the source has it, or this machine's."""
    user_id: UserId | None = None
    """Who wrote what names nobody."""
    private: bool = False
    dry_run: bool = False
    """Look at everything, change nothing."""


class EntryMaker:
    """Makes the entries of one source."""

    def __init__(self, form: Form, options: ImportOptions, people: ImportedPeople) -> None:
        self.named = NAMED.get(form, Named.TEXT)
        self._form = form
        self._source = f"import:{form.value}"
        self._options = options
        self._people = people
        self._seen: set[int] = set()
        self._repeats: dict[int, int] = {}
        self._neighbours: dict[str, list[str]] = {}

    def neighbours(self, entry_id: EntryId) -> list[str]:
        """Return the ids that an event would have with a time a little different."""
        return self._neighbours.get(entry_id, [])

    def forget(self, entry_id: EntryId) -> None:
        """Forget the neighbours of an event."""
        self._neighbours.pop(entry_id, None)

    def entry(self, record: Record) -> Entry:
        """Return what a record becomes."""
        options, people = self._options, self._people
        mode, user_id = self._target(record)
        command, command_cut = capped(storable(record.command), COMMAND_MAX_CHARS)
        response, response_cut = record.response, False
        if response is not None:
            response, response_cut = capped(storable(response), RESPONSE_MAX_CHARS)
        ended_at = record.created_at + (record.execution_time_ms or 0)
        return Entry(
            id=self._id(record),
            kind=record.kind,
            mode=mode,
            private=options.private,
            source=self._source,
            time_estimated=record.time_estimated,
            user_id=user_id,
            os_user=options.owner if record.os_user is None else storable(record.os_user),
            machine_id=people.machine_id(record.machine, record.hostname, is_local=record.is_local),
            replica_id=options.replica_id,
            session_id=self._session_id(record),
            command=command,
            response=response,
            status=record.status,
            error_code=_short(record.error_code),
            tags=tuple(map(storable, record.tags)),
            context=self._context(record),
            model=_short(record.model),
            tokens_used=record.tokens_used,
            execution_time_ms=record.execution_time_ms,
            cwd=_short(record.cwd),
            truncated=command_cut or response_cut,
            created_at=record.created_at,
            updated_at=ended_at,
            completed_at=ended_at,
        )

    def _context(self, record: Record) -> dict[str, object]:
        is_unknown = record.user is not None and self._people.user_id(record.user) is None
        if not record.context and not is_unknown:
            return {}
        more = {"old_user_id": record.user} if is_unknown else {}
        return _clean(record.context | more)

    def _target(self, record: Record) -> tuple[Mode, UserId | None]:
        """Return in which history an entry appears, and whose it is."""
        mode = self._options.mode or record.mode or Mode.MACHINE
        known = self._people.user_id(record.user) if record.user is not None else None
        user_id = known or self._options.user_id
        if mode is Mode.USER and user_id is None:
            if record.user is None:
                return Mode.MACHINE, None
            # Nobody here knows who that was; the entries of one person stay together all the same.
            return mode, UserId(imported_id("user", record.user))
        return mode, user_id

    def _session_id(self, record: Record) -> SessionId | None:
        if record.session is None:
            return None
        if self._form is Form.OLD_SESSION:  # a name that other machines may have, too
            return SessionId(imported_id("session", self._people.here, record.session))
        return SessionId(storable(record.session)[:_SESSION_MAX_CHARS])

    # Names.

    def _id(self, record: Record) -> EntryId:
        form = self._form.value
        if self.named is Named.ROW and record.row_id:
            return imported_id("row", form, record.row_id)
        if self.named is Named.EVENT:
            return self._event_id(record)
        at = "" if record.time_estimated else str(record.created_at // 1000)
        owner = self._options.owner
        return self._numbered(
            "text", self._people.here, owner, form, record.session or "", at, record.command
        )

    def _event_id(self, record: Record) -> EntryId:
        names = ("event", record.machine or "", record.session or "", record.command)
        if record.time_estimated:
            return self._numbered(*names, "row", record.row_id)
        second = record.created_at // 1000
        entry_id = self._numbered(*names, str(second))
        self._neighbours[entry_id] = [
            imported_id(*names, str(second + delta))
            for delta in range(-TWIN_S, TWIN_S + 1)
            if delta
        ]
        return entry_id

    def _numbered(self, *names: str) -> EntryId:
        """Return the id of a name; of one that came before in this source, the next one."""
        entry_id = imported_id(*names)
        mark = hash(entry_id)
        if mark not in self._seen:
            self._seen.add(mark)
            return entry_id
        number = self._repeats[mark] = self._repeats.get(mark, 1) + 1
        return imported_id(*names, str(number))


def _short(text: str | None) -> str | None:
    return None if text is None else storable(text)[:_SHORT_MAX_CHARS]


def _clean(value: object, depth: int = 0) -> dict[str, object]:
    """Return a context with texts that can be stored, and nothing that could not be read again."""
    assert isinstance(value, dict)  # noqa: S101 - a context is one
    return {storable(str(key)): item for key, item in _cleaned(value, depth)}


def _cleaned(fields: dict[str, object], depth: int) -> Iterator[tuple[str, object]]:
    for key, item in fields.items():
        yield key, _plain(item, depth + 1)


def _plain(value: object, depth: int) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return _clean(value, depth) if depth < _CONTEXT_DEPTH else None
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value] if depth < _CONTEXT_DEPTH else None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 2**1000 else None
    return value
