"""The search as a whole: scope, status, ranking, what is newer than the index, recall."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.assistant.wording import Wording
from ipcom_chat.domain.entry import Kind, Mode, Scope, Status
from ipcom_chat.i18n import LANGUAGES, Language
from ipcom_chat.ids import MachineId, UserId
from ipcom_chat.search.query import Condition, Field
from ipcom_chat.services import search as search_module
from ipcom_chat.services.history import HistoryService
from ipcom_chat.services.indexing import Indexing
from tests.support.machine import eventually
from tests.support.replica import GLOBAL, MACHINE, NOW_MS, USER, StepClock, an_entry
from tests.support.search import Searched, searching

OTHER = UserId("00000000-0000-5000-8000-0000000000ff")
DAY_MS = 24 * 3_600_000


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened:
        yield opened


def completed(command: str, **changes: Any) -> Any:
    return an_entry(command=command, status=Status.COMPLETED, **changes)


def run(command: str, **changes: Any) -> Any:
    return an_entry(
        command=command, kind=Kind.COMMAND, status=Status.COMPLETED,
        **{"error_code": "0"} | changes,
    )  # fmt: skip


@pytest.mark.parametrize("indexed", [True, False])
def test_a_search_shows_what_a_listing_shows(made: Searched, indexed: bool) -> None:
    for mode, own, here, private, deleted in product(Mode, *[(True, False)] * 4):
        made.add(
            completed(
                "the needle", mode=mode, private=private, deleted_at=NOW_MS if deleted else None,
                user_id=USER if own else OTHER, machine_id=MACHINE if here else MachineId("away"),
            )
        )  # fmt: skip
    if indexed:
        made.service.catch_up()
    for mode in (None, *Mode):
        scope = Scope(mode=mode, machine_id=MACHINE, user_id=USER)
        listed = {entry.id for entry in made.listed(scope)}
        found = {hit.entry.id for hit in made.found("needle", scope, limit=200).hits}
        assert found == listed, mode


def test_a_scope_with_few_entries_among_many_is_still_searched_whole(made: Searched) -> None:
    made.add(*(completed(f"needle needle {n}") for n in range(400)))
    made.add(completed("a single needle in much longer text", mode=Mode.MACHINE))
    made.service.catch_up()
    scope = Scope(mode=Mode.MACHINE, machine_id=MACHINE)
    assert made.find("needle", scope) == ["a single needle in much longer text"]


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_answered_is_found_by_its_question_alone(
    made: Searched, language: Language, indexed: bool
) -> None:
    """A list of what can be checked was found by every word of it, once for each such question."""
    say = Wording(language)
    unknown = f"{say.nothing_known()}\n\n{say.can_check(['Disk space'])}"
    quoted = f"{say.known()}\n\n> Free some disk space.\n\n{say.checked()}\n\nThe load is 3."
    made.add(
        completed("hello there", response=unknown),
        completed("why is it slow?", response=quoted),
        completed("it is full", response="Free some disk space."),
    )
    if indexed:
        made.service.catch_up()
    assert made.find("disk space") == ["it is full"]
    assert made.find("hello") == ["hello there"]
    assert made.find("load") == ["why is it slow?"]


def test_what_was_deleted_or_redacted_since_is_not_shown(made: Searched) -> None:
    made.add(completed("needle one"), completed("needle two"), completed("needle three"))
    made.service.catch_up()
    made.change("UPDATE entries SET local_seq = ?, command = '', deleted_at = 1 WHERE seq = 1")
    made.change("UPDATE entries SET local_seq = ?, command = '[REDACTED:key]' WHERE seq = 2")
    assert made.find("needle") == ["needle three"]


def test_fields_select_and_exclude_before_and_after_indexing(made: Searched) -> None:
    with made.database.write() as transaction:
        for user_id, name in ((USER, "ana"), (OTHER, "bia")):
            transaction.execute(
                "INSERT INTO users VALUES (?, ?, 'A', 'a@b.c', 1, 1, 1, NULL, 1, 0)",
                (user_id, name),
            )
        transaction.execute(
            "INSERT INTO machines VALUES (?, 'web1.example.org', NULL, NULL, '{}', '[]', '', 1, 1,"
            " 1, NULL, 1, 0)",
            (MACHINE,),
        )
    made.add(
        completed("x ana", user_id=USER, os_user="root", tags=("Disco",), cwd="/etc/nginx/sites"),
        completed("x bia", user_id=OTHER, os_user="root", machine_id=MachineId("c" * 64)),
        run("x fails", os_user="carl", error_code="2", cwd="/etc"),
        an_entry(command="x broken", os_user="carl", status=Status.ERROR, completed_at=1),
        completed("x old", created_at=NOW_MS - 40 * DAY_MS, os_user="carl"),
    )
    cases = {
        "user:ana": "ana", "user:ANA": "ana", "-user:carl": "ana bia", "user:ana,bia": "ana bia",
        "user:carl kind:command": "fails", "machine:web1 status:error": "broken",
        "machine:web1.example.org user:bia": "", f"machine:{'c' * 64}": "bia",
        "machine:nowhere": "",
        "tag:disco": "ana", "cwd:/etc/nginx": "ana", "cwd:/etc": "ana fails", "cwd:/et": "",
        "cwd:/etc/": "ana fails", "exit:2": "fails", "-exit:2 kind:command": "",
        "status:error": "broken",
        "mode:user": "", "before:30d": "old", "after:30d -user:root": "fails broken",
        "session:none": "",
    }  # fmt: skip
    for _round in range(2):
        for typed, names in cases.items():
            for text in (typed, f"x {typed}"):
                found = sorted(command.removeprefix("x ") for command in made.find(text))
                assert found == sorted(names.split()), text
        made.service.catch_up()


def test_flags_select_like_fields(made: Searched) -> None:
    made.add(run("df -h"), completed("df question", created_at=NOW_MS - 5 * DAY_MS))
    kind = Condition(Field.KIND, ("command",))
    assert made.find("df", conditions=(kind,)) == ["df -h"]
    assert made.find("df", since_ms=NOW_MS - DAY_MS) == ["df -h"]


def test_without_words_the_newest_come_first(made: Searched) -> None:
    made.add(*(completed(f"c {n}", created_at=NOW_MS + n * 5000) for n in range(10)))
    made.service.catch_up()
    made.add(completed("c 10", created_at=NOW_MS + 50_000))
    assert made.find("", limit=3) == ["c 10", "c 9", "c 8"]
    assert made.find("status:completed", limit=2) == ["c 10", "c 9"]


def test_a_damaged_index_is_removed_and_the_replica_asked(made: Searched) -> None:
    made.add(*(completed(f"needle {n}") for n in range(30)))
    made.service.catch_up()
    for path in (made.folder / "v1").iterdir():
        if path.suffix in {".idx", ".term", ".fast"}:
            path.write_bytes(b"x" * 10)
    fresh = Searched(made.folder.parent)
    try:
        assert len(fresh.find("needle", limit=50)) == 30
        fresh.service.catch_up()
        assert fresh.reader().count == 30
    finally:
        fresh.close()


@pytest.mark.parametrize("indexed", [True, False])
def test_votes_outcome_and_people_decide_between_equals(made: Searched, indexed: bool) -> None:
    plain, voted, hated = completed("fix the raid a"), completed("fix the raid b"), completed(
        "fix the raid c"
    )  # fmt: skip
    solved, unsolved = completed("fix the raid d"), completed("fix the raid e")
    made.add(plain, voted, hated, solved, unsolved)
    made.add(run("mdadm x", parent_id=unsolved.id, error_code="1"))
    made.add(run("mdadm y", parent_id=solved.id, error_code="0"))
    with made.database.write() as transaction:
        for entry, value in ((voted, 1), (hated, -1)):
            transaction.execute(
                "INSERT INTO votes VALUES (?, 'v', ?, 'global', NULL, 'm', 1, 1, NULL, 1, 0)",
                (entry.id, value),
            )
    if indexed:
        made.service.catch_up()
    found = [command[-1] for command in made.find("fix the raid")]
    assert found[0] == "b"
    assert set(found[-2:]) == {"c", "e"}


def test_a_command_that_ran_often_is_one_hit_and_a_question_its_own(made: Searched) -> None:
    made.add(*(run("df  -h", os_user=f"u{n % 3}", created_at=NOW_MS + n) for n in range(9)))
    made.add(completed("df -h how"), completed("df -h how", machine_id=MachineId("other")))
    made.service.catch_up()
    hits = made.found("df").hits
    commands = [hit for hit in hits if hit.entry.kind is Kind.COMMAND]
    assert [(hit.times, hit.people, hit.entry.created_at) for hit in commands] == [
        (9, 3, NOW_MS + 8)
    ]
    assert len(hits) == 3
    assert {hit.machines for hit in hits} == {1, 2}


def test_snippets_show_where_the_words_stand(made: Searched) -> None:
    long = "first " * 100 + "then the needle\nlies here " + "last " * 100
    made.add(completed("where is the needle?", response=long))
    for _round in range(2):
        (hit,) = made.found("needle").hits
        assert [hit.title.text[a:b] for a, b in hit.title.ranges] == ["needle"]
        assert hit.passage is not None
        assert [hit.passage.text[a:b] for a, b in hit.passage.ranges] == ["needle"]
        assert hit.passage.text.startswith("…")
        assert hit.passage.text.endswith("…")
        assert "needle lies here" in hit.passage.text
        made.service.catch_up()
    assert made.found("where").hits[0].passage is None


def test_hits_that_hardly_fit_are_left_out(made: Searched) -> None:
    made.add(completed("restart the nginx web server quickly"), completed("server"))
    made.add(*(completed(f"server {n}") for n in range(40)))
    made.service.catch_up()
    assert made.find("restart nginx web server")[0].startswith("restart")


def test_what_the_index_lacks_is_counted_beyond_a_bound(
    made: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "NEWER_MAX", 5)
    made.add(*(completed(f"word {n}") for n in range(8)))
    found = made.found("word")
    assert (len(found.hits), found.not_indexed) == (5, 3)
    assert made.service.waiting() == 8
    made.service.catch_up()
    assert (len(made.found("word").hits), made.found("word").not_indexed) == (8, 0)


def recalling(made: Searched) -> HistoryService:
    made.history.find_similar = made.service.similar
    return made.history


def test_recall_finds_old_questions_through_the_index(made: Searched) -> None:
    made.add(completed("how do I rotate the zebra certificates", response="so"))
    made.add(*(completed(f"how do I count to {n}", response="so") for n in range(300)))
    made.add(completed("zebra without an answer", response=None))
    question = "rotate zebra certificates"
    without = made.history.recall(GLOBAL, question)
    assert recalling(made).recall(GLOBAL, question)[0].entry.id == without[0].entry.id
    made.service.catch_up()
    found = recalling(made).recall(GLOBAL, question)
    assert found[0].entry.id == without[0].entry.id
    assert found[0].score == pytest.approx(without[0].score, abs=0.05)
    made.add(completed("again: rotate zebra certificates please", response="newer"))
    assert recalling(made).recall(GLOBAL, question)[0].entry.response == "newer"


def test_recall_keeps_its_threshold_with_the_index(made: Searched) -> None:
    made.add(*(completed(f"the disk {n} is full", response="so") for n in range(50)))
    made.service.catch_up()
    assert recalling(made).recall(GLOBAL, "unheard zebra printer disk") == []
    assert recalling(made).recall(GLOBAL, "disk full")
    assert recalling(made).recall(GLOBAL, "") == []


def test_recall_reads_on_by_itself_while_the_index_lacks_much(
    made: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "NEWER_MAX", 3)
    made.add(completed("zebra", response="old"))
    made.service.catch_up()
    made.add(*(completed(f"filler {n}", response="x") for n in range(9)))
    assert made.service.similar(GLOBAL, "zebra") is None
    assert recalling(made).recall(GLOBAL, "zebra")[0].entry.response == "old"


def test_the_thread_indexes_what_others_save(made: Searched, tmp_path: Path) -> None:
    thread = Indexing(tmp_path / "history.db", made.folder, StepClock(), every_s=0.02)
    thread.start()
    try:
        made.add(completed("word"))
        eventually(made.index.reader, lambda reader: reader is not None and reader.count == 1)
        made.add(completed("another"))
        eventually(made.service.waiting, lambda waiting: waiting == 0)
    finally:
        thread.stop()
    assert made.reader().count == 2


def test_the_thread_ends_quietly_where_there_is_no_replica(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    thread = Indexing(tmp_path / "history.db", tmp_path / "search", StepClock())
    thread.start()
    thread.stop()
    assert not (tmp_path / "search").exists()
