"""The codec of Hrana: what goes in comes out, and nonsense is told from answers."""

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.errors import StatementError
from ipcom_chat.libsql.hrana import (
    INT64_MAX,
    INT64_MIN,
    MalformedError,
    Result,
    Script,
    Statement,
    Value,
    decode,
    decode_error,
    encode,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.integers(INT64_MIN, INT64_MAX),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.binary(),
)
OK_CLOSE = {"type": "ok", "response": {"type": "close"}}


def answer(*results: dict[str, Any], baton: str | None = None, **more: object) -> bytes:
    return json.dumps({"baton": baton, "base_url": None, "results": [*results], **more}).encode()


def rows(*cells: list[Any], columns: int = 1, affected: int = 0) -> dict[str, Any]:
    result = {
        "cols": [{"name": f"c{n}", "decltype": "TEXT"} for n in range(columns)],
        "rows": [*cells],
        "affected_row_count": affected,
        "last_insert_rowid": "7",
        "rows_read": 1,
    }
    return {"type": "ok", "response": {"type": "execute", "result": result}}


def refused(message: str, code: str | None = "SQLITE_CONSTRAINT") -> dict[str, Any]:
    return {"type": "error", "error": {"message": message, "code": code}}


def only(body: bytes) -> Result | StatementError:
    (result,) = decode(body, 1).results
    return result


def table(body: bytes) -> Result:
    result = only(body)
    assert isinstance(result, Result)
    return result


def refusal(body: bytes, hide: str = "") -> StatementError:
    (result,) = decode(body, 1, hide=hide).results
    assert isinstance(result, StatementError)
    return result


def same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and (one == other) and repr(one) == repr(other)


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3)))
def test_arguments_come_back_as_the_cells_that_the_server_makes_of_them(
    table_of_values: list[list[Value]],
) -> None:
    body = encode([Statement("SELECT ?", args) for args in table_of_values], close=False)
    sent = [one["stmt"]["args"] for one in json.loads(body)["requests"]]
    result = table(answer(rows(*sent, columns=3)))
    assert [len(row) for row in result.rows] == [3] * len(table_of_values)
    for row, values in zip(result.rows, table_of_values, strict=True):
        assert all(same(*pair) for pair in zip(row, values, strict=True))


def test_a_pipeline_has_the_form_of_the_specification() -> None:
    statement = Statement("INSERT INTO t VALUES (?, ?)", (1, b"\x00\xff"), want_rows=False)
    body = json.loads(encode([statement, Script("SELECT 1; SELECT 2")], baton="b"))
    args = [{"type": "integer", "value": "1"}, {"type": "blob", "base64": "AP8="}]
    stmt = {"sql": "INSERT INTO t VALUES (?, ?)", "args": args, "want_rows": False}
    assert body == {
        "baton": "b",
        "requests": [
            {"type": "execute", "stmt": stmt},
            {"type": "sequence", "sql": "SELECT 1; SELECT 2"},
            {"type": "close"},
        ],
    }


def test_an_open_stream_is_not_closed() -> None:
    assert json.loads(encode([], close=False)) == {"baton": None, "requests": []}


def test_truth_is_an_integer() -> None:
    (request,) = json.loads(encode([Statement("SELECT ?", (True,))], close=False))["requests"]
    assert request["stmt"]["args"] == [{"type": "integer", "value": "1"}]


@pytest.mark.parametrize(
    "value", [INT64_MAX + 1, INT64_MIN - 1, math.inf, -math.inf, math.nan, "\ud800"]
)
def test_what_has_no_form_on_the_wire_is_not_sent(value: Value) -> None:
    with pytest.raises(ValueError, match=r"64 bits|infinity|surrogates"):
        encode([Statement("SELECT ?", (value,))])


@pytest.mark.parametrize("number", [INT64_MIN, -1, 0, 2**53 + 1, INT64_MAX])
def test_integers_are_exact(number: int) -> None:
    body = answer(rows([{"type": "integer", "value": str(number)}]))
    assert table(body).rows == [(number,)]


def test_text_that_looks_like_a_number_stays_text() -> None:
    assert table(answer(rows([{"type": "text", "value": "12"}]))).rows == [("12",)]


@given(st.binary())
def test_blobs_come_with_and_without_padding(data: bytes) -> None:
    padded = base64.b64encode(data).decode()
    for text in (padded, padded.rstrip("=")):
        assert table(answer(rows([{"type": "blob", "base64": text}]))).rows == [(data,)]


def test_infinity_which_the_server_sends_as_null_is_no_number() -> None:
    ((value,),) = table(answer(rows([{"type": "float", "value": None}]))).rows
    assert isinstance(value, float)
    assert math.isnan(value)


def test_a_float_without_a_fraction_stays_a_float() -> None:
    ((value,),) = table(answer(rows([{"type": "float", "value": 3}]))).rows
    assert isinstance(value, float)


def test_columns_and_affected_rows() -> None:
    result = table(answer(rows(columns=2, affected=5)))
    assert (result.columns, result.rows, result.affected) == (("c0", "c1"), [], 5)


def test_a_column_may_have_no_name() -> None:
    result = {"cols": [{"name": None}], "rows": []}
    body = answer({"type": "ok", "response": {"type": "execute", "result": result}})
    assert table(body).columns == ("",)


def test_a_script_has_an_empty_result() -> None:
    assert only(answer({"type": "ok", "response": {"type": "sequence"}})) == Result()


def test_the_result_of_close_is_left_out_and_the_baton_kept() -> None:
    reply = decode(answer(rows(), OK_CLOSE, baton="next"), 1)
    assert (len(reply.results), reply.baton, reply.base_url) == (1, "next", None)


def test_errors_keep_their_place() -> None:
    reply = decode(answer(rows(), refused("SQLite error: UNIQUE constraint failed: t.b")), 2)
    error = reply.results[1]
    assert isinstance(error, StatementError)
    assert (error.index, error.sql_code) == (1, "SQLITE_CONSTRAINT")
    assert error.reason == "UNIQUE constraint failed: t.b"


def test_the_text_of_a_trigger_stands_alone() -> None:
    assert refusal(answer(refused("SQLite error: too_new: 7"))).reason == "too_new: 7"


def test_an_error_without_a_code() -> None:
    assert refusal(answer(refused("odd", None))).sql_code == "UNKNOWN"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("database is locked", "SQLITE_BUSY"),
        ("Operation was blocked", "BLOCKED"),
        ("UNIQUE constraint failed: t.b", "SQLITE_CONSTRAINT"),
        ("the text of a trigger", "PROXY_ERROR"),
    ],
)
def test_codes_that_a_replica_hides_are_found_again(text: str, code: str) -> None:
    message = f"error executing a request on the primary: {text}"
    error = refusal(answer(refused(message, "PROXY_ERROR")))
    assert (error.sql_code, error.reason) == (code, text)


def test_texts_of_errors_cannot_harm_the_terminal_or_tell_a_secret() -> None:
    error = refusal(answer(refused("a\x1b[31m\nb s3cret " + "x" * 1000)), hide="s3cret")
    assert error.reason.startswith("a b *** xxx")
    assert len(error.reason) == 300
    assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"results": {}}',
        b"[" * 100_000,
        answer(),
        answer(OK_CLOSE),
        answer(OK_CLOSE | {"type": "perhaps"}),
        answer({"type": "ok", "response": {"type": "describe"}}),
        answer(rows([{"type": "integer", "value": "9223372036854775808"}])),
        answer(rows([{"type": "integer", "value": "one"}])),
        answer(rows([{"type": "integer"}])),
        answer(rows([{"type": "text", "value": 5}])),
        answer(rows([{"type": "blob", "base64": "A"}])),
        answer(rows([{"type": "blob", "base64": "####"}])),
        answer(rows([{"type": "decimal", "value": "1"}])),
        answer(rows([{"type": "text", "value": "x"}])).replace(b"x", b"\xff"),
        answer(rows([{"type": "text", "value": "x"}])).replace(b"x", b"\\ud800"),
    ],
)
def test_nonsense_is_told_from_an_answer(body: bytes) -> None:
    with pytest.raises(MalformedError):
        decode(body, 1)


@given(st.integers(min_value=0))
def test_an_answer_that_is_cut_off_is_never_taken_for_a_whole_one(place: int) -> None:
    whole = answer(rows([{"type": "text", "value": "ação"}], [{"type": "null"}]), OK_CLOSE)
    with pytest.raises(MalformedError):
        decode(whole[: place % len(whole)], 1)


@given(st.binary())
def test_any_bytes_give_an_answer_or_the_one_error(body: bytes) -> None:
    with pytest.raises(MalformedError):
        decode(body, 1)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"error": "SQLite error: s3cret"}', ("UNKNOWN", "***")),
        (b'{"message": "gone", "code": "STREAM_EXPIRED"}', ("STREAM_EXPIRED", "gone")),
        (b'{"message": null}', None),
        (b"{}", None),
        (b"<html>", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
)
def test_the_body_of_an_http_error(body: bytes, error: tuple[str, str] | None) -> None:
    assert decode_error(body, hide="s3cret") == error
