"""One entry of the history over the chat: what an answer rests on."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.domain.votes import Vote
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.formats import voted
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.entry_texts import as_asked, copied_part
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.entry_view import EntryView
from ipcom_chat.tui.widgets.key_hints import KeyHint, KeyHints
from ipcom_chat.tui.widgets.rows import Rows


class _Source(EntryView, inherit_bindings=False):
    """The entry; its keys are those of the screen."""

    DEFAULT_CSS = """
    _Source { height: 1fr; padding: 0 1; }
    """


class EntryScreen(ModalScreen[str | None]):
    """The entry; dismissed with a question for the prompt, or with None.

    Args:
        conversation: whose history it is read from.
        entry_id: which one.
    """

    DEFAULT_CSS = """
    EntryScreen { align: center middle; background: $background 60%; }
    EntryScreen #frame {
        width: 92%; max-width: 120; height: 84%; padding: 0 1; background: $background;
        border: round $primary 60%; border-title-color: $text-primary;
        border-subtitle-color: $text-warning;
    }
    EntryScreen KeyHints { padding: 0 1; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back"),
        Binding("ctrl+c", "back", priority=True),
        Binding("c", "copy"),
        Binding("enter,a", "ask_again"),
        Binding("plus", "vote('good')"),
        Binding("minus", "vote('bad')"),
        Binding("up,k", "scroll(-1)"),
        Binding("down,j", "scroll(1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown,space", "page(1)"),
        Binding("tab", "next"),
    ]

    def __init__(self, conversation: Conversation, entry_id: EntryId) -> None:
        super().__init__()
        self._conversation = conversation
        self._entry_id = entry_id
        self.entry = _Source()
        self._hints = KeyHints()
        self._frame = Vertical(id="frame")
        self._reminder = ""

    def compose(self) -> ComposeResult:
        """Put the entry into a frame, the keys below it."""
        with self._frame:
            yield self.entry
            yield self._hints

    def on_mount(self) -> None:
        """Read the entry."""
        self._frame.border_title = Content(_("Source"))
        self._hints.show(_hints())
        self.remind(self._reminder)
        self.entry.focus()
        self.run_worker(self._reading())

    async def _reading(self) -> None:
        try:
            finder = self._conversation.history.open_finder()
            await self.entry.show(await finder.whole(self._entry_id))
        except IpcomChatError as error:
            self._say(one_line(str(error)))

    def remind(self, text: str) -> None:
        """Say that something waits in the chat."""
        self._reminder = text
        self._say("")

    def _say(self, text: str) -> None:
        self._frame.border_subtitle = Content(text or self._reminder) or None

    async def on_key_hints_pressed(self, message: KeyHints.Pressed) -> None:
        """Do what a key would."""
        await self.run_action(message.action)

    def action_back(self) -> None:
        """Return to the chat."""
        self.dismiss(None)

    def action_ask_again(self) -> None:
        """Return to the chat with the question in the prompt."""
        if self.entry.whole is not None:
            self.dismiss(as_asked(self.entry.whole.entry))

    def action_copy(self) -> None:
        """Copy the answer, or a command line, or a question that has no answer."""
        if self.entry.whole is not None:
            text, said = copied_part(self.entry.whole.entry)
            self.app.copy_to_clipboard(text)
            self._say(said)

    def action_vote(self, vote: str) -> None:
        """Say that the entry helped, or that it was wrong."""
        if self.entry.whole is not None:
            self.run_worker(self._voting(Vote(vote)))

    async def _voting(self, vote: Vote) -> None:
        try:
            self._say(voted(*await self._conversation.history.vote(self._entry_id, vote)))
        except IpcomChatError as error:
            self._say(one_line(str(error)))

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.entry.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self.entry.scroll_relative(y=pages * self.entry.size.height, animate=False)

    def action_next(self) -> None:
        """Go to the code and the commands of the entry."""
        self.focus_next("EntryView, EntryView Code, EntryView CommandRun")

    def on_code_copied(self, message: Code.Copied) -> None:
        """Say so."""
        message.stop()
        self._say(_("copied"))

    def on_rows_link_clicked(self, message: Rows.LinkClicked) -> None:
        """Copy the address."""
        self.app.copy_to_clipboard(message.address)
        self._say(_("link copied"))


def _hints() -> tuple[KeyHint, ...]:
    return (
        KeyHint(key="ESC", text=_("back"), action="back"),
        KeyHint(key="c", text=_("copy"), action="copy"),
        KeyHint(key="a", text=_("ask again"), action="ask_again"),
        KeyHint(key="+ -", text=_("vote"), action="vote('good')"),
    )
