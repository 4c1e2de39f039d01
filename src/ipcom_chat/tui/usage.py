"""What the answers of one session have cost, by model. Pure.

Invariant: of each request the newest report counts, once.
"""

import msgspec

from ipcom_chat.assistant.base import UsageReport


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one model has used, or one answer."""

    answers: int = 0
    tokens: int = 0
    cost_microusd: int | None = None
    """Of the answers whose price is known; None if that is none of them."""

    def plus(self, report: UsageReport) -> "Spent":
        """Return this with one more answer."""
        cost = report.cost_microusd
        return Spent(
            answers=self.answers + 1,
            tokens=self.tokens + report.tokens_used,
            cost_microusd=self.cost_microusd if cost is None else (self.cost_microusd or 0) + cost,
        )


class Usage:
    """The sums of one session."""

    def __init__(self) -> None:
        self.by_model: dict[str, Spent] = {}
        """In the order in which the models answered first."""
        self.last: UsageReport | None = None
        """Of the last answer that told."""

    def add(self, report: UsageReport | None) -> None:
        """Count an answer that has ended; nothing if it did not tell."""
        if report is not None:
            self.last = report
            self.by_model[report.model] = self.by_model.get(report.model, Spent()).plus(report)

    @property
    def total(self) -> Spent:
        """Everything together."""
        spent = self.by_model.values()
        costs = [each.cost_microusd for each in spent if each.cost_microusd is not None]
        return Spent(
            answers=sum(each.answers for each in spent),
            tokens=sum(each.tokens for each in spent),
            cost_microusd=sum(costs) if costs else None,
        )
