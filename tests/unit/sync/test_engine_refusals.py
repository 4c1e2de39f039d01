"""What the engine does with rows that are refused, and with requests that are too large."""

from unittest import mock

import msgspec
import pytest

from ipcom_chat.errors import (
    PrimaryTooLargeError,
)
from ipcom_chat.ids import EntryId, user_id_of
from ipcom_chat.storage.people import Users
from ipcom_chat.sync.exchanges import Progress
from tests.support.engine import (
    NewNode,
    a_user,
    add,
    here,
    refuse,
    shared,
    waiting,
)
from tests.support.fleet import Fault, Network, run
from tests.support.fleet_rows import on_primary


def test_a_row_that_is_refused_is_parked_alone_and_the_rest_goes(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    ids = {add(node, id=EntryId(f"{place:036}")).id for place in range(9)}
    refuse(network, "4")
    total = node.cycle()
    assert shared(network) == ids - {f"{4:036}"}
    assert total.parked == 1
    assert [(each.kind, each.key) for each in node.engine.state.parked()] == [("entry", f"{4:036}")]
    assert "not this one" in node.engine.state.parked()[0].reason
    assert node.cycle() == Progress()


def test_a_parked_row_that_changes_is_tried_again_and_no_longer_parked(
    network: Network, new_node: NewNode
) -> None:
    node, other = new_node(), new_node()
    Users(other.database).add(a_user("bia", "same@example.com"))
    other.cycle()
    users = Users(node.database)
    users.add(a_user("ana", "same@example.com"))
    node.cycle()
    assert [each.key for each in node.engine.state.parked()] == [user_id_of("ana")]
    mended = msgspec.structs.replace(a_user("ana", "ana@example.com"), updated_at=2)
    users.update(mended)
    node.cycle()
    assert (node.engine.state.parked(), waiting(node)) == ([], 0)
    assert ("u", user_id_of("ana")) in on_primary(network.primary)


def test_a_parked_row_is_tried_again_on_demand(network: Network, new_node: NewNode) -> None:
    node = new_node()
    entry = add(node, id=EntryId(f"{4:036}"))
    refuse(network, "4")
    node.cycle()
    assert node.cycle().pushed == 0
    network.primary.database.execute("DROP TRIGGER refuse")
    assert node.engine.state.retry() == 1
    node.cycle()
    assert (shared(network), node.engine.state.parked()) == ({entry.id}, [])


def test_an_answer_that_is_too_large_is_asked_for_in_halves(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node()
    ids = {add(one).id for _each in range(40)}
    one.cycle()
    network.max_rows = 7
    before = network.requests
    other.cycle()
    assert here(other) == ids
    assert network.requests - before < 30


def test_versions_that_differ_are_fetched_in_halves_when_they_are_too_large(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node(page_rows=1)
    ids = [EntryId(f"{place:036}") for place in range(20)]
    for entry_id in ids:
        add(one, id=entry_id, source="import")
        add(other, id=entry_id, source="import")
    one.cycle()
    network.max_rows = 4
    with mock.patch.object(other.engine, "_waiting", wraps=other.engine._waiting) as asked:
        for _each in range(200):
            progress = other.exchange()
            assert progress is not None, other.engine.state.report()
            if progress.is_done:
                break
    assert asked.call_count < 100
    assert waiting(other) == 0


def test_a_row_that_is_too_large_even_alone_is_parked(network: Network, new_node: NewNode) -> None:
    node = new_node(batch_rows=1, page_rows=1)
    node.cycle()
    add(node)
    assert node.exchange(Fault("too_large")) is not None
    assert [each.reason for each in node.engine.state.parked()] == ["request"]


def test_an_answer_that_is_too_large_even_alone_is_told(
    network: Network, new_node: NewNode
) -> None:
    node = new_node(batch_rows=1, page_rows=1)
    node.cycle()
    node.link.arm(Fault("too_large"))
    with node._pages(), pytest.raises(PrimaryTooLargeError):
        run(node.engine.exchange())
    assert node.engine.state.report().error_code == "primary_too_large"


def test_nothing_is_parked_where_the_answer_is_what_is_too_large(
    network: Network, new_node: NewNode
) -> None:
    node = new_node(batch_rows=1, page_rows=1)
    node.cycle()
    add(node)
    too_large = mock.AsyncMock(side_effect=PrimaryTooLargeError("answer"))
    with (
        node._pages(),
        mock.patch.object(node.link, "exchange", too_large),
        pytest.raises(PrimaryTooLargeError),
    ):
        run(node.engine.exchange())
    assert (node.engine.state.parked(), waiting(node)) == ([], 1)


def test_a_cycle_goes_on_after_a_cut_batch(network: Network, new_node: NewNode) -> None:
    node = new_node(batch_rows=3)
    ids = {add(node).id for _each in range(10)}
    assert node.cycle().pushed == 10
    assert shared(network) == ids


def test_a_cycle_sends_what_remains_after_a_row_was_parked(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    for place in range(30):
        add(node, id=EntryId(f"{place:036}"))
    refuse(network, "7")
    node.cycle()
    assert len(shared(network)) == 27
    assert len(node.engine.state.parked()) == 3
