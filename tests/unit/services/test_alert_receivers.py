"""Who is told of alerts: real servers, real commands."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.domain.alerts import Level, Rule
from ipcom_chat.errors import SettingsError
from ipcom_chat.services.alert_receivers import (
    Command,
    LogReceiver,
    NotDeliveredError,
    Webhook,
    payload,
)
from ipcom_chat.services.alert_state import Alert
from tests.support.machine import eventually
from tests.support.webhook import hook

ALERT = Alert(
    id="a1", rule=Rule.QUEUE, subject="", level=Level.WARNING, before=Level.OK, value=1_200.0,
    limit=1_000.0, text="1200 rows wait: <!channel> & more", at=1_795_862_239_871,
    hostname="host", machine_id="machine",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `caplog` hear the log, also after a test that opened a log file."""
    monkeypatch.setattr(logging.getLogger("ipcom_chat"), "propagate", True)


def changed(**changes: Any) -> Alert:
    return msgspec.structs.replace(ALERT, **changes)


def test_slack_shows_the_text_and_programs_read_the_rest() -> None:
    with hook() as found:
        Webhook(found.url)(ALERT)
    (got,) = found.got
    assert got["text"] == ":warning: host: 1200 rows wait: &lt;!channel&gt; &amp; more"
    assert got["message"] == ALERT.text
    assert (got["id"], got["alert"], got["level"], got["before"]) == (
        "a1",
        "queue",
        "warning",
        "ok",
    )
    assert (got["value"], got["limit"], got["at"]) == (1_200, 1_000, "2026-11-28T10:37:19Z")


@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_what_is_not_accepted_is_not_told(status: int) -> None:
    with hook() as found:
        found.statuses = [status]
        with pytest.raises(NotDeliveredError, match=f"HTTP {status}"):
            Webhook(found.url)(ALERT)
        assert (found.tried, found.got) == (1, [])
        Webhook(found.url)(ALERT)
        assert len(found.got) == 1


def test_a_slow_server_is_waited_for_within_the_time() -> None:
    with hook() as found:
        found.waits = True
        with pytest.raises(NotDeliveredError, match="Timeout"):
            Webhook(found.url, limit_s=2.0)(ALERT)
        assert found.tried == 1


@contextmanager
def dripping() -> Iterator[str]:
    """Serve a head that never ends, a byte at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            client, _address = server.accept()
            with client:
                client.sendall(b"HTTP/1.1 200 OK\r\n")
                while not ended.wait(0.02):
                    try:
                        client.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/secret"
        ended.set()
        thread.join()


def test_a_server_that_drips_does_not_hold_it() -> None:
    with dripping() as url, pytest.raises(NotDeliveredError, match="TimeoutError"):
        Webhook(url, limit_s=0.5)(ALERT)


def test_a_server_that_is_not_there_and_no_word_of_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotDeliveredError) as caught:
        Webhook(f"http://127.0.0.1:{port}/very-secret")(ALERT)
    assert "secret" not in str(caught.value)
    assert str(port) not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x", "ftp://127.0.0.1/x", "hooks.example.com", "https://",
        "http://127.0.0.1.example.com/x", "http://localhost@example.com/x", "http://[::1", "",
    ],
)  # fmt: skip
def test_nothing_goes_unencrypted_over_a_network(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Webhook(url)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com/x", "http://localhost:1/", "http://[::1]/"]
)
def test_what_is_encrypted_or_stays_here(url: str) -> None:
    Webhook(url)


def script(folder: Path, text: str) -> tuple[str, ...]:
    path = folder / "tell.py"
    path.write_text(text)
    return (sys.executable, str(path), "two words")


def test_a_command_gets_json_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURSO_AUTH_TOKEN", "very-secret")
    told = tmp_path / "told"
    Command(
        script(
            tmp_path,
            "import json, os, sys\n"
            f"open({str(told)!r}, 'w').write(json.dumps([json.load(sys.stdin), dict(os.environ),"
            " sys.argv[1:]]))",
        )
    )(changed(value=None))
    data, environment, argv = msgspec.json.decode(told.read_bytes())
    assert data == payload(changed(value=None))
    assert environment["IPCOM_ALERT_LEVEL"] == "warning"
    assert environment["IPCOM_ALERT_MESSAGE"] == ALERT.text
    assert environment["IPCOM_ALERT_VALUE"] == ""
    assert "very-secret" not in environment.values()
    assert argv == ["two words"]


def test_a_command_may_ignore_what_it_is_given() -> None:
    Command(("/bin/true",))(changed(text="x" * 100_000))


def test_a_command_that_fails_was_not_told() -> None:
    with pytest.raises(NotDeliveredError, match="exit code 3"):
        Command(("/bin/sh", "-c", "exit 3"))(ALERT)
    with pytest.raises(NotDeliveredError, match="No such file"):
        Command(("/no/such/command",))(ALERT)
    with pytest.raises(NotDeliveredError, match="Permission denied"):
        Command(("/",))(ALERT)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"


@pytest.mark.parametrize("ending", ["sleep 600", "exit 0"])
def test_nothing_is_left_of_a_command(tmp_path: Path, ending: str) -> None:
    pids = tmp_path / "pids"
    line = f"trap '' TERM; sleep 600 & echo $! > {pids}; echo $$ >> {pids}; {ending}"
    command = Command(("/bin/sh", "-c", line), limit_s=1.0)
    if ending == "exit 0":
        command(ALERT)
    else:
        with pytest.raises(NotDeliveredError, match="timeout"):
            command(ALERT)
    found = [int(word) for word in pids.read_text().split()]
    try:
        assert len(found) == 2
        eventually(lambda: [pid for pid in found if is_alive(pid)], lambda left: left == [])
    finally:
        for pid in filter(is_alive, found):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("level", "number"),
    [(Level.OK, logging.INFO), (Level.WARNING, logging.WARNING), (Level.CRITICAL, logging.ERROR)],
)
def test_the_log_has_no_names_and_people_have_the_text(
    caplog: pytest.LogCaptureFixture, level: Level, number: int
) -> None:
    told: list[str] = []
    with caplog.at_level(logging.INFO, "ipcom_chat"):
        LogReceiver(told.append)(changed(level=level, subject="ana", text="ana spent it all"))
    assert told == ["ana spent it all"]
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (
        number,
        f"alert queue: {level.value}, was ok",
    )
