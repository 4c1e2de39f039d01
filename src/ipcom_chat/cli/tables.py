"""Tables for people.

On a terminal: aligned, as wide as the screen, long cells cut with `…`, the header bold if the
terminal is styled. Elsewhere: a header and rows with tabs between full cells, for grep, cut and
awk. Every cell is one line and neutralised.
"""

import shutil
import sys
from collections.abc import Sequence
from typing import NamedTuple

from ipcom_chat.cli import output
from ipcom_chat.domain.terminal import one_line

_GAP = 2
_NARROWEST = 8


class Column(NamedTuple):
    """One column; a flexible one gives way on a narrow screen."""

    title: str
    flexible: bool = False
    right: bool = False


def show(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, styled: bool) -> None:
    """Write a table to stdout."""
    cells = [[one_line("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not output.is_terminal(sys.stdout):
        for row in ([column.title for column in columns], *cells):
            output.write("\t".join(row) + "\n")
        return
    for text in render(columns, cells, width=shutil.get_terminal_size().columns, styled=styled):
        output.write(text + "\n")


def show_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Write names and values, one pair a line; pairs without a value are left out."""
    known = [(name, one_line(str(value))) for name, value in facts if value not in (None, "")]
    if not output.is_terminal(sys.stdout):
        for name, value in known:
            output.write(f"{name}\t{value}\n")
        return
    width = max((cell_width(name) for name, _value in known), default=0) + _GAP
    for name, value in known:
        output.write(f"{_fit(name, width)}{value}\n")


def render(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], *, width: int, styled: bool
) -> list[str]:
    """Return the lines of a table that is `width` cells wide at most, where it can be."""
    titles = [column.title for column in columns]
    widths = _widths(columns, [titles, *cells], width)
    lines = [_line(columns, row, widths) for row in (titles, *cells)]
    if styled:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    return lines


def cell_width(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # noqa: PLC0415 - 40 ms that only such texts need

    width: int = wcswidth(text)
    return len(text) if width < 0 else width


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` cells; what is cut off becomes `…`."""
    if cell_width(text) <= width:
        return text
    kept = text[: max(width - 1, 0)]
    while kept and cell_width(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…"


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], available: int) -> list[int]:
    widths = [max(cell_width(row[index]) for row in rows) for index in range(len(columns))]
    excess = sum(widths) + _GAP * (len(columns) - 1) - available
    flexible = [index for index, column in enumerate(columns) if column.flexible]
    while excess > 0 and flexible:
        widest = max(flexible, key=lambda index: widths[index])
        if widths[widest] <= _NARROWEST:
            break
        others = [widths[index] for index in flexible if index != widest]
        # Down to the next widest, so that columns share the loss.
        floor = max(_NARROWEST, min(max(others, default=0), widths[widest] - 1))
        loss = min(excess, widths[widest] - floor)
        widths[widest] -= loss
        excess -= loss
    return widths


def _line(columns: Sequence[Column], row: Sequence[str], widths: Sequence[int]) -> str:
    parts = [
        _fit(cut(text, width), width, right=column.right)
        for column, text, width in zip(columns, row, widths, strict=True)
    ]
    return (" " * _GAP).join(parts).rstrip()


def _fit(text: str, width: int, *, right: bool = False) -> str:
    padding = " " * (width - cell_width(text))
    return padding + text if right else text + padding
