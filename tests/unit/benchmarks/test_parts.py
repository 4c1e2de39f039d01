"""How the parts of a report are called."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.parts import PARTS, QUICK_LIMIT_S, Wanted, commands


def called(wanted: Wanted) -> dict[str, list[str]]:
    return dict(commands(wanted))


def test_every_part_is_a_module_of_the_benchmarks() -> None:
    assert [part.module for part in PARTS if not find_spec(f"benchmarks.{part.module}")] == []


def test_a_quick_report_holds_all_parts_with_small_sizes() -> None:
    found = called(Wanted())

    assert list(found) == [part.name for part in PARTS]
    assert found["search"] == ["search", "10000"]
    assert Wanted().limit_s == QUICK_LIMIT_S


def test_a_full_report_goes_up_to_a_million() -> None:
    found = called(Wanted(full=True))

    assert found["search"] == ["search", "10000", "100000", "1000000"]
    assert found["storage"] == ["storage", "1000000"]
    assert found["imports"] == ["imports", "--lines", "1000000"]


def test_sizes_that_are_named_are_measured_with_more_time() -> None:
    wanted = Wanted(names=("peer_history",), sizes=(1_000_000,))

    assert called(wanted) == {"peer_history": ["peer_history", "1000000"]}
    assert wanted.limit_s > QUICK_LIMIT_S


def test_corpora_are_measured_after_the_words_of_this_repository() -> None:
    found = called(Wanted(names=("retrieval",), corpora=Path("/corpora")))

    assert [*found] == [
        "retrieval",
        "retrieval, English paraphrases",
        "retrieval, Portuguese to English",
    ]
    assert found["retrieval, English paraphrases"][1:3] == [
        "--corpus",
        "/corpora/nl2bash_corpus.jsonl",
    ]


def test_a_part_that_is_not_there_is_said_to_be_unknown() -> None:
    with pytest.raises(ValueError, match="no such part: surch"):
        called(Wanted(names=("surch", "search")))
