"""Versions of rows as replicas come to have them, generated, and pushes that carry them.

Two sorts of an entry's versions: those that a life in several replicas brings about (`lives`), and
arbitrary ones that respect the CHECKs (`arbitrary`). The merge orders bodies by a key; bodies with
one key and different contents do not exist, so an arbitrary body follows from its key.
"""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, Literal, NamedTuple

import hypothesis.strategies as st
import msgspec

from ipcom_chat.domain.entry import content_hash
from ipcom_chat.domain.lifecycle import INTERRUPTED
from ipcom_chat.domain.merge import (
    BY_HAND,
    EntryRow,
    MachineRow,
    SessionRow,
    SmallRow,
    UserRow,
    VoteRow,
    cleared,
    merge_entries,
    merge_small,
)
from ipcom_chat.libsql.hrana import Statement
from ipcom_chat.storage.sync_rows import Waiting
from ipcom_chat.storage.sync_state import Timeline
from ipcom_chat.sync.protocol import Plan, statements
from tests.support.replica import NOW_MS

Row = EntryRow | SmallRow
Key = tuple[str, ...]
"""The first letter of a row's table, and the row's primary key."""

OPEN = ("pending", "processing")
IDS = tuple(f"00000000-0000-7000-8000-{number:012d}" for number in range(3))
MODES = ("global", "user", "machine", "hybrid")
# Told apart by numbers, they would come in another order; told apart as UTF-16, the last two.
TEXTS = ("10", "9", "Z", "a", "é", 'it\'s "x"\n', "\uffff", "\U00010000")
INSTANTS = (NOW_MS, NOW_MS + 1, NOW_MS + 2)
EPOCH = "epoch-1"


def finality(row: EntryRow) -> int:
    """Return how final an outcome is: 0 open, 1 an end that a restart stated, 2 one that happened.

    Of versions of a row the most final wins; the code under test has its own way to say so.
    """
    if row.status in OPEN:
        return 0
    return 1 if (row.status, row.error_code) == ("error", INTERRUPTED) else 2


def an_entry_row(**changes: Any) -> EntryRow:
    """Return a completed question for all, with `changes`."""
    values: dict[str, Any] = dict.fromkeys(EntryRow.__struct_fields__)
    values |= {
        "id": IDS[0], "kind": "question", "mode": "global", "source": "chat", "time_estimated": 0,
        "os_user": "ana", "machine_id": "a" * 64, "replica_id": "b" * 32, "session_id": "s",
        "command": "why is the disk full?", "response": "an answer", "status": "completed",
        "tags": "[]", "context": "{}", "cwd": "/srv", "truncated": 0, "redaction_command": 0,
        "redaction_response": 0, "content_hash": 1, "version": 1, "created_at": NOW_MS,
        "updated_at": NOW_MS, "completed_at": NOW_MS,
    }  # fmt: skip
    return EntryRow(**(values | changes))


def changed(row: EntryRow, **changes: Any) -> EntryRow:
    return msgspec.structs.replace(row, **changes)


# A life: the steps that an entry takes in the replicas that hold it. A step that is taken twice
# from one state is that of a cloned replica, or of one that was restored.

Step = Callable[[EntryRow, int, EntryRow], EntryRow]


def _ended(row: EntryRow, at: int, *, cancelled_by: str | None = None, **body: Any) -> EntryRow:
    if row.status not in OPEN:
        return row
    is_final = body["status"] not in OPEN
    after = changed(
        row,
        **body,
        version=row.version + 1,
        updated_at=at,
        completed_at=at if is_final else None,
        cancelled_by=cancelled_by if is_final else row.cancelled_by,
    )
    after = changed(after, content_hash=_hash(after))
    if after.redaction_response >= BY_HAND:
        after = changed(after, response=None)
    return after if after.deleted_at is None else cleared(after)


def _hash(row: EntryRow) -> int:
    return content_hash(
        row.id, row.version, row.status, row.command, row.response, row.error_code, row.tags,
        row.model, row.tokens_used, row.execution_time_ms,
    )  # fmt: skip


def _process(row: EntryRow, at: int, _other: EntryRow) -> EntryRow:
    return _ended(row, at, status="processing") if row.status == "pending" else row


def _complete(row: EntryRow, at: int, _other: EntryRow) -> EntryRow:
    return _ended(row, at, status="completed", response=f"answer {at}", model="m", tokens_used=7)


def _fail(row: EntryRow, at: int, _other: EntryRow) -> EntryRow:
    return _ended(row, at, status="error", error_code="assistant_timeout")


def _interrupt(row: EntryRow, at: int, _other: EntryRow) -> EntryRow:
    return _ended(row, at, status="error", error_code=INTERRUPTED, response=None)


def _cancel(row: EntryRow, at: int, _other: EntryRow) -> EntryRow:
    by = row.cancelled_by or "ESC"
    return _ended(row, at, status="cancelled", response=f"part {at}", cancelled_by=by)


def _ask_to_cancel(row: EntryRow, at: int, _other: EntryRow) -> EntryRow:
    if row.status not in OPEN or row.cancel_requested_at is not None:
        return row
    return changed(row, cancel_requested_at=at, cancelled_by=f"asked {at}", updated_at=at)


def _redact_command(row: EntryRow, _at: int, _other: EntryRow) -> EntryRow:
    if row.redaction_command >= BY_HAND or row.deleted_at:
        return row
    level = row.redaction_command + 1
    return changed(row, redaction_command=level, command=f"question, redacted {level}")


def _redact_response(row: EntryRow, _at: int, _other: EntryRow) -> EntryRow:
    if row.redaction_response >= BY_HAND or row.deleted_at or row.response is None:
        return row
    level = row.redaction_response + 1
    return changed(row, redaction_response=level, response=f"{row.content_hash}, redacted {level}")


def _blank_command(row: EntryRow, _at: int, _other: EntryRow) -> EntryRow:
    return changed(row, redaction_command=BY_HAND, command="")


def _blank_response(row: EntryRow, _at: int, _other: EntryRow) -> EntryRow:
    return changed(row, redaction_response=BY_HAND, response=None)


def _delete(row: EntryRow, at: int, _other: EntryRow) -> EntryRow:
    return cleared(changed(row, deleted_at=row.deleted_at or at))


def _meet(row: EntryRow, _at: int, other: EntryRow) -> EntryRow:
    return merge_entries(row, other)


STEPS: tuple[Step, ...] = (
    _process, _complete, _fail, _interrupt, _cancel, _ask_to_cancel, _redact_command,
    _redact_response, _blank_command, _blank_response, _delete, _meet,
)  # fmt: skip


def _begun(entry_id: str, command: str) -> list[EntryRow]:
    asked = an_entry_row(
        id=entry_id, command=command, status="pending", response=None, completed_at=None,
        tags='["x"]', context='{"a":1}', mode="user", user_id="u",
    )  # fmt: skip
    return [changed(asked, content_hash=_hash(asked))]


def _imported(entry_id: str, command: str) -> list[EntryRow]:
    """The same line of the same file, imported on two machines."""
    one = an_entry_row(
        id=entry_id, command=command, source="history.json", time_estimated=1, session_id=None
    )
    other = changed(
        one, machine_id="c" * 64, replica_id="d" * 32, os_user="rui", mode="machine", cwd=None
    )
    return [changed(row, content_hash=_hash(row)) for row in (one, other)]


@st.composite
def lives(draw: st.DrawFn, entry_id: str) -> list[EntryRow]:
    """Draw all versions of an entry that its life brought about."""
    command = draw(st.sampled_from(TEXTS))
    known = draw(st.sampled_from([_begun, _begun, _imported]))(entry_id, command)
    steps = draw(st.lists(st.sampled_from(STEPS), min_size=3, max_size=9))
    for at, step in enumerate(steps, NOW_MS + 10):
        row, other = (draw(st.sampled_from(known)) for _ in range(2))
        after = step(row, at, other)
        known += [] if after in known else [after]
    return known


def _rest(key: tuple[Any, ...], finality: int) -> dict[str, Any]:
    """Return a body that follows from its key."""
    chance = Random(repr(key))
    one_of = chance.choice
    if finality == 2:
        status, code = one_of([("completed", None), ("completed", "0"), ("error", "x"),
                               ("error", None), ("cancelled", None)])  # fmt: skip
    else:
        status, code = ("error", INTERRUPTED) if finality else (one_of(OPEN), one_of([None, "0"]))
    mode = one_of(MODES)
    return {
        "kind": one_of(["question", "command"]), "parent_id": one_of([None, IDS[1]]),
        "retry_of": one_of([None, IDS[2]]), "mode": mode, "source": one_of(["chat", "bash"]),
        "time_estimated": one_of([0, 1]), "os_user": one_of(TEXTS),
        "user_id": one_of(TEXTS) if mode == "user" else one_of([None, "u"]),
        "session_id": one_of([None, "s"]), "status": status, "error_code": code,
        "tags": one_of(["[]", '["é"]']), "context": one_of(["{}", '{"a": [1, "b"]}']),
        "model": one_of([None, "m"]), "tokens_used": one_of([None, 0, 2**40]),
        "cost_microusd": one_of([None, 3]), "execution_time_ms": one_of([None, 12]),
        "cwd": one_of([None, "/"]), "truncated": one_of([0, 1]), "created_at": one_of(INSTANTS),
    }  # fmt: skip


_levels = st.sampled_from([0, 0, 1, 2, BY_HAND])
_instants = st.sampled_from(INSTANTS)
_perhaps = st.one_of(st.none(), _instants)
_text = st.sampled_from(TEXTS)
_maybe = st.one_of(st.none(), _text)
_modes = st.sampled_from(MODES)
_bits: st.SearchStrategy[Literal[0, 1]] = st.sampled_from([0, 1])

Fields = dict[str, st.SearchStrategy[Any]]

_ENTRY: Fields = {
    "finality": st.integers(0, 2),
    "version": st.integers(1, 2),
    "content_hash": st.sampled_from([0, 1, 2**63 - 1]),
    "updated_at": _instants,
    "replica_id": st.sampled_from(TEXTS[:2]),
    "machine_id": st.sampled_from(TEXTS[-2:]),
    "completed_at": _instants,
    "cancelled_by": st.sampled_from([None, "ana", "rui"]),
    "cancel_requested_at": _perhaps,
    "command": _text,
    "redaction_command": _levels,
    "response": _maybe,
    "redaction_response": _levels,
    "deleted_at": st.one_of(st.none(), _perhaps),
}
_USER: Fields = {
    "username": _text, "name": _text, "email": st.sampled_from(["a", "A", "b"]),
    "is_active": _bits, "created_at": _instants, "updated_at": _instants,
}  # fmt: skip
_MACHINE: Fields = {
    "hostname": _text, "ip_address": _maybe, "mac_address": _maybe,
    "os_info": st.sampled_from(["{}", '{"id": "debian"}']),
    "aliases": st.sampled_from(["[]", '["old"]']), "version": st.sampled_from(["9", "10"]),
    "first_seen": _instants, "last_seen": _instants, "updated_at": _instants,
}  # fmt: skip
_SESSION: Fields = {
    "parent_id": _maybe, "title": _maybe, "mode": _modes, "user_id": _maybe, "os_user": _text,
    "machine_id": _text, "replica_id": _text, "started_at": _instants, "last_active_at": _instants,
    "ended_at": _perhaps, "updated_at": _instants, "deleted_at": _perhaps,
}  # fmt: skip
_VOTE: Fields = {
    "value": st.sampled_from([-1, 0, 1]), "mode": _modes, "user_id": _maybe, "machine_id": _text,
    "created_at": _instants, "updated_at": _instants,
}  # fmt: skip


@st.composite
def _near(draw: st.DrawFn, fields: Fields) -> list[dict[str, Any]]:
    """Draw values that differ in few fields, so that each field decides now and then."""
    base = draw(st.fixed_dictionaries(fields))
    others = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=3, unique=True)
    return [
        base | {name: draw(fields[name]) for name in draw(others)}
        for _ in range(draw(st.integers(3, 5)))
    ]


def _entry(entry_id: str, fields: dict[str, Any]) -> EntryRow:
    """Return the version with these fields that the CHECKs accept."""
    values = dict(fields)
    finality = values.pop("finality")
    if finality == 0:
        values["completed_at"] = None
        if values["cancel_requested_at"] is None:
            values["cancelled_by"] = None
    if values["redaction_command"] == BY_HAND:
        values["command"] = ""
    if values["redaction_response"] == BY_HAND:
        values["response"] = None
    names = ("version", "content_hash", "updated_at", "replica_id", "machine_id", "completed_at")
    key = (*(values[name] for name in names), values["cancelled_by"] if finality else None)
    row = EntryRow(id=entry_id, **values, **_rest(key, finality))
    return row if row.deleted_at is None else cleared(row)


def arbitrary(entry_id: str) -> st.SearchStrategy[list[EntryRow]]:
    """Draw versions of one entry, whether or not a life leads to them."""
    return _near(_ENTRY).map(lambda many: [_entry(entry_id, fields) for fields in many])


def versions(entry_id: str) -> st.SearchStrategy[list[EntryRow]]:
    """Draw versions of one entry."""
    return st.one_of(lives(entry_id), arbitrary(entry_id))


def users(name: str) -> st.SearchStrategy[list[UserRow]]:
    """Draw versions of one user, whose addresses nobody else has."""
    return _near(_USER).map(
        lambda many: [
            UserRow(id=f"id of {name}", **(fields | {"email": f"{fields['email']}@{name}"}))
            for fields in many
        ]
    )


def machines(machine_id: str) -> st.SearchStrategy[list[MachineRow]]:
    """Draw versions of one machine."""
    return _near(_MACHINE).map(
        lambda many: [MachineRow(id=machine_id, **fields) for fields in many]
    )


def sessions(session_id: str) -> st.SearchStrategy[list[SessionRow]]:
    """Draw versions of one session."""
    return _near(_SESSION).map(
        lambda many: [SessionRow(id=session_id, **fields) for fields in many]
    )


def votes(voter: str) -> st.SearchStrategy[list[VoteRow]]:
    """Draw versions of one vote."""
    return _near(_VOTE).map(
        lambda many: [VoteRow(entry_id=IDS[0], voter=voter, **fields) for fields in many]
    )


class Push(NamedTuple):
    """The rows of one push, of each table none twice."""

    entries: Sequence[EntryRow] = ()
    users: Sequence[UserRow] = ()
    machines: Sequence[MachineRow] = ()
    sessions: Sequence[SessionRow] = ()
    votes: Sequence[VoteRow] = ()

    @property
    def rows(self) -> list[Row]:
        """All rows, in the order in which they get their revs."""
        return [row for table in self for row in table]


def key_of(row: Row) -> Key:
    """Return what tells a row from all others."""
    letter = type(row).__name__[0].lower()
    return (letter, row.entry_id, row.voter) if isinstance(row, VoteRow) else (letter, row.id)


@st.composite
def pushes(draw: st.DrawFn, *, most: int) -> list[Push]:
    """Draw pushes of versions of a few rows of every table."""
    known: dict[str, list[list[Any]]] = {
        "entries": [draw(versions(entry_id)) for entry_id in IDS],
        "users": [draw(users(name)) for name in ("ana", "rui")],
        "machines": [draw(machines(name)) for name in ("m1", "m2")],
        "sessions": [draw(sessions("s1"))],
        "votes": [draw(votes(name)) for name in ("ana", "rui")],
    }

    def some(rows: list[list[Any]]) -> list[Any]:
        places = st.sampled_from(range(len(rows)))
        chosen = draw(st.lists(places, max_size=len(rows), unique=True))
        return [draw(st.sampled_from(rows[place])) for place in chosen]

    count = draw(st.integers(1, most))
    drawn = [Push(**{table: some(rows) for table, rows in known.items()}) for _ in range(count)]
    return [push for push in drawn if push.rows]


_TABLES = {"e": "entry", "u": "user", "m": "machine", "s": "session", "v": "vote"}
_TYPES: dict[str, Any] = {
    "e": EntryRow, "u": UserRow, "m": MachineRow, "s": SessionRow, "v": VoteRow,
}  # fmt: skip


def a_timeline(**changes: Any) -> Timeline:
    """Return the timeline of a replica that follows the primary of the tests."""
    values: dict[str, Any] = {"epoch": EPOCH, "anchor_n": None, "anchor_nonce": None}
    return Timeline(**(values | changes), reset_seq=0, reset_from=None)


def a_plan(push: Push, nonce: str = "nonce", **changes: Any) -> Plan:
    """Return the plan of an exchange that pushes."""
    waiting = tuple(
        Waiting(_TABLES[key[0]], " ".join(key[1:]), 1, msgspec.json.encode(row).decode(), None)
        for row in push.rows
        for key in (key_of(row),)
    )
    values: dict[str, Any] = {"timeline": a_timeline(), "subscriptions": (), "page_rows": 100}
    return Plan(**(values | {"pushed": waiting, "nonce": nonce, "at_ms": NOW_MS} | changes))


def statement_of(push: Push, nonce: str = "nonce", **timeline: Any) -> Statement:
    """Return the statement that a replica pushes with."""
    return statements(a_plan(push, nonce, timeline=a_timeline(**timeline)))[0]


READ_ALL = "SELECT t, rev, row FROM sync_changes"


def read(rows: Iterable[Sequence[Any]]) -> dict[Key, tuple[int, Row]]:
    """Return what rows of `READ_ALL` hold, with the rev of each."""
    found = {}
    for letter, rev, text in rows:
        row = msgspec.json.decode(text, type=_TYPES[letter])
        found[key_of(row)] = (rev, row)
    return found


class Model:
    """What the primary should hold: the fold of the merge in Python, and the revs."""

    def __init__(self) -> None:
        self.n = 0
        self.rows: dict[Key, tuple[int, Row]] = {}

    def push(self, push: Push) -> None:
        """Take in one push."""
        for rev, row in enumerate(push.rows, self.n + 1):
            _old, known = self.rows.get(key_of(row), (0, None))
            merged = row if known is None else merged_rows(known, row)
            if merged != known:
                self.rows[key_of(row)] = (rev, merged)
        self.n += len(push.rows)


def merged_rows(one: Any, other: Any) -> Row:
    """Return what two versions of any row become."""
    if isinstance(one, EntryRow):
        return merge_entries(one, other)
    merged: Row = merge_small(one, other)
    return merged
