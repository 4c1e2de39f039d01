"""The prompt with the menu above it."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from ipcom_chat.tui.widgets.menu import Menu
from ipcom_chat.tui.widgets.prompt import Prompt
from ipcom_chat.tui.widgets.slash_menu import SlashCommand


class Composer(Vertical):
    """Where the user writes; arguments as in `Prompt`."""

    DEFAULT_CSS = """
    Composer {
        height: auto;
        #entry { height: auto; margin: 0 1; padding: 0 1; border: round $panel; }
        #entry:focus-within { border: round $primary 60%; }
        #mark { width: 2; height: 1; color: $text-accent; }
    }
    """

    def __init__(
        self, *, commands: Sequence[SlashCommand], cwd: str, editor: Sequence[str]
    ) -> None:
        super().__init__()
        self.menu = Menu()
        self.prompt = Prompt(self.menu, commands=commands, cwd=cwd, editor=editor, id="prompt")

    def compose(self) -> ComposeResult:
        """Put the menu above the prompt."""
        yield self.menu
        with Horizontal(id="entry"):
            yield Static(Content("❯"), id="mark")
            yield self.prompt

    def on_menu_chosen(self, message: Menu.Chosen) -> None:
        """Take what was clicked."""
        message.stop()
        self.prompt.choose(message.item)
        self.prompt.focus()
