"""What an engine needs to exchange with a primary, and what one exchange did."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from ipcom_chat.errors import PrimaryError
from ipcom_chat.libsql.hrana import Result, Statement
from ipcom_chat.storage.database import Database

Answers = Sequence[Result | PrimaryError]


class Exchanges(Protocol):
    """What reaches the primary; `sync.primary` over HTTP, the simulated one in tests."""

    @property
    def has_readers(self) -> bool:
        """Whether another address can show what the primary has."""
        ...

    async def exchange(
        self, requests: Sequence[Statement], *, at_primary: bool
    ) -> tuple[Answers, bool]:
        """Send one request; return each result, and whether the primary itself answered.

        Args:
            requests: the statements.
            at_primary: whether the primary itself is asked first, not one that may be behind.

        Raises:
            PrimaryError: nothing usable came back.
        """
        ...


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whose replica this is."""

    machine_id: str
    replica_id: str
    hostname: str
    version: str


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine works."""

    batch_rows: int = 1000
    window_days: int = 0
    """Entries older than this are not held here; 0 holds all."""
    erased: Callable[[Database, int], None] = lambda _database, _after: None
    """Told when text went out of the replica, and after which of its changes."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What one exchange did."""

    pushed: int = 0
    pulled: int = 0
    parked: int = 0
    is_done: bool = True
    """Whether there is nothing more to carry at once."""
    was_busy: bool = False
    """Whether another process of this replica was exchanging."""
