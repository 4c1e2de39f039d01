"""What can happen in a story: each operation does its thing to one node, or to the network."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from ipcom_chat.domain.entry import RULES_VERSION, Kind, Mode, Outcome, Status
from ipcom_chat.domain.merge import BY_HAND
from ipcom_chat.domain.people import Machine, Session, User
from ipcom_chat.domain.votes import Vote
from ipcom_chat.errors import DuplicateUserError
from ipcom_chat.ids import EntryId, MachineId, ReplicaId, SessionId, user_id_of
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Machines, Sessions, Users
from ipcom_chat.storage.votes import Votes
from tests.support import fleet_checks as checks
from tests.support.fleet import DAY_MS, Fault, Node

if TYPE_CHECKING:
    from tests.support.fleet_story import Op, Teller

NODES_MAX = 5
USERNAMES = ("ana", "bia", "cadu", "davi")
EMAILS = ("one@example.com", "two@example.com", "ONE@example.com")
MODES = (Mode.GLOBAL, Mode.USER, Mode.MACHINE, Mode.HYBRID)
ENDS = (Status.PROCESSING, Status.COMPLETED, Status.ERROR, Status.CANCELLED)
JUMPS = (1, 900, 1100, 400_000, 4_000_000, DAY_MS, -5, -700_000, -3 * DAY_MS, 5 * DAY_MS)
FAULTS = (
    "lost", "lost_reply", "garbage", "late", "echo", "twice", "busy", "too_large",
    "too_large_reply", "between", "between", "between", "deliver", "backup", "read_only", "stale",
    "torn", "torn", "crash_reply",
)  # fmt: skip

_OPEN = "SELECT id FROM entries WHERE status IN ('pending', 'processing') ORDER BY id"
_OWN_OPEN = (
    "SELECT id FROM entries WHERE status IN ('pending', 'processing') AND replica_id = ? "
    "ORDER BY id"
)
_ANY = "SELECT id FROM entries WHERE deleted_at IS NULL ORDER BY id"
_SESSIONS = "SELECT id FROM sessions WHERE replica_id = ? ORDER BY id"
_LEVEL = "SELECT redaction_response FROM entries WHERE id = ?"
# As the verbs of a later version will write them.
_TOMBSTONE = (
    "UPDATE entries SET command = '', response = NULL, tags = '[]', context = '{}', cwd = NULL, "
    "deleted_at = ?, local_seq = ? WHERE id = ? AND deleted_at IS NULL"
)
_REDACT = {
    "command": "UPDATE entries SET command = ?, redaction_command = ?, local_seq = ? "
    "WHERE id = ? AND redaction_command < ? AND deleted_at IS NULL",
    "response": "UPDATE entries SET response = ?, redaction_response = ?, local_seq = ? "
    "WHERE id = ? AND redaction_response < ? AND deleted_at IS NULL AND response IS NOT NULL",
}


def _pick(node: Node, sql: str, place: int, *bindings: Any) -> EntryId | None:
    ids = [row[0] for row in node.database.rows(sql, bindings)]
    return EntryId(ids[place % len(ids)]) if ids else None


def _ask(teller: "Teller", node: Node, op: "Op") -> None:
    Entries(node.database).add(teller.entry(node, op), actor="chat")


def _command(teller: "Teller", node: Node, op: "Op") -> None:
    now = node.clock.now_ms()
    text = "PRIVATE" if op.b % 8 == 0 else "S3CRET"
    entry = teller.entry(
        node, op, kind=Kind.COMMAND, status=Status.COMPLETED, response=f"{text} output",
        error_code="0", completed_at=now,
    )  # fmt: skip
    Entries(node.database).add(entry, actor="chat")


def _import(teller: "Teller", node: Node, op: "Op") -> None:
    """The same history is imported on several machines: the same ids."""
    number = op.c % 3
    entry = teller.entry(
        node, op, id=EntryId(f"{number:08x}-0000-5000-8000-{number:012x}"), source="import",
        mode=Mode.GLOBAL, status=Status.COMPLETED, response="S3CRET imported", cwd=None,
        user_id=None,
        command=f"{'PRIVATE' if op.b % 8 == 0 else 'S3CRET'} import {number}", context={},
        created_at=5_000_000 + number, updated_at=5_000_000 + number, completed_at=5_000_000,
    )  # fmt: skip
    if op.b % 8 == 0:
        entry = msgspec.structs.replace(entry, response="PRIVATE imported")
    Entries(node.database).add(entry, actor="import")


def _advance(teller: "Teller", node: Node, op: "Op") -> None:
    entry_id = _pick(node, _OWN_OPEN, op.b, node.replica_id)
    if entry_id is None:
        return
    status = ENDS[op.a % 4]
    is_masked = node.database.number(_LEVEL, (entry_id,)) > RULES_VERSION
    mark = "redacted" if is_masked else "S3CRET"
    is_private = node.database.number("SELECT private FROM entries WHERE id = ?", (entry_id,))
    outcome = Outcome(
        status=status,
        response=None if status is Status.PROCESSING
        else f"{'PRIVATE' if is_private else mark} {teller.count} {op.c}",
        error_code="timeout" if status is Status.ERROR else None,
        model="m",
        tokens_used=op.c,
    )  # fmt: skip
    Entries(node.database).advance(
        entry_id, outcome, replica_id=ReplicaId(node.replica_id), at_ms=node.clock.now_ms(),
        actor="chat",
    )  # fmt: skip


def _interrupt(teller: "Teller", node: Node, op: "Op") -> None:
    """The process of the open requests is gone."""
    Entries(node.database).interrupt_session(
        None, replica_id=ReplicaId(node.replica_id), at_ms=node.clock.now_ms()
    )


def _request_cancel(teller: "Teller", node: Node, op: "Op") -> None:
    entry_id = _pick(node, _OPEN, op.b)
    if entry_id is not None:
        Entries(node.database).request_cancel(
            entry_id, at_ms=node.clock.now_ms(), actor=f"actor-{op.a % 3}"
        )


def _tombstone(teller: "Teller", node: Node, op: "Op") -> None:
    with node.database.write() as transaction:
        seq = transaction.next_local_seq()
        entry_id = _pick(node, _ANY, op.b)
        transaction.execute(_TOMBSTONE, (node.clock.now_ms(), seq, entry_id))


def _redact(teller: "Teller", node: Node, op: "Op") -> None:
    field = ("command", "response")[op.a % 2]
    level = (RULES_VERSION + 1, RULES_VERSION + 2, BY_HAND)[op.c % 3]
    text = {"command": "", "response": None}[field] if level == BY_HAND else f"redacted {level}"
    with node.database.write() as transaction:
        seq = transaction.next_local_seq()
        entry_id = _pick(node, _ANY, op.b)
        transaction.execute(_REDACT[field], (text, level, seq, entry_id, level))


def _vote(teller: "Teller", node: Node, op: "Op") -> None:
    entry_id = _pick(node, _ANY, op.b)
    if entry_id is not None:
        vote = tuple(Vote)[op.c % 3]
        Votes(node.database).cast(entry_id, f"voter-{op.a % 2}", vote, at_ms=node.clock.now_ms())


def _user(teller: "Teller", node: Node, op: "Op") -> None:
    users = Users(node.database)
    name = USERNAMES[op.a % len(USERNAMES)]
    now = node.clock.now_ms()
    known = users.get(user_id_of(name))
    email = EMAILS[op.b % len(EMAILS)] if op.b % 5 else f"{name}@example.com"
    user = User(
        id=user_id_of(name), username=name, name=f"name {op.c}", email=email,
        is_active=bool(op.c % 4), created_at=known.created_at if known else now,
        updated_at=max(now, known.updated_at + 1) if known else now,
    )  # fmt: skip
    try:
        if known is None:
            users.add(user)
        else:
            users.update(user)
    except DuplicateUserError:
        return


def _machine(teller: "Teller", node: Node, op: "Op") -> None:
    now = node.clock.now_ms()
    Machines(node.database).save(
        Machine(
            id=MachineId(node.machine_id), hostname=f"host-{op.a % 3}", ip_address=None,
            mac_address=None, os_info={"os": op.b % 2}, aliases=(), version="1",
            first_seen=now - op.c % 2 * 1000, last_seen=now,
        )
    )  # fmt: skip


def _session(teller: "Teller", node: Node, op: "Op") -> None:
    sessions = Sessions(node.database)
    now = node.clock.now_ms()
    known = _pick(node, _SESSIONS, op.b, node.replica_id)
    if op.a % 3 == 0 or known is None:
        user = user_id_of(USERNAMES[op.b % 3])
        mode = MODES[op.c % 4]
        sessions.open(
            Session(
                id=SessionId(teller.new_id()), mode=mode.value, private=op.b % 8 == 0,
                user_id=user if mode is Mode.USER else None, os_user="ana",
                machine_id=MachineId(node.machine_id), replica_id=ReplicaId(node.replica_id),
                started_at=now, last_active_at=now,
            )
        )  # fmt: skip
    elif op.a % 3 == 1:
        sessions.touch(SessionId(known), at_ms=now)
    else:
        sessions.close(SessionId(known), at_ms=now)


def _tick(teller: "Teller", node: Node, op: "Op") -> None:
    node.clock.ms += JUMPS[op.a % len(JUMPS)]


def _exchange(teller: "Teller", node: Node, op: "Op") -> None:
    """One exchange. `a` names what goes wrong, `b` and `c` where."""
    kind = FAULTS[op.a % len(FAULTS)] if op.a >= 0 else ""
    node.exchange(Fault(kind, op.b % 3 // 2, op.c))
    checks.check_finals(teller, node)


def _crash(teller: "Teller", node: Node, op: "Op") -> None:
    """The process dies at the `b`-th step of an exchange."""
    node.exchange(Fault(), fuse=1 + op.b % 14)
    checks.check_finals(teller, node)


def _settle(teller: "Teller", node: Node, op: "Op") -> None:
    """Several exchanges in a row, none of which fails."""
    for _each in range(1 + op.b % 8):
        node.exchange()
    checks.check_finals(teller, node)


def _reopen(teller: "Teller", node: Node, op: "Op") -> None:
    node.reopen()


def _user_appears(teller: "Teller", node: Node, op: "Op") -> None:
    name = user_id_of(USERNAMES[op.a % 3])
    if name not in node.users:
        node.users.append(name)


def _deliver(teller: "Teller", node: Node, op: "Op") -> None:
    teller.network.deliver(op.b)


def _back_up_primary(teller: "Teller", node: Node, op: "Op") -> None:
    teller.network.back_up()


def _restore_primary(teller: "Teller", node: Node, op: "Op") -> None:
    """The primary is put back to an older copy; its epoch stays."""
    backups = teller.network.backups
    if backups:
        teller.network.primary = backups[op.b % len(backups)].copy()
        teller.model.lose(teller.nodes, teller.network.primary)


def _replace_primary(teller: "Teller", node: Node, op: "Op") -> None:
    teller.network.replace()
    teller.model.lose(teller.nodes, teller.network.primary)


def _lag(teller: "Teller", node: Node, op: "Op") -> None:
    """A replica of the primary stands at this point from now on."""
    teller.network.old = teller.network.primary.copy()
    node.link.has_readers = True


def _save_node(teller: "Teller", node: Node, op: "Op") -> None:
    node.saved = teller.folder / f"{node.path.stem}.backup"
    node.copy_to(node.saved)


def _restore_node(teller: "Teller", node: Node, op: "Op") -> None:
    """A machine is put back to an older copy of its file; its owner's two futures differ."""
    if node.saved is not None:
        node.restore(node.saved)
        teller.forked.add(node.replica_id)
        teller.model.lose(teller.nodes, teller.network.primary)
        checks.forget_finals(teller, node)


def _clone(teller: "Teller", node: Node, op: "Op") -> None:
    """The image of a machine is started twice."""
    _another(teller, node, (node.machine_id, node.replica_id), is_clone=True)


def _colleague(teller: "Teller", node: Node, op: "Op") -> None:
    """Another replica on the same machine, or a machine with the same id."""
    _another(teller, node, (node.machine_id, f"{teller.made:032x}"), is_clone=False)


def _another(teller: "Teller", node: Node, identity: tuple[str, str], *, is_clone: bool) -> None:
    if len(teller.nodes) >= NODES_MAX:
        return
    file = teller.template
    if is_clone:
        file = teller.folder / "clone"
        node.copy_to(file)
        teller.forked.add(node.replica_id)
    other = teller.new_node(file, identity)
    other.clock.ms = node.clock.ms
    other.users = list(node.users)


def _widen(teller: "Teller", node: Node, op: "Op") -> None:
    """The retention window of a replica is changed."""
    node.habits = node.habits._replace(window_days=op.a % 4)
    node.reopen()


def _retry(teller: "Teller", node: Node, op: "Op") -> None:
    node.engine.state.retry()


Operation = Callable[["Teller", Node, "Op"], None]
LOCAL: dict[str, tuple[int, Operation]] = {
    "ask": (9, _ask),
    "command": (4, _command),
    "import": (3, _import),
    "advance": (10, _advance),
    "interrupt": (1, _interrupt),
    "request_cancel": (4, _request_cancel),
    "tombstone": (3, _tombstone),
    "redact": (5, _redact),
    "vote": (3, _vote),
    "user": (4, _user),
    "machine": (2, _machine),
    "session": (5, _session),
}
OTHERS: dict[str, tuple[int, Operation]] = {
    "tick": (7, _tick),
    "exchange": (30, _exchange),
    "settle": (8, _settle),
    "crash": (8, _crash),
    "reopen": (2, _reopen),
    "user_appears": (2, _user_appears),
    "deliver": (4, _deliver),
    "back_up_primary": (3, _back_up_primary),
    "restore_primary": (2, _restore_primary),
    "replace_primary": (1, _replace_primary),
    "lag": (1, _lag),
    "save_node": (2, _save_node),
    "restore_node": (2, _restore_node),
    "clone": (1, _clone),
    "colleague": (1, _colleague),
    "widen": (2, _widen),
    "retry": (1, _retry),
}
OPERATIONS = {name: do for name, (_weight, do) in (LOCAL | OTHERS).items()}
