"""Makes of what a person asked what an assistant is asked: history, rules, files, limits.

Invariants: an assistant never sees a secret that the rules of redaction know; an answer that is
shared draws on nothing private; a history that cannot be read keeps no answer back; nothing here
waits in the event loop for storage or disk.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence

import msgspec

from ipcom_chat.assistant.attachments import Attached, attach
from ipcom_chat.assistant.base import (
    Approve,
    Borrow,
    CommandFinished,
    Limits,
    Question,
    Recalled,
    Turn,
)
from ipcom_chat.assistant.gate import RuledGate
from ipcom_chat.assistant.permissions import Permissions, Rules
from ipcom_chat.assistant.tools import file_block
from ipcom_chat.domain.entry import Scope
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import Language
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.history import HistoryService, Known

Find = Callable[[Scope, str, int], Sequence[Known]]
"""Searches a history; called in the storage thread."""

_RULES = "ipcom_chat.domain.redaction"
_LARGE_TEXT = 10_000
_TURN_CHARS = 12_000
"""More of an earlier question or answer reaches no assistant."""
_OUTPUT_CHARS = 4_000
"""Nor more of the output of an earlier command. A question may have run many, and what they wrote
is looked through in the event loop."""


class Terms(msgspec.Struct, kw_only=True):
    """On what terms questions of a session are asked; the front end may change them."""

    permissions: Permissions = msgspec.field(default_factory=lambda: Permissions(Rules()))
    is_plan: bool = False
    """Whether only plans are wanted."""
    can_ask: bool = True
    """Whether somebody is there who can be asked."""
    uses_tools: bool = True
    typed: str | None = None
    """What of a question the person wrote, where the rest came through a pipe; None: all of it.
    Only that attaches files: a log may name any file of this machine."""
    limits: Limits = Limits()
    recalled_max: int = 3
    borrow: Borrow | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked, and where."""

    text: str
    files: Attached
    cwd: str
    scope: Scope
    is_private: bool
    """Whether the answer stays here; one that is shared draws on nothing private."""
    language: Language
    conversation: tuple[Turn, ...]


class Asking:
    """Prepares questions.

    Args:
        thread: runs what touches storage.
        history: what is known.
        find: searches it.
        terms: what may be done for them.
    """

    def __init__(
        self,
        thread: StorageThread,
        history: HistoryService,
        find: Find,
        terms: Terms | None = None,
    ) -> None:
        self._thread = thread
        self._history = history
        self._find = find
        self.terms = terms or Terms()

    async def attached(self, text: str, cwd: str) -> Attached:
        """Return the files that the person named in a question."""
        text = text if self.terms.typed is None else self.terms.typed
        if "@" not in text:
            return Attached()
        return await asyncio.to_thread(attach, text, cwd)

    async def question(
        self, asked: Asked, approve: Approve, on_stopped: Callable[[CommandFinished], None]
    ) -> Question:
        """Return the question for an assistant.

        Args:
            asked: by the person.
            approve: asks the person.
            on_stopped: gets the command that a cancellation stopped.
        """
        terms = self.terms
        with_private = asked.scope.with_private and asked.is_private
        scope = msgspec.structs.replace(asked.scope, with_private=with_private)
        blocks = [file_block(file) for file in asked.files.files]
        return Question(
            text="\n\n".join([*blocks, await _cleaned(asked.text)]),
            language=asked.language,
            cwd=asked.cwd,
            conversation=asked.conversation,
            recall=lambda text: self._recall(scope, text),
            search=lambda query, limit: self._search(scope, query, limit),
            gate=self.gate(approve) if terms.uses_tools else None,
            runs_checks=terms.uses_tools,
            borrow=terms.borrow,
            is_plan=terms.is_plan,
            limits=terms.limits,
            recalled_max=terms.recalled_max,
            on_stopped=on_stopped,
        )

    def gate(self, approve: Approve) -> RuledGate:
        """Return what stands before all that one request runs."""
        terms = self.terms
        return RuledGate(
            terms.permissions, approve if terms.can_ask else None, is_plan=terms.is_plan
        )

    async def _recall(self, scope: Scope, text: str) -> list[Recalled]:
        try:
            known = await self._thread.run(self._history.recall, scope, text)
        except IpcomChatError:
            return []  # a history that cannot be read must not keep the answer back
        return [_recalled(each) for each in known]

    async def _search(self, scope: Scope, query: str, limit: int) -> list[Recalled]:
        found = await self._thread.run(self._find, scope, query, limit)
        return [_recalled(each) for each in found]


def turn_of(
    question: str, answer: str, *, is_cancelled: bool, ran: Sequence[CommandFinished] = ()
) -> Turn:
    """Return what a later question may know of an earlier one."""
    return Turn(
        question=without_secrets(_beginning(question)),
        answer=without_secrets(_beginning(answer)) or None,
        cancelled=is_cancelled,
        ran=tuple(_clean(each) for each in ran),
    )


def without_secrets(text: str) -> str:
    """Return a text without the secrets that the rules know."""
    # Late: its rules are read when the first question is asked, not when the screen opens.
    from ipcom_chat.domain.redaction import redact  # noqa: PLC0415

    return redact(text).text


async def _cleaned(text: str) -> str:
    # A pasted log takes long enough to be felt at the keyboard; a question does not, once the
    # rules are there.
    if len(text) > _LARGE_TEXT or _RULES not in sys.modules:
        return await asyncio.to_thread(without_secrets, text)
    return without_secrets(text)


def _clean(command: CommandFinished) -> CommandFinished:
    return msgspec.structs.replace(
        command,
        command=without_secrets(command.command),
        output=without_secrets(_beginning(command.output, _OUTPUT_CHARS)),
    )


def _recalled(found: Known) -> Recalled:
    entry = found.entry
    return Recalled(
        entry_id=entry.id,
        short_id=found.short_id,
        question=entry.command,
        answer=entry.response or "",
        username=found.username,
        os_user=entry.os_user,
        hostname=found.hostname,
        created_at_ms=entry.created_at,
        score=found.score,
        is_private=entry.private,
    )


def _beginning(text: str, max_chars: int = _TURN_CHARS) -> str:
    """Return what may be sent of an earlier text, not cut in the middle of a word."""
    if len(text) <= max_chars:
        return text
    blank = max(text.rfind(" ", 0, max_chars), text.rfind("\n", 0, max_chars))
    return text[:blank] if blank > 0 else ""
