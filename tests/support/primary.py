"""A primary in this process: the real schema on a SQLite database, without HTTP."""

from collections.abc import Sequence

import apsw

from ipcom_chat.errors import PrimaryError, StatementError
from ipcom_chat.libsql.hrana import Result, Statement
from ipcom_chat.schema import migrations

NEW_MIGRATION = "INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)"
NEW_META = "INSERT INTO sync_meta (one, epoch, min_protocol, created_at) VALUES (1, ?, 1, ?)"


class LocalPrimary:
    """A primary in memory. `database` may be looked at and changed by a test."""

    has_readers = False

    def __init__(self, epoch: str = "epoch-1") -> None:
        self.database = apsw.Connection(":memory:")
        self.requests = 0
        for step in migrations("primary"):
            self.database.execute(step.sql)
            self.database.execute(NEW_MIGRATION, (step.number, step.name, 0))
        self.database.execute(NEW_META, (epoch, 0))

    async def exchange(
        self, requests: Sequence[Statement], *, at_primary: bool
    ) -> tuple[list[Result | PrimaryError], bool]:
        """Run each statement as a transaction of its own, as the server does."""
        self.requests += 1
        return [self.run(request) for request in requests], True

    def run(self, request: Statement) -> Result | PrimaryError:
        try:
            rows = self.database.execute(request.sql, tuple(request.args)).fetchall()
        except apsw.Error as error:
            return StatementError(
                "refused", sql_code=type(error).__name__, reason=str(error), index=0
            )
        return Result(rows=[tuple(row) for row in rows])

    def copy(self) -> "LocalPrimary":
        """Return a primary with the same content, as a backup holds it."""
        other = LocalPrimary.__new__(LocalPrimary)
        other.requests = 0
        other.database = apsw.Connection(":memory:")
        with other.database.backup("main", self.database, "main") as backup:
            backup.step()
        return other
