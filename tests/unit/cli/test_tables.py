"""Tables for people."""

from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.cli.tables import Column, cell_width, cut, render

COLUMNS = [Column("Id"), Column("Question", flexible=True), Column("Count", right=True)]


def test_a_wide_screen_shows_everything_aligned() -> None:
    lines = render(COLUMNS, [["1", "short", "7"], ["22", "longer", "12"]], width=80, styled=False)
    assert lines == ["Id  Question  Count", "1   short         7", "22  longer       12"]


def test_a_narrow_screen_cuts_the_flexible_column() -> None:
    lines = render(COLUMNS, [["1", "x" * 100, "7"]], width=30, styled=False)
    assert [len(line) for line in lines] == [30, 30]
    assert "…" in lines[1]


def test_wide_characters_are_counted_in_cells() -> None:
    assert cell_width("漢字") == 4
    assert cut("漢字漢字", 5) == "漢字…"
    lines = render(COLUMNS, [["1", "漢字", "7"], ["1", "abcd", "7"]], width=80, styled=False)
    assert cell_width(lines[1]) == cell_width(lines[2])


def test_only_a_styled_header_is_bold() -> None:
    lines = render(COLUMNS, [["1", "a", "7"]], width=80, styled=True)
    assert lines[0].startswith("\x1b[1m")
    assert "\x1b" not in lines[1]


@given(
    rows=st.lists(st.lists(st.text("ab漢é", max_size=60), min_size=3, max_size=3), max_size=5),
    width=st.integers(60, 200),
)
def test_no_line_is_wider_than_the_screen_if_flexible_cells_can_give_way(
    rows: list[list[str]], width: int
) -> None:
    columns = [Column(name, flexible=True) for name in "abc"]
    for line in render(columns, rows, width=width, styled=False):
        assert cell_width(line) <= width


@given(text=st.text("ab漢é\u0301"), width=st.integers(1, 30))
def test_a_cut_text_fits(text: str, width: int) -> None:
    assert cell_width(cut(text, width)) <= width
