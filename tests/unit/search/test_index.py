"""The index: derived, disposable, and quick to forget."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.search import catch_up as catch_up_module
from ipcom_chat.search.index import SearchIndex
from ipcom_chat.storage.locks import held
from tests.support.machine import background
from tests.support.replica import an_entry, done
from tests.support.search import Searched, is_in_terms, searching


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened:
        opened.add(
            *(an_entry(command=f"question {n}", response=f"answer w{n}", status=Status.COMPLETED)
              for n in range(30))
        )  # fmt: skip
        yield opened


def test_it_holds_everything_and_says_up_to_which_change(made: Searched) -> None:
    assert made.index.reader() is None
    caught = made.service.catch_up()
    assert (caught.indexed, caught.waiting, caught.rebuilt) == (30, 0, False)
    reader = made.reader()
    assert (reader.count, reader.watermark) == (30, made.rows.counter())
    assert made.service.catch_up().indexed == 0


def test_it_goes_on_in_small_steps_and_changes_of_a_row_replace_it(made: Searched) -> None:
    assert made.service.catch_up(limit=20).waiting == 10
    assert made.reader().count == 20
    entry = an_entry(command="an open one")
    made.add(entry)
    assert made.service.catch_up().indexed == 11
    made.entries.advance(
        entry.id, done("zebra"), replica_id=entry.replica_id, at_ms=2, actor="test"
    )
    made.entries.advance(entry.id, done(), replica_id=entry.replica_id, at_ms=2, actor="test")
    caught = made.service.catch_up()
    assert not caught.rebuilt  # an answer that comes later takes no word away
    assert made.reader().count == 31


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET local_seq = ?, command = '[REDACTED]' WHERE seq = 5",
        "UPDATE entries SET local_seq = ?, response = '[REDACTED]' WHERE seq = 5",
        "UPDATE entries SET local_seq = ?, response = NULL WHERE seq = 5",
        "UPDATE entries SET local_seq = ?, command = '', response = '', deleted_at = 1 WHERE seq=5",
    ],
)
def test_what_a_row_no_longer_holds_is_gone_from_the_terms_at_once(
    made: Searched, change: str
) -> None:
    made.add(an_entry(command="hunter2", response="swordfish xyzzy-plugh", status=Status.COMPLETED))
    made.change("UPDATE entries SET local_seq = ?, command = ?, response = ? WHERE seq = 5",
                "the password hunter3", "it is hunter3 and hunter-3")  # fmt: skip
    made.service.catch_up()
    gone = "hunter3"
    assert is_in_terms(made.reader(), gone)
    made.change(change)
    caught = made.service.catch_up()
    if "command" not in change:
        made.change("UPDATE entries SET local_seq = ?, command = 'x' WHERE seq = 5")
        caught = made.service.catch_up()
    elif "response" not in change:
        made.change("UPDATE entries SET local_seq = ?, response = 'x' WHERE seq = 5")
        caught = made.service.catch_up()
    assert caught.rebuilt
    assert not is_in_terms(made.reader(), gone)
    assert not is_in_terms(SearchIndex(made.folder).reader() or made.reader(), gone)
    assert is_in_terms(made.reader(), "hunter2")
    assert is_in_terms(made.reader(), "xyzzy")


def test_a_rebuild_leaves_no_file_of_before(made: Searched) -> None:
    made.service.catch_up()
    before = {path.name for path in (made.folder / "v1").iterdir()}
    made.change("UPDATE entries SET local_seq = ?, command = 'x' WHERE seq = 5")
    assert made.service.catch_up().rebuilt
    after = {path.name for path in (made.folder / "v1").iterdir()}
    kept = {name for name in before & after if name[0] != "." and name != "meta.json"}
    assert kept == set()


def test_a_large_rebuild_is_left_to_a_call_without_a_limit(made: Searched) -> None:
    made.service.catch_up()
    made.change("UPDATE entries SET local_seq = ?, command = 'x' WHERE seq = 5")
    assert not made.service.catch_up(limit=1).rebuilt
    assert made.service.catch_up(limit=10).rebuilt


def test_a_missing_damaged_or_older_index_is_made_anew(made: Searched) -> None:
    made.service.catch_up()
    shutil.rmtree(made.folder)
    assert made.index.reader() is None
    assert made.service.catch_up().indexed == 30
    (made.folder / "v0").mkdir()
    (made.folder / "v0" / "old").write_text("x")
    (made.folder / "v1" / "meta.json").write_text("{ no json")
    assert SearchIndex(made.folder).reader() is None
    assert made.find("w7") == ["question 7"]  # what the index lacks is looked at in the replica
    assert made.service.catch_up().indexed == 30
    assert not (made.folder / "v0").exists()
    assert made.reader().count == 30


def test_an_index_that_is_ahead_of_its_replica_is_made_anew(made: Searched) -> None:
    made.service.catch_up()
    with made.database.write() as transaction:
        transaction.execute("DELETE FROM entries WHERE seq > 20")
        transaction.execute("UPDATE counters SET n = 20 WHERE name = 'local_seq'")
    assert made.service.catch_up().rebuilt
    assert made.reader().count == 20


def test_another_file_in_the_place_of_the_replica_is_noticed(tmp_path: Path) -> None:
    for name, word in (("a", "first"), ("b", "second")):
        with searching(tmp_path / name) as made:
            made.add(an_entry(command=word, status=Status.COMPLETED))
            made.service.catch_up()
    shutil.rmtree(tmp_path / "a" / "search")
    (tmp_path / "b" / "search").rename(tmp_path / "a" / "search")
    with searching(tmp_path / "a") as made:
        assert made.service.catch_up().rebuilt
        assert not is_in_terms(made.reader(), "second")


def test_rows_that_left_without_a_trace_are_forgotten_when_they_are_many(made: Searched) -> None:
    made.service.catch_up()
    with made.database.write() as transaction:
        transaction.execute("DELETE FROM entries WHERE seq <= 25")
        transaction.execute("UPDATE sync_report SET evicted_at = 77")
    assert made.find("w7") == []
    assert made.service.catch_up().rebuilt
    assert made.reader().count == 5
    assert not made.service.catch_up().rebuilt


def test_one_process_writes_the_others_leave_it_to_it(made: Searched) -> None:
    made.service.catch_up(limit=10)
    with held(made.folder / "lock") as is_mine:
        assert is_mine
        assert made.service.catch_up().busy
        assert made.reader().count == 10
        assert made.find("w29") == ["question 29"]


def test_it_is_for_its_owner_alone(made: Searched) -> None:
    made.service.catch_up()
    assert (made.folder.stat().st_mode & 0o077, (made.folder / "v1").stat().st_mode & 0o077) == (
        0, 0,
    )  # fmt: skip


def test_who_must_not_leave_a_word_behind_waits_for_the_other(made: Searched) -> None:
    made.service.catch_up()
    made.change("UPDATE entries SET local_seq = ?, command = 'x' WHERE seq = 5")
    with held(made.folder / "lock"):
        waiting = background(lambda: _caught_up_elsewhere(made.folder.parent))
        time.sleep(0.1)
        assert not waiting.done()
    assert waiting.result(30)


def _caught_up_elsewhere(folder: Path) -> bool:
    with searching(folder) as other:
        return other.service.catch_up(wait=True).rebuilt


def test_forgetting_removes_it(made: Searched) -> None:
    made.service.catch_up()
    made.index.forget()
    assert made.index.reader() is None
    assert [path.name for path in made.folder.iterdir()] == ["lock"]


def test_a_build_tells_how_far_it_is_and_stops_when_it_is_told(
    made: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up_module, "BATCH", 10)
    told: list[tuple[int, int]] = []
    made.index.catch_up(
        made.rows, progress=lambda *far: told.append(far), stop=lambda: len(told) > 1
    )
    assert told == [(0, 30), (10, 30)]
    assert made.reader().count == 10
    made.change("UPDATE entries SET local_seq = ?, command = 'x' WHERE seq = 5")
    assert not made.index.catch_up(made.rows, stop=lambda: True).rebuilt
    assert made.service.catch_up().indexed in {21, 30}


@pytest.mark.parametrize("rebuilds", [True, False])
def test_whoever_stops_it_waits_for_a_few_rows_and_not_for_a_whole_batch(
    made: Searched, monkeypatch: pytest.MonkeyPatch, rebuilds: bool
) -> None:
    monkeypatch.setattr(catch_up_module, "_STOP_ROWS", 10)
    if rebuilds:
        made.service.catch_up()
        made.change("UPDATE entries SET local_seq = ?, command = 'x' WHERE seq = 5")
    held = made.reader().count if rebuilds else 0
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > (1 if rebuilds else 4)

    left = made.index.catch_up(made.rows, stop=stop)
    assert (left.indexed, left.waiting) == (0, 1 if rebuilds else 30)
    reader = made.index.reader()
    assert (reader.count if reader else 0) == held
    assert made.service.catch_up().indexed in {30, 31}
    assert made.service.catch_up().waiting == 0


def test_very_long_and_odd_texts_are_indexed(made: Searched) -> None:
    made.add(
        an_entry(
            command="x" * 900_000 + " needle", response="y " * 500_000, status=Status.COMPLETED
        ),
        an_entry(command="🦀 \x1b \u202e ß ﬁ", kind=Kind.COMMAND, status=Status.COMPLETED),
    )
    assert made.service.catch_up().indexed == 32
    assert len(made.find("needle")) == 1
    assert len(made.find("fi")) <= 1
