"""What the engine does, one behaviour a test; the primary is the real schema, without HTTP."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ipcom_chat.domain.merge import BY_HAND, EntryRow
from ipcom_chat.errors import (
    PrimaryUnreachableError,
    StorageReadOnlyError,
)
from ipcom_chat.ids import EntryId, user_id_of
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.people import Sessions, Users
from ipcom_chat.sync import engine as module
from ipcom_chat.sync.exchanges import Progress
from ipcom_chat.sync.flight import flight
from tests.support.engine import (
    NewNode,
    a_session,
    a_user,
    add,
    add_open,
    complete,
    here,
    sent,
    shared,
    waiting,
)
from tests.support.fleet import DAY_MS, Fault, Network, Node, run
from tests.support.fleet_rows import counter, held, on_primary
from tests.support.replica import exit_code

# ---- first contact, pull


def test_the_first_request_to_a_primary_only_reads(network: Network, new_node: NewNode) -> None:
    node = new_node()
    add(node)
    assert node.exchange(Fault("read_only", request=0)) is not None
    assert shared(network) == {*here(node)}, "nothing of the first request was a write"


def test_a_primary_that_was_never_prepared_gets_nothing(new_node: NewNode) -> None:
    node = new_node()
    add(node)
    node.link._network.primary.database.execute("DROP VIEW sync_state")
    assert node.exchange() is None
    assert node.engine.state.report().error_code == "primary_foreign"
    assert (waiting(node), node.engine.state.timeline().epoch) == (1, None)


def test_a_new_machine_gets_the_newest_first(network: Network, new_node: NewNode) -> None:
    old, new = new_node(batch_rows=1), new_node(page_rows=2)
    ids = [add(old).id for _each in range(5)]
    old.cycle()
    seen = []
    while len(here(new)) < 5:
        new.exchange()
        seen.append(here(new))
    assert seen[0] == set(ids[3:])
    assert seen[1] == set(ids[1:])


def test_what_was_pushed_does_not_come_back_in_the_same_exchange(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node()
    one.cycle()
    other_entry = add(other)
    other.cycle()
    add(one)
    assert one.cycle() == Progress(pushed=1, pulled=1)
    assert other_entry.id in here(one)
    assert one.cycle() == Progress()


def test_what_is_pulled_counts_as_a_change_for_the_search_index(new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    entry = add_open(one)
    one.clock.ms += module.OPEN_AFTER_MS
    one.cycle()
    other.cycle()
    before = counter(other)
    complete(one, entry)
    one.cycle()
    other.cycle()
    assert ("e", entry.id) in held(other, before)


def test_a_push_that_is_refused_hides_nothing_of_others(new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    one.cycle()
    Users(other.database).add(a_user("ana", "a@example.com"))
    entry = add(other)
    other.cycle()
    Users(one.database).add(a_user("bia", "a@example.com"))
    one.cycle()
    assert entry.id in here(one)


def test_rows_that_came_after_the_state_are_left_for_the_next_page(
    network: Network, new_node: NewNode
) -> None:
    """A primary restored to between the two would lack them, and the anchor would not tell."""
    one, other = new_node(), new_node()
    one.cycle()
    other.cycle()
    late, after = add(other), 0

    def in_between() -> None:
        nonlocal after
        after += 1
        network.back_up()
        other.exchange()

    with mock.patch.object(one.link, "_meanwhile", in_between):
        one.clock.ms += 1
        one.exchange(Fault("between", step=1))  # after the state, before the rows
    assert after == 1
    assert late.id in shared(network)
    assert late.id not in here(one)
    network.primary = network.backups[0]
    others = [add(other).id for _each in range(3)]
    other.cycle()
    one.cycle()
    assert here(one) == {late.id, *others} == shared(network)


# ---- push


def _revs(node: Node) -> dict[str, tuple[int, bool]]:
    """Return the rev of each entry here, and whether it is acknowledged."""
    rows = node.database.rows("SELECT id, rev, acked_seq >= local_seq FROM entries")
    return {row[0]: (row[1], bool(row[2])) for row in rows}


def _revs_there(network: Network) -> dict[str, tuple[int, bool]]:
    rows = network.primary.database.execute("SELECT id, rev FROM entries")
    return {str(row[0]): (row[1], True) for row in rows}


def _fresh(network: Network) -> list[int]:
    rows = network.primary.database.execute("SELECT fresh FROM sync_commits ORDER BY n")
    return [row[0] for row in rows]


def test_one_row_acknowledges_a_push_of_which_every_entry_was_new(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    node.cycle()
    Sessions(node.database).open(a_session(node))
    for _each in range(3):
        add(node)
    node.exchange()
    assert _revs(node) == _revs_there(network)
    assert _fresh(network) == [1]


def test_a_push_with_an_entry_that_was_there_is_acknowledged_by_states(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    open_entry = add_open(node)
    node.clock.ms += module.OPEN_AFTER_MS
    node.cycle()
    complete(node, open_entry)
    add(node)
    node.exchange()
    assert _revs(node) == _revs_there(network)
    assert _fresh(network) == [1, 0]


def test_a_push_that_arrives_twice_is_acknowledged(network: Network, new_node: NewNode) -> None:
    node = new_node()
    node.cycle()
    for _each in range(3):
        add(node)
    node.exchange(Fault("twice"))
    assert _revs(node) == _revs_there(network)
    assert _fresh(network) == [1, 0]


def test_what_another_machine_makes_of_a_fresh_entry_comes_by_the_pull(
    network: Network, new_node: NewNode
) -> None:
    """Between the push and the look at what it did, another machine redacts the entry by hand."""
    one, other = new_node(), new_node()
    one.cycle()
    other.cycle()
    entry = add(one)

    def in_between() -> None:
        other.cycle()
        with other.database.write() as transaction:
            transaction.execute(
                "UPDATE entries SET response = NULL, redaction_response = ?, local_seq = ?",
                (BY_HAND, transaction.next_local_seq()),
            )
        other.cycle()

    with mock.patch.object(one.link, "_meanwhile", in_between):
        one.exchange(Fault("between", step=1))
    one.cycle()
    found = Entries(one.database).get(entry.id)
    assert found is not None
    assert (found.response, found.redaction_response) == (None, BY_HAND)
    assert _revs(one) == _revs_there(network) == _revs(other)


def test_an_open_state_waits_a_second_and_its_end_goes_at_once(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    quick, slow = add_open(node), add_open(node)
    node.cycle()
    assert shared(network) == set()
    complete(node, quick)
    node.cycle()
    assert shared(network) == {quick.id}
    node.clock.ms += module.OPEN_AFTER_MS
    node.cycle()
    assert shared(network) == {quick.id, slow.id}


def test_an_open_state_goes_though_the_clock_was_put_back(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    entry = add_open(node)
    node.clock.ms -= 400 * DAY_MS
    node.cycle()
    assert shared(network) == {entry.id}


def test_a_request_to_cancel_goes_at_once_though_the_owners_clock_is_ahead(
    new_node: NewNode,
) -> None:
    owner, other = new_node(), new_node()
    owner.clock.ms += DAY_MS
    entry = add_open(owner)
    owner.clock.ms += module.OPEN_AFTER_MS
    owner.cycle()
    other.cycle()
    Entries(other.database).request_cancel(entry.id, at_ms=other.clock.now_ms(), actor="bia")
    other.cycle()
    owner.cycle()
    found = Entries(owner.database).get(entry.id)
    assert found is not None
    assert found.cancelled_by == "bia"


def test_a_change_during_the_exchange_still_waits(network: Network, new_node: NewNode) -> None:
    node = new_node()
    entry = add_open(node)
    node.clock.ms += module.OPEN_AFTER_MS
    node.exchange()
    entry = add_open(node)
    node.clock.ms += module.OPEN_AFTER_MS

    def in_between() -> None:
        complete(node, entry)

    with mock.patch.object(node.link, "_meanwhile", in_between):
        node.exchange(Fault("between", step=1))
    assert waiting(node) == 1
    node.cycle()
    row = on_primary(network.primary)["e", entry.id].row
    assert isinstance(row, EntryRow)
    assert (waiting(node), row.status) == (0, "completed")


def test_a_lost_reply_is_mended_by_the_next_exchange(network: Network, new_node: NewNode) -> None:
    node = new_node()
    node.cycle()
    entry = add(node)
    assert node.exchange(Fault("lost_reply")) is None
    assert (shared(network), waiting(node)) == ({entry.id}, 1)
    assert node.cycle().pushed == 1
    assert waiting(node) == 0
    assert len(network.primary.database.execute("SELECT 1 FROM entries").fetchall()) == 1


def test_private_rows_stay(network: Network, new_node: NewNode) -> None:
    node = new_node()
    private, open_one = add(node, private=True), add(node)
    node.cycle()
    assert shared(network) == {open_one.id}
    assert Entries(node.database).get(private.id) is not None
    assert waiting(node) == 0


def test_a_private_row_takes_nothing_in(network: Network, new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    entry = add(one, private=True, response="mine")
    add(other, id=entry.id, response="shared")
    for node in (other, one, other):
        node.cycle()
    found = Entries(one.database).get(entry.id)
    assert found is not None
    assert (found.response, found.private) == ("mine", True)
    row = on_primary(network.primary)["e", entry.id].row
    assert isinstance(row, EntryRow)
    assert row.response == "shared"


def test_a_session_of_a_history_that_nobody_subscribed_to_is_acknowledged(
    new_node: NewNode,
) -> None:
    node = new_node()
    Sessions(node.database).open(a_session(node, mode="user", user_id=user_id_of("ana")))
    node.cycle()
    assert waiting(node) == 0


def test_a_session_from_before_the_window_is_acknowledged(new_node: NewNode) -> None:
    node = new_node(window_days=1)
    session = a_session(node)
    Sessions(node.database).open(session)
    node.clock.ms += 3 * DAY_MS
    Sessions(node.database).close(session.id, at_ms=node.clock.now_ms())
    node.cycle()
    assert waiting(node) == 0


def test_a_small_row_that_equals_the_primarys_is_acknowledged(
    network: Network, new_node: NewNode
) -> None:
    """Nothing changes there, so no pull would ever bring it."""
    node = new_node()
    session = a_session(node)
    Sessions(node.database).open(session)
    node.cycle()
    with node.database.write() as transaction:
        seq = transaction.next_local_seq()
        transaction.execute("UPDATE sessions SET local_seq = ?", (seq,))
    node.cycle()
    assert waiting(node) == 0


# ---- merged


def test_a_redaction_is_not_undone_by_the_same_import_elsewhere(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node()
    values: dict[str, Any] = {
        "id": EntryId("1" * 36), "source": "import", "response": "a token", "created_at": 5
    }  # fmt: skip
    add(one, **values)
    with one.database.write() as transaction:
        seq = transaction.next_local_seq()
        transaction.execute(
            "UPDATE entries SET response = 'redacted', redaction_response = 1, local_seq = ?",
            (seq,),
        )
    one.cycle()
    add(other, **values)
    for node in (other, one):
        node.cycle()
        entry = Entries(node.database).get(values["id"])
        assert entry is not None
        assert entry.response == "redacted"


def test_what_is_redacted_by_hand_is_blank_everywhere(new_node: NewNode) -> None:
    one, other = new_node(), new_node()
    entry = add(one, response="a secret")
    one.cycle()
    other.cycle()
    with other.database.write() as transaction:
        seq = transaction.next_local_seq()
        transaction.execute(
            "UPDATE entries SET response = NULL, redaction_response = ?, local_seq = ?",
            (BY_HAND, seq),
        )
    other.cycle()
    one.cycle()
    found = Entries(one.database).get(entry.id)
    assert found is not None
    assert (found.response, found.redaction_response) == (None, BY_HAND)


# ---- what fails, and what is told


def test_a_primary_that_only_reads_is_still_pulled_from_and_told(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node()
    one.cycle()
    theirs = add(other)
    other.cycle()
    ours = add(one)
    assert one.exchange(Fault("read_only")) is not None
    assert theirs.id in here(one)
    assert (one.engine.state.report().read_only, waiting(one)) == (True, 1)
    one.exchange()
    assert one.engine.state.report().read_only, "told until writing was tried again"
    one.clock.ms += module.READ_ONLY_MS
    one.cycle()
    assert ours.id in shared(network)
    assert not one.engine.state.report().read_only


def test_a_reader_shows_what_is_new_while_the_primary_is_away(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node()
    one.cycle()
    theirs = add(other)
    other.cycle()
    add(one)
    with mock.patch.object(one.link, "has_readers", new=True):
        assert one.exchange(Fault("lost")) is None
    assert theirs.id in here(one)
    assert waiting(one) == 1
    report = one.engine.state.report()
    assert (report.error_code, report.failing_since) == ("primary_unreachable", one.clock.ms)


def test_a_reader_that_is_behind_is_no_new_timeline(network: Network, new_node: NewNode) -> None:
    node = new_node()
    node.cycle()
    add(node)
    network.old = network.primary.copy()
    node.cycle()
    node.link.has_readers = True
    before = node.engine.state.timeline()
    assert node.exchange(Fault("stale")) == Progress()
    assert node.engine.state.timeline() == before
    assert waiting(node) == 0


def test_what_a_reader_left_out_comes_from_the_primary(network: Network, new_node: NewNode) -> None:
    """One that was just started showed the newest counter without the rows it counts."""
    one, other = new_node(), new_node()
    one.cycle()
    one.link.has_readers = True
    theirs = add(other)
    other.cycle()
    assert one.exchange(Fault("torn", step=0)) is not None
    assert theirs.id not in here(one)
    one.cycle()
    assert theirs.id not in here(one), "replicas of the primary are believed for a while"
    one.clock.ms += module.SHOWN_MS
    one.cycle()
    assert theirs.id in here(one)
    assert (
        one.engine.state.subscriptions()[0].cursor
        == network.primary.database.execute("SELECT n FROM sync_counter").get
    )


def test_a_reader_shows_every_row_once_between_two_looks_at_the_primary(
    network: Network, new_node: NewNode
) -> None:
    one, other = new_node(), new_node()
    one.cycle()
    one.link.has_readers = True
    add(other)
    other.cycle()
    pulled = [one.cycle().pulled for _time in range(2)]
    assert pulled[0] > 0
    assert pulled[1] == 0
    one.clock.ms += module.SHOWN_MS
    assert one.cycle().pulled == pulled[0], "from the primary, where it counts"
    assert one.cycle().pulled == 0


def test_the_report_says_since_when_it_fails_and_forgets_it_after(new_node: NewNode) -> None:
    node = new_node()
    node.cycle()
    first = node.clock.ms = node.clock.ms + 1000
    node.exchange(Fault("lost"))
    node.clock.ms += 1000
    node.exchange(Fault("lost"))
    report = node.engine.state.report()
    assert (report.failing_since, report.tried_at) == (first, first + 1000)
    assert (report.error_code, report.error) == ("primary_unreachable", "lost")
    assert report.succeeded_at == first - 1000
    node.clock.ms += 1000
    node.exchange()
    report = node.engine.state.report()
    assert (report.succeeded_at, report.failing_since) == (node.clock.ms, None)
    assert (report.error_code, report.error, report.read_only) == (None, None, False)
    assert report.skew_ms is not None


def test_a_failure_is_raised_too(new_node: NewNode) -> None:
    node = new_node()
    node.link.arm(Fault("lost"))
    with pytest.raises(PrimaryUnreachableError):
        run(node.engine.exchange())


def test_a_sign_of_life_is_given_every_five_minutes_at_most(
    network: Network, new_node: NewNode
) -> None:
    node = new_node()
    node.exchange()
    beats = "SELECT machine_id, replica_id, waiting FROM heartbeats"
    assert network.primary.database.execute(beats).fetchall() == [
        (node.machine_id, node.replica_id, 0)
    ]
    node.clock.ms += module.BEAT_EVERY_MS - 1
    assert not any("heartbeats" in sql for sql in sent(network, node))
    node.clock.ms += 1
    assert any("heartbeats" in sql for sql in sent(network, node))
    node.clock.ms -= DAY_MS
    assert any("heartbeats" in sql for sql in sent(network, node)), "the clock was put back"


# ---- one process at a time


def test_one_process_exchanges_at_a_time(new_node: NewNode) -> None:
    node = new_node()
    with flight(node.path) as is_alone:
        assert is_alone
        assert exit_code(_exchange_beside, node.path) == 0
        assert node.exchange() == Progress(was_busy=True)
    assert exit_code(_exchange_beside, node.path) == 1


def _exchange_beside(_connection: object, path: Path) -> None:
    with flight(path) as is_alone:
        raise SystemExit(int(is_alone))


def test_a_lock_file_that_was_left_behind_is_harmless(new_node: NewNode) -> None:
    node = new_node()
    Path(f"{node.path}.sync").write_text("left behind")
    assert node.exchange() is not None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageReadOnlyError), flight(tmp_path / "gone" / "1.db"):
        pass
