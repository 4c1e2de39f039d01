"""What a token says of itself. Its signature is the server's to check.

Source: RFC 7519 (JSON Web Token), sections 3 and 4.1.4.
"""

from base64 import urlsafe_b64decode

import msgspec


class _Claims(msgspec.Struct):
    exp: float | None = None


def expires_at(token: str) -> int | None:
    """Return when a token expires, epoch milliseconds; None if it does not, or is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    claims = parts[1]
    try:
        data = urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        exp = msgspec.json.decode(data, type=_Claims).exp
        return None if exp is None else round(exp * 1000)
    except (ValueError, OverflowError):  # not base64, not JSON, no number
        return None
