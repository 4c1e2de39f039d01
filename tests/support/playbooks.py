"""Playbooks asked as a person asks, with real processes."""

from ipcom_chat.assistant.base import (
    AssistantEvent,
    CommandFinished,
    Question,
    Recalled,
    TextDelta,
)
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.assistant.playbook_loading import load_playbooks
from ipcom_chat.assistant.playbook_matching import match
from ipcom_chat.assistant.playbook_running import PlaybookRun
from ipcom_chat.assistant.wording import Wording
from ipcom_chat.i18n import Language

SHIPPED, _PROBLEMS = load_playbooks()


async def nothing_known(_text: str) -> tuple[Recalled, ...]:
    return ()


def question_of(text: str, cwd: str = "/") -> Question:
    return Question(text=text, language="en", cwd=cwd, recall=nothing_known)


async def events_of(
    text: str, language: Language = "en", playbooks: tuple[Playbook, ...] = SHIPPED, cwd: str = "/"
) -> list[AssistantEvent]:
    found = match(playbooks, text)[0]
    run = PlaybookRun(found, question_of(text, cwd), Wording(language))
    return [event async for event in run.events()]


def text_of(events: list[AssistantEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def ran(events: list[AssistantEvent]) -> list[str]:
    return [event.command for event in events if isinstance(event, CommandFinished)]
