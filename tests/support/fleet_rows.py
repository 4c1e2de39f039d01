"""The five travelling tables as the tests see them, and the model of what was written.

For each row that is not private the model holds two bounds, both made by `domain.merge`, the rule
that the documents give: `written`, the merge of every version that any replica ever had, and
`kept`, the merge of those that are still somewhere (a restored backup takes others away). What all
agree on in the end lies between the two.
"""

from typing import Any, NamedTuple

import msgspec

from ipcom_chat.domain.merge import (
    EntryRow,
    MachineRow,
    SessionRow,
    SmallRow,
    UserRow,
    VoteRow,
    merge_entries,
    merge_small,
)
from tests.support.fleet import Node
from tests.support.primary import LocalPrimary

AnyRow = EntryRow | SmallRow
Key = tuple[str, str]
"""The letter of the table, and the id."""


class Table(NamedTuple):
    letter: str
    name: str
    kind: str
    type: Any
    keys: tuple[str, ...]
    private: str

    @property
    def columns(self) -> str:
        return ", ".join(self.type.__struct_fields__)

    def key(self, row: AnyRow) -> Key:
        return self.letter, " ".join(getattr(row, name) for name in self.keys)


TABLES = (
    Table("e", "entries", "entry", EntryRow, ("id",), "private = 0"),
    Table("u", "users", "user", UserRow, ("id",), "true"),
    Table("m", "machines", "machine", MachineRow, ("id",), "true"),
    Table("s", "sessions", "session", SessionRow, ("id",), "private = 0"),
    Table("v", "votes", "vote", VoteRow, ("entry_id", "voter"), "true"),
)
_TYPES = {table.letter: table for table in TABLES}
_HELD = {
    table: f"SELECT {table.columns} FROM {table.name} WHERE {table.private} AND local_seq > ?"
    for table in TABLES
}
_ON_PRIMARY = "SELECT t, scope, rev, at, row FROM sync_changes"
_COUNTER = "SELECT n FROM counters WHERE name = 'local_seq'"


class There(NamedTuple):
    """A row on the primary."""

    scope: str
    rev: int
    at: int
    row: AnyRow


def merged(one: AnyRow | None, other: AnyRow) -> AnyRow:
    if one is None:
        return other
    if isinstance(one, EntryRow):
        assert isinstance(other, EntryRow)
        return merge_entries(one, other)
    merged_row: AnyRow = merge_small(one, other)  # type: ignore[type-var]
    return merged_row


def counter(node: Node) -> int:
    return node.database.number(_COUNTER)


def held(node: Node, since: int = -1) -> dict[Key, AnyRow]:
    """Return the rows of a replica that are not private and were changed after `since`."""
    return {
        table.key(row): row
        for table in TABLES
        for values in node.database.rows(_HELD[table], (since,))
        for row in (table.type(*values),)
    }


def on_primary(primary: LocalPrimary) -> dict[Key, There]:
    found: dict[Key, There] = {}
    for letter, scope, rev, at, text in primary.database.execute(_ON_PRIMARY):
        table = _TYPES[letter]
        row = msgspec.json.decode(text, type=table.type)
        key = table.key(row)
        assert key not in found, f"twice: {key}"
        found[key] = There(scope, rev, at, row)
    return found


def parked(node: Node) -> set[Key]:
    """Return what the primary refuses of a replica."""
    letters = {table.kind: table.letter for table in TABLES}
    return {
        (letters[each.kind], each.key)
        for each in node.engine.state.parked()
        if each.kind in letters
    }


class Model:
    """What was written, and what of it is still somewhere."""

    def __init__(self) -> None:
        self.written: dict[Key, AnyRow] = {}
        self.kept: dict[Key, AnyRow] = {}

    def note(self, rows: dict[Key, AnyRow]) -> None:
        for key, row in rows.items():
            self.written[key] = merged(self.written.get(key), row)
            self.kept[key] = merged(self.kept.get(key), row)

    def lose(self, nodes: list[Node], primary: LocalPrimary) -> None:
        """Something was put back to an earlier state: what is left is what somebody holds."""
        self.kept = {}
        for rows in (*map(held, nodes), {k: each.row for k, each in on_primary(primary).items()}):
            for key, row in rows.items():
                self.kept[key] = merged(self.kept.get(key), row)
