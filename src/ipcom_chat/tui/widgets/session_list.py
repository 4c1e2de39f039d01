"""The list of sessions: one line for each, one of them marked."""

from collections.abc import Sequence

from textual.content import Content

from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.ids import EntryId
from ipcom_chat.services.browsing import Listed
from ipcom_chat.services.session_history import State, Summary
from ipcom_chat.services.snippets import Marked
from ipcom_chat.tui.widgets.hits import Hits

_SIGNS = {
    State.OPEN: ("●", "$text-success"),
    State.ENDED: ("·", "$foreground 60%"),
    State.REMOTE: ("○", "$text-accent"),
}


class SessionList(Hits):
    """The list; what it calls an entry is a session here."""

    def __init__(self) -> None:
        super().__init__()
        self._summaries: dict[str, Summary] = {}

    @property
    def summary(self) -> Summary | None:
        """The session that Enter would take up."""
        marked = self.marked
        return self._summaries.get(marked.id) if marked else None

    def show_sessions(
        self, summaries: Sequence[Summary], *, now_ms: int, nothing: str, stays: bool
    ) -> None:
        """Show sessions; the arguments are those of `show`."""
        self._summaries = {each.session.id: each for each in summaries}
        lines = [_listed(each) for each in summaries]
        self.show(lines, now_ms=now_ms, nothing=nothing, stays=stays)

    def glyph(self, line: Listed) -> Content:
        """Return the sign that says whether a session is open, and where."""
        return Content.styled(*_SIGNS[self._summaries[line.id].state])


def _listed(summary: Summary) -> Listed:
    return Listed(
        id=EntryId(summary.session.id),
        kind=Kind.QUESTION,
        status=Status.COMPLETED,
        error_code=None,
        created_at=summary.active_at,
        who=summary.who,
        hostname=summary.hostname,
        title=Marked(text=summary.title),
        times=summary.questions,
    )
