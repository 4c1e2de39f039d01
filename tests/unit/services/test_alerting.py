"""The thread that checks alerts while `sync --watch` runs."""

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.errors import SettingsError, StorageBusyError
from ipcom_chat.services import alerting as module
from ipcom_chat.services.alerting import Alerting
from tests.support.machine import Machine, eventually


class Service:
    """Counts what is asked of it."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.acts: list[str] = []
        self.fault = fault
        self.due: int | None = None
        self.is_closed = False
        self.holds = threading.Event()
        self.holds.set()

    def check(self) -> None:
        self.acts.append("check")
        if self.fault is not None:
            raise self.fault

    def deliver(self, _stopped: object) -> int | None:
        self.acts.append("deliver")
        self.holds.wait(30)
        return self.due

    @contextmanager
    def opened(self) -> Iterator[Any]:
        yield self
        self.is_closed = True


@pytest.fixture(autouse=True)
def _heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `caplog` hear the log, also after a test that opened a log file."""
    monkeypatch.setattr(logging.getLogger("ipcom_chat"), "propagate", True)


def started(service: Service, every_s: float = 0.01) -> Alerting:
    alerting = Alerting(service.opened, SystemClock(), every_s=every_s)
    alerting.start()
    return alerting


def test_it_tells_what_was_left_and_then_checks_again_and_again() -> None:
    service = Service()
    alerting = started(service)
    eventually(lambda: service.acts, lambda acts: acts.count("check") >= 3)
    alerting.stop()
    assert service.acts[0] == "deliver"
    assert service.is_closed


def test_a_check_that_fails_is_made_again(caplog: pytest.LogCaptureFixture) -> None:
    service = Service(StorageBusyError("busy"))
    alerting = started(service)
    eventually(lambda: service.acts, lambda acts: acts.count("check") >= 2)
    alerting.stop()
    assert "alerts were not checked: storage_busy" in caplog.text


def test_a_try_that_is_due_is_not_left_to_the_next_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LEAST_S", 0.01)
    service = Service()
    service.due = 0
    alerting = started(service, every_s=600)
    eventually(lambda: service.acts, lambda acts: acts.count("deliver") >= 3)
    alerting.stop()
    assert "check" not in service.acts


def test_its_end_does_not_wait_for_a_slow_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JOIN_S", 0.05)
    service = Service()
    service.holds.clear()
    alerting = started(service)
    eventually(lambda: service.acts, bool)
    alerting.stop()
    assert not service.is_closed
    service.holds.set()
    eventually(lambda: service.is_closed, bool)


def test_settings_that_are_wrong_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> AbstractContextManager[Any]:
        raise SettingsError("no")

    alerting = Alerting(refuse, SystemClock())
    alerting.start()
    alerting.stop()
    assert "alerts are not checked: settings" in caplog.text


def test_a_real_replica_is_checked_over_a_connection_of_its_own(tmp_path: Path) -> None:
    told: list[str] = []
    full = {"IPCOM_CHAT_ALERTS_DISK_MIB": "2000000000"}
    with Machine(tmp_path, "one", "", **full).runtime() as runtime:
        alerting = runtime.open_alerting(told.append)
        assert alerting is not None
        alerting._every_s = 0.01
        alerting.start()
        eventually(lambda: told, bool)
        alerting.stop()
    assert len(told) == 1
    assert "MiB are free" in told[0]


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    with Machine(tmp_path, "one", "", IPCOM_CHAT_ALERTS="off").runtime() as runtime:
        assert runtime.open_alerting(print) is None
