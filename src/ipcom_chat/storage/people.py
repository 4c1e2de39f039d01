"""Users, machines and sessions in the replica.

Invariants: a username is never reused, only reactivated (the id follows from it); a deleted user
is deactivated and keeps its history; every change raises `local_seq`, and `updated_at` whatever
the clock says: by it the last writer wins.
"""

from collections.abc import Iterable
from typing import Any

import apsw
import msgspec

from ipcom_chat.domain.people import Heartbeat, Machine, Session, User
from ipcom_chat.errors import DuplicateUserError
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId, SessionId, UserId
from ipcom_chat.storage.database import Database, Row, decoded
from ipcom_chat.storage.entry_rows import redacted_text

_USER_COLUMNS = "id, username, name, email, is_active, created_at, updated_at"
_ADD_USER = f"""
INSERT INTO users ({_USER_COLUMNS}, local_seq, acked_seq)
VALUES (:id, :username, :name, :email, :is_active, :created_at, :updated_at, :local_seq, 0)
"""
_UPDATE_USER = """
UPDATE users SET name = :name, email = :email, is_active = :is_active, updated_at = :updated_at,
  local_seq = :local_seq
WHERE id = :id
"""
_EMAIL_TAKEN = """
SELECT 1 FROM users WHERE email = :email COLLATE NOCASE AND is_active = 1 AND id <> :id
"""
_GET_USER = f"SELECT {_USER_COLUMNS} FROM users WHERE id = ?"
_LIST_USERS = f"""
SELECT {_USER_COLUMNS} FROM users WHERE is_active = 1 OR :all ORDER BY username
"""

_MACHINE_COLUMNS = (
    "id, hostname, ip_address, mac_address, os_info, aliases, version, first_seen, last_seen"
)
_SAVE_MACHINE = f"""
INSERT INTO machines ({_MACHINE_COLUMNS}, updated_at, local_seq, acked_seq)
VALUES (:id, :hostname, :ip_address, :mac_address, :os_info, :aliases, :version, :first_seen,
        :last_seen, :last_seen, :local_seq, 0)
ON CONFLICT (id) DO UPDATE SET
  hostname = excluded.hostname, ip_address = excluded.ip_address,
  mac_address = excluded.mac_address, os_info = excluded.os_info, aliases = excluded.aliases,
  version = excluded.version, last_seen = excluded.last_seen,
  updated_at = max(excluded.updated_at, updated_at + 1), local_seq = excluded.local_seq
"""
_GET_MACHINE = f"SELECT {_MACHINE_COLUMNS} FROM machines WHERE id = ?"
_HOSTNAMES = "SELECT id, hostname FROM machines"
_LIST_MACHINES = f"""
SELECT {_MACHINE_COLUMNS} FROM machines ORDER BY last_seen DESC, id
"""

BEAT_COLUMNS = "machine_id, replica_id, hostname, at, version, lag_ms, waiting, skew_ms"
_FORGET_BEATS = "DELETE FROM heartbeats"
_ADD_BEAT = f"INSERT INTO heartbeats ({BEAT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_LIST_BEATS = f"SELECT {BEAT_COLUMNS} FROM heartbeats ORDER BY at"

_OS_INFO = msgspec.json.Decoder(dict[str, Any])
_ALIASES = msgspec.json.Decoder(tuple[str, ...])

SESSION_COLUMNS = (
    "id, parent_id, title, mode, private, user_id, os_user, machine_id, replica_id, started_at, "
    "last_active_at, ended_at"
)
_ADD_SESSION = f"""
INSERT INTO sessions ({SESSION_COLUMNS}, updated_at, local_seq, acked_seq)
VALUES (:id, :parent_id, :title, :mode, :private, :user_id, :os_user, :machine_id, :replica_id,
        :started_at, :last_active_at, :ended_at, :started_at, :local_seq, 0)
ON CONFLICT (id) DO NOTHING
"""
_TOUCH_SESSION = """
UPDATE sessions SET last_active_at = :at, updated_at = max(:at, updated_at + 1),
  local_seq = :local_seq
WHERE id = :id
"""
_END_SESSION = """
UPDATE sessions SET last_active_at = :at, ended_at = :at, updated_at = max(:at, updated_at + 1),
  local_seq = :local_seq
WHERE id = :id AND ended_at IS NULL
"""
# Whoever finds it dead does not know when it was used last; the row does.
_END_DEAD_SESSION = """
UPDATE sessions SET ended_at = max(:at, started_at), updated_at = max(:at, updated_at + 1),
  local_seq = :local_seq
WHERE id = :id AND ended_at IS NULL
"""
_REOPEN_SESSION = """
UPDATE sessions SET last_active_at = max(:at, last_active_at), ended_at = NULL,
  updated_at = max(:at, updated_at + 1), local_seq = :local_seq
WHERE id = :id AND deleted_at IS NULL
"""
_RENAME_SESSION = """
UPDATE sessions SET title = :title, updated_at = max(:at, updated_at + 1), local_seq = :local_seq
WHERE id = :id AND deleted_at IS NULL
"""
_DELETE_SESSION = """
UPDATE sessions SET title = NULL, deleted_at = max(:at, started_at),
  ended_at = coalesce(ended_at, max(:at, started_at)), updated_at = max(:at, updated_at + 1),
  local_seq = :local_seq
WHERE id = :id AND deleted_at IS NULL
"""
_GET_SESSION = f"SELECT {SESSION_COLUMNS} FROM sessions WHERE id = ? AND deleted_at IS NULL"


class Users:
    """The users that this replica knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: User) -> None:
        """Insert a user.

        Raises:
            DuplicateUserError: the username is known, or the address is in use.
        """
        self._write(_ADD_USER, user)

    def update(self, user: User) -> bool:
        """Store name, address and activity of a user; return False if there is none.

        Raises:
            DuplicateUserError: the address is in use.
        """
        return self._write(_UPDATE_USER, user) == 1

    def get(self, user_id: UserId) -> User | None:
        """Return the user with this id, active or not."""
        row = self._database.row(_GET_USER, (user_id,))
        return None if row is None else _user(row)

    def all(self, *, inactive: bool) -> list[User]:
        """Return the users by name; `inactive` includes deactivated ones."""
        return [_user(row) for row in self._database.rows(_LIST_USERS, {"all": int(inactive)})]

    def _write(self, sql: str, user: User) -> int:
        values = msgspec.structs.asdict(user) | {"is_active": int(user.is_active)}
        if sql is _UPDATE_USER:
            del values["username"], values["created_at"]
        try:
            with self._database.write() as transaction:
                email = {"email": user.email, "id": user.id}
                if user.is_active and transaction.execute(_EMAIL_TAKEN, email):
                    raise email_taken(user.email)
                values["local_seq"] = transaction.next_local_seq()
                return transaction.changed(sql, values)
        except apsw.ConstraintError as error:
            raise username_taken(user.username) from error


class Machines:
    """The machines that this replica knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, machine: Machine) -> None:
        """Insert a machine, or renew everything but when it was first seen."""
        values = msgspec.structs.asdict(machine) | {
            "os_info": msgspec.json.encode(machine.os_info).decode(),
            "aliases": msgspec.json.encode(machine.aliases).decode(),
        }
        with self._database.write() as transaction:
            values["local_seq"] = transaction.next_local_seq()
            transaction.execute(_SAVE_MACHINE, values)

    def get(self, machine_id: MachineId) -> Machine | None:
        """Return the machine with this id."""
        row = self._database.row(_GET_MACHINE, (machine_id,))
        return None if row is None else _machine(row)

    def all(self) -> list[Machine]:
        """Return the machines, the one seen last first."""
        return [_machine(row) for row in self._database.rows(_LIST_MACHINES)]

    def hostnames(self) -> dict[str, str]:
        """Return the host names by machine id; nothing else is read, for every search asks."""
        return {row[0]: row[1] for row in self._database.rows(_HOSTNAMES)}


class Heartbeats:
    """The last signs of life of all replicas, as the primary told them last."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, beats: Iterable[Row]) -> None:
        """Store what the primary tells, instead of what it told before."""
        with self._database.write() as transaction:
            transaction.execute(_FORGET_BEATS)
            transaction.execute_many(_ADD_BEAT, beats)

    def all(self) -> list[Heartbeat]:
        """Return the newest sign of life of each machine."""
        newest: dict[str, Heartbeat] = {}
        for row in self._database.rows(_LIST_BEATS):
            beat = heartbeat_of(row)
            newest[beat.machine_id] = beat
        return list(newest.values())


class Sessions:
    """The sessions of this replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, session: Session) -> None:
        """Record that a session has begun."""
        with self._database.write() as transaction:
            values = msgspec.structs.asdict(session) | {"private": int(session.private)}
            transaction.execute(_ADD_SESSION, values | {"local_seq": transaction.next_local_seq()})

    def touch(self, session_id: SessionId, *, at_ms: int) -> None:
        """Record that a session is alive."""
        self._set(_TOUCH_SESSION, session_id, at_ms)

    def close(self, session_id: SessionId, *, at_ms: int) -> None:
        """Record that a session has ended; a second call changes nothing."""
        self._set(_END_SESSION, session_id, at_ms)

    def close_dead(self, session_id: SessionId, *, at_ms: int) -> None:
        """Record that a session was found without its process."""
        self._set(_END_DEAD_SESSION, session_id, at_ms)

    def reopen(self, session_id: SessionId, *, at_ms: int) -> bool:
        """Record that a session goes on; return False if it was deleted."""
        return self._set(_REOPEN_SESSION, session_id, at_ms) == 1

    def rename(self, session_id: SessionId, title: str | None, *, at_ms: int) -> bool:
        """Give a session a title, or none; return False if it was deleted."""
        shown = redacted_text(title)
        return self._set(_RENAME_SESSION, session_id, at_ms, clears=True, title=shown) == 1

    def delete(self, session_id: SessionId, *, at_ms: int) -> bool:
        """Turn a session into a tombstone; return False if it was one already."""
        return self._set(_DELETE_SESSION, session_id, at_ms, clears=True) == 1

    def get(self, session_id: SessionId) -> Session | None:
        """Return the session with this id, unless it was deleted."""
        row = self._database.row(_GET_SESSION, (session_id,))
        return None if row is None else session_of(row)

    def _set(
        self,
        sql: str,
        session_id: SessionId,
        at_ms: int,
        *,
        clears: bool = False,
        **values: str | None,
    ) -> int:
        with self._database.write() as transaction:
            if clears:
                transaction.clear()
            seq = transaction.next_local_seq()
            bindings = {"id": session_id, "at": at_ms, "local_seq": seq}
            return transaction.changed(sql, bindings | values)


def session_of(row: Row) -> Session:
    """Return the session that a row of `SESSION_COLUMNS` holds."""
    values = dict(zip(SESSION_COLUMNS.split(", "), row, strict=True))
    return Session(**(values | {"private": bool(values["private"])}))


def heartbeat_of(row: Row) -> Heartbeat:
    """Return the sign of life that a row of `BEAT_COLUMNS` holds."""
    return Heartbeat(**dict(zip(BEAT_COLUMNS.split(", "), row, strict=True)))


def _user(row: Row) -> User:
    values = dict(zip(_USER_COLUMNS.split(", "), row, strict=True))
    return User(**(values | {"is_active": bool(values["is_active"])}))


def _machine(row: Row) -> Machine:
    values = dict(zip(_MACHINE_COLUMNS.split(", "), row, strict=True))
    values["os_info"] = decoded(_OS_INFO, values["os_info"], {})
    values["aliases"] = decoded(_ALIASES, values["aliases"], ())
    return Machine(**values)


def email_taken(email: str) -> DuplicateUserError:
    """Return the error for an address that another active user has."""
    return DuplicateUserError(_("The e-mail {email} belongs to another active user.", email=email))


def username_taken(username: str) -> DuplicateUserError:
    """Return the error for a username that is known, active or not."""
    return DuplicateUserError(
        _(
            "There is a user {username!r} already; 'ipcom-chat user list --all' shows inactive "
            "ones, 'ipcom-chat user reactivate {username}' brings one back.",
            username=username,
        )
    )
