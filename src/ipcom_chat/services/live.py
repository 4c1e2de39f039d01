"""What one running request needs; it dies with the request."""

import asyncio

from ipcom_chat.assistant.attachments import Attached
from ipcom_chat.assistant.base import CommandFinished, UsageReport
from ipcom_chat.domain.entry import RESPONSE_MAX_CHARS, Entry, Kind, Outcome, capped, storable
from ipcom_chat.domain.lifecycle import Request
from ipcom_chat.services.chat_events import Listener


class Live:
    """A request, who listens to it, and what has come of it so far."""

    def __init__(self, request: Request, entry: Entry, listener: Listener, start_ms: float) -> None:
        self.request = request
        self.entry = entry
        self.listener = listener
        self.start_ms = start_ms
        self.text: list[str] = []
        self.text_chars = 0
        self.ran: list[CommandFinished] = []
        self.files = Attached()
        self.is_cut = False
        """Whether a command wrote more than is kept."""
        self.usage: UsageReport | None = None
        self.saved = True
        self.task: asyncio.Task[None] | None = None

    @property
    def is_command(self) -> bool:
        """Whether the person typed a command, not a question."""
        return self.entry.kind is Kind.COMMAND

    def add(self, text: str) -> None:
        """Add to what was said so far; what could not be stored is counted only."""
        if self.text_chars <= RESPONSE_MAX_CHARS:
            self.text.append(text)
        self.text_chars += len(text)

    def outcome(self, now_ms: float) -> Outcome:
        """Return what the request is now; `now_ms` is of the monotonic clock."""
        text, cut = capped(storable("".join(self.text)), RESPONSE_MAX_CHARS)
        usage = self.usage
        return Outcome(
            status=self.request.status,
            response=text or None,
            model=usage.model if usage else None,
            tokens_used=usage.tokens_used if usage else None,
            cost_microusd=usage.cost_microusd if usage else None,
            execution_time_ms=round(now_ms - self.start_ms),
            truncated=cut or self.is_cut,
        )
