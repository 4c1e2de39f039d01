"""When an alert comes, becomes worse or better, and ends."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.alerts import (
    MARGIN,
    Change,
    Held,
    Judged,
    Level,
    Limits,
    Reading,
    Rule,
    Threshold,
    judge,
    worst,
)

SETTLE_MS = 60_000
QUEUE = Threshold(warning=1_000, critical=10_000)
DISK = Threshold(warning=500, critical=100, is_floor=True)
LIMITS = Limits(
    thresholds={
        Rule.QUEUE: QUEUE,
        Rule.DISK: DISK,
        Rule.PARKED: Threshold(warning=0),
        Rule.AI_TOKENS: Threshold(warning=80, critical=100),
    },
    settle_ms=SETTLE_MS,
)


def queue(value: float | None) -> Reading:
    return Reading(rule=Rule.QUEUE, value=value)


def told(judged: Judged) -> list[tuple[Rule, Level, Level]]:
    return [(each.rule, each.before, each.level) for each in judged.changes]


class Story:
    """Readings one after another."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.held: dict[str, Held] = {}

    def at(self, second: int, *readings: Reading) -> list[tuple[Rule, Level, Level]]:
        return told(self.judged(second, *readings))

    def judged(self, second: int, *readings: Reading) -> Judged:
        judged = judge(readings, self.limits, self.held, now_ms=second * 1000)
        self.held = judged.held
        return judged


def test_what_is_well_is_not_told() -> None:
    story = Story()
    assert story.at(0, queue(1_000), Reading(rule=Rule.DISK, value=500.0)) == []
    assert story.held == {}


def test_a_value_beyond_a_limit_is_told_once() -> None:
    story = Story()
    (change,) = story.judged(0, queue(1_001)).changes
    assert change == Change(
        rule=Rule.QUEUE, subject="", name="", before=Level.OK, level=Level.WARNING, value=1_001,
        limit=1_000, is_beyond=True, at=0,
    )  # fmt: skip
    assert story.at(60, queue(5_000)) == []
    assert story.held["queue"].since == 0
    assert story.held["queue"].value == 5_000


def test_what_becomes_worse_is_told_at_once() -> None:
    story = Story()
    story.at(0, queue(1_001))
    assert story.at(1, queue(10_001)) == [(Rule.QUEUE, Level.WARNING, Level.CRITICAL)]
    assert story.held["queue"].since == 1_000


def test_it_is_over_when_it_was_clearly_better_for_long_enough() -> None:
    story = Story()
    story.at(0, queue(1_001))
    assert story.at(10, queue(100)) == []
    assert story.at(69, queue(100)) == []
    assert story.at(70, queue(100)) == [(Rule.QUEUE, Level.WARNING, Level.OK)]
    assert story.held == {}


def test_a_critical_one_becomes_a_warning_first() -> None:
    story = Story()
    story.at(0, queue(20_000))
    assert story.at(1, queue(2_000)) == []
    assert story.at(61, queue(2_000)) == [(Rule.QUEUE, Level.CRITICAL, Level.WARNING)]
    assert story.held["queue"].since == 61_000


def test_a_value_a_little_below_its_limit_is_not_better() -> None:
    story = Story()
    story.at(0, queue(1_001))
    for second in range(1, 1_000, 50):
        assert story.at(second, queue(950)) == []
    assert story.held["queue"].better_since is None


def test_a_value_that_swings_changes_nothing() -> None:
    story = Story()
    story.at(0, queue(2_000))
    for second in range(30, 3_000, 30):
        assert story.at(second, queue(0 if second % 60 else 2_000)) == []


def test_a_floor_is_the_other_way_round() -> None:
    story = Story()
    free = [Reading(rule=Rule.DISK, value=value) for value in (499.0, 99.0, 540.0, 551.0)]
    assert story.at(0, free[0]) == [(Rule.DISK, Level.OK, Level.WARNING)]
    assert story.at(1, free[1]) == [(Rule.DISK, Level.WARNING, Level.CRITICAL)]
    story.at(2, free[2])
    assert story.at(62, free[2]) == [(Rule.DISK, Level.CRITICAL, Level.WARNING)]
    story.at(63, free[3])
    assert story.at(123, free[3]) == [(Rule.DISK, Level.WARNING, Level.OK)]


def test_a_limit_of_none_at_all() -> None:
    story = Story()
    parked = [Reading(rule=Rule.PARKED, value=value) for value in (0.0, 1.0)]
    assert story.at(0, parked[0]) == []
    assert story.at(1, parked[1]) == [(Rule.PARKED, Level.OK, Level.WARNING)]
    story.at(2, parked[0])
    assert story.at(62, parked[0]) == [(Rule.PARKED, Level.WARNING, Level.OK)]


def test_what_cannot_be_read_changes_nothing() -> None:
    story = Story()
    story.at(0, queue(2_000))
    before = story.held
    for second in (60, 600, 6_000):
        assert story.at(second, queue(None)) == []
    assert story.held == before
    assert Story().at(0, queue(None)) == []


def test_each_subject_has_its_alert() -> None:
    story = Story()
    ana, rui = (Reading(rule=Rule.AI_TOKENS, value=90.0, subject=id_, name=id_.title())
                for id_ in ("ana", "rui"))  # fmt: skip
    assert len(story.at(0, ana)) == 1
    assert len(story.at(1, ana, rui)) == 1
    assert set(story.held) == {"ai_tokens:ana", "ai_tokens:rui"}
    assert story.held["ai_tokens:rui"].name == "Rui"


def test_a_subject_that_is_gone_is_well() -> None:
    story = Story()
    story.at(0, Reading(rule=Rule.AI_TOKENS, value=90.0, subject="ana", name="Ana"))
    assert story.at(1) == []
    (change,) = story.judged(61).changes
    assert (change.level, change.value, change.name) == (Level.OK, None, "Ana")
    assert not change.is_beyond


def test_unless_its_rule_could_not_be_read() -> None:
    story = Story()
    story.at(0, Reading(rule=Rule.AI_TOKENS, value=90.0, subject="ana", name="Ana"))
    for second in (100, 200, 300):
        assert story.at(second, Reading(rule=Rule.AI_TOKENS, value=None)) == []
    assert set(story.held) == {"ai_tokens:ana"}


def test_a_rule_that_is_switched_off_ends_silently() -> None:
    story = Story()
    story.at(0, queue(2_000))
    story.limits = msgspec.structs.replace(LIMITS, thresholds={Rule.DISK: DISK})
    assert story.at(1, queue(2_000)) == []
    assert story.held == {}


def test_a_clock_that_was_set_back_does_not_keep_it_for_ever() -> None:
    story = Story()
    story.at(10_000, queue(2_000))
    story.at(10_001, queue(0))
    assert story.at(0, queue(0)) == []
    assert story.at(60, queue(0)) == [(Rule.QUEUE, Level.WARNING, Level.OK)]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((), Level.OK),
        ((Level.WARNING,), Level.WARNING),
        ((Level.WARNING, Level.CRITICAL, Level.WARNING), Level.CRITICAL),
    ],
)
def test_the_worst(levels: tuple[Level, ...], expected: Level) -> None:
    held = [Held(rule=Rule.QUEUE, level=level, since=0, value=0.0) for level in levels]
    assert worst(held) is expected


def test_a_limit_is_that_of_its_level() -> None:
    assert [QUEUE.limit(level) for level in Level] == [1_000, 1_000, 10_000]
    assert Threshold(warning=5).limit(Level.CRITICAL) == 5


@given(st.lists(st.one_of(st.none(), st.floats(0, 20_000)), max_size=60), st.integers(1, 90))
def test_changes_follow_one_another_and_end_where_the_value_is(
    values: list[float | None], step_s: int
) -> None:
    story = Story()
    level = Level.OK
    for place, value in enumerate(values):
        for change in story.judged(place * step_s, queue(value)).changes:
            assert change.before is level
            assert change.level is not level
            level = change.level
    assert level is worst(story.held.values())
    last = len(values) * step_s
    story.at(last, queue(0.0))
    story.at(last + SETTLE_MS // 1000, queue(0.0))
    assert story.held == {}


@given(st.lists(st.floats(1_000 * (1 - MARGIN) + 0.01, 9_999), min_size=1, max_size=60))
def test_values_around_a_limit_are_told_at_most_once(values: list[float]) -> None:
    story = Story()
    changes = [story.at(place * 60, queue(value)) for place, value in enumerate(values)]
    assert sum(map(len, changes)) == (max(values) > 1_000)
