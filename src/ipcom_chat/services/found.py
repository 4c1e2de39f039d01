"""What a look at the history brings: rows with how well they fit, and what they are grouped to.

Pure functions of what was read; who reads it, and how it is ranked, is `services.search`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ipcom_chat.domain.entry import Kind, Mode, Scope
from ipcom_chat.domain.ranking import LIKE_MIN, Score, Signals, meaning, usual_meaning
from ipcom_chat.domain.recall import Frequencies
from ipcom_chat.meaning.wire import Likeness
from ipcom_chat.search.plan import Plan
from ipcom_chat.storage.search_rows import Candidate

_OF_ALL: Final = frozenset({Mode.GLOBAL.value, Mode.HYBRID.value})
_BLANKS: Final = re.compile(r"\s+")


class Scored(msgspec.Struct, frozen=True):
    """A row, and how well it fits."""

    row: Candidate
    relevance: float
    """Of its words; 1 is very well."""
    meaning: float = 0.0
    """What its meaning counts; what is usual where it is not known beside others."""
    cosine: float | None = None
    """How alike its meaning is, if that is known."""

    @property
    def fit(self) -> float:
        """How well words and meaning fit together."""
        return self.relevance + self.meaning


class Alike(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that share words or their meaning with a text, newest first."""

    rows: list[Scored]
    frequencies: Frequencies | None
    """What is rare, if an index knows."""


class Looked(msgspec.Struct, frozen=True):
    """What was looked for, and the rows that hold it."""

    plan: Plan
    scored: list[Scored]
    not_indexed: int
    by_meaning: bool | None = None
    unread: int = 0


class Group(msgspec.Struct, frozen=True):
    """A question, or a command as often as it ran; `same` has all that were found of that text."""

    first: Scored
    same: list[Scored]

    @property
    def row(self) -> Candidate:
        """The best of them."""
        return self.first.row

    @property
    def people(self) -> int:
        """How many wrote them."""
        return len({each.row.user_id or f"@{each.row.os_user}" for each in self.same})

    @property
    def machines(self) -> int:
        """How many machines they come from."""
        return len({each.row.machine_id for each in self.same})


def like(likeness: Likeness) -> list[tuple[int, float]]:
    """Return the rows that are alike enough to be found by that alone; no word fits them."""
    return [(seq, 0.0) for seq, cosine in likeness.cosines.items() if cosine >= LIKE_MIN]


def meant(scored: Iterable[Scored], cosines: Mapping[int, float]) -> list[Scored]:
    """Return entries with what their meaning counts."""
    each_meaning = {seq: meaning(cosine) for seq, cosine in cosines.items()}
    scored = list(scored)
    usual = usual_meaning(
        each_meaning[each.row.seq]
        for each in scored
        if each.relevance and each.row.seq in each_meaning
    )
    return [
        Scored(each.row, each.relevance, each_meaning.get(seq, usual), cosines.get(seq))
        for each in scored
        for seq in (each.row.seq,)
    ]


def signals(
    each: Scored,
    reader: Scope,
    *,
    now_ms: int,
    succeeded: bool | None,
    votes: int,
    people: int = 1,
) -> Signals:
    """Return what is known of a row that was found, for its rank.

    Args:
        each: the row, and how well it fits.
        reader: whose history is read, and where.
        now_ms: the time.
        succeeded: whether it worked; None if nobody knows.
        votes: those for it less those against it.
        people: how many wrote the same.
    """
    row = each.row
    return Signals(
        relevance=each.relevance,
        meaning=each.meaning,
        age_ms=now_ms - row.created_at,
        shared=row.mode in _OF_ALL,
        own=row.user_id is not None and row.user_id == reader.user_id,
        here=row.machine_id == reader.machine_id,
        succeeded=succeeded,
        votes=votes,
        people=people,
    )


def order(total: Score, row: Candidate) -> tuple[float, int, str]:
    """Return by what hits are sorted: the best, then the newest."""
    return -total.total, -row.created_at, row.id


def outcome(row: Candidate, last_command: bool | None) -> bool | None:  # noqa: FBT001 - see name
    """Return whether an entry worked; None if nobody knows."""
    if row.kind == "command":
        return None if row.error_code is None else row.error_code == "0"
    if row.status != "completed":
        return False if row.status == "error" else None
    return True if last_command is None else last_command


def grouped(scored: Iterable[Scored]) -> list[Group]:
    """Return a group for each question, and one for all runs of the same command."""
    ordered = sorted(scored, key=lambda one: (-one.fit, -one.row.created_at, one.row.id))
    same: dict[tuple[str, str], list[Scored]] = {}
    for each in ordered:
        key = each.row.kind, _BLANKS.sub(" ", each.row.command.strip())
        same.setdefault(key, []).append(each)
    return [
        Group(each, alike)
        for (kind, _text), alike in same.items()
        for each in (alike[:1] if kind == Kind.COMMAND else alike)
    ]
