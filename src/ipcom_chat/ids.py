"""Identifiers: their types, how they are made, and their short form for people.

An entry's id is the id of its request: a UUIDv7 made before the first write, so a retry after a
lost reply names the same row. A user's id follows from the username alone, so two machines that
have never met mean the same person.

Source: RFC 9562 (UUIDv5, UUIDv7 with a monotonic counter, method 3 of section 6.2).
"""

import threading
import unicodedata
from hashlib import sha1
from typing import NewType
from uuid import UUID, uuid5

from ipcom_chat.clock import Clock

EntryId = NewType("EntryId", str)
UserId = NewType("UserId", str)
MachineId = NewType("MachineId", str)
ReplicaId = NewType("ReplicaId", str)
SessionId = NewType("SessionId", str)

SHORT_ID_MIN = 6
"""Digits that a short id has at least."""

TAIL_LENGTH = 12
"""Hexadecimal digits of the last group of a UUID: in a UUIDv7 they are random."""

_IMPORT_NAMESPACE = UUID("0b1d8f4e-6f0a-5c1f-9a57-3f6d5e1c2b90").bytes
_USER_NAMESPACE = UUID("6f0ec1a5-3c1e-5d0e-9f3c-2d2b5c1f7a10")


class IdSource:
    """Makes UUIDv7 values that rise strictly within this process, whatever the clock does."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def new(self) -> str:
        """Return a UUIDv7 as 36 characters of text."""
        stamp = (self.clock.now_ms() << 12) | self.clock.random_bits(11)
        with self._lock:
            self._last = stamp = max(stamp, self._last + 1)
        # A clock beyond the year 10889 has more bits than the field.
        value = (stamp >> 12 & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
        value |= 0b10 << 62 | self.clock.random_bits(62)
        return str(UUID(int=value))


def imported_id(*parts: str) -> EntryId:
    """Return the id that follows from the parts of a name: a UUIDv5 of what was imported."""
    name = "\0".join(parts).encode("utf-8", "surrogatepass")
    digits = sha1(_IMPORT_NAMESPACE + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return EntryId(
        f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
    )


def user_id_of(username: str) -> UserId:
    """Return the id of the user with this name, letter case and Unicode form aside."""
    # Bytes of the command line that are no UTF-8 are nobody's name, and no reason to fail.
    key = username_key(username).encode("utf-8", "replace").decode("utf-8")
    return UserId(str(uuid5(_USER_NAMESPACE, key)))


def username_key(username: str) -> str:
    """Return the form in which two usernames are compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", username.strip()).casefold()


def short_id(entry_id: str, length: int = SHORT_ID_MIN) -> str:
    """Return the first `length` digits of the id's random tail, as people see them."""
    return entry_id[-TAIL_LENGTH:][:length]
