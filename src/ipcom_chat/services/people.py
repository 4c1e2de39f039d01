"""Users and machines: who writes the history, and from where."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from ipcom_chat import __version__
from ipcom_chat.clock import MINUTE_MS, Clock
from ipcom_chat.domain.people import (
    Heartbeat,
    Machine,
    User,
    UserChange,
    new_user,
    valid_email,
    valid_name,
)
from ipcom_chat.errors import (
    DuplicateUserError,
    InactiveUserError,
    NotFoundError,
    PrimaryError,
    PrimaryUnreachableError,
    UnknownUserError,
    UsageError,
)
from ipcom_chat.host import HostFacts
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId, UserId, user_id_of
from ipcom_chat.storage.people import Heartbeats, Machines, Users

SEEN_EVERY_MS = 5 * MINUTE_MS
"""How old the last sign of life may get before it is written again."""


class UserDirectory(Protocol):
    """Where the users of all machines are decided; `services.sync` reaches it."""

    def fetch_user(self, user_id: UserId) -> bool:
        """Bring this replica's record of a user up to date; return whether the primary has one.

        Raises:
            PrimaryError: the primary cannot be reached or used.
        """
        ...

    def change_user(self, change: UserChange) -> None:
        """Let a change be decided, and store what became of the user.

        Raises:
            DuplicateUserError, UnknownUserError: the change is refused.
            PrimaryError: the primary cannot be reached or used.
        """
        ...


class UserService:
    """Creates, changes and finds users.

    Args:
        users: those of the replica.
        clock: the time.
        directory: gives what decides changes for all machines; None where there is no primary.
    """

    def __init__(
        self, users: Users, clock: Clock, directory: Callable[[], UserDirectory] | None = None
    ) -> None:
        self._users = users
        self._clock = clock
        self._directory = directory

    def create(self, username: str, name: str, email: str) -> User:
        """Create a user.

        Raises:
            InvalidUserError: something is missing or not valid.
            DuplicateUserError: the username or the address is taken.
            PrimaryError: there is a primary, and it cannot be reached or used.
        """
        user = new_user(username, name, email, now_ms=self._clock.now_ms())
        self._fetch(user.id)
        known = self._users.get(user.id)
        if known is not None:
            raise DuplicateUserError(_taken(known))
        if self._directory is None:
            self._users.add(user)
            return user
        change = UserChange(
            is_new=True, id=user.id, username=user.username, name=user.name, email=user.email
        )
        self._directory().change_user(change)
        return self.find(username)

    def adopt(self, username: str, name: str, email: str, *, is_active: bool) -> bool:
        """Create a user of a history that is imported; return False if there is one of that name.

        Raises:
            InvalidUserError, DuplicateUserError, PrimaryError: as for `create`; without a primary
                a user whose address is taken is stored as inactive.
        """
        if self._users.get(user_id_of(username)) is not None:
            return False
        try:
            self.create(username, name, email)
        except DuplicateUserError:
            if self._directory is not None:
                raise
            user = new_user(username, name, email, now_ms=self._clock.now_ms())
            self._users.add(msgspec.structs.replace(user, is_active=False))
            return True
        if not is_active:
            self.deactivate(username)
        return True

    def all(self, *, inactive: bool = False) -> list[User]:
        """Return the users by name."""
        return self._users.all(inactive=inactive)

    def find(self, username: str) -> User:
        """Return a user, active or not.

        Raises:
            UnknownUserError: there is none of that name.
        """
        user = self._users.get(user_id_of(username)) or self._of_primary(username)
        if user is None:
            raise UnknownUserError(
                _(
                    "There is no user {username!r}. Create one: ipcom-chat user create "
                    "--username {username} --name NAME --email ADDRESS",
                    username=username,
                )
            )
        return user

    def active(self, username: str) -> User:
        """Return a user who may write.

        Raises:
            UnknownUserError: there is none of that name.
            InactiveUserError: the user was deactivated.
        """
        user = self.find(username)
        if not user.is_active:
            raise InactiveUserError(
                _(
                    "The user {username!r} is not active. Bring the user back: "
                    "ipcom-chat user reactivate {username}",
                    username=user.username,
                )
            )
        return user

    def update(self, username: str, *, name: str | None, email: str | None) -> User:
        """Change the name, the address or both.

        Raises:
            UsageError: neither was given.
            UnknownUserError, InvalidUserError, DuplicateUserError, PrimaryError: as for `create`.
        """
        if name is None and email is None:
            raise UsageError(_("Say what to change: --name, --email or both."))
        user = self._newest(username)
        return self._save(
            user,
            name=user.name if name is None else valid_name(name),
            email=user.email if email is None else valid_email(email),
        )

    def deactivate(self, username: str) -> User:
        """Deactivate a user; the history stays.

        Raises:
            UnknownUserError: there is none of that name.
            InactiveUserError: the user is inactive already.
        """
        self._newest(username)
        return self._save(self.active(username), is_active=False)

    def reactivate(self, username: str) -> User:
        """Make an inactive user active again; an active one stays as it is.

        Raises:
            UnknownUserError: there is none of that name.
            DuplicateUserError: meanwhile the address belongs to another active user.
        """
        return self._save(self._newest(username), is_active=True)

    def _fetch(self, user_id: UserId) -> bool:
        """Bring a user up to date before a change; return whether the primary has one."""
        try:
            return self._directory is not None and self._directory().fetch_user(user_id)
        except PrimaryUnreachableError as error:
            raise PrimaryUnreachableError(
                _(
                    "{problem} Users are decided there: none was changed; repeat this once it "
                    "answers.",
                    problem=error,
                )
            ) from error

    def _of_primary(self, username: str) -> User | None:
        """Return a user that only the primary knows yet: this replica is new, or the user is."""
        user_id = user_id_of(username)
        try:
            return self._users.get(user_id) if self._fetch(user_id) else None
        except PrimaryError:
            return None

    def _newest(self, username: str) -> User:
        self._fetch(user_id_of(username))
        return self.find(username)

    def _change(self, user: User, changes: dict[str, Any]) -> UserChange:
        if self._fetch(user.id):
            return UserChange(is_new=False, id=user.id, username=user.username, **changes)
        # It was made without a primary, and has not come there: refused, perhaps.
        whole: dict[str, Any] = {
            "name": user.name, "email": user.email, "is_active": user.is_active
        }  # fmt: skip
        return UserChange(is_new=True, id=user.id, username=user.username, **(whole | changes))

    def _save(self, user: User, **changes: Any) -> User:
        if self._directory is not None:
            self._directory().change_user(self._change(user, changes))
            return self.find(user.username)
        now = max(self._clock.now_ms(), user.updated_at + 1)
        changed = msgspec.structs.replace(user, **changes, updated_at=now)
        if not self._users.update(changed):
            raise UnknownUserError(_("The user {name!r} is gone.", name=user.username))
        return changed


class MachineService:
    """Registers this machine and finds others."""

    def __init__(
        self, machines: Machines, heartbeats: Heartbeats, machine_id: MachineId, clock: Clock
    ) -> None:
        self._machines = machines
        self._heartbeats = heartbeats
        self._clock = clock
        self.machine_id = machine_id

    def register(self, facts: HostFacts, aliases: tuple[str, ...]) -> Machine:
        """Record this machine as it is now; return the record."""
        now = self._clock.now_ms()
        known = self._machines.get(self.machine_id)
        machine = Machine(
            id=self.machine_id,
            **msgspec.structs.asdict(facts),
            aliases=_merged(known.aliases if known else (), aliases),
            version=__version__,
            first_seen=known.first_seen if known else now,
            last_seen=now,
        )
        if known is None or _differs(known, machine):
            self._machines.save(machine)
        return machine

    def adopt(self, machine: Machine) -> bool:
        """Record a machine of a history that is imported; return False if it is known."""
        if self._machines.get(machine.id) is not None:
            return False
        self._machines.save(machine)
        return True

    def all(self) -> list[Machine]:
        """Return the known machines, the one seen last first."""
        return self._machines.all()

    def heartbeats(self) -> dict[MachineId, Heartbeat]:
        """Return the newest sign of life of each machine, as the primary told it last."""
        return {beat.machine_id: beat for beat in self._heartbeats.all()}

    def find(self, machine_id: str | None = None) -> Machine:
        """Return this machine, or the one whose id, alias or host name is given.

        Raises:
            NotFoundError: none fits, or several machines have that host name.
        """
        wanted = machine_id or self.machine_id
        found = [
            machine
            for machine in self.all()
            if wanted in (machine.id, machine.hostname, *machine.aliases)
            or (len(wanted) >= 6 and machine.id.startswith(wanted))
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise NotFoundError(
                _(
                    "{count} machines fit {wanted!r}; give the id as 'ipcom-chat machine list "
                    "--json' shows it.",
                    count=len(found),
                    wanted=wanted,
                )
            )
        raise NotFoundError(
            _(
                "No machine fits {wanted!r}; 'ipcom-chat machine list' shows those known here.",
                wanted=wanted,
            )
        )


def _differs(known: Machine, machine: Machine) -> bool:
    same = msgspec.structs.replace(machine, last_seen=known.last_seen) == known
    # A clock that was years ahead must not keep the machine from being seen again.
    return not same or abs(machine.last_seen - known.last_seen) >= SEEN_EVERY_MS


def _merged(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return known + tuple(alias for alias in more if alias not in known)


def _taken(known: User) -> str:
    if known.is_active:
        return _(
            "The username {username!r} is taken; nothing was changed. Choose another, or see whose "
            "it is: ipcom-chat user show {username}",
            username=known.username,
        )
    return _(
        "The username {username!r} belongs to an inactive user. Bring the user back: "
        "ipcom-chat user reactivate {username}",
        username=known.username,
    )
