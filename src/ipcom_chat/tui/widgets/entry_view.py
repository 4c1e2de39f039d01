"""One entry of the history, laid out as the transcript does: question, answer, commands.

Invariant: every text of the entry is neutralised here, and is never markup.
"""

import re
from collections.abc import Iterator

from textual.binding import Binding
from textual.widget import Widget

from ipcom_chat.domain.entry import Entry, Kind
from ipcom_chat.formats import instant, outcome_of, person, tally_words
from ipcom_chat.i18n import _
from ipcom_chat.services.browsing import Whole
from ipcom_chat.tui.widgets.answer import Answer
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.command_run import CommandRun
from ipcom_chat.tui.widgets.reading_pane import FactLine, ReadingPane, shortened
from ipcom_chat.tui.widgets.transcript import Question

SHOWN_CHARS = 20_000
"""Of a question or an output; what is longer would hold the screen."""
SHOWN_COMMANDS = 50
_EXIT_CODE = re.compile(r"-?[0-9]{1,9}")


class EntryView(ReadingPane):
    """The entry; the screen acts on it."""

    BINDINGS = [  # noqa: RUF012 - Textual's declaration
        Binding("enter,a", "screen.ask_again"),
        Binding("c", "screen.copy"),
        Binding("s", "screen.open_session"),
        Binding("plus", "screen.vote('good')"),
        Binding("minus", "screen.vote('bad')"),
        Binding("r", "screen.erase('redact')"),
        Binding("d,delete", "screen.erase('delete')"),
        Binding("left,k", "screen.move(-1)"),
        Binding("right,j", "screen.move(1)"),
        Binding("slash", "screen.search"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.whole: Whole | None = None
        """What is shown."""

    async def show(self, whole: Whole | None) -> None:
        """Show an entry from its beginning, or nothing."""
        self.whole = whole
        with self.app.batch_update():
            await self.remove_children()
            if whole is not None:
                await self.mount_all(_parts(whole))
        self.scroll_home(animate=False)


def _parts(whole: Whole) -> Iterator[Widget]:
    entry = whole.entry
    yield FactLine(_facts(whole))
    if entry.kind is Kind.COMMAND:
        yield Code(shortened(entry.command, SHOWN_CHARS), "bash")
        if entry.response:
            yield Code(shortened(entry.response, SHOWN_CHARS), _("output"))
        return
    yield Question(shortened(entry.command, SHOWN_CHARS))
    if entry.response:
        answer = Answer()
        answer.write(entry.response)
        answer.finish()
        yield answer
    for command in whole.commands[:SHOWN_COMMANDS]:
        yield _run(command)


def _facts(whole: Whole) -> list[str | None]:
    entry = whole.entry
    return [
        whole.short_id,
        instant(entry.created_at),
        person(whole.username, entry.os_user),
        whole.hostname,
        outcome_of(entry),
        entry.cwd if entry.kind is Kind.COMMAND else entry.model,
        _("private") if entry.private else None,
        tally_words(whole.votes),
    ]


def _run(command: Entry) -> CommandRun:
    run = CommandRun(command.command[:SHOWN_CHARS])
    code = command.error_code
    if code is not None and _EXIT_CODE.fullmatch(code):
        run.finish(
            exit_code=int(code),
            duration_ms=command.execution_time_ms or 0,
            output=(command.response or "")[:SHOWN_CHARS],
            truncated=command.truncated or len(command.response or "") > SHOWN_CHARS,
        )
    else:
        run.cancel()
    return run
