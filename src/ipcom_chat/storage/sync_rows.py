"""The rows of the replica as they travel: what waits to be pushed, and what was pulled.

Invariants:
- What is pushed is read with its `local_seq`; an acknowledgement holds for that number only, so a
  change that was made meanwhile still waits.
- What is pulled is merged with what is there by `domain.merge`, in one transaction. A row that
  equals the primary's afterwards counts as acknowledged; one that has more waits.
- A private row neither leaves nor takes anything in.
- No text leaves that the rules of redaction of today have not seen.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import msgspec

from ipcom_chat.domain.entry import RULES_VERSION
from ipcom_chat.domain.merge import (
    EntryRow,
    MachineRow,
    SessionRow,
    SmallRow,
    UserRow,
    VoteRow,
    loses_text,
    merge_entries,
    merge_small,
)
from ipcom_chat.ids import EntryId
from ipcom_chat.storage.database import Database, Row, Transaction, json_list
from ipcom_chat.storage.erasures import raise_levels
from ipcom_chat.storage.merged_rows import MERGED_COLUMNS, SET_MERGED

SMALL_ROWS = 200
"""How many users, machines, sessions or votes go in one push at most."""

ENTRY_STATE = (
    "version, content_hash, updated_at, replica_id, machine_id, completed_at, cancelled_by, "
    "cancel_requested_at, redaction_command, redaction_response, deleted_at"
)
"""What tells two versions of an entry apart; the same as in the primary's `sync_entry_states`."""

_NOT_PARKED = (
    "NOT EXISTS (SELECT 1 FROM parked WHERE parked.kind = '{kind}' AND parked.key = {key} "
    "AND parked.local_seq = {table}.local_seq)"
)
_WAITING_ENTRIES = f"""
SELECT 'entry', id, local_seq, json_array({MERGED_COLUMNS}), json_array({ENTRY_STATE}),
  min(redaction_command, redaction_response) < {RULES_VERSION} AND deleted_at IS NULL
FROM entries
WHERE local_seq > acked_seq AND private = 0
  -- An open state goes only when it lasts: mostly the end comes first, and one row travels. One
  -- that was there already goes at once: its age is by another machine's clock. So does one of a
  -- time to come: the clock was put back, and may be for a year.
  AND (completed_at IS NOT NULL OR created_at <= :open_before OR created_at > :now
       OR deleted_at IS NOT NULL OR rev IS NOT NULL)
  AND (:filled OR local_seq > :reset_seq)
  AND {_NOT_PARKED.format(kind="entry", key="id", table="entries")}
ORDER BY local_seq LIMIT :limit
"""


class _SmallTable(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of a small table travel."""

    kind: str
    table: str
    type: Any
    keys: tuple[str, ...]
    is_private: bool = False

    @property
    def columns(self) -> str:
        return ", ".join(self.type.__struct_fields__)

    @property
    def key(self) -> str:
        return " || ' ' || ".join(self.keys)

    @property
    def waiting(self) -> str:
        private = "AND private = 0 " if self.is_private else ""
        return (
            f"SELECT '{self.kind}', {self.key}, local_seq, json_array({self.columns}), NULL, "
            f"0 FROM {self.table} WHERE local_seq > acked_seq {private}"
            "AND (:filled OR local_seq > :reset_seq) AND "
            + _NOT_PARKED.format(kind=self.kind, key=f"({self.key})", table=self.table)
            + " ORDER BY local_seq LIMIT :limit"
        )

    @property
    def get(self) -> str:
        where = " AND ".join(f"{name} = ?" for name in self.keys)
        private = "private" if self.is_private else "0"
        return (
            f"SELECT local_seq, acked_seq, {private}, {self.columns} FROM {self.table} "
            f"WHERE {where}"
        )

    @property
    def put(self) -> str:
        private = ", private" if self.is_private else ""
        marks = ", ".join("?" for _name in self.type.__struct_fields__)
        zero = ", 0" if self.is_private else ""
        names = [name for name in self.type.__struct_fields__ if name not in self.keys]
        sets = ", ".join(f"{name} = excluded.{name}" for name in [*names, *_LOCAL])
        return (
            f"INSERT INTO {self.table} ({self.columns}{private}, rev, local_seq, acked_seq) "
            f"VALUES ({marks}{zero}, ?, ?, ?) "
            f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {sets}"
        )


_LOCAL = ("rev", "local_seq", "acked_seq")
_SMALL = {
    "u": _SmallTable(kind="user", table="users", type=UserRow, keys=("id",)),
    "m": _SmallTable(kind="machine", table="machines", type=MachineRow, keys=("id",)),
    "s": _SmallTable(
        kind="session", table="sessions", type=SessionRow, keys=("id",), is_private=True
    ),
    "v": _SmallTable(kind="vote", table="votes", type=VoteRow, keys=("entry_id", "voter")),
}
_WAITING_SMALL = tuple(table.waiting for table in _SMALL.values())
_GET_SMALL = {letter: table.get for letter, table in _SMALL.items()}
_PUT_SMALL = {letter: table.put for letter, table in _SMALL.items()}
_ENTRY_DECODER = msgspec.json.Decoder(EntryRow)
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "e": _ENTRY_DECODER,
    **{letter: msgspec.json.Decoder(table.type) for letter, table in _SMALL.items()},
}

_KNOWN_ENTRIES = (
    f"SELECT local_seq, acked_seq, private, rev, {MERGED_COLUMNS} FROM entries "
    "WHERE id IN (SELECT value FROM json_each(?))"
)
_INSERT_ENTRY = (
    f"INSERT INTO entries ({MERGED_COLUMNS}, private, rev, local_seq, acked_seq) "
    f"VALUES ({', '.join('?' for _name in EntryRow.__struct_fields__)}, 0, ?, ?, ?)"
)
_UPDATE_ENTRY = (
    f"UPDATE entries SET {SET_MERGED}, rev = ?, local_seq = ?, acked_seq = ? WHERE id = ?"
)
_ACKNOWLEDGE = """
UPDATE entries SET acked_seq = max(acked_seq, ?), rev = max(coalesce(rev, 0), ?) WHERE id = ?
"""
_WAIT_AGAIN = "UPDATE entries SET acked_seq = 0, rev = NULL WHERE id = ? AND private = 0"


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """One row that waits to be pushed."""

    kind: str
    key: str
    local_seq: int
    row: str
    """The row, a JSON array."""
    state: str | None
    """For an entry: `ENTRY_STATE`, a JSON array."""


class Pulled(msgspec.Struct, frozen=True, array_like=True):
    """One row of the primary."""

    table: str
    """The first letter of its table."""
    rev: int
    row: str
    """The row, a JSON array."""


class SyncRows:
    """The rows of one replica as they travel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(
        self,
        *,
        limit: int,
        max_bytes: int,
        open_before_ms: int,
        now_ms: int,
        filled: bool,
        reset_seq: int,
    ) -> list[Waiting]:
        """Return the rows to push next: entries in the order of their change, after the others.

        Args:
            limit: how many at most.
            max_bytes: how long their rows may be together; one row always goes.
            open_before_ms: open entries that began later stay, up to now.
            now_ms: by this machine's clock.
            filled: whether what the primary holds has been pulled.
            reset_seq: if not, rows up to this number stay.
        """
        bindings = {
            "limit": limit,
            "open_before": open_before_ms,
            "now": now_ms,
            "filled": int(filled),
            "reset_seq": reset_seq,
        }
        small = {
            "limit": min(limit, SMALL_ROWS), "filled": int(filled), "reset_seq": reset_seq
        }  # fmt: skip
        while True:
            rows = chain.from_iterable(
                (*(self._database.rows(sql, small) for sql in _WAITING_SMALL),
                 self._database.rows(_WAITING_ENTRIES, bindings))
            )  # fmt: skip
            found = _up_to(islice(rows, limit), max_bytes)
            unseen = [EntryId(row[1]) for row in found if row[5]]
            if not unseen:
                return [Waiting(*row[:5]) for row in found]
            raise_levels(self._database, unseen)

    def wait_again(self, ids: Iterable[str]) -> None:
        """Let entries wait that the primary turned out not to have."""
        with self._database.write() as transaction:
            transaction.execute_many(_WAIT_AGAIN, [(entry_id,) for entry_id in ids])


def acknowledge(
    transaction: Transaction, pushed: Sequence[Waiting], answers: dict[str, tuple[int, str | None]]
) -> list[str]:
    """Note which pushed entries the primary has as they are here.

    Args:
        transaction: the one of the exchange.
        pushed: the rows that were sent.
        answers: by id, the rev and the state of the entry on the primary.

    Returns:
        The ids of the entries that the primary has otherwise.
    """
    same, other = [], []
    for waiting in pushed:
        answer = answers.get(waiting.key)
        if answer is None or waiting.kind != "entry":
            continue
        if answer[1] == waiting.state:
            same.append((waiting.local_seq, answer[0], waiting.key))
        else:
            other.append(waiting.key)
    transaction.execute_many(_ACKNOWLEDGE, same)
    return other


def take(transaction: Transaction, pulled: Iterable[Pulled]) -> list[tuple[Pulled, str]]:
    """Merge rows of the primary into the replica; return those that cannot be read, and why."""
    entries: dict[str, tuple[int, EntryRow]] = {}
    small: list[tuple[str, int, SmallRow]] = []
    refused: list[tuple[Pulled, str]] = []
    for one in pulled:
        try:
            row = _DECODERS[one.table].decode(one.row)
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            refused.append((one, str(error)))
            continue
        if isinstance(row, EntryRow):
            entries[row.id] = (one.rev, row)
        else:
            small.append((one.table, one.rev, row))
    _take_entries(transaction, entries)
    for table, rev, row in small:
        _take_small(transaction, table, rev, row)
    return refused


def _up_to(rows: Iterable[Row], max_bytes: int) -> list[Row]:
    found: list[Row] = []
    size = 0
    for row in rows:
        size += len(row[3])
        if found and size > max_bytes:
            break
        found.append(row)
    return found


def _take_entries(transaction: Transaction, pulled: dict[str, tuple[int, EntryRow]]) -> None:
    if not pulled:
        return
    ids = json_list(pulled)
    known = {row[4]: row for row in transaction.execute(_KNOWN_ENTRIES, (ids,))}
    numbers = iter(transaction.next_local_seqs(len(pulled)))
    fresh = [
        (*msgspec.structs.astuple(row), rev, seq, seq)
        for entry_id, (rev, row) in pulled.items()
        if entry_id not in known
        for seq in (next(numbers),)
    ]
    transaction.execute_many(_INSERT_ENTRY, fresh)
    changed = (
        _merged(transaction, known[entry_id], rev, row, numbers)
        for entry_id, (rev, row) in pulled.items()
        if entry_id in known
    )
    transaction.execute_many(_UPDATE_ENTRY, [row for row in changed if row is not None])


def _merged(
    transaction: Transaction, known: Row, rev: int, theirs: EntryRow, numbers: Iterator[int]
) -> Row | None:
    """Return what `_UPDATE_ENTRY` is bound to; None for a row that nothing may change."""
    local_seq, acked_seq, private, known_rev = known[:4]
    if private:
        return None
    ours = EntryRow(*known[4:])
    merged = merge_entries(ours, theirs)
    if loses_text(ours, merged):
        transaction.clear()
    local_seq, acked_seq = _sequence(
        local_seq, acked_seq, lambda: next(numbers),
        is_ours=merged == ours, is_theirs=merged == theirs,
    )  # fmt: skip
    id_, *values = msgspec.structs.astuple(merged)
    return (*values, max(rev, known_rev or 0), local_seq, acked_seq, id_)


def _take_small(transaction: Transaction, table: str, rev: int, theirs: Any) -> None:
    keys = [getattr(theirs, name) for name in _SMALL[table].keys]
    rows = transaction.execute(_GET_SMALL[table], tuple(keys))
    if not rows:
        seq = transaction.next_local_seq()
        transaction.execute(_PUT_SMALL[table], (*msgspec.structs.astuple(theirs), rev, seq, seq))
        return
    local_seq, acked_seq, private, *values = rows[0]
    if private:
        return
    ours = type(theirs)(*values)
    merged = merge_small(ours, theirs)
    local_seq, acked_seq = _sequence(
        local_seq, acked_seq, transaction.next_local_seq,
        is_ours=merged == ours, is_theirs=merged == theirs,
    )  # fmt: skip
    transaction.execute(
        _PUT_SMALL[table], (*msgspec.structs.astuple(merged), rev, local_seq, acked_seq)
    )


def _sequence(
    local_seq: int, acked_seq: int, new: Callable[[], int], *, is_ours: bool, is_theirs: bool
) -> tuple[int, int]:
    """Return the numbers of a merged row: what it is here, and what is acknowledged of it."""
    if not is_ours:
        local_seq = new()
    if is_theirs:
        return local_seq, local_seq
    # Acknowledged before, it would not wait: the primary has lost what it once had.
    return local_seq, min(acked_seq, local_seq - 1)
