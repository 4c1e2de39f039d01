"""Charts as SVG, drawn on the server; no style attribute, no script: the style sheet has the look.

A chart is never the only place of a figure: each stands beside a table or a text that says it.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from ipcom_chat.web.html import Html, el

HEIGHT: Final = 60
STEP: Final = 10
GAP: Final = 2
STEPS_MIN: Final = 12
"""Fewer bars leave room beside them."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar: its parts from below, each with the class that colours it."""

    title: str
    parts: tuple[tuple[str, float], ...]


def bars(label: str, values: Sequence[Bar]) -> Html:
    """Return stacked bars, as high as the highest of them lets them be."""
    top = max((sum(size for _name, size in bar.parts) for bar in values), default=0) or 1
    sized = ((place, bar) for place, bar in enumerate(values) if any(part[1] for part in bar.parts))
    drawn = [_bar(place * STEP, bar, top) for place, bar in sized]
    return el(
        "svg", *drawn, class_="chart", role="img", aria_label=label, preserveAspectRatio="none",
        viewBox=f"0 0 {max(len(values), STEPS_MIN) * STEP} {HEIGHT}",
    )  # fmt: skip


def _bar(left: int, bar: Bar, top: float) -> Html:
    rects, below = [], float(HEIGHT)
    for name, size in bar.parts:
        height = HEIGHT * size / top
        below -= height
        if size:
            rects.append(_rect(name, left, below, height))
    return el("g", el("title", bar.title), *rects)


def _rect(name: str, left: int, y: float, height: float) -> Html:
    return el(
        "rect", class_=f"bar {name}", x=left + GAP // 2, y=f"{y:.2f}", width=STEP - GAP,
        height=f"{height:.2f}",
    )  # fmt: skip


def line(label: str, values: Sequence[float | None]) -> Html:
    """Return a line through values; nothing is drawn where nothing is known."""
    top = max((value for value in values if value is not None), default=0) or 1
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
            continue
        y = HEIGHT - 2 - (HEIGHT - 4) * value / top
        pieces[-1] += [f"{place * STEP},{y:.2f}", f"{place * STEP + STEP},{y:.2f}"]
    drawn = [el("polyline", class_="line", points=" ".join(each)) for each in pieces if each]
    return el(
        "svg", *drawn, class_="chart", role="img", aria_label=label, preserveAspectRatio="none",
        viewBox=f"0 0 {max(len(values), STEPS_MIN) * STEP} {HEIGHT}",
    )  # fmt: skip
