"""What people say of an entry: good, bad, or nothing any more. Pure.

A voter has one vote on an entry; who votes again changes it.
"""

from enum import StrEnum

import msgspec

from ipcom_chat.domain.entry import Origin


class Vote(StrEnum):
    """What a voter says."""

    GOOD = "good"
    BAD = "bad"
    NONE = "none"

    @property
    def weight(self) -> int:
        """How it is counted."""
        return {Vote.GOOD: 1, Vote.BAD: -1, Vote.NONE: 0}[self]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many said what of an entry."""

    good: int = 0
    bad: int = 0


def voter_of(origin: Origin) -> str:
    """Return who votes: the user, or the account of this machine where nobody was named."""
    return origin.user_id or f"{origin.os_user}@{origin.machine_id}"
