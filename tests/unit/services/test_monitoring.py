"""One look at a replica: the figures are those that docs/kpis.md defines."""

from pathlib import Path

import msgspec
import pytest

from ipcom_chat.clock import DAY_MS, HOUR_MS, MINUTE_MS
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.domain.people import Heartbeat, Machine
from ipcom_chat.domain.votes import Vote
from ipcom_chat.errors import StorageFullError
from ipcom_chat.ids import EntryId, MachineId, ReplicaId
from ipcom_chat.services.measuring import write_measured
from ipcom_chat.services.monitoring import DAY, MONTH, WEEK, Health, Reason, Window
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.storage.meter import SEARCH, SYNC, WRITE, Meter
from ipcom_chat.storage.people import Heartbeats, Machines
from ipcom_chat.storage.sync_state import Parked
from ipcom_chat.storage.usage import Usage
from ipcom_chat.storage.votes import Votes
from tests.support.monitoring import NOON, Seen, seen
from tests.support.replica import MACHINE, REPLICA, an_entry

SYNCED = SyncStatus(condition=Condition.SYNCED, host="db.example.com")


def machine(letter: str, last_seen: int) -> Machine:
    return Machine(
        id=MachineId(letter * 64), hostname=f"host-{letter}", ip_address=None, mac_address=None,
        os_info={}, aliases=(), version="0.9", first_seen=1, last_seen=last_seen,
    )  # fmt: skip


def test_an_empty_replica_alarms_nobody(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        found = replica.look()
        assert found.health is Health.OK
        assert found.reasons == ()
        assert {each.value for each in found.kpis if each.name != "bytes_per_entry"} == {None}
        assert found.answers is None
        assert (found.entries, found.open_requests, found.latencies) == (0, 0, ())
        assert len(found.periods) == 24
        assert found.sync.condition is Condition.OFF


def test_the_window_begins_with_a_step_and_ends_now(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        for window, count in ((DAY, 24), (WEEK, 7), (MONTH, 30)):
            found = replica.look(window=window)
            assert len(found.periods) == count
            step_ms = window.step_hours * HOUR_MS
            assert found.periods[-1].start_ms <= replica.clock.ms
            assert found.periods[-1].start_ms + step_ms > replica.clock.ms
        assert Window(hours=1).since_ms(NOON + 5) == NOON


def test_requests_by_hour_and_the_cancellation_rate(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        replica.entries.add_all(
            [
                *(an_entry(status=Status.COMPLETED, created_at=NOON) for _ in range(6)),
                *(an_entry(status=Status.CANCELLED, created_at=NOON) for _ in range(3)),
                an_entry(status=Status.ERROR, created_at=NOON - HOUR_MS),
                an_entry(status=Status.PENDING, created_at=NOON),
                an_entry(status=Status.CANCELLED, created_at=NOON - 30 * HOUR_MS),
                an_entry(status=Status.COMPLETED, kind=Kind.COMMAND, created_at=NOON),
            ],
            actor="test",
        )
        found = replica.look()
        before, now = found.periods[-2:]
        assert (now.completed, now.cancelled, now.errors, now.commands) == (6, 3, 0, 1)
        assert now.cancellation_rate == pytest.approx(1 / 3)
        assert (before.errors, before.requests) == (1, 1)
        assert found.kpi("cancellation_rate").value == pytest.approx(3 / 10)
        assert found.open_requests == 1
        assert found.entries == 13


def test_commands_a_minute_are_those_of_the_last_five(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        now = replica.clock.ms
        replica.entries.add_all(
            [
                an_entry(
                    kind=Kind.COMMAND, status=Status.COMPLETED, created_at=now - minute * MINUTE_MS
                )
                for minute in (0, 0, 1, 4, 5, 59, 60)
            ],
            actor="test",
        )
        found = replica.look()
        assert found.commands_per_minute == 4 / 5
        assert len(found.commands_by_minute) == 60
        assert found.commands_by_minute[-6:] == (1, 1, 0, 0, 1, 2)
        assert sum(found.commands_by_minute) == 6


def test_latencies_and_availability_come_from_what_was_measured(tmp_path: Path) -> None:
    with seen(tmp_path, SYNCED) as replica:
        meter = Meter(replica.clock)
        for _ in range(100):
            meter.took(WRITE, 60.0)
        replica.clock.ms += MINUTE_MS
        meter.took(SEARCH, 5.0)
        meter.took(SYNC, 5.0, ok=False)
        meter.took(SYNC, 5.0)
        replica.clock.ms += MINUTE_MS
        meter.took(SEARCH, 5.0, ok=False)
        meter.took(SYNC, 5.0, ok=False)
        meter.count("reuse_hits", 3)
        meter.count("reuse_misses")
        write_measured(replica.database, meter, replica.clock)
        found = replica.look()
        write = next(each for each in found.latencies if each.kind == WRITE)
        assert (write.count, write.mean_ms) == (100, 60.0)
        assert 56 <= write.p50_ms <= write.p95_ms <= 63
        assert found.kpi("write_p95_ms").is_met is False
        assert found.kpi("availability").value == pytest.approx(2 / 3)
        assert found.kpi("primary_availability").value == 0.5
        assert found.kpi("reuse").value == 0.75
        assert found.health is Health.WARNING
        assert set(found.reasons) == {Reason.WRITES_SLOW, Reason.AVAILABILITY}
        totals = replica.service.totals()
        assert totals.tallies["reuse_hits"] == 3
        assert [each.kind for each in totals.histograms] == [WRITE, SEARCH, SYNC]


def test_the_sync_rate_counts_own_entries_that_are_late(tmp_path: Path) -> None:
    with seen(tmp_path, SYNCED) as replica:
        now = replica.clock.ms
        ages_ms = (10 * MINUTE_MS, 5 * MINUTE_MS, 1_000, 2_000)
        for age_ms in ages_ms:
            replica.entries.add(
                an_entry(status=Status.COMPLETED, created_at=now - age_ms), actor="test"
            )
        replica.entries.add(
            an_entry(status=Status.COMPLETED, created_at=now - DAY_MS // 2, private=True),
            actor="test",
        )
        assert replica.look().kpi("sync_rate").value == 0.5
        with replica.database.write() as transaction:
            transaction.execute("UPDATE entries SET acked_seq = local_seq")
        assert replica.look().kpi("sync_rate").value == 1.0
        replica.sync = SyncStatus(condition=Condition.OFF)
        assert replica.look().kpi("sync_rate").value is None


def test_time_to_answer_is_that_of_all_machines(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        replica.entries.add_all(
            [
                an_entry(
                    status=Status.COMPLETED, created_at=NOON, execution_time_ms=ms,
                    machine_id=MachineId("c" * 64), replica_id=ReplicaId("d" * 32),
                )
                for ms in (900, 900, 900, 40_000)
            ],
            actor="test",
        )  # fmt: skip
        found = replica.look()
        assert found.answers is not None
        assert found.answers.count == 4
        assert found.answers.mean_ms == pytest.approx(10_675)
        assert 500 < found.answers.p50_ms <= 1_000
        assert 20_000 < found.answers.p99_ms <= 50_000
        assert found.kpi("time_to_answer_ms").value == found.answers.p50_ms


def test_problems_are_those_that_helped_most(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        now, votes = replica.clock.ms, Votes(replica.database)
        asked = [
            an_entry(
                id=EntryId(f"00000000-0000-7000-8000-00000000000{number}"), created_at=now,
                status=Status.COMPLETED, command=f"problem {number}",
            )
            for number in range(5)
        ]  # fmt: skip
        replica.entries.add_all(asked, actor="test")
        for number, voters in enumerate((1, 3, 0, 2, 0)):
            for voter in range(voters):
                value = Vote.BAD if number == 3 else Vote.GOOD
                votes.cast(asked[number].id, f"voter {voter}", value, at_ms=now)
        meter = Meter(replica.clock)
        for _ in range(2):
            meter.reused(asked[2].id)
        meter.reused("gone")
        write_measured(replica.database, meter, replica.clock)
        found = replica.look()
        told = [(each.question, each.good, each.bad, each.reused) for each in found.problems]
        assert told == [("problem 1", 3, 0, 0), ("problem 2", 0, 0, 2), ("problem 0", 1, 0, 0)]
        assert found.problems[0].name == "ana"
        assert len(found.problems[0].short_id) >= 6
        assert found.kpi("satisfaction").value == pytest.approx(4 / 6)
        assert [each.question for each in replica.look(problems_max=1).problems] == ["problem 1"]


def test_machines_by_their_last_sign_of_life(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        now = replica.clock.ms
        machines = Machines(replica.database)
        machines.save(machine("a", now - DAY_MS))
        machines.save(machine("b", now - HOUR_MS))
        beat = Heartbeat(
            machine_id=MachineId("a" * 64), replica_id=REPLICA, hostname="host-a",
            at=now - 60_000, version="1.1", lag_ms=500, waiting=3, skew_ms=-7,
        )  # fmt: skip
        Heartbeats(replica.database).replace([msgspec.structs.astuple(beat)])
        replica.entries.add(an_entry(status=Status.COMPLETED, created_at=NOON), actor="test")
        first, second = replica.look().machines
        assert (first.hostname, first.version, first.last_seen) == ("host-a", "1.1", now - 60_000)
        assert (first.lag_ms, first.waiting, first.skew_ms) == (500, 3, -7)
        assert (second.hostname, second.version, second.lag_ms) == ("host-b", "0.9", None)
        assert replica.look().kpi("adoption").value == 0.5


def test_people_adoption_and_what_answers_took(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        replica.entries.add_all(
            [
                an_entry(
                    status=Status.COMPLETED, created_at=NOON - days * DAY_MS, os_user=who,
                    tokens_used=100, cost_microusd=2_000_000,
                )
                for days, who in ((0, "ana"), (0, "ana"), (0, "bob"), (1, "bob"))
            ],
            actor="test",
        )  # fmt: skip
        found = replica.look(window=WEEK)
        assert [(each.name, each.questions) for each in found.people] == [("ana", 2), ("bob", 2)]
        assert [each.users for each in found.adoption] == [1, 2]
        assert [(each.name, each.tokens) for each in found.spending] == [
            ("ana", 200), ("bob", 100), ("bob", 100),
        ]  # fmt: skip
        assert found.spending[0].day == found.adoption[-1].day
        assert found.spending[0].cost_microusd == 4_000_000


@pytest.mark.parametrize(
    ("status", "health", "reasons"),
    [
        (SYNCED, Health.OK, ()),
        (SyncStatus(condition=Condition.OFFLINE, host="h"), Health.WARNING, (Reason.OFFLINE,)),
        (SyncStatus(condition=Condition.ATTENTION, host="h"), Health.FAILING, (Reason.ATTENTION,)),
        (
            SyncStatus(
                condition=Condition.WAITING, host="h", waiting={"entry": 1_001}, skew_ms=-300_000,
                parked=(Parked(kind="entry", key="k", reason="r", parked_at=1),),
            ),
            Health.FAILING,
            (Reason.PARKED, Reason.QUEUE, Reason.SKEW),
        ),
    ],
)  # fmt: skip
def test_where_synchronisation_stands_is_a_matter_of_health(
    tmp_path: Path, status: SyncStatus, health: Health, reasons: tuple[Reason, ...]
) -> None:
    with seen(tmp_path, status) as replica:
        found = replica.look()
        assert (found.health, found.reasons) == (health, reasons)
        assert found.sync.queue == status.unacknowledged


def test_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    with seen(tmp_path, SYNCED) as replica:
        (tmp_path / "search" / "v1").mkdir(parents=True)
        (tmp_path / "search" / "v1" / "segment").write_bytes(b"x" * 1_000)
        found = replica.look().sizes
        files = (tmp_path / name for name in ("history.db", "history.db-wal"))
        assert found.replica == sum(path.stat().st_size for path in files)
        assert (found.index, found.vectors, found.primary) == (1_000, None, None)
        assert found.free is not None


def test_a_look_that_cannot_count_shows_what_was_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with seen(tmp_path) as replica:
        replica.entries.add(an_entry(status=Status.COMPLETED, created_at=NOON), actor="test")
        assert replica.look().is_partial is False
        replica.entries.add(an_entry(status=Status.COMPLETED, created_at=NOON), actor="test")

        def full(*_args: object, **_more: object) -> bool:
            raise StorageFullError("full")

        monkeypatch.setattr(Usage, "catch_up", full)
        found = replica.look()
        assert found.is_partial
        assert found.periods[-1].completed == 1


def test_whose_entries_are_private_is_not_asked(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        replica.entries.add(
            an_entry(status=Status.COMPLETED, created_at=NOON, private=True), actor="test"
        )
        assert replica.look().periods[-1].completed == 1
        assert _of_machine(replica) == 0


def _of_machine(replica: Seen) -> int:
    return replica.database.number(
        "SELECT sum(n) FROM usage_days JOIN usage_who USING (who) "
        "WHERE machine_id = ? AND NOT private",
        (MACHINE,),
    )
