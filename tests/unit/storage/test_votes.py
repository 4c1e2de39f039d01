"""Votes in the replica: one for each voter and entry, ready to travel."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ipcom_chat.domain.entry import Mode, Status
from ipcom_chat.domain.merge import VoteRow
from ipcom_chat.domain.votes import Tally, Vote
from ipcom_chat.ids import EntryId
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.sync_rows import SyncRows, Waiting
from ipcom_chat.storage.votes import Votes
from tests.support.replica import MACHINE, NOW_MS, USER, an_entry, opened


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "replica.db") as opened_database:
        yield opened_database


def added(database: Database, **changes: object) -> EntryId:
    entry = an_entry(status=Status.COMPLETED, **changes)
    Entries(database).add(entry, actor="test")
    return entry.id


def waiting(database: Database) -> list[Waiting]:
    rows = SyncRows(database).waiting(
        limit=100, max_bytes=10**6, open_before_ms=0, now_ms=0, filled=True, reset_seq=0
    )
    return [row for row in rows if row.kind == "vote"]


def test_who_votes_again_changes_the_vote(database: Database) -> None:
    entry_id, votes = added(database), Votes(database)
    for voter, vote in (("ana", Vote.GOOD), ("rui", Vote.BAD), ("eva", Vote.GOOD)):
        assert votes.cast(entry_id, voter, vote, at_ms=NOW_MS)
    assert votes.tallies([entry_id]) == {entry_id: Tally(good=2, bad=1)}
    assert votes.cast(entry_id, "ana", Vote.BAD, at_ms=NOW_MS)
    assert votes.cast(entry_id, "eva", Vote.NONE, at_ms=NOW_MS)
    assert votes.tallies([entry_id, "other"]) == {entry_id: Tally(bad=2)}


def test_a_vote_travels_with_the_scope_of_its_entry(database: Database) -> None:
    entry_id = added(database, mode=Mode.USER, user_id=USER)
    Votes(database).cast(entry_id, "rui", Vote.GOOD, at_ms=NOW_MS + 5)
    (row,) = waiting(database)
    assert msgspec.json.decode(row.row, type=VoteRow) == VoteRow(
        entry_id, "rui", 1, "user", USER, MACHINE, NOW_MS + 5, NOW_MS + 5
    )


def test_a_change_is_newer_than_what_it_changes_whatever_the_clock_says(
    database: Database,
) -> None:
    entry_id, votes = added(database), Votes(database)
    votes.cast(entry_id, "rui", Vote.GOOD, at_ms=NOW_MS)
    before = waiting(database)
    votes.cast(entry_id, "rui", Vote.BAD, at_ms=NOW_MS - 1_000)
    (after,) = waiting(database)
    row = msgspec.json.decode(after.row, type=VoteRow)
    assert (row.created_at, row.updated_at, row.value) == (NOW_MS, NOW_MS + 1, -1)
    assert after.local_seq > before[0].local_seq


def test_the_same_vote_again_and_none_without_one_change_nothing(database: Database) -> None:
    entry_id, votes = added(database), Votes(database)
    assert not votes.cast(entry_id, "ana", Vote.NONE, at_ms=NOW_MS)
    assert waiting(database) == []
    votes.cast(entry_id, "ana", Vote.GOOD, at_ms=NOW_MS)
    before = waiting(database)
    assert not votes.cast(entry_id, "ana", Vote.GOOD, at_ms=NOW_MS + 9)
    assert waiting(database) == before


def test_nothing_private_or_deleted_is_voted_on(database: Database) -> None:
    votes = Votes(database)
    for entry_id in (added(database, private=True), added(database, deleted_at=NOW_MS)):
        assert not votes.cast(entry_id, "ana", Vote.GOOD, at_ms=NOW_MS)
    assert waiting(database) == []
