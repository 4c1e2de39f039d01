"""The newest turns of a session, to see which one it is before it is taken up.

Invariant: every text is neutralised here, and is never markup.
"""

from collections.abc import Iterator

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget

from ipcom_chat.domain.entry import Kind
from ipcom_chat.formats import instant, outcome_of
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.session_history import Asked, Summary, Turns
from ipcom_chat.session_words import count_word, state_word
from ipcom_chat.tui.widgets.reading_pane import FactLine, ReadingPane, shortened
from ipcom_chat.tui.widgets.rows import TextRows
from ipcom_chat.tui.widgets.transcript import Question

SHOWN_CHARS = 600
"""Of a question or an answer."""


class SessionView(ReadingPane):
    """The turns; the screen acts on the session."""

    BINDINGS = [  # noqa: RUF012 - Textual's declaration
        Binding("enter", "screen.resume"),
        Binding("f", "screen.fork"),
        Binding("r", "screen.rename"),
        Binding("e", "screen.export"),
        Binding("d,delete", "screen.delete"),
        Binding("left,k", "screen.move(-1)"),
        Binding("right,j", "screen.move(1)"),
        Binding("slash", "screen.search"),
    ]

    async def show(self, summary: Summary | None, turns: Turns) -> None:
        """Show the end of a session, or nothing."""
        with self.app.batch_update():
            await self.remove_children()
            if summary is not None:
                await self.mount_all(_parts(summary, turns))
        self.scroll_end(animate=False)


def _parts(summary: Summary, turns: Turns) -> Iterator[Widget]:
    yield _Facts(_facts(summary))
    if turns.is_cut:
        yield _calm(_("… and what was asked before"))
    for asked in turns.asked:
        yield from _turn(asked)


def _turn(asked: Asked) -> Iterator[Widget]:
    mark = "!" if asked.entry.kind is Kind.COMMAND else ""
    yield Question(shortened(f"{mark}{asked.entry.command}", SHOWN_CHARS))
    if asked.commands:
        yield _calm(n_("one command ran", "{count} commands ran", len(asked.commands)))
    if asked.entry.response:
        yield TextRows(Content(shortened(asked.entry.response, SHOWN_CHARS)))
    else:
        yield _calm(outcome_of(asked.entry))


class _Facts(FactLine):
    """Who, where, when, and whether it is open; they stay while the turns are scrolled."""

    DEFAULT_CSS = """
    _Facts { dock: top; background: $background; }
    """


def _facts(summary: Summary) -> list[str | None]:
    questions = n_("one question", "{number} questions", summary.questions,
                   number=count_word(summary))  # fmt: skip
    return [
        summary.short_id,
        instant(summary.active_at),
        summary.who,
        summary.hostname,
        questions,
        state_word(summary.state),
        summary.session.mode,
        _("private") if summary.session.private else None,
        _("a fork") if summary.session.parent_id else None,
    ]


def _calm(text: str) -> TextRows:
    return TextRows(Content.styled(text, "$foreground 60%"))
