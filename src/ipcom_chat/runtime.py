"""The composition root: puts settings, storage, services and the assistant together.

Nothing is imported here that the plain verbs do not need; the chat's parts load when it opens.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ipcom_chat import host
from ipcom_chat.clock import Clock
from ipcom_chat.configured import sync_settings
from ipcom_chat.domain.entry import Mode, Origin, Scope, storable
from ipcom_chat.domain.people import Machine, User
from ipcom_chat.errors import UnknownUserError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, SessionId
from ipcom_chat.open_replica import OpenReplica
from ipcom_chat.settings import FLAG, Settings
from ipcom_chat.storage.database import Database, make_folder
from ipcom_chat.storage.entry_rows import redacted
from ipcom_chat.storage.replica import open_replica

if TYPE_CHECKING:
    from ipcom_chat.assistants import Assistants
    from ipcom_chat.services.alerting import Alerting
    from ipcom_chat.services.alerts import AlertService
    from ipcom_chat.services.bridge import StorageThread
    from ipcom_chat.services.chat import ChatService
    from ipcom_chat.services.history import Known, Similar
    from ipcom_chat.services.imports import Imports
    from ipcom_chat.services.memory import Memory
    from ipcom_chat.services.resuming import TakenUp
    from ipcom_chat.services.solutions import SolutionService
    from ipcom_chat.services.sync import SyncService, SyncStatus
    from ipcom_chat.services.sync_thread import SyncThread
    from ipcom_chat.services.watch import Watch


_OFFERED = "import-offered"
"""In the state folder: the import of an earlier program's history was offered."""


class Runtime(OpenReplica):
    """What this process does with its replica: who writes, in which session, beside what."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        super().__init__(settings, clock)
        self.session_id: SessionId | None = None
        self.resume: str | None = None
        """The session that `begin_session` goes on with: an id, or `NEWEST`; None begins one."""
        self.taken_up: TakenUp | None = None
        """The session that this process has taken up, if any."""

    @cached_property
    def assistants(self) -> "Assistants":
        """What can answer, and what it may do."""
        from ipcom_chat.assistants import Assistants  # noqa: PLC0415 - asyncio

        return Assistants(self.settings, self.clock)

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
            return self._active(username)
        if self.mode is Mode.USER:
            raise UsageError(
                _(
                    "The mode 'user' needs a user: --user USERNAME, or once "
                    "'ipcom-chat config set user USERNAME'."
                )
            )
        return None

    def _active(self, username: str) -> User:
        """Return the user of the settings; where there is none, say who named that one."""
        source = self.settings.sources["user"]
        try:
            return self.users.active(username)
        except UnknownUserError as error:
            if source == FLAG:
                raise
            raise UnknownUserError(
                _(
                    "{problem} (The name comes from {source}; users of other machines arrive with "
                    "'ipcom-chat sync'.)",
                    problem=error,
                    source=source,
                )
            ) from error

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

    def change_session(self, session_id: SessionId) -> None:
        """Leave the session of this process for another one, which is open or will be."""
        self.end_session()
        self.session_id = session_id

    def end_session(self) -> None:
        """End the session of this process, if it has one; its end is still to be carried."""
        if self.session_id is not None:
            self.sessions.close(self.session_id)
            self.session_id = None

    def close(self) -> None:
        """End the session and close the replica."""
        try:
            self.end_session()
        finally:
            super().close()


def _working_directory() -> str | None:
    try:
        return storable(str(Path.cwd()))  # a folder may be called by bytes that are no UTF-8
    except OSError:
        return None  # the folder was deleted under us
