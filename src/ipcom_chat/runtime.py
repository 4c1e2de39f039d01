"""The composition root: puts settings, storage, services and the assistant together.

Nothing is imported here that the plain verbs do not need; the chat's parts load when it opens.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ipcom_chat import __version__, host
from ipcom_chat.clock import Clock, SystemClock
from ipcom_chat.domain.entry import Mode, Origin, Scope, storable
from ipcom_chat.domain.people import Machine, User
from ipcom_chat.errors import StorageError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId, SessionId
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.measuring import Measuring, write_measured
from ipcom_chat.services.people import MachineService, UserService
from ipcom_chat.services.sessions import SessionService
from ipcom_chat.settings import FLAG, Settings, modes_of
from ipcom_chat.storage.database import Database, make_folder
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import redacted
from ipcom_chat.storage.meter import Meter
from ipcom_chat.storage.people import Heartbeats, Machines, Sessions, Users
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.usage import Usage
from ipcom_chat.storage.usage_stats import CountedStats

if TYPE_CHECKING:
    from ipcom_chat.assistants import Assistants
    from ipcom_chat.meaning.client import Meaning
    from ipcom_chat.services.alerting import Alerting
    from ipcom_chat.services.alerts import AlertService
    from ipcom_chat.services.backups import BackupPlace, Made
    from ipcom_chat.services.bridge import StorageThread
    from ipcom_chat.services.browsing import Browsing
    from ipcom_chat.services.chat import ChatService
    from ipcom_chat.services.counting import Counting
    from ipcom_chat.services.erasures import ErasureService
    from ipcom_chat.services.exports import Exports
    from ipcom_chat.services.history import Known, Similar
    from ipcom_chat.services.imports import Imports
    from ipcom_chat.services.indexing import Indexing
    from ipcom_chat.services.maintenance import Maintenance
    from ipcom_chat.services.memory import Memory
    from ipcom_chat.services.monitoring import Here, MonitoringService
    from ipcom_chat.services.reach import Reached
    from ipcom_chat.services.resuming import Resuming, TakenUp
    from ipcom_chat.services.search import SearchService
    from ipcom_chat.services.session_history import SessionHistory
    from ipcom_chat.services.solutions import SolutionService
    from ipcom_chat.services.suggestions import SuggestionService
    from ipcom_chat.services.sync import (
        Probe,
        SyncService,
        SyncSettings,
        SyncStatus,
    )
    from ipcom_chat.services.sync_thread import SyncThread
    from ipcom_chat.services.votes import VoteService
    from ipcom_chat.services.watch import Watch
    from ipcom_chat.sync.engine import Identity


_OFFERED = "import-offered"
"""In the state folder: the import of an earlier program's history was offered."""


class Runtime:
    """One open replica with the services over it. Close it."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.ids = IdSource(self.clock)
        paths = settings.paths
        self.machine_id: MachineId = host.machine_id(
            settings["machine_id"], paths.state_dir, self.clock
        )
        replica = open_replica(paths.replica, now_ms=self.clock.now_ms())
        self.recovery = replica.recovery
        """What became of a damaged history file, if one was found."""
        self._replica = replica
        database = replica.database
        database.meter = self.meter = Meter(self.clock)
        self._measuring: Measuring | None = None
        self._entries = Entries(database)
        users, machines = Users(database), Machines(database)
        self.users = UserService(
            users, self.clock, (lambda: self.sync) if self.has_primary else None
        )
        self.machines = MachineService(machines, Heartbeats(database), self.machine_id, self.clock)
        self.history = HistoryService(self._entries, users, machines, self.clock)
        self.history.counted = CountedStats(database)
        self.sessions = SessionService(
            Sessions(database), self._entries, paths.data_dir / "sessions", self.clock
        )
        self.session_id: SessionId | None = None
        self.resume: str | None = None
        """The session that `begin_session` goes on with: an id, or `NEWEST`; None begins one."""
        self.taken_up: TakenUp | None = None
        """The session that this process has taken up, if any."""

    @property
    def replica_id(self) -> ReplicaId:
        """The random id of this replica."""
        return host.replica_id(self.settings.paths.data_dir, self.machine_id, self.clock)

    @property
    def has_primary(self) -> bool:
        """Whether a primary is configured."""
        return bool(self.settings["turso.database_url"])

    @cached_property
    def search(self) -> "SearchService":
        """The search, with its index beside the replica."""
        from ipcom_chat.search.index import SearchIndex  # noqa: PLC0415 - brings Tantivy
        from ipcom_chat.services.search import SearchService  # noqa: PLC0415
        from ipcom_chat.storage.search_rows import SearchRows  # noqa: PLC0415

        return SearchService(
            SearchRows(self._replica.database),
            self._entries,
            self.history,
            SearchIndex(self.settings.paths.search),
            self.clock,
            self.meaning,
        )

    @cached_property
    def meaning(self) -> "Meaning | None":
        """What compares meanings; None if its model is not installed, or not wanted."""
        if not self.settings["search.semantic"]:
            return None
        from ipcom_chat.meaning.client import Meaning  # noqa: PLC0415 - only to search
        from ipcom_chat.meaning.texts import is_installed  # noqa: PLC0415

        paths = self.settings.paths
        return Meaning(paths.replica, paths.meaning) if is_installed() else None

    def keep_meaning(self, *, after_s: float = 0.0) -> "Callable[[], None]":
        """Return what is to be called now and then, from any thread, to have meanings compared.

        For programs that live long: a search starts what is missing, too.

        Args:
            after_s: nothing is started within so many seconds.
        """
        if self.meaning is None:
            return lambda: None
        self.meaning.keep(after_s=after_s)
        return self.meaning.wake

    @cached_property
    def suggestions(self) -> "SuggestionService":
        """What the history suggests."""
        from ipcom_chat.services.suggestions import SuggestionService  # noqa: PLC0415 - Tantivy
        from ipcom_chat.storage.suggestion_rows import SuggestionRows  # noqa: PLC0415

        rows = SuggestionRows(self._replica.database)
        ttl_ms = self.settings["cache.ttl"] * 1000
        return SuggestionService(
            self.search, rows, self.history, self.votes, self.clock, ttl_ms=ttl_ms
        )

    @cached_property
    def assistants(self) -> "Assistants":
        """What can answer, and what it may do."""
        from ipcom_chat.assistants import Assistants  # noqa: PLC0415 - asyncio

        return Assistants(self.settings, self.clock)

    @cached_property
    def votes(self) -> "VoteService":
        """What people say of entries."""
        from ipcom_chat.services.votes import VoteService  # noqa: PLC0415 - few verbs
        from ipcom_chat.storage.votes import Votes  # noqa: PLC0415

        return VoteService(Votes(self._replica.database), self.clock)

    @cached_property
    def monitoring(self) -> "MonitoringService":
        """What can be seen of this replica."""
        from ipcom_chat.services.monitoring import MonitoringService  # noqa: PLC0415 - few verbs

        return MonitoringService(
            self._replica.database, self.history, self.machines,
            lambda: self.sync.status(),  # noqa: PLW0108 - asyncio only where it is looked at
            self._here, self.clock,
        )  # fmt: skip

    def alerts(self, tell: "Callable[[str], None]" = lambda _line: None) -> "AlertService":
        """Return the alerts of this replica.

        Args:
            tell: gets each line that people read of a change.

        Raises:
            SettingsError: a receiver cannot be what the settings say.
        """
        return self._alerts_over(self._replica.database, self.sync, tell)

    def open_alerting(self, tell: "Callable[[str], None]") -> "Alerting | None":
        """Return what checks alerts beside other work, not started yet; None where it is off."""
        if not self.settings["alerts.enabled"]:
            return None
        from ipcom_chat.services.alerting import Alerting  # noqa: PLC0415 - few verbs
        from ipcom_chat.services.sync import SyncService  # noqa: PLC0415

        identity, options = self._identity(), sync_settings(self.settings)

        @contextmanager
        def opened() -> "Iterator[AlertService]":
            replica = open_replica(self.settings.paths.replica, now_ms=self.clock.now_ms())
            try:
                sync = SyncService(replica.database, options, lambda: identity, self.clock)
                yield self._alerts_over(replica.database, sync, tell)
            finally:
                replica.close()

        return Alerting(opened, self.clock)

    def _alerts_over(
        self, database: Database, sync: "SyncService", tell: "Callable[[str], None]"
    ) -> "AlertService":
        from ipcom_chat.alert_settings import alerts_of  # noqa: PLC0415 - few verbs
        from ipcom_chat.services.alerts import Whose  # noqa: PLC0415

        whose = Whose(hostname=host.hostname(), machine_id=self.machine_id)
        return alerts_of(self.settings, database, sync, whose, self.clock, tell)

    def _here(self) -> "Here":
        from ipcom_chat.services.monitoring import Here  # noqa: PLC0415 - as above

        paths = self.settings.paths
        return Here(
            hostname=host.hostname(), version=__version__, machine_id=self.machine_id,
            replica_id=self.replica_id, replica=paths.replica, search=paths.search,
            meaning=paths.meaning,
        )  # fmt: skip

    @cached_property
    def exports(self) -> "Exports":
        """What writes the history down for elsewhere."""
        from ipcom_chat.services.exports import Exports  # noqa: PLC0415 - one verb
        from ipcom_chat.storage.beside import BesideRows  # noqa: PLC0415

        beside = BesideRows(self._replica.database)
        return Exports(self.history, beside, self.users, self.machines)

    @cached_property
    def erasures(self) -> "ErasureService":
        """What takes entries and texts out of the history."""
        from ipcom_chat.services.erasures import ErasureService  # noqa: PLC0415 - few verbs
        from ipcom_chat.storage.erasures import Erasures  # noqa: PLC0415

        return ErasureService(
            Erasures(self._replica.database), self.history, self.settings.paths.replica,
            self.clock, backup_folder(self.settings),
        )  # fmt: skip

    @cached_property
    def session_history(self) -> "SessionHistory":
        """The sessions that this replica holds, as people use them."""
        from ipcom_chat.services.session_history import SessionHistory  # noqa: PLC0415 - few verbs
        from ipcom_chat.storage.session_rows import SessionRows  # noqa: PLC0415

        database = self._replica.database
        return SessionHistory(
            SessionRows(database), Sessions(database), self.sessions, self.history, self.clock
        )

    @cached_property
    def resuming(self) -> "Resuming":
        """What goes on with a session."""
        from ipcom_chat.services.resuming import Resuming  # noqa: PLC0415 - few starts

        return Resuming(self.sessions, self.session_history, self.ids)

    @cached_property
    def browsing(self) -> "Browsing":
        """What the history screen reads, and takes out."""
        from ipcom_chat.services.browsing import Browsing  # noqa: PLC0415 - brings Tantivy

        return Browsing(self.history, self.search, self.erasures, self.votes, self.clock)

    def open_indexing(self) -> "Indexing":
        """Return what keeps the search index up to date, not started yet."""
        from ipcom_chat.services.indexing import Indexing  # noqa: PLC0415 - brings Tantivy

        paths = self.settings.paths
        return Indexing(paths.replica, paths.search, self.clock, followed=self.keep_meaning())

    def open_counting(self) -> "Counting":
        """Return what counts the history ahead, not started yet."""
        from ipcom_chat.services.counting import Counting  # noqa: PLC0415 - few verbs

        return Counting(self.settings.paths.replica, self.clock)

    def count(self) -> None:
        """Count what changed, so that who looks next need not; a full disk is no reason to fail."""
        with suppress(StorageError):
            Usage(self._replica.database).catch_up()

    @cached_property
    def sync(self) -> "SyncService":
        """Synchronisation with the primary, if there is one."""
        from ipcom_chat.services.sync import SyncService  # noqa: PLC0415 - asyncio

        return SyncService(
            self._replica.database, sync_settings(self.settings), self._identity, self.clock
        )

    def open_sync(self, listener: "Callable[[SyncStatus], None]") -> "SyncThread | None":
        """Return what synchronises while this process lives, not started yet; None without one.

        Args:
            listener: called in the thread of synchronisation whenever its state may have changed.
        """
        if not self.has_primary:
            return None
        from ipcom_chat.services.sync_thread import SyncThread  # noqa: PLC0415 - asyncio

        thread = SyncThread(
            self.settings.paths.replica, sync_settings(self.settings), self._identity(), self.clock,
            listener,
        )  # fmt: skip
        thread.users = self.sync_users()
        thread.meter = self.meter
        return thread

    def watch(
        self,
        environment: "Mapping[str, str]",
        listener: "Callable[[SyncStatus], None]",
        tell: "Callable[[str], None]" = lambda _line: None,
    ) -> "Watch":
        """Return what synchronises in the foreground until it is stopped.

        Args:
            environment: of the process.
            listener: hears the state whenever it may have changed.
            tell: gets a line about each alert that comes or ends, in another thread.
        """
        from ipcom_chat.services.watch import Watch  # noqa: PLC0415 - asyncio

        self.keep_measuring()
        beside = [self.open_indexing(), self.open_counting(), self.open_alerting(tell)]
        return Watch(
            self.sync, self._replica.database, environment, listener,
            [each for each in beside if each is not None],
        )  # fmt: skip

    def sync_users(self) -> tuple[str, ...]:
        """Return the users whose own histories this replica is to hold."""
        user = self.user()
        return (user.id,) if user else ()

    def _identity(self) -> "Identity":
        from ipcom_chat.sync.engine import Identity  # noqa: PLC0415 - only with a primary

        return Identity(
            machine_id=self.machine_id,
            replica_id=self.replica_id,
            hostname=host.hostname(),
            version=__version__,
        )

    def offers_import(self) -> bool:
        """Return, once, whether an earlier program's history waits to be imported."""
        paths = self.settings.paths
        folder = paths.home / host.OLD_FOLDER
        if not folder.is_dir() or (paths.state_dir / _OFFERED).exists():
            return False
        from ipcom_chat.imports.places import old_files  # noqa: PLC0415 - few have that folder

        if next(old_files(folder), None) is None:
            return False
        self.remember_import_offer()
        return True

    def remember_import_offer(self) -> None:
        """Let the chat offer no import any more."""
        with suppress(OSError):  # said once more, then
            make_folder(self.settings.paths.state_dir)
            (self.settings.paths.state_dir / _OFFERED).touch(mode=0o600)

    def open_imports(self, *, dry_run: bool) -> "Imports":
        """Return what imports other histories; in a dry run not even this machine is recorded."""
        from ipcom_chat.services.import_people import ImportedPeople  # noqa: PLC0415 - one verb
        from ipcom_chat.services.imports import Imports  # noqa: PLC0415
        from ipcom_chat.storage.backup import back_up  # noqa: PLC0415
        from ipcom_chat.storage.imported import ImportedRows  # noqa: PLC0415

        if not dry_run:
            self.register_machine()
        database = self._replica.database
        return Imports(
            ImportedRows(database),
            ImportedPeople(self.users, self.machines, self.machine_id, self.clock),
            lambda: back_up(database, "before-import", now_ms=self.clock.now_ms()),
            self.settings.paths.data_dir,
            self.clock,
        )

    def back_up(self, place: "BackupPlace") -> "Made":
        """Back the replica up while it is in use."""
        from ipcom_chat.services.backups import create  # noqa: PLC0415 - few verbs

        return create(place, self._replica.database, self.replica_id, self.clock)

    @property
    def maintenance(self) -> "Maintenance":
        """What keeps the history small and sound."""
        from ipcom_chat.services.maintenance import Maintenance, Policy  # noqa: PLC0415 - one verb

        policy = Policy(
            purge_days=self.settings["retention.purge_days"],
            modes=tuple(mode.value for mode in modes_of(self.settings["retention.modes"])),
            window_days=self.settings["sync.window_days"],
            has_primary=self.has_primary,
        )
        return Maintenance(
            self._replica.database, policy, lambda: self.replica_id, self._refresh, self.clock
        )

    def _refresh(self) -> None:
        self.index()
        self.forget_meanings()
        self.count()

    @property
    def mode(self) -> Mode:
        """Where this process writes and reads."""
        mode: Mode = self.settings["history.mode"]
        sources = self.settings.sources
        # `--user X` alone means the history of X; a user from the settings leaves the mode.
        if sources["user"] == FLAG and sources["history.mode"] != FLAG:
            return Mode.USER
        return mode

    def user(self) -> User | None:
        """Return the user who writes.

        Raises:
            UnknownUserError, InactiveUserError: the settings name one who cannot.
            UsageError: mode `user` without a user.
        """
        username = self.settings["user"]
        if username:
            return self.users.active(username)
        if self.mode is Mode.USER:
            raise UsageError(
                _(
                    "The mode 'user' needs a user: --user USERNAME, or once "
                    "'ipcom-chat config set user USERNAME'."
                )
            )
        return None

    def origin(self) -> Origin:
        """Return who writes, from where, into which histories."""
        return self.taken_up.origin if self.taken_up else self.plain_origin()

    def plain_origin(self) -> Origin:
        """Return the same as it is without the session that was taken up."""
        user = self.user()
        return Origin(
            mode=self.mode,
            private=self.settings["history.private"],
            user_id=user.id if user else None,
            os_user=host.os_user(),
            machine_id=self.machine_id,
            replica_id=self.replica_id,
            session_id=self.session_id,
            cwd=_working_directory(),
        )

    def scope(self) -> Scope:
        """Return which history is read."""
        user = self.user()
        return Scope(mode=self.mode, machine_id=self.machine_id, user_id=user.id if user else None)

    def register_machine(self) -> Machine:
        """Record this machine as it is now."""
        aliases = host.old_machine_ids(self.settings.paths.home)
        return self.machines.register(host.host_facts(), aliases)

    def begin_session(self, *, forks_later: bool = False) -> list[EntryId]:
        """Open the session of this process, or go on with `resume`.

        Args:
            forks_later: leave a fork to be recorded with its first question.

        Returns:
            The requests that dead processes left open.

        Raises:
            NotFoundError, AmbiguousIdError: `resume` means no session, or several.
        """
        self.user()  # a wrong user is said before anything is written
        self.register_machine()
        self.session_id = SessionId(self.ids.new())
        taken = self._take_up()
        if taken is None:
            self.sessions.open(self.session_id, self.origin())
        else:
            self.session_id = taken.session_id
            if taken.is_fork and not forks_later:
                self.resuming.begin_fork(taken)
        interrupted = taken.interrupted if taken else ()
        return [*interrupted, *self.sessions.recover(self.replica_id)]

    def _take_up(self) -> "TakenUp | None":
        if self.resume is not None:
            self.taken_up = self.resuming.take_up(
                self.resume, self.origin(), self.scope(), mode_is_given=self.mode_is_given
            )
        return self.taken_up

    @property
    def mode_is_given(self) -> bool:
        """Whether a flag of this command line says where to write and read."""
        return self.settings.sources["history.mode"] == FLAG

    def open_chat(
        self, storage: "StorageThread", saved: "Callable[[], None]" = lambda: None
    ) -> "ChatService":
        """Return the requests of this process's session; `begin_session` came before.

        Args:
            storage: the thread that owns the replica's connection.
            saved: called in that thread after each write.
        """
        # Imported late: they bring asyncio.
        from ipcom_chat.services.asking import Asking  # noqa: PLC0415
        from ipcom_chat.services.chat import ChatContext, ChatService  # noqa: PLC0415
        from ipcom_chat.services.requests import RequestStore  # noqa: PLC0415

        self.history.find_similar = self._find_similar
        self.keep_measuring()
        taken, origin = self.taken_up, self.origin()
        chat = ChatService(
            thread=storage,
            store=RequestStore(self._entries, self.sessions, self.ids, self.clock, saved),
            asking=Asking(storage, self.history, self._find, self.assistants.terms()),
            assistant=self.assistants.build(),
            context=ChatContext(
                origin=origin,
                scope=msgspec.structs.replace(self.scope(), mode=origin.mode),
                language=self.settings.language,
            ),
            ids=self.ids,
        )
        if taken is not None:
            from ipcom_chat.services.resuming import conversation_of  # noqa: PLC0415 - as above

            chat.conversation[:] = conversation_of(taken.turns.asked)
        return chat

    def open_memory(self, *, with_private: bool) -> "Memory":
        """Return what other programs read of the history; the scope is that of this process."""
        from ipcom_chat.services.memory import Memory  # noqa: PLC0415 - one verb

        self.keep_measuring()
        scope = msgspec.structs.replace(self.scope(), with_private=with_private)
        return Memory(self.history, self.search, self.suggestions, scope)

    def open_solutions(self, saved: "Callable[[], None]" = lambda: None) -> "SolutionService":
        """Return what adds solutions to the history; `saved` is called after each."""
        from ipcom_chat.services.solutions import SolutionService  # noqa: PLC0415 - one verb

        self.register_machine()
        return SolutionService(self._entries, self.ids, self.clock, saved)

    def _find_similar(self, scope: Scope, question: str) -> "Similar | None":
        """Ask the index, which is opened by the first question and never made for it."""
        return self.search.similar(scope, question) if self.settings.paths.search.exists() else None

    def _find(self, scope: Scope, query: str, limit: int) -> "list[Known]":
        """Search the history for an assistant."""
        from ipcom_chat.services.history import Known  # noqa: PLC0415 - as above
        from ipcom_chat.services.search import Wanted  # noqa: PLC0415 - brings Tantivy

        found = self.search.search(scope, query, Wanted(), limit=limit)
        return [
            Known(
                # What an older version of the rules has seen goes to an assistant, too.
                entry=redacted(hit.entry),
                short_id=hit.short_id,
                username=hit.username,
                hostname=hit.hostname,
                score=1.0,
            )
            for hit in found.hits
        ]

    def index(self, *, limit: int | None = None) -> None:
        """Bring the search index up to date, if anybody has ever searched here.

        After a deletion or a redaction without a limit: the words leave the index with it.
        """
        if self.settings.paths.search.exists():
            self.search.catch_up(limit=limit, wait=limit is None)

    def forget_meanings(self) -> None:
        """Forget the vectors of what was deleted or redacted; they need no model for that."""
        _forget_meanings(self._replica.database, self.settings.paths.meaning)

    def change_session(self, session_id: SessionId) -> None:
        """Leave the session of this process for another one, which is open or will be."""
        self.end_session()
        self.session_id = session_id

    def end_session(self) -> None:
        """End the session of this process, if it has one; its end is still to be carried."""
        if self.session_id is not None:
            self.sessions.close(self.session_id)
            self.session_id = None

    def keep_measuring(self) -> None:
        """Write what this process measures every few seconds, not at its end alone."""
        if self._measuring is None:
            self._measuring = Measuring(self.settings.paths.replica, self.meter, self.clock)
            self._measuring.start()

    def close(self) -> None:
        """End the session and close the replica."""
        try:
            self.end_session()
        finally:
            if self._measuring is not None:
                self._measuring.stop()
            write_measured(self._replica.database, self.meter, self.clock)
            self._replica.close()


def _working_directory() -> str | None:
    try:
        return storable(str(Path.cwd()))  # a folder may be called by bytes that are no UTF-8
    except OSError:
        return None  # the folder was deleted under us


def _forget_meanings(database: "Database", folder: Path, after: int = 0) -> None:
    if not folder.exists():
        return
    from ipcom_chat.meaning.catch_up import forget_lost  # noqa: PLC0415 - after an erasure only

    forget_lost(database, folder, after=after)


def _forget_pulled(folder: Path) -> "Callable[[Database, int], None]":
    """Return what forgets the vectors of texts that an exchange took out of the replica."""

    def forget(database: "Database", after: int) -> None:
        # What the disk refuses now is forgotten when the vectors are next brought up to date.
        with suppress(StorageError):
            _forget_meanings(database, folder, after)

    return forget


def backup_folder(settings: Settings) -> Path:
    """Return the folder of backups."""
    chosen = settings["backup.folder"]
    return Path(chosen).expanduser().absolute() if chosen else settings.paths.data_dir / "backups"


def backup_place(
    settings: Settings, clock: Clock, *, folder: Path | None = None, keep: int | None = None
) -> "BackupPlace":
    """Return what is backed up and where to, as the settings or this call say."""
    from ipcom_chat.services.backups import BackupPlace  # noqa: PLC0415 - few verbs

    return BackupPlace(
        replica=settings.paths.replica,
        folder=folder.absolute() if folder else backup_folder(settings),
        machine_id=host.machine_id(settings["machine_id"], settings.paths.state_dir, clock),
        keep=settings["backup.keep"] if keep is None else keep,
    )


def sync_settings(settings: Settings) -> "SyncSettings":
    """Return what the settings say of synchronisation."""
    from ipcom_chat.services.sync import SyncSettings  # noqa: PLC0415 - asyncio
    from ipcom_chat.sync.engine import Options  # noqa: PLC0415
    from ipcom_chat.sync.scheduler import Intervals  # noqa: PLC0415
    from ipcom_chat.sync.target import fault_of, host_of  # noqa: PLC0415
    from ipcom_chat.targets import primary_target, primary_urls  # noqa: PLC0415

    urls = primary_urls(settings)
    rest_s, active_s = settings["turso.sync_interval"], settings["sync.active_interval"]
    return SyncSettings(
        host=host_of(urls[0]) if urls else None,
        resolve=lambda: primary_target(settings),
        has_readers=len(urls) > 1 or settings["turso.sync_url"] is not None,
        fault=fault_of((*urls, *filter(None, (settings["turso.sync_url"],)))) if urls else None,
        intervals=Intervals(
            active_s=min(active_s, rest_s),
            rest_s=rest_s,
            longest_backoff_s=settings["sync.retry_interval"] / 1000,
        ),
        options=Options(
            batch_rows=settings["sync.batch_size"],
            window_days=settings["sync.window_days"],
            erased=_forget_pulled(settings.paths.meaning),
        ),
    )


def probe_of(settings: Settings) -> "Callable[[], Probe] | None":
    """Return what looks at the primary; None if none is configured."""
    if not settings["turso.database_url"]:
        return None
    from ipcom_chat.services.sync import probe  # noqa: PLC0415 - asyncio

    return lambda: probe(sync_settings(settings), SystemClock())


def token_of(settings: Settings) -> "Callable[[], str | None] | None":
    """Return what gives the primary's token; None if no primary is configured."""
    if not settings["turso.database_url"]:
        return None
    from ipcom_chat.targets import primary_token  # noqa: PLC0415 - one verb

    return lambda: primary_token(settings)


def reach_of(settings: Settings) -> "Callable[[], Reached] | None":
    """Return what asks the server of the AI; None if none is configured."""
    if not settings["ai.enabled"] or not settings["ai.model"]:
        return None
    from ipcom_chat.assistant.endpoint import Endpoint, parse_model  # noqa: PLC0415 - one option
    from ipcom_chat.models import key_of  # noqa: PLC0415
    from ipcom_chat.services.reach import reach  # noqa: PLC0415

    def ask() -> "Reached":
        model = parse_model(settings["ai.model"])
        return reach(Endpoint.of_model(model, settings["ai.base_url"]), key_of(settings, model))

    return ask
