"""What a check stores and who is told, over a real replica, real files and real receivers."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.alerts import Level, Limits, Reading, Rule, Threshold
from ipcom_chat.ids import MachineId
from ipcom_chat.services import alerts as module
from ipcom_chat.services.alert_receivers import Command, NotDeliveredError, Receiver, Webhook
from ipcom_chat.services.alert_state import WAITING_MAX, Alert, AlertStore, Primary
from ipcom_chat.services.alerts import AlertService, Whose
from tests.support.replica import StepClock
from tests.support.webhook import hook

START_MS = 1_795_862_239_871
LIMITS = Limits(
    thresholds={Rule.QUEUE: Threshold(warning=1_000, critical=10_000),
                Rule.PARKED: Threshold(warning=0)},
    settle_ms=60_000,
)  # fmt: skip


class Figures:
    """Readings as a test wants them."""

    def __init__(self) -> None:
        self.queue: float = 0.0
        self.parked: float = 0.0

    def asked(self, known: Primary) -> Primary:
        return known

    def readings(self, known: Primary) -> list[Reading]:
        return [
            Reading(rule=Rule.QUEUE, value=self.queue),
            Reading(rule=Rule.PARKED, value=self.parked),
        ]


class Heard:
    """A receiver that fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.alerts: list[Alert] = []
        self.fails = fails
        self.tried = 0

    def __call__(self, alert: Alert) -> None:
        self.tried += 1
        if self.fails:
            self.fails -= 1
            raise NotDeliveredError("not now")
        self.alerts.append(alert)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(each.rule.value, each.level.value) for each in self.alerts]


class Replica:
    """Processes of one replica: each service is one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "alerts.json"
        self.clock = StepClock(START_MS)
        self.figures = Figures()

    def service(self, **receivers: Receiver) -> AlertService:
        return self.over(receivers)

    def over(self, receivers: Mapping[str, Receiver]) -> AlertService:
        figures: Any = self.figures
        return AlertService(
            figures, LIMITS, AlertStore(self.path), receivers,
            Whose(hostname="host", machine_id=MachineId("machine")), self.clock,
        )  # fmt: skip

    def later(self, seconds: float) -> None:
        self.clock.ms += round(seconds * 1000)


@pytest.fixture
def replica(tmp_path: Path) -> Replica:
    return Replica(tmp_path / "data")


@pytest.fixture(autouse=True)
def _heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `caplog` hear the log, also after a test that opened a log file."""
    monkeypatch.setattr(logging.getLogger("ipcom_chat"), "propagate", True)


def test_a_change_is_told_once_not_at_each_check(replica: Replica) -> None:
    heard = Heard()
    service = replica.service(heard=heard)
    replica.figures.queue = 1_200
    for _check in range(5):
        checked = service.check()
        assert service.deliver() is None
        replica.later(60)
    assert heard.told == [("queue", "warning")]
    assert (checked.level, checked.rules) == (Level.WARNING, 2)
    (finding,) = checked.findings
    assert finding.text.startswith("1200 rows wait")
    assert finding.since == START_MS


def test_recovery_is_told_too(replica: Replica) -> None:
    heard = Heard()
    service = replica.service(heard=heard)
    replica.figures.queue = 20_000
    service.check()
    replica.figures.queue = 0
    checked = service.check()
    assert checked.findings[0].text == "Better, to be watched: too many rows waited."
    replica.later(60)
    assert service.check().level is Level.OK
    service.deliver()
    assert heard.told == [("queue", "critical"), ("queue", "ok")]
    assert heard.alerts[1].text == "Over: too many rows waited."
    assert heard.alerts[0].id != heard.alerts[1].id


def test_the_worst_stands_first(replica: Replica) -> None:
    service = replica.service()
    replica.figures.parked = 1
    service.check()
    replica.later(1)
    replica.figures.queue = 20_000
    checked = service.check()
    assert [each.rule for each in checked.findings] == [Rule.QUEUE, Rule.PARKED]
    assert checked.level is Level.CRITICAL


def test_what_a_process_did_not_tell_the_next_one_tells(replica: Replica) -> None:
    replica.figures.queue = 1_200
    replica.service(heard=Heard()).check()
    heard = Heard()
    after = replica.service(heard=heard)
    after.deliver()
    assert heard.told == [("queue", "warning")]
    after.deliver()
    assert len(heard.told) == 1


def test_two_processes_that_check_at_once_tell_once(replica: Replica) -> None:
    heard = Heard()
    replica.figures.queue = 1_200
    services = [replica.service(heard=heard) for _process in range(4)]
    start = threading.Barrier(len(services))

    def work(service: AlertService) -> None:
        start.wait()
        service.check()
        service.deliver()

    threads = [threading.Thread(target=work, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    replica.service(heard=heard).deliver()
    assert heard.told == [("queue", "warning")]


def test_who_finds_another_telling_leaves_it_to_that_one(replica: Replica) -> None:
    heard = Heard()
    service = replica.service(heard=heard)
    replica.figures.queue = 1_200
    service.check()
    with AlertStore(replica.path).sending() as may_send:
        assert may_send
        assert service.deliver() == START_MS
        assert heard.tried == 0
    service.deliver()
    assert len(heard.told) == 1


def test_a_receiver_that_fails_is_tried_later_and_later(
    replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    broken, heard = Heard(fails=2), Heard()
    service = replica.service(broken=broken, heard=heard)
    replica.figures.queue = 1_200
    service.check()
    assert service.deliver() == START_MS + 5_000
    assert service.deliver() == START_MS + 5_000
    assert (broken.tried, heard.told) == (1, [("queue", "warning")])
    assert "was not told to broken (not now), try 1: kept" in caplog.text
    replica.later(5)
    assert service.deliver() == START_MS + 5_000 + 10_000
    replica.later(10)
    assert service.deliver() is None
    assert broken.told == [("queue", "warning")]
    assert len(heard.told) == 1


def test_it_is_given_up_at_last_and_the_state_stays(
    replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Heard(fails=1_000)
    service = replica.service(broken=broken)
    replica.figures.queue = 1_200
    service.check()
    while service.deliver() is not None:
        replica.later(3_600)
    assert broken.tried == module.TRIES
    assert f"try {module.TRIES}: given up" in caplog.text
    assert service.check().level is Level.WARNING
    broken.fails = 0
    replica.figures.queue = 0
    service.check()
    replica.later(60)
    service.check()
    service.deliver()
    assert broken.told == [("queue", "ok")]


def test_each_receiver_hears_in_order(replica: Replica) -> None:
    heard = Heard(fails=1)
    service = replica.service(heard=heard)
    replica.figures.queue = 1_200
    service.check()
    service.deliver()
    replica.figures.queue = 20_000
    service.check()
    service.deliver()
    assert heard.tried == 1  # the later one waits behind the first
    replica.later(5)
    service.deliver()
    assert heard.told == [("queue", "warning"), ("queue", "critical")]


def test_what_waits_is_bounded(replica: Replica, caplog: pytest.LogCaptureFixture) -> None:
    broken = Heard(fails=10_000)
    service = replica.service(broken=broken)
    replica.figures.queue = 1_200
    for round_ in range(WAITING_MAX + 5):
        replica.figures.parked = float(round_ % 2)
        service.check()
        replica.later(61)
        service.check()
    assert len(AlertStore(replica.path).read().outbox) == WAITING_MAX
    assert "given up, too many wait" in caplog.text


def test_a_receiver_that_is_configured_no_more_is_forgotten(replica: Replica) -> None:
    replica.figures.queue = 1_200
    replica.service(gone=Heard()).check()
    assert replica.service().deliver() is None
    assert AlertStore(replica.path).read().outbox == ()


def test_no_try_begins_when_it_is_stopped_or_late(replica: Replica) -> None:
    heard = Heard()
    service = replica.service(heard=heard)
    replica.figures.queue = 1_200
    service.check()
    assert service.deliver(lambda: True) == START_MS
    assert service.deliver(limit_s=0.0) == START_MS
    assert heard.tried == 0


def test_a_clock_that_was_set_back_does_not_delay_a_try_for_ever(replica: Replica) -> None:
    heard = Heard(fails=1)
    service = replica.service(heard=heard)
    replica.figures.queue = 1_200
    replica.later(86_400)
    service.check()
    service.deliver()
    replica.later(-86_400)
    service.deliver()
    assert heard.told == [("queue", "warning")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"held":{"queue":{"level":"awful"}}}'])
def test_a_damaged_state_counts_as_empty(replica: Replica, text: str) -> None:
    heard = Heard()
    replica.path.parent.mkdir(parents=True)
    replica.path.write_text(text)
    service = replica.service(heard=heard)
    replica.figures.queue = 1_200
    service.check()
    service.deliver()
    assert heard.told == [("queue", "warning")]


def test_its_files_are_of_their_owner_alone(replica: Replica) -> None:
    replica.figures.queue = 1_200
    replica.service(heard=Heard()).check()
    replica.service(heard=Heard()).deliver()
    files = sorted(replica.path.parent.iterdir())
    assert [file.name for file in files] == [
        "alerts.json", "alerts.json.lock", "alerts.json.sending",
    ]  # fmt: skip
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_what_cannot_be_stored_is_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    replica, heard = Replica(tmp_path / "data"), Heard()
    service = replica.service(heard=heard)
    replica.figures.queue = 1_200
    for _check in range(3):
        assert service.check().level is Level.WARNING
        assert service.deliver() is None
    assert heard.told == [("queue", "warning")]


@contextmanager
def failing_twice() -> Iterator[Any]:
    with hook() as found:
        found.statuses = [500, 503]
        yield found


def test_a_web_hook_that_answers_500_and_then_200(replica: Replica) -> None:
    with failing_twice() as found:
        service = replica.service(webhook=Webhook(found.url))
        replica.figures.queue = 1_200
        service.check()
        while (due := service.deliver()) is not None:
            replica.later((due - replica.clock.now_ms()) / 1000)
        assert found.tried == 3
        assert found.alerts == [("queue", "warning")]


def test_a_command_that_fails_keeps_no_other_waiting(replica: Replica) -> None:
    with hook() as found:
        service = replica.service(command=Command(("/bin/false",)), webhook=Webhook(found.url))
        replica.figures.queue = 1_200
        service.check()
        service.deliver()
        assert found.alerts == [("queue", "warning")]
        assert [each.receiver for each in AlertStore(replica.path).read().outbox] == ["command"]
