"""Where the primary is and with which token, from the settings.

The token comes from the environment or the settings file, from a file that only its owner can
read, or from a command; the first that is set counts. It is never shown, and no text of an error
holds a part of it.
"""

from typing import Final

from ipcom_chat.errors import SettingsError
from ipcom_chat.i18n import _
from ipcom_chat.secret_sources import Sought, from_settings
from ipcom_chat.settings import Settings
from ipcom_chat.sync.target import Target, fault_of

_ADDRESSES: Final = frozenset({"turso.database_url", "turso.sync_url"})


def primary_urls(settings: Settings) -> tuple[str, ...]:
    """Return the configured addresses: the primary, then replicas of it; none without one."""
    return _split(settings["turso.database_url"] or "")


def check_setting(key: str, text: str) -> None:
    """Look whether an address of the primary can be used, before it is written; an empty one can.

    Args:
        key: any setting.
        text: its value, as it is written.

    Raises:
        PrimarySetupError: it is no address of a server, or holds a secret.
    """
    if key in _ADDRESSES and (fault := fault_of(_split(text))):
        raise fault


def primary_target(settings: Settings) -> Target:
    """Return where the primary is.

    Raises:
        SettingsError: no primary is configured, or its token cannot be had.
    """
    urls = primary_urls(settings)
    if not urls:
        raise SettingsError(
            _(
                "No primary is configured. Set TURSO_DATABASE_URL to its address and "
                "TURSO_AUTH_TOKEN to its token, if it wants one."
            )
        )
    return Target(
        urls=urls,
        read_url=settings["turso.sync_url"],
        token=primary_token(settings),
        timeout_ms=settings["sync.query_timeout"],
        allow_http=settings["turso.allow_http"],
    )


def primary_token(settings: Settings) -> str | None:
    """Return the primary's token, None if none is configured.

    Raises:
        SettingsError: the file or the command that should hold it does not.
    """
    sought = Sought(
        what=_("the primary's token"),
        file_variable="TURSO_AUTH_TOKEN_FILE",
        command_variable="TURSO_AUTH_TOKEN_COMMAND",
    )
    return from_settings(settings, "turso.auth_token", sought)


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))
