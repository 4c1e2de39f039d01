"""The Markdown of a report: a part's JSON as tables, and the figures of others beside ours.

Pure. A part prints one JSON object; objects in it become rows, the numbers in those become
columns. Its key `beside` holds comparisons, which are drawn apart and collected at the end of the
report.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

BESIDE = "beside"
SAME = 1.05
"""Up to this factor nobody is ahead: two runs of one program differ by as much."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of ours beside one of somebody else's, measured in the same run."""

    what: str
    unit: str
    ours: float
    peer: str
    theirs: float
    more_is_better: bool = False
    why: str = ""
    """Why the peer is ahead, where it is."""

    @property
    def factor(self) -> float:
        """Return how many times as well as the peer we do; below 1 the peer is ahead."""
        better, worse = (
            (self.ours, self.theirs) if self.more_is_better else (self.theirs, self.ours)
        )
        if better == worse:
            return 1.0
        return better / worse if worse else float("inf")

    @property
    def is_behind(self) -> bool:
        """Return whether the peer is clearly ahead."""
        return self.factor * SAME < 1


def dump(result: dict[str, Any], beside: Iterable[Beside]) -> str:
    """Return a part's result as the line of JSON that `load` reads."""
    return msgspec.json.encode(result | {BESIDE: list(beside)}).decode()


def load(line: str) -> tuple[dict[str, Any], list[Beside]]:
    """Return a part's result and its comparisons."""
    result: dict[str, Any] = msgspec.json.decode(line)
    return result, msgspec.convert(result.pop(BESIDE, []), list[Beside])


def tables(result: dict[str, Any]) -> list[str]:
    """Return the lines of the tables of a part; what stands alone becomes a line of text."""
    lines: list[str] = []
    columns: list[str] = []
    for name, values in _rows("", result):
        if list(values) != columns:
            columns = list(values)
            lines += ["", *_head("", *columns)]
        lines.append(_row(name, *(cell(values[column]) for column in columns)))
    return lines


def _rows(name: str, value: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the innermost objects with the path to them as their name."""
    plain = {key: item for key, item in value.items() if not isinstance(item, dict)}
    rows = [(name or "all", plain)] if plain else []
    for key, item in value.items():
        if isinstance(item, dict):
            rows += _rows(f"{name}: {key}" if name else key, item)
    return rows


def comparisons(beside: Sequence[Beside]) -> list[str]:
    """Return the table of comparisons; none, no lines."""
    if not beside:
        return []
    rows = (
        _row(one.what, _figure(one.ours, one.unit), one.peer, _figure(one.theirs, one.unit),
             _times(one.factor))
        for one in beside
    )  # fmt: skip
    return ["", *_head("beside others", "ours", "peer", "theirs", "ahead"), *rows]


def behind(beside: Iterable[Beside]) -> list[str]:
    """Return the last section: every line where somebody else is ahead, and why."""
    found = sorted((one for one in beside if one.is_behind), key=lambda one: one.factor)
    rows = (
        f"- **{one.what}**: {one.peer} {_figure(one.theirs, one.unit)}, ours "
        f"{_figure(one.ours, one.unit)} ({_times(one.factor)}). {one.why or 'Not explained yet.'}"
        for one in found
    )
    return ["", "## Behind a peer", "", *(list(rows) or ["Nothing that was measured."])]


def cell(value: Any) -> str:
    """Return a value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _figure(value: float, unit: str) -> str:
    return f"{cell(float(value))} {unit}".rstrip()


def _times(factor: float) -> str:
    return "∞" if factor == float("inf") else f"{factor:.3g} ×"


def _head(*names: str) -> list[str]:
    return [_row(*names), "|---" * len(names) + "|"]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")
