"""Users, machines and sessions in the replica."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ipcom_chat.domain.people import Machine, Session, User, new_user
from ipcom_chat.errors import DuplicateUserError
from ipcom_chat.ids import MachineId, SessionId, UserId
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.people import Machines, Sessions, Users
from tests.support.replica import MACHINE, NOW_MS, REPLICA, SESSION, USER, opened


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "replica.db") as opened_database:
        yield opened_database


def _user(username: str, email: str = "") -> User:
    return new_user(username, f"Name of {username}", email or f"{username}@ipcom.com.br", now_ms=1)


def test_users_are_listed_by_name_inactive_ones_on_demand(database: Database) -> None:
    users = Users(database)
    ana, rui, eva = _user("ana"), _user("rui"), _user("eva")
    for user in (rui, ana, eva):
        users.add(user)
    gone = msgspec.structs.replace(rui, is_active=False, updated_at=5)
    assert users.update(gone)
    assert users.all(inactive=False) == [ana, eva]
    assert users.all(inactive=True) == [ana, eva, gone]
    assert users.get(rui.id) == gone
    assert users.get(UserId("nobody")) is None


def test_a_username_is_never_used_twice(database: Database) -> None:
    users = Users(database)
    users.add(_user("ana"))
    with pytest.raises(DuplicateUserError, match="user reactivate ANA"):
        users.add(_user("ANA", "other@ipcom.com.br"))
    assert len(users.all(inactive=True)) == 1


def test_an_address_belongs_to_one_active_user(database: Database) -> None:
    users = Users(database)
    ana, rui = _user("ana", "x@ipcom.com.br"), _user("rui")
    users.add(ana)
    users.add(rui)
    with pytest.raises(DuplicateUserError, match=r"X@ipcom\.com\.br belongs to another"):
        users.add(_user("eva", "X@ipcom.com.br"))
    with pytest.raises(DuplicateUserError, match="belongs to another active user"):
        users.update(msgspec.structs.replace(rui, email="x@ipcom.com.br"))
    users.update(msgspec.structs.replace(ana, is_active=False))
    users.add(_user("eva", "x@ipcom.com.br"))
    with pytest.raises(DuplicateUserError, match="belongs to another active user"):
        users.update(ana)


def test_an_unknown_user_is_not_updated(database: Database) -> None:
    assert not Users(database).update(_user("ana"))


def test_every_change_of_a_user_waits_to_be_pushed(database: Database) -> None:
    users, ana = Users(database), _user("ana")
    users.add(ana)
    first = database.number("SELECT local_seq FROM users WHERE local_seq > acked_seq")
    users.update(ana)
    assert database.number("SELECT local_seq FROM users") > first > 0


def _machine(**changes: object) -> Machine:
    machine = Machine(
        id=MACHINE,
        hostname="host1",
        ip_address="192.0.2.7",
        mac_address="02:00:00:00:00:01",
        os_info={"id": "debian", "cpus": 2},
        aliases=("old",),
        version="1.0",
        first_seen=10,
        last_seen=10,
    )
    return msgspec.structs.replace(machine, **changes)


def test_d27_a_machine_that_comes_back_is_renewed_in_every_column(database: Database) -> None:
    machines = Machines(database)
    machines.save(_machine())
    renewed = _machine(
        hostname="host2",
        ip_address=None,
        mac_address=None,
        os_info={"id": "ubuntu"},
        aliases=(),
        version="2.0",
        first_seen=99,
        last_seen=99,
    )
    machines.save(renewed)
    assert machines.get(MACHINE) == msgspec.structs.replace(renewed, first_seen=10)
    assert machines.get(MachineId("none")) is None


def test_the_machine_seen_last_comes_first(database: Database) -> None:
    machines = Machines(database)
    for name, seen in (("a", 5), ("b", 9), ("c", 5)):
        machines.save(_machine(id=MachineId(name), last_seen=seen))
    assert [machine.id for machine in machines.all()] == ["b", "a", "c"]


def test_a_session_begins_lives_and_ends_once(database: Database) -> None:
    sessions = Sessions(database)
    session = Session(
        id=SESSION,
        mode="user",
        private=True,
        user_id=USER,
        os_user="ana",
        machine_id=MACHINE,
        replica_id=REPLICA,
        started_at=NOW_MS,
        last_active_at=NOW_MS,
    )
    sessions.open(session)
    assert sessions.get(SESSION) == session
    sessions.touch(SESSION, at_ms=NOW_MS + 5)
    sessions.close(SESSION, at_ms=NOW_MS + 9)
    sessions.close(SESSION, at_ms=NOW_MS + 20)
    ended = msgspec.structs.replace(session, last_active_at=NOW_MS + 9, ended_at=NOW_MS + 9)
    assert sessions.get(SESSION) == ended
    sessions.open(session)
    assert sessions.get(SESSION) == ended, "opening it again changes nothing"
    assert sessions.get(SessionId("none")) is None
