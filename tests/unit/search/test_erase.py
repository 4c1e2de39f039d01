"""Text that is gone leaves the index, and no more is written anew than held it."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.domain.entry import Status
from ipcom_chat.search import catch_up as module
from ipcom_chat.search import erase
from ipcom_chat.search.index import SearchIndex
from tests.support.replica import an_entry
from tests.support.search import Searched, is_in_terms, searching

DELETE = (
    "UPDATE entries SET local_seq = ?, command = '', response = NULL, deleted_at = 1 WHERE seq = ?"
)
REDACT = "UPDATE entries SET local_seq = ?, command = 'masked' WHERE seq = ?"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Searched]:
    with searching(tmp_path) as opened:
        yield opened


def add(made: Searched, *words: str) -> None:
    made.add(*(an_entry(command=f"{word} question", status=Status.COMPLETED) for word in words))


def in_segments(made: Searched, *sizes: int) -> None:
    """Index so many questions in a segment each; the words are `w1`, `w2` and so on."""
    number = 0
    for size in sizes:
        add(made, *(f"w{number + each}x" for each in range(1, size + 1)))
        number += size
        made.service.catch_up()


@pytest.mark.parametrize("sql", [DELETE, REDACT])
def test_what_was_just_saved_leaves_without_writing_the_rest_anew(
    made: Searched, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    in_segments(made, 30, 3, 2)
    read: list[int] = []
    by_number = made.rows.by_number

    def listening(seqs: Any, **more: Any) -> Any:
        read.extend(seqs)
        return by_number(seqs, **more)

    monkeypatch.setattr(made.rows, "by_number", listening)
    made.change(sql, 32)
    caught = made.service.catch_up()
    assert (caught.rebuilt, caught.waiting) == (False, 0)
    assert sorted(read) == [31, 32, 33]
    for reader in (made.reader(), SearchIndex(made.folder).reader()):
        assert reader is not None
        assert not is_in_terms(reader, "w32x")
        assert all(is_in_terms(reader, f"w{n}x") for n in (1, 30, 31, 33, 34, 35))
    assert made.reader().count == (34 if sql is DELETE else 35)
    assert made.find("w32x") == []
    assert made.find("w31x") == ["w31x question"]
    assert made.service.catch_up().indexed == 0


def test_where_most_would_be_written_anew_everything_is(made: Searched) -> None:
    in_segments(made, 30, 3)
    made.change(DELETE, 5)
    assert made.service.catch_up().rebuilt
    assert not is_in_terms(made.reader(), "w5x")
    assert is_in_terms(made.reader(), "w6x")


def test_much_is_left_to_a_call_without_a_limit(made: Searched) -> None:
    in_segments(made, 60, 25)
    made.change(DELETE, 70)
    left = made.service.catch_up(limit=2)
    assert (left.indexed, left.waiting) == (0, 1)
    assert is_in_terms(made.reader(), "w70x")
    assert made.service.catch_up(limit=3).indexed == 1
    assert not is_in_terms(made.reader(), "w70x")


def test_rows_that_left_the_replica_keep_no_segment_alive(
    made: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "_SLICE", 10)
    in_segments(made, 60, 25)
    with made.database.write() as transaction:
        transaction.execute("DELETE FROM entries WHERE seq > 70")
    made.change(DELETE, 65)
    assert not made.service.catch_up().rebuilt
    reader = made.reader()
    assert not any(is_in_terms(reader, f"w{n}x") for n in (65, 71, 85))
    assert all(is_in_terms(reader, f"w{n}x") for n in (1, 60, 61, 70))


def test_what_is_lost_among_many_changes_is_gone_before_any_of_them_is_indexed(
    made: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 4)
    in_segments(made, 60, 6)
    add(made, *(f"n{n}x" for n in range(10)))
    for seq in (62, 63, 65):
        made.change(DELETE, seq)
        add(made, f"after{seq}x")
    caught = made.service.catch_up()
    assert (caught.rebuilt, caught.indexed, caught.waiting) == (False, 16, 0)
    reader = made.reader()
    assert not any(is_in_terms(reader, f"w{n}x") for n in (62, 63, 65))
    assert all(is_in_terms(reader, word) for word in ("w61x", "w66x", "n0x", "n9x", "after65x"))


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_in_whatever_order_no_lost_word_stays(
    made: Searched, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(module, "BATCH", 5)
    source = random.Random(seed)
    held: dict[int, str] = {}
    gone: set[str] = set()
    in_segments(made, 40)
    held |= {n: f"w{n}x" for n in range(1, 41)}
    rebuilt = 0
    for step in range(30):
        for each in range(source.randrange(4)):
            seq = made.database.number("SELECT max(seq) FROM entries") + 1
            held[seq] = f"s{step}e{each}x"
            add(made, held[seq])
        if source.random() < 0.4:
            seq = source.choice(list(held)[-12:])
            gone.add(held.pop(seq))
            made.change(source.choice([DELETE, REDACT]), seq)
        if source.random() < 0.8:
            rebuilt += made.service.catch_up().rebuilt
            reader = made.reader()
            assert [word for word in gone if is_in_terms(reader, word)] == []
            if made.service.waiting() == 0:
                assert [word for word in held.values() if not is_in_terms(reader, word)] == []
    made.service.catch_up()
    assert made.reader().count == made.database.number(
        "SELECT count(*) FROM entries WHERE deleted_at IS NULL"
    )
    assert rebuilt < len(gone)
