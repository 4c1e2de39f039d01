"""Takes entries or texts out of the history, for everybody: delete, purge, redact, scan.

What is chosen here is carried out by `storage.erasures` and travels with synchronisation. A request
that is still being answered is left alone: its owner is about to write it. One that has been open
for a day belongs to nobody any more, and may go.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from ipcom_chat.clock import DAY_MS, Clock
from ipcom_chat.domain.entry import Entry, Scope
from ipcom_chat.domain.lifecycle import OPEN
from ipcom_chat.errors import NotFoundError
from ipcom_chat.services.history import HistoryService
from ipcom_chat.storage.archives import archives_in
from ipcom_chat.storage.entry_rows import EntryFilter
from ipcom_chat.storage.erasures import Change, Erasures, Field

__all__ = ["Change", "Chosen", "ErasureService", "Field", "How"]

How = Literal["delete", "redact"]
"""How something is taken out: the entry, or its texts."""

OPEN_MAX_MS = DAY_MS
"""After so long nobody answers an open request any more."""
PATIENCE_S = 1.0
"""How long to wait for those who read the old text; then it is told that they do."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a person means."""

    entries: tuple[Entry, ...]
    """Oldest first; the commands of a question after it."""
    busy: tuple[Entry, ...]
    """Those that are still being answered, and stay."""
    is_by_text: bool
    """Whether they were found by what they say, not named one by one."""


class ErasureService:
    """What is taken out of one replica.

    Args:
        erasures: carries it out.
        history: finds entries by id.
        replica: the file, beside which its copies lie.
        clock: the time.
        backups: the folder of backups, which hold what they held.
    """

    def __init__(
        self,
        erasures: Erasures,
        history: HistoryService,
        replica: Path,
        clock: Clock,
        backups: Path | None = None,
    ) -> None:
        self._erasures = erasures
        self._history = history
        self._replica = replica
        self._clock = clock
        self._backups = backups

    def choose(
        self,
        scope: Scope,
        where: EntryFilter,
        *,
        words: Sequence[str] = (),
        query: str | None = None,
    ) -> Chosen:
        """Return the entries that ids or a text mean, with the commands of questions.

        Args:
            scope: where to look for a text; ids reach everything that this replica holds.
            where: which entries of it.
            words: ids, or the words of a text where they are none.
            query: a text; letter case and accents do not matter.

        Raises:
            NotFoundError: there is no such entry.
            AmbiguousIdError: a short id fits several.
        """
        named = self._named(words) if query is None else None
        if named is None:
            text = " ".join(words) if query is None else query
            found = list(self._erasures.select(scope, where, text))
        else:
            found = named
        return self._sorted(found, is_by_text=named is None)

    def older(self, scope: Scope, before_ms: int, where: EntryFilter) -> Chosen:
        """Return the entries of a scope from before an instant."""
        bounded = msgspec.structs.replace(where, until_ms=before_ms - 1)
        return self._sorted(list(self._erasures.select(scope, bounded, None)), is_by_text=True)

    def _named(self, words: Sequence[str]) -> list[Entry] | None:
        found: list[Entry] = []
        for word in words:
            try:
                found.append(self._history.find(word))
            except NotFoundError:
                return None
        return found or None

    def _sorted(self, found: Sequence[Entry], *, is_by_text: bool) -> Chosen:
        everything = self._erasures.with_commands(found)
        busy = tuple(entry for entry in everything if self._is_busy(entry))
        kept = {entry.id for entry in busy}
        return Chosen(
            entries=tuple(
                entry
                for entry in everything
                if entry.id not in kept and entry.parent_id not in kept
            ),
            busy=busy,
            is_by_text=is_by_text,
        )

    def _is_busy(self, entry: Entry) -> bool:
        age_ms = self._clock.now_ms() - entry.created_at
        return entry.status in OPEN and age_ms < OPEN_MAX_MS

    def delete(self, chosen: Chosen) -> int:
        """Turn entries into tombstones, here and, as synchronisation reaches them, everywhere."""
        return self._erasures.delete(chosen.entries, at_ms=self._clock.now_ms())

    def redact(self, chosen: Chosen, fields: Sequence[Field]) -> int:
        """Blank the question, the answer or both; of commands, their outputs with the answer."""
        ids = {entry.id for entry in chosen.entries}
        own = [entry for entry in chosen.entries if entry.parent_id not in ids]
        theirs = [entry for entry in chosen.entries if entry.parent_id in ids]
        changed = self._erasures.blank(own, fields)
        return changed + self._erasures.blank(theirs, fields if "response" in fields else ())

    def scan(self) -> Iterator[Change]:
        """Yield the entries in which the rules of today find what older ones did not."""
        return self._erasures.below()

    def fix(self, changes: Sequence[Change]) -> int:
        """Store what a scan found; return how many entries changed."""
        return self._erasures.apply(changes)

    def finish(self) -> bool:
        """Empty the log of the database of what was taken out; False if others still read it."""
        return self._erasures.erase(PATIENCE_S)

    def copies(self) -> list[Path]:
        """Return the copies of the history on this machine, which nothing here reaches."""
        name, folder = self._replica.stem, self._replica.parent
        beside = {*folder.glob(f"{name}.*.db"), *folder.glob(f"{name}.db.recovered")}
        backups = [each.path for each in archives_in(self._backups)] if self._backups else []
        return [*sorted(beside - {self._replica}), *sorted(backups)]
