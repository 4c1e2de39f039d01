"""Markdown as styled text: nothing is dropped, nothing in it is obeyed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.content import Content

from ipcom_chat.tui.widgets.markdown import (
    Block,
    CodeBlock,
    RuleBlock,
    TableBlock,
    TextBlock,
    block_rows,
    parse,
)
from ipcom_chat.tui.widgets.rows import HREF, expanded, is_safe_link


def lines(source: str, width: int = 60) -> list[str]:
    """Lay a document out as an answer does."""
    rows: list[str] = []
    for number, block in enumerate(parse(source)):
        rows += [""] if block.apart and number else []
        rows += [row.plain.rstrip() for row in block_rows(block, width)]
    return rows


def hrefs(block: Block) -> list[object]:
    assert isinstance(block, TextBlock)
    styles = [span.style for span in block.body.spans]
    return [style.meta[HREF] for style in styles if not isinstance(style, str) and style.meta]


def test_a_paragraph_keeps_its_words_and_gets_its_styles() -> None:
    (block,) = parse("**Port** `80` is *used*\nby nginx")

    assert isinstance(block, TextBlock)
    assert block.body.plain == "Port 80 is used by nginx"
    assert len(block.body.spans) == 3


def test_lists_are_indented_and_tight() -> None:
    assert lines("intro\n\n1. one\n   - a\n   - b\n2. two\n\nend") == [
        "intro",
        "",
        "1. one",
        "   • a",
        "   • b",
        "2. two",
        "",
        "end",
    ]


def test_a_long_item_hangs_under_its_text() -> None:
    assert lines("- one two three four", width=12) == ["• one two", "  three four"]


def test_an_item_cut_from_its_list_keeps_its_number() -> None:
    (block,) = parse("7. seven", apart=False)

    assert isinstance(block, TextBlock)
    assert (block.lead, block.apart) == ("7. ", False)


def test_html_and_markup_are_shown_as_written() -> None:
    source = "List<int> <b>x</b> [red]markup[/red] [/]"

    assert lines(source) == [source]
    assert lines("<script>\nalert(1)\n</script>") == ["<script> alert(1) </script>"]


def test_entities_cannot_bring_control_characters_back() -> None:
    assert not any(ord(char) < 32 for char in "".join(lines("a &#27;[31m &#x1b;]0;t&#7; b")))


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "ssh://h", "data:text/html,x"]
)
def test_only_links_to_the_web_are_links(address: str) -> None:
    (block,) = parse(f"[x]({address})")

    assert hrefs(block) == []
    assert not is_safe_link(address)


def test_a_link_carries_its_address_as_data() -> None:
    (block,) = parse("[docs](https://example.org/a?b=('c'))")

    assert hrefs(block) == ["https://example.org/a?b=('c')"]


def test_code_keeps_every_character() -> None:
    (block,) = parse("```bash title\necho  '[/]'\n\n  x\n```")

    assert block == CodeBlock(code="echo  '[/]'\n\n  x", language="bash")


def test_code_in_a_list_is_indented_with_it() -> None:
    first, second = parse("- run\n\n  ```\n  ls\n  ```")

    assert isinstance(first, TextBlock)
    assert second == CodeBlock(code="ls", language="", indent="  ")


def test_code_as_the_whole_item_keeps_the_bullet() -> None:
    assert lines("- ```\n  ls\n  ```")[0] == "•"


def test_a_table_fits_and_aligns() -> None:
    source = "| a | long name |\n|---|---|\n| 1 | some words that must wrap |\n| 22 | x |"

    assert lines(source, width=20) == [
        "a   long name",
        "──  ────────────────",
        "1   some words that",
        "    must wrap",
        "22  x",
    ]


def test_a_table_without_room_becomes_records() -> None:
    source = "| alpha | beta | gamma |\n|---|---|---|\n| 111111 | 222222 | 333333 |"

    assert lines(source, width=12) == ["alpha:", "111111", "beta: 222222", "gamma:", "333333"]


def test_quotes_and_rules() -> None:
    assert lines("> said so", width=7) == ["▏ said", "▏ so"]
    assert isinstance(parse("***")[0], RuleBlock)


@settings(max_examples=200, deadline=None)
@given(
    source=st.lists(
        st.sampled_from(
            [
                "a",
                "*",
                "**",
                "`",
                "```",
                "\n",
                "\n\n",
                "- ",
                "1. ",
                "> ",
                "|",
                "|-|",
                "[x](y)",
                "# ",
            ]
        ),
        max_size=40,
    ).map("".join),
    width=st.integers(1, 40),
)
def test_any_text_can_be_laid_out_and_fits(source: str, width: int) -> None:
    for block in parse(source):
        rows = block_rows(block, width)
        if isinstance(block, TableBlock) or width < 20:
            continue
        assert all(row.cell_length <= width for row in rows)


@pytest.mark.parametrize("source", [">" * 1_000 + " deep", "- " * 500 + "deep"])
def test_what_is_nested_too_deeply_is_shown_as_it_was_written(source: str) -> None:
    assert "".join("".join(lines(source)).split()) == "".join(source.split())


def test_a_table_beyond_measure_is_shown_as_it_was_written() -> None:
    source = f"|{'a|' * 2_000}\n|{'-|' * 2_000}\n" + "|\n" * 2_000

    (block,) = parse(source)

    assert isinstance(block, TextBlock)


def test_a_line_of_tabs_is_laid_out_as_blanks() -> None:
    styled = Content.styled("\t" * 100_000 + "end", "bold")

    content = expanded(styled, 4)

    assert content.plain == " " * 100_000 + "end"
    assert expanded(Content.styled("a\tb", "bold"), 4).plain == "a   b"
