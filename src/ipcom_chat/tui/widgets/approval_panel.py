"""Asks whether something may run.

Invariants:
- What the person typed before the question could be seen decides nothing: a key counts only after
  `GUARD_S` without any; until then letters go on into the prompt. A paste never decides.
- What is dangerous is confirmed by a word and Enter, never by a single key.
- The command is shown in full, and what is not in view is said.
- One decision at most for each time it asks.
"""

import time
from collections.abc import Callable
from typing import Final, Literal

from textual import events
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from ipcom_chat.assistant.base import Approval, Decision
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.answer_line import Answered, AnswerLine, CommandEditor
from ipcom_chat.tui.widgets.choices import Choices
from ipcom_chat.tui.widgets.command_text import CommandText
from ipcom_chat.tui.widgets.key_hints import KeyHint, KeyHints
from ipcom_chat.tui.widgets.rows import TextRows

GUARD_S = 0.3
"""So long no key must have been pressed before one decides."""
YES_WORDS = frozenset({"yes", "sim"})
NO_WORDS = frozenset({"n", "no", "nao", "não"})
REASON_CHARS = 500
ROOMY_LINES = 20
"""With fewer lines nothing is left blank."""
_KEYS: Final = {"y": "yes", "s": "yes", "n": "no", "a": "always", "e": "edit"}
"""Yes and sim, whatever the language of the screen: fingers do not switch."""
_SCROLLS = {"up": -1, "down": 1, "home": -1_000_000, "end": 1_000_000}

Mode = Literal["choosing", "reason", "edit", "word"]


class ApprovalPanel(Vertical, can_focus=True):
    """The panel; hidden while it asks nothing."""

    DEFAULT_CSS = """
    ApprovalPanel {
        display: none; height: auto; margin: 0 1; padding: 0 1;
        border: round $primary; border-title-color: $text-primary; border-title-style: bold;
        border-subtitle-color: $text-warning;
    }
    ApprovalPanel.-open { display: block; }
    ApprovalPanel.-danger { border: round $warning; border-title-color: $text-warning; }
    ApprovalPanel.-second { border: heavy $error; border-title-color: $text-error; }
    ApprovalPanel #reasons { color: $text-warning; display: none; }
    ApprovalPanel.-danger #reasons { display: block; }
    ApprovalPanel #line, ApprovalPanel #edited { display: none; height: auto; }
    ApprovalPanel.-line #line, ApprovalPanel.-edit #edited { display: block; }
    ApprovalPanel.-edit CommandText { display: none; }
    ApprovalPanel.-roomy Choices { margin-top: 1; }
    ApprovalPanel .mark { width: 2; height: 1; color: $text-accent; }
    """

    class TypedAhead(Message):
        """Something was typed or pasted that is meant for the prompt."""

        def __init__(self, text: str, *, is_paste: bool) -> None:
            super().__init__()
            self.text = text
            self.is_paste = is_paste

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._approval: Approval | None = None
        self._decide: Callable[[Decision], None] = _nobody
        self._mode: Mode = "choosing"
        self._pressed_at_s = 0.0
        self._is_built = False
        self._command = CommandText()
        self._reasons = TextRows(Content(), id="reasons")
        self._line = AnswerLine()
        self._editor = CommandEditor()
        self._choices = Choices()

    def on_mount(self) -> None:
        """Leave the parts for later: the first paint of the chat shows none of them."""
        self.call_after_refresh(self._build)

    def _build(self) -> None:
        """Put the command above the choices, once."""
        if not self._is_built:
            self._is_built = True
            line = Horizontal(Static(Content("❯"), classes="mark"), self._line, id="line")
            edited = Horizontal(Static(Content("$"), classes="mark"), self._editor, id="edited")
            self.mount_all([self._command, self._reasons, line, edited, self._choices])

    # For the owner.

    @property
    def is_open(self) -> bool:
        """Whether it asks."""
        return self._approval is not None

    @property
    def is_guarded(self) -> bool:
        """Whether a key would still be taken for one that was typed before."""
        return time.monotonic() - self._pressed_at_s < GUARD_S

    def ask(self, approval: Approval, decide: Callable[[Decision], None]) -> None:
        """Ask; another question is given up.

        Args:
            approval: what is asked.
            decide: gets the decision, once.
        """
        self._build()
        self._approval, self._decide = approval, decide
        self.border_title = Content(_title(approval))
        self.set_class(bool(approval.reasons) or _is_hiding(approval), "-danger")
        self.set_class(approval.is_second, "-second")
        self.set_class(self.app.size.height >= ROOMY_LINES, "-roomy")
        self.add_class("-open")
        self._reasons.update(_reasons(approval))
        self._command.show(approval.command, is_command=approval.is_command)
        self._enter("word" if approval.is_second else "choosing")
        self.rearm()

    def close(self) -> None:
        """Ask no longer."""
        self._approval, self._decide = None, _nobody
        self.remove_class("-open")

    def rearm(self) -> None:
        """Take what is pressed within the next moment for something typed before."""
        self._pressed_at_s = time.monotonic()
        if self._mode == "word":
            self.set_timer(GUARD_S, self._open_line)

    # How it asks.

    def _enter(self, mode: Mode) -> None:
        self._mode = mode
        self.border_subtitle = None
        self.set_class(mode in ("reason", "word"), "-line")
        self.set_class(mode == "edit", "-edit")
        if mode == "reason":
            self._line.begin(_("Why not? Enter alone gives no reason"), takes_paste=True)
            self._line.focus()
        elif mode == "word":
            self._line.begin(_("Type yes to run it, or no and why not"), takes_paste=False)
        elif mode == "edit" and self._approval is not None:
            self._editor.load_text(neutralise(self._approval.command))
            self._editor.move_cursor(self._editor.document.end)
            self._editor.focus()
        self._show_choices()

    def _open_line(self) -> None:
        """Let the word be typed, as soon as nothing else is."""
        if self._mode != "word" or not self.has_focus:
            return
        if self.is_guarded:
            self.set_timer(GUARD_S, self._open_line)
        else:
            self._line.focus()

    def _show_choices(self) -> None:
        if self._approval is not None:
            self._choices.show(_hints(self._mode, self._approval))
            self._choices.note(self._command.below_words if self._mode != "edit" else "")

    def on_command_text_scrolled(self, message: CommandText.Scrolled) -> None:
        """Say how much is not in view."""
        message.stop()
        self._show_choices()

    # What the person does.

    def on_key(self, event: events.Key) -> None:
        """Take a choice, scroll, or pass on what is meant for the prompt."""
        is_in_line = self._mode in ("reason", "word") and event.key in ("up", "down")
        if not (self.has_focus or is_in_line):
            return
        if event.key in _SCROLLS:
            event.stop()
            self._command.scroll_relative(y=_SCROLLS[event.key], animate=False)
        elif event.is_printable and event.character:
            event.stop()
            self._type(event.character)
        elif event.key in ("enter", "backspace", "tab"):
            # Typed ahead, too: neither an answer nor a way out of the question.
            self._note_key()
            if event.key != "tab":
                event.stop()

    def _type(self, character: str) -> None:
        is_guarded = self._note_key()
        choice = _KEYS.get(character.lower()) if self._mode == "choosing" else None
        if is_guarded or choice is None or not self._is_offered(choice):
            self.post_message(self.TypedAhead(character, is_paste=False))
        else:
            self._choose(choice)

    def _note_key(self) -> bool:
        """Note that a key was pressed; return whether it came too early to decide."""
        is_guarded = self.is_guarded
        self._pressed_at_s = time.monotonic()
        return is_guarded

    def on_paste(self, event: events.Paste) -> None:
        """Pass it on: a paste never decides."""
        event.stop()
        self.post_message(self.TypedAhead(event.text, is_paste=True))

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        """Keep to itself what is edited here: it is not the prompt."""
        message.stop()

    async def on_key_hints_pressed(self, message: KeyHints.Pressed) -> None:
        """Take the choice that was clicked."""
        message.stop()
        if message.action == "cancel":
            await self.run_action("screen.cancel")
        elif message.action == "enter":
            self._answer(self._editor.text if self._mode == "edit" else self._line.value)
        elif not self.is_guarded:
            self._choose(message.action)

    def on_answered(self, message: Answered) -> None:
        """Take what was written."""
        message.stop()
        self._answer(message.text)

    def _answer(self, text: str) -> None:
        if self._mode == "edit":
            self._run_edited(text)
        elif self._mode == "reason":
            self._settle(Decision(allowed=False, reason=one_line(text)))
        elif self._mode == "word":
            self._take_word(one_line(text))

    def _is_offered(self, choice: str) -> bool:
        return self._approval is not None and choice in {
            hint.action for hint in _hints("choosing", self._approval)
        }

    def _choose(self, choice: str) -> None:
        if choice == "yes":
            self._settle(Decision(allowed=True))
        elif choice == "always":
            self._settle(Decision(allowed=True, always=True))
        elif choice == "no":
            self._enter("reason")
        elif choice == "edit":
            self._enter("edit")

    def _take_word(self, text: str) -> None:
        first, _blank, rest = text.partition(" ")
        if text.casefold() in YES_WORDS:
            self._settle(Decision(allowed=True))
        elif first.casefold().rstrip(",.:;") in NO_WORDS:
            self._settle(Decision(allowed=False, reason=rest.strip()))
        else:
            self.border_subtitle = Content(_("yes or no, please"))

    def _run_edited(self, text: str) -> None:
        if self._approval is None or not text.strip():
            return
        is_same = text == neutralise(self._approval.command)
        self._settle(Decision(allowed=True, command=None if is_same else text))

    def _settle(self, decision: Decision) -> None:
        decide, self._decide = self._decide, _nobody
        decide(decision)


def _nobody(_decision: Decision) -> None:
    """Drop it: the question is no longer asked."""


def _title(approval: Approval) -> str:
    if approval.is_second:
        return _("This can destroy data. Really run it?")
    if approval.reasons:
        return _("This is dangerous. Run it?")
    return _("Run this command?") if approval.is_command else _("Use this tool?")


def _is_hiding(approval: Approval) -> bool:
    """Whether the text holds what a screen does not show."""
    return neutralise(approval.command) != approval.command


def _reasons(approval: Approval) -> Content:
    reasons = [one_line(reason[:REASON_CHARS]) for reason in approval.reasons]
    if _is_hiding(approval):
        reasons.append(_("It holds control characters that are not shown here."))
    return Content("\n".join(f"! {reason}" for reason in reasons))


def _hints(mode: Mode, approval: Approval) -> tuple[KeyHint, ...]:
    cancel = KeyHint(key="ESC", text=_("cancel"), action="cancel")
    if mode == "reason":
        return (KeyHint(key="Enter", text=_("do not run it"), action="enter"), cancel)
    if mode == "edit":
        newline = KeyHint(key="Ctrl-J", text=_("new line"), action="")
        return (KeyHint(key="Enter", text=_("run it so"), action="enter"), newline, cancel)
    if mode == "word":
        return (cancel,)
    hints = [KeyHint(key=_("y"), text=_("yes"), action="yes"),
             KeyHint(key="n", text=_("no"), action="no")]  # fmt: skip
    if not approval.reasons:
        hints.append(KeyHint(key="a", text=_("always in this session"), action="always"))
    if approval.is_command:
        hints.append(KeyHint(key="e", text=_("edit"), action="edit"))
    return (*hints, cancel)
