"""Walks over earlier prompts without losing what is being written. Pure."""

from collections.abc import Sequence

from ipcom_chat.domain.folding import fold
from ipcom_chat.tui.widgets.fuzzy import score

SEARCHED_CHARS = 2_000
SEARCHED_PROMPTS = 5_000
"""What a search looks at: enough for people, little enough for every key press."""
FOUND_PROMPTS = 50


class Recall:
    """Earlier prompts, and where among them the user stands.

    Changes to an earlier prompt are kept until something is sent, as readline does; the draft is
    the newest place.
    """

    def __init__(self) -> None:
        self._loaded: list[str] = []
        self._own: list[str] = []
        self._back = 0
        """How many prompts before the draft; 0 is the draft."""
        self._edited: dict[int, str] = {}

    @property
    def prompts(self) -> list[str]:
        """All prompts, oldest first."""
        return self._loaded + self._own

    def load(self, prompts: Sequence[str]) -> None:
        """Take prompts of earlier sessions, oldest first; those of this session follow them."""
        self._loaded = _without_repeats(prompts)

    def add(self, prompt: str) -> None:
        """Remember what was sent or cleared, and return to an empty draft."""
        if prompt.strip() and (not self.prompts or self.prompts[-1] != prompt):
            self._own.append(prompt)
        self._back, self._edited = 0, {}

    def older(self, current: str) -> str | None:
        """Return the prompt before, or `None` at the oldest; `current` is kept."""
        return self._go(self._back + 1, current)

    def newer(self, current: str) -> str | None:
        """Return the prompt after, at last the draft, or `None` at the draft."""
        return self._go(self._back - 1, current)

    def _go(self, back: int, current: str) -> str | None:
        prompts = self.prompts
        if not 0 <= back <= len(prompts):
            return None
        self._edited[self._back] = current
        self._back = back
        return self._edited.get(back, prompts[-back] if back else "")

    def search(self, query: str) -> list[str]:
        """Return prompts that fit, newest first among equals, each once."""
        wanted = fold(query)
        found = []
        newest_first = dict.fromkeys(reversed(self.prompts[-SEARCHED_PROMPTS:]))
        for age, prompt in enumerate(newest_first):
            points = score(wanted, fold(prompt[:SEARCHED_CHARS]))
            if points > 0.15:
                found.append((points < 0.5, age, prompt))
        found.sort(key=lambda match: match[:2])
        return [prompt for *_, prompt in found[:FOUND_PROMPTS]]


def _without_repeats(prompts: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for prompt in prompts:
        if prompt.strip() and (not kept or kept[-1] != prompt):
            kept.append(prompt)
    return kept
