"""Which prompts are meant for the shell."""

import pytest

from ipcom_chat.tui.shell_lines import as_prompt, shell_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("!df -h", "df -h"),
        ("! df -h \n", "df -h"),
        (" !id", " id"),  # kept on this machine, as a question is
        ("!", ""),
        ("!for x in 1 2; do\n  echo $x\ndone", "for x in 1 2; do\n  echo $x\ndone"),
        ("why!", None),
        ("", None),
    ],
)
def test_a_line_begins_with_the_mark(text: str, line: str | None) -> None:
    assert shell_line(text) == line


@pytest.mark.parametrize("text", ["!df -h", " !df -h"])
def test_a_line_is_recalled_as_it_was_typed(text: str) -> None:
    line = shell_line(text)
    assert line is not None
    assert as_prompt(line) == text
