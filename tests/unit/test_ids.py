"""Identifiers rise, never repeat, and follow from names where they must."""

import threading
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.clock import SystemClock
from ipcom_chat.ids import TAIL_LENGTH, IdSource, short_id, user_id_of, username_key
from tests.support.replica import NOW_MS, StepClock


def test_d118_ids_are_uuid_version_7() -> None:
    value = UUID(IdSource(StepClock()).new())
    assert (value.version, value.variant) == (7, "specified in RFC 4122")
    assert value.int >> 80 == NOW_MS


@given(st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=60))
def test_ids_rise_whatever_the_clock_does(moves: list[int]) -> None:
    clock = StepClock()
    source = IdSource(clock)
    made = []
    for move in moves:
        clock.ms += move
        made.append(source.new())
    assert all(one < two for one, two in pairwise(made))
    assert all(UUID(one).version == 7 for one in made)


def test_ids_rise_when_more_than_4096_fall_into_one_millisecond() -> None:
    source = IdSource(StepClock())
    made = [source.new() for _number in range(10_000)]
    assert made == sorted(set(made))


def test_threads_never_get_one_id_twice() -> None:
    source = IdSource(SystemClock())
    made: list[str] = []

    def make() -> None:
        made.extend([source.new() for _number in range(2000)])

    threads = [threading.Thread(target=make) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16_000


def test_two_processes_with_one_clock_differ_in_the_random_tail() -> None:
    one, two = IdSource(StepClock(seed=1)).new(), IdSource(StepClock(seed=9)).new()
    assert one != two
    assert short_id(one, TAIL_LENGTH) != short_id(two, TAIL_LENGTH)


def test_a_short_id_comes_from_the_tail() -> None:
    text = "01900000-0000-7000-8000-abcdef123456"
    assert short_id(text) == "abcdef"
    assert short_id(text, 8) == "abcdef12"
    assert short_id(text, 99) == "abcdef123456"


@pytest.mark.parametrize("name", ["Ana", " ana ", "ANA", "ａｎａ"])
def test_a_user_is_the_same_person_on_every_machine(name: str) -> None:
    assert user_id_of(name) == user_id_of("ana")
    assert UUID(user_id_of(name)).version == 5


@given(st.text(), st.text())
def test_user_ids_differ_when_names_do(one: str, two: str) -> None:
    assert (user_id_of(one) == user_id_of(two)) == (username_key(one) == username_key(two))


def test_d15_d126_the_system_clock_counts_milliseconds() -> None:
    clock = SystemClock()
    assert clock.now_ms() > 1_600_000_000_000
    assert clock.monotonic_ms() <= clock.monotonic_ms()
    assert 0 <= clock.random_bits(8) < 256


def test_a_clock_of_a_far_year_still_gives_ids() -> None:
    class Far(SystemClock):
        def now_ms(self) -> int:
            return 1 << 48

    assert len(IdSource(Far()).new()) == 36


def test_bytes_that_are_no_text_are_nobody() -> None:
    assert user_id_of("\udcff") == user_id_of("?")
