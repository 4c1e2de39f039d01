"""What the chat says of itself: its status line, and what is to be done about synchronisation."""

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.i18n import _
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.sync_words import is_urgent, sync_problem, sync_word
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.widgets.status_line import Status
from ipcom_chat.tui.widgets.transcript import Transcript
from ipcom_chat.tui.wording import shared_with


def status_of(conversation: Conversation) -> Status:
    """Return what the status line says of a conversation now."""
    origin = conversation.context.origin
    return Status(
        mode=origin.mode.value,
        user=conversation.username,
        shared_with=shared_with(origin, conversation.username),
        assistant=conversation.assistant_name,
        sync=sync_word(conversation.sync_status) if conversation.sync else _("local only"),
        is_private=origin.private,
        is_plan=conversation.answering.is_plan,
        is_sync_urgent=is_urgent(conversation.sync_status),
    )


class SyncNotices:
    """Tells what a person must do about synchronisation, once for each problem.

    Args:
        conversation: says whether being offline is a problem.
        transcript: where it is told.
    """

    def __init__(self, conversation: Conversation, transcript: Transcript) -> None:
        self._conversation = conversation
        self._transcript = transcript
        self._problem: str | None = None

    def hear(self, status: SyncStatus) -> None:
        """Tell it, unless it was told before."""
        text = sync_problem(status, is_loud=not self._conversation.falls_back)
        # Each try of a long night may fail for another reason: that is one problem.
        problem = status.condition if status.condition is Condition.OFFLINE else text
        if text and problem != self._problem:
            self._transcript.add_notice(one_line(text), "error")
        self._problem = problem if text else None
