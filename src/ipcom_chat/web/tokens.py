"""The token that opens the dashboard to others, and what is derived from it.

Invariants: the token comes from a file that only its owner reads, or from the environment; it is
compared in constant time, written nowhere and told to nobody. What a browser keeps is signed with
it, so a new token ends every visit.
"""

import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from ipcom_chat.clock import Clock
from ipcom_chat.errors import SettingsError
from ipcom_chat.files import read_regular
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of

VARIABLE: Final = "IPCOM_CHAT_WEB_TOKEN"
TOKEN_MIN: Final = 20
"""Shorter ones can be guessed."""
TOKEN_MAX: Final = 4_096
VISIT_MS: Final = 12 * 3_600_000
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Token:
    """The token, read again whenever it is asked for: it can be changed without a stop."""

    def __init__(self, read_from: Path | None, value: str | None) -> None:
        self._path = read_from
        self._value = value

    def value(self) -> str:
        """Return the token.

        Raises:
            SettingsError: its file cannot be used, or it is too short.
        """
        text = _read(self._path) if self._path else (self._value or "")
        if len(text) < TOKEN_MIN:
            raise SettingsError(
                _("The token has fewer than {count} characters. A good one: openssl rand -hex 32",
                  count=TOKEN_MIN)
            )  # fmt: skip
        return text

    def fits(self, given: str) -> bool:
        """Return whether somebody gave the token."""
        return hmac.compare_digest(_digest(self.value(), "login"), _digest(given, "login"))

    def new_visit(self, clock: Clock) -> str:
        """Return what a browser shows from now on instead of the token."""
        until = f"{clock.now_ms() + VISIT_MS}.{secrets.token_hex(16)}"
        return f"{until}.{self._signature(until)}"

    def is_visit(self, shown: str, clock: Clock) -> bool:
        """Return whether a browser shows what it was given, and not too long ago."""
        until, _dot, signature = shown.rpartition(".")
        if not hmac.compare_digest(self._signature(until).encode(), signature.encode()):
            return False
        return clock.now_ms() < int(until.partition(".")[0])

    def _signature(self, text: str) -> str:
        return hmac.new(_digest(self.value(), "visit"), text.encode(), sha256).hexdigest()


def find_token(path: Path | None, environment: Mapping[str, str]) -> Token | None:
    """Return the token of a file, or of the environment; None if there is none.

    Raises:
        SettingsError: it cannot be used.
    """
    value = environment.get(VARIABLE)
    if path is None and not value:
        return None
    token = Token(path, value)
    token.value()
    return token


def _read(path: Path) -> str:
    try:
        data, attributes = read_regular(path, max_bytes=TOKEN_MAX)
    except OSError as error:
        raise SettingsError(
            _("The token file {path} cannot be read: {reason}.", path=path, reason=reason_of(error))
        ) from error
    if attributes.st_mode & _OTHERS or attributes.st_uid not in {0, os.geteuid()}:
        raise SettingsError(
            _("Others can read the token file {path}, so it is not used. Run: chmod 600 {path}",
              path=path)
        )  # fmt: skip
    return data.decode("utf-8", "replace").strip()


def _digest(text: str, purpose: str) -> bytes:
    """Return a key of a token for one purpose; of equal length whatever the text is."""
    return sha256(f"ipcom-chat {purpose}\0{text}".encode("utf-8", "surrogateescape")).digest()
