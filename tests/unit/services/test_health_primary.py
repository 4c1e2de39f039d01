"""What `doctor` says of the primary, its token, and what waits."""

from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.people import Heartbeat
from ipcom_chat.errors import SettingsError
from ipcom_chat.services.health import Check, Status, Subject, examine
from ipcom_chat.services.health_primary import QUEUE_LAG_MS, SLOW_MS, TOKEN_WARNING_MS
from ipcom_chat.services.sync import SKEW_MS, Probe
from tests.support.replica import NOW_MS as SAVED_MS
from tests.support.replica import fill
from tests.unit.domain.test_tokens import token

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000


def checks(folder: Path, **changes: Any) -> dict[str, Check]:
    subject = Subject(
        replica=folder / "data" / "history.db",
        state_dir=folder / "state",
        config_file=folder / "config.toml",
        machine_id="m1",
        **({"now_ms": NOW_MS} | changes),
    )
    return {check.name: check for check in examine(subject)}


def probe(*beats: Heartbeat, **changes: Any) -> Probe:
    values: dict[str, Any] = {"host": "h", "round_trip_ms": 3.0, "skew_ms": 0, "beats": beats}
    return Probe(**(values | changes))


@pytest.mark.parametrize(
    ("claims", "status", "words"),
    [
        ({"a": "rw", "exp": (NOW_MS + 90 * DAY_MS) // 1000}, Status.OK, "may read and write, unt"),
        ({"a": "ro", "exp": (NOW_MS + 90 * DAY_MS) // 1000}, Status.OK, "reads only, until"),
        ({"a": "rw"}, Status.OK, "without an end"),
        ({"exp": (NOW_MS + TOKEN_WARNING_MS) // 1000 - 1}, Status.WARNING, "until 20"),
        ({"exp": NOW_MS // 1000}, Status.FAILED, "It ended on 20"),
    ],
)
def test_the_token(tmp_path: Path, claims: object, status: Status, words: str) -> None:
    text = token(claims)
    found = checks(tmp_path, token=lambda: text)["token"]
    assert (found.status, words in found.detail) == (status, True)
    assert text not in str(found)
    assert (found.remedy is None) == (status is Status.OK)


@pytest.mark.parametrize(
    ("text", "words"), [(None, "none is configured"), ("opaque", "does not say when it ends")]
)
def test_no_token_and_one_that_says_nothing_are_well(
    tmp_path: Path, text: str | None, words: str
) -> None:
    found = checks(tmp_path, token=lambda: text)["token"]
    assert (found.status, found.detail) == (Status.OK, words)


def test_a_token_that_cannot_be_had_fails(tmp_path: Path) -> None:
    def refuse() -> str:
        raise SettingsError("not yours alone")

    found = checks(tmp_path, token=refuse)["token"]
    assert (found.status, found.detail) == (Status.FAILED, "not yours alone")


@pytest.mark.parametrize(
    ("changes", "name", "status"),
    [
        ({}, "sync", Status.OK),
        ({}, "clock", Status.OK),
        ({"round_trip_ms": SLOW_MS + 1.0}, "sync", Status.WARNING),
        ({"skew_ms": -SKEW_MS}, "clock", Status.WARNING),
    ],
)
def test_the_way_to_the_primary(
    tmp_path: Path, changes: dict[str, Any], name: str, status: Status
) -> None:
    assert checks(tmp_path, probe=lambda: probe(**changes))[name].status is status


@pytest.mark.parametrize(
    ("rows", "age_ms", "status", "words"),
    [
        (0, 0, Status.OK, "nothing waits"),
        (1, 0, Status.OK, "One row has waited for 0 min"),
        (3, 3_660_000, Status.OK, "3 rows wait to be sent, the oldest for 1 h 1 min"),
        (3, QUEUE_LAG_MS + 1, Status.WARNING, "the oldest for 24 h 0 min"),
        (1001, 0, Status.WARNING, "1001 rows wait"),
    ],
)
def test_what_waits(tmp_path: Path, rows: int, age_ms: int, status: Status, words: str) -> None:
    fill(tmp_path / "data" / "history.db", rows, size=1)
    found = checks(tmp_path, probe=probe, now_ms=SAVED_MS + age_ms)["queue"]
    assert (found.status, words in found.detail) == (status, True), found.detail
