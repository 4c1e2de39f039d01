"""The counts of a whole history are those of its entries."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status
from ipcom_chat.errors import StorageFullError
from ipcom_chat.ids import SessionId, UserId
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import EntryFilter
from ipcom_chat.storage.usage import Usage
from ipcom_chat.storage.usage_stats import CountedStats
from tests.support.replica import MACHINE, NOW_MS, USER, an_entry, opened
from tests.unit.storage.test_usage import entries

WHOLE = EntryFilter()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(entries, max_size=15), st.sampled_from((None, Mode.GLOBAL)), st.booleans(),
    st.none() | st.sampled_from(Kind), st.none() | st.sampled_from(Status),
)  # fmt: skip
def test_they_equal_what_a_look_at_the_entries_gives(
    tmp_path_factory: Any, made: list[Entry], mode: Mode | None, private: bool,
    kind: Kind | None, status: Status | None,
) -> None:  # fmt: skip
    with opened(tmp_path_factory.mktemp("stats") / "history.db") as database:
        stored, counted = Entries(database), CountedStats(database)
        stored.add_all(made, actor="test")
        scope = Scope(mode=mode, machine_id=MACHINE, with_private=private)
        where = EntryFilter(kind=kind, status=status)
        expected = stored.stats(scope, where)
        found = counted.stats(scope, where)
        assert found is not None
        if expected.mean_execution_time_ms is not None:
            assert found.mean_execution_time_ms == pytest.approx(expected.mean_execution_time_ms)
        names = [name for name in found.__struct_fields__ if not name.startswith("mean")]
        assert [getattr(found, n) for n in names] == [getattr(expected, n) for n in names]
        assert counted.days(scope, where) == stored.days(scope, where)


@pytest.fixture
def in_kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "XXX-05:45")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_kathmandu")
def test_days_that_begin_within_an_hour_are_counted_otherwise(tmp_path: Path) -> None:
    with opened(tmp_path / "history.db") as database:
        Entries(database).add(an_entry(status=Status.COMPLETED), actor="test")
        scope = Scope(mode=None, machine_id=MACHINE)
        assert CountedStats(database).days(scope, WHOLE) is None
        assert CountedStats(database).stats(scope, WHOLE) is not None


@pytest.mark.parametrize(
    ("mode", "where"),
    [
        (Mode.USER, WHOLE), (Mode.MACHINE, WHOLE), (Mode.HYBRID, WHOLE),
        (None, EntryFilter(since_ms=NOW_MS)), (None, EntryFilter(until_ms=NOW_MS)),
        (None, EntryFilter(user_id=UserId(USER))), (None, EntryFilter(session_id=SessionId("s"))),
    ],
)  # fmt: skip
def test_parts_are_counted_otherwise(tmp_path: Path, mode: Mode, where: EntryFilter) -> None:
    with opened(tmp_path / "history.db") as database:
        scope = Scope(mode=mode, machine_id=MACHINE, user_id=USER)
        assert CountedStats(database).stats(scope, where) is None
        assert CountedStats(database).days(scope, where) is None


def test_a_full_disk_keeps_no_counts_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_more: object) -> bool:
        raise StorageFullError("full")

    monkeypatch.setattr(Usage, "catch_up", full)
    with opened(tmp_path / "history.db") as database:
        scope = Scope(mode=None, machine_id=MACHINE)
        assert CountedStats(database).stats(scope, WHOLE) is None
