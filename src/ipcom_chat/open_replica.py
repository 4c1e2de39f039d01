"""One open replica with the services over it, made when they are first asked for.

Nothing is imported here that the plain verbs do not need.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from ipcom_chat import __version__, host
from ipcom_chat.clock import Clock, SystemClock
from ipcom_chat.configured import backup_folder, forget_meanings, sync_settings
from ipcom_chat.errors import StorageError
from ipcom_chat.ids import IdSource, MachineId, ReplicaId, SessionId
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.measuring import Measuring, write_measured
from ipcom_chat.services.people import MachineService, UserService
from ipcom_chat.services.sessions import SessionService
from ipcom_chat.settings import Settings, modes_of
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.meter import Meter
from ipcom_chat.storage.people import Heartbeats, Machines, Sessions, Users
from ipcom_chat.storage.replica import open_replica
from ipcom_chat.storage.usage import Usage
from ipcom_chat.storage.usage_stats import CountedStats

if TYPE_CHECKING:
    from ipcom_chat.meaning.client import Meaning
    from ipcom_chat.services.backups import BackupPlace, Made
    from ipcom_chat.services.browsing import Browsing
    from ipcom_chat.services.counting import Counting
    from ipcom_chat.services.erasures import ErasureService
    from ipcom_chat.services.exports import Exports
    from ipcom_chat.services.indexing import Indexing
    from ipcom_chat.services.maintenance import Maintenance
    from ipcom_chat.services.monitoring import Here, MonitoringService
    from ipcom_chat.services.resuming import Resuming
    from ipcom_chat.services.search import SearchService
    from ipcom_chat.services.session_history import SessionHistory
    from ipcom_chat.services.suggestions import SuggestionService
    from ipcom_chat.services.sync import SyncService
    from ipcom_chat.services.votes import VoteService
    from ipcom_chat.storage.session_rows import SessionRows
    from ipcom_chat.sync.exchanges import Identity


class OpenReplica:
    """The replica that the settings name, and who reads and changes what in it. Close it."""

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
        self.history.sessions_with_tail = self._sessions_with_tail
        self.sessions = SessionService(
            Sessions(database), self._entries, paths.data_dir / "sessions", self.clock
        )

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
        from ipcom_chat.services.search import (  # noqa: PLC0415 - brings Tantivy
            SearchService,
            open_index,
        )
        from ipcom_chat.storage.search_rows import SearchRows  # noqa: PLC0415

        return SearchService(
            SearchRows(self._replica.database),
            self._entries,
            self.history,
            open_index(self.settings.paths.search),
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

        sessions = Sessions(self._replica.database)
        return SessionHistory(self._session_rows, sessions, self.sessions, self.history, self.clock)

    @cached_property
    def _session_rows(self) -> "SessionRows":
        from ipcom_chat.storage.session_rows import SessionRows  # noqa: PLC0415 - few verbs

        return SessionRows(self._replica.database)

    def _sessions_with_tail(self, prefix: str, limit: int) -> Sequence[SessionId]:
        return self._session_rows.ids_with_tail(prefix, limit)

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

    def _identity(self) -> "Identity":
        from ipcom_chat.sync.exchanges import Identity  # noqa: PLC0415 - only with a primary

        return Identity(
            machine_id=self.machine_id,
            replica_id=self.replica_id,
            hostname=host.hostname(),
            version=__version__,
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

    def index(self, *, limit: int | None = None) -> None:
        """Bring the search index up to date, if anybody has ever searched here.

        After a deletion or a redaction without a limit: the words leave the index with it.
        """
        if self.settings.paths.search.exists():
            self.search.catch_up(limit=limit, wait=limit is None)

    def forget_meanings(self) -> None:
        """Forget the vectors of what was deleted or redacted; they need no model for that."""
        forget_meanings(self._replica.database, self.settings.paths.meaning)

    def keep_measuring(self) -> None:
        """Write what this process measures every few seconds, not at its end alone."""
        if self._measuring is None:
            self._measuring = Measuring(self.settings.paths.replica, self.meter, self.clock)
            self._measuring.start()

    def close(self) -> None:
        """Write what was measured, and close the replica."""
        if self._measuring is not None:
            self._measuring.stop()
        write_measured(self._replica.database, self.meter, self.clock)
        self._replica.close()
