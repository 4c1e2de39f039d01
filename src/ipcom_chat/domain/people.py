"""Users and machines: what they are and what makes a user valid.

Users have no passwords. A user is a name, a username and an e-mail address, all of them required.
"""

import re
import unicodedata
from typing import Any

import msgspec

from ipcom_chat.errors import InvalidUserError
from ipcom_chat.i18n import _
from ipcom_chat.ids import MachineId, ReplicaId, SessionId, UserId, user_id_of

USERNAME_MIN = 3
USERNAME_MAX = 64
NAME_MAX = 200

_USERNAME = re.compile(r"[^\W_][\w.-]*")


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One person. Instants are epoch milliseconds."""

    id: UserId
    username: str
    name: str
    email: str
    is_active: bool = True
    created_at: int
    updated_at: int


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a user; a field that is None stays as it is."""

    is_new: bool
    id: UserId
    username: str
    name: str | None = None
    email: str | None = None
    is_active: bool | None = None


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """One host; everything but the id may change. Instants are epoch milliseconds."""

    id: MachineId
    hostname: str
    ip_address: str | None
    mac_address: str | None
    os_info: dict[str, Any]
    aliases: tuple[str, ...]
    """Ids under which the same host was known to earlier programs."""
    version: str
    first_seen: int
    last_seen: int


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of life of one replica, by the primary's clock."""

    machine_id: MachineId
    replica_id: ReplicaId
    hostname: str
    at: int
    version: str
    lag_ms: int
    """How long the oldest change had waited for the primary."""
    waiting: int
    """How many rows waited."""
    skew_ms: int
    """How far the machine's clock was ahead of the primary's."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation; one process at a time holds it. Instants are epoch milliseconds."""

    id: SessionId
    parent_id: SessionId | None = None
    """The session that this one goes on from."""
    title: str | None = None
    """What a person called it."""
    mode: str
    private: bool
    user_id: UserId | None
    os_user: str
    machine_id: MachineId
    replica_id: ReplicaId
    started_at: int
    last_active_at: int
    ended_at: int | None = None


def new_user(username: str, name: str, email: str, *, now_ms: int) -> User:
    """Return a valid user made from what somebody typed.

    Raises:
        InvalidUserError: one of the three is missing or not valid.
    """
    username = valid_username(username)
    return User(
        id=user_id_of(username),
        username=username,
        name=valid_name(name),
        email=valid_email(email),
        created_at=now_ms,
        updated_at=now_ms,
    )


def valid_username(text: str) -> str:
    """Return the username in NFKC form: letters, digits, `.`, `_`, `-`, 3 to 64 of them.

    Raises:
        InvalidUserError: it is none.
    """
    username = unicodedata.normalize("NFKC", text.strip())
    if not USERNAME_MIN <= len(username) <= USERNAME_MAX or not _USERNAME.fullmatch(username):
        raise InvalidUserError(
            _(
                "A username has {min} to {max} letters, digits, '.', '_' or '-' and starts with "
                "a letter or digit; {text!r} does not.",
                min=USERNAME_MIN,
                max=USERNAME_MAX,
                text=text,
            )
        )
    return username


def valid_name(text: str) -> str:
    """Return the name without surrounding blanks.

    Raises:
        InvalidUserError: it is empty, longer than 200 characters or holds control characters.
    """
    name = " ".join(text.split())
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise InvalidUserError(
            _("A name is required: 1 to {max} printable characters.", max=NAME_MAX)
        )
    return name


def valid_email(text: str) -> str:
    """Return the address in normal form; no network is used.

    Raises:
        InvalidUserError: it is no e-mail address.
    """
    # Imported here: 40 ms that only the creation and change of a user need.
    import email_validator  # noqa: PLC0415

    # Many companies' internal domains end in `.local`; the library lets callers admit them.
    if "local" in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove("local")
    try:
        checked = email_validator.validate_email(text.strip(), check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise InvalidUserError(
            _(
                "{text!r} is not a valid e-mail address; write it like ana@example.com. Nothing "
                "was changed.",
                text=text,
            )
        ) from error
    return checked.normalized
