"""Makes HTML: elements as function calls; whatever is no `Html` is escaped.

Invariant: only this module turns text into `Html`, `web.markdown` and `web.charts` through it; so a
text of a person, a model or a machine is never markup, and holds no control character.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from ipcom_chat.domain.terminal import neutralise

Attribute = str | int | float | bool | None
_VOID: Final = frozenset({"br", "hr", "input", "link", "meta"})


class Html(str):
    """Markup that may go to a browser as it is."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return a value as text; what is markup already stays so."""
    if isinstance(value, Html):
        return value
    return Html("" if value is None else escape(neutralise(str(value))))


def el(name: str, /, *children: object, **attributes: Attribute) -> Html:
    """Return an element.

    Args:
        name: of the element.
        children: texts and elements; None is nothing.
        attributes: True is an attribute without a value, None and False are no attribute;
            `class_` and `for_` lose their underscore, others have it changed to a dash.
    """
    opening = f"<{name}{_attributes(attributes)}>"
    if name in _VOID:
        return Html(opening)
    return Html(f"{opening}{join(children)}</{name}>")


def join(children: Iterable[object]) -> Html:
    """Return several texts and elements as one."""
    return Html("".join(text(child) for child in children))


def _attributes(attributes: dict[str, Attribute]) -> str:
    parts = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        plain = name.rstrip("_").replace("_", "-")
        shown = "" if value is True else f'="{escape(neutralise(str(value)))}"'
        parts.append(f" {plain}{shown}")
    return "".join(parts)


def marked(line: str, ranges: Iterable[tuple[int, int]]) -> Html:
    """Return a line with the places marked that were looked for."""
    parts: list[object] = []
    end = 0
    for start, stop in sorted(ranges):
        if start < end:
            continue  # two words that overlap
        parts += [line[end:start], el("mark", line[start:stop])]
        end = stop
    return join([*parts, line[end:]])


def table(caption: str, heads: Iterable[object], rows: Iterable[Iterable[object]]) -> Html:
    """Return a table; the first cell of a row is its head. It scrolls where it is too wide.

    Args:
        caption: says what it shows.
        heads: of the columns; one whose text is wrapped in `number` stands on the right.
        rows: the cells.
    """
    head = el("thead", el("tr", *(_cell("th", each, scope="col") for each in heads)))
    body = el("tbody", *(_row(row) for row in rows))
    whole = el("table", el("caption", caption), head, body)
    return el("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)


class Number(str):
    """A text that stands on the right of its column."""

    __slots__ = ()


def number(value: object) -> Number:
    """Return a value as a text that stands on the right."""
    return Number(value)


def _row(row: Iterable[object]) -> Html:
    first, *others = row
    return el("tr", _cell("th", first, scope="row"), *(_cell("td", each) for each in others))


def _cell(name: str, value: object, **attributes: Attribute) -> Html:
    if isinstance(value, Number):
        attributes["class_"] = "number"
    return el(name, value, **attributes)
