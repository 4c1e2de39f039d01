"""One primary and as many replicas as a test wants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import NewNode
from tests.support.fleet import Habits, Network, Node, template


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def new_node(tmp_path: Path, network: Network) -> Iterator[NewNode]:
    empty = template(tmp_path)
    nodes: list[Node] = []

    def make(**habits: int) -> Node:
        number = len(nodes) + 1
        path = tmp_path / f"{number}.db"
        path.write_bytes(empty.read_bytes())
        identity = (f"{number:064x}", f"{number:032x}")
        nodes.append(Node(path, identity, network, lambda: None, Habits(**habits)))
        return nodes[-1]

    yield make
    for node in nodes:
        node.database.close()
