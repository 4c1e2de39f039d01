"""Takes text out of the replica: tombstones, redaction by hand, and what newer rules find.

Invariants:
- A change here travels like any other (`local_seq`) and wins by `domain.merge`: a tombstone over
  everything, the higher level of redaction with its text.
- Body, `version` and `content_hash` stay what the owner made them: by them the merge knows that two
  texts are one answer, redacted differently.
- Every change is a compare-and-set: what somebody changed meanwhile is left for the next look.
- Text that is taken out leaves the file, its free pages (`secure_delete`) and the WAL
  (`Transaction.clear`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, TypeVar

import msgspec

from ipcom_chat.domain.entry import RULES_VERSION, Entry, Scope
from ipcom_chat.domain.folding import fold
from ipcom_chat.domain.merge import BY_HAND
from ipcom_chat.ids import EntryId
from ipcom_chat.storage.database import Database, Transaction, json_list
from ipcom_chat.storage.entry_rows import (
    COLUMNS,
    GET_ALL,
    EntryFilter,
    entry_of,
    filter_bindings,
    redacted,
)
from ipcom_chat.storage.scope_sql import FILTER_SQL, SCOPE_SQL

BATCH = 200
"""How many entries one transaction changes: others write in between."""

T = TypeVar("T")
Field = Literal["command", "response"]

_SELECT = {
    mode: f"SELECT {COLUMNS} FROM entries WHERE {scope} AND {FILTER_SQL} ORDER BY created_at, id"
    for mode, scope in SCOPE_SQL.items()
}
_BELOW = (
    f"SELECT {COLUMNS} FROM entries WHERE deleted_at IS NULL "
    "AND (redaction_command < :level OR redaction_response < :level) ORDER BY seq"
)
_COMMANDS_OF = f"""
SELECT {COLUMNS} FROM entries
WHERE parent_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL
"""
DELETE = """
UPDATE entries SET command = '', response = NULL, tags = '[]', context = '{}', cwd = NULL,
  deleted_at = max(:at, created_at), local_seq = :local_seq
WHERE id = :id AND deleted_at IS NULL
"""
_REDACT = """
UPDATE entries SET command = :command, redaction_command = :new_command, response = :response,
  redaction_response = :new_response, context = :context, local_seq = :local_seq
WHERE id = :id AND deleted_at IS NULL AND redaction_command = :old_command
  AND redaction_response = :old_response AND version = :version
"""
# A title says what was asked; nobody else knows whether it still may.
CLEAR_TITLE = """
UPDATE sessions SET title = NULL, updated_at = max(:at, updated_at + 1), local_seq = :local_seq
WHERE id = :id AND title IS NOT NULL
"""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is, and as it would be."""

    before: Entry
    after: Entry


class Erasures:
    """What is taken out of one replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def select(self, scope: Scope, where: EntryFilter, query: str | None) -> Iterator[Entry]:
        """Yield the entries of a scope, oldest first, whose texts contain `query`.

        Letter case and accents do not matter.
        """
        wanted = fold(query) if query else ""
        for row in self._database.rows(_SELECT[scope.mode], filter_bindings(scope, where)):
            entry = entry_of(row)
            if wanted in fold(entry.command) or wanted in fold(entry.response or ""):
                yield entry

    def with_commands(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries and, after them, the commands that ran for them."""
        known = {entry.id: entry for entry in entries}
        for row in self._database.rows(_COMMANDS_OF, (json_list(known),)):
            command = entry_of(row)
            known.setdefault(command.id, command)
        return list(known.values())

    def delete(self, entries: Iterable[Entry], *, at_ms: int) -> int:
        """Turn entries into tombstones; return how many were none yet."""
        return sum(self._delete(batch, at_ms) for batch in _batches(entries))

    def _delete(self, batch: Sequence[Entry], at_ms: int) -> int:
        with self._database.write() as transaction:
            transaction.clear()
            gone = 0
            for entry in batch:
                seq = transaction.next_local_seq()
                gone += transaction.changed(DELETE, {"id": entry.id, "at": at_ms, "local_seq": seq})
            for session_id in {entry.session_id for entry in batch if entry.session_id}:
                seq = transaction.next_local_seq()
                transaction.execute(CLEAR_TITLE, {"id": session_id, "at": at_ms, "local_seq": seq})
        return gone

    def blank(self, entries: Iterable[Entry], fields: Sequence[Field]) -> int:
        """Take whole texts out, by hand; return how many entries changed."""
        return self.apply(Change(before=entry, after=blanked(entry, fields)) for entry in entries)

    def below(self, level: int = RULES_VERSION) -> Iterator[Change]:
        """Yield the entries that the rules of today mask more of than those that saw them did."""
        for row in self._database.rows(_BELOW, {"level": level}):
            before = entry_of(row)
            after = redacted(before)
            if _texts(after) != _texts(before):
                yield Change(before=before, after=after)

    def apply(self, changes: Iterable[Change]) -> int:
        """Store changes whose entries are still as they were; return how many."""
        return sum(self._apply(batch) for batch in _batches(changes))

    def _apply(self, batch: Sequence[Change]) -> int:
        with self._database.write() as transaction:
            transaction.clear()
            return sum(replace_text(transaction, change) for change in batch)

    def erase(self, patience_s: float) -> bool:
        """Empty the WAL of what was taken out; return False if somebody still reads from it."""
        return self._database.erase(patience_s)


def blanked(entry: Entry, fields: Sequence[Field]) -> Entry:
    """Return an entry without the whole of some texts."""
    changes: dict[str, object] = {}
    if "command" in fields:
        changes |= {"command": "", "redaction_command": BY_HAND, "context": {}}
    if "response" in fields:
        changes |= {"response": None, "redaction_response": BY_HAND}
    return msgspec.structs.replace(entry, **changes)


def replace_text(transaction: Transaction, change: Change) -> int:
    """Store the texts and levels of a change; return 0 if the entry is no longer as it was."""
    before, after = change.before, change.after
    return transaction.changed(
        _REDACT,
        {
            "id": before.id,
            "command": after.command,
            "new_command": after.redaction_command,
            "response": after.response,
            "new_response": after.redaction_response,
            "context": msgspec.json.encode(after.context).decode(),
            "old_command": before.redaction_command,
            "old_response": before.redaction_response,
            "version": before.version,
            "local_seq": transaction.next_local_seq(),
        },
    )


def raise_levels(database: Database, ids: Sequence[EntryId]) -> None:
    """Let the rules of today see entries that they have not seen; each waits anew."""
    with database.write() as transaction:
        entries = [entry_of(row) for row in transaction.execute(GET_ALL, (json_list(ids),))]
        changes = [Change(before=entry, after=redacted(entry)) for entry in entries]
        if any(_texts(each.before) != _texts(each.after) for each in changes):
            transaction.clear()
        for change in changes:
            replace_text(transaction, change)


def _texts(entry: Entry) -> tuple[str, str | None]:
    return entry.command, entry.response


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
