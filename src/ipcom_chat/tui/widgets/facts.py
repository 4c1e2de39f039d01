"""Short facts in two columns under a heading: the answers of slash commands.

Where the width does not suffice for two columns, the value goes below its name.
"""

from collections.abc import Sequence

import msgspec
from textual.content import Content

from ipcom_chat.domain.terminal import neutralise, one_line
from ipcom_chat.tui.widgets.rows import Rows, wrapped

GAP = 3
VALUE_MIN = 24
"""Cells that a value needs beside its name."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that belong together; all texts are neutralised by the widget."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    """Names and values."""
    notes: tuple[str, ...] = ()
    """Sentences below them."""


class Facts(Rows):
    """Sections below one another.

    Args:
        sections: what to show.
    """

    DEFAULT_CSS = """
    Facts { margin-top: 1; padding: 0 1; border-left: outer $panel; }
    """

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = tuple(sections)

    def layout_rows(self, width: int) -> list[Content]:
        """Return all sections with a blank line between two of them."""
        rows: list[Content] = []
        for section in self._sections:
            rows += [Content()] if rows else []
            rows += _section_rows(section, width)
        return rows


def _section_rows(section: Section, width: int) -> list[Content]:
    names = [Content(one_line(name)) for name, _value in section.facts]
    column = max((name.cell_length for name in names), default=0)
    rows = wrapped(Content.styled(one_line(section.title), "bold"), width) if section.title else []
    for name, value in section.facts:
        rows += _fact_rows(one_line(name), neutralise(value), column, width)
    for note in section.notes:
        rows += wrapped(Content.styled(neutralise(note), "$foreground 60%"), width)
    return rows


def _fact_rows(name: str, value: str, column: int, width: int) -> list[Content]:
    label = Content.styled(name, "$text-accent")
    if column + GAP + VALUE_MIN > width:
        return [*wrapped(label, width), *wrapped(Content(value), width, "  ", "  ")]
    label = label.pad_right(column + GAP - label.cell_length)
    lines = wrapped(Content(value), width - column - GAP) or [Content()]
    margin = Content(" " * (column + GAP))
    return [(margin if number else label) + line for number, line in enumerate(lines)]
