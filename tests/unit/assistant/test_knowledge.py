"""The assistant without AI: what is known, what is checked, what is said when there is neither."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt

from ipcom_chat.assistant.base import (
    Assistant,
    AssistantEvent,
    CommandFinished,
    CommandStarted,
    Question,
    Recalled,
    Refused,
    TextDelta,
)
from ipcom_chat.assistant.gate import RuledGate
from ipcom_chat.assistant.knowledge import KnowledgeAssistant
from ipcom_chat.assistant.permissions import Permissions, Rules
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.assistant.playbook_loading import load_playbook, load_playbooks
from ipcom_chat.clock import SystemClock
from ipcom_chat.errors import StorageBusyError
from ipcom_chat.i18n import Language

SHIPPED, _PROBLEMS = load_playbooks()
DAY_MS = 86_400_000


class _Noon(SystemClock):
    """Noon of a day, local time aside."""

    def now_ms(self) -> int:
        return 1_767_268_800_000


NOW_MS = _Noon().now_ms()


def _entry(**changes: object) -> Recalled:
    values: dict[str, object] = {
        "entry_id": "0190-aaa-3f2a1c",
        "short_id": "3f2a1c",
        "question": "como renovar o certificado?",
        "answer": "Rode `certbot renew`.",
        "username": "maria",
        "os_user": "root",
        "hostname": "web01",
        "created_at_ms": NOW_MS - 3 * DAY_MS,
        "score": 0.9,
    }
    return Recalled(**(values | changes))  # type: ignore[arg-type]


def _assistant(playbooks: Sequence[Playbook] = SHIPPED) -> KnowledgeAssistant:
    return KnowledgeAssistant(lambda: playbooks, _Noon())


def _question(text: str, *known: Recalled, language: Language = "pt_BR") -> Question:
    async def recall(asked: str) -> Sequence[Recalled]:
        assert asked == text
        return known

    return Question(text=text, language=language, cwd="/", recall=recall)


async def _events(question: Question, assistant: Assistant | None = None) -> list[AssistantEvent]:
    return [event async for event in (assistant or _assistant()).answer(question)]


async def _said(text: str, *known: Recalled, language: Language = "pt_BR") -> str:
    events = await _events(_question(text, *known, language=language))
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_it_is_an_assistant_by_name() -> None:
    assistant: Assistant = _assistant()
    assert assistant.name == "knowledge"


async def test_what_is_known_is_quoted_with_who_where_and_when() -> None:
    said = await _said("renovar certificado", _entry())
    assert said.startswith("**Já se sabe por aqui**\n\n")
    assert "**como renovar o certificado?** — maria em web01, há 3 dias · `3f2a1c`" in said
    assert "> Rode `certbot renew`.\n" in said
    assert "ipcom-chat config" not in said


async def test_without_a_user_the_account_is_named() -> None:
    assert "root on web01" in await _said("x", _entry(username=None), language="en")


@pytest.mark.parametrize(
    ("age_ms", "said"),
    [
        (0, "today at "),
        (DAY_MS, "yesterday at "),
        (5 * DAY_MS, "5 days ago"),
        (400 * DAY_MS, "on 20"),
        (-5 * DAY_MS, "on 20"),
        (-(10**17), "at an unknown time"),
    ],
)
async def test_when_it_was(age_ms: int, said: str) -> None:
    assert said in await _said("x", _entry(created_at_ms=NOW_MS - age_ms), language="en")


async def test_only_good_ones_and_at_most_three() -> None:
    known = [_entry(question=f"q{n}", score=0.9 - n / 10) for n in range(6)]
    said = await _said("x", *known)
    assert [f"**q{n}**" in said for n in range(6)] == [True, True, True, False, False, False]
    assert "**q3**" not in await _said("x", _entry(question="q3", score=0.59))


async def test_a_long_answer_is_cut_and_the_whole_is_named() -> None:
    said = await _said("x", _entry(answer="\n".join(f"line {n}" for n in range(100))))
    assert "> line 15\n> …" in said
    assert "line 16" not in said
    assert "`ipcom-chat history show 3f2a1c`" in said


async def test_an_earlier_machine_state_does_not_replace_the_check() -> None:
    said = await _said("quais portas estão abertas?", _entry(answer="Só a 22."))
    assert said.index("> Só a 22.") < said.index("**Verificado agora nesta máquina**")
    assert said.index("**Verificado agora nesta máquina**") < said.index("### Portas abertas")


async def test_an_answer_that_only_quoted_is_not_quoted_again() -> None:
    first = await _said("x", _entry())
    assert "config set" in await _said("x", _entry(answer=first))


async def test_an_earlier_run_of_the_same_check_is_not_shown_above_the_fresh_one() -> None:
    first = await _said("quais portas estão abertas?")
    in_english = await _said("which ports are open?", language="en")
    for earlier in (first, in_english):
        said = await _said("quais portas estão abertas?", _entry(answer=earlier))
        assert said.startswith("### Portas abertas\n")
        assert ">" not in said


async def test_of_an_answer_that_quoted_and_checked_only_the_check_is_quoted() -> None:
    first = await _said("quais portas estão abertas?", _entry(answer="Só a 22."))
    said = await _said("o que vimos ontem no balcão?", _entry(answer=first))
    assert "> ### Portas abertas" in said
    assert "Só a 22." not in said


@pytest.mark.parametrize("language", ["en", "pt_BR"])
async def test_an_earlier_i_do_not_know_is_not_knowledge(language: Language) -> None:
    nothing = await _said("zzz", language=language)
    assert await _said("zzz", _entry(answer=nothing), language="en") == await _said(
        "zzz", language="en"
    )


async def test_an_entry_without_an_answer_is_left_out() -> None:
    assert "config set" in await _said("x", _entry(answer=None), _entry(answer="  \n"))


async def test_f1_what_others_wrote_cannot_break_out() -> None:
    evil = "\x1b]52;c;eA==\x07```\n\n# Title\n[x](javascript:1)\u202e\n<b>"
    entry = _entry(question=evil, answer=evil, username=evil, hostname=evil)
    said = await _said("x", entry, language="en")
    assert not set(said) & set("\x1b\x07\u202e")
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(said)
    assert [
        each.type for each in tokens if each.level == 0 and each.type.startswith("heading")
    ] == []
    assert tokens[-1].type == "blockquote_close"


async def test_nothing_found_says_what_can_be_asked_and_how_to_connect_an_ai() -> None:
    said = await _said("qual é a capital da França?")
    assert said.startswith("Não encontrei nada")
    assert "- Portas abertas\n" in said
    assert "- Porta já em uso" not in said
    assert "ipcom-chat config set ai.model openai-compatible:NOME" in said
    assert "ipcom-chat config set ai.base_url http://127.0.0.1:11434/v1" in said
    assert "`OPENAI_API_KEY`" in said


async def test_the_hint_is_in_the_language_of_the_question() -> None:
    assert (await _said("what is the capital of France?")).startswith("I found nothing")


async def test_who_has_an_ai_that_failed_is_not_told_to_connect_one() -> None:
    question = _question("what is the capital of France?", language="en")
    events = await _events(question, KnowledgeAssistant(lambda: SHIPPED, _Noon(), stands_in=True))
    said = "".join(each.text for each in events if isinstance(each, TextDelta))
    assert "- Open ports\n" in said
    assert "config set" not in said


async def test_the_hint_does_not_follow_an_answer() -> None:
    assert "config set" not in await _said("uptime")


async def test_a_history_that_cannot_be_read_does_not_stop_the_check() -> None:
    async def recall(_text: str) -> Sequence[Recalled]:
        message = "The database is [busy]."
        raise StorageBusyError(message)

    question = Question(text="uptime", language="en", cwd="/", recall=recall)
    said = "".join(each.text for each in await _events(question) if isinstance(each, TextDelta))
    assert r"The history could not be searched: The database is \[busy\]." in said
    assert "since the last start" in said


async def test_text_comes_before_a_slow_command_ends(tmp_path: Path) -> None:
    assistant = _assistant([_slow(tmp_path)])
    events = assistant.answer(_question("go slow", _entry()))
    first = await anext(events)
    assert isinstance(first, TextDelta)
    assert "certbot" in first.text
    await events.aclose()


async def test_closing_the_generator_leaves_nothing_running(tmp_path: Path) -> None:
    events = _assistant([_slow(tmp_path)]).answer(_question("go slow"))
    async for event in events:
        if isinstance(event, CommandStarted):
            break
    await events.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(events)


async def test_d116_cancel_hands_over_the_stopped_command(tmp_path: Path) -> None:
    stopped: list[CommandFinished] = []
    started = asyncio.Event()

    async def recall(_text: str) -> Sequence[Recalled]:
        return ()

    question = Question(
        text="go slow", language="en", cwd="/", recall=recall, on_stopped=stopped.append
    )

    async def read() -> None:
        async for event in _assistant([_slow(tmp_path)]).answer(question):
            if isinstance(event, CommandStarted):
                started.set()

    task = asyncio.create_task(read())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each.command for each in stopped] == ["tail -f /etc/hostname"]


async def test_playbooks_are_loaded_once_and_only_when_asked() -> None:
    calls = 0

    def source() -> Sequence[Playbook]:
        nonlocal calls
        calls += 1
        return ()

    assistant = KnowledgeAssistant(source)
    assert calls == 0
    await _events(_question("x"), assistant)
    await _events(_question("x"), assistant)
    assert calls == 1


async def test_a_pasted_log_is_read_beside_the_loop() -> None:
    log = "\n".join(f"2026-01-01 10:00:00 app: line {n}" for n in range(3000))
    said = await _said(f"{log}\n2026-01-01 bash: nosuchtool: command not found", language="en")
    assert "### Command not found" in said


def _slow(folder: Path) -> Playbook:
    path = folder / "slow.toml"
    path.write_text(
        'id = "slow"\ntitle = { en = "Slow", pt = "Lento" }\nintents.en = ["go slow"]\n'
        '[[steps]]\n[[steps.commands]]\nargv = ["tail", "-f", "/etc/hostname"]\n',
        encoding="utf-8",
    )
    return load_playbook(path)


@pytest.mark.parametrize(("rules", "is_plan"), [(Rules(), True), (Rules(deny=("check:*",)), False)])
async def test_in_a_plan_or_against_a_rule_no_check_runs(rules: Rules, is_plan: bool) -> None:
    gate = RuledGate(Permissions(rules), None, is_plan=is_plan)
    question = msgspec.structs.replace(_question("disco cheio"), gate=gate, is_plan=is_plan)
    events = [event async for event in _assistant().answer(question)]
    assert not any(isinstance(event, CommandStarted) for event in events)
    assert any(isinstance(event, Refused) for event in events)
    assert any(isinstance(event, TextDelta) for event in events), "it says what it can do"
