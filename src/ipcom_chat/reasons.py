"""Why the operating system refused something, in the language of the screen.

The system speaks the language of the C locale; what people meet most is translated here by its
number. Anything else, and what this program says itself in an `OSError`, is passed on as it is.
"""

import errno
import os

from ipcom_chat.i18n import _

_EAI_NONAME, _EAI_AGAIN = -2, -3
"""Of getaddrinfo(3); `socket`, which has them, takes milliseconds to import."""


def reason_of(error: BaseException) -> str:
    """Return why something failed, in a few words without the path or address that was meant.

    Args:
        error: any; of one that is none of the system, its own text.
    """
    if not isinstance(error, OSError) or not error.strerror:
        return str(error) or type(error).__name__
    code = error.errno or 0
    is_systems = code < 0 or error.strerror == os.strerror(code)
    return _known().get(code, error.strerror) if is_systems else error.strerror


def reason_behind(error: BaseException) -> str | None:
    """Return why the system refused what an error is about, however often that was wrapped.

    Returns:
        a few words; None if the system has no part in it.
    """
    return next(filter(None, map(_of_system, causes(error))), None)


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and what led to it, the first cause first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.insert(0, cause)
        cause = cause.__cause__ or cause.__context__
    return chain


def _of_system(error: BaseException) -> str | None:
    import socket  # noqa: PLC0415 - milliseconds that only a failure needs
    import ssl  # noqa: PLC0415

    if not isinstance(error, OSError):
        return None
    # By its number: asyncio puts an address into the words of its errors. Those of TLS and of names
    # are counted otherwise.
    code = 0 if isinstance(error, socket.gaierror | ssl.SSLError) else error.errno or 0
    if code > 0:
        return reason_of_code(code)
    return reason_of(error) if error.strerror else None


def reason_of_code(code: int) -> str:
    """Return what the number of an error means, `errno.EACCES` and the like."""
    return _known().get(code) or os.strerror(code)


def _known() -> dict[int, str]:
    return _of_files() | _of_connections()


def _of_files() -> dict[int, str]:
    return {
        errno.EPERM: _("Operation not permitted"),
        errno.ENOENT: _("No such file or directory"),
        errno.EIO: _("Input/output error"),
        errno.ENOEXEC: _("Exec format error"),
        errno.ENOMEM: _("Cannot allocate memory"),
        errno.EACCES: _("Permission denied"),
        errno.EBUSY: _("Device or resource busy"),
        errno.EEXIST: _("File exists"),
        errno.ENOTDIR: _("Not a directory"),
        errno.EISDIR: _("Is a directory"),
        errno.EINVAL: _("Invalid argument"),
        errno.EMFILE: _("Too many open files"),
        errno.EFBIG: _("File too large"),
        errno.ENOSPC: _("No space left on device"),
        errno.EROFS: _("Read-only file system"),
        errno.ENAMETOOLONG: _("File name too long"),
        errno.ENOTEMPTY: _("Directory not empty"),
        errno.ELOOP: _("Too many levels of symbolic links"),
        errno.EDQUOT: _("Disk quota exceeded"),
    }


def _of_connections() -> dict[int, str]:
    return {
        errno.EPIPE: _("Broken pipe"),
        errno.EADDRINUSE: _("Address already in use"),
        errno.EADDRNOTAVAIL: _("Cannot assign requested address"),
        errno.ENETUNREACH: _("Network is unreachable"),
        errno.ECONNRESET: _("Connection reset by peer"),
        errno.ETIMEDOUT: _("Connection timed out"),
        errno.ECONNREFUSED: _("Connection refused"),
        errno.EHOSTUNREACH: _("No route to host"),
        _EAI_NONAME: _("Name or service not known"),
        _EAI_AGAIN: _("Temporary failure in name resolution"),
    }
