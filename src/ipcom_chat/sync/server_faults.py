"""What may be wrong with a primary that somebody administers, as errors."""

from ipcom_chat.errors import (
    PrimaryError,
    PrimaryForeignError,
    PrimaryVersionError,
    StatementError,
)
from ipcom_chat.i18n import _


def newer(found: int, known: int, host: str) -> PrimaryVersionError:
    """Return the error for a database that a newer program migrated."""
    return PrimaryVersionError(
        _(
            "The database at {host} belongs to a newer ipcom-chat (schema {found}, this one knows "
            "{known}). Nothing was changed; upgrade ipcom-chat.",
            host=host,
            found=found,
            known=known,
        )
    )


def incomplete(host: str) -> PrimaryForeignError:
    """Return the error for a database that is ours and lacks a part."""
    return PrimaryForeignError(
        _(
            "The database at {host} lacks a part of what ipcom-chat needs. Nothing was changed; "
            "'ipcom-chat server verify' says what is missing.",
            host=host,
        )
    )


def translated(error: StatementError, host: str) -> PrimaryError:
    """Return what a refused statement of the administrator's side means."""
    is_part_missing = error.reason.startswith(("no such table", "no such column"))
    return incomplete(host) if is_part_missing else error
