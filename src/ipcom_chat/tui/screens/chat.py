"""The chat: transcript, prompt, status line, and the life of a request on them.

What lies over it is opened by `overlays`; what the slash commands do is in `commands`.

Handlers of this screen never wait for storage, network or assistant: they start, cancel and show.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import TextArea
from textual.worker import Worker, WorkerState

from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId
from ipcom_chat.services.chat import is_kept_private
from ipcom_chat.services.sync import SyncStatus
from ipcom_chat.tui.approvals import Approvals
from ipcom_chat.tui.assistant_commands import model_items
from ipcom_chat.tui.chat_status import SyncNotices, status_of
from ipcom_chat.tui.commands import Commands, chat_commands, unknown_command
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.opening import Opening, settle_memory
from ipcom_chat.tui.overlays import Overlays
from ipcom_chat.tui.request_view import RequestView, Stage
from ipcom_chat.tui.resuming import SessionChange
from ipcom_chat.tui.session_commands import SessionCommands
from ipcom_chat.tui.shell_lines import is_only_mark, shell_line
from ipcom_chat.tui.widgets.approval_panel import ApprovalPanel
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.composer import Composer
from ipcom_chat.tui.widgets.prompt import Prompt
from ipcom_chat.tui.widgets.rows import Rows
from ipcom_chat.tui.widgets.slash_menu import invocation
from ipcom_chat.tui.widgets.source import Source
from ipcom_chat.tui.widgets.status_line import StatusLine
from ipcom_chat.tui.widgets.transcript import Question, Transcript
from ipcom_chat.tui.wording import solved_before

LEAVE_S = 2.0
"""Ctrl-C twice within this time leaves."""
LOOK_BACK_S = 0.1
"""How long after a question it is looked whether the team has solved it before."""


class ChatScreen(Screen[None]):
    """The one screen of the chat.

    Args:
        conversation: what it shows.
        editor: the command line of the external editor.
        cwd: what relative paths are completed from.
        opens_history: whether the history lies on it at first; leaving that leaves the program.
        opens_sessions: whether a session is chosen at first.
    """

    DEFAULT_CSS = """
    ChatScreen { layout: vertical; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", priority=True),
        Binding("ctrl+c", "interrupt"),
        Binding("ctrl+d", "leave_if_empty"),
        Binding("ctrl+l", "clear_view", priority=True),
        Binding("alt+c", "copy_code"),
        Binding("pageup", "scroll('page_up')", priority=True),
        Binding("pagedown", "scroll('page_down')", priority=True),
        Binding("shift+up", "scroll('up')", priority=True),
        Binding("shift+down", "scroll('down')", priority=True),
    ]

    def __init__(
        self,
        conversation: Conversation,
        *,
        editor: list[str],
        cwd: str,
        opens_history: bool = False,
        opens_sessions: bool = False,
    ) -> None:
        super().__init__()
        self._opens_history = opens_history
        self._opens_sessions = opens_sessions
        self._conversation = conversation
        self.transcript = Transcript(id="transcript")
        self.composer = Composer(commands=chat_commands(), cwd=cwd, editor=editor)
        self.prompt.arguments["model"] = lambda: model_items(conversation.answering)
        self.status = StatusLine(status_of(conversation))
        self.approval = ApprovalPanel(id="approval")
        self._overlays = Overlays(
            self, conversation, reminder=lambda: self._approvals.reminder, back=self._come_back
        )
        self._approvals = self._made_approvals()
        self._stage = Stage(
            transcript=self.transcript, status=self.status, approvals=self._approvals
        )
        self._opening = Opening(conversation, self.transcript, self.prompt)
        self._sessions = SessionCommands(
            conversation, self.transcript, self.composer, self._choose_session
        )
        self._commands = self._made_commands()
        self._performing = 0
        self._sync_notices = SyncNotices(conversation, self.transcript)
        self._interrupted_at_s = -LEAVE_S

    def _made_approvals(self) -> Approvals:
        return Approvals(
            self.approval,
            label=self.status.label_request,
            refocus=self._focus_prompt,
            remind=self._overlays.remind,
        )

    def _made_commands(self) -> Commands:
        commands = Commands(
            self._conversation,
            self.transcript,
            retry=self._ask_again,
            open_history=self.open_history,
            leave=self._leave,
            choose=self._choose_argument,
        )
        commands.extend(self._sessions.actions())
        return commands

    @property
    def prompt(self) -> Prompt:
        """Where the user writes."""
        return self.composer.prompt

    def compose(self) -> ComposeResult:
        """Put the transcript above the prompt and the status below it."""
        yield self.transcript
        yield self.approval
        yield self.composer
        yield self.status

    def on_mount(self) -> None:
        """Show the opening, and after the first paint do what it need not wait for."""
        self._opening.welcome()
        self.prompt.focus()
        if self._opens_history:
            self.open_history()
        if self._opens_sessions:
            self._choose_session("")
        if self._sessions.begins_with_one:
            self.perform(self._sessions.show_taken_up)
        self.call_after_refresh(self._after_first_paint)

    def _after_first_paint(self) -> None:
        settle_memory()
        if self._conversation.sync is not None:
            self._conversation.sync.start()
        self.run_worker(self._opening.warm_up, thread=True, exit_on_error=False)
        self.run_worker(self._opening.load())

    def show_sync(self, status: SyncStatus) -> None:
        """Show where synchronisation stands; say once what a person must do about it."""
        self.status.show(status_of(self._conversation))
        self._sync_notices.hear(status)

    # What lies over it.

    def open_history(self, text: str = "") -> None:
        """Show the history, searched for a text at first."""
        self._overlays.open_history(text)

    def _choose_session(self, text: str) -> None:
        def chosen(change: SessionChange) -> None:
            self.perform(lambda: self._sessions.go_on(change))

        self._overlays.open_sessions(text, chosen)

    def _come_back(self, question: str | None) -> None:
        """Return from another screen, perhaps with a question for the prompt."""
        is_left = self._opens_history and question is None
        self._opens_history = False
        if is_left:
            self._leave()
        if question is not None:
            self.prompt.recall(question)
        # The prompt takes the keys again, or what waits for an answer.
        self.prompt.resume()
        self._approvals.resume()

    def on_source_opened(self, message: Source.Opened) -> None:
        """Show what an answer rests on."""
        message.stop()
        self._overlays.open_entry(message.entry_id)

    def on_prompt_history_wanted(self, message: Prompt.HistoryWanted) -> None:
        """Let an earlier question be chosen."""
        self._overlays.open_history(message.text, chooses=True)

    def on_prompt_typed_ahead(self, message: Prompt.TypedAhead) -> None:
        """Pass on what was typed while the history was opening."""
        self._overlays.type(message.character)

    # What the user sends.

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Obey a command, or ask."""
        commands = self.prompt.commands
        found = invocation(message.text, commands)
        if found is not None:
            self._begin(self._commands.perform(found))
        elif (unknown := unknown_command(message.text, commands)) is not None:
            self.transcript.add_notice(unknown, "error")
        elif is_only_mark(message.text):
            self.transcript.add_notice(_("A command follows the !, as in !df -h"), "error")
        else:
            self._ask(message.text)
        self.prompt.taken()

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        """Whoever empties the prompt does not want to change what stood in it."""
        if not message.text_area.text and not self.prompt.is_sending:
            self._sessions.prompt_emptied()

    def on_prompt_held(self) -> None:
        """Say why nothing was sent."""
        self.composer.hint(
            _("an answer is arriving: ESC cancels it")
            if self._conversation.running
            else _("one moment")
        )

    def perform(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do what no line of the prompt has asked for as if it was a command."""
        self._begin(self._commands.guarded("", act))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        # Until it is done, nothing is asked: `/user ana` must hold for the next question.
        self._performing += 1
        self._hold()
        self.run_worker(work, name="command", exit_on_error=True)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what a command has changed."""
        finished = event.state in (WorkerState.SUCCESS, WorkerState.ERROR, WorkerState.CANCELLED)
        if event.worker.name == "command" and finished:
            self._performing -= 1
            self._hold()
            self.status.show(status_of(self._conversation))

    def _choose_argument(self, name: str) -> bool:
        """Let the argument of a command be chosen, unless something else is being written."""
        return not self.prompt.text and self.prompt.choose_argument(name)

    def _hold(self) -> None:
        self.prompt.is_held = bool(self._performing) or self._conversation.running is not None

    # The life of a request.

    def _ask(self, text: str, *, retry_of: EntryId | None = None) -> None:
        question = self.transcript.add_question(text.removeprefix(" ").strip("\n"))
        line = shell_line(text)
        retry_of = self._sessions.asked_anew() or retry_of
        view = RequestView(
            self._conversation, self._stage, self._request_ended,
            is_private=is_kept_private(text), is_typed=line is not None,
        )  # fmt: skip
        if line is None:
            self._conversation.ask(text, view.hear, retry_of=retry_of)
            self.run_worker(self._tell_solved(text, question), exit_on_error=False)
        else:
            self._conversation.run(line, view.hear)
        self.status.start_request()
        self._hold()

    async def _tell_solved(self, text: str, question: Question) -> None:
        """Say below a question who has solved it before, if the assistant does not."""
        # What the answer needs of the history is read first.
        await asyncio.sleep(LOOK_BACK_S)
        with suppress(IpcomChatError):  # the answer needs no history either
            found = await self._conversation.history.solved(text)
            if found is not None:
                self.transcript.add_below(question, solved_before(found))

    def _ask_again(self) -> None:
        failed = self._conversation.failed
        if failed is not None:
            self._ask(failed.text, retry_of=failed.entry_id)

    def _focus_prompt(self) -> None:
        self.prompt.focus()

    def on_approval_panel_typed_ahead(self, message: ApprovalPanel.TypedAhead) -> None:
        """Go on with the draft that the panel has interrupted."""
        message.stop()
        if message.is_paste:
            self.prompt.insert_paste(message.text)
        else:
            self.prompt.insert(message.text)

    def _request_ended(self) -> None:
        self.composer.drop_hint()
        self._hold()

    # Keys.

    def action_cancel(self) -> None:
        """Cancel what runs, before anything else that waits; else ESC is a key like others."""
        if not (self._conversation.cancel() or self._commands.cancel()):
            raise SkipAction
        self.prompt.forget_escape()

    def on_prompt_escaped(self) -> None:
        """Cancel what an Enter right before this ESC has begun; else let the prompt have it."""
        if self._conversation.cancel():
            self.prompt.forget_escape()
        else:
            self.prompt.escape()

    def action_interrupt(self) -> None:
        """Copy what is selected; else cancel what runs; the second time leave."""
        if selected := self.get_selected_text():
            self.app.copy_to_clipboard(selected)
            self.clear_selection()
            self.composer.hint(_("copied"))
            return
        now_s = time.monotonic()
        if now_s - self._interrupted_at_s < LEAVE_S:
            self._leave()
            return
        self._interrupted_at_s = now_s
        self._conversation.cancel()
        self.composer.hint(_("Ctrl-C again leaves"))

    def action_leave_if_empty(self) -> None:
        """Leave, unless something is written."""
        if not self.prompt.text:
            self._leave()

    def action_clear_view(self) -> None:
        """Empty the screen and paint it anew; the conversation goes on."""
        self.transcript.clear(but_the_newest=self._conversation.running is not None)
        self.refresh(layout=True)

    def action_copy_code(self) -> None:
        """Copy the newest code."""
        if not self.transcript.copy_last_code():
            self.composer.hint(_("there is no code to copy"))

    def action_scroll(self, how: str) -> None:
        """Scroll the transcript."""
        scroll = {
            "page_up": self.transcript.scroll_page_up,
            "page_down": self.transcript.scroll_page_down,
            "up": self.transcript.scroll_up,
            "down": self.transcript.scroll_down,
        }[how]
        scroll(animate=False)

    def on_key(self, event: events.Key) -> None:
        """Write into the prompt wherever the focus is; ESC leads back to it."""
        if event.key == "escape":
            event.stop()
            self.clear_selection()
            self.prompt.focus()
        elif self.focused is not self.prompt and event.is_printable and event.character:
            event.stop()
            self.prompt.focus()
            self.prompt.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Paste into the prompt wherever the focus is."""
        if self.focused is not self.prompt:
            event.stop()
            self.prompt.focus()
            self.prompt.insert_paste(event.text)

    def on_rows_link_clicked(self, message: Rows.LinkClicked) -> None:
        """Copy the address: a server has no browser, the user's own machine has."""
        self.app.copy_to_clipboard(message.address)
        self.composer.hint(_("link copied"))

    def on_code_copied(self, message: Code.Copied) -> None:
        """Say so where it is seen even if the code is not."""
        message.stop()
        self.composer.hint(_("copied"))

    def _leave(self) -> None:
        self.app.exit(0)
