"""Writes the life of requests into the replica.

Every method is called in the storage thread, in the order of the request's life. None of them
knows screens or assistants; a late or doubled call changes nothing.
"""

from collections.abc import Callable

import msgspec

from ipcom_chat.assistant.base import CommandFinished
from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import (
    RESPONSE_MAX_CHARS,
    Entry,
    Kind,
    Outcome,
    Status,
    capped,
    storable,
)
from ipcom_chat.domain.lifecycle import Request
from ipcom_chat.ids import EntryId, IdSource, ReplicaId, SessionId
from ipcom_chat.services.sessions import SessionService
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.meter import ASSISTANT, CANCELLATIONS, ERRORS


class RequestStore:
    """The requests of one session, as rows.

    Args:
        entries: where they are written.
        sessions: keeps the session alive.
        ids: names the commands.
        clock: the time.
        saved: called after each write.
    """

    def __init__(
        self,
        entries: Entries,
        sessions: SessionService,
        ids: IdSource,
        clock: Clock,
        saved: Callable[[], None] = lambda: None,
    ) -> None:
        self._entries = entries
        self._sessions = sessions
        self._ids = ids
        self._clock = clock
        self._saved = saved

    def add(self, entry: Entry, request: Request) -> None:
        """Insert a question, unless ESC was faster: then `cancel` inserts it as cancelled."""
        if request.status is Status.PENDING:
            self._entries.add(entry, actor=entry.os_user)
        if entry.session_id is not None:
            self._sessions.touch(entry.session_id)
        self._saved()

    def step(self, entry: Entry, outcome: Outcome) -> None:
        """Store a transition if the row's own status allows it."""
        self._advance(entry, outcome)

    def finish(self, entry: Entry, outcome: Outcome) -> None:
        """Store the final body; insert it whole if the question could not be written before."""
        if not self._advance(entry, outcome):
            at_ms = self._at(entry)
            final = msgspec.structs.replace(
                entry, **msgspec.structs.asdict(outcome), updated_at=at_ms, completed_at=at_ms
            )
            self._entries.add(final, actor=entry.os_user)
            self._saved()
        self._note(entry, outcome)

    def cancel(self, entry: Entry, outcome: Outcome, actor: str) -> None:
        """Store that a request was cancelled, with what was answered until then."""
        self._entries.cancel(entry, outcome, at_ms=self._at(entry), actor=actor)
        self._saved()
        self._note(entry, outcome)

    def add_command(self, question: Entry, event: CommandFinished) -> None:
        """Store a command that ran for a question."""
        response, cut = capped(storable(event.output), RESPONSE_MAX_CHARS)
        now = self._at(question)
        command = msgspec.structs.replace(
            question,
            id=EntryId(self._ids.new()),
            kind=Kind.COMMAND,
            parent_id=question.id,
            retry_of=None,
            command=storable(event.command),
            response=response,
            status=Status.COMPLETED,
            error_code=str(event.exit_code),
            execution_time_ms=event.duration_ms,
            truncated=cut or event.truncated,
            created_at=now,
            updated_at=now,
            completed_at=now,
        )
        self._entries.add(command, actor=question.os_user)
        self._saved()

    def cancel_requests(
        self, replica_id: ReplicaId, session_id: SessionId
    ) -> list[tuple[EntryId, str]]:
        """Return the open requests that somebody asked to cancel, and who asked."""
        return self._entries.cancel_requests(replica_id, session_id)

    def _advance(self, entry: Entry, outcome: Outcome) -> bool:
        is_changed = self._entries.advance(
            entry.id,
            outcome,
            replica_id=entry.replica_id,
            at_ms=self._at(entry),
            actor=entry.os_user,
        )
        self._saved()
        return is_changed

    def _note(self, entry: Entry, outcome: Outcome) -> None:
        """Note how the request ended, for monitoring."""
        meter = self._entries.meter
        if meter is None:
            return
        if outcome.status is Status.CANCELLED:
            meter.count(CANCELLATIONS)
        elif outcome.status is Status.ERROR:
            meter.count(ERRORS)
            meter.count(f"{ERRORS}.{outcome.error_code}")
        elif entry.kind is Kind.QUESTION and outcome.execution_time_ms is not None:
            meter.took(ASSISTANT, outcome.execution_time_ms)

    def _at(self, entry: Entry) -> int:
        # A clock that was set back must not make a request end before it began.
        return max(self._clock.now_ms(), entry.created_at)
