"""Rows and looks for the tests of the engine; its replicas are nodes of `tests.support.fleet`."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import msgspec

from ipcom_chat.domain.entry import Entry, Outcome, Status
from ipcom_chat.domain.people import Session, User
from ipcom_chat.ids import MachineId, ReplicaId, SessionId, user_id_of
from ipcom_chat.storage.entries import Entries
from tests.support.fleet import Network, Node
from tests.support.fleet_rows import held, on_primary
from tests.support.replica import an_entry

NewNode = Callable[..., Node]


def add(node: Node, **changes: Any) -> Entry:
    """Save a completed entry of this replica."""
    at = node.clock.now_ms()
    values: dict[str, Any] = {
        "machine_id": MachineId(node.machine_id), "replica_id": ReplicaId(node.replica_id),
        "session_id": None, "status": Status.COMPLETED, "created_at": at,
    }  # fmt: skip
    entry = an_entry(**(values | changes))
    assert Entries(node.database).add(entry, actor="test")
    return entry


def add_open(node: Node, **changes: Any) -> Entry:
    return add(node, status=Status.PENDING, **changes)


def complete(node: Node, entry: Entry) -> None:
    for outcome in (
        Outcome(status=Status.PROCESSING),
        Outcome(status=Status.COMPLETED, response="an answer"),
    ):
        assert Entries(node.database).advance(
            entry.id, outcome, replica_id=entry.replica_id, at_ms=node.clock.now_ms(), actor="chat"
        )


def a_user(name: str, email: str) -> User:
    return User(
        id=user_id_of(name), username=name, name=name, email=email, created_at=1, updated_at=1
    )


def shared(network: Network) -> set[str]:
    return {key for letter, key in on_primary(network.primary) if letter == "e"}


def here(node: Node) -> set[str]:
    return {key for letter, key in held(node) if letter == "e"}


def waiting(node: Node) -> int:
    return sum(node.engine.state.waiting().values())


def sent(network: Network, node: Node) -> list[str]:
    """Make one exchange; return the statements of its last request."""
    found: list[str] = []
    exchange = node.link.exchange

    async def listen(requests: Any, *, at_primary: bool) -> Any:
        found[:] = [each.sql for each in requests]
        return await exchange(requests, at_primary=at_primary)

    with mock.patch.object(node.link, "exchange", listen):
        node.exchange()
    return found


def a_session(node: Node, **changes: Any) -> Session:
    at = node.clock.now_ms()
    session = Session(
        id=SessionId("s" * 36), mode="global", private=False, user_id=None, os_user="ana",
        machine_id=MachineId(node.machine_id), replica_id=ReplicaId(node.replica_id),
        started_at=at, last_active_at=at,
    )  # fmt: skip
    return msgspec.structs.replace(session, **changes)


def refuse(network: Network, end: str) -> None:
    network.primary.database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON entries "
        f"WHEN NEW.id LIKE '%{end}' BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    )
