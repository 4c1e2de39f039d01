"""What is remembered of alerts between checks: which hold, and what is still to be sent.

It lies beside the replica, not in it: a replica that cannot be written is a reason for an alert.

Invariants: a change and what is to be sent of it are stored together, whole or not at all, before
anything is sent; of several processes of a replica, one at a time changes the state, and one at a
time sends. A file that is damaged counts as empty: alerts that hold are then told again.
"""

import fcntl
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ipcom_chat.domain.alerts import Held, Level, Rule
from ipcom_chat.files import read_regular, replace_text
from ipcom_chat.storage.database import make_folder
from ipcom_chat.storage.locks import FILE_MODE, take

WAITING_MAX: Final = 100
"""So many alerts wait for one receiver at most; then the oldest are given up."""
MAX_BYTES: Final = 4_000_000
_LOG = logging.getLogger(__name__)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One change, as receivers get it. Instants are epoch milliseconds."""

    id: str
    """The same in every try: who gets it twice knows by this."""
    rule: Rule
    subject: str
    level: Level
    before: Level
    """The level until now."""
    value: float | None
    limit: float
    text: str
    """One line: what is, and what to do."""
    at: int
    hostname: str
    machine_id: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An alert on its way to one receiver."""

    receiver: str
    alert: Alert
    tries: int = 0
    due: int = 0
    """Not before this."""


class Primary(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt of the primary by asking it; that is done rarely."""

    looked_at: int = 0
    """When certificate and token were."""
    is_encrypted: bool = False
    """Whether it has a certificate."""
    certificate_until: int | None = None
    token_until: int | None = None
    sized_at: int = 0
    probed_at: int = 0
    down_since: int | None = None
    skew_ms: int | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered."""

    held: dict[str, Held] = {}
    outbox: tuple[Delivery, ...] = ()
    """In the order in which they are to be sent."""
    primary: Primary = Primary()


class AlertStore:
    """The file of the state.

    Args:
        path: where it is; locks lie beside it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unsaved: State | None = None

    def read(self) -> State:
        """Return what is remembered."""
        if self._unsaved is not None:
            return self._unsaved
        try:
            data, _attributes = read_regular(self._path, max_bytes=MAX_BYTES)
            return msgspec.json.decode(data, type=State)
        except FileNotFoundError:
            return State()
        except (OSError, ValueError) as error:
            _LOG.warning("the state of alerts cannot be read: %s", type(error).__name__)
            return State()

    def write(self, state: State) -> None:
        """Replace what is remembered; the caller holds `changing`.

        On a full disk this process alone remembers it: a full disk is to be told, too.
        """
        kept = _bounded(state)
        try:
            replace_text(self._path, msgspec.json.encode(kept).decode(), mode=FILE_MODE)
        except OSError as error:
            _LOG.warning("the state of alerts cannot be written: %s", error.strerror)
            self._unsaved = kept
        else:
            self._unsaved = None

    @contextmanager
    def changing(self) -> Generator[None]:
        """Wait until no other process changes the state, and keep others waiting."""
        handle = self._open("lock")
        try:
            if handle is not None:
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            if handle is not None:
                os.close(handle)

    @contextmanager
    def sending(self) -> Generator[bool]:
        """Yield whether this process may send; if it may, no other can meanwhile."""
        handle = self._open("sending")
        try:
            yield handle is None or take(handle)
        finally:
            if handle is not None:
                os.close(handle)

    def _open(self, end: str) -> int | None:
        """Open a lock; None where none can be made, as on a full disk."""
        try:
            make_folder(self._path.parent)
            return os.open(f"{self._path}.{end}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            _LOG.warning("alerts cannot be locked: %s", error.strerror)
            return None


def _bounded(state: State) -> State:
    kept: list[Delivery] = []
    counts: dict[str, int] = {}
    for each in reversed(state.outbox):
        counts[each.receiver] = counts.get(each.receiver, 0) + 1
        if counts[each.receiver] <= WAITING_MAX:
            kept.append(each)
    if len(kept) < len(state.outbox):
        _LOG.error("alerts were given up, too many wait: %d", len(state.outbox) - len(kept))
    return msgspec.structs.replace(state, outbox=tuple(reversed(kept)))
