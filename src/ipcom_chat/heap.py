"""Keeps what a program holds that stays for days near what it uses.

glibc gives each thread an arena of its own and keeps what was freed: after a large exchange
`sync --watch` held twice of what it needed. Another C library has no such calls, and is left as
it is.

Source: mallopt(3), malloc_trim(3).
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

_ARENA_MAX = -8


def share_one_arena() -> None:
    """Let the threads of this process share one arena; call it before they start."""
    if library := _glibc():
        library.mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return what is free to the system; takes some milliseconds."""
    if library := _glibc():
        library.malloc_trim(0)


@cache
def _glibc() -> "CDLL | None":
    # Where the system forbids what ctypes needs, the program is larger and otherwise the same.
    try:
        from ctypes import CDLL  # noqa: PLC0415 - only for programs that stay

        library = CDLL(None)
    except (ImportError, OSError, MemoryError):
        return None
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
