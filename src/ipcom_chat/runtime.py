"""The composition root: puts settings, storage, services and the assistant together.

Nothing is imported here that the plain verbs do not need; the chat's parts load when it opens.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ipcom_chat import host
from ipcom_chat.clock import Clock, SystemClock
from ipcom_chat.domain.entry import Mode, Origin, Scope, storable
from ipcom_chat.domain.people import Machine, User
from ipcom_chat.errors import AssistantSetupError, UsageError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId, SessionId
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.people import MachineService, UserService
from ipcom_chat.services.sessions import SessionService
from ipcom_chat.settings import FLAG, Settings
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Machines, Sessions, Users
from ipcom_chat.storage.replica import open_replica

if TYPE_CHECKING:
    from ipcom_chat.assistant.base import Assistant
    from ipcom_chat.assistant.playbook import Playbook
    from ipcom_chat.services.bridge import StorageThread
    from ipcom_chat.services.chat import ChatService


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
        self._entries = Entries(database)
        users, machines = Users(database), Machines(database)
        self.users = UserService(users, self.clock)
        self.machines = MachineService(machines, self.machine_id, self.clock)
        self.history = HistoryService(self._entries, users, machines, self.clock)
        self.sessions = SessionService(
            Sessions(database), self._entries, paths.data_dir / "sessions", self.clock
        )
        self.session_id: SessionId | None = None
        self.assistant_problem: str | None = None
        """Why the configured AI is not used, if it is not."""

    @property
    def replica_id(self) -> ReplicaId:
        """The random id of this replica."""
        return host.replica_id(self.settings.paths.data_dir, self.machine_id, self.clock)

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

    def begin_session(self) -> list[EntryId]:
        """Open the session of this process; return the requests that dead processes left open."""
        self.user()  # a wrong user is said before anything is written
        self.register_machine()
        self.session_id = SessionId(self.ids.new())
        origin = self.origin()
        self.sessions.open(self.session_id, origin)
        return self.sessions.recover(origin.replica_id)

    def open_chat(self, storage: "StorageThread") -> "ChatService":
        """Return the requests of this process's session; `begin_session` came before."""
        # Imported late: they bring asyncio.
        from ipcom_chat.services.chat import ChatContext, ChatService  # noqa: PLC0415
        from ipcom_chat.services.requests import RequestStore  # noqa: PLC0415

        return ChatService(
            thread=storage,
            store=RequestStore(self._entries, self.sessions, self.ids, self.clock),
            history=self.history,
            assistant=self.assistant(),
            context=ChatContext(
                origin=self.origin(), scope=self.scope(), language=self.settings.language
            ),
            ids=self.ids,
        )

    def assistant(self) -> "Assistant":
        """Return what answers: the configured AI, or what is known here.

        An AI whose settings are wrong leaves `assistant_problem` and what is known here.
        """
        if self.settings["ai.enabled"] and self.settings["ai.model"]:
            try:
                return self._ai(self.settings["ai.model"])
            except AssistantSetupError as error:
                self.assistant_problem = str(error)
        from ipcom_chat.assistant.knowledge import KnowledgeAssistant  # noqa: PLC0415 - asyncio

        return KnowledgeAssistant(self._playbooks, self.clock)

    def _ai(self, model: str) -> "Assistant":
        from ipcom_chat.assistant.agent import build_assistant  # noqa: PLC0415 - asyncio

        key = self.settings.ai_key
        return build_assistant(
            model,
            base_url=self.settings["ai.base_url"],
            api_key=key.reveal() if key else None,
            timeout_s=self.settings["ai.timeout"],
            max_retries=self.settings["ai.max_retries"],
        )

    def _playbooks(self) -> "tuple[Playbook, ...]":
        from ipcom_chat.assistant.playbook_loading import load_playbooks  # noqa: PLC0415

        return load_playbooks(self.settings.paths.playbook_dirs)[0]

    def close(self) -> None:
        """End the session and close the replica."""
        try:
            if self.session_id is not None:
                self.sessions.close(self.session_id)
        finally:
            self._replica.close()


def _working_directory() -> str | None:
    try:
        return storable(str(Path.cwd()))  # a folder may be called by bytes that are no UTF-8
    except OSError:
        return None  # the folder was deleted under us
