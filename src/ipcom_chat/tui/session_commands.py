"""The slash commands about sessions and what was said in this one: resume, edit, copy and others.

Invariant: what is edited leaves the conversation only when it is asked anew; until then, and if
the prompt is emptied instead, everything stays as it was.
"""

import asyncio
from collections.abc import Awaitable, Callable

from ipcom_chat.domain.entry import Entry, Kind, Status
from ipcom_chat.domain.sessions import NEWEST
from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.errors import UsageError
from ipcom_chat.formats import instant
from ipcom_chat.i18n import _
from ipcom_chat.ids import EntryId, short_id
from ipcom_chat.services.resuming import TakenUp, ran
from ipcom_chat.services.session_history import Asked
from ipcom_chat.session_words import shown_part, went_on
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.resuming import Edited, SessionChange
from ipcom_chat.tui.transcript_export import pieces
from ipcom_chat.tui.widgets.composer import Composer
from ipcom_chat.tui.widgets.slash_menu import SlashCommand
from ipcom_chat.tui.widgets.transcript import Transcript
from ipcom_chat.tui.wording import sharing

Action = Callable[[str], Awaitable[None]]


def session_commands() -> tuple[SlashCommand, ...]:
    """Return the commands in the order of the menu, in the language of the screen."""
    return (
        SlashCommand(name="sessions", description=_("Choose an earlier conversation"),
                     argument=_("[WORDS]")),
        SlashCommand(name="resume", description=_("Go on with an earlier conversation"),
                     argument=_("[ID]")),
        SlashCommand(name="continue", description=_("Go on with the newest conversation")),
        SlashCommand(name="fork", description=_("Go on in a new conversation that begins as this"),
                     argument=_("[ID]")),
        SlashCommand(name="rename", description=_("Give this conversation a title"),
                     argument=_("TITLE")),
        SlashCommand(name="edit", description=_("Change the last question and ask it anew")),
        SlashCommand(name="copy", description=_("Copy the last answer"),
                     argument="[code|answer|all]"),
    )  # fmt: skip


class SessionCommands:
    """Performs these commands of one chat.

    Args:
        conversation: what they change.
        transcript: where they answer.
        composer: where a question is written that is asked anew.
        choose_session: lets a session be chosen; takes what is searched at first.
    """

    def __init__(
        self,
        conversation: Conversation,
        transcript: Transcript,
        composer: Composer,
        choose_session: Callable[[str], None],
    ) -> None:
        self._conversation = conversation
        self._transcript = transcript
        self._composer = composer
        self._choose_session = choose_session
        self._edited: Edited | None = None

    def actions(self) -> dict[str, Action]:
        """Return what each command does."""
        return {
            "sessions": self._sessions,
            "resume": self._resume,
            "continue": self._continue,
            "fork": self._fork,
            "rename": self._rename,
            "edit": self._edit,
            "copy": self._copy,
        }

    # Going on.

    @property
    def begins_with_one(self) -> bool:
        """Whether this process was to go on with a session."""
        return self._conversation.runtime.resume is not None

    async def show_taken_up(self) -> None:
        """Show the session that this process has taken up, if it has."""
        runtime = self._conversation.runtime
        if runtime.taken_up is not None:
            await self._show(runtime.taken_up)
        else:
            self._transcript.add_notice(_("There is no earlier session here to go on with."))

    async def _sessions(self, argument: str) -> None:
        self._choose_session(argument)

    async def _resume(self, argument: str) -> None:
        if argument:
            await self.go_on(SessionChange(wanted=argument))
        else:
            self._choose_session("")

    async def _continue(self, _argument: str) -> None:
        await self.go_on(SessionChange(wanted=NEWEST))

    async def _fork(self, argument: str) -> None:
        own = self._conversation.resumer.session_id
        if not argument and self._conversation.last_id is None:
            raise UsageError(_("Nothing was asked in this session yet."))
        await self.go_on(SessionChange(wanted=argument or own or "", how="fork"))

    async def go_on(self, change: SessionChange) -> None:
        """Leave this session for another one, and show what was said there.

        Raises:
            IpcomChatError: it cannot be gone on with now.
        """
        before = self._conversation.context.origin
        taken = await self._conversation.go_on(change)
        self._edited = None
        self._transcript.clear()
        await self._show(taken)
        now = taken.origin
        if (now.mode, now.private) != (before.mode, before.private):
            self._transcript.add_notice(sharing(now, self._conversation.username))

    async def _show(self, taken: TakenUp) -> None:
        for asked in taken.turns.asked:
            show_turn(self._transcript, asked)
            await asyncio.sleep(0)  # keys and frames come in between
        self._transcript.add_notice(went_on(taken), then=shown_part(taken))

    # This session.

    async def _rename(self, argument: str) -> None:
        if not argument:
            raise UsageError(_("Say which title: /rename TITLE"))
        title = await self._conversation.resumer.rename(argument)
        self._transcript.add_notice(_("This session is called: {title}", title=one_line(title)))

    async def _edit(self, _argument: str) -> None:
        conversation = self._conversation
        if conversation.running is not None:
            raise UsageError(_("An answer is still arriving; ESC cancels it."))
        if conversation.last_id is None:
            raise UsageError(_("Nothing was asked in this session yet."))
        self._edited = await conversation.resumer.edited(conversation.last_id)
        self._composer.prompt.recall(self._edited.text)
        self._composer.hint(_("Enter asks it anew, an empty prompt leaves it"))

    def prompt_emptied(self) -> None:
        """Leave the question that was to be changed as it is."""
        self._edited = None

    def asked_anew(self) -> EntryId | None:
        """Let the question that is changed leave the conversation; return it, if there is one."""
        edited, self._edited = self._edited, None
        if edited is None:
            return None
        self._conversation.resumer.drop_turn(edited)
        return edited.entry_id

    async def _copy(self, argument: str) -> None:
        if argument not in {"", "code", "answer", "all"}:
            raise UsageError(_("/copy takes code, answer, all, or nothing for the last answer."))
        if argument == "code":
            if not self._transcript.copy_last_code():
                raise UsageError(_("There is no code to copy."))
            return
        asked = await self._conversation.asked()
        text = self._document(asked) if argument == "all" else _last_answer(asked)
        self._composer.app.copy_to_clipboard(text)
        self._composer.hint(_("copied"))

    def _document(self, asked: list[Asked]) -> str:
        if not asked:
            raise UsageError(_("Nothing was asked in this session yet."))
        conversation = self._conversation
        return "".join(pieces(asked, f"{conversation.username} · {conversation.hostname}"))


def _last_answer(asked: list[Asked]) -> str:
    for each in reversed(asked):
        if each.entry.response:
            return neutralise(each.entry.response)
    raise UsageError(_("Nothing was answered in this session yet."))


def show_turn(transcript: Transcript, asked: Asked) -> None:
    """Show an earlier question with what ran for it, collapsed, and its answer."""
    entry = asked.entry
    is_typed = entry.kind is Kind.COMMAND
    transcript.add_question(f"!{entry.command}" if is_typed else entry.command.strip("\n"))
    for command in (entry,) if is_typed else asked.commands:
        _show_run(transcript, command)
    if entry.response and not is_typed:
        transcript.add_answer(entry.response)
    _show_end(transcript, entry)
    facts = (instant(entry.created_at), entry.model, short_id(entry.id))
    transcript.add_footer("  ·  ".join(each for each in facts if each))


def _show_run(transcript: Transcript, command: Entry) -> None:
    end = ran(command)
    transcript.start_command(end.call_id, end.command)
    transcript.end_command(
        end.call_id,
        exit_code=end.exit_code,
        duration_ms=end.duration_ms,
        output=end.output,
        truncated=end.truncated,
    )


def _show_end(transcript: Transcript, entry: Entry) -> None:
    if entry.status is Status.CANCELLED:
        own = entry.cancelled_by in (None, "user", "exit")
        transcript.add_cancelled(by="" if own else entry.cancelled_by or "")
    elif entry.status is not Status.COMPLETED:
        transcript.add_notice(_("There is no answer."), "error")
