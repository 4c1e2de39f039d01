"""How values are written for people."""

import time
from pathlib import Path

import pytest

from ipcom_chat.cli.base import days_ago
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.formats import age, duration, instant, outcome_of, person, recovered, yes_no
from tests.support.replica import an_entry


def test_an_instant_is_written_in_the_local_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    time.tzset()
    try:
        assert instant(1_700_000_000_000) == "2023-11-14 19:13"
        assert instant(1_700_000_000_000, seconds=True) == "2023-11-14 19:13:20"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_is_no_instant_is_shown_as_it_is() -> None:
    assert instant(None) == ""
    assert instant(10**20) == str(10**20)


def test_an_age_is_a_word_or_two_and_from_a_month_on_the_day() -> None:
    now, minute = 1_800_000_000_000, 60_000
    ages = [0, 59 * minute, 60 * minute, 47 * 60 * minute, 48 * 60 * minute, 30 * 1440 * minute]
    assert [age(now, now - each) for each in ages] == [
        "1 min",
        "59 min",
        "1 h",
        "47 h",
        "2 d",
        "30 d",
    ]
    assert age(now, now - 40 * 1440 * minute).startswith("2026-12-")
    assert age(now, now + minute) == "1 min"  # a clock that is ahead


def test_durations_have_units() -> None:
    assert [duration(value) for value in (None, 12, 999.4, 1500)] == [
        "",
        "12 ms",
        "999 ms",
        "1.5 s",
    ]
    minute, hour = 60_000, 3_600_000
    assert [duration(value) for value in (minute, 90_000, hour, 25 * hour, 76 * hour)] == [
        "1 min 0 s",
        "1 min 30 s",
        "1 h 0 min",
        "25 h 0 min",
        "3 d 4 h",
    ]


def test_a_person_is_the_user_and_the_account() -> None:
    assert person("ana", "root") == "ana (root)"
    assert person(None, "root") == "root"
    assert (yes_no(True), yes_no(False)) == ("yes", "no")


def test_d50_days_begin_at_local_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    time.tzset()
    try:
        now = 1_700_010_000_000  # 22:00 on 14 November in São Paulo, the 15th in UTC
        assert days_ago(1, now) == 1_699_930_800_000  # 00:00 on 14 November
        assert days_ago(2, now) == 1_699_930_800_000 - 86_400_000
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_restore_that_was_cut_off_is_not_told_as_damage() -> None:
    assert recovered(Path("/x/history.replaced-1.db"), 2) == (
        "A restore that was cut off is finished: 2 entries. The replaced file lies in "
        "/x/history.replaced-1.db."
    )
    assert "was damaged" in recovered(Path("/x/history.damaged-1.db"), 1)


def test_a_command_without_an_exit_code_is_told_by_its_status() -> None:
    stopped = an_entry(kind=Kind.COMMAND, status=Status.CANCELLED, execution_time_ms=2_000)
    assert outcome_of(stopped) == "cancelled, 2.0 s"
    ended = an_entry(kind=Kind.COMMAND, status=Status.COMPLETED, error_code="0")
    assert outcome_of(ended) == "exit code 0"
