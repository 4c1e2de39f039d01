"""What processes measure of themselves is added up, kept a month, and lost only by seconds."""

import time
from multiprocessing.connection import Connection
from pathlib import Path

import apsw
import pytest

from ipcom_chat.clock import DAY_MS, HOUR_MS, MINUTE_MS
from ipcom_chat.errors import NotFoundError, StorageBusyError
from ipcom_chat.services.measuring import Measuring, write_measured
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.measures import KEPT_DAYS, Measures
from ipcom_chat.storage.meter import READ, SEARCH, WRITE, Meter, timed, timing
from tests.support.replica import NOW_MS, StepClock, an_entry, kill, opened, process, together


def test_what_was_measured_is_read_as_it_was(tmp_path: Path) -> None:
    clock = StepClock()
    meter = Meter(clock)
    for _ in range(3):
        meter.took(WRITE, 1.5)
    meter.took(WRITE, 9.0, ok=False)
    meter.count("errors")
    meter.count("errors", 2)
    meter.reused("e1")
    with opened(tmp_path / "history.db") as database:
        assert write_measured(database, meter, clock)
        assert meter.is_empty
        measures = Measures(database)
        assert measures.latencies(NOW_MS, NOW_MS + 1) == {WRITE: ({1_600: 3}, 4_500)}
        assert measures.tallies(NOW_MS, NOW_MS + 1) == {"errors": 3}
        assert measures.minutes((WRITE, SEARCH), NOW_MS, NOW_MS + 1) == (1, 1, 0)
        assert measures.reuses(NOW_MS, NOW_MS + 1, limit=5) == {"e1": 1}
        assert measures.tallies(NOW_MS + HOUR_MS, NOW_MS + 2 * HOUR_MS) == {}


def test_a_minute_is_available_if_nothing_failed_in_it(tmp_path: Path) -> None:
    clock = StepClock()
    meter = Meter(clock)
    for ok in ((True,), (True, False), (False,), (True, True)):
        for each in ok:
            meter.took(WRITE, 1.0, ok=each)
            meter.took(SEARCH, 1.0)
        clock.ms += MINUTE_MS
    clock.ms += MINUTE_MS  # a minute without any try does not count
    with opened(tmp_path / "history.db") as database:
        write_measured(database, meter, clock)
        span = (NOW_MS, clock.ms)
        assert Measures(database).minutes((WRITE, SEARCH), *span) == (4, 4, 2)
        assert Measures(database).minutes((WRITE,), *span) == (4, 3, 2)


def test_what_is_too_old_stays_in_the_sums_alone(tmp_path: Path) -> None:
    clock = StepClock()
    meter = Meter(clock)
    with opened(tmp_path / "history.db") as database:
        measures = Measures(database)
        for _ in range(2):
            meter.took(WRITE, 1.0)
            meter.count("errors")
            meter.reused("e1")
            write_measured(database, meter, clock)
            clock.ms += (KEPT_DAYS + 1) * DAY_MS
        meter.took(READ, 2.0)
        write_measured(database, meter, clock)
        assert measures.latencies(1, clock.ms + 1) | {READ: None} == {
            WRITE: ({1_000: 2}, 2_000), READ: None,
        }  # fmt: skip
        assert measures.tallies(0, clock.ms) == {"errors": 2}
        assert measures.tallies(HOUR_MS, clock.ms) == {}
        assert measures.minutes((WRITE,), 0, clock.ms) == (0, 0, 0)
        assert measures.reuses(0, clock.ms, limit=5) == {}
        assert database.number("SELECT count(*) FROM latencies WHERE hour > 0") == 1


def test_a_meter_that_nobody_drains_stays_small() -> None:
    meter = Meter(StepClock())
    for _ in range(10_000):
        meter.took(WRITE, 1.0)
    assert len(meter._took) < 1_000
    assert meter.drain().latencies == {(NOW_MS // HOUR_MS, WRITE, 1_000): 10_000}


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    clock, path = StepClock(), tmp_path / "history.db"
    meter = Meter(clock)
    meter.took(WRITE, 1.0)
    meter.took(WRITE, 1.0, ok=False)
    meter.count("errors")
    meter.reused("e1")
    with opened(path) as database, opened(path) as other:
        with other.write():
            assert write_measured(database, meter, clock) is False
        assert write_measured(database, meter, clock)
        measures = Measures(database)
        assert measures.tallies(NOW_MS, NOW_MS + 1) == {"errors": 1}
        assert measures.minutes((WRITE,), NOW_MS, NOW_MS + 1) == (1, 1, 0)
        assert measures.latencies(NOW_MS, NOW_MS + 1)[WRITE] == ({1_000: 1}, 1_000)


def test_saves_are_measured_and_those_that_fail_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with opened(path) as database, opened(path) as other:
        meter = database.meter = Meter(StepClock())
        Entries(database).add(an_entry(), actor="test")
        with database.hurried(0.0), other.write(), pytest.raises(StorageBusyError):
            Entries(database).add(an_entry(), actor="test")
        assert database.connection.pragma("synchronous") == 2
        found = meter.drain()
        assert found.minutes == {(NOW_MS // MINUTE_MS, WRITE): (1, 1)}
        assert sum(found.latencies.values()) == 1


def test_what_is_not_found_is_no_failure() -> None:
    meter = Meter(StepClock())
    with pytest.raises(NotFoundError), timing(meter, READ):
        raise NotFoundError("no")
    with pytest.raises(StorageBusyError), timing(meter, READ):
        raise StorageBusyError("busy")
    with timing(None, READ):
        pass
    assert meter.drain().minutes == {(NOW_MS // MINUTE_MS, READ): (0, 1)}


def test_a_listing_takes_what_its_rows_take_however_long_they_are_looked_at() -> None:
    meter = Meter(StepClock())
    assert list(timed(meter, READ, "ab")) == ["a", "b"]
    rows = timed(meter, READ, "ab")
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert list(timed(None, READ, "ab")) == ["a", "b"]
    assert meter.drain().minutes == {(NOW_MS // MINUTE_MS, READ): (2, 0)}


def _measure(index: int, path: Path) -> None:
    clock = StepClock()
    with opened(path) as database:
        database.meter = Meter(clock)
        for number in range(25):
            Entries(database).add(an_entry(command=f"{index} {number}"), actor="test")
            if number % 10 == index % 10:
                while not write_measured(database, database.meter, clock):
                    pass
        while not write_measured(database, database.meter, clock):
            pass


def test_sixteen_processes_lose_no_measurement(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with opened(path):
        pass
    together(_measure, 16, path)
    with opened(path) as database:
        counts, _sum = Measures(database).latencies(0, NOW_MS + 1)[WRITE]
        assert sum(counts.values()) == 16 * 25


def _measure_until_killed(connection: Connection, path: Path) -> None:
    clock = StepClock()
    meter = Meter(clock)
    Measuring(path, meter, clock, every_s=0.01).start()
    while True:
        meter.took(WRITE, 1.0)
        connection.send(1)
        time.sleep(0.001)


def test_who_is_killed_has_written_all_but_the_last_moments(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with opened(path):
        pass
    child, connection = process(_measure_until_killed, path)
    with opened(path) as database:
        sent, written = 0, 0
        while written < 20:
            connection.recv()
            sent += 1
            found = Measures(database).latencies(0, NOW_MS + 1)
            written = sum(found[WRITE][0].values()) if found else 0
        kill(child)
        found = Measures(database).latencies(0, NOW_MS + 1)
        assert sum(found[WRITE][0].values()) >= written
        assert database.connection.pragma("integrity_check") == "ok"


def test_the_thread_writes_what_is_measured_and_ends(tmp_path: Path) -> None:
    path, clock = tmp_path / "history.db", StepClock()
    meter = Meter(clock)
    with opened(path) as database:
        thread = Measuring(path, meter, clock, every_s=0.01)
        thread.start()
        meter.count("errors")
        while not Measures(database).tallies(0, NOW_MS + 1):
            time.sleep(0.005)
        meter.count("errors")
        while Measures(database).tallies(0, NOW_MS + 1)["errors"] < 2:
            time.sleep(0.005)
        thread.stop()


def test_a_replica_that_cannot_be_opened_ends_the_thread_quietly(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    apsw.Connection(str(path)).execute("CREATE TABLE other (n)")
    meter = Meter(StepClock())
    meter.count("errors")
    thread = Measuring(path, meter, StepClock(), every_s=0.01)
    thread.start()
    thread._thread.join(10)
    assert not thread._thread.is_alive()
    assert not meter.is_empty
