"""What a chat begins with: who asks, what happened since, and what is done after the first paint.

Invariant: the first paint waits for nothing of it but the welcome.
"""

import gc
from contextlib import suppress
from importlib import import_module

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.formats import recovered
from ipcom_chat.i18n import _, n_
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.widgets.prompt import Prompt
from ipcom_chat.tui.widgets.transcript import Transcript
from ipcom_chat.tui.widgets.welcome import Welcome
from ipcom_chat.tui.wording import examples, sharing

INTERRUPTED_CHARS = 60
_YOUNG_OBJECTS = (10_000, 20, 50)


class Opening:
    """The opening of one chat.

    Args:
        conversation: which begins.
        transcript: where it is told.
        prompt: gets what was asked before.
    """

    def __init__(self, conversation: Conversation, transcript: Transcript, prompt: Prompt) -> None:
        self._conversation = conversation
        self._transcript = transcript
        self._prompt = prompt

    def welcome(self) -> None:
        """Say who asks and who will see it, and what is not as it should be."""
        conversation = self._conversation
        origin, username = conversation.context.origin, conversation.username
        who = f"{username}  ·  {conversation.hostname}"
        self._transcript.add(
            Welcome(who=who, sharing=sharing(origin, username), examples=examples())
        )
        recovery = conversation.runtime.recovery
        if recovery is not None:
            self._transcript.add_notice(recovered(recovery.set_aside, recovery.entries))
        for problem in (conversation.problem, conversation.runtime.assistants.problem):
            if problem:
                self._transcript.add_notice(one_line(problem), "error")

    def warm_up(self) -> None:
        """Import what the first answer needs; runs in a thread."""
        for name in self._conversation.late_modules():
            with suppress(ImportError):  # whoever needs it says what is missing
                import_module(name)
        self._conversation.load_assistant()
        from ipcom_chat.domain.redaction import redact  # noqa: PLC0415 - as above

        redact("its rules are compiled by the first text")

    async def load(self) -> None:
        """Offer what was interrupted or left by an earlier program; let the prompt recall."""
        try:
            await self._offer_interrupted()
            await self._offer_import()
            self._prompt.load_history(await self._conversation.history.prompts())
        except IpcomChatError as error:  # a history that cannot be read: answers need none
            self._transcript.add_notice(one_line(str(error)), "error")

    async def _offer_interrupted(self) -> None:
        interrupted = await self._conversation.load_interrupted()
        if interrupted is not None:
            text = one_line(interrupted.text[: 2 * INTERRUPTED_CHARS])
            if len(text) > INTERRUPTED_CHARS:
                text = f"{text[:INTERRUPTED_CHARS]}…"
            self._transcript.add_notice(
                n_(
                    "A question was interrupted when the program ended: {text}",
                    "{count} questions were interrupted when the program ended; the last: {text}",
                    len(self._conversation.interrupted),
                    text=text,
                ),
                then=_("/retry asks it again."),
            )

    async def _offer_import(self) -> None:
        if await self._conversation.history.offers_import():
            self._transcript.add_notice(
                _("The earlier program left its history on this machine."),
                then=_("'ipcom-chat history import' shows it and brings it in."),
            )


def settle_memory() -> None:
    """Let the collector leave alone what start-up has made: it stays, and keys wait meanwhile."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_YOUNG_OBJECTS)
