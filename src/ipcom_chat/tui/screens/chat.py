"""The chat: transcript, prompt, status line, and the life of a request on them.

Handlers of this screen never wait for storage, network or assistant: they start, cancel and show.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import TextArea
from textual.worker import Worker, WorkerState

from ipcom_chat.assistant.base import CommandFinished, CommandStarted, TextDelta, UsageReport
from ipcom_chat.domain.entry import Status
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.formats import recovered
from ipcom_chat.i18n import _, n_
from ipcom_chat.ids import EntryId, short_id
from ipcom_chat.services.chat import ChatEvent, NotSaved, StatusChanged, is_kept_private
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.sync_words import is_urgent, sync_problem, sync_word
from ipcom_chat.tui.commands import Commands, chat_commands
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.session_commands import SessionCommands
from ipcom_chat.tui.widgets.code import Code
from ipcom_chat.tui.widgets.composer import Composer
from ipcom_chat.tui.widgets.prompt import Prompt
from ipcom_chat.tui.widgets.rows import Rows
from ipcom_chat.tui.widgets.slash_menu import Invocation, invocation, likely_meant
from ipcom_chat.tui.widgets.spinner import duration
from ipcom_chat.tui.widgets.status_line import Status as Line
from ipcom_chat.tui.widgets.status_line import StatusLine
from ipcom_chat.tui.widgets.transcript import Question, Transcript
from ipcom_chat.tui.widgets.welcome import Welcome
from ipcom_chat.tui.wording import examples, shared_with, sharing, solved_before

if TYPE_CHECKING:
    from ipcom_chat.tui.screens.history import HistoryScreen

LEAVE_S = 2.0
"""Ctrl-C twice within this time leaves."""
LOOK_BACK_S = 0.1
"""How long after a question it is looked whether the team has solved it before."""
INTERRUPTED_CHARS = 60
_YOUNG_OBJECTS = (10_000, 20, 50)


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
        self._history: HistoryScreen | None = None
        self._conversation = conversation
        self.transcript = Transcript(id="transcript")
        self.composer = Composer(commands=chat_commands(), cwd=cwd, editor=editor)
        self.status = StatusLine(self._line())
        self._commands = Commands(
            conversation,
            self.transcript,
            retry=self._ask_again,
            open_history=self.open_history,
            leave=self._leave,
        )
        self._sessions = SessionCommands(self, conversation, self.transcript)
        self._commands.extend(self._sessions.actions())
        self._started_ms = 0.0
        self._usage: UsageReport | None = None
        self._is_private = False
        """Whether the newest question alone stays on this machine."""
        self._unsaved: list[str] = []
        """Why the running request is not saved; told when the answer is there."""
        self._performing = 0
        self._sync_problem: str | None = None
        self._interrupted_at_s = -LEAVE_S

    @property
    def prompt(self) -> Prompt:
        """Where the user writes."""
        return self.composer.prompt

    def compose(self) -> ComposeResult:
        """Put the transcript above the prompt and the status below it."""
        yield self.transcript
        yield self.composer
        yield self.status

    def on_mount(self) -> None:
        """Show the opening, and after the first paint do what it need not wait for."""
        self._welcome()
        self.prompt.focus()
        if self._opens_history:
            self.open_history()
        if self._opens_sessions:
            self._sessions.open_chooser()
        if self._sessions.begins_with_one:
            self.perform(self._sessions.show_taken_up)
        self.call_after_refresh(self._after_first_paint)

    # The opening.

    def _welcome(self) -> None:
        conversation = self._conversation
        origin, username = conversation.context.origin, conversation.username
        who = f"{username}  ·  {conversation.hostname}"
        self.transcript.add(
            Welcome(who=who, sharing=sharing(origin, username), examples=examples())
        )
        recovery = conversation.runtime.recovery
        if recovery is not None:
            self.transcript.add_notice(recovered(recovery.set_aside, recovery.entries))
        for problem in (conversation.problem, conversation.runtime.assistants.problem):
            if problem:
                self.transcript.add_notice(one_line(problem), "error")

    def _after_first_paint(self) -> None:
        # What start-up made stays: the collector need not look at it again while keys wait.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_YOUNG_OBJECTS)
        if self._conversation.sync is not None:
            self._conversation.sync.start()
        self.run_worker(self._warm_up, thread=True, exit_on_error=False)
        self.run_worker(self._load())

    def _warm_up(self) -> None:
        """Import what the first answer needs; runs in a thread."""
        for name in self._conversation.late_modules():
            with suppress(ImportError):  # whoever needs it says what is missing
                import_module(name)
        self._conversation.load_assistant()
        from ipcom_chat.domain.redaction import redact  # noqa: PLC0415 - as above

        redact("its rules are compiled by the first text")

    async def _load(self) -> None:
        try:
            await self._offer_interrupted()
            await self._offer_import()
            self.prompt.load_history(await self._conversation.prompts())
        except IpcomChatError as error:  # a history that cannot be read: answers need none
            self.transcript.add_notice(one_line(str(error)), "error")

    async def _offer_interrupted(self) -> None:
        interrupted = await self._conversation.load_interrupted()
        if interrupted is not None:
            text = one_line(interrupted.text[: 2 * INTERRUPTED_CHARS])
            if len(text) > INTERRUPTED_CHARS:
                text = f"{text[:INTERRUPTED_CHARS]}…"
            self.transcript.add_notice(
                n_(
                    "A question was interrupted when the program ended: {text}",
                    "{count} questions were interrupted when the program ended; the last: {text}",
                    len(self._conversation.interrupted),
                    text=text,
                ),
                then=_("/retry asks it again."),
            )

    async def _offer_import(self) -> None:
        if await self._conversation.offers_import():
            self.transcript.add_notice(
                _("The earlier program left its history on this machine."),
                then=_("'ipcom-chat history import' shows it and brings it in."),
            )

    def show_sync(self, status: SyncStatus) -> None:
        """Show where synchronisation stands; say once what a person must do about it."""
        self.status.show(self._line())
        text = sync_problem(status, is_loud=not self._conversation.falls_back)
        # Each try of a long night may fail for another reason: that is one problem.
        problem = status.condition if status.condition is Condition.OFFLINE else text
        if text and problem != self._sync_problem:
            self.transcript.add_notice(one_line(text), "error")
        self._sync_problem = problem if text else None

    # The history.

    def open_history(self, text: str = "", *, chooses: bool = False) -> None:
        """Show the history over the chat; what runs goes on.

        Args:
            text: what is searched at first.
            chooses: whether it is opened for a question to take into the prompt.
        """
        # Imported when it is opened: the first paint of the chat needs none of it.
        from ipcom_chat.tui.screens.history import HistoryScreen  # noqa: PLC0415 - see above

        finder = self._conversation.open_finder()
        self._history = HistoryScreen(self._conversation, finder, text=text, chooses=chooses)
        self.app.push_screen(self._history, self._take_from_history)

    def _take_from_history(self, text: str | None) -> None:
        self._history = None
        if text is None and self._opens_history:
            self._leave()
        self._opens_history = False
        if text is not None:
            self.prompt.recall(text)
        self.prompt.resume()

    def on_prompt_history_wanted(self, message: Prompt.HistoryWanted) -> None:
        """Let an earlier question be chosen."""
        self.open_history(message.text, chooses=True)

    def on_prompt_typed_ahead(self, message: Prompt.TypedAhead) -> None:
        """Pass on what was typed while the history was opening."""
        if self._history is not None:
            self._history.type(message.character)

    # What the user sends.

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Obey a command, or ask."""
        commands = self.prompt.commands
        found = invocation(message.text, commands)
        if found is not None:
            self._perform(found)
        elif (unknown := self._not_a_command(message.text)) is not None:
            self.transcript.add_notice(unknown, "error")
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

    def _not_a_command(self, text: str) -> str | None:
        """Return what to say about a line that looks like a command but is none."""
        typed = text.strip()
        if " " in typed or not typed[1:].isalpha() or typed[0] != "/" or Path(typed).exists():
            return None
        meant = likely_meant(typed, self.prompt.commands)
        if meant is None:
            return _("There is no command {typed}; /help shows all.", typed=typed)
        return _("There is no command {typed}. Did you mean /{name}?", typed=typed, name=meant.name)

    def _perform(self, found: Invocation) -> None:
        self._begin(self._commands.perform(found))

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
            self.status.show(self._line())

    def _hold(self) -> None:
        self.prompt.is_held = bool(self._performing) or self._conversation.running is not None

    # The life of a request.

    def _ask(self, text: str, *, retry_of: EntryId | None = None) -> None:
        self._is_private = is_kept_private(text)
        question = self.transcript.add_question(text.removeprefix(" ").strip("\n"))
        self._started_ms = self._conversation.runtime.clock.monotonic_ms()
        self._usage = None
        self._unsaved.clear()
        retry_of = self._sessions.asked_anew() or retry_of
        self._conversation.ask(text, self._hear, retry_of=retry_of)
        self.status.start_request()
        self._hold()
        self.run_worker(self._tell_solved(text, question), exit_on_error=False)

    async def _tell_solved(self, text: str, question: Question) -> None:
        """Say below a question who has solved it before, if the assistant does not."""
        # What the answer needs of the history is read first.
        await asyncio.sleep(LOOK_BACK_S)
        with suppress(IpcomChatError):  # the answer needs no history either
            found = await self._conversation.solved(text)
            if found is not None:
                self.transcript.add_below(question, solved_before(found))

    def _ask_again(self) -> None:
        failed = self._conversation.failed
        if failed is not None:
            self._ask(failed.text, retry_of=failed.entry_id)

    def _hear(self, event: ChatEvent) -> None:
        """Show one event of the running request; called in the event loop."""
        if not self.is_running:
            return  # the screen is gone, storage has it
        match event:
            case TextDelta():
                self.transcript.add_answer_text(event.text)
            case CommandStarted():
                self.transcript.start_command(event.call_id, event.command)
                self.status.label_request(f"$ {event.command}")
            case CommandFinished():
                self._command_ended(event)
            case UsageReport():
                self._usage = event
            case NotSaved():
                self._not_saved(event.reason)
            case StatusChanged():
                self._moved(event)

    def _command_ended(self, event: CommandFinished) -> None:
        self.status.label_request("")
        self.transcript.end_command(
            event.call_id,
            exit_code=event.exit_code,
            duration_ms=event.duration_ms,
            output=event.output,
            truncated=event.truncated,
        )

    def _not_saved(self, reason: str) -> None:
        self._unsaved.append(_("This request is not in the history: {reason}", reason=reason))
        if self._conversation.running is None:
            self._tell_unsaved()

    def _tell_unsaved(self) -> None:
        for text in self._unsaved:
            self.transcript.add_notice(one_line(text), "error")
        self._unsaved.clear()

    def _moved(self, event: StatusChanged) -> None:
        match event.status:
            case Status.COMPLETED:
                self.transcript.end_answer()
                self.transcript.add_footer(self._footer())
            case Status.CANCELLED:
                own = event.reason in (None, "user", "exit")
                self.transcript.add_cancelled(by="" if own else event.reason or "")
            case Status.ERROR:
                self.transcript.stop_commands()
                reason = one_line(event.reason or _("There is no answer."))
                again = _("/retry asks it again.")
                self.transcript.add_notice(reason, "error", then=again)
            case _:
                return
        self.status.stop_request()
        self.composer.drop_hint()
        self._hold()
        self._tell_unsaved()

    def _footer(self) -> str:
        clock = self._conversation.runtime.clock
        parts = [duration(round(clock.monotonic_ms() - self._started_ms))]
        if self._usage is not None:
            tokens = self._usage.tokens_used
            parts += [self._usage.model, n_("{count} token", "{count} tokens", tokens)]
        if self._conversation.last_id is not None:
            parts.append(short_id(self._conversation.last_id))
        if self._is_private:
            parts.append(_("private"))
        return "  ·  ".join(parts)

    def _line(self) -> Line:
        conversation = self._conversation
        origin = conversation.context.origin
        return Line(
            mode=origin.mode.value,
            user=conversation.username,
            shared_with=shared_with(origin, conversation.username),
            assistant=conversation.assistant_name,
            sync=sync_word(conversation.sync_status) if conversation.sync else _("local only"),
            is_private=origin.private,
            is_sync_urgent=is_urgent(conversation.sync_status),
        )

    # Keys.

    def action_cancel(self) -> None:
        """Cancel what runs, before anything else that waits; else ESC is a key like others."""
        if not self._conversation.cancel():
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
