"""Puts text of others into Markdown so that it can only be read, never act.

Invariant: whatever the text, it stays inside the span, cell, quote or block that was made for it,
and holds no control sequence.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from ipcom_chat.domain.terminal import neutralise, one_line

_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>&|~#]")
_TICKS: Final = re.compile(r"`+")


def inline(text: str, limit: int = 120) -> str:
    """Return the text as plain words of a line, cut at `limit` characters."""
    return _SPECIAL.sub(r"\\\g<0>", cut(one_line(text), limit))


def code(text: str, limit: int = 200) -> str:
    """Return the text as a code span."""
    text = cut(one_line(text), limit) or " "
    ticks = fence_of(text, least=1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def block(text: str, language: str = "text") -> str:
    """Return the text as a fenced block of code."""
    text = neutralise(text).strip("\n")
    fence = fence_of(text, least=3)
    return f"{fence}{language}\n{text}\n{fence}\n"


def quote(text: str) -> str:
    """Return the text as a block quote; Markdown in it stays Markdown, inside the quote."""
    lines = neutralise(text).strip("\n").split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines) + "\n"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]) -> str:
    """Return a table; cells are Markdown of one line.

    Args:
        titles: of the columns.
        rows: the cells, as `inline` or `code` made them.
        right: whether a column is aligned to the right.
    """
    rule = ("---:" if each else "---" for each in right)
    lines = [_row(titles), _row(rule)]
    lines += [
        _row(cell.replace("|", "\\|") if "`" in cell else cell for cell in row) for row in rows
    ]
    return "\n".join(lines) + "\n"


def cut(text: str, limit: int) -> str:
    """Return the text, an ellipsis in place of what exceeds `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def fence_of(text: str, least: int) -> str:
    """Return a fence that nothing in `text` can end: one backtick more than its longest run."""
    longest = max((len(each) for each in _TICKS.findall(text)), default=0)
    return "`" * max(longest + 1, least)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
