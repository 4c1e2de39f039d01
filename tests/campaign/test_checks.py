"""The checks of a campaign see what they are there for: each violation is planted and found."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from campaign import checks
from campaign.checks import ViolationError, check
from campaign.model import Model, Question
from campaign.world import Box, World
from ipcom_chat.domain.merge import EntryRow
from tests.support.tmux import requires_tool
from tests.support.versions import an_entry_row, changed


class FakeMachine(NamedTuple):
    texts: list[tuple[str, ...]]

    def rows(self, _sql: str) -> list[tuple[str, ...]]:
        return self.texts


class FakeBox(NamedTuple):
    name: str
    machine: FakeMachine
    disk: Path = Path()


class FakeWorld(NamedTuple):
    boxes: list[FakeBox]


def _questions(model: Model, rows: list[EntryRow], *boxes: FakeBox) -> None:
    """Check a primary that holds these rows, and machines that hold these texts."""
    there = {("e", str(number)): row for number, row in enumerate(rows)}
    world = cast("World", FakeWorld(list(boxes)))
    checks._check_questions(world, model, dict(there))


def _saved(model: Model, *, private: bool = False) -> tuple[Question, EntryRow]:
    question = model.new("one", private=private)
    model.acknowledge(question, 1)
    return question, an_entry_row(command=f"what of {question.token}?")


def test_what_was_acknowledged_and_is_nowhere_is_lost() -> None:
    model = Model(1)
    _question, row = _saved(model)
    _questions(model, [row])
    with pytest.raises(ViolationError, match="lost"):
        _questions(model, [])


def test_what_nobody_said_is_saved_may_be_there_or_not() -> None:
    model = Model(1)
    question = model.new("one")
    _questions(model, [])
    _questions(model, [an_entry_row(command=question.token)])


def test_what_is_in_two_entries_is_there_twice() -> None:
    model = Model(1)
    question, row = _saved(model)
    with pytest.raises(ViolationError, match="twice"):
        _questions(model, [row, changed(row, command="x", response=question.token)])


def test_what_was_erased_may_be_in_no_field() -> None:
    model = Model(1)
    question, row = _saved(model)
    model.erase([question.token], "one")
    _questions(model, [changed(row, command="")])
    with pytest.raises(ViolationError, match="erased and on the primary"):
        _questions(model, [changed(row, command="", context=f'{{"x":"{question.token}"}}')])


def test_what_is_private_is_on_its_machine_once_and_nowhere_else() -> None:
    model = Model(1)
    question, row = _saved(model, private=True)
    _questions(model, [], FakeBox("one", FakeMachine([(question.token,)])))
    with pytest.raises(ViolationError, match="0 of the private"):
        _questions(model, [], FakeBox("one", FakeMachine([])))
    with pytest.raises(ViolationError, match="private and shared"):
        _questions(model, [row], FakeBox("one", FakeMachine([(question.token,)])))


def test_what_was_erased_may_be_in_no_byte_but_of_copies_that_are_told(tmp_path: Path) -> None:
    model = Model(1)
    question, _row = _saved(model)
    model.erase([question.token], "one")
    world = cast("World", FakeWorld([FakeBox("one", FakeMachine([]), tmp_path)]))
    found = b"\0\1" + question.token.encode()
    (tmp_path / "history.before-import-1.db").write_bytes(found)
    checks._check_bytes(world, model)
    (tmp_path / "history.db-wal").write_bytes(found)
    with pytest.raises(ViolationError, match=r"erased and in .*history\.db-wal"):
        checks._check_bytes(world, model)


def test_an_end_may_not_change_and_nothing_be_open_whose_program_has_ended() -> None:
    model = Model(1)
    question, row = _saved(model)
    checks._check_end(model, row)
    with pytest.raises(ViolationError, match="ended as"):
        checks._check_end(model, changed(row, status="cancelled"))
    pending = changed(row, status="pending", completed_at=None)
    with pytest.raises(ViolationError, match="open again"):
        checks._check_end(model, pending)
    checks._check_over(model, pending)
    question.is_over = True
    with pytest.raises(ViolationError, match="still open"):
        checks._check_over(model, pending)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    requires_tool("setpriv")
    requires_tool("openssl")
    with World(tmp_path, "http://127.0.0.1:9/v1") as made:
        made.add()
        made.add()
        yield made


def _ask(model: Model, box: Box, *flags: str) -> None:
    question = model.new(box.name, private=bool(flags))
    box.run(*flags, "ask", "--quiet", model.text(question))
    model.acknowledge(question, 1)


def test_real_machines_are_in_order_until_one_of_them_differs(world: World) -> None:
    model = Model(1)
    for box in world.boxes:
        _ask(model, box)
        _ask(model, box, "--private")
    assert check(world, model) == 2
    world.boxes[1].machine.rows("UPDATE entries SET response = 'x' WHERE private = 0")
    with pytest.raises(ViolationError, match="machine-1 differs"):
        check(world, model)
