"""The slash commands: which there are, and what each of them does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ipcom_chat import __version__, logs
from ipcom_chat.domain.entry import Mode
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.domain.votes import Vote
from ipcom_chat.errors import IpcomChatError, UsageError
from ipcom_chat.formats import megabytes, status_word, voted
from ipcom_chat.i18n import _, n_
from ipcom_chat.sync_words import sync_sentence, sync_word
from ipcom_chat.tui.assistant_commands import AssistantCommands, assistant_commands
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.session_commands import session_commands
from ipcom_chat.tui.transcript_export import default_name, export
from ipcom_chat.tui.widgets.facts import Facts, Section
from ipcom_chat.tui.widgets.slash_menu import Invocation, SlashCommand, likely_meant
from ipcom_chat.tui.widgets.spinner import elapsed
from ipcom_chat.tui.widgets.transcript import Transcript
from ipcom_chat.tui.wording import shared_with, sharing

if TYPE_CHECKING:
    from ipcom_chat.services.erasures import How

NOBODY = ("none", "nobody", "-")
MEANT_CHARS = 60

_LOG = logging.getLogger(__name__)


def chat_commands() -> tuple[SlashCommand, ...]:
    """Return the commands in the order of the menu, in the language of the screen."""
    return (
        SlashCommand(name="help", description=_("Keys and commands")),
        SlashCommand(name="clear", description=_("Begin a new conversation")),
        SlashCommand(name="history", description=_("Search everything that was asked"),
                     argument=_("[WORDS]")),
        *session_commands(),
        SlashCommand(name="status", description=_("Who, where, with what")),
        SlashCommand(name="mode", description=_("Which histories to write and read"),
                     argument="[global|user|machine|hybrid]"),
        SlashCommand(name="user", description=_("Who you are"), argument=_("[USERNAME|none]")),
        SlashCommand(name="private", description=_("Keep new entries on this machine"),
                     argument="[on|off]"),
        *assistant_commands(),
        SlashCommand(name="retry", description=_("Ask again what got no answer")),
        SlashCommand(name="good", description=_("Say that an answer helped"), argument=_("[ID]")),
        SlashCommand(name="bad", description=_("Say that an answer was wrong"),
                     argument=_("[ID]")),
        SlashCommand(name="redact", description=_("Blank an entry for everybody"),
                     argument=_("[ID]")),
        SlashCommand(name="delete", description=_("Delete an entry for everybody"),
                     argument=_("[ID]")),
        SlashCommand(name="export", description=_("Write this conversation to a file"),
                     argument=_("[FILE]")),
        SlashCommand(name="debug", description=_("More or fewer details in the log")),
        SlashCommand(name="exit", description=_("Leave"), alias="quit"),
    )  # fmt: skip


def unknown_command(text: str, commands: Sequence[SlashCommand]) -> str | None:
    """Return what to say of a line that looks like a command but is none; None for any other."""
    typed = text.strip()
    if " " in typed or not typed[1:].isalpha() or typed[0] != "/" or Path(typed).exists():
        return None
    meant = likely_meant(typed, commands)
    if meant is None:
        return _("There is no command {typed}; /help shows all.", typed=typed)
    return _("There is no command {typed}. Did you mean /{name}?", typed=typed, name=meant.name)


def keys() -> tuple[tuple[str, str], ...]:
    """Return the keys worth knowing, and what they do."""
    return (
        ("Enter", _("send")),
        (_("Ctrl-J, or \\ and Enter"), _("new line")),
        ("ESC", _("cancel what runs; twice: empty the prompt")),
        (_("Up, Down"), _("earlier prompts")),
        ("Ctrl-R", _("find a question in the whole history")),
        ("Tab", _("complete a command or a path")),
        ("!df -h", _("run a command; the next question sees its output")),
        ("@/etc/fstab", _("add a file to the question")),
        (_("y, n, a, e"), _("answer what the assistant wants to run")),
        ("Ctrl-X Ctrl-E", _("write in your editor")),
        ("PageUp, PageDown", _("scroll, like Shift with the arrow keys")),
        (_("Shift-Tab, then Enter"), _("go to code, commands, sources: copy, open")),
        ("Alt-C, Ctrl-L", _("copy the newest code, empty the screen")),
        (_("Ctrl-C twice, Ctrl-D"), _("leave")),
    )


class Commands:
    """Performs the commands of one chat.

    Args:
        conversation: what they change and ask.
        transcript: where they answer.
        retry: asks a failed question again.
        open_history: shows the history, searched for a text.
        leave: ends the chat.
        choose: opens the menu of a command's arguments in the prompt; returns whether it could.
    """

    def __init__(
        self,
        conversation: Conversation,
        transcript: Transcript,
        *,
        retry: Callable[[], None],
        open_history: Callable[[str], None],
        leave: Callable[[], None],
        choose: Callable[[str], bool],
    ) -> None:
        self._conversation = conversation
        self._transcript = transcript
        self._retry_failed = retry
        self._open_history = open_history
        self._leave = leave
        self._one_by_one = asyncio.Lock()
        self._is_debug = logging.getLogger("ipcom_chat").level == logging.DEBUG
        self._assistant = AssistantCommands(conversation, transcript, choose)
        self._actions: dict[str, Callable[[str], Awaitable[None]]] = {
            **self._assistant.actions,
            "help": self._help,
            "clear": self._clear,
            "history": self._history,
            "status": self._status,
            "mode": self._mode,
            "user": self._user,
            "private": self._private,
            "retry": self._retry,
            "good": partial(self._vote, Vote.GOOD),
            "bad": partial(self._vote, Vote.BAD),
            "redact": partial(self._erase, "redact"),
            "delete": partial(self._erase, "delete"),
            "export": self._export,
            "debug": self._debug,
            "exit": self._exit,
        }

    def extend(self, actions: Mapping[str, Callable[[str], Awaitable[None]]]) -> None:
        """Perform more commands, by what does each of them."""
        self._actions.update(actions)

    async def perform(self, invocation: Invocation) -> None:
        """Obey a command; what goes wrong becomes one line in the transcript."""
        action = self._actions[invocation.name]
        await self.guarded(invocation.name, lambda: action(invocation.argument))

    async def guarded(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        """Do something as a command does: after those before it, and with its errors told."""
        try:
            async with self._one_by_one:
                await act()
        except IpcomChatError as error:
            self._transcript.add_notice(one_line(str(error)), "error")
        except Exception:  # noqa: BLE001 - a fault in a command must not end the conversation
            _LOG.exception("the command %s met a fault", name)
            self._transcript.add_notice(
                _(
                    "The command met an unexpected fault; details are in {path}.",
                    path=self._log_path,
                ),
                "error",
            )

    def cancel(self) -> bool:
        """Give up a command that waits for a model; return whether there was one."""
        return self._assistant.cancel()

    @property
    def _log_path(self) -> Path:
        return self._conversation.runtime.settings.paths.log_file

    def _say(self, text: str) -> None:
        self._transcript.add_notice(text)

    async def _help(self, _argument: str) -> None:
        commands = tuple(
            (f"/{each.name} {each.argument}".strip(), each.description) for each in chat_commands()
        )
        note = _("Anything else is a question. A paste waits for your Enter.")
        sections = (
            Section(title=_("Commands"), facts=commands),
            Section(title=_("Keys"), facts=keys(), notes=(note,)),
        )
        self._transcript.add(Facts(sections))

    async def _clear(self, _argument: str) -> None:
        if self._conversation.running is not None:
            raise UsageError(_("An answer is still arriving; ESC cancels it."))
        self._transcript.clear()
        await self._conversation.forget()
        self._say(
            _(
                "A new conversation: the assistant no longer sees what was said before. "
                "The history keeps it."
            )
        )

    async def _history(self, argument: str) -> None:
        self._open_history(argument)

    async def _status(self, _argument: str) -> None:
        entries = await self._conversation.history.entry_count()
        self._transcript.add(Facts(status_sections(self._conversation, entries)))

    async def _mode(self, argument: str) -> None:
        if argument:
            self._conversation.change_mode(_mode_of(argument))
        self._say_sharing()

    async def _user(self, argument: str) -> None:
        if argument:
            await self._conversation.change_user(None if argument in NOBODY else argument)
        user = self._conversation.user
        if user is None:
            self._say(_("No user: entries name the account {name} only.",
                        name=self._conversation.username))  # fmt: skip
        else:
            self._say(_("You are {username}: {name}, {email}.", username=user.username,
                        name=user.name, email=user.email))  # fmt: skip
        self._say_sharing()

    async def _private(self, argument: str) -> None:
        now = self._conversation.context.origin.private
        wanted = {"": not now, "on": True, "off": False}
        if argument not in wanted:
            raise UsageError(_("/private takes on, off, or nothing to switch over."))
        self._conversation.change_private(private=wanted[argument])
        self._say_sharing()

    def _say_sharing(self) -> None:
        origin = self._conversation.context.origin
        self._say(sharing(origin, self._conversation.username))

    async def _retry(self, _argument: str) -> None:
        if self._conversation.running is not None:
            raise UsageError(_("An answer is still arriving; ESC cancels it."))
        if self._conversation.failed is None:
            raise UsageError(_("There is nothing to ask again: every question was answered."))
        self._retry_failed()

    async def _vote(self, vote: Vote, argument: str) -> None:
        wanted = self._conversation.named(argument or None)
        short_id, tally = await self._conversation.history.vote(wanted, vote)
        self._say(voted(short_id, tally))

    async def _erase(self, how: "How", argument: str) -> None:
        # What cannot be undone is named: without an id it is only said which one would be meant.
        if not argument:
            answered = self._conversation.named(None)
            short_id, entry = await self._conversation.history.meant(answered)
            raise UsageError(
                _(
                    "Say which one: /{command} {id} is “{question}”.",
                    command=how,
                    id=short_id,
                    question=one_line(entry.command[:MEANT_CHARS]),
                )
            )
        from ipcom_chat.tui.history_words import told  # noqa: PLC0415 - brings Tantivy

        erased = await self._conversation.history.erase(argument, how)
        self._say(told(erased, how))

    async def _export(self, argument: str) -> None:
        conversation = self._conversation
        asked = await conversation.asked()
        if not asked:
            raise UsageError(_("Nothing was asked in this session yet."))
        name = argument or default_name(conversation.runtime.clock.now_ms())
        head = f"{conversation.username} · {conversation.hostname}"
        facts = {"username": conversation.username, "hostname": conversation.hostname,
                 "session_id": conversation.resumer.session_id}  # fmt: skip
        path = await asyncio.to_thread(export, name, asked, head, facts)
        self._say(
            n_(
                "Wrote one question to {path}",
                "Wrote {count} questions to {path}",
                len(asked),
                path=path,
            )
        )

    async def _debug(self, _argument: str) -> None:
        self._is_debug = not self._is_debug
        path = logs.open_log(self._log_path, debug=self._is_debug)
        if path is None:
            raise UsageError(_("The log cannot be written: {path}", path=self._log_path))
        self._say(
            _("The log now has all details: {path}", path=path)
            if self._is_debug
            else _("The log has only what matters again: {path}", path=path)
        )

    async def _exit(self, _argument: str) -> None:
        self._leave()


def status_sections(conversation: Conversation, entries: int) -> tuple[Section, ...]:
    """Return what `/status` shows.

    Args:
        conversation: of this session.
        entries: how many the history has that is read now.
    """
    origin, username = conversation.context.origin, conversation.username
    replica = conversation.runtime.settings.paths.replica
    user = conversation.user
    ended = ", ".join(
        f"{status_word(status)}: {count}" for status, count in sorted(conversation.counts.items())
    )
    facts = (
        (_("User"), f"{user.username} ({user.name})" if user else username),
        (_("Machine"), conversation.hostname),
        (_("Mode"), f"{origin.mode.value}: {shared_with(origin, username)}"),
        (_("Assistant"), conversation.assistant_name),
        (_("Synchronisation"), _sync(conversation)),
        (_("History"), f"{replica}"),
        ("", n_("one entry, {size}", "{count} entries, {size}", entries, size=_size(replica))),
        (_("This session"), elapsed(conversation.age_ms)),
        ("", ended or _("nothing asked yet")),
        (_("Version"), __version__),
    )
    return (Section(title=_("Status"), facts=facts),)


def _sync(conversation: Conversation) -> str:
    if conversation.sync is None:
        return _("off: everything stays on this machine")
    status = conversation.sync_status
    return sync_word(None) if status is None else one_line(sync_sentence(status))


def _size(path: Path) -> str:
    files = (path, path.with_name(f"{path.name}-wal"))
    size_bytes = sum(file.stat().st_size for file in files if file.exists())
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1_000:.0f} kB"
    return megabytes(size_bytes)


def _mode_of(argument: str) -> Mode:
    try:
        return Mode(argument)
    except ValueError as error:
        raise UsageError(
            _(
                "There is no mode {name!r}. There are: {modes}",
                name=argument,
                modes=", ".join(mode.value for mode in Mode),
            )
        ) from error
