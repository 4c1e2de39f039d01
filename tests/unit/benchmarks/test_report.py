"""What a report makes of the figures of a part."""

import pytest

from benchmarks.report import Beside, behind, cell, comparisons, dump, load, tables


def a_comparison(**changes: object) -> Beside:
    values = {"what": "save", "unit": "ms", "ours": 2.0, "peer": "Atuin", "theirs": 8.0} | changes
    return Beside(**values)  # type: ignore[arg-type]


def test_innermost_objects_become_rows_and_a_table_begins_where_columns_change() -> None:
    result = {"save": {"ours": {"p50": 0.5}, "bare": {"p50": 0.25}}, "size": {"bytes": 12_345}}

    assert tables(result) == [
        "",
        "| | p50 |",
        "|---|---|",
        "| save: ours | 0.5 |",
        "| save: bare | 0.25 |",
        "",
        "| | bytes |",
        "|---|---|",
        "| size | 12,345 |",
    ]


def test_what_stands_alone_is_a_row_of_all() -> None:
    assert tables({"ok": True, "entries": 3})[-1] == "| all | True | 3 |"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.12345, "0.1235"),
        (1234.5, "1,234"),
        (1_000_000, "1,000,000"),
        ("7 of 7",) * 2,
    ],
)
def test_a_value_is_written_short(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_a_result_and_its_comparisons_come_back_from_the_line_that_carries_them() -> None:
    result, beside = {"save": {"p50": 1.5}}, [a_comparison(), a_comparison(why="It is compiled.")]

    assert load(dump(result, beside)) == (result, beside)


def test_a_part_without_comparisons_has_none() -> None:
    assert load('{"save": {"p50": 1}}') == ({"save": {"p50": 1}}, [])
    assert comparisons([]) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "more_is_better", "factor"),
    [
        (2, 8, False, 4),
        (8, 2, False, 0.25),
        (8, 2, True, 4),
        (2, 8, True, 0.25),
        (16, 0, True, float("inf")),
        (0, 5, False, float("inf")),
        (0, 0, True, 1),
    ],
)
def test_a_factor_says_how_many_times_as_well_we_do(
    ours: float, theirs: float, more_is_better: bool, factor: float
) -> None:
    comparison = a_comparison(ours=ours, theirs=theirs, more_is_better=more_is_better)

    assert comparison.factor == factor


def test_comparisons_show_both_figures_with_their_unit() -> None:
    assert comparisons([a_comparison()])[-1] == "| save | 2 ms | Atuin | 8 ms | 4 × |"


def test_behind_names_only_where_a_peer_is_clearly_ahead_the_worst_first() -> None:
    lines = behind(
        [
            a_comparison(what="ahead"),
            a_comparison(what="alike", ours=8.2),
            a_comparison(what="slower", ours=16, why="It is compiled."),
            a_comparison(what="slowest", ours=80),
        ]
    )

    assert lines[:3] == ["", "## Behind a peer", ""]
    assert lines[3:] == [
        "- **slowest**: Atuin 8 ms, ours 80 ms (0.1 ×). Not explained yet.",
        "- **slower**: Atuin 8 ms, ours 16 ms (0.5 ×). It is compiled.",
    ]


def test_behind_says_so_where_nobody_is_ahead() -> None:
    assert behind([a_comparison()])[-1] == "Nothing that was measured."
