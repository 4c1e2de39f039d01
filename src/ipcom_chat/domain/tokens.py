"""What a token of the primary says about itself: a JWT's claims, read and not verified.

Only the server can verify it; a machine reads when it ends and whether it may write, so that a
person hears of it in time. The token itself is in no result.

Source: RFC 7519 (JWT); docs of sqld (claim `a`: `rw`, `ro`); docs.turso.tech/cli/db/tokens.
"""

import base64
import binascii
import json

import msgspec

_SECONDS_MAX = 1e12


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says."""

    expires_at: int | None = None
    """Epoch milliseconds; None: it does not end."""
    may_write: bool | None = None
    """None: it does not say."""


def claims_of(token: str) -> Claims | None:
    """Return what a token says; None if it is no JWT, as the tokens of some servers are none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    # The last one: brackets within brackets, thousands of them.
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(claims, dict):
        return None
    access = claims.get("a")
    return Claims(
        expires_at=_milliseconds(claims.get("exp")),
        may_write={"rw": True, "ro": False}.get(access) if isinstance(access, str) else None,
    )


def _milliseconds(seconds: object) -> int | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    # NaN and infinity are numbers for this parser of JSON.
    return int(seconds * 1000) if 0 <= seconds < _SECONDS_MAX else None
