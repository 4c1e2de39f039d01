"""Reads what people type into the search line. Pure; any text is legal and none is an error.

    nginx "connection refused" conf* -apache user:ana after:ontem

Words are looked for; a phrase in double quotes stands as it is; `conf*` is the beginning of a word;
`-apache` must not be there; `name:value` selects. A name that is no field, or a value that a field
cannot have, is text like any other: `http://x`, `12:30`, `status:quo`. A quote that is never closed
ends with the text. `--force` is looked for. `-tulpn` may be a flag or a word that must not be
there: who looks decides that by what the history holds; `-"tulpn"` must never be there. A lone text
that begins with a dash is looked for.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from ipcom_chat.domain.entry import Kind, Mode, Status, storable
from ipcom_chat.domain.folding import fold
from ipcom_chat.search.dates import LONGEST_WORDS, read_date

MAX_CHARS: Final = 2000
MAX_TERMS: Final = 64
"""What is typed or pasted beyond these is not looked for."""


class Match(StrEnum):
    """How a term is to be found."""

    WORDS = "words"
    PHRASE = "phrase"
    PREFIX = "prefix"


class Term(msgspec.Struct, frozen=True):
    """One thing to look for."""

    text: str
    match: Match = Match.WORDS


class Field(StrEnum):
    """What a query can select by."""

    USER = "user"
    MACHINE = "machine"
    SESSION = "session"
    STATUS = "status"
    TAG = "tag"
    KIND = "kind"
    CWD = "cwd"
    EXIT = "exit"
    MODE = "mode"


class Condition(msgspec.Struct, frozen=True):
    """A field must have one of the values, or none of them if `negated`."""

    field: Field
    values: tuple[str, ...]
    negated: bool = False


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What a search line asks for. Instants are epoch milliseconds."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    conditions: tuple[Condition, ...] = ()
    after_ms: int | None = None
    before_ms: int | None = None

    @property
    def text(self) -> str:
        """What is looked for, without its marks."""
        return " ".join(term.text for term in self.terms)

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing at all."""
        return not (
            self.terms or self.excluded or self.conditions or self.after_ms or self.before_ms
        )


_FIELDS: Final = {
    **{field.value: field for field in Field},
    "usuario": Field.USER, "maquina": Field.MACHINE, "host": Field.MACHINE, "sessao": Field.SESSION,
    "estado": Field.STATUS, "etiqueta": Field.TAG, "tipo": Field.KIND, "pasta": Field.CWD,
    "modo": Field.MODE,
}  # fmt: skip
_AFTER: Final = frozenset(("after", "since", "depois", "desde"))
_BEFORE: Final = frozenset(("before", "until", "antes", "ate"))
_CLOSED: Final = {
    Field.STATUS: {
        **{status.value: status.value for status in Status},
        "pendente": "pending", "processando": "processing", "concluido": "completed",
        "concluida": "completed", "ok": "completed", "erro": "error", "falha": "error",
        "cancelado": "cancelled", "cancelada": "cancelled", "canceled": "cancelled",
    },
    Field.KIND: {
        **{kind.value: kind.value for kind in Kind},
        "questions": "question", "commands": "command", "pergunta": "question",
        "perguntas": "question", "comando": "command", "comandos": "command",
    },
    Field.MODE: {
        **{mode.value: mode.value for mode in Mode},
        "local": "machine", "usuario": "user", "maquina": "machine", "hibrido": "hybrid",
    },
}  # fmt: skip
_EXIT = re.compile(r"-?[0-9]{1,10}")
_FIELD = re.compile(r"(-?)([^\W\d_]{2,10}):(.*)", re.DOTALL)
# Either quotes, with what stands directly before them, or a run without blanks.
_PIECE = re.compile(r'([^\s"]*)"([^"]*)(?:"|$)|(\S+)')


class _Piece(NamedTuple):
    """What stands between blanks; `quoted` is None without quotes."""

    text: str
    quoted: str | None


class _Reading:
    """Collects what a text asks for."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.terms: list[Term] = []
        self.excluded: list[Term] = []
        self.conditions: list[Condition] = []
        self.after_ms: int | None = None
        self.before_ms: int | None = None

    def bound(self, name: str, value: str) -> bool:
        """Take a bound of time; return whether it is one."""
        span = read_date(value, self.now_ms) if value else None
        if span is None:
            return False
        if name in _AFTER:
            self.after_ms = max(self.after_ms or 0, span.start_ms)
        elif self.before_ms is None or span.start_ms < self.before_ms:
            self.before_ms = span.start_ms
        return True

    def done(self) -> Query:
        """Return what was read."""
        terms = list(dict.fromkeys(self.terms))
        return Query(
            terms=tuple(terms[:MAX_TERMS]),
            excluded=tuple(dict.fromkeys(self.excluded[:MAX_TERMS])),
            conditions=tuple(self.conditions[:MAX_TERMS]),
            after_ms=self.after_ms,
            before_ms=self.before_ms,
        )


def parse(text: str, now_ms: int) -> Query:
    """Return what a text asks for.

    Args:
        text: whatever was typed.
        now_ms: the present, for dates such as `ontem`.
    """
    reading = _Reading(now_ms)
    # Bytes that are no UTF-8 come from a shell as halves of surrogate pairs; no index takes them.
    pieces = list(_pieces(storable(text[:MAX_CHARS])))
    at = 0
    while at < len(pieces):
        at += _take(reading, pieces, at)
    if not reading.terms and len(pieces) == 1 and len(reading.excluded) == 1:
        # Nothing but `-tulpn`: nobody asks for everything else.
        reading.terms, reading.excluded = [Term(pieces[0].text, Match.PHRASE)], []
    return reading.done()


def _pieces(text: str) -> Iterator[_Piece]:
    for found in _PIECE.finditer(text):
        before, quoted, plain = found.groups()
        yield _Piece(plain if quoted is None else before, quoted)


def _take(reading: _Reading, pieces: list[_Piece], at: int) -> int:
    """Read the piece at `at`; return how many pieces it took."""
    piece = pieces[at]
    found = _FIELD.fullmatch(piece.text)
    if found is not None:
        taken = _take_field(reading, found, pieces, at)
        if taken:
            return taken
    if piece.quoted is not None:
        _take_quoted(reading, piece)
    elif (word := piece.text.strip()) and word != "-":
        _take_word(reading, word)
    return 1


def _take_field(reading: _Reading, found: "re.Match[str]", pieces: list[_Piece], at: int) -> int:
    negated, name, value = found[1] == "-", fold(found[2]), found[3]
    quoted = pieces[at].quoted
    if quoted is not None:
        value += quoted
    if name in _AFTER or name in _BEFORE:
        return 0 if negated else _take_bound(reading, name, value, pieces, at)
    field = _FIELDS.get(name)
    if field is None:
        return 0
    values = _values(field, [value] if quoted is not None else value.split(","))
    if not values:
        return 0
    reading.conditions.append(Condition(field, values, negated))
    return 1


def _take_bound(reading: _Reading, name: str, value: str, pieces: list[_Piece], at: int) -> int:
    """Take a date of as many words as make one: `after:last week`."""
    others = [piece.text for piece in pieces[at + 1 : at + LONGEST_WORDS] if piece.quoted is None]
    for more in range(len(others), -1, -1):
        if reading.bound(name, " ".join([value, *others[:more]])):
            return 1 + more
    return 0


def _values(field: Field, values: list[str]) -> tuple[str, ...]:
    """Return the values as the field has them; nothing if one of them cannot be."""
    given = [value.strip() for value in values if value.strip()]
    if field in _CLOSED:
        known = [_CLOSED[field].get(fold(value), "") for value in given]
        return tuple(known) if all(known) else ()
    if field is Field.EXIT:
        return tuple(given) if all(_EXIT.fullmatch(value) for value in given) else ()
    return tuple(given)


def _take_quoted(reading: _Reading, piece: _Piece) -> None:
    phrase = " ".join((piece.quoted or "").split())
    negated = piece.text == "-"
    if piece.text and not negated:
        _take_word(reading, piece.text)
    if phrase:
        (reading.excluded if negated else reading.terms).append(Term(phrase, Match.PHRASE))


def _take_word(reading: _Reading, word: str) -> None:
    if re.match(r"-[^\W_]", word):
        reading.excluded.append(_term(word[1:]))
    else:
        reading.terms.append(_term(word))


def _term(word: str) -> Term:
    stem = word.rstrip("*")
    if stem != word and stem and all(char.isalnum() or char in "_-." for char in stem):
        return Term(stem, Match.PREFIX)
    return Term(word)
