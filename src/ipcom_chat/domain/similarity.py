"""Whether an earlier question asks the same as a new one: by words, or by words and meaning. Pure.

Words alone let much pass that only sounds alike, and let nothing pass between two languages. Where
both meanings are known they decide together: what is hardly alike is not the same however many
words it shares, and what says the same needs no word in common. The bounds were chosen on the
questions of docs/benchmarks.md, suggestions.
"""

from typing import Final, NamedTuple

from ipcom_chat.domain.ranking import LIKE_MIN

SHARE: Final = 0.6
"""The share of the telling words that is similar by itself, each weighted by how rare it is."""
RELEVANCE: Final = 0.4
"""What the search finds so relevant is similar, too, where no meaning is known: by other words, or
by the same in the other language."""
TOTAL: Final = 0.5
"""Relevance and meaning together from which on something alike is similar."""


class Fit(NamedTuple):
    """How well an earlier question fits a new one."""

    share: float
    """Of the new one's telling words, 0 to 1."""
    relevance: float
    """As the search finds it; 1 is very well."""
    meaning: float = 0.0
    """What its meaning counts, or usually counts where it is not known."""
    cosine: float | None = None
    """How alike the meanings are, -1 to 1; None where that is not known."""

    @property
    def total(self) -> float:
        """How well words and meaning fit together."""
        return self.relevance + self.meaning

    @property
    def means_the_same(self) -> bool:
        """Whether words and a known meaning say so together."""
        return self.cosine is not None and self.cosine >= LIKE_MIN and self.total >= TOTAL

    @property
    def is_similar(self) -> bool:
        """Whether it asks the same, as far as can be told."""
        if self.cosine is None and self.relevance >= RELEVANCE:
            return True
        return self.share >= SHARE or self.means_the_same

    @property
    def certainty(self) -> float:
        """How sure that is, 0 to 1: the share of the words, and from `SHARE` on the meaning."""
        if not self.means_the_same:
            return self.share
        return max(self.share, min(SHARE + (1 - SHARE) * (self.total - TOTAL), 1.0))
