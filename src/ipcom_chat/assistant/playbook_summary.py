"""Turns the output of a command into a sentence and a table, as its playbook says.

Pure functions. Output that the table does not understand is shown as it is, in a block of code:
a summary never hides what it could not read.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ipcom_chat.assistant.markdown import block, code, cut, inline, table
from ipcom_chat.assistant.playbook import (
    NUMERIC,
    Column,
    Command,
    Condition,
    Format,
    Table,
    Text,
    compiled,
    filled,
)
from ipcom_chat.assistant.wording import Wording
from ipcom_chat.i18n import Language

_ROWS: Final = 20_000
_CELL_CHARACTERS: Final = 110
_LINE_CHARACTERS: Final = 400
_SENTENCES: Final = 8
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?")
_TIMES: Final = "times"
_WORDS: Final = re.compile(r"[\s,]+")

Row = dict[str, str]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of an output."""

    text: str
    """Markdown, ending with a newline; may be empty."""
    understood: bool
    """The output had rows, or had none to have."""


def summarise(
    command: Command, output: str, values: dict[str, str], wording: Wording, *, failed: bool
) -> Summary:
    """Return what a command's output says, for a person."""
    if command.table is None:
        return Summary(text=shown(command, output, wording), understood=bool(output.strip()))
    rows = parsed(command.table, output)
    if not rows and output.strip() and (failed or not command.table.sparse):
        return Summary(text=shown(command, output, wording), understood=False)
    return Summary(text=_Description(command.table, values, wording).text(rows), understood=True)


def shown(command: Command, output: str, wording: Wording) -> str:
    """Return the first or last lines of an output as they are."""
    lines = [cut(line, _LINE_CHARACTERS) for line in output.strip("\n").split("\n")]
    if not any(line.strip() for line in lines):
        return ""
    left_out = len(lines) - command.lines
    lines = lines[: command.lines] if command.keep == "head" else lines[-command.lines :]
    more = f"{wording.lines_left_out(left_out)}\n\n" if left_out > 0 else ""
    return f"{block(chr(10).join(lines))}\n{more}"


def parsed(described: Table, output: str) -> list[Row]:
    """Return the rows that the output holds, before any condition."""
    rows: list[Row] = []
    for found in compiled(described.row).finditer(output):
        rows.append({key: (value or "").strip() for key, value in found.groupdict().items()})
        if len(rows) == _ROWS:
            break
    return rows


class _Description:
    """What a table says of its rows, in one language."""

    def __init__(self, described: Table, values: dict[str, str], wording: Wording) -> None:
        self._table = described
        self._values = values
        self._said_values = {name: code(value) for name, value in values.items()}
        self._wording = wording
        self._language: Language = wording.language
        self._formats: dict[str, Format] = {each.key: each.format for each in described.columns}

    def text(self, rows: list[Row]) -> str:
        described = self._table
        rows = self._ordered([row for row in self._merged(rows) if self._meets(row)])
        if not rows:
            return _paragraph(self._spoken(described.empty))
        text = _paragraph(self._counted(rows)) + _listed(list(self._sentences(rows)))
        columns = [column for column in described.columns if column.shown]
        if columns:
            text += self._grid(columns, rows) + "\n"
            if len(rows) > described.limit and not described.top:
                text += _paragraph(self._wording.rows_left_out(len(rows) - described.limit))
        return text

    def _meets(self, row: Row, conditions: Sequence[Condition] | None = None) -> bool:
        conditions = self._table.where if conditions is None else conditions
        return all(_holds(each, row[each.key], self._values) for each in conditions)

    def _merged(self, rows: list[Row]) -> list[Row]:
        if not self._table.same:
            return rows
        merged: dict[tuple[str, ...], Row] = {}
        times: dict[tuple[str, ...], int] = {}
        for row in rows:
            key = tuple(row[each] for each in self._table.same)
            merged[key] = row
            times[key] = times.get(key, 0) + 1
        return [row | {_TIMES: str(times[key])} for key, row in merged.items()]

    def _ordered(self, rows: list[Row]) -> list[Row]:
        order = self._table.order_by
        if order is None:
            return rows
        key = order.removeprefix("-")
        numeric = key == _TIMES or self._formats.get(key) in NUMERIC

        def rank(row: Row) -> tuple[float, str]:
            value = row.get(key, "")
            return (number(value) or 0.0, value) if numeric else (0.0, value)

        return sorted(rows, key=rank, reverse=order.startswith("-"))

    def _counted(self, rows: list[Row]) -> str:
        text = self._table.one if len(rows) == 1 else self._table.many
        if text is None:
            return ""
        totals = {
            f"sum_{key}": self._value(key, f"{sum(number(row[key]) or 0 for row in rows):.15g}")
            for key in rows[0]
        }
        return filled(text.spoken(self._language), self._said_values | totals | _count(rows))

    def _sentences(self, rows: list[Row]) -> Iterator[str]:
        for sentence in self._table.sentences:
            for row in [row for row in rows if self._meets(row, sentence.where)][:_SENTENCES]:
                yield self._spoken(sentence, {key: self._value(key, row[key]) for key in row})

    def _spoken(self, text: Text | None, more: dict[str, str] | None = None) -> str:
        return filled(text.spoken(self._language), self._said_values | (more or {})) if text else ""

    def _value(self, key: str, value: str) -> str:
        return written(value, self._formats.get(key, "text"), self._language)

    def _grid(self, columns: Sequence[Column], rows: list[Row]) -> str:
        titles = [column.title(self._language) for column in columns]
        right = [column.format in NUMERIC for column in columns]
        cells = [
            [self._value(column.key, row[column.key]) for column in columns]
            for row in rows[: self._table.limit]
        ]
        if self._table.times is not None:
            titles.append(self._table.times.spoken(self._language))
            right.append(True)
            for line, row in zip(cells, rows, strict=False):
                line.append(row.get(_TIMES, "1"))
        return table(titles, cells, right)


def written(value: str, how: Format, language: Language) -> str:
    """Return a value of a row as Markdown of one line, a number in the way of the language."""
    amount = number(value) if how in NUMERIC else None
    if amount is None:
        return code(value, _CELL_CHARACTERS) if how == "code" else inline(value, _CELL_CHARACTERS)
    match how:
        case "bytes":
            text = _size(amount)
        case "kib":
            text = _size(amount * 1024)
        case "percent":
            text = f"{amount:.4g} %"
        case "seconds":
            text = _span(int(amount))
        case _:
            text = f"{amount:.15g}"
    return text.replace(".", ",") if language == "pt_BR" else text


def number(value: str) -> float | None:
    """Return the first number in a value, or None."""
    found = _NUMBER.search(value)
    return float(found[0].replace(",", ".")) if found else None


def _size(amount: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(amount) < 1024:
            return (
                f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
            )
        amount /= 1024
    return f"{amount:.1f} TiB"


def _span(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes = rest // 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest % 60} s"


def _holds(condition: Condition, value: str, values: dict[str, str]) -> bool:
    amount = number(value)
    tests = (
        condition.equals is None or value == filled(condition.equals, values),
        condition.differs is None or value != filled(condition.differs, values),
        condition.has_word is None or filled(condition.has_word, values) in _WORDS.split(value),
        condition.at_least is None or (amount is not None and amount >= condition.at_least),
        condition.below is None or (amount is not None and amount < condition.below),
    )
    return all(tests)


def _count(rows: list[Row]) -> Row:
    return {"count": str(len(rows))}


def _listed(sentences: Sequence[str]) -> str:
    if len(sentences) < 2:
        return "".join(_paragraph(each) for each in sentences)
    return "".join(f"- {each}\n" for each in sentences) + "\n"


def _paragraph(text: str) -> str:
    return f"{text}\n\n" if text else ""
