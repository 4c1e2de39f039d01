"""The chat line by line: for screen readers, slow lines, and terminals that cannot be painted.

Invariants: what was written stays, nothing is painted over it; ESC and Ctrl-C cancel an answer at
any moment, and never end the chat.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Thread
from types import FrameType

from ipcom_chat.assistant.base import CommandOutput, CommandStarted
from ipcom_chat.cli import output
from ipcom_chat.cli.ask import asking, begin, tell_offline
from ipcom_chat.cli.ask_printing import Printer
from ipcom_chat.cli.escape_key import EscapeKey
from ipcom_chat.cli.plain_input import PROMPT, LeftError, typed
from ipcom_chat.cli.wakeup import Wakeup
from ipcom_chat.domain.entry import Status
from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.domain.votes import Vote
from ipcom_chat.errors import IpcomChatError, StorageError
from ipcom_chat.formats import voted
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat import (
    ApprovalAsked,
    ApprovalClosed,
    ChatEvent,
    ChatService,
    Listener,
)
from ipcom_chat.services.sync_thread import SyncThread
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.lending import borrowed
from ipcom_chat.tui.shell_lines import is_only_mark, shell_line
from ipcom_chat.tui.wording import sharing, solved_before

MEANING_AFTER_S = 2.0
_ENDING = (signal.SIGTERM, signal.SIGHUP)


class PlainChat:
    """One session, read and written line by line.

    Args:
        conversation: it.
        runner: runs a request until it ends; between two of them nothing runs in its loop.
        wakeup: lets signals be heard while the person writes.
    """

    def __init__(self, conversation: Conversation, runner: asyncio.Runner, wakeup: Wakeup) -> None:
        self._conversation = conversation
        self._run = runner.run
        self._wakeup = wakeup
        self._commands: dict[str, Callable[[str], None]] = {
            "/help": self._help,
            "/retry": self._retry,
            "/good": partial(self._vote, Vote.GOOD),
            "/bad": partial(self._vote, Vote.BAD),
            "/clear": self._clear,
            "/quit": self._quit,
        }
        self._key: EscapeKey | None = None
        self._begun = ""
        """What was typed while the last answer came."""

    def talk(self) -> None:
        """Ask and answer until the person leaves."""
        output.line(sharing(self._conversation.context.origin, self._conversation.username))
        output.line(_("ESC or Ctrl-C cancels an answer, Ctrl-D leaves, /help tells more."))
        while (text := typed(self._wakeup, self._begun)) is not None:
            self._begun = ""
            # A Ctrl-C that came when the answer had just ended has nothing left to cancel.
            with suppress(KeyboardInterrupt):
                if text.strip():
                    self._take(text)

    def _take(self, text: str) -> None:
        word, _blank, rest = text.strip().partition(" ")
        command = self._commands.get(word)
        try:
            if command is not None:
                command(rest.strip())
            elif word.startswith("/") and word[1:].isalpha() and word.islower():
                output.note(_("There is no {word} in the plain chat; /help lists what there is.",
                              word=word))  # fmt: skip
            elif is_only_mark(text):
                output.note(_("After the ! comes a command: !df -h"))
            else:
                self._ask(text)
        except IpcomChatError as error:
            output.fail(str(error))

    def _ask(self, text: str, *, retry_of: EntryId | None = None) -> None:
        line = shell_line(text)
        ask = partial(self._conversation.ask, text, retry_of=retry_of)
        begun = ask if line is None else partial(self._conversation.run, line)
        self._run(self._answered(begun, text, is_typed=line is not None))

    async def _answered(
        self, begun: Callable[[Listener], None], text: str, *, is_typed: bool
    ) -> None:
        """Let a request begin, print what comes of it, and wait for its end."""
        printer = Printer(streams=True, quiet=False)
        hear = self._hearing(printer, is_typed=is_typed)
        with self._cancelled_by_keys():
            begun(hear)
            solved = None if is_typed else asyncio.create_task(self._solved(text))
            await self._conversation.quiet()
            printer.end()
            if solved is not None and (told := await solved):
                output.note(told)
            answered = None if is_typed else await self._answered_id()
        # Whoever waits for this may write at once, and then it is the next line.
        if answered is not None:
            output.note(_("End of the answer {id}.", id=answered))

    async def _answered_id(self) -> str | None:
        if self._conversation.last_status is not Status.COMPLETED:
            return None
        answered = self._conversation.named(None)
        short_id, _entry = await self._conversation.history.meant(answered)
        return short_id

    async def _solved(self, text: str) -> str | None:
        with suppress(IpcomChatError):  # the answer needs no history either
            found = await self._conversation.history.solved(text)
            return solved_before(found) if found else None
        return None

    def _hearing(self, printer: Printer, *, is_typed: bool) -> Listener:
        ask = asking(printer)

        def hear(event: ChatEvent) -> None:
            match event:
                case ApprovalAsked() if self._key is not None:
                    self._key.leave()
                case CommandOutput() if is_typed:
                    output.write(neutralise(event.text))
                    output.flush()
                case CommandStarted() if is_typed:
                    return  # it stands in the line before
            ask(event)
            if isinstance(event, ApprovalClosed) and self._key is not None:
                self._key.listen()

        return hear

    @contextmanager
    def _cancelled_by_keys(self) -> Iterator[None]:
        """Let ESC and Ctrl-C cancel, and other signals end the program after that."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._interrupt)
        ended: list[int] = []
        for number in _ENDING:
            loop.add_signal_handler(number, self._end, ended, number)
        self._key = EscapeKey(self._interrupt)
        self._key.listen()
        try:
            yield
        finally:
            self._key.leave()
            self._begun, self._key = self._key.typed, None
            for number in (signal.SIGINT, *_ENDING):
                loop.remove_signal_handler(number)
            _end_on_signals()
        if ended:
            raise LeftError

    def _interrupt(self) -> None:
        self._conversation.cancel()

    def _end(self, ended: list[int], number: int) -> None:
        ended.append(number)
        self._conversation.cancel()

    async def lend(self, argv: Sequence[str]) -> int:
        """Let a program talk to the person; return its exit code."""
        key = self._key
        if key is not None:
            key.leave()
        try:
            return await borrowed(argv, sys.stdin.fileno(), self._interrupt)
        finally:
            if key is not None:
                key.listen()

    # Commands.

    def _help(self, _rest: str) -> None:
        output.line(
            _(
                "A question, or a pasted error, and Enter. !command runs a command, @file adds a "
                "file.\n"
                "/retry asks again what got no answer, /good and /bad say what an answer was "
                "worth, /clear begins a new conversation, /quit leaves."
            )
        )

    def _retry(self, _rest: str) -> None:
        failed = self._conversation.failed
        if failed is None:
            output.note(_("Nothing waits to be asked again."))
            return
        output.line(f"{PROMPT}{failed.text}")
        self._ask(failed.text, retry_of=failed.entry_id)

    def _vote(self, vote: Vote, rest: str) -> None:
        wanted = self._conversation.named(rest or None)
        short_id, tally = self._run(self._conversation.history.vote(wanted, vote))
        output.note(voted(short_id, tally))

    def _clear(self, _rest: str) -> None:
        self._run(self._conversation.forget())
        output.note(_("A new conversation."))

    def _quit(self, _rest: str) -> None:
        raise LeftError


def run_plain(runtime: Runtime) -> int:
    """Talk until the person leaves; return the exit code. The caller closes the runtime.

    Raises:
        UsageError, UserError: the settings name a user who cannot write.
    """
    begin(runtime, Printer(streams=True, quiet=False))
    storage = StorageThread()
    sync = runtime.open_sync(lambda _status: None)
    service = runtime.open_chat(storage, _saved(runtime, sync))
    conversation = Conversation(runtime, service, storage, sync=sync)
    if sync is not None:
        sync.start()
    try:
        _talk(runtime, service, conversation)
    finally:
        storage.close()
        if sync is not None:
            with suppress(StorageError):  # told when the runtime is closed
                runtime.end_session()
            sync.stop()
            tell_offline(runtime)
    return output.ExitCode.OK


def _saved(runtime: Runtime, sync: SyncThread | None) -> Callable[[], None]:
    """Return what each saved change sets going."""
    keep_meaning = runtime.keep_meaning(after_s=MEANING_AFTER_S)

    def saved() -> None:
        if sync is not None:
            sync.nudge()
        keep_meaning()

    return saved


def _talk(runtime: Runtime, service: ChatService, conversation: Conversation) -> None:
    with Wakeup({signal.SIGINT, *_ENDING}) as wakeup, asyncio.Runner() as runner:
        chat = PlainChat(conversation, runner, wakeup)
        service.terms.borrow = chat.lend
        _prepare(runtime, conversation, runner)
        try:
            _end_on_signals()
            with suppress(LeftError):
                chat.talk()
        finally:
            runner.run(service.close())


def _prepare(runtime: Runtime, conversation: Conversation, runner: asyncio.Runner) -> None:
    """Load the assistant meanwhile, and let the arrow keys find what was asked before."""
    Thread(target=conversation.load_assistant, daemon=True).start()
    if runtime.assistants.problem:
        output.fail(runtime.assistants.problem)
    with suppress(ImportError, StorageError):
        import readline  # noqa: PLC0415 - some Pythons have none

        for text in runner.run(conversation.history.prompts()):
            if "\n" not in text:
                readline.add_history(text)


def _end_on_signals() -> None:
    for number in _ENDING:
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise LeftError
