"""Dates as people write them."""

import time
from collections.abc import Iterator

import pytest

from ipcom_chat.search.dates import Span, read_date

DAY_MS = 24 * 3_600_000


@pytest.fixture(params=["UTC", "America/Sao_Paulo", "Europe/Berlin"], autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> int:
    return int(time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S")) * 1000)


def now() -> int:
    return at("2026-03-18 15:30:00")  # a Wednesday


def read(text: str) -> Span | None:
    return read_date(text, now())


@pytest.mark.parametrize(
    ("texts", "start", "end"),
    [
        ("today|hoje|HOJE", "2026-03-18 00:00:00", "2026-03-19 00:00:00"),
        ("yesterday|ontem|Ontem", "2026-03-17 00:00:00", "2026-03-18 00:00:00"),
        ("anteontem|antes_de_ontem|antes-de-ontem", "2026-03-16 00:00:00", "2026-03-17 00:00:00"),
        ("2026-01-31|31/01/2026|31/1|2026-1-31", "2026-01-31 00:00:00", "2026-02-01 00:00:00"),
        ("2026-01", "2026-01-01 00:00:00", "2026-02-01 00:00:00"),
        ("2025", "2025-01-01 00:00:00", "2026-01-01 00:00:00"),
        ("2026-01-31T08:00|2026-01-31 8:00", "2026-01-31 08:00:00", "2026-01-31 08:01:00"),
        ("2026-01-31T08", "2026-01-31 08:00:00", "2026-01-31 09:00:00"),
        ("2026-01-31T08:00:05", "2026-01-31 08:00:05", "2026-01-31 08:00:06"),
        ("this week|esta semana", "2026-03-16 00:00:00", "2026-03-23 00:00:00"),
        ("last week|last_week|semana passada", "2026-03-09 00:00:00", "2026-03-16 00:00:00"),
        ("last month|mês passado", "2026-02-01 00:00:00", "2026-03-01 00:00:00"),
        ("this year|este ano", "2026-01-01 00:00:00", "2027-01-01 00:00:00"),
        ("ano passado", "2025-01-01 00:00:00", "2026-01-01 00:00:00"),
        ("monday|segunda|segunda-feira", "2026-03-16 00:00:00", "2026-03-17 00:00:00"),
        ("quarta|wed", "2026-03-18 00:00:00", "2026-03-19 00:00:00"),
        ("sábado|sat", "2026-03-14 00:00:00", "2026-03-15 00:00:00"),
    ],
)
def test_calendar_dates_are_whole_spans(texts: str, start: str, end: str) -> None:
    for text in texts.split("|"):
        assert read(text) == Span(at(start), at(end)), text


@pytest.mark.parametrize(
    ("texts", "seconds"),
    [
        ("7d|7 days|7 dias|7 days ago|há 7 dias|7 dias atrás|last 7 days", 7 * 86_400),
        ("2h|2 horas", 2 * 3600),
        ("30min|30 minutos", 1800),
        ("2w|2 semanas", 14 * 86_400),
        ("3 meses|3 months", 90 * 86_400),
        ("1y|1 ano", 365 * 86_400),
    ],
)
def test_a_while_ago_counts_back_from_now(texts: str, seconds: int) -> None:
    for text in texts.split("|"):
        assert read(text) == Span(now() - seconds * 1000, now()), text


def test_now_is_a_moment() -> None:
    assert read("agora") == Span(now(), now() + 1)


@pytest.mark.parametrize(
    "text",
    ["", "quo", "30/02/2026", "2026-13", "2026-02-30", "32/1", "25:00", "7 bananas", "d", "1/1/1",
     "2026-01-31T25:00", "99999999d9", "ontem à noite"],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert read(text) is None


def test_a_while_longer_than_time_begins_with_it() -> None:
    assert read("999999y") == Span(0, now())
