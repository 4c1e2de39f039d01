"""The search with the real model beside the words: one ranking of both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.entry import Kind, Mode, Scope, Status
from ipcom_chat.ids import MachineId
from ipcom_chat.meaning.client import Meaning
from ipcom_chat.search.query import Condition, Field
from ipcom_chat.services import search as module
from tests.support.meaning import serving
from tests.support.replica import GLOBAL, MACHINE, NOW_MS, USER, an_entry
from tests.support.search import Searched, searching

PORTS = "List open ports"
RESTART = "How do I restart the web server?"
DISK = "Show the size of each folder"


def completed(command: str, **changes: Any) -> Any:
    return an_entry(command=command, status=Status.COMPLETED, **changes)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened, serving(tmp_path) as meaning:
        opened.service.meaning = meaning
        yield opened


def read(made: Searched, *entries: Any) -> None:
    """Save entries and let the model read them."""
    made.add(*entries)
    assert made.service.meaning is not None
    assert made.service.meaning.wait()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("como posso reiniciar o servidor da web", RESTART),
        ("quanto espaço ocupa cada diretório", DISK),
    ],
)
def test_a_portuguese_question_finds_an_english_entry(
    made: Searched, asked: str, found: str
) -> None:
    read(made, *(completed(text) for text in (PORTS, RESTART, DISK)))
    assert made.find(asked)[0] == found
    assert made.found(asked).by_meaning is True


def test_what_shares_no_word_is_found_by_its_meaning_alone(made: Searched) -> None:
    read(made, completed("Erase everything that is stored on the hard drive"), completed(PORTS))
    (hit,) = made.found("wipe a disk clean").hits
    assert hit.entry.command.startswith("Erase everything")
    assert (hit.score.relevance, hit.score.meaning > 0) == (0.0, True)
    made.service.meaning = None
    assert made.find("wipe a disk clean") == []


@pytest.mark.parametrize("asked", ["zebra", "kubernetes", "impressora", "qwertyuiop", "banana 7"])
def test_what_nothing_is_like_is_still_not_found(made: Searched, asked: str) -> None:
    read(made, *(completed(text) for text in (PORTS, RESTART, DISK)))
    assert made.find(asked) == []


def test_only_what_the_scope_shows_is_found_by_meaning(made: Searched) -> None:
    away = MachineId("away")
    read(
        made,
        completed(f"{RESTART} 1", private=True, machine_id=away),
        completed(f"{RESTART} 2", deleted_at=NOW_MS),
        completed(f"{RESTART} 3", mode=Mode.MACHINE, machine_id=away),
        completed(f"{RESTART} 4"),
    )
    for mode in (None, *Mode):
        scope = Scope(mode=mode, machine_id=MACHINE, user_id=USER)
        listed = {entry.command for entry in made.listed(scope)}
        assert set(made.find("reinício do servidor da web", scope)) <= listed
    found = made.find("reinício do servidor da web")
    assert f"{RESTART} 4" in found
    assert not {f"{RESTART} 2", f"{RESTART} 3"} & set(found)


def test_what_was_deleted_a_moment_ago_is_not_shown(made: Searched) -> None:
    read(made, completed(RESTART))
    assert made.find("reinício do servidor da web") == [RESTART]
    made.change("UPDATE entries SET local_seq = ?, deleted_at = 1, command = ''")
    assert made.find("reinício do servidor da web") == []


def test_fields_phrases_and_exclusions_hold_for_what_is_found_by_meaning(made: Searched) -> None:
    read(
        made,
        completed(RESTART, tags=("web",)),
        completed("Start the web server again"),
    )
    asked = "reinício do servidor da web"
    assert set(made.find(asked)) == {RESTART, "Start the web server again"}
    assert made.find(f"{asked} tag:web") == [RESTART]
    assert made.find(asked, since_ms=NOW_MS + 10**9) == []
    assert made.find(asked, conditions=(Condition(Field.TAG, ("no",)),)) == []
    assert made.find(f'{asked} "start the"') == ["Start the web server again"]
    assert RESTART not in made.find("web server -restart")


def test_entries_of_one_tag_are_found_among_many_that_are_as_alike(
    made: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ALIKE", 10)
    mine = "Delete everything that is stored on the hard drive"
    read(
        made,
        completed(mine, tags=("mine",)),
        *(completed("Erase everything that is stored on the hard drive") for _each in range(40)),
    )
    assert mine not in made.find("wipe a disk clean", limit=10)
    assert made.find("wipe a disk clean tag:mine") == [mine]


def test_a_command_does_not_sink_because_it_has_no_vector(made: Searched) -> None:
    read(
        made,
        completed("restart nginx after a change of its configuration"),
        an_entry(
            command="systemctl restart nginx", kind=Kind.COMMAND, status=Status.COMPLETED,
            error_code="0",
        ),
    )  # fmt: skip
    hits = {hit.entry.kind: hit.score for hit in made.found("restart nginx").hits}
    assert hits[Kind.COMMAND].meaning == pytest.approx(hits[Kind.QUESTION].meaning)


def test_without_text_or_process_words_and_fields_answer(made: Searched, tmp_path: Path) -> None:
    read(made, completed(RESTART, tags=("web",)))
    assert made.found("tag:web").by_meaning is None
    nobody = Meaning(tmp_path / "history.db", tmp_path / "nobody")
    made.service.meaning = nobody
    found = made.found("restart")
    assert (found.by_meaning, [hit.score.meaning for hit in found.hits]) == (False, [0.0])
    made.service.meaning = None
    assert made.found("restart", GLOBAL).by_meaning is None
