"""The input: what is written, sent, recalled, searched.

Only Enter pressed by a person sends. The owner never empties the prompt; sending and ESC ESC do,
and both leave the text within reach of Up.
"""

import time
from collections.abc import Callable, Sequence

from textual import events
from textual.app import SuspendNotSupported
from textual.document._document import Location
from textual.message import Message

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.chips import cleaned
from ipcom_chat.tui.widgets.completing_area import CompletingArea
from ipcom_chat.tui.widgets.editor import edit
from ipcom_chat.tui.widgets.menu import Menu
from ipcom_chat.tui.widgets.recall import Recall
from ipcom_chat.tui.widgets.slash_menu import SlashCommand, invocation

DOUBLE_ESCAPE_S = 0.5
SEARCHED_CHARS = 100
"""A longer draft is no search."""
RECALLED_CHARS = 10_000
"""An earlier prompt longer than this comes back as a chip."""
NEWLINE_KEYS = ("ctrl+j", "shift+enter", "alt+enter")


class Prompt(CompletingArea):
    """The input of the chat.

    Args:
        menu: where suggestions are shown; the prompt drives it.
        commands: the slash commands.
        cwd: what relative paths are completed from.
        editor: the command line of the external editor.
    """

    class Submitted(Message):
        """The user sent something; the owner calls `taken` when it has dealt with it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text
            """In full, pastes included; neutralised, not stripped."""

    class Escaped(Message):
        """The user pressed ESC and no menu took it; the owner calls `escape` or cancels."""

    class HistoryWanted(Message):
        """The user looks for an earlier question; the owner calls `resume` when that is over."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text
            """What to look for: the draft, if it is short enough to be meant so."""

    class TypedAhead(Message):
        """The user typed a letter that is meant for the history, which was still opening."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    class Held(Message):
        """The user pressed Enter while `is_held`; the text is still in the prompt."""

    def __init__(
        self,
        menu: Menu,
        *,
        commands: Sequence[SlashCommand] = (),
        cwd: str = ".",
        editor: Sequence[str] = ("vi",),
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(
            menu, commands=commands, cwd=cwd, placeholder=_("Ask, or paste an error"), id=id
        )
        self.is_held = False
        """Whether Enter sends nothing but slash commands, because an answer is arriving."""
        self._is_untaken = False
        """Whether the owner has not yet seen what was sent; held as well until it has."""
        self._is_away = False
        """Whether the user is in the history; keys on their way here are not meant for a prompt."""
        self._editor = tuple(editor)
        self._recall = Recall()
        self._escaped_at_s = 0.0
        self._is_chord = False
        """Whether Ctrl-X was pressed just now."""
        self._keys: dict[str, Callable[[], None]] = {
            "enter": self._enter,
            "escape": self._pass_escape_on,
            "tab": self._tab,
            "ctrl+r": self._want_history,
            "ctrl+x": self._begin_chord,
            **dict.fromkeys(NEWLINE_KEYS, self._newline),
        }

    # For the owner.

    def load_history(self, prompts: Sequence[str]) -> None:
        """Take the prompts of earlier sessions, oldest first; may come at any time."""
        self._recall.load([cleaned(prompt) for prompt in prompts])

    @property
    def is_sending(self) -> bool:
        """Whether it is empty only because what stood in it is on its way to the owner."""
        return self._is_untaken

    def taken(self) -> None:
        """Say that the owner has seen what was sent, and has set `is_held` accordingly."""
        self._is_untaken = False

    def escape(self) -> bool:
        """Obey ESC when no request is running; return whether it did something.

        It closes the menu; twice within half a second it clears the text.
        """
        if self._menu_kind:
            self._close_menu()
            return True
        now_s = time.monotonic()
        is_second = now_s - self._escaped_at_s < DOUBLE_ESCAPE_S
        self._escaped_at_s = 0.0 if is_second else now_s
        if not is_second or not self.text:
            return False
        self._recall.add(self.full_text)
        self.set_text("")
        return True

    def forget_escape(self) -> None:
        """Do not count the ESC that was pressed for something else, such as to cancel."""
        self._escaped_at_s = 0.0

    def resume(self) -> None:
        """Take the keys again."""
        self._is_away = False
        self.focus()

    def recall(self, text: str) -> None:
        """Take an earlier question to be changed or sent; undo brings a draft back."""
        self._show_recalled(cleaned(text), first_line=False)

    # Keys.

    async def _on_key(self, event: events.Key) -> None:
        if self._obeys(event):
            event.stop()
            event.prevent_default()
            self._restart_blink()

    def _obeys(self, event: events.Key) -> bool:
        if self._is_away:
            if event.is_printable and event.character:
                self.post_message(self.TypedAhead(event.character))
            return True
        if event.key != "escape":
            self._escaped_at_s = 0.0
        was_chord, self._is_chord = self._is_chord, False
        if was_chord and event.key in {"ctrl+e", "e"}:
            self._open_editor()
            return True
        if self._menu_kind and self._menu_key(event.key):
            return True
        if event.key in {"up", "down"}:
            return self._recall_key(event.key)
        action = self._keys.get(event.key)
        if action is not None:
            action()
        return action is not None

    def _pass_escape_on(self) -> None:
        # A message, so that it stays behind what an Enter right before it has sent.
        self.post_message(self.Escaped())

    def _enter(self) -> None:
        if self._before_cursor().endswith("\\"):
            row, column = self.cursor_location
            self._replace_via_keyboard("\n", (row, column - 1), (row, column))
        else:
            self._send(self.full_text)

    def _newline(self) -> None:
        self._replace_via_keyboard("\n", *self.selection)

    def _send(self, text: str) -> None:
        if not text.strip():
            return
        is_held = self.is_held or self._is_untaken
        if is_held and invocation(text, self.commands) is None:
            self.post_message(self.Held())
            return
        self._recall.add(text)
        self.load_text("")
        self._close_menu()
        self._is_untaken = True
        self.post_message(self.Submitted(text))

    # Earlier prompts.

    def _recall_key(self, key: str) -> bool:
        at_edge = (
            self.navigator.is_first_wrapped_line(self.cursor_location)
            if key == "up"
            else self.navigator.is_last_wrapped_line(self.cursor_location)
        )
        if not at_edge or not self.selection.is_empty:
            return False
        step = self._recall.older if key == "up" else self._recall.newer
        text = step(self.text)
        if text is not None:
            self._show_recalled(text, first_line=key == "up")
        return text is not None

    def _show_recalled(self, text: str, *, first_line: bool) -> None:
        if len(text) > RECALLED_CHARS:
            text = self.chips.add(text)
        self._dismissed = text  # a recalled slash command must not open the menu
        cursor: Location | None = (0, len(text.split("\n", 1)[0])) if first_line else None
        self.set_text(text, cursor=cursor)

    def _want_history(self) -> None:
        draft = self.full_text
        is_short = "\n" not in draft and len(draft) <= SEARCHED_CHARS
        self._close_menu()
        self._is_away = True
        self.post_message(self.HistoryWanted(draft.strip() if is_short else ""))

    # The external editor.

    def _begin_chord(self) -> None:
        self._is_chord = True

    def _open_editor(self) -> None:
        text = before = self.full_text
        problem = ""
        try:
            with self.app.suspend():
                # Caught inside: `suspend` gives the terminal back only if nothing is raised.
                try:
                    text = cleaned(edit(before, self._editor))
                except IpcomChatError as error:
                    problem = str(error)
        except SuspendNotSupported as error:
            problem = str(error)
        if problem:
            self.app.notify(one_line(problem), severity="error", markup=False)
        elif text != before:
            self._show_recalled(text, first_line=False)
