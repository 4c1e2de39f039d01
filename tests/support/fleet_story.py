"""Stories: operations of people, machines, networks and accidents, in any order.

An operation is a name and four numbers; what they mean depends only on what came before, so a
story can be told again, and shortened by leaving operations out.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.ids import EntryId, MachineId, ReplicaId, user_id_of
from ipcom_chat.storage import sync_state
from tests.support import fleet_checks as checks
from tests.support.fleet import Habits, Network, Node
from tests.support.fleet_acts import LOCAL, MODES, OPERATIONS, OTHERS, USERNAMES
from tests.support.fleet_rows import Model, counter, held


class LonelyNode(Node):
    is_alone = True


class Op(NamedTuple):
    """One operation."""

    name: str
    node: int = 0
    a: int = 0
    b: int = 0
    c: int = 0


class Story(NamedTuple):
    """Who there is in the beginning, and what happens."""

    nodes: int
    habits: Habits
    max_rows: int
    ops: tuple[Op, ...]


class Teller:
    """Tells one story: carries out its operations and keeps the model."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        self.template = template
        self.network = Network()
        self.model = Model()
        self.nodes: list[Node] = []
        self.forked: set[str] = set()
        self.finals: dict[tuple[int, str], Any] = {}
        self.habits = Habits()
        self.count = 0
        self.made = 0

    def tell(self, story: Story) -> None:
        """Carry a story out, let it become quiet, and check everything.

        Raises:
            AssertionError: a replica or the primary has what it must not have.
        """
        self.habits = story.habits
        with mock.patch.object(sync_state, "RESET_ROWS", 3):
            try:
                for _each in range(story.nodes):
                    self.new_node(self.template, (f"{self.made:064x}", f"{self.made:032x}"))
                self.network.max_rows = story.max_rows
                for op in story.ops:
                    self.carry_out(op)
                checks.become_quiet(self)
            finally:
                for node in self.nodes:
                    node.database.close()

    def carry_out(self, op: Op) -> None:
        node = self.nodes[op.node % len(self.nodes)]
        before = counter(node)
        OPERATIONS[op.name](self, node, op)
        if op.name in LOCAL:
            self.model.note(held(node, before))

    def new_node(self, file: Path, identity: tuple[str, str]) -> Node:
        self.made += 1
        path = self.folder / f"{self.made}.db"
        path.write_bytes(file.read_bytes())
        node = LonelyNode(path, identity, self.network, lambda: self.meanwhile(node), self.habits)
        # Every second one also knows a replica of the primary.
        node.link.has_readers = self.made % 2 == 0
        self.nodes.append(node)
        return node

    def meanwhile(self, busy: Node) -> None:
        """While a request is answered, its replica is written to, or another one exchanges."""
        self.count += 1
        place = self.nodes.index(busy)
        others = [each for each in self.nodes if each is not busy]
        if self.count % 2 and others:
            others[self.count // 2 % len(others)].exchange()
        else:
            self.carry_out(
                Op(MEANWHILE[self.count // 2 % 4], place, self.count, self.count, self.count)
            )

    def new_id(self) -> EntryId:
        self.count += 1
        return EntryId(f"{self.count:08x}-0000-7000-8000-{self.count:012x}")

    def entry(self, node: Node, op: Op, **changes: Any) -> Entry:
        """Return an entry of a node: `a` says its mode and whose it is, `b` whether private."""
        mode = MODES[op.a % 4]
        private = op.b % 8 == 0
        now = node.clock.now_ms()
        user = user_id_of(USERNAMES[op.a // 4 % 3])
        entry_id = self.new_id()
        text = f"{'PRIVATE' if private else 'S3CRET'} {entry_id}"
        values: dict[str, Any] = {
            "id": entry_id, "kind": Kind.QUESTION, "mode": mode, "private": private,
            "user_id": user if mode is Mode.USER or op.a % 3 else None, "os_user": "ana",
            "machine_id": MachineId(node.machine_id), "replica_id": ReplicaId(node.replica_id),
            "command": text, "status": Status.PENDING, "tags": ("t",), "context": {"x": text},
            "cwd": f"/home/{text}", "created_at": now, "updated_at": now,
        }  # fmt: skip
        return Entry(**(values | changes))


NUMBERS = ("node", "a", "b", "c")
MEANWHILE = ("advance", "request_cancel", "session", "redact")
GREAT = frozenset({"restore_primary", "replace_primary", "restore_node", "clone"})
_NAMES = list(OPERATIONS)
_WEIGHTS = [weight for weight, _do in (LOCAL | OTHERS).values()]


def invent(seed: int) -> Story:
    """Return the story of a seed."""
    dice = random.Random(seed)
    small = dice.random() < 0.6
    habits = Habits(
        batch_rows=dice.randint(1, 5) if small else 500,
        page_rows=dice.randint(1, 5) if dice.random() < 0.6 else 1000,
    )
    # Some stories are without the great accidents: they allow the sharpest checks.
    calm = dice.random() < 0.4
    weights = [
        0 if calm and name in GREAT else weight * dice.choice((0, 1, 1, 4))
        for name, weight in zip(_NAMES, _WEIGHTS, strict=True)
    ]
    weights[_NAMES.index("exchange")] += 20
    names = dice.choices(_NAMES, weights, k=dice.choice((8, 15, 30, 60)))
    ops = tuple(_op(dice, name) for name in names)
    max_rows = dice.choice((0, 0, 0, 3, 4))
    return Story(dice.randint(1, 4), habits, max_rows, ops)


def _op(dice: random.Random, name: str) -> Op:
    a = dice.randrange(64)
    if name == "exchange" and dice.random() < 0.5:
        a = -1
    return Op(name, dice.randrange(4), a, dice.randrange(64), dice.randrange(16))


def shortened(story: Story, fails: Callable[[Story], bool]) -> Story:
    """Return a shorter story that still fails: leave out what is not needed."""
    size = max(1, len(story.ops) // 2)
    while True:
        for candidate in _without(story, size):
            if fails(candidate):
                story = candidate
                break
        else:
            if size == 1:
                return _simpler(story, fails)
            size //= 2


def _without(story: Story, size: int) -> Iterator[Story]:
    for start in range(0, len(story.ops), size):
        yield story._replace(ops=story.ops[:start] + story.ops[start + size :])


def _simpler(story: Story, fails: Callable[[Story], bool]) -> Story:
    """Return the story with plainer sizes and numbers."""
    for changes in ({"habits": Habits()}, {"max_rows": 0}, {"nodes": 1}, {"nodes": 2}):
        candidate = story._replace(**changes)
        if candidate.nodes <= story.nodes and fails(candidate):
            story = candidate
    for place, op in enumerate(story.ops):
        for name in NUMBERS[1:]:
            plain = Op(op.name, *(1 if each == name else getattr(op, each) for each in NUMBERS))
            candidate = story._replace(ops=(*story.ops[:place], plain, *story.ops[place + 1 :]))
            if getattr(op, name) not in {-1, 1} and fails(candidate):
                story, op = candidate, candidate.ops[place]  # noqa: PLW2901
    return story
