"""Reads dates as people write them, in English and Portuguese; days are those of the local zone.

A date is a span of time: `ontem` is a whole day, `2026-01` a month. `after:` takes its beginning,
`before:` too, so that `before:2026-02-01` means January and earlier.
"""

import re
import time
from typing import Final, NamedTuple

from ipcom_chat.domain.folding import fold

_HOUR_S: Final = 3600
_UNITS: Final = {
    **dict.fromkeys(("min", "mins", "minute", "minutes", "minuto", "minutos"), 60),
    **dict.fromkeys(("h", "hour", "hours", "hora", "horas"), _HOUR_S),
    **dict.fromkeys(("d", "day", "days", "dia", "dias"), 24 * _HOUR_S),
    **dict.fromkeys(("w", "week", "weeks", "s", "sem", "semana", "semanas"), 7 * 24 * _HOUR_S),
    **dict.fromkeys(("month", "months", "mes", "meses", "m"), 30 * 24 * _HOUR_S),
    **dict.fromkeys(("y", "year", "years", "a", "ano", "anos"), 365 * 24 * _HOUR_S),
}
_DAYS_BACK: Final = {
    **dict.fromkeys(("today", "hoje"), 0),
    **dict.fromkeys(("yesterday", "ontem"), 1),
    **dict.fromkeys(("anteontem", "antes de ontem", "antes-de-ontem"), 2),
}
_WEEKDAYS: Final = {
    **dict.fromkeys(("monday", "mon", "segunda", "segunda-feira", "seg"), 0),
    **dict.fromkeys(("tuesday", "tue", "terca", "terca-feira", "ter"), 1),
    **dict.fromkeys(("wednesday", "wed", "quarta", "quarta-feira", "qua"), 2),
    **dict.fromkeys(("thursday", "thu", "quinta", "quinta-feira", "qui"), 3),
    **dict.fromkeys(("friday", "fri", "sexta", "sexta-feira", "sex"), 4),
    **dict.fromkeys(("saturday", "sat", "sabado", "sab"), 5),
    **dict.fromkeys(("sunday", "sun", "domingo", "dom"), 6),
}
_PERIODS: Final = {
    "this week": ("week", 0), "esta semana": ("week", 0), "semana": ("week", 0),
    "last week": ("week", 1), "semana passada": ("week", 1),
    "this month": ("month", 0), "este mes": ("month", 0), "mes": ("month", 0),
    "last month": ("month", 1), "mes passado": ("month", 1),
    "this year": ("year", 0), "este ano": ("year", 0), "ano": ("year", 0),
    "last year": ("year", 1), "ano passado": ("year", 1),
}  # fmt: skip
_AGO = re.compile(r"(?:ha |last |past |ultim[oa]s )?(\d{1,6}) ?([a-z]+)(?: ago| atras)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:[t ](\d{1,2})(?::(\d{2}))?(?::(\d{2}))?)?)?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?")
_YEAR = re.compile(r"(?:19|20)\d\d")
LONGEST_WORDS: Final = 4
"""So many words a date has at most: `ultimos 7 dias atras`."""


class Span(NamedTuple):
    """A span of time, in epoch milliseconds; the end is no part of it."""

    start_ms: int
    end_ms: int


def read_date(text: str, now_ms: int) -> Span | None:
    """Return the span that a text names; None if it names none.

    Args:
        text: what was typed; letter case and accents do not matter, `_` is a blank.
        now_ms: the present.
    """
    folded = " ".join(fold(text).replace("_", " ").split())
    try:
        return _relative(folded, now_ms) or _absolute(folded, now_ms)
    except (ValueError, OverflowError, OSError):
        return None


def _relative(text: str, now_ms: int) -> Span | None:
    if text in {"now", "agora"}:
        return Span(now_ms, now_ms + 1)
    if text in _DAYS_BACK:
        return _days(now_ms, _DAYS_BACK[text])
    if text in _WEEKDAYS:
        # The last one that has begun; today is one, too.
        return _days(now_ms, (_local(now_ms).tm_wday - _WEEKDAYS[text]) % 7)
    if text in _PERIODS:
        return _period(now_ms, *_PERIODS[text])
    found = _AGO.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        return None
    start = now_ms - int(found[1]) * _UNITS[found[2]] * 1000
    return Span(max(start, 0), now_ms)


def _absolute(text: str, now_ms: int) -> Span | None:
    if found := _ISO.fullmatch(text):
        return _iso(found)
    if found := _SLASHED.fullmatch(text):
        # As in Brazil: the day first.
        year = int(found[3]) if found[3] else _local(now_ms).tm_year
        return _day(year, int(found[2]), int(found[1]))
    if _YEAR.fullmatch(text):
        return Span(_instant(int(text), 1, 1), _instant(int(text) + 1, 1, 1))
    return None


def _iso(found: "re.Match[str]") -> Span | None:
    year, month = int(found[1]), int(found[2])
    if not 1 <= month <= 12:
        return None
    if found[3] is None:
        return Span(_instant(year, month, 1), _instant(year, month + 1, 1))
    whole = _day(year, month, int(found[3]))
    if whole is None or found[4] is None:
        return whole
    hour, minute, second = (int(part or 0) for part in found.group(4, 5, 6))
    if hour > 23 or minute > 59 or second > 59:
        return None
    start = _instant(year, month, int(found[3]), hour, minute, second)
    width_s = 1 if found[6] else 60 if found[5] else _HOUR_S
    return Span(start, start + width_s * 1000)


def _day(year: int, month: int, day: int) -> Span | None:
    start = _instant(year, month, day)
    there = time.localtime(start / 1000)
    if (there.tm_mon, there.tm_mday) != (month, day):
        return None  # the 30th of February is a day of March to the C library
    return Span(start, _instant(year, month, day + 1))


def _days(now_ms: int, back: int) -> Span:
    today = _local(now_ms)
    day = today.tm_mday - back
    return Span(
        _instant(today.tm_year, today.tm_mon, day), _instant(today.tm_year, today.tm_mon, day + 1)
    )


def _period(now_ms: int, unit: str, back: int) -> Span:
    today = _local(now_ms)
    year, month = today.tm_year, today.tm_mon
    if unit == "week":
        monday = today.tm_mday - today.tm_wday - 7 * back
        return Span(_instant(year, month, monday), _instant(year, month, monday + 7))
    if unit == "month":
        return Span(_instant(year, month - back, 1), _instant(year, month - back + 1, 1))
    return Span(_instant(year - back, 1, 1), _instant(year - back + 1, 1, 1))


def _local(now_ms: int) -> time.struct_time:
    return time.localtime(now_ms / 1000)


def _instant(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> int:
    # mktime takes days and months beyond their bounds, and knows when summer time begins.
    return int(time.mktime((year, month, day, hour, minute, second, 0, 0, -1)) * 1000)
