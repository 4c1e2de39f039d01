"""Output into sentences and tables."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.assistant.playbook import Command, Format, filled
from ipcom_chat.assistant.playbook_summary import number, summarise, written
from ipcom_chat.assistant.wording import Wording

ENGLISH = Wording("en")
ROWS = "a 3\nb 10\nc 10\n"
BASE: dict[str, Any] = {
    "row": r"^(?P<name>\w) (?P<size>\d+)$",
    "columns": [
        {"key": "name", "en": "Name", "pt": "Nome"},
        {"key": "size", "en": "Size", "pt": "Tamanho", "format": "number"},
    ],
    "empty": {"en": "None.", "pt": "Nenhum."},
}


def _said(output: str, *, failed: bool = False, **changes: object) -> str:
    command = msgspec.convert({"argv": ["x"], "table": BASE | changes}, Command)
    return summarise(command, output, {"who": "a_b"}, ENGLISH, failed=failed).text


def _rows(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.startswith("|")][2:]


def test_rows_become_a_table() -> None:
    assert _said("a 3\n") == "| Name | Size |\n| --- | ---: |\n| a | 3 |\n\n"


def test_the_title_is_in_the_language_of_the_answer() -> None:
    command = msgspec.convert({"argv": ["x"], "table": BASE}, Command)
    said = summarise(command, "a 3", {}, Wording("pt_BR"), failed=False).text
    assert said.startswith("| Nome | Tamanho |")


def test_numbers_are_ordered_as_numbers() -> None:
    assert _rows(_said(ROWS, order_by="-size"))[0] == "| b | 10 |"
    assert _rows(_said(ROWS, order_by="size"))[0] == "| a | 3 |"
    assert _rows(_said(ROWS, order_by="-name"))[0] == "| c | 10 |"


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"key": "size", "at_least": 4}, "bc"),
        ({"key": "size", "below": 4}, "a"),
        ({"key": "name", "equals": "b"}, "b"),
        ({"key": "name", "differs": "b"}, "ac"),
        ({"key": "name", "has_word": "c"}, "c"),
    ],
)
def test_conditions(condition: dict[str, object], names: str) -> None:
    assert "".join(row[2] for row in _rows(_said(ROWS, where=[condition]))) == names


def test_no_row_left_is_the_empty_sentence() -> None:
    assert _said(ROWS, where=[{"key": "name", "equals": "z"}]) == "None.\n\n"
    assert _said("") == "None.\n\n"


def test_strange_output_is_shown_not_hidden() -> None:
    assert _said("what is this?") == "```text\nwhat is this?\n```\n\n"
    assert _said("what is this?", sparse=True) == "None.\n\n"
    assert "what is this?" in _said("what is this?", sparse=True, failed=True)


def test_same_rows_are_counted() -> None:
    said = _said(ROWS, same=["size"], times={"en": "Times", "pt": "Vezes"}, order_by="-times")
    assert _rows(said) == ["| c | 10 | 2 |", "| a | 3 | 1 |"]


def test_one_and_many_with_totals_and_captures() -> None:
    texts: dict[str, Any] = {
        "one": {"en": "One of {who}.", "pt": ""},
        "many": {"en": "{count} of {sum_size}.", "pt": ""},
    }
    assert _said("a 3\n", **texts).startswith("One of `a_b`.\n\n|")
    assert _said(ROWS, **texts).startswith("3 of 23.\n\n|")


def test_sentences_are_a_list_when_there_are_several() -> None:
    sentence = {"en": "{name} has {size}.", "pt": "", "where": [{"key": "size", "at_least": 10}]}
    assert _said(ROWS, sentences=[sentence]).startswith("- b has 10.\n- c has 10.\n\n|")
    assert _said("b 10\n", sentences=[sentence]).startswith("b has 10.\n\n|")


def test_rows_beyond_the_limit_are_counted_unless_it_is_a_top_list() -> None:
    assert "2 more rows are not shown." in _said(ROWS, limit=1)
    assert "One more row is not shown." in _said(ROWS, limit=2)
    assert "not shown" not in _said(ROWS, limit=1, top=True)


def test_lines_beyond_the_limit_from_either_end() -> None:
    for keep, shown in (("head", "1\n2"), ("tail", "2\n3")):
        command = msgspec.convert({"argv": ["x"], "lines": 2, "keep": keep}, Command)
        said = summarise(command, "1\n2\n3\n", {}, ENGLISH, failed=False).text
        assert said == f"```text\n{shown}\n```\n\nOne more line is not shown.\n\n"


@pytest.mark.parametrize(
    ("value", "how", "english", "portuguese"),
    [
        ("1536", "bytes", "1.5 KiB", "1,5 KiB"),
        ("1048576", "kib", "1.0 GiB", "1,0 GiB"),
        ("512", "bytes", "512 B", "512 B"),
        ("99999999999999999", "bytes", "90949.5 TiB", "90949,5 TiB"),
        ("12.5", "percent", "12.5 %", "12,5 %"),
        ("90061", "seconds", "1 d 1 h", "1 d 1 h"),
        ("3700", "seconds", "1 h 1 min", "1 h 1 min"),
        ("61", "seconds", "1 min 1 s", "1 min 1 s"),
        ("no number", "bytes", "no number", "no number"),
        ("a|b*c", "text", r"a\|b\*c", r"a\|b\*c"),
        ("a`b", "code", "``a`b``", "``a`b``"),
    ],
)
def test_values_are_written_for_people(
    value: str, how: Format, english: str, portuguese: str
) -> None:
    assert written(value, how, "en") == english
    assert written(value, how, "pt_BR") == portuguese


def test_numbers_are_found() -> None:
    assert number("12% used") == 12
    assert number("-3,5") == -3.5
    assert number("none") is None


def test_a_value_is_never_a_placeholder() -> None:
    assert filled("{a} {b} {c}", {"a": "{b}", "b": "2"}) == "{b} 2 {c}"


@given(st.text(), st.booleans())
def test_any_output_can_be_summarised(output: str, failed: bool) -> None:
    assert isinstance(_said(output, failed=failed), str)


@given(st.text(alphabet="ab|`\\*_[]<>#~\n\x1b", min_size=1, max_size=40))
def test_f1_no_cell_breaks_out_of_its_table(value: str) -> None:
    said = _said(f"{value}", row=r"(?s)(?P<name>.+)(?P<size>)")
    if said.startswith("|"):
        assert len(_rows(said)) == 1
        assert len([line for line in said.split("\n") if line]) == 3
