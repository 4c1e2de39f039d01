"""Reads sessions as people look for them, and what was asked in them.

Invariants:
- Whatever the replica holds, a query reads the rows that it returns and a few more: a list walks
  the index of sessions by their last use, and of each session the index of its entries.
- Of a session only those entries are read that the reader may see anywhere in this replica.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ipcom_chat.domain.entry import Entry, Mode, Scope
from ipcom_chat.domain.people import Session
from ipcom_chat.ids import EntryId, ReplicaId, SessionId, UserId
from ipcom_chat.storage.database import Database, json_list
from ipcom_chat.storage.entry_rows import COLUMNS, entry_of, scope_bindings
from ipcom_chat.storage.people import SESSION_COLUMNS, session_of
from ipcom_chat.storage.scope_sql import SCOPE_SQL

COUNTED_MAX: Final = 1_000
"""More questions of a session are not counted."""
_FIRST_CHARS: Final = 400
_EVER: Final = 1 << 62

_SEEN = f"deleted_at IS NULL AND {SCOPE_SQL[Mode.HYBRID]}"
_IS_TURN = "(kind = 'question' OR parent_id IS NULL)"
"""A question, or a command that a person typed."""
_ASKED = f"session_id = sessions.id AND {_IS_TURN} AND {_SEEN}"
_FACTS = f"""
SELECT {SESSION_COLUMNS},
  (SELECT count(*) FROM (SELECT 1 FROM entries WHERE {_ASKED} LIMIT :counted)),
  (SELECT max(created_at) FROM entries WHERE session_id = sessions.id AND {_SEEN}),
  (SELECT substr(command, 1, {_FIRST_CHARS}) FROM entries
   WHERE {_ASKED} AND command <> '' ORDER BY created_at, id LIMIT 1)
"""
# What was begun on purpose, as a fork, is listed before anything is asked in it.
_NOT_EMPTY = f"(parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM entries WHERE {_ASKED}))"
_OWN = (
    "(:replica_id IS NULL OR (replica_id = :replica_id "
    "AND (user_id IS NULL OR :own_user IS NULL OR user_id = :own_user)))"
)
_NEWEST = {
    mode: (
        f"{_FACTS} FROM sessions WHERE deleted_at IS NULL AND {scope} AND {_OWN} AND {_NOT_EMPTY} "
        "ORDER BY last_active_at DESC, id DESC LIMIT :limit"
    )
    for mode, scope in SCOPE_SQL.items()
}
_SOME = {
    mode: (
        # From the few ids to their sessions, never through all sessions of a user.
        f"{_FACTS} FROM (SELECT value AS wanted FROM json_each(:ids)) CROSS JOIN sessions "
        f"WHERE id = wanted AND deleted_at IS NULL AND {scope}"
    )
    for mode, scope in SCOPE_SQL.items()
}
_TITLES = {
    mode: (
        "SELECT id, title FROM sessions INDEXED BY sessions_titled "
        f"WHERE title IS NOT NULL AND deleted_at IS NULL AND {scope} "
        "ORDER BY last_active_at DESC, id DESC"
    )
    for mode, scope in SCOPE_SQL.items()
}
_BY_TAIL = (
    "SELECT id FROM sessions WHERE substr(id, 25) >= ? AND substr(id, 25) < ? "
    "AND deleted_at IS NULL LIMIT ?"
)
_QUESTIONS = f"""
SELECT {COLUMNS} FROM entries
WHERE session_id = :session_id AND created_at <= :until AND {_IS_TURN} AND {_SEEN}
ORDER BY created_at DESC, id DESC LIMIT :limit
"""
_COMMANDS_OF = f"""
SELECT {COLUMNS} FROM entries
WHERE parent_id IN (SELECT value FROM json_each(:ids)) AND {_SEEN} ORDER BY created_at, id
"""
_ENTRY_IDS = (
    "SELECT id FROM entries WHERE session_id = ? AND deleted_at IS NULL ORDER BY created_at, id"
)


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A session with what its entries say of it."""

    session: Session
    questions: int
    """With the commands that were typed; at most `COUNTED_MAX`."""
    active_at: int
    """When something was asked or ran last; without that, when the session was open."""
    first_question: str | None
    """How it begins."""


class SessionRows:
    """The sessions of one replica, its own and those of others."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(
        self,
        scope: Scope,
        *,
        limit: int,
        replica_id: ReplicaId | None = None,
        user_id: UserId | None = None,
    ) -> list[SessionFacts]:
        """Return sessions in which something was asked, the one used last first.

        Args:
            scope: which history.
            limit: how many at most.
            replica_id: only of this replica, and of that user if they are anybody's.
            user_id: whose, then.
        """
        own = {"replica_id": replica_id, "own_user": user_id, "limit": limit}
        return self._facts(_NEWEST[scope.mode], _bindings(scope) | own)

    def some(self, scope: Scope, ids: Sequence[SessionId]) -> list[SessionFacts]:
        """Return those of some sessions that the scope has, in the order of the ids."""
        bindings = _bindings(scope) | {"ids": json_list(ids)}
        found = {each.session.id: each for each in self._facts(_SOME[scope.mode], bindings)}
        return [found[session_id] for session_id in ids if session_id in found]

    def titles(self, scope: Scope) -> list[tuple[SessionId, str]]:
        """Return what people called their sessions, the one used last first."""
        rows = self._database.rows(_TITLES[scope.mode], scope_bindings(scope))
        return [(SessionId(row[0]), row[1]) for row in rows]

    def ids_with_tail(self, prefix: str, limit: int) -> list[SessionId]:
        """Return up to `limit` ids whose random tail starts with `prefix` (hex digits)."""
        return [
            SessionId(row[0])
            for row in self._database.rows(_BY_TAIL, (prefix, prefix + "g", limit))
        ]

    def questions(
        self, reader: Scope, session_id: SessionId, *, limit: int, until_ms: int = _EVER
    ) -> list[Entry]:
        """Return the newest questions and typed commands of a session, in their order.

        Args:
            reader: who reads, and on which machine.
            session_id: the session.
            limit: how many at most; -1 for all.
            until_ms: later ones are left out.
        """
        bindings = scope_bindings(reader) | {
            "session_id": session_id, "until": until_ms, "limit": limit
        }  # fmt: skip
        return [entry_of(row) for row in self._database.rows(_QUESTIONS, bindings)][::-1]

    def commands_of(self, reader: Scope, questions: Sequence[Entry]) -> dict[EntryId, list[Entry]]:
        """Return the commands that ran for questions, by the question."""
        ids = json_list(entry.id for entry in questions)
        found: dict[EntryId, list[Entry]] = {}
        for row in self._database.rows(_COMMANDS_OF, scope_bindings(reader) | {"ids": ids}):
            command = entry_of(row)
            if command.parent_id is not None:
                found.setdefault(command.parent_id, []).append(command)
        return found

    def entry_ids(self, session_id: SessionId) -> list[EntryId]:
        """Return the entries of a session, oldest first, whoever may see them."""
        return [EntryId(row[0]) for row in self._database.rows(_ENTRY_IDS, (session_id,))]

    def _facts(self, sql: str, bindings: dict[str, Any]) -> list[SessionFacts]:
        return [
            SessionFacts(
                session=(session := session_of(row[:-3])),
                questions=row[-3],
                active_at=row[-2] or session.last_active_at,
                first_question=row[-1],
            )
            for row in self._database.rows(sql, bindings)
        ]


def _bindings(scope: Scope) -> dict[str, Any]:
    return scope_bindings(scope) | {"counted": COUNTED_MAX}
