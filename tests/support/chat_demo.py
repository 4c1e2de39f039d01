"""A small app around the chat's widgets, for tests that drive them as a user would.

Run as a program it opens in the terminal, with the program's own driver. What is sent is written
to the file that `DEMO_LOG` names, one JSON line each.
"""

import json
import os
from pathlib import Path

from textual.app import App, ComposeResult
from textual.binding import Binding

from ipcom_chat.i18n import use
from ipcom_chat.tui.driver import RobustLinuxDriver
from ipcom_chat.tui.theme import DARK, LIGHT, THEMES
from ipcom_chat.tui.widgets.composer import Composer
from ipcom_chat.tui.widgets.editor import editor_command
from ipcom_chat.tui.widgets.prompt import Prompt
from ipcom_chat.tui.widgets.rows import Rows
from ipcom_chat.tui.widgets.slash_menu import SlashCommand, invocation
from ipcom_chat.tui.widgets.status_line import Status, StatusLine
from ipcom_chat.tui.widgets.transcript import Transcript

COMMANDS = (
    SlashCommand(name="help", description="Keys and commands"),
    SlashCommand(name="clear", description="Empty the screen"),
    SlashCommand(name="history", description="Earlier questions", argument="<words>"),
    SlashCommand(name="status", description="State of everything"),
    SlashCommand(name="mode", description="Where to read and write", argument="<mode>"),
    SlashCommand(name="user", description="Who you are", argument="<username>"),
    SlashCommand(name="private", description="Keep entries on this machine"),
    SlashCommand(name="retry", description="Ask the last question again"),
    SlashCommand(name="export", description="Write the conversation to a file"),
    SlashCommand(name="debug", description="Details of each request"),
    SlashCommand(name="exit", description="Leave"),
)
STATUS = Status(
    mode="global", user="ana", shared_with="everyone", assistant="knowledge", sync="local"
)


class ChatDemo(App[None]):
    """Transcript, prompt and status line; what is sent is shown and recorded."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [  # noqa: RUF012 - Textual's declaration
        Binding("ctrl+d", "quit", show=False),
    ]

    def __init__(
        self, *, log: str = "", theme: str = DARK.name, editor: tuple[str, ...] = ("vi",)
    ) -> None:
        super().__init__(driver_class=RobustLinuxDriver)
        self.sent: list[str] = []
        self.held = 0
        self.wanted: list[str] = []
        self.links: list[str] = []
        self.transcript = Transcript(id="transcript")
        self.composer = Composer(commands=COMMANDS, cwd=str(Path.cwd()), editor=editor)
        self.status = StatusLine(STATUS)
        self._log_path = log
        self._wanted_theme = theme
        self.escapes: list[bool] = []

    @property
    def prompt(self) -> Prompt:
        return self.composer.prompt

    def compose(self) -> ComposeResult:
        yield self.transcript
        yield self.composer
        yield self.status

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._wanted_theme
        self.prompt.focus()

    def on_prompt_escaped(self) -> None:
        self.escapes.append(self.prompt.escape())
        self._record({"escape": True})

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        self.sent.append(message.text)
        self._record({"sent": message.text})
        self.prompt.taken()
        if invocation(message.text, COMMANDS) is None:
            self.transcript.add_question(message.text)

    def on_prompt_held(self) -> None:
        self.held += 1

    def on_rows_link_clicked(self, message: Rows.LinkClicked) -> None:
        self.links.append(message.address)

    def on_prompt_history_wanted(self, message: Prompt.HistoryWanted) -> None:
        self.wanted.append(message.text)

    def _record(self, line: dict[str, object]) -> None:
        if self._log_path:
            with Path(self._log_path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def main() -> None:
    if os.environ.get("DEMO_LANGUAGE") == "pt_BR":
        use("pt_BR")
    theme = LIGHT if os.environ.get("DEMO_LIGHT") else DARK
    editor = tuple(editor_command(os.environ))
    ChatDemo(log=os.environ.get("DEMO_LOG", ""), theme=theme.name, editor=editor).run()


if __name__ == "__main__":
    main()
