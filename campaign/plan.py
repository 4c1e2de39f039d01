"""Says beforehand what happens in a campaign, and when: the same seed is always the same plan.

Pure. A plan is a list of rounds; a round is a list of steps with instants. What a step does to
whom depends on its numbers and on what runs when its time comes, so the plan can be repeated to
the letter, and the race between real processes as far as the machine allows.
"""

import random
from collections.abc import Iterator

import msgspec

SPREAD_S = 1.2
"""Within how many seconds the steps of a round begin."""
CALM_EVERY = 4
"""After how many rounds all becomes quiet and is checked."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens."""

    at_s: float
    name: str
    box: int
    a: int
    b: int


ACTS = {
    "ask": 12, "ask_private": 2, "ask_local": 3, "ask_ai": 5, "import": 2, "sync": 8, "watch": 3,
    "search": 2, "vote": 3, "user": 2, "back_up": 1, "maintain": 1, "chat": 1,
}  # fmt: skip
"""What people and timers do, and how often compared with each other."""

FAULTS = {
    "kill": 24, "kill_machine": 4, "kill_primary": 7, "kill_copy": 3, "stall_primary": 4,
    "cut": 6, "refuse": 4, "stall": 6, "delay": 5, "corrupt": 6, "swallow": 5, "duplicate": 6,
    "clock": 8, "full_disk": 6, "read_only_disk": 4, "clone": 1, "restore_disk": 3,
    "restore_backup": 2, "restore_primary": 1, "token": 5, "upgrade": 1, "old_replica": 1,
    "upgrade_primary": 1, "delete": 7, "redact": 6, "purge": 2, "escape": 8,
}  # fmt: skip
"""What goes wrong."""

ENDS = {
    "kill_primary": "start_primary", "kill_copy": "start_copy", "stall_primary": "resume_primary",
    "token": "renew_token", "full_disk": "free_disk",
    **dict.fromkeys(("cut", "refuse", "stall", "delay", "corrupt", "swallow", "duplicate"), "mend"),
}  # fmt: skip
"""What ends a fault again, some time later; the end of its round ends all of them."""


def rounds(seed: int, faults: int) -> Iterator[tuple[Step, ...]]:
    """Yield rounds until they have had so many faults."""
    dice = random.Random(seed)
    while faults > 0:
        count = min(faults, dice.randint(4, 12))
        faults -= count
        acts = [_step(dice, name) for name in _some(dice, ACTS, dice.randint(4, 9))]
        broken = [_step(dice, name) for name in _some(dice, FAULTS, count)]
        ends = [_end(dice, step) for step in broken if step.name in ENDS]
        yield tuple(sorted((*acts, *broken, *ends), key=lambda step: step.at_s))


def _some(dice: random.Random, weights: dict[str, int], count: int) -> list[str]:
    return dice.choices(list(weights), list(weights.values()), k=count)


def _step(dice: random.Random, name: str) -> Step:
    # People are at work when something breaks: their acts begin in the first half.
    at_s = dice.uniform(0, SPREAD_S / 2 if name in ACTS else SPREAD_S)
    return Step(
        at_s=at_s, name=name, box=dice.randrange(64), a=dice.randrange(1 << 16),
        b=dice.randrange(1 << 16),
    )  # fmt: skip


def _end(dice: random.Random, step: Step) -> Step:
    later = step.at_s + dice.choice((0.05, 0.2, 0.5, 1.0, 2.0))
    return msgspec.structs.replace(step, at_s=later, name=ENDS[step.name])
