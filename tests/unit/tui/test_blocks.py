"""Where a growing answer is cut, and that nothing of it is lost."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.tui.widgets.blocks import LONGEST_CHARS, LONGEST_CODE_CHARS, BlockSplitter, Piece

LINES = [
    "",
    "text",
    "- item",
    "1. one",
    "  inner",
    "```bash",
    "```",
    "   ```",
    "# head",
    "> q",
    "~~~",
]


def split(text: str, places: list[int] | None = None) -> list[Piece]:
    splitter = BlockSplitter()
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places or [])})
    pieces = [p for a, b in itertools.pairwise(edges) for p in splitter.feed(text[a:b])]
    return pieces + splitter.finish()


def sources(text: str) -> list[str]:
    return [piece.source for piece in split(text)]


@given(
    lines=st.lists(st.sampled_from(LINES), max_size=25),
    places=st.lists(st.integers(0, 300), max_size=10),
)
def test_the_pieces_do_not_depend_on_the_portions_and_lose_nothing(
    lines: list[str], places: list[int]
) -> None:
    text = "\n".join(lines)

    pieces = split(text, places)

    assert pieces == split(text)
    kept = "".join(piece.source for piece in pieces)
    assert [line for line in kept.split("\n") if line.strip()] == [
        line for line in lines if line.strip()
    ]


def test_a_blank_line_ends_a_paragraph() -> None:
    assert sources("one\ntwo\n\nthree") == ["one\ntwo\n", "three\n"]
    assert [piece.apart for piece in split("one\n\ntwo")] == [False, True]


def test_blank_lines_in_code_end_nothing() -> None:
    code = "```python\na\n\nb\n```\n"

    assert sources(f"{code}after") == [code, "after\n"]


def test_a_list_is_cut_at_its_items_and_keeps_what_is_inside_them() -> None:
    text = "- one\n  more\n\n  ```\n  x\n\n  y\n  ```\n- two\n\nafter"

    assert sources(text) == [
        "- one\n  more\n\n  ```\n  x\n\n  y\n  ```\n",
        "- two\n\n",
        "after\n",
    ]
    assert [piece.apart for piece in split(text)] == [False, False, True]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    code = "````md\n```\nx\n```\n````\n"

    assert sources(code) == [code]


def test_open_code_is_told_apart_from_text() -> None:
    splitter = BlockSplitter()

    assert splitter.feed("intro\n\n```bash\nls -l\nca") == [Piece(source="intro\n", apart=False)]
    code = splitter.open_code

    assert code is not None
    assert (code.language, code.code) == ("bash", "ls -l\nca")
    assert splitter.feed("t\n``") == []
    assert splitter.feed("`\n") == [Piece(source="```bash\nls -l\ncat\n```\n", apart=True)]
    assert splitter.open_code is None


def test_a_paragraph_without_end_is_cut_after_a_sentence() -> None:
    text = "A sentence of words. " * (2 * LONGEST_CHARS // 20)
    splitter = BlockSplitter()

    pieces = splitter.feed(text)

    assert pieces
    assert all(piece.source.endswith(". ") for piece in pieces)
    assert len(splitter.tail.source) < LONGEST_CHARS


def test_no_piece_and_no_tail_grows_without_bound() -> None:
    line = "a line of a log without a blank one after it\n"
    for text in (line * 5_000, "x" * 200_000, "[" * 100_000, "> quoted\n" * 20_000):
        splitter = BlockSplitter()
        pieces = splitter.feed(text)

        assert len(splitter.tail.source) <= LONGEST_CHARS
        assert max(len(piece.source) for piece in pieces) < 2 * LONGEST_CHARS
        assert "".join(piece.source for piece in [*pieces, splitter.tail]) == text


def test_a_table_without_end_keeps_its_head() -> None:
    head = "| a | b |\n|---|---|\n"

    pieces = split(head + "| 1 | 2 |\n" * 5_000)

    assert len(pieces) > 2
    assert all(piece.source.startswith(head) for piece in pieces)
    assert sum(piece.source.count("| 1 | 2 |") for piece in pieces) == 5_000


@pytest.mark.parametrize("before", ["", "- item\n  "])
def test_code_without_end_goes_on_as_code(before: str) -> None:
    lines = [f"echo {number}\n" for number in range(30_000)]

    pieces = split(f"{before}```bash\n{''.join(lines)}")

    assert len(pieces) > 1
    assert all(piece.source.startswith("```") for piece in pieces[1:])
    assert all(piece.source.endswith("\n```\n") for piece in pieces[:-1])
    assert all(len(piece.source) < LONGEST_CODE_CHARS + LONGEST_CHARS for piece in pieces)
    code = [line for piece in pieces for line in piece.source.splitlines(keepends=True)]
    assert [line for line in code if line.startswith("echo")] == lines
