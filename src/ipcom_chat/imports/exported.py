"""Reader of our own exports: JSON and JSON lines, every entry as it was.

Both are written an object a line and are read so, whatever their size; JSON that another tool has
laid out anew is read whole.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from ipcom_chat.domain.entry import Entry, EntryEvent, Status, storable
from ipcom_chat.domain.merge import ModeName, SessionRow, VoteRow
from ipcom_chat.i18n import _
from ipcom_chat.imports.old_files import json_or_none
from ipcom_chat.imports.records import Exported, Items, Rejected
from ipcom_chat.imports.sources import File, lines, whole
from ipcom_chat.storage.beside import Beside

MARKS = frozenset({"id", "kind", "mode", "os_user", "replica_id", "command", "status", "version"})
"""What every object of an export has, and no other program's."""

_INT64 = 2**63
_ENTRY_ID_CHARS = 36
_DEPTH_MAX = 100
_OPEN = (Status.PENDING, Status.PROCESSING)


class _Vote(msgspec.Struct, frozen=True, kw_only=True):
    """A vote, without what it has from its entry."""

    voter: str
    value: Literal[-1, 0, 1]
    created_at: int
    updated_at: int


class _Session(msgspec.Struct, frozen=True, kw_only=True):
    """The session of an entry, whose id is in the entry."""

    parent_id: str | None
    title: str | None
    mode: ModeName
    private: bool
    user_id: str | None
    os_user: str
    machine_id: str
    replica_id: str
    started_at: int
    last_active_at: int
    ended_at: int | None
    updated_at: int


class _Names(msgspec.Struct, kw_only=True):
    """What an exported object has beside the columns of an entry."""

    username: str | None = None
    user_name: str | None = None
    user_email: str | None = None
    user_is_active: bool | None = None
    hostname: str | None = None
    events: tuple[dict[str, Any], ...] = ()
    # Not said by exports of before.
    votes: tuple[_Vote, ...] = ()
    session: _Session | None = None


def exported(file: File) -> Items:
    """Yield the entries of an export."""
    for place, value, text in _objects(file):
        yield _exported(place, value, text)


def _objects(file: File) -> Iterator[tuple[str, Any, str]]:
    """Yield each object with its place and its text."""
    for number, raw in enumerate(lines(file.path), 1):
        text = raw.strip().removeprefix(b"\xef\xbb\xbf")
        body = text.removesuffix(b",")
        if (number == 1 and text == b"[") or text in (b"", b"]", b"[]"):
            continue
        value = json_or_none(body)
        if number <= 2 and not isinstance(value, dict):
            yield from _laid_out_anew(file)
            return
        yield str(number), value, body.decode("utf-8", "replace")


def _laid_out_anew(file: File) -> Iterator[tuple[str, Any, str]]:
    document = json_or_none(whole(file.path))
    for index, value in enumerate(document if isinstance(document, list) else [document], 1):
        yield str(index), value, repr(value)


def _exported(place: str, value: Any, text: str) -> Exported | Rejected:
    if not isinstance(value, dict):
        return Rejected(place=place, reason=_("it is no JSON object"), text=text)
    try:
        entry = msgspec.convert(value, Entry)
        names = msgspec.convert(value, _Names)
        events = tuple(
            msgspec.convert({**event, "entry_id": entry.id}, EntryEvent) for event in names.events
        )
        beside = _beside(entry, names)
        problem = _problem(entry, beside)
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        return Rejected(place=place, reason=str(error), text=text)
    if problem is not None:
        return Rejected(place=place, reason=problem, text=text)
    return Exported(
        place=place,
        entry=entry,
        events=events,
        beside=beside,
        username=names.username,
        user_name=names.user_name,
        user_email=names.user_email,
        # Not said by exports of before.
        user_is_active=names.user_is_active is not False,
        hostname=names.hostname,
    )


def _beside(entry: Entry, names: _Names) -> Beside:
    votes = tuple(
        VoteRow(
            entry_id=entry.id, mode=entry.mode.value, user_id=entry.user_id,
            machine_id=entry.machine_id, **msgspec.structs.asdict(vote),
        )
        for vote in names.votes
    )  # fmt: skip
    if names.session is None or entry.session_id is None:
        return Beside(votes=votes)
    values = msgspec.structs.asdict(names.session)
    private = values.pop("private")
    session = SessionRow(id=entry.session_id, deleted_at=None, **values)
    return Beside(votes=votes, session=session, session_is_private=private)


def _problem(entry: Entry, beside: Beside) -> str | None:
    """Return which rule of the tables an entry, or what stands beside it, breaks, if any."""
    session = beside.session
    owners = [(each.mode, each.user_id) for each in (entry, session) if each is not None]
    values = [
        *msgspec.structs.astuple(entry),
        *(value for vote in beside.votes for value in msgspec.structs.astuple(vote)),
        *(msgspec.structs.astuple(session) if session else ()),
    ]
    texts = [value for value in (*values, *entry.tags) if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int)]
    if len(entry.id) != _ENTRY_ID_CHARS:
        return _("its id is none")
    if any(mode == "user" and user_id is None for mode, user_id in owners):
        return _("the mode is 'user', and there is no user")
    if (entry.status in _OPEN) != (entry.completed_at is None) or entry.version < 1:
        return _("its status and its times do not fit together")
    if any(storable(text) != text for text in texts) or not _is_plain(entry.context):
        return _("it holds text that cannot be stored")
    if not all(-_INT64 <= number < _INT64 for number in numbers):
        return _("it holds a number that cannot be stored")
    return None


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Return whether a context can be stored and read again."""
    if depth > _DEPTH_MAX:
        return False
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(item, depth + 1) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item, depth + 1) for item in value)
    return not isinstance(value, str) or storable(value) == value
