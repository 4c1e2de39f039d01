"""What the search reads of the replica: changed rows for the index, candidates for the ranking.

The replica decides what is shown: a candidate of the index that was deleted, or that the scope does
not show, does not come back from here.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgspec

from ipcom_chat.domain.entry import Scope
from ipcom_chat.storage.database import Database, Row, decoded, json_list
from ipcom_chat.storage.entry_rows import scope_bindings
from ipcom_chat.storage.scope_sql import SCOPE_SQL

_COUNT = "SELECT count(*) FROM entries"
# A copy of the file holds the row, too, but lies elsewhere.
_BORN = """
SELECT n FROM counters
WHERE name = 'birth' AND (SELECT n FROM counters WHERE name = 'born_as') = ?
"""
_EVICTED = "SELECT coalesce(max(evicted_at), 0) FROM sync_report"
# In the order of `Searchable`; texts and what else a reader wants follow.
_COLUMNS = (
    "seq, local_seq, kind, mode, status, user_id, os_user, machine_id, session_id, error_code, "
    "cwd, tags, created_at"
)
_TAGS_AT = _COLUMNS.split(", ").index("tags")
_INDEXED = (
    f"SELECT {_COLUMNS}, command, substr(response, 1, :response_chars), deleted_at IS NOT NULL "
    "FROM entries"
)
_CHANGED = (
    f"{_INDEXED} WHERE local_seq > :after AND local_seq <= :until ORDER BY local_seq LIMIT :limit"
)
_BY_NUMBER = f"{_INDEXED} NOT INDEXED WHERE seq IN (SELECT value FROM json_each(:seqs))"
_LAST_SEQ = "SELECT max(seq) FROM entries"
# What has a meaning to be found by: questions; of anything else only that it changed.
_ASKED = """
SELECT seq, local_seq, CASE WHEN deleted_at IS NULL AND kind = 'question'
  THEN substr(command, 1, :chars) END
FROM entries WHERE local_seq > :after AND local_seq <= :until ORDER BY local_seq LIMIT :limit
"""
_HELD = "SELECT seq FROM entries WHERE seq IN (SELECT value FROM json_each(?))"
_WAITING = "SELECT count(*) FROM entries WHERE local_seq > ? AND local_seq <= ?"
# By number: a few hundred rows that the index named. The table is named so that SQLite looks for
# these numbers; it would read all rows of the user or the machine instead.
_NUMBERED = {
    mode: (
        f"SELECT {_COLUMNS}, substr(command, 1, :chars), '', id FROM entries NOT INDEXED "
        f"WHERE seq IN (SELECT value FROM json_each(:seqs)) AND deleted_at IS NULL AND {scope}"
    )
    for mode, scope in SCOPE_SQL.items()
}
# Newer than the index, the newest of them first; by the changes, as above.
_NEWER = {
    mode: (
        f"SELECT {_COLUMNS}, substr(command, 1, :chars), "
        "coalesce(substr(response, 1, :chars), ''), id FROM entries INDEXED BY entries_by_change "
        f"WHERE local_seq > :after AND deleted_at IS NULL AND {scope} "
        "ORDER BY local_seq DESC LIMIT :limit"
    )
    for mode, scope in SCOPE_SQL.items()
}
_VOTES = """
SELECT entry_id, sum(value) FROM votes
WHERE entry_id IN (SELECT value FROM json_each(?)) GROUP BY entry_id
"""
# Whether the last command that ran for a question succeeded.
_OUTCOMES = """
SELECT parent_id, error_code = '0', max(created_at) FROM entries
WHERE parent_id IN (SELECT value FROM json_each(?)) AND kind = 'command' AND deleted_at IS NULL
GROUP BY parent_id
"""
_TAGS = msgspec.json.Decoder(tuple[str, ...])


class Searchable(msgspec.Struct, frozen=True):
    """What index and ranking both read of a row."""

    seq: int
    local_seq: int
    kind: str
    mode: str
    status: str
    user_id: str | None
    os_user: str
    machine_id: str
    session_id: str | None
    error_code: str | None
    cwd: str | None
    tags: tuple[str, ...]
    created_at: int
    command: str


class Changed(Searchable, frozen=True):
    """A row as the index takes it in."""

    response: str | None
    deleted: bool


class Asked(msgspec.Struct, frozen=True):
    """A row as the search by meaning takes it in."""

    seq: int
    local_seq: int
    text: str | None
    """The beginning of the question; None if the row has none any more, or is a command."""


class Candidate(Searchable, frozen=True):
    """A row as the ranking sees it; texts are beginnings."""

    response: str
    """Empty unless the row is newer than the index."""
    id: str


class SearchRows:
    """The rows of one replica, as the search reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counter(self) -> int:
        """Return the number of the last change."""
        return self._database.last_change()

    def birth(self) -> int:
        """Return a number that another file in the place of this one has not.

        A file that was written anew without a change of its rows keeps it (`storage.compact`).
        """
        with suppress(OSError):
            number = self._database.path.stat().st_ino
            return self._database.number(_BORN, (number,)) or number
        return 0

    def evicted_at(self) -> int:
        """Return when old rows last left the replica without a trace in the counter."""
        return self._database.number(_EVICTED)

    def count(self) -> int:
        """Return how many rows there are, deleted ones included."""
        return self._database.number(_COUNT)

    def changed(
        self, after: int, until: int, *, limit: int, response_chars: int
    ) -> Iterator[Changed]:
        """Yield the rows of the changes after one and up to another, deleted ones included."""
        bindings = {
            "after": after, "until": until, "limit": limit, "response_chars": response_chars,
        }  # fmt: skip
        for row in self._database.rows(_CHANGED, bindings):
            yield Changed(*_with_tags(row))

    def by_number(self, seqs: Iterable[int], *, response_chars: int) -> Iterator[Changed]:
        """Yield the rows with these numbers, deleted ones included."""
        bindings = {"seqs": json_list(seqs), "response_chars": response_chars}
        for row in self._database.rows(_BY_NUMBER, bindings):
            yield Changed(*_with_tags(row))

    def last_seq(self) -> int:
        """Return the highest number of a row."""
        return self._database.number(_LAST_SEQ)

    def asked(self, after: int, until: int, *, limit: int, chars: int) -> list[Asked]:
        """Return the rows of the changes after one and up to another, in order."""
        bindings = {"after": after, "until": until, "limit": limit, "chars": chars}
        return [Asked(*row) for row in self._database.rows(_ASKED, bindings)]

    def held(self, seqs: Iterable[int]) -> set[int]:
        """Return those of the row numbers that the replica still has."""
        return {row[0] for row in self._database.rows(_HELD, (json_list(seqs),))}

    def waiting(self, after: int, until: int) -> int:
        """Return how many rows have changed after one change and up to another."""
        return self._database.number(_WAITING, (after, until))

    def numbered(self, scope: Scope, seqs: Iterable[int], *, chars: int) -> list[Candidate]:
        """Return those of the rows with these numbers that the scope shows."""
        bindings = scope_bindings(scope) | {"seqs": json_list(seqs), "chars": chars}
        return [_candidate(row) for row in self._database.rows(_NUMBERED[scope.mode], bindings)]

    def newer(self, scope: Scope, after: int, *, limit: int, chars: int) -> list[Candidate]:
        """Return the last rows that changed after a change and that the scope shows."""
        bindings = scope_bindings(scope) | {"after": after, "limit": limit, "chars": chars}
        return [_candidate(row) for row in self._database.rows(_NEWER[scope.mode], bindings)]

    def votes(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the sum of the votes by entry id, for those that have any."""
        return {row[0]: row[1] for row in self._database.rows(_VOTES, (json_list(ids),))}

    def outcomes(self, ids: Iterable[str]) -> dict[str, bool]:
        """Return by question id whether the last command that ran for it succeeded."""
        return {row[0]: bool(row[1]) for row in self._database.rows(_OUTCOMES, (json_list(ids),))}


def _candidate(row: Row) -> Candidate:
    return Candidate(*_with_tags(row))


def _with_tags(row: Row) -> list[Any]:
    return [*row[:_TAGS_AT], decoded(_TAGS, row[_TAGS_AT], ()), *row[_TAGS_AT + 1 :]]
