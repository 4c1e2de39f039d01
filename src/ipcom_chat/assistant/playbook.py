"""What a playbook is: questions it answers, read-only commands it runs, how their output is read.

These records mirror the TOML files one to one; docs/playbooks.md says how to write one. Nothing
here reads a file, runs a command or looks at a question.

Invariants: every record is immutable; a `Playbook` that `playbook_loading` returned is consistent
(patterns compile, placeholders are declared, no command is a shell), so the modules that use one
need no checks of their own.
"""

import re
from functools import lru_cache
from typing import Final, Literal

import msgspec

from ipcom_chat.i18n import Language

CaptureKind = Literal["port", "pid", "host", "address", "unit", "name", "path"]
Format = Literal["text", "code", "number", "bytes", "kib", "percent", "seconds"]

NUMERIC: Final[frozenset[Format]] = frozenset({"number", "bytes", "kib", "percent", "seconds"})

_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a playbook; a field that does not exist is an error of its author."""


class Text(_Record, frozen=True, kw_only=True):
    """One text in both languages, Markdown; `{name}` stands for a value."""

    en: str
    pt: str

    def spoken(self, language: Language) -> str:
        """Return the text in a language."""
        return self.pt if language == "pt_BR" else self.en


class Advice(Text, frozen=True, kw_only=True):
    """A paragraph, said when all captures of `when` and none of `unless` were found."""

    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


class Intents(_Record, frozen=True, kw_only=True):
    """How people ask, per language: `"ports + open|in use"` is two groups, all must occur.

    A group lists alternatives, each one whole word or several in a row; `{port}` is fulfilled by
    a capture. `=memory` is a clause of nothing else. Accents and letter case do not matter.
    """

    en: tuple[str, ...] = ()
    pt: tuple[str, ...] = ()


class Capture(_Record, frozen=True, kw_only=True):
    """A value taken from the question, and what it may look like."""

    kind: CaptureKind
    patterns: tuple[str, ...]
    """Regular expressions, group 1 is the value; matched without accents and letter case."""
    never: tuple[str, ...] = ()
    """Words that are not a value here, articles and other small words aside."""
    default: str | None = None


class Column(_Record, frozen=True, kw_only=True):
    """A named group of the row's pattern: its title and how a value is written."""

    key: str
    en: str = ""
    pt: str = ""
    format: Format = "text"
    shown: bool = True

    def title(self, language: Language) -> str:
        """Return the title in a language."""
        return self.pt if language == "pt_BR" else self.en


class Condition(_Record, frozen=True, kw_only=True):
    """What a value must be; `{name}` in it stands for a capture."""

    key: str
    equals: str | None = None
    differs: str | None = None
    has_word: str | None = None
    at_least: float | None = None
    below: float | None = None


class Sentence(Text, frozen=True, kw_only=True):
    """Said for every row that meets all conditions; `{key}` stands for the row's value."""

    where: tuple[Condition, ...] = ()


class Table(_Record, frozen=True, kw_only=True):
    """How output becomes a sentence and a table."""

    row: str
    """A regular expression with named groups; each place where it matches is one row (`^` and
    `$` match at every line)."""
    sparse: bool = False
    """Most of the output is no row: an output without one means `empty`, not that it is strange."""
    columns: tuple[Column, ...] = ()
    where: tuple[Condition, ...] = ()
    same: tuple[str, ...] = ()
    """Rows that agree in these keys become one, the last of them."""
    times: Text | None = None
    """Title of a column that counts how many rows became one."""
    order_by: str | None = None
    """A key, or `times`; a leading `-` puts the largest first."""
    limit: int = 30
    top: bool = False
    """A list of the first `limit` only; that there are more goes without saying."""
    one: Text | None = None
    many: Text | None = None
    """With `{count}`, `{sum_KEY}` for the total of a column, and captures."""
    empty: Text | None = None
    sentences: tuple[Sentence, ...] = ()


class Command(_Record, frozen=True, kw_only=True):
    """One program with its arguments, never a shell line."""

    argv: tuple[str, ...]
    table: Table | None = None
    next_if: str | None = None
    """When the output holds this, the next command is tried; its own output is not shown."""
    fine_exits: tuple[int, ...] = ()
    """Exit codes other than 0 that are no failure; many programs mean "nothing found" by 1."""
    lines: int = 25
    keep: Literal["head", "tail"] = "head"
    """Which lines are shown of output that no table describes."""


class Note(Text, frozen=True, kw_only=True):
    """A sentence said when the output holds `found`, in place of the output unless `beside`."""

    found: str
    beside: bool = False
    root: bool | None = None
    """True: said to root alone; false: to everybody else."""


class Provided(_Record, frozen=True, kw_only=True):
    """Values that a step finds in its output, for `for_each` of later steps."""

    kind: CaptureKind
    pattern: str
    """A regular expression, group 1 is the value, or the values when `split` is given."""
    split: str | None = None


class Step(_Record, frozen=True, kw_only=True):
    """The first command whose program is on this machine answers."""

    commands: tuple[Command, ...]
    title: Text | None = None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    for_each: str | None = None
    provides: dict[str, Provided] = {}
    notes: tuple[Note, ...] = ()
    needs: Text | None = None
    """What helps when permission is denied."""
    package: str | None = None
    """The Debian package that brings the first command."""
    optional: bool = False
    """Say nothing when no program of it is there."""
    quiet: bool = False
    """Say nothing of its output; its notes are still said, and what it provides is used."""
    time_limit_s: float = 20.0


class Playbook(_Record, frozen=True, kw_only=True):
    """One file: what it answers and how."""

    id: str
    title: Text
    intents: Intents = Intents()
    says: tuple[str, ...] = ()
    """Phrases of an error message that somebody may paste."""
    unless: tuple[str, ...] = ()
    """Words that make it another subject."""
    captures: dict[str, Capture] = {}
    explanation: tuple[Advice, ...] = ()
    steps: tuple[Step, ...] = ()
    remedy: tuple[Advice, ...] = ()


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of a playbook, compiled."""
    return re.compile(pattern, re.MULTILINE | re.IGNORECASE)


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces that a text holds."""
    return frozenset(_PLACEHOLDER.findall(text))


def filled(text: str, values: dict[str, str]) -> str:
    """Return the text with known names in braces replaced, in one pass.

    A value is never looked at again, so braces in it mean nothing.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def applies(when: tuple[str, ...], unless: tuple[str, ...], values: dict[str, str]) -> bool:
    """Tell whether all of `when` and none of `unless` have a value."""
    return all(name in values for name in when) and not any(name in values for name in unless)
