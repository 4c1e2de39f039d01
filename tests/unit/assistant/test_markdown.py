"""Text of others stays inside what was made for it, as a Markdown parser sees it."""

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ipcom_chat.assistant.markdown import block, code, cut, inline, quote, table

PARSER = MarkdownIt("gfm-like", {"linkify": False})
HOSTILE = st.text(alphabet="ab `~>|\\*_[]()<>#!-+1.&;\n\t\r\x0b\x0c\x1b\x85\u2028", max_size=60)


def _kinds(markdown: str) -> list[str]:
    return [token.type for token in PARSER.parse(markdown)]


@given(HOSTILE)
def test_a_block_is_one_block(text: str) -> None:
    assert _kinds(f"{block(text)}\nafter") == [
        "fence",
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


@given(HOSTILE)
def test_a_code_span_is_one_span(text: str) -> None:
    inner = PARSER.parse(f"x {code(text)} y")[1].children
    assert inner is not None
    assert [each.type for each in inner] == ["text", "code_inline", "text"]


@given(HOSTILE)
def test_inline_text_is_text_only(text: str) -> None:
    inner = PARSER.parse(f"x {inline(text)} y")[1].children
    assert inner is not None
    assert {each.type for each in inner} <= {"text", "text_special"}


@given(HOSTILE)
def test_what_follows_a_quote_is_outside_and_all_of_it_inside(text: str) -> None:
    tokens = PARSER.parse(f"{quote(text)}\nafter")
    assert tokens[0].type == "blockquote_open"
    outside = [each.type for each in tokens if each.level == 0]
    assert outside[:2] == ["blockquote_open", "blockquote_close"]
    assert outside[2:] == ["paragraph_open", "paragraph_close"]


@given(HOSTILE, HOSTILE)
def test_a_table_has_its_rows_and_columns(one: str, two: str) -> None:
    tokens = PARSER.parse(table(["A", "B"], [[inline(one), code(two)]], [False, True]))
    assert [each.type for each in tokens].count("td_open") == 2
    assert [each.type for each in tokens].count("tr_open") == 2


def test_cut_says_that_it_cut() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
