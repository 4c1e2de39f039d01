"""What waits for the person's yes or no: asked one after another, wherever the person looks.

Invariants: the panel shows the oldest one that is open; whoever turned to something else is told
and not pulled away from another screen; a closed one asks nobody any more.
"""

from collections.abc import Callable

from ipcom_chat.assistant.base import Decision
from ipcom_chat.i18n import _
from ipcom_chat.services.chat import ApprovalAsked
from ipcom_chat.tui.widgets.approval_panel import ApprovalPanel


class Approvals:
    """The approvals of one chat.

    Args:
        panel: asks.
        label: says on the status line what the request is doing.
        refocus: gives the keyboard back to the prompt.
        remind: tells somebody who looks at another screen.
    """

    def __init__(
        self,
        panel: ApprovalPanel,
        *,
        label: Callable[[str], None],
        refocus: Callable[[], None],
        remind: Callable[[str], None],
    ) -> None:
        self._panel = panel
        self._label = label
        self._refocus = refocus
        self._remind = remind
        self._open: list[ApprovalAsked] = []

    @property
    def is_waiting(self) -> bool:
        """Whether something waits for an answer."""
        return bool(self._open)

    @property
    def reminder(self) -> str:
        """What to say to somebody who looks at another screen; empty if nothing waits."""
        return _("A command waits for your answer in the chat") if self._open else ""

    def ask(self, asked: ApprovalAsked) -> None:
        """Ask, as soon as what was asked before is answered."""
        others = [each for each in self._open if not _is_same(each, asked)]
        is_next = not others
        self._open = [*others, asked]
        if is_next:
            self._show()

    def close(self, call_id: str) -> None:
        """Ask no longer about one call."""
        self._keep([each for each in self._open if each.approval.call_id != call_id])

    def close_all(self) -> list[str]:
        """Ask no longer: the request is final; return what was still asked about."""
        commands = [each.approval.command for each in self._open]
        self._keep([])
        return commands

    def resume(self) -> None:
        """Take the keyboard again, after another screen had it."""
        if self._open:
            self._panel.rearm()
            self._panel.focus()

    def _keep(self, left: list[ApprovalAsked]) -> None:
        before, self._open = self._open[:1], left
        if before and before != left[:1]:
            self._show()

    def _show(self) -> None:
        self._label(_("waits for your answer") if self._open else "")
        self._remind(self.reminder)
        if not self._open:
            had_focus = self._panel.has_focus_within
            self._panel.close()
            if had_focus:
                self._refocus()
            return
        asked = self._open[0]
        self._panel.ask(asked.approval, lambda decision: self._decided(asked, decision))
        self._panel.focus()

    def _decided(self, asked: ApprovalAsked, decision: Decision) -> None:
        self._keep([each for each in self._open if each is not asked])
        asked.decide(decision)


def _is_same(one: ApprovalAsked, other: ApprovalAsked) -> bool:
    return one.approval.call_id == other.approval.call_id
