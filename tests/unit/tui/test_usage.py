"""What a session has cost, by model."""

import pytest

from ipcom_chat import i18n
from ipcom_chat.assistant.base import UsageReport
from ipcom_chat.formats import money
from ipcom_chat.tui.usage import Spent, Usage


def report(model: str, tokens: int, cost: int | None = None) -> UsageReport:
    return UsageReport(model=model, tokens_used=tokens, cost_microusd=cost)


def test_sums_are_kept_by_model_and_together() -> None:
    usage = Usage()
    for each in (report("a", 10, 5), report("b", 20), None, report("a", 30, 7)):
        usage.add(each)

    assert usage.by_model == {
        "a": Spent(answers=2, tokens=40, cost_microusd=12),
        "b": Spent(answers=1, tokens=20),
    }
    assert usage.total == Spent(answers=3, tokens=60, cost_microusd=12)
    assert usage.last == report("a", 30, 7)


def test_nothing_told_costs_nothing_that_is_known() -> None:
    usage = Usage()
    usage.add(None)

    assert usage.total == Spent()
    assert usage.last is None


@pytest.mark.parametrize(
    ("microusd", "text"),
    [(0, "$0.0000"), (1, "< $0.0001"), (1_234, "$0.0012"), (999_999, "$1.0000"),
     (3_400_000, "$3.40")],
)  # fmt: skip
def test_money_is_written_as_far_as_it_says_something(microusd: int, text: str) -> None:
    assert money(microusd) == text


def test_money_in_portuguese() -> None:
    i18n.use("pt_BR")
    assert money(1_234) == "US$ 0,0012"
