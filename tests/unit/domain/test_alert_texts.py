"""The lines that people read of alerts."""

import pytest

from ipcom_chat.domain.alert_texts import problem, settling, span, title, told
from ipcom_chat.domain.alerts import Change, Level, Rule


def change(**changes: object) -> Change:
    values: dict[str, object] = {
        "rule": Rule.QUEUE, "subject": "", "name": "", "before": Level.OK, "level": Level.WARNING,
        "value": 1_200.0, "limit": 1_000.0, "is_beyond": True, "at": 0,
    }  # fmt: skip
    return Change(**values | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_has_one_line_and_a_title(rule: Rule) -> None:
    text = problem(rule, 12.5, 10.0, "Ana")
    assert "\n" not in text
    assert "{" not in text
    assert title(rule)
    assert title(rule) != title(rule, "Ana")


def test_it_says_how_much_and_what_to_do() -> None:
    text = told(change())
    assert text.startswith("1200 rows wait for the primary, more than 1000")
    assert "ipcom-chat sync status" in text


def test_an_end_is_told_as_such() -> None:
    assert told(change(level=Level.OK, before=Level.WARNING)) == "Over: too many rows waited."
    gone = change(rule=Rule.AI_COST, name="ana", level=Level.OK, value=None, is_beyond=False)
    assert told(gone) == "Over: the budget of AI costs was used up (ana)."


def test_what_is_better_but_not_over() -> None:
    better = change(before=Level.CRITICAL, value=950.0, is_beyond=False)
    assert told(better) == settling(Rule.QUEUE) == "Better, to be watched: too many rows waited."
    assert told(change(value=None, is_beyond=False)) == settling(Rule.QUEUE)


@pytest.mark.parametrize("rule", [Rule.CERTIFICATE, Rule.TOKEN])
def test_what_expires_and_what_has_expired(rule: Rule) -> None:
    assert "expires in 3.5 d" in problem(rule, 3.5, 14)
    assert "expires in 12.0 h" in problem(rule, 0.5, 14)
    assert "has expired" in problem(rule, 0, 14)
    assert "has expired" in problem(rule, -2, 14)


def test_money_and_names() -> None:
    text = problem(Rule.AI_COST, 1_234, 1_000, "ana\x1b[31m\nroot")
    assert "US$ 12.34" in text
    assert "US$ 10.00" in text
    assert "\x1b" not in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1.0 min"), (5_400, "1.5 h"), (172_800, "2.0 d")],
)
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text
