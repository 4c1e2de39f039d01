"""Plays the rounds of a plan on a world, and tells the model what was acknowledged.

A program that ends by itself with a fault it did not foresee, or does not end at all once
everything works again, is a violation as well.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from campaign.checks import ViolationError, check
from campaign.model import Model
from campaign.plan import CALM_EVERY, FAULTS, Step
from campaign.programs import KILLED, Ended, Program
from campaign.world import PATIENCE_S, Box, World

ESCAPE_S = 0.3
"""How long an answer of many words is waited for once its round is over."""
SLOW = "LONG"
"""A word that the server which plays the AI answers at length."""
USAGE = 2
"""The exit code for arguments that make no sense; ours do."""
UNFORESEEN = ("Traceback", "unexpected fault")
OnEnd = Callable[[Ended], None]


class Act(msgspec.Struct, kw_only=True):
    """A program that was started for a person, and what its end means."""

    program: Program
    box: Box
    on_end: OnEnd


class Stage:
    """One campaign at work.

    Args:
        world: what is broken.
        model: what must hold.
        log: gets a line for everything that happens.
    """

    def __init__(self, world: World, model: Model, log: Callable[[str], None]) -> None:
        self.world = world
        self.model = model
        self.log = log
        self.acts: list[Act] = []
        self.counts: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._start_s = time.monotonic()

    def play(self, rounds: Iterable[tuple[Step, ...]], doers: "dict[str, Doer]") -> None:
        """Play all rounds, checking now and then, and at the end.

        Raises:
            ViolationError: something does not hold that must.
        """
        number = 0
        for number, steps in enumerate(rounds, 1):
            self._play(steps, doers)
            if number % CALM_EVERY == 0:
                self.check(f"round {number}")
        self.check(f"the end, round {number}")

    def check(self, when: str) -> None:
        """Let everything become quiet, check it, and make the copies of this day."""
        count = check(self.world, self.model)
        self.log(f"{when}: {count} entries, all as it must be; {sum(self.counts.values())} faults")
        for place, box in enumerate(self.world.boxes):
            if (count + place) % 2:
                box.copy_to(self.world.folder / f"{box.name}.yesterday")
                box.yesterday = self.model.private_of(box.name)
        if count % 3 == 0:
            self.world.back_up_primary()

    def _play(self, steps: tuple[Step, ...], doers: "dict[str, Doer]") -> None:
        start_s = time.monotonic()
        for step in steps:
            time.sleep(max(0.0, start_s + step.at_s - time.monotonic()))
            box = self.world.boxes[step.box % len(self.world.boxes)]
            is_done = doers[step.name](self, box, step)
            self._note(step, box, is_done)
        self.world.heal()
        self._interrupt()
        for act in self.acts:
            self._finish(act)
        self.acts.clear()
        for box in self.world.boxes:
            box.was_full = False

    def _note(self, step: Step, box: Box, is_done: bool) -> None:  # noqa: FBT001
        if step.name in FAULTS:
            (self.counts if is_done else self.left_out)[step.name] += 1
        at_s = time.monotonic() - self._start_s
        self.log(f"{at_s:8.3f} {box.name} {step.name} {'' if is_done else '(not now)'}")

    def begin(self, box: Box, argv: Iterable[str], on_end: OnEnd = lambda _ended: None) -> Program:
        """Start a program whose end is looked at when the round is over."""
        program = box.start(*argv)
        self.acts.append(Act(program=program, box=box, on_end=on_end))
        return program

    def _interrupt(self) -> None:
        """Answers that take long are not waited for: somebody presses ESC."""
        for act in self.acts:
            if SLOW in " ".join(act.program.argv) and act.program.end(ESCAPE_S) is None:
                act.program.send(signal.SIGINT)
                self.counts["escape"] += 1

    def _finish(self, act: Act) -> None:
        is_watch = "--watch" in act.program.argv
        ended = act.program.end(0.0 if is_watch else PATIENCE_S)
        if ended is None and is_watch:
            return
        line = f"{act.box.name}: {' '.join(act.program.argv)[:120]}"
        if ended is None:
            raise ViolationError(f"{line} does not end")
        if ended.code == USAGE or any(each in ended.err for each in UNFORESEEN):
            raise ViolationError(f"{line} ended with {ended.code}: {ended.err}")
        self.log(f"    {line} → {'killed' if ended.code == KILLED else ended.code}")
        act.on_end(ended)


Doer = Callable[[Stage, Box, Step], bool]
"""Does a step; returns whether it could be done now."""
