"""What suggestions read of the replica beside what the search finds.

Invariant: every statement reaches its rows through an index and looks at a bounded number of them,
however long the history is.
"""

from collections.abc import Iterable

from ipcom_chat.clock import MINUTE_MS
from ipcom_chat.domain.entry import Scope
from ipcom_chat.domain.suggestions import Run
from ipcom_chat.ids import EntryId
from ipcom_chat.storage.database import Database, json_list
from ipcom_chat.storage.entry_rows import scope_bindings
from ipcom_chat.storage.scope_sql import SCOPE_SQL

AFTER_MS = 5 * MINUTE_MS
"""What runs later than this after a command has nothing to do with it."""
_NEAR_ROWS = 50
"""So many rows of a machine after a command are looked at for the next of its session."""
_RECENT_ROWS = 2_000

_WHO = "coalesce(user_id, '@' || os_user)"
# The next command of the same account and session that is not known to have failed, for each
# command. By time on its machine: imported histories have no sessions, and others come between.
_FOLLOWERS = {
    mode: f"""
SELECT id, substr(command, 1, :chars), {_WHO}, machine_id, created_at, error_code FROM entries
WHERE seq IN (
  SELECT (
    SELECT seq FROM (
      SELECT seq, kind, mode, private, user_id, os_user, machine_id, session_id, error_code,
        deleted_at, command
      FROM entries AS later
      WHERE later.machine_id = first.machine_id
        AND (later.created_at, later.id) > (first.created_at, first.id)
        AND later.created_at <= first.created_at + :after_ms
      ORDER BY later.created_at, later.id LIMIT :near
    )
    WHERE kind = 'command' AND deleted_at IS NULL AND command <> first.command
      AND os_user = first.os_user AND session_id IS first.session_id
      AND coalesce(error_code, '0') = '0' AND {scope}
    LIMIT 1
  )
  FROM entries AS first WHERE first.seq IN (SELECT value FROM json_each(:seqs))
)
"""
    for mode, scope in SCOPE_SQL.items()
}
# Newest first; a long life of what counts as fresh still reads no more than the last rows.
_FRESH = {
    mode: f"""
SELECT id FROM (
  SELECT id, kind, mode, private, user_id, machine_id, command, cwd, error_code, deleted_at
  FROM entries
  WHERE machine_id = :machine_id AND created_at >= :since_ms
  ORDER BY created_at DESC, id DESC LIMIT :recent
)
WHERE kind = 'command' AND command = :command AND cwd = :cwd AND error_code = '0'
  AND deleted_at IS NULL AND {scope}
LIMIT 1
"""
    for mode, scope in SCOPE_SQL.items()
}


class SuggestionRows:
    """The rows of one replica, as suggestions read them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def followers(self, scope: Scope, seqs: Iterable[int], *, chars: int) -> list[Run]:
        """Return what ran next after each of the commands with these numbers, if anything did.

        Args:
            scope: which history.
            seqs: the row numbers of the commands.
            chars: how much of a command is read.
        """
        bindings = scope_bindings(scope) | {
            "seqs": json_list(seqs),
            "chars": chars,
            "after_ms": AFTER_MS,
            "near": _NEAR_ROWS,
        }
        return [
            Run(
                id=row[0], command=row[1], who=row[2], machine_id=row[3], at_ms=row[4],
                exit_code=row[5],
            )
            for row in self._database.rows(_FOLLOWERS[scope.mode], bindings)
        ]  # fmt: skip

    def fresh(self, scope: Scope, command: str, cwd: str, *, since_ms: int) -> EntryId | None:
        """Return the newest run of a command on this machine, in a folder, that worked."""
        bindings = scope_bindings(scope) | {
            "machine_id": scope.machine_id,
            "command": command,
            "cwd": cwd,
            "since_ms": since_ms,
            "recent": _RECENT_ROWS,
        }
        row = self._database.row(_FRESH[scope.mode], bindings)
        return None if row is None else EntryId(row[0])
