"""What must hold, kept in memory: what was acknowledged, what was taken out, how things ended.

Every question holds a token that no other has, so a token says in any file and in any row whose
text that is. The model knows of each whether the program acknowledged it (it ended with 0), and
whether an erasure of it was acknowledged, tried, or never asked for. What a killed program would
have said nobody knows, so that may be either.
"""

import random
import re
from collections.abc import Iterable, Iterator
from enum import Enum, StrEnum

import msgspec

TOKEN = re.compile(r"zq\d{6}[a-z]{6}")
RAW_TOKEN = re.compile(rb"zq\d{6}[a-z]{6}")
_LETTERS = "bcdfghjklmnpqrstvwz"


class Erased(StrEnum):
    """Whether a text was taken out."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class Place(Enum):
    """Where a question is kept."""

    MACHINE = "machine"
    PRIMARY = "primary"


class Question(msgspec.Struct, kw_only=True):
    """What is known of one question."""

    token: str
    machine: str
    private: bool = False
    local: bool = False
    """Of this machine alone: one replica has it, and the primary."""
    entry_id: str | None = None
    created_at: int | None = None
    acknowledged: bool = False
    is_over: bool = False
    """Its program ended by itself: the request is not open any more, if it was stored."""
    may_be_lost: bool = False
    """The only place that was sure to have it was put back to an older state."""
    erased: Erased = Erased.NO
    erased_by: str | None = None
    is_settled: bool = False
    """It was found in order when all was quiet; from then on every replica of its scope has it."""
    put_back: frozenset[Place] = frozenset()
    """Which of the places that had it then were put back to an older state since."""


class Final(msgspec.Struct, frozen=True, kw_only=True):
    """How an entry ended."""

    status: str
    error_code: str | None
    is_presumed: bool


class Model:
    """All questions, and how entries ended."""

    def __init__(self, seed: int) -> None:
        self.questions: dict[str, Question] = {}
        self._dice = random.Random(seed)
        self._finals: dict[str, Final] = {}
        self._purged_before_ms = 0

    def new(self, machine: str, *, private: bool = False, local: bool = False) -> Question:
        """Return a question that is about to be asked."""
        letters = "".join(self._dice.choices(_LETTERS, k=6))
        token = f"zq{len(self.questions):06}{letters}"
        self.questions[token] = Question(token=token, machine=machine, private=private, local=local)
        return self.questions[token]

    def text(self, question: Question) -> str:
        """Return a text for it that no other question is similar to."""
        words = ["".join(self._dice.choices(_LETTERS, k=7)) for _ in range(4)]
        long = " ".join(words) * (self._dice.choice((0, 0, 0, 200)))
        return f"{words[0]} {question.token} {words[1]} {words[2]} {long}".strip()

    def chosen(self, number: int) -> Question | None:
        """Return one of the questions that are there to be erased."""
        known = [
            each
            for each in self.questions.values()
            if each.acknowledged and each.erased is Erased.NO and not each.may_be_lost
        ]
        return known[number % len(known)] if known else None

    def acknowledge(self, question: Question, created_at: int) -> None:
        """The program said that a question is saved."""
        question.acknowledged, question.created_at = True, created_at
        if created_at < self._purged_before_ms and question.erased is Erased.NO:
            question.erased = Erased.MAYBE

    def erase(self, tokens: Iterable[str], machine: str) -> None:
        """The program said that texts are taken out."""
        for token in tokens:
            question = self.questions[token]
            question.erased, question.erased_by = Erased.YES, machine
            question.is_settled = False

    def purge(self, before_ms: int, texts: Iterable[str]) -> list[str]:
        """Everything from before an instant may go; return the tokens of those that must."""
        self._purged_before_ms = max(self._purged_before_ms, before_ms)
        for each in self.questions.values():
            if each.created_at is not None:
                self.acknowledge(each, each.created_at)
        return [token for text in texts for token in TOKEN.findall(text)]

    def private_of(self, machine: str) -> frozenset[str]:
        """Return the private tokens that a machine is sure to have."""
        return frozenset(
            each.token
            for each in self.questions.values()
            if each.private and each.acknowledged and each.machine == machine
        )

    def put_back(self, machine: str, private_kept: frozenset[str]) -> None:
        """A machine was put back to an older state: what only it had may be lost.

        Args:
            machine: its name.
            private_kept: private tokens that the older state has.
        """
        for each in self.questions.values():
            if each.machine == machine:
                is_kept = each.token in private_kept if each.private else each.is_settled
                each.may_be_lost = each.may_be_lost or not is_kept
                self._put_back(each, Place.MACHINE)
            if each.erased_by == machine and (each.private or not each.is_settled):
                each.erased = Erased.MAYBE

    def put_primary_back(self) -> None:
        """The primary was put back to an older state: the replicas have what it lost."""
        for each in self.questions.values():
            self._put_back(each, Place.PRIMARY)

    def settle(self) -> None:
        """All was quiet, and everything as it must be."""
        for each in self.questions.values():
            each.is_settled, each.put_back = True, frozenset()

    def _put_back(self, question: Question, place: Place) -> None:
        question.put_back |= {place}
        if question.local and len(question.put_back) == len(Place):
            question.may_be_lost = True

    def of(self, erased: Erased) -> frozenset[str]:
        """Return the tokens of questions whose text was or was not taken out."""
        return frozenset(each.token for each in self.questions.values() if each.erased is erased)

    def expected(self, *, private: bool) -> Iterator[Question]:
        """Yield what must be there, whatever happened."""
        for each in self.questions.values():
            if each.acknowledged and not each.may_be_lost and each.private is private:
                yield each

    def ended(self, entry_id: str, final: Final) -> str | None:
        """Note how an entry ended; return what is wrong with that, if anything.

        An end that was presumed after a crash gives way to a real one, and nothing to that.
        """
        before = self._finals.get(entry_id)
        if before is None or before.is_presumed:
            self._finals[entry_id] = final
            return None
        return None if before == final else f"{entry_id} ended as {before} and then as {final}"

    def reopened(self, open_ids: Iterable[str]) -> list[str]:
        """Return what has ended and is open again."""
        return [each for each in open_ids if each in self._finals]
