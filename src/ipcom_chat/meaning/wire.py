"""What is said over the socket, and where it lies.

One question a connection: the asker writes JSON and shuts its side, the answer is JSON, too. The
socket is in the owner's own folder and for the owner alone. Its address may be longer than the 107
bytes that the kernel takes, so both sides name it through a handle of its folder.

Source: unix(7), proc_pid_fd(5).
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

SOCKET: Final = "socket"
VECTORS: Final = "vectors.db"
MESSAGE_MAX_BYTES: Final = 1_000_000
_PIECE_BYTES: Final = 65_536


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What to compare; without a text it is only asked how things stand."""

    text: str = ""
    also: tuple[int, ...] = ()
    """Rows whose likeness is wanted, whether or not they are among the nearest."""
    limit: int = 0
    """How many of the nearest."""


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """How alike questions are to one."""

    cosines: dict[int, float]
    """By row number, -1 to 1."""
    waiting: int
    """So many changed rows are not read yet."""


@contextmanager
def address(folder: Path) -> Iterator[str]:
    """Give a short name of the socket in a folder, valid inside the block."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET}"
    finally:
        os.close(handle)


def received(connection: socket.socket) -> bytes:
    """Return what the other side says until it shuts its side.

    Raises:
        OSError: it took too long, or said too much.
    """
    pieces: list[bytes] = []
    size = 0
    while piece := connection.recv(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > MESSAGE_MAX_BYTES:
            raise OSError("the message is too long")
    return b"".join(pieces)
