"""Who and where the entries of an imported history come from, in the terms of this one.

A user of another history is the user of the same name here, made if there is none. A machine is
the one that has its id as an alias, or its name; otherwise it keeps its own id.
"""

from hashlib import sha256

from ipcom_chat.clock import Clock
from ipcom_chat.domain.people import Machine
from ipcom_chat.errors import DuplicateUserError, InvalidUserError, PrimaryError
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId, UserId, user_id_of
from ipcom_chat.imports.records import Exported, Host, Person
from ipcom_chat.services.people import MachineService, UserService

_ID_MAX_CHARS = 64


class ImportedPeople:
    """The users and machines of histories that are imported on one machine."""

    def __init__(
        self, users: UserService, machines: MachineService, here: MachineId, clock: Clock
    ) -> None:
        self._users = users
        self._machines = machines
        self._clock = clock
        self.here = here
        self._user_ids: dict[str, UserId] = {}
        self._seen: set[str] = set()
        known = machines.all()
        self._by_id = {machine.id: machine.id for machine in known} | {
            alias: machine.id for machine in known for alias in machine.aliases
        }
        names = [machine.hostname for machine in known]
        self._by_name = {
            machine.hostname: machine.id for machine in known if names.count(machine.hostname) == 1
        } | {machine.hostname: machine.id for machine in known if machine.id == here}

    def user_id(self, old_id: str) -> UserId | None:
        """Return the user whom the source calls by an id of its own."""
        return self._user_ids.get(old_id)

    def machine_id(
        self, old_id: str | None, hostname: str | None, *, is_local: bool = False
    ) -> MachineId:
        """Return the machine that the source means by an id of its own or by a name.

        Args:
            old_id: the id.
            hostname: the name, where there is no id.
            is_local: whether it is this one, if the id is nobody else's.
        """
        if old_id is not None and is_local:
            return self._by_id.setdefault(MachineId(old_id), self.here)
        if old_id is not None:
            return self._by_id.get(MachineId(old_id)) or _usable(old_id)
        return self.here if hostname is None else self._by_name.get(hostname, _named(hostname))

    def adopt_user(self, person: Person, *, dry_run: bool) -> tuple[int, str | None]:
        """Find or create a user; return how many were created, and what stood against it."""
        self._user_ids[person.id] = user_id_of(person.username)
        return self._adopt(
            (person.username, person.name, person.email), is_active=person.is_active,
            dry_run=dry_run,
        )  # fmt: skip

    def adopt_host(self, host: Host, *, dry_run: bool) -> int:
        """Record a machine that is not known; return how many were."""
        if host.id in self._by_id:
            return 0
        machine_id = _usable(host.id)
        self._by_id[MachineId(host.id)] = machine_id
        seen = host.last_seen or host.first_seen or self._clock.now_ms()
        machine = Machine(
            id=machine_id,
            hostname=host.hostname,
            ip_address=host.ip_address,
            mac_address=None,
            os_info=host.os_info,
            aliases=() if machine_id == host.id else (host.id,),
            version="",
            first_seen=min(host.first_seen or seen, seen),
            last_seen=seen,
        )
        return 1 if dry_run else int(self._machines.adopt(machine))

    def adopt_named(self, hostname: str, at_ms: int, *, dry_run: bool) -> int:
        """Record a machine that is known by its name alone; return how many were."""
        if hostname in self._by_name:
            return 0
        self._by_name[hostname] = machine_id = _named(hostname)
        host = Host(id=machine_id, hostname=hostname, ip_address=None, os_info={},
                    first_seen=at_ms, last_seen=at_ms)  # fmt: skip
        return self.adopt_host(host, dry_run=dry_run)

    def adopt_exported(self, exported: Exported, *, dry_run: bool) -> tuple[int, int, str | None]:
        """Make sure that user and machine of an exported entry exist.

        Returns:
            How many users and machines were created, and what stood against it.
        """
        entry, users, problem, machines = exported.entry, 0, None, 0
        if entry.user_id is not None and exported.username is not None:
            named = (exported.username, exported.user_name or "", exported.user_email or "")
            if user_id_of(exported.username) == entry.user_id and entry.user_id not in self._seen:
                self._seen.add(entry.user_id)
                users, problem = self._adopt(
                    named, is_active=exported.user_is_active, dry_run=dry_run
                )
        if exported.hostname is not None and entry.machine_id not in self._by_id:
            host = Host(
                id=entry.machine_id,
                hostname=exported.hostname,
                ip_address=None,
                os_info={},
                first_seen=entry.created_at,
                last_seen=entry.created_at,
            )
            machines = self.adopt_host(host, dry_run=dry_run)
        return users, machines, problem

    def _adopt(
        self, named: tuple[str, str, str], *, is_active: bool, dry_run: bool
    ) -> tuple[int, str | None]:
        username, name, email = named
        if dry_run:
            is_known = any(user.username == username for user in self._users.all(inactive=True))
            return int(not is_known), None
        try:
            return int(self._users.adopt(username, name, email, is_active=is_active)), None
        except (InvalidUserError, DuplicateUserError, PrimaryError) as error:
            return 0, _("the user {username!r} could not be created: {reason}",
                        username=username, reason=str(error))  # fmt: skip


def _named(hostname: str) -> MachineId:
    """Return the id of a host that only a name tells, the same on whichever machine it is read."""
    name = f"ipcom-chat/host/{hostname}".encode("utf-8", "surrogatepass")
    return MachineId(sha256(name).hexdigest())


def _usable(old_id: str) -> MachineId:
    """Return an id as a machine's: one that is too long, or that cannot be shown, is hashed."""
    if 0 < len(old_id) <= _ID_MAX_CHARS and old_id.isprintable():
        return MachineId(old_id)
    return MachineId(sha256(old_id.encode("utf-8", "surrogatepass")).hexdigest())
