"""Suggestions and recall with the real model beside the words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.entry import Mode, Status
from ipcom_chat.domain.votes import Vote
from ipcom_chat.ids import MachineId
from ipcom_chat.meaning.client import Meaning
from ipcom_chat.storage.votes import Votes
from tests.support.meaning import serving
from tests.support.replica import GLOBAL, NOW_MS, an_entry
from tests.support.search import Searched, searching
from tests.support.suggestions import asked, ran, suggesting

RESTART = "How do I restart the web server?"
PORTS = "List open ports"
DISK = "Show the size of each folder"
IN_PORTUGUESE = "mostrar o tamanho de cada pasta"
OFF_TOPIC = ("what is the capital of France?", "me conte uma piada", "thanks for your help")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened, serving(tmp_path) as meaning:
        opened.service.meaning = meaning
        opened.history.find_similar = opened.service.similar
        yield opened


def read(made: Searched, *entries: Any) -> None:
    """Save entries, index them and let the model read them."""
    made.add(*entries)
    made.service.catch_up()
    assert made.service.meaning is not None
    assert made.service.meaning.wait()


def solved(made: Searched, text: str) -> list[str]:
    return [each.source.entry.command for each in suggesting(made).solved(GLOBAL, text)]


def recalled(made: Searched, text: str) -> list[tuple[str, float]]:
    return [(each.entry.command, each.score) for each in made.history.recall(GLOBAL, text)]


def test_what_was_solved_in_english_is_told_to_who_asks_in_portuguese(made: Searched) -> None:
    read(made, *(asked(text) for text in (RESTART, PORTS, DISK)))
    assert solved(made, IN_PORTUGUESE)[:1] == [DISK]
    ((first, score), *_others) = recalled(made, IN_PORTUGUESE)
    assert first == DISK
    assert score >= 0.6  # what the knowledge assistant quotes
    made.service.meaning = None
    assert solved(made, IN_PORTUGUESE) == []
    assert recalled(made, IN_PORTUGUESE) == []


def test_nobody_is_said_to_have_solved_what_only_shares_some_words(made: Searched) -> None:
    read(
        made,
        asked("Get ephemerides for Paris, France, on its timezone"),
        asked("Show the help of a command"),
        asked("Tell the kernel about a partition"),
        *(asked(text) for text in (RESTART, PORTS, DISK)),
    )
    for text in OFF_TOPIC:
        assert solved(made, text) == []
        assert recalled(made, text) == []


def test_votes_scope_and_deletion_hold_for_what_is_found_by_meaning(made: Searched) -> None:
    bad, away = asked(DISK), MachineId("away")
    read(
        made,
        bad,
        asked(f"{DISK} 1", mode=Mode.MACHINE, machine_id=away),
        asked(f"{DISK} 2", deleted_at=NOW_MS),
        asked(f"{DISK} 3", status=Status.ERROR),
        ran(DISK),
    )
    assert solved(made, IN_PORTUGUESE) == [DISK]
    assert [text for text, _score in recalled(made, IN_PORTUGUESE)] == [DISK]
    Votes(made.database).cast(bad.id, "bia", Vote.BAD, at_ms=NOW_MS)
    assert solved(made, IN_PORTUGUESE) == []


def test_the_best_answer_comes_first_whatever_its_age(made: Searched) -> None:
    read(made, asked(DISK, 30 * 86_400_000), asked("Show the size of one file"), asked(PORTS))
    assert recalled(made, IN_PORTUGUESE)[0][0] == DISK
    assert recalled(made, "show each folder's size")[0][0] == DISK


def test_what_is_not_read_yet_is_judged_by_its_words(made: Searched) -> None:
    read(made, asked(PORTS))
    made.add(an_entry(command=RESTART, response="An answer.", status=Status.COMPLETED))
    assert solved(made, "restart the web server") == [RESTART]
    assert recalled(made, "restart the web server")[0][0] == RESTART


def test_without_a_process_words_answer_at_once_and_none_is_started(tmp_path: Path) -> None:
    with searching(tmp_path) as made:
        folder = tmp_path / "meaning"
        made.service.meaning = Meaning(tmp_path / "history.db", folder)
        made.history.find_similar = made.service.similar
        made.add(asked(RESTART), asked(PORTS))
        made.service.catch_up()
        assert solved(made, "restart the web server") == [RESTART]
        assert recalled(made, "restart the web server")[0][0] == RESTART
        assert not folder.exists()
