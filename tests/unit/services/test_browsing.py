"""What the history screen reads and takes out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.entry import Kind, Mode, Scope, Status
from ipcom_chat.errors import NotFoundError
from ipcom_chat.ids import SessionId
from ipcom_chat.search.query import parse
from ipcom_chat.services.browsing import Browsing, View, growing
from ipcom_chat.services.erasures import ErasureService
from ipcom_chat.services.votes import VoteService
from ipcom_chat.storage.erasures import Erasures
from ipcom_chat.storage.votes import Votes
from tests.support.replica import GLOBAL, MACHINE, NOW_MS, SESSION, an_entry, new_id
from tests.support.search import Searched, searching

OTHER = SessionId("00000000-0000-7000-8000-0000000000ff")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened:
        yield opened


@pytest.fixture
def browsing(made: Searched) -> Browsing:
    erasures = ErasureService(
        Erasures(made.database), made.history, made.folder.parent / "history.db", made.clock
    )
    votes = VoteService(Votes(made.database), made.clock)
    return Browsing(made.history, made.service, erasures, votes, made.clock)


def answered(command: str, **changes: Any) -> Any:
    values = {"status": Status.COMPLETED, "response": "an answer"} | changes
    return an_entry(command=command, **values)


def titles(browsing: Browsing, **view: Any) -> list[str]:
    page = browsing.page(View(scope=GLOBAL, **view), limit=50)
    return [line.title.text for line in page.lines]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ngi", True),
        ("why ngi", True),
        ("ng", True),  # too little: the newest, until there is more
        ("nginx", True),
        ("ngi ", False),
        ('"ngi', False),
        ("-ngi", False),
        ("zzz", False),
    ],
)
def test_the_last_word_finds_what_it_may_become(
    made: Searched, browsing: Browsing, typed: str, found: bool
) -> None:
    made.add(answered("why does nginx stop?"))
    made.service.catch_up()
    assert titles(browsing, text=typed) == (["why does nginx stop?"] if found else [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "user:ana",
        "after:last week",
        "cwd:/etc/ngi",
        "/etc/ngi",
        "a sentence of many more words",
    ],
)
def test_what_is_no_growing_word_stays_as_it_is(text: str) -> None:
    assert growing(text, NOW_MS) == text


@given(text=st.text(max_size=60))
def test_a_growing_text_asks_for_what_it_asked_for_and_more(text: str) -> None:
    before, after = parse(text, NOW_MS), parse(growing(text, NOW_MS), NOW_MS)
    assert set(before.terms) <= set(after.terms)
    assert (before.excluded, before.conditions) == (after.excluded, after.conditions)
    assert (before.after_ms, before.before_ms) == (after.after_ms, after.before_ms)


def test_without_words_the_newest_come_first_and_the_filters_hold(
    made: Searched, browsing: Browsing
) -> None:
    run = {"kind": Kind.COMMAND, "error_code": "0"}
    made.add(
        answered("first", created_at=NOW_MS - 3),
        answered("df -h", created_at=NOW_MS - 2, **run),
        an_entry(command="third", created_at=NOW_MS - 1, status=Status.ERROR),
        answered("elsewhere", mode=Mode.MACHINE),
    )
    assert titles(browsing) == ["third", "df -h", "first"]
    assert titles(browsing, kind=Kind.QUESTION) == ["third", "first"]
    assert titles(browsing, kind=Kind.QUESTION, status=Status.ERROR) == ["third"]


def test_a_session_is_listed_in_order_and_can_be_searched(
    made: Searched, browsing: Browsing
) -> None:
    made.add(
        answered("second nginx", created_at=NOW_MS + 2),
        answered("first", created_at=NOW_MS + 1),
        answered("other nginx", session_id=OTHER),
        answered("hidden", mode=Mode.MACHINE, machine_id="away"),
    )
    assert titles(browsing, session=SESSION) == ["first", "second nginx"]
    assert titles(browsing, session=SESSION, text="nginx") == ["second nginx"]
    assert titles(browsing, session=SESSION, status=Status.ERROR) == []


def test_what_is_listed_is_small_and_safe_whatever_the_entry_is(
    made: Searched, browsing: Browsing
) -> None:
    made.add(answered("\x1b[2Jneedle\n" + "x " * 5_000, os_user="ro\x07ot"))
    (line,) = browsing.page(View(scope=GLOBAL, text="needle"), limit=5).lines
    (in_order,) = browsing.page(View(scope=GLOBAL, session=SESSION), limit=5).lines
    assert line.title.text.startswith("needle x x")
    assert len(line.title.text) == len(in_order.title.text) == 400
    assert line.title.ranges == ((0, 6),)
    assert line.who == "root"


def test_one_entry_comes_with_its_commands_or_not_at_all(
    made: Searched, browsing: Browsing
) -> None:
    question = answered("why?")
    command = answered("ls", kind=Kind.COMMAND, parent_id=question.id, error_code="0")
    made.add(question, command)
    whole = browsing.whole(question.id)
    assert (whole.entry.command, [each.command for each in whole.commands]) == ("why?", ["ls"])
    assert question.id[24:].startswith(whole.short_id)
    with pytest.raises(NotFoundError):
        browsing.whole(new_id())


@pytest.mark.parametrize("how", ["delete", "redact"])
def test_what_is_taken_out_is_no_longer_found_not_even_before_the_index_follows(
    made: Searched, browsing: Browsing, how: Any
) -> None:
    question = answered("the needle", response="needle")
    command = answered("echo needle", kind=Kind.COMMAND, parent_id=question.id)
    made.add(question, command, answered("another needle"))
    made.service.catch_up()
    chosen = browsing.choose(browsing.whole(question.id).entry)
    erased = browsing.erase(chosen, how)
    assert (erased.count, erased.is_pending, erased.copies) == (2, False, 0)
    assert titles(browsing, text="needle") == ["another needle"]


def test_what_is_still_being_answered_cannot_be_taken_out(
    made: Searched, browsing: Browsing
) -> None:
    made.add(an_entry(command="open", status=Status.PROCESSING))
    (line,) = browsing.page(View(scope=GLOBAL), limit=5).lines
    assert browsing.choose(browsing.whole(line.id).entry).entries == ()


def test_more_than_was_asked_for_is_said(made: Searched, browsing: Browsing) -> None:
    made.add(*(answered(f"number {n}") for n in range(4)))
    scope = Scope(mode=Mode.GLOBAL, machine_id=MACHINE)
    assert browsing.page(View(scope=scope), limit=3).is_cut
    assert not browsing.page(View(scope=scope), limit=5).is_cut
