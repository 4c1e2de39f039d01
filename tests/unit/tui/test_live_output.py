"""The end of what a command writes: nothing twice, nothing lost, and never without bound."""

from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.tui.widgets.live_output import KEPT_CHARS, LINE_CHARS, LiveOutput

WIDTH = 40


def written(*portions: str) -> LiveOutput:
    output = LiveOutput()
    for portion in portions:
        output.write(portion)
    return output


def plain(output: LiveOutput, count: int = 6) -> tuple[int, list[str]]:
    above, rows = output.newest(WIDTH, count)
    return above, [row.plain.strip() for row in rows]


def test_nothing_is_shown_of_nothing() -> None:
    assert plain(LiveOutput()) == (0, [])
    assert LiveOutput().rows(WIDTH) == (0, [])
    assert LiveOutput().lines == []


def test_the_newest_lines_are_shown_and_the_others_counted() -> None:
    output = written("".join(f"line {number}\n" for number in range(20)))

    assert plain(output) == (14, [f"line {number}" for number in range(14, 20)])


def test_a_line_that_still_grows_is_shown_from_its_end() -> None:
    output = written("one\n", "#" * 100 + "> 42%")
    above, rows = plain(output)

    assert (above, rows[0]) == (0, "one")
    assert rows[1].startswith("…#")
    assert rows[1].endswith("> 42%")
    assert len(rows[1]) == WIDTH - 2


def test_a_line_that_is_complete_is_cut_at_the_width() -> None:
    _above, rows = plain(written("x" * 100 + "\n"))

    assert rows == ["x" * (WIDTH - 3) + "…"]


def test_all_of_it_is_folded_so_that_every_letter_is_there() -> None:
    _above, rows = written("abc\n", "y" * 100).rows(WIDTH)

    assert "".join(row.plain.strip() for row in rows) == "abc" + "y" * 100


def test_control_sequences_are_taken_out() -> None:
    assert plain(written("a\x1b[2Jb\r\nc")) == (0, ["ab", "c"])


def test_memory_is_bounded_by_lines_and_within_a_line() -> None:
    output = written(*["z" * 1_000 + "\n"] * 500)
    above, rows = output.rows(WIDTH)
    endless = written(*["w" * 1_000] * 500)

    assert sum(len(line) + 1 for line in output.lines) <= KEPT_CHARS + LINE_CHARS
    assert above == 500 - len(output.lines)
    assert rows
    assert len(endless.lines) == 1
    assert len(endless.lines[0]) == LINE_CHARS


@given(st.lists(st.text(alphabet="ab\n", max_size=8), max_size=12))
def test_however_it_is_cut_the_lines_are_those_of_the_whole(portions: list[str]) -> None:
    output, text = written(*portions), "".join(portions)
    expected = text.split("\n") if not text.endswith("\n") else text.split("\n")[:-1]
    expected = [] if not text else expected
    above, rows = plain(output, 3)

    assert output.lines == expected
    assert above + len(rows) == len(expected)
    assert rows == expected[-3:]
