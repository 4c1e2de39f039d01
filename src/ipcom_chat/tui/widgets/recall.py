"""Walks over earlier prompts without losing what is being written. Pure."""

from collections.abc import Sequence


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


def _without_repeats(prompts: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for prompt in prompts:
        if prompt.strip() and (not kept or kept[-1] != prompt):
            kept.append(prompt)
    return kept
