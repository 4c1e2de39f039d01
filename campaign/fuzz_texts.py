"""Fuzz targets that read texts in memory: the paste parser, the query parser, the Hrana codec."""

import itertools
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
from hypothesis import strategies as st

from ipcom_chat.domain.entry import Status, storable
from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.errors import StatementError
from ipcom_chat.libsql import hrana as codec
from ipcom_chat.search.planner import Planner
from ipcom_chat.search.query import MAX_TERMS, parse
from ipcom_chat.search.texts import Highlighter, Text
from ipcom_chat.services.search import Wanted
from ipcom_chat.tui.paste import (
    END,
    ESCAPE_DELAY_S,
    START,
    Keys,
    Pasted,
    PasteSplitter,
    Piece,
    SingleKey,
)
from tests.support.replica import GLOBAL, NOW_MS, an_entry
from tests.support.search import Searched, searched

# The paste parser.

_GAPS_S = st.sampled_from([0.0, 0.001, 0.02, 0.05, 0.11, 0.3, 0.6, 1.1, 2.5])
_BITS = st.sampled_from(
    ["\x1b", "\r", "\n", "[200~", "[201~", START, END, "\x1b[", "\x1bO", "\x1b[A", "\x1b[13u", "x",
     "\x1b[I", "\x1b[?1;2$y", "\x9b", "\x00", "é", "🦀", "\x1b]0;x\x07", "\x1b[48;1;2;3;4t", "\x7f"]
)  # fmt: skip
_STREAM = st.lists(st.one_of(_BITS, st.text(max_size=6)), max_size=25).map("".join)


def paste(data: st.DataObject) -> None:
    """Whatever comes in whatever portions: nothing raises, nothing is kept for ever."""
    is_one_paste = data.draw(st.booleans())
    stream = data.draw(_STREAM)
    if is_one_paste:
        stream = START + _without_start(stream) + END
    splitter = PasteSplitter()
    pieces: list[Piece] = []
    now_s, longest_gap_s = 10.0, 0.0
    for portion in _portions(data, stream):
        gap_s = data.draw(_GAPS_S)
        longest_gap_s = max(gap_s, longest_gap_s)
        now_s += gap_s
        pieces += splitter.tick(now_s)
        pieces += splitter.feed(portion, now_s)
    pieces += [piece for step in range(1, 9) for piece in splitter.tick(now_s + step)]
    _check_pieces(pieces, stream)
    assert not splitter.is_waiting
    if is_one_paste and longest_gap_s < ESCAPE_DELAY_S:
        assert not _could_submit(pieces), pieces
    assert splitter.feed("k", now_s + 100)[-1] == Keys("k")


def _without_start(text: str) -> str:
    """Return a text without start markers: one after an end marker is the start of a paste."""
    while START in text:
        text = text.replace(START, "")
    return text


def _portions(data: st.DataObject, stream: str) -> list[str]:
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    bounds = [0, *places, len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(bounds)]


def _check_pieces(pieces: Sequence[Piece], stream: str) -> None:
    for piece in pieces:
        if isinstance(piece, Pasted):
            assert piece.text
            assert neutralise(piece.text) == piece.text
        elif isinstance(piece, Keys):
            assert piece.data
            assert piece.data in stream


def _could_submit(pieces: Sequence[Piece]) -> bool:
    return any(
        (isinstance(piece, Keys) and ("\r" in piece.data or "\x1b[13" in piece.data))
        or piece == SingleKey("alt+enter")
        for piece in pieces
    )


# The query parser.

_WORDS = st.sampled_from(
    ["nginx", '"', "-", "*", "user:", "usuário:", "before:", "after:", "ontem", "last week", "7d",
     "status:error", "status:", "c++", "/etc", "--", ":", "-x", "(", ")", "AND", "OR", "^", "~2",
     "2026-02-30", "2026-13", "9999-12-31", "0001-01-01", "12:30", "é", "🦀", "\x1b[2J", "\x00",
     "\ud800", "a" * 300, "exit:1", "exit:-", "tag:", "conf*", "'", "%", "_", "\u202e", "\n", "ﬁ"]
)  # fmt: skip
_TYPED = st.one_of(
    st.text(max_size=80),
    st.lists(st.one_of(_WORDS, st.text(max_size=8)), max_size=14).map(" ".join),
    st.lists(st.one_of(_WORDS, st.text(max_size=3)), max_size=14).map("".join),
)


@lru_cache(maxsize=1)
def _history() -> Searched:
    """Return a history with an index, made once for this process."""
    made = searched(Path(mkdtemp(prefix="ipcom-chat-fuzz-")))
    texts = ["nginx does not start", "c++ in /etc", "conf é 🦀", "ls -x", "o de", "a" * 300]
    made.add(*(an_entry(command=text, response=text, status=Status.COMPLETED) for text in texts))
    made.service.catch_up()
    made.add(an_entry(command="nginx just now", status=Status.COMPLETED))
    return made


def query(data: st.DataObject) -> None:
    """Any text is a legal search; what is found is marked inside its text."""
    typed = data.draw(_TYPED)
    asked = parse(typed, NOW_MS)
    assert parse(typed, NOW_MS) == asked
    assert max(len(asked.terms), len(asked.excluded), len(asked.conditions)) <= MAX_TERMS
    found = _history().service.search(GLOBAL, typed, Wanted(), limit=5)
    assert len(found.hits) <= 5
    for hit in found.hits:
        _check_ranges(hit.title.text, hit.title.ranges)
    text = storable(data.draw(st.one_of(st.text(max_size=100), _TYPED)))
    plan = Planner(None, [Text(text, text)]).plan(asked)
    _check_ranges(text, Highlighter(plan).ranges(text))


def _check_ranges(text: str, ranges: Sequence[tuple[int, int]]) -> None:
    ends = [place for pair in ranges for place in pair]
    assert ends == sorted(ends)
    assert all(start < end for start, end in ranges)
    assert all(0 <= place <= len(text) for place in ends)


# The codec.

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=10)
    | st.sampled_from(["ok", "error", "execute", "close", "sequence", "integer", "blob", "===="]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["type", "value", "results", "baton", "base_url", "response", "result", "cols", "rows",
             "error", "message", "code", "base64", "affected_row_count", "name"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip
_CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.binary(max_size=12),
)


def hrana(data: st.DataObject) -> None:
    """What was encoded is decoded; of an answer that is none, only a refusal is heard."""
    rows = data.draw(st.lists(st.lists(_CELLS, min_size=2, max_size=2).map(tuple), max_size=3))
    body = msgspec.json.encode({"results": [_answered(rows)], "baton": None})
    reply = codec.decode(body, 1)
    (result,) = reply.results
    assert isinstance(result, codec.Result)
    assert result.rows == rows
    statement = codec.Statement("SELECT ?", tuple(rows[0]) if rows else ())
    assert b"SELECT ?" in codec.encode([statement])
    _decode_nonsense(_broken(data, body))
    _decode_nonsense(msgspec.json.encode(_plain(data.draw(_JSON))))
    _decode_nonsense(msgspec.json.encode({"results": _plain(data.draw(_JSON))}))
    _decode_nonsense(data.draw(st.binary(max_size=60)))


def _answered(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return what a server would answer with these rows."""
    cells = [[_cell(value) for value in row] for row in rows]
    columns = [{"name": "a"}, {"name": None}]
    result = {"cols": columns, "rows": cells, "affected_row_count": 0, "last_insert_rowid": None}
    return {"type": "ok", "response": {"type": "execute", "result": result}}


def _cell(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"type": "integer", "value": str(value)}
    if isinstance(value, bytes):
        return {"type": "blob", "base64": value}
    if isinstance(value, float):
        return {"type": "float", "value": value}
    return {"type": "null"} if value is None else {"type": "text", "value": value}


def _plain(value: Any) -> Any:
    """Return a document that has a form in JSON: no half surrogate pairs, no huge integers."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(2**63), min(2**64 - 1, value))
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {_plain(k): _plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def _broken(data: st.DataObject, body: bytes) -> bytes:
    """Return a body with some bytes changed, or its end missing."""
    changed = bytearray(body)
    for _each in range(data.draw(st.integers(0, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    return bytes(changed[: data.draw(st.integers(0, len(changed)))])


def _decode_nonsense(body: bytes) -> None:
    codec.decode_error(body, hide="secret")
    try:
        reply = codec.decode(body, 1, hide="secret")
    except codec.MalformedError:
        return
    assert all(isinstance(each, codec.Result | StatementError) for each in reply.results)
