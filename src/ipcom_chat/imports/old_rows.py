"""What the rows of the earlier program's databases mean, wherever they lie.

One event could be stored up to four times: in the local cache, and in each of three tables of the
shared database. Copies have the same machine, session and text, and times at most two seconds
apart; a column that one of them lacks fits anything.
"""

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

TWIN_MS = 2_000


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What tells whether two rows are one event."""

    rowid: int
    at: int
    machine: str | None
    session: str | None
    request: str | None = None


class Copies:
    """The rows of a table that may be copies of others; each is given out once."""

    def __init__(self) -> None:
        self._by_text: dict[bytes, list[Copy]] = {}
        self._by_request: dict[str, Copy] = {}
        self._taken: set[int] = set()

    def add(self, command: str, copy: Copy) -> None:
        """Remember a row."""
        self._by_text.setdefault(_digest(command), []).append(copy)
        if copy.request is not None:
            self._by_request[copy.request] = copy

    def take(self, command: str, copy: Copy) -> Copy | None:
        """Return the row that is a copy of this one, and give it to nobody else."""
        found = self._by_request.get(copy.request) if copy.request is not None else None
        if found is None or found.rowid in self._taken:
            fitting = self._fitting(self._by_text.get(_digest(command), ()), copy)
            found = min(fitting, key=lambda each: abs(each.at - copy.at), default=None)
        if found is not None:
            self._taken.add(found.rowid)
        return found

    def is_taken(self, rowid: int) -> bool:
        """Return whether a row was found to be a copy."""
        return rowid in self._taken

    def _fitting(self, copies: Iterable[Copy], copy: Copy) -> list[Copy]:
        return [
            each
            for each in copies
            if each.rowid not in self._taken
            and abs(each.at - copy.at) <= TWIN_MS
            and _fits(each.machine, copy.machine)
            and _fits(each.session, copy.session)
        ]


def _fits(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _digest(command: str) -> bytes:
    return blake2b(command.encode("utf-8", "replace"), digest_size=12).digest()
