"""The life of one request on the screen: what its events show, until it is final.

Invariants: each request has a view of its own; after a final status nothing of the request is
shown any more but that it could not be saved; nothing is shown once the screen is gone.
"""

from collections.abc import Callable

import msgspec

from ipcom_chat.assistant.base import (
    Cited,
    CommandFinished,
    CommandOutput,
    CommandStarted,
    Noted,
    Recalled,
    Refused,
    TextDelta,
    ToolFinished,
    ToolStarted,
    UsageReport,
)
from ipcom_chat.domain.entry import Status
from ipcom_chat.domain.lifecycle import FINAL
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import money
from ipcom_chat.i18n import _, n_
from ipcom_chat.ids import short_id
from ipcom_chat.services.chat import (
    ApprovalAsked,
    ApprovalClosed,
    ChatEvent,
    NotSaved,
    StatusChanged,
)
from ipcom_chat.tui.approvals import Approvals
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.widgets.source import SHOWN_SOURCES
from ipcom_chat.tui.widgets.spinner import elapsed
from ipcom_chat.tui.widgets.status_line import StatusLine
from ipcom_chat.tui.widgets.transcript import Transcript


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the screen that a request is shown on."""

    transcript: Transcript
    status: StatusLine
    approvals: Approvals


class RequestView:
    """Shows one request; `hear` is its listener.

    Args:
        conversation: which it belongs to.
        stage: where it is shown.
        ended: called once, when the request is final and shown as such.
        is_private: whether the question alone stays on this machine.
        is_typed: whether the person typed a command: its output is the answer.
    """

    def __init__(
        self,
        conversation: Conversation,
        stage: Stage,
        ended: Callable[[], None],
        *,
        is_private: bool = False,
        is_typed: bool = False,
    ) -> None:
        self._conversation = conversation
        self._transcript = stage.transcript
        self._status = stage.status
        self._approvals = stage.approvals
        self._ended = ended
        self._is_private = is_private
        self._is_typed = is_typed
        self._is_final = False
        self._usage: UsageReport | None = None
        self._sources: tuple[Recalled, ...] = ()
        self._unsaved: list[str] = []
        """Why the request is not saved; told when the answer is there."""
        self._started_ms = conversation.runtime.clock.monotonic_ms()

    def hear(self, event: ChatEvent) -> None:
        """Show one event of the request; called in the event loop."""
        if not self._transcript.is_running:
            return  # the screen is gone, storage has it
        if isinstance(event, NotSaved):
            self._not_saved(event.reason)
        elif not self._is_final:
            self._show(event)

    def _show(self, event: ChatEvent) -> None:
        match event:
            case TextDelta() | Noted():
                self._say(event)
            case CommandStarted() | CommandOutput() | CommandFinished():
                self._show_command(event)
            case ToolStarted() | ToolFinished() | Refused():
                self._show_tool(event)
            case ApprovalAsked() | ApprovalClosed():
                self._ask(event)
            case UsageReport():
                self._usage = event
            case Cited():
                self._sources = event.entries
            case StatusChanged(status=status) if status in FINAL:
                self._end(event)

    def _say(self, event: TextDelta | Noted) -> None:
        if isinstance(event, TextDelta):
            self._transcript.add_answer_text(event.text)
        else:
            self._transcript.add_notice(one_line(event.text))

    def _show_command(self, event: CommandStarted | CommandOutput | CommandFinished) -> None:
        match event:
            case CommandStarted():
                self._transcript.start_command(
                    event.call_id, event.command, is_answer=self._is_typed
                )
                self._label(f"$ {event.command}")
            case CommandOutput():
                self._transcript.write_command(event.call_id, event.text)
            case CommandFinished():
                self._command_ended(event)

    def _show_tool(self, event: ToolStarted | ToolFinished | Refused) -> None:
        match event:
            case ToolStarted():
                self._transcript.start_tool(event.call_id, event.name, event.call)
                self._label(event.name)
            case ToolFinished():
                self._transcript.end_tool(event.call_id, event.result, is_error=event.is_error)
                self._label("")
            case Refused():
                self._transcript.add_refusal(event.command, event.reason)

    def _ask(self, event: ApprovalAsked | ApprovalClosed) -> None:
        if isinstance(event, ApprovalAsked):
            self._approvals.ask(event)
        else:
            self._approvals.close(event.call_id)

    def _label(self, text: str) -> None:
        """Say what the request is doing, unless it waits for the person."""
        if not self._approvals.is_waiting:
            self._status.label_request(text)

    def _command_ended(self, event: CommandFinished) -> None:
        self._label("")
        self._transcript.end_command(
            event.call_id,
            exit_code=event.exit_code,
            duration_ms=event.duration_ms,
            output=event.output,
            truncated=event.truncated,
        )

    def _not_saved(self, reason: str) -> None:
        self._unsaved.append(_("This request is not in the history: {reason}", reason=reason))
        if self._is_final:
            self._tell_unsaved()

    def _tell_unsaved(self) -> None:
        for text in self._unsaved:
            self._transcript.add_notice(one_line(text), "error")
        self._unsaved.clear()

    def _end(self, event: StatusChanged) -> None:
        self._is_final = True
        self._transcript.end_answer()
        for command in self._approvals.close_all():
            self._transcript.add_refusal(command, "")
        match event.status:
            case Status.COMPLETED:
                self._show_sources()
                self._transcript.add_footer(self._footer())
            case Status.CANCELLED:
                own = event.reason in (None, "user", "exit")
                self._transcript.add_cancelled(by="" if own else event.reason or "")
            case _:
                self._transcript.stop_commands()
                reason = one_line(event.reason or _("There is no answer."))
                again = _("/retry asks it again.")
                self._transcript.add_notice(reason, "error", then=again)
        self._status.stop_request()
        self._ended()
        self._tell_unsaved()

    def _show_sources(self) -> None:
        now_ms = self._conversation.runtime.clock.now_ms()
        self._transcript.add_sources(self._sources[:SHOWN_SOURCES], now_ms)

    def _footer(self) -> str:
        clock = self._conversation.runtime.clock
        took = elapsed(round(clock.monotonic_ms() - self._started_ms))
        parts = [] if self._is_typed else [took]  # a command says itself how long it took
        if self._usage is not None:
            tokens = self._usage.tokens_used
            parts += [self._usage.model, n_("{count} token", "{count} tokens", tokens)]
            if self._usage.cost_microusd is not None:
                parts.append(money(self._usage.cost_microusd))
        if self._conversation.last_id is not None:
            parts.append(short_id(self._conversation.last_id))
        if self._is_private:
            parts.append(_("private"))
        return "  ·  ".join(parts)
