"""What readers yield, and what every form of history is called.

Invariants: a reader yields records in the order of its source, oldest first where the source has
an order; what cannot be used becomes a `Rejected` with its reason, never an exception; only a
source that as a whole is not what it was taken for raises `ImportSourceError`. Instants are epoch
milliseconds.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from ipcom_chat.domain.entry import Entry, EntryEvent, Kind, Mode, Status
from ipcom_chat.storage.beside import Beside

LATEST_MS = 4_102_444_800_000
"""The year 2100: a number beyond it is no instant of a history."""
SECONDS_UP_TO = 100_000_000_000
"""A larger number of an unknown unit counts milliseconds."""
STEP_MS = 1000
"""How far apart entries are taken to be whose times are not known."""


class Form(StrEnum):
    """The forms of history that can be read; with `import:` in front, the source of an entry."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    ATUIN = "atuin"
    LLM = "llm"
    OLD_HISTORY = "mcp-history"
    OLD_ASK = "mcp-ask"
    OLD_INK = "mcp-ink"
    OLD_LINES = "mcp-lines"
    OLD_SESSION = "mcp-session"
    OLD_MONITOR = "mcp-monitor"
    OLD_RETRY = "mcp-retry"
    OLD_CACHE = "mcp-cache"
    OLD_DATABASE = "mcp-database"
    EXPORT = "ipcom-chat"


class Named(StrEnum):
    """What the id of an entry follows from."""

    TEXT = "text"
    """Machine, owner, form, time and text, and which of several alike: lines without a name."""
    ROW = "row"
    """The row's own id, on whichever machine it is read."""
    EVENT = "event"
    """Machine, session, text and second, give or take two: the earlier program's copies."""


NAMED = {
    Form.ATUIN: Named.ROW,
    Form.LLM: Named.ROW,
    Form.OLD_CACHE: Named.EVENT,
    Form.OLD_DATABASE: Named.EVENT,
}
"""Every other form is `Named.TEXT`; our own exports carry the ids."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of another history."""

    place: str
    """Where it stands in the source, for people."""
    kind: Kind
    command: str
    response: str | None = None
    status: Status = Status.COMPLETED
    error_code: str | None = None
    created_at: int
    time_estimated: bool = False
    execution_time_ms: int | None = None
    row_id: str = ""
    """The row's own id, where it has one that no other row shares."""
    mode: Mode | None = None
    """In which history the source has it; None where it does not say."""
    user: str | None = None
    """The user's id in the source."""
    os_user: str | None = None
    """None: the owner of the source."""
    machine: str | None = None
    """The machine's id in the source; None: the machine that imports."""
    is_local: bool = False
    """Whether it was made where the source lies, whatever that machine was called then."""
    hostname: str | None = None
    """Another host, known by its name alone."""
    session: str | None = None
    cwd: str | None = None
    model: str | None = None
    tokens_used: int | None = None
    tags: tuple[str, ...] = ()
    context: dict[str, Any] = {}


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the earlier program."""

    id: str
    username: str
    name: str
    email: str
    is_active: bool


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of the earlier program. Instants are epoch milliseconds."""

    id: str
    hostname: str
    ip_address: str | None
    os_info: dict[str, Any]
    first_seen: int | None
    last_seen: int | None


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of an export of ours, as it was."""

    place: str
    entry: Entry
    events: tuple[EntryEvent, ...]
    beside: Beside
    username: str | None
    user_name: str | None
    user_email: str | None
    user_is_active: bool
    hostname: str | None


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be imported, and why."""

    place: str
    reason: str
    text: str


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out on purpose: a copy of another row, a command of the program itself."""

    place: str


Item = Record | Exported | Person | Host | Rejected | Skipped
Items = Iterator[Item]


def text_of(value: object) -> str | None:
    """Return a text that says something, or None."""
    if isinstance(value, bytes):
        value = decoded(value)
    return value if isinstance(value, str) and value.strip() else None


def number_of(value: object) -> int | None:
    """Return a whole number that a column holds, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if 0 <= value < 2**53 else None


def instant_of(value: object) -> int | None:
    """Return an instant given as seconds, milliseconds or ISO 8601 text, or None."""
    if isinstance(value, str):
        return _of_text(value)
    number = number_of(value)
    if not number:
        return None
    ms = number if number > SECONDS_UP_TO else round(float(str(value)) * 1000)
    return ms if ms <= LATEST_MS else None


def decoded(raw: bytes) -> str:
    """Return text in UTF-8, or else in the older encoding that gives every byte a letter."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _of_text(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) < 16:
        return instant_of(int(text))
    try:
        at = datetime.fromisoformat(text.strip())
        # Every program whose text we read writes UTC where it names no zone.
        ms = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None
    return ms if 0 < ms <= LATEST_MS else None
