"""What is done regularly so that a history stays small, sound and as old as it may be.

Each step says in one line what it did; one that fails keeps no other back. What needs the replica
open comes first, then what needs it for itself: it is left for the next time if others have it.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import msgspec

from ipcom_chat.clock import DAY_MS, Clock
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _, decimal, n_
from ipcom_chat.services import backups
from ipcom_chat.services.backups import BackupPlace
from ipcom_chat.storage.compact import compact, remove_leftovers, space
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.retention import Retention


class Outcome(StrEnum):
    """How a step went."""

    DONE = "done"
    SKIPPED = "skipped"
    """It is off, not needed, or others have the history open."""
    FAILED = "failed"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step."""

    name: str
    """Stable, for programs: purge, evict, index, integrity, compact, backups."""
    outcome: Outcome
    detail: str
    count: int = 0
    """Of entries, problems, bytes or files, whatever it is about."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings want."""

    purge_days: int
    modes: tuple[str, ...]
    window_days: int
    has_primary: bool


class Maintenance:
    """The steps that need the replica open.

    Args:
        database: the replica.
        policy: what is wanted.
        replica_id: whose replica it is; read when needed.
        refresh: brings what is derived from the history up to date.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        policy: Policy,
        replica_id: Callable[[], str],
        refresh: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._database = database
        self._retention = Retention(database)
        self._policy = policy
        self._replica_id = replica_id
        self._refresh = refresh
        self._clock = clock

    def steps(self, *, dry_run: bool) -> Iterator[Step]:
        """Take the steps, one after the other."""
        for name, act in (
            ("purge", self._purge), ("evict", self._evict), ("index", self._index),
            ("integrity", self._integrity),
        ):  # fmt: skip
            yield _guarded(name, lambda act=act: act(dry_run=dry_run))  # type: ignore[misc]

    def wants_compaction(self) -> bool:
        """Return whether the file has so much free space that it is worth writing it anew."""
        return space(self._database).is_worth_it

    def _purge(self, *, dry_run: bool) -> Step:
        days, modes = self._policy.purge_days, self._policy.modes
        if not days:
            return _skipped("purge", _("off (retention.purge_days)"))
        before_ms = self._clock.now_ms() - days * DAY_MS
        if dry_run:
            count = self._retention.due(before_ms, modes)
            return _done("purge", n_("one entry would be deleted for everybody",
                                     "{count} entries would be deleted for everybody",
                                     count), count)  # fmt: skip
        count = self._retention.purge(before_ms, days * DAY_MS, modes)
        detail = n_(
            "one entry deleted for everybody", "{count} entries deleted for everybody", count
        )
        return _done("purge", detail, count)

    def _evict(self, *, dry_run: bool) -> Step:
        days = self._policy.window_days
        if not days or not self._policy.has_primary:
            return _skipped("evict", _("off (sync.window_days)"))
        now_ms, replica_id = self._clock.now_ms(), self._replica_id()
        before_ms = now_ms - days * DAY_MS
        if dry_run:
            count = self._retention.evictable(before_ms, replica_id)
            return _done("evict", n_("one entry would be dropped here, the primary keeps it",
                                     "{count} entries would be dropped here, the primary keeps "
                                     "them", count), count)  # fmt: skip
        count = self._retention.evict(before_ms, replica_id, at_ms=now_ms)
        return _done("evict", n_("one entry dropped here, the primary keeps it",
                                 "{count} entries dropped here, the primary keeps them",
                                 count), count)  # fmt: skip

    def _index(self, *, dry_run: bool) -> Step:
        if dry_run:
            return _skipped("index", _("would be brought up to date"))
        self._refresh()
        if not self._database.erase(patience_s=1.0):
            return _skipped(
                "index", _("up to date; deleted text leaves the disk when others stop reading")
            )
        return _done("index", _("up to date"))

    def _integrity(self, *, dry_run: bool) -> Step:
        del dry_run  # looking changes nothing
        problems = self._retention.problems()
        if problems:
            return Step(
                name="integrity", outcome=Outcome.FAILED, detail="; ".join(problems),
                count=len(problems),
            )  # fmt: skip
        return _done("integrity", _("sound"))


def compaction(place: BackupPlace, *, is_wanted: bool, dry_run: bool) -> Step:
    """Write the replica anew; this process has it not open."""
    if not dry_run:
        remove_leftovers(place.replica)
    if not is_wanted:
        return _skipped("compact", _("not needed"))
    if dry_run:
        return _skipped("compact", _("would be written anew"))
    return _guarded("compact", lambda: _compacted(place))


def _compacted(place: BackupPlace) -> Step:
    done = compact(place.replica)
    if done.was_busy:
        return _skipped("compact", _("others have the history open; next time"))
    saved = done.before_bytes - done.after_bytes
    return _done("compact", _("{size} MB given back", size=decimal(saved / 1e6)), saved)


def rotation(place: BackupPlace, *, dry_run: bool) -> Step:
    """Remove backups that are too many."""
    return _guarded("backups", lambda: _rotated(place, dry_run=dry_run))


def _rotated(place: BackupPlace, *, dry_run: bool) -> Step:
    count = len(backups.rotate(place, dry_run=dry_run))
    if dry_run:
        return _done("backups", n_("one old backup would be removed",
                                   "{count} old backups would be removed", count),
                     count)  # fmt: skip
    return _done("backups", n_("one old backup removed", "{count} old backups removed", count),
                 count)  # fmt: skip


def has_failed(steps: Sequence[Step]) -> bool:
    """Return whether a step failed."""
    return any(step.outcome is Outcome.FAILED for step in steps)


def _guarded(name: str, act: Callable[[], Step]) -> Step:
    try:
        return act()
    except IpcomChatError as error:
        return Step(name=name, outcome=Outcome.FAILED, detail=str(error))


def _done(name: str, detail: str, count: int = 0) -> Step:
    return Step(name=name, outcome=Outcome.DONE, detail=detail, count=count)


def _skipped(name: str, detail: str) -> Step:
    return Step(name=name, outcome=Outcome.SKIPPED, detail=detail)
