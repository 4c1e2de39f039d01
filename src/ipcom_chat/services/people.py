"""Users and machines: who writes the history, and from where."""

import msgspec

from ipcom_chat import __version__
from ipcom_chat.clock import Clock
from ipcom_chat.domain.people import (
    Machine,
    User,
    new_user,
    valid_email,
    valid_name,
)
from ipcom_chat.errors import (
    DuplicateUserError,
    InactiveUserError,
    NotFoundError,
    UnknownUserError,
    UsageError,
)
from ipcom_chat.host import HostFacts
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId, user_id_of
from ipcom_chat.storage.people import Machines, Users

SEEN_EVERY_MS = 5 * 60 * 1000
"""How old the last sign of life may get before it is written again."""


class UserService:
    """Creates, changes and finds users."""

    def __init__(self, users: Users, clock: Clock) -> None:
        self._users = users
        self._clock = clock

    def create(self, username: str, name: str, email: str) -> User:
        """Create a user.

        Raises:
            InvalidUserError: something is missing or not valid.
            DuplicateUserError: the username or the address is taken.
        """
        user = new_user(username, name, email, now_ms=self._clock.now_ms())
        known = self._users.get(user.id)
        if known is not None:
            raise DuplicateUserError(_taken(known))
        self._users.add(user)
        return user

    def all(self, *, inactive: bool = False) -> list[User]:
        """Return the users by name."""
        return self._users.all(inactive=inactive)

    def find(self, username: str) -> User:
        """Return a user, active or not.

        Raises:
            UnknownUserError: there is none of that name.
        """
        user = self._users.get(user_id_of(username))
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
            UnknownUserError, InvalidUserError, DuplicateUserError: as for `create`.
        """
        if name is None and email is None:
            raise UsageError(_("Say what to change: --name, --email or both."))
        user = self.find(username)
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
        return self._save(self.active(username), is_active=False)

    def reactivate(self, username: str) -> User:
        """Make an inactive user active again; an active one stays as it is.

        Raises:
            UnknownUserError: there is none of that name.
            DuplicateUserError: meanwhile the address belongs to another active user.
        """
        return self._save(self.find(username), is_active=True)

    def _save(self, user: User, **changes: object) -> User:
        now = max(self._clock.now_ms(), user.updated_at)
        changed = msgspec.structs.replace(user, **changes, updated_at=now)
        if not self._users.update(changed):
            raise UnknownUserError(_("The user {name!r} is gone.", name=user.username))
        return changed


class MachineService:
    """Registers this machine and finds others."""

    def __init__(self, machines: Machines, machine_id: MachineId, clock: Clock) -> None:
        self._machines = machines
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

    def all(self) -> list[Machine]:
        """Return the known machines, the one seen last first."""
        return self._machines.all()

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
                _("{count} machines fit {wanted!r}; give the id.", count=len(found), wanted=wanted)
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
        return _("The username {username!r} is taken.", username=known.username)
    return _(
        "The username {username!r} belongs to an inactive user. Bring the user back: "
        "ipcom-chat user reactivate {username}",
        username=known.username,
    )
