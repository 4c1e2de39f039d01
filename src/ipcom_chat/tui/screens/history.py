"""The history: search as you type, a list, and beside or below it what is marked."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from ipcom_chat.domain.entry import Entry, Kind
from ipcom_chat.domain.votes import Vote
from ipcom_chat.erasing_words import erase_question
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.formats import voted
from ipcom_chat.i18n import _
from ipcom_chat.services.browsing import Chosen, How, Page, View
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.entry_texts import as_asked, copied_part
from ipcom_chat.tui.finder import Finder
from ipcom_chat.tui.history_words import (
    nothing,
    reading_hints,
    search_hints,
    switches,
    title,
    told,
)
from ipcom_chat.tui.narrowing import Narrowing
from ipcom_chat.tui.screens.chooser import PREVIEW_S, Chooser
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.entry_view import EntryView
from ipcom_chat.tui.widgets.filter_bar import FilterBar, fields_of
from ipcom_chat.tui.widgets.hits import Hits
from ipcom_chat.tui.widgets.key_hints import KeyHints
from ipcom_chat.tui.widgets.rows import Rows

LIMIT = 50
"""So many hits at first; whoever goes to the end of them sees more."""
LIMIT_MAX = 1_000
TYPED_PREVIEW_S = 0.25
"""How long the mark must rest after another list: longer than the next letter takes, which would
wait for it."""
AGAIN_S = 1.0
"""How long to wait for the index before looking again."""


class HistoryScreen(Chooser[str | None]):
    """The history screen; it is dismissed with a question for the prompt, or with None.

    Args:
        conversation: whose history is shown.
        finder: the way to it.
        text: what is searched at first.
        chooses: whether Enter takes a question into the prompt instead of reading it.
    """

    DEFAULT_CSS = """
    HistoryScreen {
        #body { height: 1fr; layout: vertical; margin-top: 1; }
        EntryView { border-top: solid $panel; }
        EntryView:focus-within { border-top: solid $primary 60%; }
        &.-flat EntryView { display: none; }
        &.-flat #body { margin-top: 0; }
        &.-flat.-reading FilterBar { display: none; }
        &.-reading EntryView { display: block; }
        &.-reading Hits { display: none; }
        &.-reading #body { margin-top: 0; }
        &.-wide #body { layout: horizontal; margin-top: 1; }
        &.-wide Hits { display: block; width: 2fr; }
        &.-wide EntryView { width: 3fr; border-top: none; border-left: solid $panel; }
        &.-wide EntryView:focus-within { border-top: none; border-left: solid $primary 60%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", priority=True),
        Binding("ctrl+r", "move(1)"),
        Binding("tab", "read_or_next"),
        Binding("f2", "next_mode"),
        Binding("f3", "next_kind"),
        Binding("f4", "next_status"),
    ]

    def __init__(
        self,
        conversation: Conversation,
        finder: Finder,
        *,
        text: str = "",
        chooses: bool = False,
    ) -> None:
        super().__init__(text, _("Search the history"))
        self._conversation = conversation
        self._finder = finder
        self._chooses = chooses
        self.filters = FilterBar()
        self.hits = Hits()
        self.entry = EntryView()
        self._narrowing = Narrowing(
            conversation.context.scope.mode, Kind.QUESTION if chooses else None
        )
        self._limit = LIMIT
        self._shown: View | None = None
        self._again: Timer | None = None
        self._chosen: tuple[Chosen, How] | None = None
        """What waits for a yes."""

    def compose(self) -> ComposeResult:
        """Put the search above, the list and the entry below it, the keys at the bottom."""
        with self._search:
            yield Static(Content("❯"), id="mark")
            yield self.line
        yield self.filters
        with Container(id="body"):
            yield self.hits
            yield self.entry
        yield self.hints

    def on_mount(self) -> None:
        """Begin with the newest."""
        self.look()

    # Searching.

    @property
    def is_looking(self) -> bool:
        """Whether what is listed is not yet what was asked for."""
        return self._shown is None or super().is_looking

    def on_input_changed(self, message: Input.Changed) -> None:
        """Search for what is typed."""
        message.stop()
        self.stop_reading()
        self._limit = LIMIT
        self.look()

    def _view(self) -> View:
        return self._narrowing.view(self._conversation.context.scope, self.line.value)

    def look(self) -> None:
        """See `Chooser`."""
        self._show_filters()
        super().look()

    async def found(self) -> Callable[[], None]:
        """See `Chooser`."""
        view = self._view()
        page = await self._finder.page(view, limit=self._limit)
        return partial(self._show_page, view, page)

    def _show_page(self, view: View, page: Page) -> None:
        # Whoever opens a session wants to see what was before and after.
        is_same = view == self._shown or (self._shown and view.session != self._shown.session)
        self.hits.show(
            page.lines,
            now_ms=self._conversation.runtime.clock.now_ms(),
            nothing=nothing(view),
            stays=bool(is_same),
        )
        self._shown = view
        self._search.border_title = Content(title(view, page))
        if page.not_indexed and self._again is None:
            self._again = self.set_timer(AGAIN_S, self._look_again)

    def _look_again(self) -> None:
        self._again = None
        self.look()

    def _show_filters(self) -> None:
        view, own = self._view(), self._conversation.context.scope.mode
        self.filters.show(switches(view, own), fields_of(self._finder.query(view.text)))
        self.show_hints()

    def action_next_mode(self) -> None:
        """Look into the next history."""
        self._narrowing.next_mode(has_user=self._conversation.user is not None)
        self.look()

    def action_next_kind(self) -> None:
        """Show questions, commands, or both."""
        self._narrowing.next_kind()
        self.look()

    def action_next_status(self) -> None:
        """Show what ended in one way."""
        self._narrowing.next_status()
        self.look()

    # The mark.

    def action_move(self, step: int) -> None:
        """Mark another entry; at the end look for more."""
        before = self.hits.marked
        self.hits.move(step)
        self._look_further(before is self.hits.marked and step > 0)

    def action_page(self, pages: int) -> None:
        """Mark an entry a page further."""
        before = self.hits.marked
        self.hits.move_page(pages)
        self._look_further(before is self.hits.marked and pages > 0)

    def _look_further(self, is_at_end: bool) -> None:  # noqa: FBT001 - see name
        if is_at_end and self.hits.count >= self._limit < LIMIT_MAX:
            self._limit = min(LIMIT_MAX, 3 * self._limit)
            self.look()

    def action_scroll(self, lines: int) -> None:
        """Scroll the entry."""
        self.entry.scroll_relative(y=lines, animate=False)

    def on_hits_moved(self, message: Hits.Moved) -> None:
        """Show what is marked, as soon as the mark rests."""
        self.read_soon(TYPED_PREVIEW_S if message.is_listed_anew else PREVIEW_S)

    async def read_marked(self) -> None:
        """See `Chooser`."""
        marked = self.hits.marked
        try:
            await self.entry.show(await self._finder.whole(marked.id) if marked else None)
        except IpcomChatError:
            await self.entry.show(None)
            raise

    # Reading.

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take the marked question, or read it."""
        message.stop()
        self.act_when_found(self.action_ask_again if self._chooses else self.action_read)

    def on_hits_opened(self) -> None:
        """Read what was clicked."""
        self.action_read()

    def action_read(self) -> None:
        """Turn to the entry."""
        if self.hits.marked is not None:
            self.add_class("-reading")
            self.entry.focus()

    def action_read_or_next(self) -> None:
        """Turn to the entry; while reading go to its code and its commands."""
        if self.is_reading:
            self.focus_next("EntryView, EntryView Code, EntryView CommandRun")
        else:
            self.action_read()

    def show_hints(self) -> None:
        """Show the keys of what is read or of the search."""
        self.hints.show(reading_hints() if self.is_reading else search_hints(chooses=self._chooses))

    async def on_filter_bar_pressed(self, message: FilterBar.Pressed) -> None:
        """Switch what was clicked."""
        await self.run_action(message.action)

    def on_key(self, event: events.Key) -> None:
        """Take what is typed while the screen is still opening."""
        if self.focused is None and event.is_printable and event.character:
            event.stop()
            self.type(event.character)

    def type(self, text: str) -> None:
        """Put a text into the search line, as if it was typed there."""
        self.line.insert_text_at_cursor(text)

    # What can be done with an entry.

    def action_ask_again(self) -> None:
        """Return to the chat with the question, or the command line, in the prompt."""
        if self.hits.marked is not None:
            self.run_worker(self.told(self._asking_again))

    async def _asking_again(self) -> None:
        marked = self.hits.marked
        if marked is not None:
            # What is marked may not be shown yet.
            entry = (await self._finder.whole(marked.id)).entry
            if self.is_current:
                self.dismiss(as_asked(entry))

    def action_copy(self) -> None:
        """Copy the answer, or a command line, or a question that has no answer."""
        if self.entry.whole is not None:
            text, said = copied_part(self.entry.whole.entry)
            self.app.copy_to_clipboard(text)
            self.say(said)

    def action_open_session(self) -> None:
        """List the session of the entry in order."""
        whole = self.entry.whole
        if whole is None:
            return
        if whole.entry.session_id is None:
            self.say(_("This entry belongs to no session."))
            return
        self._narrowing.open_session(whole.entry.session_id, self.line.value)
        self.line.value = ""
        self.line.focus()
        self.look()

    def action_vote(self, vote: str) -> None:
        """Say that the entry helped, or that it was wrong."""
        if self.entry.whole is not None:
            entry = self.entry.whole.entry
            self.run_worker(self.told(lambda: self._voting(entry, Vote(vote))))

    async def _voting(self, entry: Entry, vote: Vote) -> None:
        short_id, tally = await self._conversation.history.vote(entry.id, vote)
        whole = await self._finder.whole(entry.id)
        self.say(voted(short_id, tally))
        if self.entry.whole is not None and self.entry.whole.entry.id == entry.id:
            await self.entry.show(whole)

    def action_erase(self, how: How) -> None:
        """Ask whether to take the entry out."""
        if self.entry.whole is not None:
            entry = self.entry.whole.entry
            self.run_worker(self.told(lambda: self._choosing(entry, how)))

    async def _choosing(self, entry: Entry, how: How) -> None:
        chosen = await self._finder.choose(entry)
        if not chosen.entries:
            self.say(_("It is still being answered, and stays."))
            return
        self._chosen = chosen, how
        self.hints.ask(erase_question(len(chosen.entries), how))

    def on_key_hints_answered(self, message: KeyHints.Answered) -> None:
        """Take the entry out, if that was the answer."""
        agreed, self._chosen = self._chosen, None
        self.entry.focus()
        if agreed is not None and message.is_yes:
            self.run_worker(self.told(lambda: self._erasing(*agreed)))

    async def _erasing(self, chosen: Chosen, how: How) -> None:
        erased = await self._finder.erase(chosen, how)
        self._conversation.nudge()
        self.say(told(erased, how))
        self.line.focus()
        self.look()

    # Back, and what is said.

    def action_back(self) -> None:
        """Return from reading to the list, from a session to what was before, or to the chat."""
        if self.is_reading:
            self.line.focus()
        elif (before := self._narrowing.leave_session()) is not None:
            self.line.value = before
            self.line.cursor_position = len(before)
            self.look()
        else:
            self.dismiss(None)

    def action_interrupt(self) -> None:
        """Copy what is selected; else leave the history."""
        if selected := self.get_selected_text():
            self.app.copy_to_clipboard(selected)
            self.clear_selection()
            self.say(_("copied"))
        else:
            self.dismiss(None)

    def on_code_copied(self, message: Code.Copied) -> None:
        """Say so."""
        message.stop()
        self.say(_("copied"))

    def on_rows_link_clicked(self, message: Rows.LinkClicked) -> None:
        """Copy the address: a server has no browser, the user's own machine has."""
        self.app.copy_to_clipboard(message.address)
        self.say(_("link copied"))
