"""Reader of `cache.db`, the earlier program's local cache with its queue.

A row of this machine is named by a UUID (`command_uuid`); one that was downloaded has the server's
id and may be a copy of one of ours. What still waited in the queue becomes an entry like any
other, so it is shared at last.
"""

import re
from typing import Any

from ipcom_chat.domain.entry import Kind, Mode
from ipcom_chat.i18n import _
from ipcom_chat.imports.old_files import json_or_none, outcome
from ipcom_chat.imports.old_rows import Copies, Copy
from ipcom_chat.imports.records import (
    Items,
    Record,
    Rejected,
    Skipped,
    instant_of,
    number_of,
    text_of,
)
from ipcom_chat.imports.sources import File
from ipcom_chat.imports.sqlite import Queries, asking, columns_sql, tables_of

TABLE = "history_cache"
QUEUE = "sync_queue"

_NAMES = (
    "rowid", "id", "command", "response", "timestamp", "user_id", "machine_id", "session_id",
    "status", "tokens_used", "command_uuid", "created_at",
)  # fmt: skip
_ANSWER = f"SELECT response, status FROM {TABLE} WHERE rowid = ?"
_UUID = re.compile(r"[0-9a-fA-F-]{36}")
_SERVER_ID = re.compile(r"[0-9a-fA-F]{32}")


def cached(file: File, mode: Mode | None = None) -> Items:
    """Yield the rows of the cache and what waits in its queue.

    Args:
        file: the cache.
        mode: in which history the old settings had this machine write, if they say.
    """
    with asking(file.path) as queries:
        tables = tables_of(queries)
        columns = columns_sql(_NAMES, tables[TABLE] | {"rowid"})
        seen: set[str] = set()
        downloaded = _downloaded(queries, columns)
        # First what was asked here: a download that is a copy of it is known then.
        for is_ours in (True, False):
            for row in queries.rows(f"SELECT {columns} FROM {TABLE} ORDER BY timestamp, rowid"):
                fields = dict(zip(_NAMES, row, strict=True))
                if _is_ours(fields) is is_ours:
                    yield _of_row(queries, fields, file, mode, (downloaded, seen))
        if QUEUE in tables:
            yield from _queued(queries, file, mode, seen)


def _downloaded(queries: Queries, columns: str) -> Copies:
    found = Copies()
    for row in queries.rows(f"SELECT {columns} FROM {TABLE}"):
        fields = dict(zip(_NAMES, row, strict=True))
        command = text_of(fields["command"])
        if command is not None and not _is_ours(fields):
            found.add(command, _copy(fields))
    return found


def _of_row(
    queries: Queries,
    fields: dict[str, Any],
    file: File,
    mode: Mode | None,
    known: tuple[Copies, set[str]],
) -> Record | Rejected | Skipped:
    downloaded, seen = known
    place = text_of(fields["id"]) or f"row {fields['rowid']}"
    command = text_of(fields["command"])
    if command is None:
        return Rejected(place=place, reason=_("it holds no command"), text=repr(fields))
    key = text_of(fields["command_uuid"]) or text_of(fields["id"])
    if key is not None and key in seen:
        return Skipped(place=place)
    if key is not None:
        seen.add(key)
    if _is_ours(fields):
        copy = downloaded.take(command, _copy(fields))
        if copy is not None and text_of(fields["response"]) is None:
            # Asked here, answered there.
            answer = next(iter(queries.rows(_ANSWER, (copy.rowid,))), (None, None))
            fields |= dict(zip(("response", "status"), answer, strict=True))
    elif downloaded.is_taken(fields["rowid"]):
        return Skipped(place=place)
    return _record(fields, command, place, file, mode)


def _queued(queries: Queries, file: File, mode: Mode | None, seen: set[str]) -> Items:
    for number, data in queries.rows(f"SELECT rowid, data FROM {QUEUE} ORDER BY rowid"):
        place, text = f"{QUEUE} {number}", text_of(data) or ""
        fields = json_or_none(text.encode("utf-8", "replace"))
        command = text_of(fields.get("command")) if isinstance(fields, dict) else None
        if command is None:
            yield Rejected(place=place, reason=_("it holds no command"), text=text)
            continue
        key = text_of(fields.get("command_uuid")) or text_of(fields.get("id"))
        if key is not None and key in seen:
            continue  # the cache has it: every save went to both
        if key is not None:
            seen.add(key)
        yield _record(fields, command, place, file, mode)


def _record(
    fields: dict[str, Any], command: str, place: str, file: File, mode: Mode | None
) -> Record:
    at = instant_of(fields.get("timestamp")) or instant_of(fields.get("created_at"))
    response, status = outcome(fields.get("response"), fields.get("status"))
    return Record(
        place=place,
        kind=Kind.QUESTION,
        command=command,
        response=response,
        status=status,
        created_at=at or file.mtime_ms,
        time_estimated=at is None,
        row_id=text_of(fields.get("command_uuid")) or text_of(fields.get("id")) or "",
        mode=mode,
        user=text_of(fields.get("user_id")),
        machine=text_of(fields.get("machine_id")),
        is_local=_is_ours(fields),
        session=text_of(fields.get("session_id")),
        tokens_used=number_of(fields.get("tokens_used")) or None,
    )


def _is_ours(fields: dict[str, Any]) -> bool:
    name = text_of(fields.get("id")) or ""
    is_same = name == fields.get("command_uuid") and not _SERVER_ID.fullmatch(name)
    return bool(_UUID.fullmatch(name)) or is_same


def _copy(fields: dict[str, Any]) -> Copy:
    return Copy(
        rowid=fields["rowid"],
        at=instant_of(fields["timestamp"]) or 0,
        machine=text_of(fields["machine_id"]),
        session=text_of(fields["session_id"]),
    )
