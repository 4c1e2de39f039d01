"""The table of transitions, and the request in memory that obeys it."""

import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain import lifecycle
from ipcom_chat.domain.entry import Status
from ipcom_chat.domain.lifecycle import (
    FINAL,
    INTERRUPTED,
    OPEN,
    TRANSITIONS,
    Request,
    sources,
)
from ipcom_chat.ids import EntryId

P, R, C, E, X = Status
STATUSES = st.sampled_from(list(Status))


def _request() -> Request:
    return Request(EntryId("id"), "text")


def test_the_table_is_the_design() -> None:
    allowed = {(old, new) for old, targets in TRANSITIONS.items() for new in targets}
    assert allowed == {(P, R), (P, E), (P, X), (R, C), (R, E), (R, X)}


def test_every_status_is_open_or_final() -> None:
    assert set(Status) == OPEN | FINAL
    assert not OPEN & FINAL
    assert all(not TRANSITIONS[status] for status in FINAL)


@pytest.mark.parametrize(
    ("to", "expected"), [(P, ()), (R, (P,)), (C, (R,)), (E, (P, R)), (X, (P, R))]
)
def test_sources_are_the_table_read_backwards(to: Status, expected: tuple[Status, ...]) -> None:
    assert sources(to) == expected


@given(st.lists(STATUSES, max_size=8))
def test_d105_a_final_status_absorbs_everything(steps: list[Status]) -> None:
    request = _request()
    for step in steps:
        before = request.status
        assert request.advance(step) == (step in TRANSITIONS[before])
        assert request.status == (step if step in TRANSITIONS[before] else before)
        assert request.is_open == (request.status in OPEN)


def test_d103_a_local_cancel_is_not_erased() -> None:
    request = _request()
    assert request.advance(X)
    assert not request.advance(R)
    assert request.status is X


def test_of_many_threads_that_end_a_request_one_wins() -> None:
    for _round in range(50):
        request = _request()
        request.advance(R)
        barrier = threading.Barrier(6)
        won: list[Status] = []

        def end(
            to: Status,
            request: Request = request,
            barrier: threading.Barrier = barrier,
            won: list[Status] = won,
        ) -> None:
            barrier.wait()
            if request.advance(to):
                won.append(to)

        threads = [threading.Thread(target=end, args=(to,)) for to in (C, E, X, C, E, X)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [request.status]


def test_a_request_keeps_what_was_asked() -> None:
    request = _request()
    assert (request.entry_id, request.text, request.status) == ("id", "text", P)


def test_the_code_of_an_interrupted_request_is_fixed() -> None:
    # Rows that other versions of the program wrote hold it.
    assert INTERRUPTED == "interrupted"


def test_who_looks_at_the_table_while_another_steps_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    request = _request()
    request.advance(R)
    both_look = threading.Barrier(2)

    class Table(dict[Status, frozenset[Status]]):
        def __getitem__(self, status: Status) -> frozenset[Status]:
            with suppress(threading.BrokenBarrierError):
                both_look.wait(0.3)  # they meet only if neither waits for the other's step
            return super().__getitem__(status)

    monkeypatch.setattr(lifecycle, "TRANSITIONS", Table(TRANSITIONS))
    won: list[bool] = []
    threads = [
        threading.Thread(target=lambda to=to: won.append(request.advance(to))) for to in (C, X)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, True]
