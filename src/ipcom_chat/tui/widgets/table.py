"""Lays a table out as lines of text that fit the width.

Columns that are too wide together are narrowed, the widest first; where not even that fits, each
row becomes a list of `head: value` lines. Pure.
"""

from textual.content import Content

from ipcom_chat.tui.widgets.rows import wrapped

GAP = "  "
NARROWEST = 6

Row = tuple[Content, ...]


def table_rows(rows: tuple[Row, ...], width: int, indent: str = "") -> list[Content]:
    """Return the lines of a table whose first row is its head."""
    if not rows:
        return []
    columns = max(len(row) for row in rows)
    even = [(*row, *[Content()] * (columns - len(row))) for row in rows]
    widths = column_widths(even, width - len(GAP) * (columns - 1))
    lines = _grid(even, widths) if widths else _records(even, width)
    return [Content(indent) + line for line in lines]


def column_widths(rows: list[Row], room: int) -> list[int]:
    """Return the columns' widths in cells, or nothing if they cannot fit into `room`."""
    widths = [max(1, *(cell.cell_length for cell in column)) for column in zip(*rows, strict=True)]
    if sum(min(width, NARROWEST) for width in widths) > room:
        return []
    excess = sum(widths) - room
    while excess > 0:
        widest = max(widths)
        runner_up = max((width for width in widths if width < widest), default=NARROWEST)
        places = [place for place, width in enumerate(widths) if width == widest]
        cut = max(1, min(widest - runner_up, excess // len(places)))
        for place in places:
            step = min(cut, excess)
            widths[place] -= step
            excess -= step
    return widths


def _grid(rows: list[Row], widths: list[int]) -> list[Content]:
    head = tuple(cell.stylize_before("bold") for cell in rows[0])
    rule = Content.styled(GAP.join("─" * width for width in widths), "$foreground 35%")
    lines = [*_row_lines(head, widths), rule]
    for row in rows[1:]:
        lines += _row_lines(row, widths)
    return lines


def _row_lines(row: Row, widths: list[int]) -> list[Content]:
    cells = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    height = max(len(cell) for cell in cells)
    lines = []
    for y in range(height):
        parts = [
            _padded(cell[y] if y < len(cell) else Content(), width)
            for cell, width in zip(cells, widths, strict=True)
        ]
        lines.append(Content(GAP).join(parts))
    return lines


def _padded(cell: Content, width: int) -> Content:
    return cell.pad_right(max(0, width - cell.cell_length))


def _records(rows: list[Row], width: int) -> list[Content]:
    lines: list[Content] = []
    for row in rows[1:]:
        if lines:
            lines.append(Content())
        for name, value in zip(rows[0], row, strict=True):
            lines += wrapped(name.stylize_before("bold") + ": " + value, width)
    return lines
