"""A chain of assistants: who answers when the first cannot."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from ipcom_chat.assistant.base import (
    KNOWLEDGE,
    AssistantEvent,
    Cited,
    Noted,
    Question,
    Recalled,
    TextDelta,
    Turn,
)
from ipcom_chat.assistant.fallback import FallbackAssistant
from ipcom_chat.errors import (
    AssistantBusyError,
    AssistantError,
    AssistantQuotaError,
    AssistantSetupError,
)
from ipcom_chat.i18n import Language

BUSY = AssistantBusyError("a is overloaded.")


class Scripted:
    """Yields what it was given, then fails if it was given that."""

    def __init__(
        self, name: str, *events: AssistantEvent, error: AssistantError | None = None
    ) -> None:
        self.name = name
        self.is_closed = self.is_loaded = False
        self._events = events
        self._error = error

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        for event in self._events:
            yield event
        if self._error:
            raise self._error

    def load(self) -> None:
        self.is_loaded = True

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        if self._error:
            raise self._error
        return None if self.name == KNOWLEDGE else f"by {self.name}"

    async def close(self) -> None:
        self.is_closed = True


def recalled(short_id: str, *, is_private: bool) -> Recalled:
    return Recalled(
        entry_id=short_id, short_id=short_id, question="q", answer="a", username=None,
        os_user="u", hostname="h", created_at_ms=0, score=1.0, is_private=is_private,
    )  # fmt: skip


async def nothing(text: str) -> Sequence[Recalled]:
    return ()


async def answer(chain: FallbackAssistant) -> list[AssistantEvent]:
    question = Question(text="q", language="en", cwd="/", recall=nothing)
    async with aclosing(chain.answer(question)) as events:
        return [event async for event in events]


@pytest.mark.parametrize(
    "error", [BUSY, AssistantQuotaError("no credit."), AssistantSetupError("no key.")]
)
async def test_the_next_one_answers_and_it_is_said(error: AssistantError) -> None:
    first = Scripted("a", Cited(entries=()), error=error)
    events = await answer(FallbackAssistant([first, Scripted("b", TextDelta("hi"))]))
    assert events == [
        Cited(entries=()), Noted(f"{error} b answers instead."), TextDelta("hi")
    ]  # fmt: skip


async def test_the_history_answers_in_the_end_and_is_called_that() -> None:
    chain = [Scripted("a", error=BUSY), Scripted("b", error=BUSY), Scripted(KNOWLEDGE)]
    events = await answer(FallbackAssistant(chain))
    assert [event.text for event in events if isinstance(event, Noted)] == [
        "a is overloaded. b answers instead.",
        "a is overloaded. The history and the built-in checks answer instead.",
    ]


@pytest.mark.parametrize(
    ("begun", "error"), [((TextDelta("half"),), BUSY), ((), AssistantError("refused."))]
)
async def test_what_has_begun_or_was_refused_is_not_passed_on(
    begun: tuple[AssistantEvent, ...], error: AssistantError
) -> None:
    chain = FallbackAssistant([Scripted("a", *begun, error=error), Scripted("b", TextDelta("no"))])
    with pytest.raises(type(error), match=str(error)):
        await answer(chain)


async def test_the_time_is_that_of_the_question_however_many_answer() -> None:
    class Slow(Scripted):
        async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
            self.limit_s = question.limits.time_s
            await asyncio.sleep(0.05)
            async for event in super().answer(question):
                yield event

    chain = [Slow("a", error=BUSY), Slow("b", error=BUSY), Slow("c")]
    await answer(FallbackAssistant(chain))
    limits = [each.limit_s for each in chain]
    assert limits[0] == 300.0
    assert limits == sorted(limits, reverse=True)
    assert limits[2] <= 300.0 - 0.1


async def test_the_last_ones_error_is_the_end() -> None:
    with pytest.raises(AssistantBusyError):
        await answer(FallbackAssistant([Scripted("a", error=BUSY)]))


async def test_whoever_can_summarises() -> None:
    chain = [Scripted("a", error=BUSY), Scripted("b"), Scripted(KNOWLEDGE)]
    assert await FallbackAssistant(chain).summarise((), "en") == "by b"
    assert await FallbackAssistant(chain[2:]).summarise((), "en") is None
    with pytest.raises(AssistantBusyError):
        await FallbackAssistant([chain[0], chain[2]]).summarise((), "en")


async def test_the_first_names_it_and_is_loaded_and_all_are_closed() -> None:
    chain = [Scripted("a"), Scripted("b")]
    both = FallbackAssistant(chain)
    both.load()
    await both.close()
    assert both.name == "a"
    assert [each.is_loaded for each in chain] == [True, False]
    assert all(each.is_closed for each in chain)


async def test_nobody_in_a_chain_with_an_ai_is_told_what_is_private() -> None:
    class Quotes(Scripted):
        async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
            yield Cited(entries=tuple(await question.recall("q")))

    shared = recalled("1", is_private=False)
    private = recalled("2", is_private=True)

    async def recall(text: str) -> Sequence[Recalled]:
        return [private, shared]

    chain = FallbackAssistant([Scripted("a", error=BUSY), Quotes(KNOWLEDGE)])
    question = Question(text="q", language="en", cwd="/", recall=recall)
    events = [event async for event in chain.answer(question)]
    assert events[-1] == Cited(entries=(shared,))
