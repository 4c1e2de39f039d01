"""What a listener hears of a request: events of the assistant, and those of the request itself."""

from collections.abc import Callable

import msgspec

from ipcom_chat.assistant.base import Approval, AssistantEvent, Decision
from ipcom_chat.domain.entry import Status


class StatusChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The request moved; after a final status nothing but `NotSaved` follows."""

    status: Status
    reason: str | None = None
    """For `error`: one sentence for the user. For `cancelled`: who did it."""


class NotSaved(msgspec.Struct, frozen=True, kw_only=True):
    """The request goes on, but its history could not be written."""

    reason: str


class ApprovalAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Something runs only if the person says so; the request waits for `decide`."""

    approval: Approval
    decide: Callable[[Decision], None]
    """To be called once, in the event loop; later calls change nothing."""


class ApprovalClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The question is answered, or the request that asked it has ended."""

    call_id: str


ChatEvent = AssistantEvent | StatusChanged | NotSaved | ApprovalAsked | ApprovalClosed
Listener = Callable[[ChatEvent], None]
