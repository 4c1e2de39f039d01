"""The assistant that needs no AI: what the team knows already, and checks of this machine.

In order: answers that the history holds, quoted with who, where and when; then the playbooks that
fit, run now, because an earlier answer about a machine's state is no answer today (an earlier run
of the same check is not even quoted); and only where neither has anything, what can be asked and
how to connect an AI.

Invariants: as in `base`; what is quoted stays inside its quote, and an answer of this assistant is
never quoted for what it merely quoted itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

from ipcom_chat.assistant.base import (
    KNOWLEDGE,
    AssistantEvent,
    Question,
    Recalled,
    Refused,
    TextDelta,
    Turn,
)
from ipcom_chat.assistant.markdown import cut, inline, quote
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.assistant.playbook_matching import Match, language_of_question, match
from ipcom_chat.assistant.playbook_running import PlaybookRun
from ipcom_chat.assistant.wording import Wording, own_answer
from ipcom_chat.clock import Clock, SystemClock
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.i18n import LANGUAGES, Language, _

_SCORE: Final = 0.6
_SHOWN: Final = 3
_LINES_ALONE: Final = 16
_LINES_BESIDE_A_CHECK: Final = 6
_QUOTE_CHARACTERS: Final = 1_500
_LARGE_TEXT: Final = 10_000


class KnowledgeAssistant:
    """Answers from the history and from playbooks."""

    def __init__(
        self,
        playbooks: Callable[[], Sequence[Playbook]],
        clock: Clock | None = None,
        *,
        stands_in: bool = False,
    ) -> None:
        """Take where the playbooks come from.

        Args:
            playbooks: called once, in a thread, when the first question comes, so that reading
                the files delays no start of the program.
            clock: tells how long ago something was.
            stands_in: whether an AI is configured and this answers when that cannot: nobody is
                then told to connect one, over the settings of the one that is there.
        """
        self._source = playbooks
        self._clock = clock or SystemClock()
        self._stands_in = stands_in
        self._playbooks: Sequence[Playbook] | None = None

    @property
    def name(self) -> str:
        """See `Assistant`."""
        return KNOWLEDGE

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent]:
        """See `Assistant`; it raises nothing."""
        playbooks = await self._loaded()
        matches, wording = await _understood(playbooks, question)
        says_something = False
        async with aclosing(self._known(question, matches, wording)) as told:
            async for event in told:
                says_something = True
                yield event
        for each in matches:
            if (refused := await _refused(question, each)) is not None:
                yield refused
                continue
            says_something = True
            async with aclosing(PlaybookRun(each, question, wording).events()) as events:
                async for event in events:
                    yield event
        if not says_something:
            yield TextDelta(_nothing(playbooks, wording, stands_in=self._stands_in))

    def load(self) -> None:
        """See `Assistant`; it needs nothing heavy."""

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:  # noqa: ARG002 - the protocol's
        """See `Assistant`; it cannot."""
        return None

    async def close(self) -> None:
        """See `Assistant`; it keeps nothing."""

    async def _loaded(self) -> Sequence[Playbook]:
        if self._playbooks is None:
            self._playbooks = await asyncio.to_thread(self._source)
        return self._playbooks

    async def _known(
        self, question: Question, matches: Sequence[Match], wording: Wording
    ) -> AsyncGenerator[AssistantEvent]:
        try:
            recalled = await question.recall(question.text)
        except IpcomChatError as error:
            yield TextDelta(f"{wording.recall_failed(str(error))}\n\n")
            return
        checks = _headings(matches)
        good = [
            (each, own)
            for each in recalled
            if each.score >= _SCORE
            and (own := own_answer(each.answer))
            and not own.startswith(checks)
        ]
        if not good:
            return
        lines = _LINES_BESIDE_A_CHECK if matches else _LINES_ALONE
        now_ms = self._clock.now_ms()
        quoted = [_quoted(each, own, lines, now_ms, wording) for each, own in good[:_SHOWN]]
        checked = f"{wording.checked()}\n\n" if matches else ""
        yield TextDelta(f"{wording.known()}\n\n{''.join(quoted)}{checked}")


async def _understood(
    playbooks: Sequence[Playbook], question: Question
) -> tuple[Sequence[Match], Wording]:
    def read() -> tuple[Sequence[Match], Wording]:
        matches = match(playbooks, question.text)
        language = language_of_question(playbooks, question.text, matches, question.language)
        return matches, Wording(language)

    # A pasted log takes long enough to be felt at the keyboard; a question does not.
    return await asyncio.to_thread(read) if len(question.text) > _LARGE_TEXT else read()


async def _refused(question: Question, found: Match) -> Refused | None:
    """Return why a check does not run, such as in a plan; None if it may."""
    name = f"check:{found.playbook.id}"
    if not question.runs_checks:
        return Refused(call_id=name, command=name, reason=_("tools are off here"))
    if question.gate is None:
        return None
    said = await question.gate.tool(name, name, name, is_harmless=True)
    return None if said.allowed else Refused(call_id=name, command=name, reason=said.reason)


def _headings(matches: Sequence[Match]) -> tuple[str, ...]:
    """Return how an answer begins that is an earlier run of a check which runs now again."""
    return tuple(
        f"### {each.playbook.title.spoken(language)}\n"
        for each in matches
        for language in LANGUAGES
    )


def _quoted(recalled: Recalled, answer: str, lines: int, now_ms: int, wording: Wording) -> str:
    source = wording.source(
        recalled.username or recalled.os_user,
        recalled.hostname,
        wording.moment(recalled.created_at_ms, now_ms),
        recalled.short_id,
    )
    shown = "\n".join(answer.split("\n")[:lines])
    whole = len(shown) == len(answer) and len(shown) <= _QUOTE_CHARACTERS
    body = quote(cut(shown, _QUOTE_CHARACTERS) if whole else f"{cut(shown, _QUOTE_CHARACTERS)}\n…")
    more = "" if whole else f"{wording.whole(recalled.short_id)}\n\n"
    return f"**{inline(recalled.question)}** — {source}\n\n{body}\n{more}"


def _nothing(playbooks: Sequence[Playbook], wording: Wording, *, stands_in: bool) -> str:
    titles = [
        each.title.spoken(wording.language)
        for each in playbooks
        if not each.says and (each.intents.en or each.intents.pt)
    ]
    parts = [wording.nothing_known()]
    parts += [wording.can_check(titles)] if titles else []
    parts += [] if stands_in else [wording.configure_ai()]
    return "\n\n".join(parts) + "\n"
