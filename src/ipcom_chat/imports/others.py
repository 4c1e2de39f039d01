"""Readers of other programs' databases: Atuin's history of commands, `llm`'s log of answers.

Both give each row an id that is the same wherever the database is synchronised to, so two
machines that import one history make the same entries.

Source: Atuin 18 (`history` of history.db); llm 0.36 (`llm/logs.py`, `llm/migrations.py`).
"""

from typing import Any

from ipcom_chat.domain.entry import Kind
from ipcom_chat.i18n import _
from ipcom_chat.imports.records import (
    LATEST_MS,
    Items,
    Record,
    Rejected,
    Skipped,
    instant_of,
    number_of,
    text_of,
)
from ipcom_chat.imports.sources import File
from ipcom_chat.imports.sqlite import asking, columns_sql, tables_of

_ATUIN = (
    "id", "timestamp", "duration", "exit", "command", "cwd", "session", "hostname", "deleted_at",
)  # fmt: skip
_TURNS = """
SELECT turns.id, turn_search.prompt, turn_search.response, turns.model, turns.duration_ms,
  turns.datetime_utc, turns.input_tokens, turns.output_tokens, turns.thread_id
FROM turns JOIN turn_search ON turn_search.turn_id = turns.id ORDER BY turns.datetime_utc, turns.id
"""
_RESPONSES = (
    "id", "prompt", "response", "model", "duration_ms", "datetime_utc", "input_tokens",
    "output_tokens", "conversation_id",
)  # fmt: skip
_NS_PER_MS = 1_000_000


def atuin(file: File) -> Items:
    """Yield the commands of Atuin, deleted ones left out."""
    with asking(file.path) as queries:
        columns = columns_sql(_ATUIN, tables_of(queries)["history"])
        for row in queries.rows(f"SELECT {columns} FROM history ORDER BY timestamp, id"):
            fields = dict(zip(_ATUIN, row, strict=True))
            place = text_of(fields["id"]) or "?"
            if fields["deleted_at"] is not None:
                yield Skipped(place=place)
            elif (command := text_of(fields["command"])) is None:
                yield Rejected(place=place, reason=_("it holds no command"), text=repr(fields))
            else:
                yield _command(fields, command, place, file)


def llm(file: File) -> Items:
    """Yield the prompts and answers of `llm`, from its tables of today and of before."""
    with asking(file.path) as queries:
        tables = tables_of(queries)
        older = ""
        if {"turns", "turn_search"} <= tables.keys():
            for row in queries.rows(_TURNS):
                yield _answer(row, file)
            older = " WHERE id NOT IN (SELECT id FROM turns)"
        if "responses" in tables:
            columns = columns_sql(_RESPONSES, tables["responses"])
            sql = f"SELECT {columns} FROM responses{older} ORDER BY datetime_utc, id"
            for row in queries.rows(sql):
                yield _answer(row, file)


def _command(fields: dict[str, Any], command: str, place: str, file: File) -> Record:
    at_ns = fields["timestamp"]
    at = at_ns // _NS_PER_MS if isinstance(at_ns, int) and at_ns > 0 else None
    is_known = at is not None and at <= LATEST_MS
    took_ns, code = fields["duration"], fields["exit"]
    host, _colon, user = (text_of(fields["hostname"]) or "").partition(":")
    cwd = text_of(fields["cwd"])
    return Record(
        place=place,
        kind=Kind.COMMAND,
        command=command,
        error_code=str(code) if isinstance(code, int) and code >= 0 else None,
        created_at=at if at is not None and is_known else file.mtime_ms,
        time_estimated=not is_known,
        execution_time_ms=(
            took_ns // _NS_PER_MS if isinstance(took_ns, int) and took_ns >= 0 else None
        ),
        row_id=text_of(fields["id"]) or "",
        os_user=user or None,
        hostname=host or None,
        session=text_of(fields["session"]),
        cwd=None if cwd == "unknown" else cwd,
    )


def _answer(row: tuple[Any, ...], file: File) -> Record | Rejected:
    row_id, prompt, response, model, took_ms, at_text, tokens_in, tokens_out, thread = row
    place, command = text_of(row_id) or "?", text_of(prompt)
    if command is None:
        return Rejected(place=place, reason=_("it holds no question"), text=repr(row))
    at = instant_of(at_text)
    tokens = (number_of(tokens_in) or 0) + (number_of(tokens_out) or 0)
    return Record(
        place=place,
        kind=Kind.QUESTION,
        command=command,
        response=text_of(response),
        created_at=at or file.mtime_ms,
        time_estimated=at is None,
        execution_time_ms=number_of(took_ms),
        row_id=text_of(row_id) or "",
        session=text_of(thread),
        model=text_of(model),
        tokens_used=tokens or None,
    )
