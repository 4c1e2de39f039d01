"""The prompt with the menu above it, and a hint on its border."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from ipcom_chat.tui.shell_lines import shell_line
from ipcom_chat.tui.widgets.menu import Menu
from ipcom_chat.tui.widgets.prompt import Prompt
from ipcom_chat.tui.widgets.slash_menu import SlashCommand

HINT_SHOWN_S = 3.0
ASKS, RUNS = "❯", "$"
"""The mark before the prompt: what Enter does."""


class Composer(Vertical):
    """Where the user writes; arguments as in `Prompt`."""

    DEFAULT_CSS = """
    Composer {
        height: auto;
        #entry { height: auto; margin: 0 1; padding: 0 1; border: round $panel; }
        #entry:focus-within { border: round $primary 60%; }
        #entry { border-subtitle-color: $text-warning; }
        #mark { width: 2; height: 1; color: $text-accent; }
        &.-shell #mark { color: $text-warning; text-style: bold; }
        &.-shell #entry:focus-within { border: round $warning 60%; }
    }
    """

    def __init__(
        self, *, commands: Sequence[SlashCommand], cwd: str, editor: Sequence[str]
    ) -> None:
        super().__init__()
        self.menu = Menu()
        self.prompt = Prompt(self.menu, commands=commands, cwd=cwd, editor=editor, id="prompt")
        self._entry = Horizontal(id="entry")
        self._mark = Static(Content(ASKS), id="mark")
        self._hint: Timer | None = None

    def compose(self) -> ComposeResult:
        """Put the menu above the prompt."""
        yield self.menu
        with self._entry:
            yield self._mark
            yield self.prompt

    def on_text_area_changed(self) -> None:
        """Say whether Enter asks the assistant or the shell."""
        is_shell = shell_line(self.prompt.text) is not None
        if is_shell != self.has_class("-shell"):
            self.set_class(is_shell, "-shell")
            self._mark.update(Content(RUNS if is_shell else ASKS))

    def hint(self, text: str) -> None:
        """Show a short hint on the border for a moment; it is our own text, never data."""
        self._entry.border_subtitle = Content(text)
        if self._hint is not None:
            self._hint.stop()
        self._hint = self.set_timer(HINT_SHOWN_S, self.drop_hint)

    def drop_hint(self) -> None:
        """Take the hint away."""
        self._entry.border_subtitle = None

    def on_menu_chosen(self, message: Menu.Chosen) -> None:
        """Take what was clicked."""
        message.stop()
        self.prompt.choose(message.item)
        self.prompt.focus()
