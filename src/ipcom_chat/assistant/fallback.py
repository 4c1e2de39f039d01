"""Several assistants in a row: if one cannot answer, the next one does, and it is said.

Invariants: another one begins only while nothing of an answer has been shown and nothing has run;
after that a failure is the end of the request, as with one assistant. None of them is told what is
private, not even one that runs here: what it quotes, the next question sends along.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from ipcom_chat.assistant.base import (
    KNOWLEDGE,
    Assistant,
    AssistantEvent,
    Cited,
    Noted,
    Question,
    Recalled,
    Turn,
)
from ipcom_chat.assistant.context import shareable
from ipcom_chat.errors import (
    AssistantBusyError,
    AssistantError,
    AssistantQuotaError,
    AssistantSetupError,
)
from ipcom_chat.i18n import Language, _

_LEAST_S: Final = 5.0
"""What the next one has at least."""
_PASSED_ON = (AssistantBusyError, AssistantQuotaError, AssistantSetupError)
"""Failures that another assistant may not have."""


class FallbackAssistant:
    """A chain of assistants.

    Args:
        chain: the first is asked first; at least one.
    """

    def __init__(self, chain: Sequence[Assistant]) -> None:
        self._chain = tuple(chain)

    @property
    def name(self) -> str:
        """What the status line calls it: the first."""
        return self._chain[0].name

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        """See `Assistant`; the error is that of the last one."""
        question = _without_private(question)
        loop = asyncio.get_running_loop()
        end_s = loop.time() + question.limits.time_s
        for place, assistant in enumerate(self._chain):
            following = self._chain[place + 1 :]
            has_begun = False
            try:
                async with aclosing(assistant.answer(question)) as events:
                    async for event in events:
                        has_begun = has_begun or not isinstance(event, Noted | Cited)
                        yield event
                return
            except _PASSED_ON as error:
                if has_begun or not following:
                    raise
                yield Noted(_told(error, following[0]))
                # The time is that of the question, however many try to answer it.
                left_s = max(_LEAST_S, end_s - loop.time())
                limits = msgspec.structs.replace(question.limits, time_s=left_s)
                question = msgspec.structs.replace(question, limits=limits)

    def load(self) -> None:
        """See `Assistant`; the others are loaded when they are asked."""
        self._chain[0].load()

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        """See `Assistant`; the error is that of the last one that could have."""
        failure: AssistantError | None = None
        for assistant in self._chain:
            try:
                if (summary := await assistant.summarise(turns, language)) is not None:
                    return summary
            except _PASSED_ON as error:
                failure = error
        if failure is not None:
            raise failure
        return None

    async def close(self) -> None:
        """See `Assistant`."""
        for assistant in self._chain:
            await assistant.close()


def _without_private(question: Question) -> Question:
    async def recall(text: str) -> Sequence[Recalled]:
        return shareable(await question.recall(text))

    return msgspec.structs.replace(question, recall=recall)


def _told(error: AssistantError, following: Assistant) -> str:
    if following.name == KNOWLEDGE:
        return _("{reason} The history and the built-in checks answer instead.", reason=str(error))
    return _("{reason} {model} answers instead.", reason=str(error), model=following.name)
