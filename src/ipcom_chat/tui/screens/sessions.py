"""The chooser of sessions: search as you type, a list, and the end of what is marked."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input, Static

from ipcom_chat.domain.people import Session
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.session_history import Summary, Turns
from ipcom_chat.session_words import delete_question, deleted
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.resuming import SessionChange
from ipcom_chat.tui.screens.chooser import Chooser
from ipcom_chat.tui.session_hints import search_hints, session_hints, title_hints
from ipcom_chat.tui.transcript_export import default_name, export
from ipcom_chat.tui.widgets.key_hints import KeyHints
from ipcom_chat.tui.widgets.session_list import SessionList
from ipcom_chat.tui.widgets.session_view import SessionView

LIMIT = 200
_NO_TURNS = Turns(asked=())


class SessionsScreen(Chooser[SessionChange | None]):
    """The chooser; it is dismissed with what to go on with, or with None.

    Args:
        conversation: whose histories are looked at.
        text: what is searched at first.
    """

    DEFAULT_CSS = """
    SessionsScreen {
        #body { height: 1fr; layout: vertical; }
        SessionView { border-top: solid $panel; }
        SessionView:focus-within { border-top: solid $primary 60%; }
        &.-flat SessionView { display: none; }
        &.-flat.-reading SessionView { display: block; }
        &.-flat.-reading SessionList { display: none; }
        &.-wide #body { layout: horizontal; }
        &.-wide SessionList { width: 2fr; }
        &.-wide SessionView { width: 3fr; border-top: none; border-left: solid $panel; }
        &.-wide SessionView:focus-within {
            border-top: none; border-left: solid $primary 60%;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave", priority=True),
        Binding("tab", "read"),
    ]

    def __init__(self, conversation: Conversation, *, text: str = "") -> None:
        super().__init__(text, _("Search the sessions"))
        self._conversation = conversation
        self._resumer = conversation.resumer
        self.list = SessionList()
        self.view = SessionView()
        self._looked_for: str | None = None
        self._renamed: Session | None = None
        """What the line holds a title for."""
        self._sought = ""
        """What was searched before a title was typed."""
        self._doomed: Session | None = None
        """What waits for a yes."""

    def compose(self) -> ComposeResult:
        """Put the search above, the list and the turns below it, the keys at the bottom."""
        with self._search:
            yield Static(Content("❯"), id="mark")
            yield self.line
        with Container(id="body"):
            yield self.list
            yield self.view
        yield self.hints

    def on_mount(self) -> None:
        """Begin with the newest."""
        self._conversation.history.open_finder()  # keeps the index that is searched
        self.show_hints()
        self.look()

    # Searching.

    def on_input_changed(self, message: Input.Changed) -> None:
        """Search for what is typed, unless it is a title."""
        message.stop()
        if self._renamed is None:
            self.look()

    async def found(self) -> Callable[[], None]:
        """See `Chooser`."""
        text, scope = self.line.value, self._conversation.context.scope
        summaries = await self._resumer.summaries(scope, text, limit=LIMIT)
        return partial(self._show_list, text, summaries)

    def _show_list(self, text: str, found: list[Summary]) -> None:
        own = self._resumer.session_id
        others = [each for each in found if each.session.id != own]
        self.list.show_sessions(
            others,
            now_ms=self._conversation.runtime.clock.now_ms(),
            nothing=_("No session in this history fits.") if text.strip()
            else _("There is no earlier session in this history."),
            stays=text == self._looked_for,
        )  # fmt: skip
        self._looked_for = text
        more = "+" if len(found) == LIMIT else ""
        count = n_("one session", "{count}{more} sessions", len(others), more=more)
        self._search.border_title = Content(f"{_('Sessions')}  ·  {count}")

    # The mark.

    def action_move(self, step: int) -> None:
        """Mark another session."""
        self.list.move(step)

    def action_page(self, pages: int) -> None:
        """Mark a session a page further."""
        self.list.move_page(pages)

    def action_scroll(self, lines: int) -> None:
        """Scroll the turns."""
        self.view.scroll_relative(y=lines, animate=False)

    def on_hits_moved(self) -> None:
        """Show what is marked, as soon as the mark rests."""
        self.read_soon()

    async def read_marked(self) -> None:
        """See `Chooser`."""
        summary = self.list.summary
        turns = await self._resumer.turns(summary.session) if summary else _NO_TURNS
        await self.view.show(summary, turns)

    def on_hits_opened(self) -> None:
        """Go on with what was clicked."""
        self.action_resume()

    # Where the keyboard is.

    def action_read(self) -> None:
        """Let letters act on the marked session."""
        if self.list.summary is not None and self._renamed is None:
            self.add_class("-reading")
            self.view.focus()

    def show_hints(self) -> None:
        """Show the keys of the title, of the session or of the search."""
        if self._renamed is not None:
            self.hints.show(title_hints())
        else:
            self.hints.show(session_hints() if self.is_reading else search_hints())

    # What can be done with a session.

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take the title that was typed, or go on with the marked session."""
        message.stop()
        renamed, title = self._renamed, self.line.value
        if renamed is not None:
            self.run_worker(self.told(lambda: self._renaming(renamed, title)))
        else:
            self.act_when_found(self.action_resume)

    def action_resume(self) -> None:
        """Go on with the marked session."""
        self._dismiss_with("resume")

    def action_fork(self) -> None:
        """Go on with a fork of the marked session."""
        self._dismiss_with("fork")

    def _dismiss_with(self, how: Literal["resume", "fork"]) -> None:
        summary = self.list.summary
        if summary is not None and self.is_current:
            self.dismiss(SessionChange(wanted=summary.session.id, how=how))

    def action_rename(self) -> None:
        """Let a title be typed for the marked session."""
        summary = self.list.summary
        if summary is None:
            return
        self._renamed, self._sought = summary.session, self.line.value
        self.line.value = summary.session.title or summary.title
        self.line.cursor_position = len(self.line.value)
        self._search.border_title = Content(_("The new title"))
        self.line.focus()

    async def _renaming(self, session: Session, title: str) -> None:
        stored = await self._resumer.rename(title, session)
        self._end_renaming()
        self.say(_("This session is called: {title}", title=stored))

    def _end_renaming(self) -> None:
        self._renamed = None
        self.line.value = self._sought
        self.show_hints()
        self.look()

    def action_delete(self) -> None:
        """Ask whether to delete the marked session."""
        summary = self.list.summary
        if summary is not None:
            self.run_worker(self.told(lambda: self._choosing(summary.session)))

    async def _choosing(self, session: Session) -> None:
        count = await self._resumer.doomed(session)
        self._doomed = session
        self.hints.ask(delete_question(count))

    def on_key_hints_answered(self, message: KeyHints.Answered) -> None:
        """Delete the session, if that was the answer."""
        doomed, self._doomed = self._doomed, None
        self.view.focus()
        if doomed is not None and message.is_yes:
            self.run_worker(self.told(lambda: self._deleting(doomed)))

    async def _deleting(self, session: Session) -> None:
        self.say(deleted(await self._resumer.delete(session)))
        self._conversation.nudge()
        self.line.focus()
        self.look()

    def action_export(self) -> None:
        """Write the marked session into a new file in the working folder."""
        summary = self.list.summary
        if summary is not None:
            self.run_worker(self.told(lambda: self._exporting(summary)))

    async def _exporting(self, summary: Summary) -> None:
        turns = await self._resumer.turns(summary.session, limit=None)
        name = default_name(self._conversation.runtime.clock.now_ms())
        head = f"{summary.who} · {summary.hostname} · {summary.title}"
        path = await asyncio.to_thread(export, name, turns.asked, head)
        self.say(
            n_("Wrote one question to {path}", "Wrote {count} questions to {path}",
               len(turns.asked), path=path)
        )  # fmt: skip

    # Back.

    def action_back(self) -> None:
        """Return from a title or from reading to the list, or to the chat."""
        if self._renamed is not None:
            self._end_renaming()
        elif self.is_reading:
            self.line.focus()
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Return to the chat."""
        self.dismiss(None)
