"""The codec of Hrana 3 over HTTP, in JSON: bytes in, values out; no I/O.

A pipeline is a list of requests to one stream. The server carries out all of them, in order, also
those after one that failed; each has its own result. `close` ends the stream with the request;
otherwise the answer holds a baton, with which the next pipeline goes on in the same stream.

Integers travel as strings and are exact to 64 bits. JSON has no infinity: the server sends null,
which is decoded to NaN, a value that SQLite never has; the sign is lost.

Source: HRANA_3_SPEC.md of libSQL ("Hrana over HTTP", "Shared structures").
"""

import binascii
import math
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import StatementError
from ipcom_chat.i18n import _

Value = None | int | float | str | bytes
"""What a cell of a row holds."""

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
NO_CODE = "UNKNOWN"
REASON_CHARS = 300
_PREFIXES = ("SQLite error: ", "error executing a request on the primary: ")

_PROXIED = (
    ("database is locked", "SQLITE_BUSY"),
    ("database table is locked", "SQLITE_LOCKED"),
    ("Transaction timed", "TRANSACTION_TIMEOUT"),
    ("database or disk is full", "SQLITE_FULL"),
    ("disk I/O error", "SQLITE_IOERR"),
    ("attempt to write a readonly database", "SQLITE_READONLY"),
    ("Operation was blocked", "BLOCKED"),
    ("string or blob too big", "SQLITE_TOOBIG"),
    ("UNIQUE constraint failed", "SQLITE_CONSTRAINT"),
    ("NOT NULL constraint failed", "SQLITE_CONSTRAINT"),
    ("CHECK constraint failed", "SQLITE_CONSTRAINT"),
    ("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT"),
)
"""A libSQL replica passes on the text of the primary's error, but PROXY_ERROR for every code.

These beginnings are SQLite's and the server's own and have not changed in many years.
"""


class MalformedError(ValueError):
    """The body is not an answer to the pipeline that was sent."""


class Statement(msgspec.Struct, frozen=True):
    """One SQL statement with its positional arguments."""

    sql: str
    args: Sequence[Value] = ()
    want_rows: bool = True
    """False lets the server leave the rows out of the answer; sqld sends them all the same."""


class Script(msgspec.Struct, frozen=True):
    """Several statements without arguments or rows; the first that fails ends the script."""

    sql: str


class Result(msgspec.Struct, frozen=True):
    """What a statement gave; empty for a script."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[Value, ...]] = []
    affected: int = 0
    """Rows inserted, updated or deleted; has no meaning after a SELECT."""


class Reply(msgspec.Struct, frozen=True):
    """The answer to a pipeline: one result per request, without that of `close`."""

    baton: str | None
    """What the next pipeline of the stream must carry; None when the stream is closed."""
    base_url: str | None
    """Where the server wants the next pipeline of the stream; not to be trusted."""
    results: list[Result | StatementError]


def encode(
    requests: Sequence[Statement | Script], *, baton: str | None = None, close: bool = True
) -> bytes:
    """Return the body of a pipeline.

    Raises:
        ValueError: an argument has no form on the wire: an integer of more than 64 bits, a float
            that is not finite, half a surrogate pair.
    """
    wire = [_request(request) for request in requests]
    if close:
        wire.append({"type": "close"})
    return msgspec.json.encode({"baton": baton, "requests": wire})


def decode(body: bytes, count: int, *, hide: str = "") -> Reply:
    """Return the answer to a pipeline of `count` requests, `close` not counted.

    Args:
        body: the body of the answer.
        count: how many results there must be.
        hide: a secret that no text of an error may hold.

    Raises:
        MalformedError: it is no such answer, or not all of it.
    """
    try:
        answer = _DECODER.decode(body)
        results = [_result(one, index, hide) for index, one in enumerate(answer.results[:count])]
    # A RecursionError comes from nested nonsense, a ValueError from text that is not UTF-8.
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from error
    if len(results) != count:
        raise MalformedError(f"{len(results)} results for {count} requests")
    return Reply(answer.baton, answer.base_url, results)


def decode_error(body: bytes, *, hide: str = "") -> tuple[str, str] | None:
    """Return code and text of the body of an HTTP error, or None if no libSQL server wrote it."""
    try:
        error = _ERROR_DECODER.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    text = error.message or error.error
    return None if text is None else (error.code or NO_CODE, _reason(text, hide))


def _request(request: Statement | Script) -> dict[str, Any]:
    if isinstance(request, Script):
        return {"type": "sequence", "sql": request.sql}
    args = [_argument(value) for value in request.args]
    stmt = {"sql": request.sql, "args": args, "want_rows": request.want_rows}
    return {"type": "execute", "stmt": stmt}


def _argument(value: Value) -> dict[str, Any]:
    match value:
        case None:
            return {"type": "null"}
        case str():
            return {"type": "text", "value": value}
        case int():
            return {"type": "integer", "value": _integer(value)}
        case float():
            return {"type": "float", "value": _finite(value)}
        case bytes():
            return {"type": "blob", "base64": value}


def _integer(value: int) -> str:
    if not INT64_MIN <= value <= INT64_MAX:
        raise ValueError("an integer of SQLite has at most 64 bits")
    return str(int(value))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("JSON has no infinity and no NaN")
    return value


# The shapes of an answer. Every kind of cell has a `value`, so that the loop over the cells asks
# no questions; structures without references need no garbage collection.


class _Null(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="null"):
    value: ClassVar[None] = None


class _Integer(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="integer"):
    value: Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)]


class _Float(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="float"):
    number: float | None = msgspec.field(name="value")

    @property
    def value(self) -> float:
        return math.nan if self.number is None else self.number


class _Text(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="text"):
    value: str


class _Blob(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="blob"):
    base64: str

    @property
    def value(self) -> bytes:
        # The server leaves the padding out, others do not.
        bare = self.base64.rstrip("=")
        return binascii.a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True)


class _Column(msgspec.Struct, frozen=True, gc=False):
    name: str | None = None


class _Rows(msgspec.Struct, frozen=True, gc=False):
    cols: list[_Column]
    rows: list[list[_Null | _Integer | _Float | _Text | _Blob]]
    affected_row_count: int = 0


class _Executed(msgspec.Struct, frozen=True, tag_field="type", tag="execute"):
    result: _Rows


class _Sequenced(msgspec.Struct, frozen=True, tag_field="type", tag="sequence"):
    pass


class _Closed(msgspec.Struct, frozen=True, tag_field="type", tag="close"):
    pass


class _Ok(msgspec.Struct, frozen=True, tag_field="type", tag="ok"):
    response: _Executed | _Sequenced | _Closed


class _Error(msgspec.Struct, frozen=True):
    message: str
    code: str | None = None


class _Failed(msgspec.Struct, frozen=True, tag_field="type", tag="error"):
    error: _Error


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Ok | _Failed]
    baton: str | None = None
    base_url: str | None = None


class _HttpError(msgspec.Struct, frozen=True):
    """An error for a whole request: `message` and `code`, or `error` alone."""

    message: str | None = None
    code: str | None = None
    error: str | None = None


# Not strict, so that the integers inside strings become integers without a step in Python.
_DECODER = msgspec.json.Decoder(_Answer, strict=False)
_ERROR_DECODER = msgspec.json.Decoder(_HttpError)


def _result(result: _Ok | _Failed, index: int, hide: str) -> Result | StatementError:
    if isinstance(result, _Failed):
        return _statement_error(result.error, index, hide)
    if isinstance(result.response, _Closed):
        raise MalformedError("the stream was closed before the end")
    if isinstance(result.response, _Sequenced):
        return Result()
    rows = result.response.result
    return Result(
        columns=tuple(column.name or "" for column in rows.cols),
        rows=[tuple([cell.value for cell in row]) for row in rows.rows],
        affected=rows.affected_row_count,
    )


def _statement_error(error: _Error, index: int, hide: str) -> StatementError:
    reason = _reason(error.message, hide)
    code = _code(error.code or NO_CODE, reason)
    return StatementError(
        _(
            "The primary refused a statement: {reason} ({code}). The history on this machine is"
            " safe; please report this.",
            reason=reason,
            code=code,
        ),
        sql_code=code,
        reason=reason,
        index=index,
    )


def _code(code: str, reason: str) -> str:
    """Return the code of the error, also of one that a replica passed on."""
    if code != "PROXY_ERROR":
        return one_line(code)
    return next((ours for start, ours in _PROXIED if reason.startswith(start)), code)


def _reason(text: str, hide: str) -> str:
    """Return the server's text without what every such text begins with, and without a secret."""
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    if hide:
        text = text.replace(hide, "***")
    return one_line(text)[:REASON_CHARS]
