"""What the engine does when the primary is another one, and with a window of retention."""

from itertools import pairwise
from threading import Event, Thread
from typing import Any
from unittest import mock

from ipcom_chat.domain.entry import Status
from ipcom_chat.storage import sync_state
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Sessions
from tests.support.engine import (
    NewNode,
    a_session,
    add,
    add_open,
    here,
    shared,
    waiting,
)
from tests.support.fleet import DAY_MS, Habits, Network, Node
from tests.support.fleet_rows import held
from tests.support.replica import an_entry

# ---- another timeline


def test_a_new_epoch_gets_everything_again(network: Network, new_node: NewNode) -> None:
    one, other = new_node(batch_rows=2), new_node()
    ids = {add(one).id, add(one).id, add(other).id, add(one).id, add(one).id}
    for node in (one, other, one):
        node.cycle()
    network.replace()
    for node in (one, other, one):
        node.cycle()
    assert shared(network) == here(one) == here(other) == ids


def test_an_older_copy_is_noticed_though_its_counter_has_passed_the_cursor(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node()
    one.cycle()
    network.back_up()
    ids = {add(one).id, add(one).id}
    one.cycle()
    network.primary = network.backups[0]
    ids |= {add(other).id for _each in range(10)}
    other.cycle()
    one.cycle()
    other.cycle()
    assert shared(network) == here(one) == here(other) == ids


def test_what_the_new_primary_has_is_not_sent_again(network: Network, new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    ids = {add(one).id for _each in range(20)}
    one.cycle()
    other.cycle()
    network.replace()
    assert one.cycle().pushed == 20
    assert other.cycle().pushed == 0
    assert here(other) == ids
    assert waiting(other) == 0


def test_a_reset_survives_a_crash_between_its_steps(network: Network, new_node: NewNode) -> None:
    node = new_node()
    ids = {add(node).id for _each in range(10)}
    node.cycle()
    network.replace()
    with mock.patch.object(sync_state, "RESET_ROWS", 3):
        assert node.exchange() is not None  # the reset has begun
        assert node.exchange(fuse=5) is None
        first = node.engine.state.timeline().reset_from
        assert first is not None
        assert 0 < first < 10
        node.cycle()
    assert node.engine.state.timeline().reset_from is None
    assert shared(network) == ids


def test_others_write_between_the_steps_of_a_reset(new_node: NewNode) -> None:
    """No transaction of a reset touches more than a few entries, so nobody waits for all."""
    node = new_node()
    for _each in range(30):
        add(node)
    node.cycle()
    node.engine.state.begin_reset("another")
    touched: list[int] = []
    write = node.database.write

    def counted() -> Any:
        touched.append(node.database.connection.total_changes())
        return write()

    with (
        mock.patch.object(sync_state, "RESET_ROWS", 4),
        mock.patch.object(node.database, "write", counted),
    ):
        node.engine.state.finish_reset()
    touched.append(node.database.connection.total_changes())
    assert len(touched) > 7
    assert max(b - a for a, b in pairwise(touched)) <= 5
    assert waiting(node) == 30


def test_a_reset_leaves_the_file_to_writers(new_node: NewNode) -> None:
    """Another connection writes while the reset is at work."""
    node = new_node()
    for _each in range(50):
        add(node)
    node.cycle()
    node.engine.state.begin_reset("another")
    started, done = Event(), Event()
    entry = an_entry(status=Status.COMPLETED)

    def write() -> None:
        other = Node(node.path, (node.machine_id, node.replica_id), Network(), lambda: None,
                     node.habits)  # fmt: skip
        started.set()
        Entries(other.database).add(entry, actor="test")
        other.database.close()
        done.set()

    thread = Thread(target=write)
    with mock.patch.object(sync_state, "RESET_ROWS", 1):
        thread.start()
        started.wait(30)
        node.engine.state.finish_reset()
    assert done.wait(30)
    thread.join()
    assert waiting(node) == 51


# ---- the window


def test_a_window_holds_what_is_young_enough_and_is_filled_when_it_is_made_longer(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node(window_days=2)
    now = one.clock.now_ms()
    old, young = add(one, created_at=now - 3 * DAY_MS), add(one, created_at=now - DAY_MS)
    one.cycle()
    other.cycle()
    assert here(other) == {young.id}
    other.habits = Habits(window_days=5)
    other.reopen()
    other.cycle()
    assert here(other) == {old.id, young.id}


def test_a_window_drops_what_grew_old_and_gets_it_back_when_it_is_made_longer(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    entry, unsent = add(node), add_open(node)
    node.cycle()
    node.clock.ms += 3 * DAY_MS
    node.habits = Habits(window_days=1)
    node.reopen()
    node.exchange()
    assert here(node) == {unsent.id}, "only what the primary has is dropped"
    assert not list(
        node.database.rows("SELECT 1 FROM entry_events WHERE entry_id = ?", (entry.id,))
    )
    node.habits = Habits()
    node.reopen()
    node.cycle()
    assert here(node) == {entry.id, unsent.id}
    assert shared(network) == {entry.id, unsent.id}


def test_a_window_does_not_drop_what_the_primary_refuses(
    network: Network, new_node: NewNode
) -> None:
    node = new_node(window_days=1)
    entry = add(node)
    node.cycle()
    with node.database.write() as transaction:
        seq = transaction.next_local_seq()
        transaction.execute("UPDATE entries SET redaction_command = 9, local_seq = ?", (seq,))
    network.primary.database.execute(
        "CREATE TRIGGER refuse BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    node.clock.ms += 3 * DAY_MS
    node.cycle()
    found = Entries(node.database).get(entry.id)
    assert found is not None
    assert found.redaction_command == 9


def test_a_window_drops_open_entries_of_others_but_not_its_own(
    network: Network, new_node: NewNode
) -> None:
    owner, other = new_node(window_days=1), new_node(window_days=1)
    entry = add_open(owner)
    owner.clock.ms += 2000
    owner.cycle()
    other.cycle()
    assert here(other) == {entry.id}
    for node in (owner, other):
        node.clock.ms += 2 * DAY_MS
        node.cycle()
    assert (here(owner), here(other)) == ({entry.id}, set())


def test_a_window_drops_sessions_too_and_goes_on_pulling_what_it_holds(
    new_node: NewNode,
) -> None:
    owner, other = new_node(window_days=1), new_node()
    session = a_session(other)
    Sessions(other.database).open(session)
    entry = add_open(owner)
    owner.clock.ms += 2000
    for node in (other, owner, other):
        node.cycle()
    assert ("s", session.id) in held(owner)
    owner.clock.ms += 2 * DAY_MS
    owner.cycle()
    assert set(held(owner)) == {("e", entry.id)}
    Entries(other.database).request_cancel(entry.id, at_ms=1, actor="bia")
    other.cycle()
    owner.cycle()
    found = Entries(owner.database).get(entry.id)
    assert found is not None
    assert found.cancelled_by == "bia"
