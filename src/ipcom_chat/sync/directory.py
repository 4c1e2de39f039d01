"""What is decided at, or read from, the primary at once: users, and signs of life.

A username or an e-mail address is unique for all machines only if one place decides; so these
calls wait for the primary, and say so when it cannot be reached.
"""

from ipcom_chat.domain.merge import UserRow
from ipcom_chat.domain.people import UserChange
from ipcom_chat.errors import PrimaryError, StatementError, UnknownUserError
from ipcom_chat.i18n import _
from ipcom_chat.libsql.hrana import Result, Statement
from ipcom_chat.storage.people import BEAT_COLUMNS, email_taken, username_taken
from ipcom_chat.storage.sync_rows import Pulled
from ipcom_chat.storage.sync_state import Timeline
from ipcom_chat.sync.exchanges import Exchanges
from ipcom_chat.sync.protocol import PROTOCOL, State, check_version, look, rows_of, state_of

_USER = f"SELECT rev,json_array({','.join(UserRow.__struct_fields__)})FROM users WHERE id=?"
_CHANGE = (
    "INSERT INTO user_change(protocol,epoch,nonce,wanted,id,username,name,email,is_active,at)"
    "VALUES(?,?,?,?,?,?,?,?,?,?)"
)
_BEATS = f"SELECT {BEAT_COLUMNS} FROM heartbeats"
# Neither reads rows that somebody pays for; not every server answers the first.
_BYTES = "SELECT page_count*page_size FROM pragma_page_count(),pragma_page_size()"
_ENTRIES = "SELECT max(rowid) FROM entries"
_NOWHERE = Timeline(epoch=None, anchor_n=None, anchor_nonce=None, reset_seq=0, reset_from=None)


async def look_at(primary: Exchanges) -> State:
    """Return what the primary says of itself, after making sure that it is ours and of our time.

    Raises:
        PrimaryError: it cannot be reached or used.
    """
    (looked,), _is_primary = await primary.exchange([look(_NOWHERE)], at_primary=True)
    return check_version(state_of(looked))


async def fetch_user(primary: Exchanges, user_id: str) -> Pulled | None:
    """Return a user as the primary has it, if it has one.

    Raises:
        PrimaryError: it cannot be reached or used.
    """
    results, _is_primary = await primary.exchange(
        [look(_NOWHERE), Statement(_USER, (user_id,))], at_primary=True
    )
    state_of(results[0])
    return _pulled(results[1])


async def change_user(
    primary: Exchanges, change: UserChange, *, nonce: str, at_ms: int
) -> Pulled | None:
    """Let the primary decide a change, and return the user as it is then.

    Raises:
        DuplicateUserError: the username or the address is taken.
        UnknownUserError: there is no such user to change.
        PrimaryError: it cannot be reached or used; whether the change was made is not known.
    """
    state = await look_at(primary)
    active = None if change.is_active is None else int(change.is_active)
    asked = Statement(
        _CHANGE,
        (
            PROTOCOL, state.epoch, nonce, "absent" if change.is_new else "present",
            change.id, change.username, change.name, change.email, active, at_ms,
        ),
        want_rows=False,
    )  # fmt: skip
    results, _is_primary = await primary.exchange(
        [asked, Statement(_USER, (change.id,))], at_primary=True
    )
    if isinstance(results[0], PrimaryError):
        raise _meant(results[0], change)
    return _pulled(results[1])


async def fetch_heartbeats(primary: Exchanges) -> list[tuple[object, ...]]:
    """Return the last signs of life, in the order of `BEAT_COLUMNS`.

    Raises:
        PrimaryError: the primary cannot be reached or used.
    """
    (result,), _is_primary = await primary.exchange([Statement(_BEATS)], at_primary=False)
    return list(rows_of(result))


async def fetch_size(primary: Exchanges) -> tuple[int | None, int | None]:
    """Return how many bytes the primary takes, and how many entries it holds; None if not told.

    Raises:
        PrimaryError: the primary cannot be reached.
    """
    results, _is_primary = await primary.exchange(
        [Statement(_BYTES), Statement(_ENTRIES)], at_primary=False
    )
    nbytes, entries = (_number(result) for result in results)
    return nbytes, entries


def _number(result: Result | PrimaryError) -> int | None:
    if isinstance(result, PrimaryError) or not result.rows:
        return None
    value = result.rows[0][0]
    return value if isinstance(value, int) else None


def _pulled(result: Result | PrimaryError) -> Pulled | None:
    rows = rows_of(result)
    return Pulled("u", *rows[0]) if rows else None


def _meant(error: PrimaryError, change: UserChange) -> Exception:
    reason = error.reason if isinstance(error, StatementError) else ""
    if reason.endswith("ipcom-chat: username"):
        return username_taken(change.username)
    if reason.endswith("ipcom-chat: email"):
        return email_taken(change.email or "-")
    if reason.endswith("ipcom-chat: unknown user"):
        return UnknownUserError(_("The user {name!r} is gone.", name=change.username))
    return error
