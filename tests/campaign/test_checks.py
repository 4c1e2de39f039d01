"""The checks of a campaign see what they are there for: each violation is planted and found."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campaign.checks import ViolationError, check
from campaign.model import Model
from campaign.world import Box, World
from tests.support.tmux import requires_tool


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    requires_tool("setpriv")
    requires_tool("openssl")
    with World(tmp_path, "http://127.0.0.1:9/v1") as made:
        made.add()
        made.add()
        yield made


def _ask(model: Model, box: Box, *flags: str) -> str:
    question = model.new(box.name, private=bool(flags))
    box.run(*flags, "ask", "--quiet", model.text(question))
    model.acknowledge(question, 1)
    return question.token


def _change(box: Box, sql: str, token: str) -> None:
    box.machine.rows(sql, token)


def _lose(world: World, model: Model) -> None:
    model.acknowledge(model.new("machine-0"), 1)


def _lose_private(world: World, model: Model) -> None:
    model.acknowledge(model.new("machine-0", private=True), 1)


def _differ(world: World, model: Model) -> None:
    token = _ask(model, world.boxes[0])
    check(world, model)
    _change(world.boxes[1], "UPDATE entries SET response = 'x' WHERE instr(command, ?)", token)


def _double(world: World, model: Model) -> None:
    token = _ask(model, world.boxes[0])
    world.boxes[1].run("ask", "--quiet", f"{token} once more")


def _share_private(world: World, model: Model) -> None:
    token = _ask(model, world.boxes[0], "--private")
    world.boxes[1].run("ask", "--quiet", token)


def _leave_bytes(world: World, model: Model) -> None:
    token = _ask(model, world.boxes[0])
    world.boxes[0].run("history", "delete", "--query", token, "--yes")
    model.erase([token], "machine-0")
    check(world, model)
    (world.boxes[1].data / "left").write_bytes(b"\0" + token.encode())


def _reopen(world: World, model: Model) -> None:
    token = _ask(model, world.boxes[0])
    check(world, model)
    sql = (
        "UPDATE entries SET status = 'error', version = 9, local_seq = 999 WHERE instr(command, ?)"
    )
    _change(world.boxes[0], sql, token)


PLANTED: list[tuple[Callable[[World, Model], None], str]] = [
    (_lose, "lost"),
    (_lose_private, "private"),
    (_differ, "differs"),
    (_double, "twice"),
    (_share_private, "private and shared"),
    (_leave_bytes, "erased and in"),
    (_reopen, "ended as"),
]


@pytest.mark.parametrize(("plant", "said"), PLANTED, ids=[said for _plant, said in PLANTED])
def test_what_is_planted_is_found(
    world: World, plant: Callable[[World, Model], None], said: str
) -> None:
    model = Model(1)
    _ask(model, world.boxes[0])
    plant(world, model)
    with pytest.raises(ViolationError, match=said):
        check(world, model)


def test_where_all_is_well_nothing_is_found(world: World) -> None:
    model = Model(1)
    for box in world.boxes:
        _ask(model, box)
        _ask(model, box, "--private")
    assert check(world, model) == 2
