"""Which questions are to be read, and which vectors are to be forgotten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Kind
from ipcom_chat.meaning import catch_up
from ipcom_chat.meaning.catch_up import forget, forget_lost, next_changes
from ipcom_chat.meaning.texts import text_hash
from ipcom_chat.storage.vectors import Vector, VectorMark, Vectors, open_vectors
from tests.support.replica import an_entry
from tests.support.search import Searched, searching


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened:
        yield opened


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    opened = open_vectors(tmp_path / "meaning" / "vectors.db", "model", 8)
    yield opened
    opened.close()


def read_all(made: Searched, vectors: Vectors, limit: int = 100) -> list[list[str | None]]:
    """Take in what there is, with vectors of no worth; return the texts of each step."""
    steps = []
    while changes := next_changes(made.rows, vectors, limit=limit):
        steps.append([row.text for row in changes.fresh])
        known = [Vector(row.seq, text_hash(row.text or ""), b"c", b"e") for row in changes.fresh]
        vectors.put(known, changes.lost, changes.mark)
    return steps


def test_questions_are_read_in_order_a_few_at_a_time_and_commands_never(
    made: Searched, vectors: Vectors
) -> None:
    made.add(
        *(an_entry(command=f"question {n}") for n in range(5)),
        *(an_entry(command=f"ls {n}", kind=Kind.COMMAND) for n in range(5)),
        an_entry(command="last"),
    )
    assert read_all(made, vectors, limit=2) == [
        ["question 0", "question 1"], ["question 2", "question 3"], ["question 4", "last"],
    ]  # fmt: skip
    assert next_changes(made.rows, vectors, limit=2) is None
    made.add(an_entry(command="new"))
    assert read_all(made, vectors) == [["new"]]


def test_commands_alone_are_passed_over_in_large_steps(
    made: Searched, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "_READ_BATCH", 3)
    made.add(*(an_entry(command=f"ls {n}", kind=Kind.COMMAND) for n in range(7)))
    assert read_all(made, vectors) == [[], [], []]
    assert vectors.mark().watermark == made.rows.counter()


def test_a_change_that_leaves_the_question_alone_reads_nothing(
    made: Searched, vectors: Vectors
) -> None:
    made.add(an_entry(command="question"))
    read_all(made, vectors)
    made.change("UPDATE entries SET local_seq = ?, response = 'other'")
    assert read_all(made, vectors) == [[]]
    assert vectors.count() == 1


@pytest.mark.parametrize(
    ("sql", "then"),
    [
        ("UPDATE entries SET local_seq = ?, deleted_at = 1, command = ''", []),
        ("UPDATE entries SET local_seq = ?, command = '[REDACTED:text]'", ["[REDACTED:text]"]),
    ],
)
def test_what_was_deleted_or_redacted_is_lost(
    made: Searched, vectors: Vectors, sql: str, then: list[str]
) -> None:
    made.add(an_entry(command="secret question"))
    read_all(made, vectors)
    made.change(sql)
    changes = next_changes(made.rows, vectors, limit=9)
    assert changes is not None
    assert (changes.lost, [row.text for row in changes.fresh]) == ((1,), then)
    read_all(made, vectors)
    assert list(vectors.exact([1])) == ([1] if then else [])


def test_forgetting_needs_no_model_and_leaves_what_is_new_to_be_read(
    made: Searched, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.add(*(an_entry(command=f"question {n}") for n in range(4)))
    read_all(made, vectors)
    made.add(*(an_entry(command=f"newer {n}") for n in range(3)))
    made.change("UPDATE entries SET local_seq = ?, deleted_at = 1, command = '' WHERE seq = 2")
    monkeypatch.setattr(catch_up, "_READ_BATCH", 2)
    assert forget(made.rows, vectors) == 1
    assert vectors.seqs() == [1, 3, 4]
    assert read_all(made, vectors)[0] == ["newer 0", "newer 1"]
    assert forget(made.rows, vectors) == 0


def test_where_no_vectors_are_none_are_made_to_forget(made: Searched, tmp_path: Path) -> None:
    made.add(an_entry(command="question"))
    (tmp_path / "meaning").mkdir()
    forget_lost(made.database, tmp_path / "meaning")
    assert list((tmp_path / "meaning").iterdir()) == []


def test_of_another_replica_nothing_is_kept(made: Searched, vectors: Vectors) -> None:
    made.add(an_entry(command="question"))
    read_all(made, vectors)
    for wrong in (VectorMark(1, 77, 0), VectorMark(10**6, made.rows.birth(), 0)):
        vectors.put([Vector(99, 1, b"c", b"e")], (), wrong)
        assert read_all(made, vectors) == [[], ["question"]]
        assert vectors.seqs() == [1]


def test_what_left_the_replica_without_a_trace_is_forgotten(
    made: Searched, vectors: Vectors
) -> None:
    made.add(*(an_entry(command=f"question {n}") for n in range(3)))
    read_all(made, vectors)
    with made.database.write() as transaction:
        transaction.execute("DELETE FROM entries WHERE seq < 3")
        transaction.execute("UPDATE sync_report SET evicted_at = 5")
    assert read_all(made, vectors) == [[]]
    assert vectors.seqs() == [3]
