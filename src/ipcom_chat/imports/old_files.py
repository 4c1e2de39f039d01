"""Readers of the JSON files that the earlier program left in `~/.mcp-terminal`.

Its own commands (`/help` and so on) are left out of the lists of prompts. A list that was cut off
in the middle of being written gives what stands before the cut.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.i18n import _
from ipcom_chat.imports.records import (
    STEP_MS,
    Items,
    Record,
    Rejected,
    Skipped,
    instant_of,
    number_of,
    text_of,
)
from ipcom_chat.imports.sources import File, json_of, whole

CANCELLED_MARK = "[Cancelled by user]"

_SLASH_COMMAND = re.compile(
    r"/(help|clear|history|status|debug|exit|quit|reset|shortcuts|version"
    r"|save|load|model|exec)(\s+\S+)?"
)
_LIST_START = re.compile(r'\s*(\{(\s*"\w+"\s*:\s*("[^"]*"|[\w.+-]+)\s*,)*\s*"\w+"\s*:\s*)?\[')
_BETWEEN = re.compile(r"[\s,]*")


def outcome(response: object, status: object) -> tuple[str | None, Status]:
    """Return the answer and how the request ended, from what the earlier program stored.

    Whether it was `pending` says nothing: a script gave that to all rows, answered or not.
    """
    text = text_of(response)
    if text is not None and text.lstrip().startswith(CANCELLED_MARK):
        return text_of(text.replace(CANCELLED_MARK, "", 1).strip()), Status.CANCELLED
    if status in {"cancelled", "canceled"}:
        return text, Status.CANCELLED
    return text, Status.ERROR if status in {"error", "failed"} else Status.COMPLETED


def prompts(file: File) -> Items:
    """Yield the prompts of `history.json` in any of its shapes, or of `ink-history.json`."""
    document, items = _document(file)
    saved_at = instant_of(document.get("timestamp")) or file.mtime_ms
    items = list(items)
    for index, item in enumerate(items):
        yield _prompt(item, str(index + 1), saved_at - (len(items) - index) * STEP_MS)


def asked(file: File) -> Items:
    """Yield what `ask` wrote, which is newest first: a question, and the command it suggested."""
    items = list(_document(file)[1])
    for index, item in reversed(list(enumerate(items))):
        place, fields = str(index + 1), item if isinstance(item, dict) else {}
        question = text_of(fields.get("question"))
        if question is None:
            yield _rejected(place, item)
            continue
        at = instant_of(fields.get("timestamp"))
        yield Record(
            place=place,
            kind=Kind.QUESTION,
            command=question,
            response=text_of(fields.get("command")),
            created_at=at or max(0, file.mtime_ms - index * STEP_MS),
            time_estimated=at is None,
            model=text_of(fields.get("provider")),
            context=_kept(fields, "system"),
        )


def retries(file: File) -> Items:
    """Yield the entries that waited in `retry-queue.json`."""
    items = list(_document(file)[1])
    for index, item in enumerate(items):
        place, fields = str(index + 1), item if isinstance(item, dict) else {}
        command = text_of(fields.get("command"))
        if command is None:
            yield _rejected(place, item)
            continue
        metadata = fields.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        at = instant_of(fields.get("firstAttempt")) or instant_of(fields.get("timestamp"))
        response, status = outcome(fields.get("response"), metadata.get("status"))
        yield Record(
            place=place,
            kind=Kind.QUESTION,
            command=command,
            response=response,
            status=status,
            created_at=at or max(0, file.mtime_ms - (len(items) - index) * STEP_MS),
            time_estimated=at is None,
            session=text_of(metadata.get("session_id")),
            tokens_used=number_of(metadata.get("tokens_used")),
        )


def monitored(file: File) -> Items:
    """Yield the failed command that the monitor kept with its solution."""
    fields = json_or_none(whole(file.path))
    command = text_of(fields.get("command")) if isinstance(fields, dict) else None
    if command is None:
        yield _rejected("1", fields)
        return
    solution = fields.get("solution")
    category = solution.get("category") if isinstance(solution, dict) else None
    code = fields.get("exitCode")
    at = instant_of(fields.get("timestamp"))
    yield Record(
        place="1",
        kind=Kind.COMMAND,
        command=command,
        response=_solution(solution),
        error_code=str(code) if isinstance(code, int) and not isinstance(code, bool) else None,
        created_at=at or file.mtime_ms,
        time_estimated=at is None,
        tags=(category,) if isinstance(category, str) and category else (),
        context=_kept(fields, "system"),
    )


def session(file: File) -> Items:
    """Yield the questions of a saved session with their answers."""
    document, items = _document(file)
    name = text_of(document.get("name")) or file.path.stem
    saved_at = instant_of(document.get("timestamp")) or file.mtime_ms
    items = list(items)
    question: Record | None = None
    for index, item in enumerate(items):
        fields = item if isinstance(item, dict) else {}
        text, role = _content(fields.get("content")), fields.get("role")
        if role == "system" and text is not None:
            continue
        if text is None or role not in {"user", "assistant"}:
            yield _rejected(str(index + 1), item)
        elif role == "assistant" and question is not None:
            question = _answered(question, text)
        elif role == "assistant":
            yield Rejected(place=str(index + 1), reason=_("an answer without a question"),
                           text=text)  # fmt: skip
        else:
            if question is not None:
                yield question
            at = instant_of(fields.get("timestamp"))
            estimated_at = max(0, saved_at - (len(items) - index) * STEP_MS)
            question = Record(
                place=str(index + 1),
                kind=Kind.QUESTION,
                command=text,
                created_at=at or estimated_at,
                time_estimated=at is None,
                session=name,
            )
    if question is not None:
        yield question


def json_or_none(data: bytes) -> Any:
    """Return what JSON text holds, None if it is none."""
    try:
        return json_of(data)
    except ValueError:
        return None


def salvaged(data: bytes) -> list[Any]:
    """Return the items of a list that was cut off, the last of them what cannot be read."""
    import json  # noqa: PLC0415 - the rare case

    text = data.decode("utf-8", "replace")
    start = _LIST_START.match(text)
    found: list[Any] = []
    if start is None:
        return found
    decoder, at = json.JSONDecoder(), start.end()
    while at < len(text) and text[at] != "]":
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return [*found, _Cut(text[at:])]
        found.append(item)
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
    return found


def is_cut(item: object) -> bool:
    """Return whether an item of `salvaged` is what could not be read."""
    return isinstance(item, _Cut)


class _Cut(str):
    """The rest of a list that cannot be read; a class of its own, so that it is no prompt."""

    __slots__ = ()


def _document(file: File) -> tuple[dict[str, Any], Iterable[Any]]:
    """Return what stands around a list, and the list."""
    data = whole(file.path)
    document = json_or_none(data)
    if isinstance(document, list):
        return {}, document
    if isinstance(document, dict):
        for name in ("entries", "commands", "context"):
            if isinstance(document.get(name), list):
                return document, document[name]
        return document, [document]
    return {}, salvaged(data)


def _prompt(item: object, place: str, estimated_at: int) -> Record | Rejected | Skipped:
    fields = item if isinstance(item, dict) else {"command": item}
    raw = fields.get("command")
    command = None if isinstance(raw, _Cut) else text_of(raw)
    if command is None:
        return _rejected(place, item)
    if _SLASH_COMMAND.fullmatch(command.strip()):
        return Skipped(place=place)
    at = instant_of(fields.get("timestamp"))
    code = fields.get("exit_code")
    has_run = isinstance(code, int) and not isinstance(code, bool)
    response, status = outcome(fields.get("response"), fields.get("status"))
    return Record(
        place=place,
        kind=Kind.COMMAND if has_run else Kind.QUESTION,
        command=command,
        response=response,
        status=Status.COMPLETED if has_run else status,
        error_code=str(code) if has_run else None,
        created_at=at or max(0, estimated_at),
        time_estimated=at is None,
        execution_time_ms=number_of(fields.get("execution_time")),
        session=text_of(fields.get("session")),
        cwd=text_of(fields.get("cwd")),
    )


def _answered(question: Record, text: str) -> Record:
    said = text if question.response is None else f"{question.response}\n\n{text}"
    return msgspec.structs.replace(question, response=said)


def _content(value: object) -> str | None:
    """Return the text of a message: plain, or the text blocks of it."""
    if isinstance(value, list):
        blocks = [block.get("text") for block in value if isinstance(block, dict)]
        value = "\n".join(block for block in blocks if isinstance(block, str))
    return text_of(value)


def _solution(value: object) -> str | None:
    if not isinstance(value, dict):
        return text_of(value)
    return text_of("\n".join(_named_lines(value)))


def _named_lines(fields: dict[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if name == "category" or value in (None, "", [], {}):
            continue
        if isinstance(value, list):
            yield f"{name}: {', '.join(map(str, value))}"
        else:
            yield f"{name}: {value}"


def _kept(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names if isinstance(fields.get(name), str)}


def _rejected(place: str, item: object) -> Rejected:
    reason = (
        _("the file ends or breaks here") if isinstance(item, _Cut) else _("it holds no command")
    )
    return Rejected(place=place, reason=reason, text=item if isinstance(item, str) else repr(item))
