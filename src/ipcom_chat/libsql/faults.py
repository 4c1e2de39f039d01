"""What the errors of a libSQL server, and of the way to it, mean to this program.

The rule: what may pass by itself is `PrimaryUnreachableError` and is tried again; what a person
must mend is said once. A fault of the whole server (its disk is full) is never a fault of the
statement that met it.

Source: the codes of `StmtError` and the statuses of `Error` in libsql-server (hrana/stmt.rs,
error.rs), checked against sqld 0.24.32; RFC 9110.
"""

import ssl
from http import HTTPStatus

import httpx2

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import (
    PrimaryAuthError,
    PrimaryError,
    PrimaryReadOnlyError,
    PrimarySetupError,
    PrimaryTooLargeError,
    PrimaryUnreachableError,
    StatementError,
)
from ipcom_chat.i18n import _
from ipcom_chat.libsql import hrana
from ipcom_chat.reasons import causes, reason_behind

_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "TRANSACTION_", "STREAM_EXPIRED")
_READ_ONLY = ("BLOCKED", "SQLITE_READONLY")
_TOO_LARGE = ("RESPONSE_TOO_LARGE", "SQLITE_TOOBIG")
_SERVER_FAULTS = (
    *("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL"),
    *("SQLITE_INTERRUPT", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_INTERNAL"),
)
_ARGUMENT_TOO_LARGE = "string or blob too big"
_BAD_BATON = b"Received an invalid baton"

_PASSING_STATUSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_PASSING_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""The connection was cut in the middle of the handshake; nothing is wrong with certificates."""


def of_statement(error: StatementError, host: str) -> PrimaryError:
    """Return what a refused statement means; the error itself if the statement is at fault."""
    code, reason = error.sql_code, error.reason
    if code.startswith(_BUSY) or code.startswith(_SERVER_FAULTS):
        return unreachable(host, reason)
    if code.startswith(_READ_ONLY):
        return read_only(host, reason)
    if code.startswith(_TOO_LARGE) or reason.endswith(_ARGUMENT_TOO_LARGE):
        return too_large(host)
    return error


def of_status(status: int, body: bytes, host: str, *, hide: str = "") -> PrimaryError:
    """Return what an HTTP status other than 200 means.

    Args:
        status: the status.
        body: at least the beginning of the body.
        host: what the server is called.
        hide: a secret that no text may hold.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING_STATUSES:
        return unreachable(host, _status_text(status, body, hide))
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return unauthorised(host)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return too_large(host)
        case _:
            return _of_refusal(status, body, host, hide)


def _of_refusal(status: int, body: bytes, host: str, hide: str) -> PrimaryError:
    """Return what a status of the 300s or 400s means, by who wrote its body."""
    error = hrana.decode_error(body, hide=hide)
    if error and status == HTTPStatus.FORBIDDEN:
        return read_only(host, error[1])
    if body.startswith(_BAD_BATON) or (error and error[0].startswith(_BUSY)):
        return unreachable(host, _("the transaction was given up"))
    return not_a_primary(host, _status_text(status, body, hide))


def of_transport(error: Exception, host: str, *, hide: str = "") -> PrimaryError:
    """Return what a failure on the way to the server, or back, means."""
    chain = causes(error)
    tls = next((cause for cause in chain if isinstance(cause, ssl.SSLError)), None)
    if tls is not None and not isinstance(tls, _PASSING_TLS):
        return _untrusted(host, tls)
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return not_a_primary(host, _("the address is not valid"))
    reason = reason_behind(error) or str(error)
    reason = reason.replace(hide, "***") if hide else reason
    return unreachable(host, one_line(reason).rstrip(". ") or type(error).__name__)


def unreachable(host: str, reason: str) -> PrimaryUnreachableError:
    """Return the error for what may pass by itself."""
    return PrimaryUnreachableError(
        _(
            "The primary at {host} did not answer as it should: {reason}. The history on this"
            " machine is safe and is sent later; if this lasts, look whether it runs and whether"
            " its address is right.",
            host=host,
            reason=reason,
        )
    )


def unauthorised(host: str) -> PrimaryAuthError:
    """Return the error for a token that is missing, wrong or too old."""
    return PrimaryAuthError(
        _(
            "The primary at {host} does not accept the token; the history on this machine is safe."
            " Set TURSO_AUTH_TOKEN, or the file of TURSO_AUTH_TOKEN_FILE, to a valid one.",
            host=host,
        )
    )


def read_only(host: str, reason: str) -> PrimaryReadOnlyError:
    """Return the error for a token, or a database, that allows no writing."""
    return PrimaryReadOnlyError(
        _(
            "The primary at {host} does not allow writing: {reason}. The history on this machine"
            " is safe; set TURSO_AUTH_TOKEN to a token that may write.",
            host=host,
            reason=reason,
        )
    )


def too_large(host: str) -> PrimaryTooLargeError:
    """Return the error for more in one piece than the server takes or gives."""
    return PrimaryTooLargeError(
        _(
            "The primary at {host} does not handle so much at once; nothing is lost, ask for less.",
            host=host,
        )
    )


def not_a_primary(host: str, reason: str) -> PrimarySetupError:
    """Return the error for something that answers, but is no libSQL server."""
    return PrimarySetupError(
        _(
            "What answers at {host} is not a libSQL server: {reason}. The history on this machine"
            " is safe; check the primary's address and the proxy.",
            host=host,
            reason=reason,
        )
    )


_NO_TLS = frozenset(("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"))
"""How versions of OpenSSL call an answer that is none of TLS."""


def _untrusted(host: str, error: ssl.SSLError) -> PrimarySetupError:
    reason = getattr(error, "verify_message", "") or error.reason or str(error)
    if error.reason in _NO_TLS:
        return PrimarySetupError(
            _(
                "What answers at {host} does not speak TLS. Nothing was sent; check the port, or "
                "write http:// if the primary runs on this machine.",
                host=host,
            )
        )
    return PrimarySetupError(
        _(
            "There is no safe connection to {host}: {reason}. Nothing was sent; check the address,"
            " this machine's clock and its certificates (SSL_CERT_FILE).",
            host=host,
            reason=one_line(reason),
        )
    )


def _status_text(status: int, body: bytes, hide: str) -> str:
    """Return the status, and what a libSQL server says to it; pages of others say nothing."""
    error = hrana.decode_error(body, hide=hide)
    return f"HTTP {status}" if error is None else f"HTTP {status}, {error[1]}"
