"""Imports: other histories become entries of this one, whatever stops them half-way.

Invariants:
- An entry's id follows from what it is a copy of, so an import that is run again, or at the same
  time by another process, adds nothing twice, and one that was killed goes on when run again.
- Nothing is written before the replica was backed up, and nothing is backed up before there is
  something new.
- What cannot be used is written, with the reason, into a file beside the replica; the source is
  never touched.

Texts pass the same waist as all others on their way into the replica.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import (
    Entry,
    storable,
)
from ipcom_chat.domain.redaction import redact
from ipcom_chat.errors import ImportSourceError, PrimaryError
from ipcom_chat.ids import imported_id
from ipcom_chat.imports.records import (
    Exported,
    Form,
    Host,
    Items,
    Named,
    Person,
    Record,
    Rejected,
    Skipped,
)
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.import_entries import EntryMaker, ImportOptions
from ipcom_chat.services.import_people import ImportedPeople
from ipcom_chat.storage.beside import Beside
from ipcom_chat.storage.imported import ImportedRows

BATCH_ROWS = 2_000
"""So few that nobody else waits long for the write lock, so many that pages are written rarely."""
BATCH_CHARS = 8_000_000
REJECTED_MAX_CHARS = 10_000
PROBLEMS_TOLD = 20
PROGRESS_EVERY = 500


class Source(Protocol):
    """Something that can be imported."""

    @property
    def form(self) -> Form:
        """What it is."""
        ...

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    def items(self, *, now_ms: int) -> Items:
        """Yield what it holds."""
        ...


class Imported(msgspec.Struct, kw_only=True):
    """What became of one source."""

    form: Form
    place: str
    read: int = 0
    added: int = 0
    """New entries; in a dry run, those that would be."""
    known: int = 0
    """Already there, or copies of such."""
    skipped: int = 0
    """Left out on purpose: copies within the source, commands of the earlier program itself."""
    rejected: int = 0
    estimated: int = 0
    """Entries whose time is not known."""
    users: int = 0
    machines: int = 0
    problems: list[str] = []
    """Users who could not be created, and why."""
    rejected_file: Path | None = None
    error: str | None = None
    """Why it could not be read to its end; what was read before is there."""


class Imports:
    """Imports sources into one replica; `backup` says where it was copied to before."""

    def __init__(
        self,
        rows: ImportedRows,
        people: ImportedPeople,
        make_backup: Callable[[], Path],
        folder: Path,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._people = people
        self._make_backup = make_backup
        self._folder = folder
        self._clock = clock
        self.backup: Path | None = None

    def run(
        self,
        source: Source,
        options: ImportOptions,
        progress: Callable[[Imported, str], None] = lambda _report, _place: None,
    ) -> Imported:
        """Import one source.

        Args:
            source: what is read.
            options: where it goes.
            progress: called now and then with what happened so far, and where in the source.

        Raises:
            StorageError: the replica could not be backed up or written.
        """
        report = Imported(form=source.form, place=source.place)
        run = _Run(self, options, report)
        with self._rows.in_bulk():
            try:
                for item in source.items(now_ms=self._clock.now_ms()):
                    run.take(item)
                    if report.read % PROGRESS_EVERY == 0:
                        progress(report, getattr(item, "place", ""))
            except (ImportSourceError, PrimaryError) as error:
                report.error = str(error)
            finally:
                run.close()
            run.flush()
        report.known = report.read - report.added - report.skipped - report.rejected
        return report

    def before_write(self) -> None:
        """Back the replica up, once."""
        if self.backup is None:
            self.backup = self._make_backup()

    @property
    def rows(self) -> ImportedRows:
        """Where entries go."""
        return self._rows

    @property
    def people(self) -> ImportedPeople:
        """Who wrote them, and where."""
        return self._people

    @property
    def folder(self) -> Path:
        """Where rejected records go."""
        return self._folder


class _Run:
    """One source on its way into the replica."""

    def __init__(self, imports: Imports, options: ImportOptions, report: Imported) -> None:
        self._imports = imports
        self._rows = imports.rows
        self._people = imports.people
        self._options = options
        self._report = report
        self._maker = EntryMaker(report.form, options, imports.people)
        self._entries: list[Entry] = []
        self._exported: list[Exported] = []
        self._chars = 0
        self._issued: set[str] = set()
        self._rejected: IO[str] | None = None

    def take(self, item: object) -> None:
        """Take in what a reader yields; write when enough has come together."""
        match item:
            case Record():
                self._report.read += 1
                self._add(item)
            case Exported():
                self._report.read += 1
                self._exported.append(item)
                self._chars += len(item.entry.command) + len(item.entry.response or "")
            case Rejected():
                self._report.read += 1
                self._reject(item)
            case Skipped():
                self._report.read += 1
                self._report.skipped += 1
            case Person():
                self._adopt_person(item)
            case Host():
                self._adopt_host(item)
        full = len(self._entries) + len(self._exported) >= BATCH_ROWS
        if full or self._chars >= BATCH_CHARS:
            self.flush()

    def flush(self) -> None:
        """Write what has come together."""
        entries, exported = self._entries, self._exported
        self._entries, self._exported, self._chars = [], [], 0
        if entries:
            self._write(self._without_copies(entries))
        if exported:
            self._restore(exported)

    def close(self) -> None:
        """Close the file of rejected records."""
        if self._rejected is not None:
            self._rejected.close()

    # Entries.

    def _add(self, record: Record) -> None:
        if record.hostname is not None:
            self._report.machines += self._people.adopt_named(
                record.hostname, record.created_at, dry_run=self._options.dry_run
            )
        entry = self._maker.entry(record)
        self._entries.append(entry)
        self._chars += len(entry.command) + len(entry.response or "")
        self._report.estimated += entry.time_estimated

    def _without_copies(self, entries: list[Entry]) -> list[Entry]:
        """Leave out events that another source has brought, with a time a little different."""
        if self._maker.named is not Named.EVENT:
            return entries
        near = [each for entry in entries for each in self._maker.neighbours(entry.id)]
        known = self._rows.known([entry.id for entry in entries] + near)
        fresh = []
        for entry in entries:
            others = self._maker.neighbours(entry.id)
            self._maker.forget(entry.id)
            is_copy = any(each in known and each not in self._issued for each in others)
            self._issued.add(entry.id)
            if entry.id in known or not is_copy:
                fresh.append(entry)
        return fresh

    # Writing.

    def _write(self, entries: list[Entry]) -> None:
        imports = self._imports
        if not entries:
            return
        if self._options.dry_run or imports.backup is None:
            ids = [entry.id for entry in entries]
            fresh = set(ids) - self._rows.known(ids)
            if self._options.dry_run or not fresh:
                self._report.added += len(fresh)
                return
        imports.before_write()
        self._report.added += self._rows.add(entries)

    def _restore(self, exported: list[Exported]) -> None:
        self._adopt_all(exported)
        keep = {"private": True} if self._options.private else {}
        rows = [
            (msgspec.structs.replace(each.entry, **keep), each.events, self._beside(each))
            for each in exported
        ]
        if self._options.dry_run:
            ids = [each.entry.id for each in exported]
            self._report.added += len(set(ids) - self._rows.known(ids))
        elif self._rows.would_change(rows):
            self._imports.before_write()
            self._report.added += self._rows.restore(rows)

    def _beside(self, exported: Exported) -> Beside:
        if not self._options.private:
            return exported.beside
        # A vote would travel, if its entry is shared here already.
        return Beside(session=exported.beside.session, session_is_private=True)

    def _adopt_person(self, person: Person) -> None:
        added, problem = self._people.adopt_user(person, dry_run=self._options.dry_run)
        self._report.users += added
        self._note(problem)

    def _adopt_host(self, host: Host) -> None:
        self._report.machines += self._people.adopt_host(host, dry_run=self._options.dry_run)

    def _adopt_all(self, exported: list[Exported]) -> None:
        """Make sure that the people and machines of exported entries exist."""
        for each in exported:
            users, machines, problem = self._people.adopt_exported(
                each, dry_run=self._options.dry_run
            )
            self._report.users += users
            self._report.machines += machines
            self._note(problem)

    def _note(self, problem: str | None) -> None:
        if problem is not None and len(self._report.problems) < PROBLEMS_TOLD:
            self._report.problems = [*self._report.problems, problem]

    def _reject(self, item: Rejected) -> None:
        self._report.rejected += 1
        if self._options.dry_run:
            return
        if self._rejected is None:
            self._report.rejected_file = _rejected_file(self._imports.folder, self._report)
            self._rejected = _created(self._report.rejected_file)
        told = {
            "source": self._report.place,
            "form": self._report.form.value,
            "place": item.place,
            "reason": item.reason,
            "text": redact(storable(item.text[:REJECTED_MAX_CHARS])).text,
        }
        self._rejected.write(f"{json_text(told)}\n")


def _rejected_file(folder: Path, report: Imported) -> Path:
    # One name for one source: running it again writes the same file with the same lines.
    name = imported_id("rejected", report.form.value, report.place)
    return folder / f"history.import-rejected-{name[-12:]}.jsonl"


def _created(path: Path) -> IO[str]:
    how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, how, 0o600), "w", encoding="utf-8")
