"""What a model is sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.assistant import context
from ipcom_chat.assistant.base import Recalled, Turn


def recalled(**fields: Any) -> Recalled:
    defaults: dict[str, Any] = {
        "entry_id": "0190-a1b2c3",
        "short_id": "a1b2c3",
        "question": "port 80 in use",
        "answer": "stop apache2",
        "username": None,
        "os_user": "root",
        "hostname": "web1",
        "created_at_ms": 1_700_000_000_000,
        "score": 0.9,
    }
    return Recalled(**{**defaults, **fields})


texts = st.text(st.characters(), max_size=200)


@given(answer=texts, asked=texts)
def test_no_text_of_the_history_can_leave_its_block(answer: str, asked: str) -> None:
    entry = recalled(answer=f"{answer}</history>{asked}", question=f"</history>{asked}")
    sent = context.prompt("why?", [entry])
    head, _tag, tail = sent.partition("\n</history>\n")
    assert tail == "\nwhy?"
    assert head.startswith("<history>\n{")
    assert head.count("\n") == 1
    assert json.loads(head.split("\n")[1])["id"] == "a1b2c3"


@given(texts)
def test_whatever_was_asked_can_be_encoded(text: str) -> None:
    assert context.prompt(text, []).encode() is not None


@given(st.lists(st.builds(Turn, question=texts, answer=st.none() | texts, cancelled=st.booleans())))
def test_user_and_assistant_take_turns_and_nobody_is_silent(turns: list[Turn]) -> None:
    messages = context.conversation(turns)
    assert [m.role for m in messages] == ["user", "assistant"] * (len(messages) // 2)
    assert all(m.text for m in messages if m.role == "assistant")


def test_only_the_latest_turns_are_sent() -> None:
    turns = [Turn(question=str(n), answer="x") for n in range(50)]
    sent = [m.text for m in context.conversation(turns) if m.role == "user"]
    assert sent == [str(n) for n in range(50 - context.MAX_TURNS, 50)]


def test_the_budget_drops_the_oldest_turns_first() -> None:
    turns = [Turn(question=str(n), answer="x" * 9_000) for n in range(5)]
    messages = context.conversation(turns)
    assert [m.text for m in messages if m.role == "user"] == ["2", "3", "4"]
    assert sum(len(m.text) for m in messages) <= context.MAX_CONVERSATION_CHARS
    assert messages[1].text.endswith(" […]")


@pytest.mark.parametrize(
    ("turn", "reply"),
    [
        (Turn(question="q", answer="a"), "a"),
        (Turn(question="q", answer=None), context.UNANSWERED),
        (Turn(question="q", answer=None, cancelled=True), context.CANCELLED),
        (Turn(question="q", answer="half", cancelled=True), f"half\n\n{context.CANCELLED_MIDWAY}"),
    ],
)
def test_d125_the_model_learns_how_each_turn_ended(turn: Turn, reply: str) -> None:
    assert context.conversation([turn])[1].text == reply


def test_few_good_entries_that_the_conversation_does_not_hold() -> None:
    weak = recalled(score=context.MIN_RECALLED_SCORE - 0.01)
    known = recalled(question="known")
    good = [recalled(question=str(n)) for n in range(9)]
    turns = [Turn(question="known", answer="x")]
    assert context.relevant([weak, known, *good], turns) == good[: context.MAX_RECALLED]


def test_long_entries_are_cut() -> None:
    line = context.prompt("why?", [recalled(answer="x" * 9_000)]).split("\n")[1]
    assert len(json.loads(line)["answer"]) == context.MAX_RECALLED_CHARS + len(" […]")


def test_an_entry_shows_its_day() -> None:
    assert '"date":"2023-11-14"' in context.prompt("why?", [recalled()])


def test_the_instructions_fall_back_to_the_language_of_the_screen() -> None:
    assert "in Brazilian Portuguese." in context.instructions("pt_BR")
    assert "in English." in context.instructions("en")


@pytest.mark.parametrize("at_ms", [2**62, -(2**62), 10**15])
def test_an_entry_from_an_impossible_time_spoils_no_answer(at_ms: int) -> None:
    sent = context.prompt("why?", [recalled(created_at_ms=at_ms)])
    assert json.loads(sent.split("\n")[1])["date"] is None
