"""Exports: entries with all that an import needs to rebuild them, as JSON, JSON lines or CSV.

An object is whole by itself: names, audit, votes and session stand in each entry that has them.

Entries pass one by one, so the size of the history costs no memory. JSON is lossless: what a
terminal would act on is escaped. CSV is made for spreadsheets: such characters are taken out, and
a cell that a spreadsheet would take for a formula gets a `'` in front.

Source: RFC 4180 (CSV), RFC 8259 (JSON).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from ipcom_chat.domain.entry import Entry, Scope
from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.errors import OutputError
from ipcom_chat.files import is_ordinary, temporary_beside, write_new
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_of
from ipcom_chat.services.history import EntryFilter, HistoryService
from ipcom_chat.services.people import MachineService, UserService
from ipcom_chat.storage.beside import Beside, BesideRows

EXTRA_FIELDS = (
    "username", "user_name", "user_email", "user_is_active", "hostname", "events", "votes",
    "session",
)  # fmt: skip
"""What an exported object has beside the columns of an entry."""

FIELDS = (*Entry.__struct_fields__, *EXTRA_FIELDS)

_UNSAFE = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_FORMULA = re.compile(r"[\s\x00-\x20]*[=+\-@\uff0b\uff0d\uff1d\uff20]")


# Where a semicolon separates cells, as in Brazil's spreadsheets, and in tools that take a line
# for a row, a cell begins in the middle of one of ours. Bullets and `--options` stay as they are.
_INNER_FORMULA = re.compile(r"([;\t\n][^\S\t\n]{0,8})(?=[=+@\uff0b\uff0d\uff1d\uff20]|-(?![\s-]))")


class Format(StrEnum):
    """How an export is written."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def json_text(value: object) -> str:
    """Return a value as JSON on one line, lossless, without a byte that a terminal acts on."""
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # a path or a variable of bytes that are no UTF-8
        import json  # noqa: PLC0415 - the rare case

        text = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
    return _UNSAFE.sub(_escaped, text)


class Exports:
    """The history of one replica, as it is exported."""

    def __init__(
        self,
        history: HistoryService,
        beside: BesideRows,
        users: UserService,
        machines: MachineService,
    ) -> None:
        self._history = history
        self._beside = beside
        self._users = users
        self._machines = machines

    def records(self, scope: Scope, where: EntryFilter) -> Iterator[dict[str, Any]]:
        """Yield the entries of a scope as exported objects, oldest first."""
        people = {str(user.id): user for user in self._users.all(inactive=True)}
        machines = {str(machine.id): machine for machine in self._machines.all()}
        for entry in self._history.oldest(scope, where):
            user = people.get(entry.user_id or "")
            machine = machines.get(entry.machine_id)
            yield (
                msgspec.structs.asdict(entry)
                | {
                    "username": user and user.username,
                    "user_name": user and user.name,
                    "user_email": user and user.email,
                    "user_is_active": user and user.is_active,
                    "hostname": machine and machine.hostname,
                    "events": [
                        _without(event, "entry_id") for event in self._history.events(entry.id)
                    ],
                }
                | _beside(self._beside.of(entry, scope))
            )


def _beside(beside: Beside) -> dict[str, Any]:
    of_entry = ("entry_id", "mode", "user_id", "machine_id")
    session = beside.session and (
        _without(beside.session, "id", "deleted_at") | {"private": beside.session_is_private}
    )
    return {"votes": [_without(vote, *of_entry) for vote in beside.votes], "session": session}


def _without(struct: msgspec.Struct, *names: str) -> dict[str, Any]:
    values = msgspec.structs.asdict(struct)
    return {name: value for name, value in values.items() if name not in names}


def encoded(rows: Iterable[Mapping[str, Any]], form: Format) -> Iterator[str]:
    """Yield an export piece by piece."""
    encoders: Mapping[Format, Callable[[Iterable[Mapping[str, Any]]], Iterator[str]]] = {
        Format.JSON: _json,
        Format.JSONL: _json_lines,
        Format.CSV: _csv,
    }
    return encoders[form](rows)


def write_file(path: Path, pieces: Iterable[str], *, force: bool) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises:
        OutputError: it exists and `force` is false, or it cannot be written.
    """
    try:
        if not is_ordinary(path):
            raise _not_ordinary(path)
        if path.exists() and not force:
            raise _exists(path)
        _write(path, pieces, force=force)
    except OSError as error:
        raise OutputError(
            _("Cannot write {path}: {reason}.", path=path, reason=reason_of(error))
        ) from error


def _write(path: Path, pieces: Iterable[str], *, force: bool) -> None:
    temporary = temporary_beside(path)
    try:
        write_new(temporary, pieces)
        _put(temporary, path, force=force)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _put(temporary: Path, path: Path, *, force: bool) -> None:
    if force:
        temporary.rename(path)
        return
    try:
        path.hardlink_to(temporary)  # unlike a rename, it never replaces a file made meanwhile
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError:
        temporary.rename(path)  # a file system without hard links


def _exists(path: Path) -> OutputError:
    return OutputError(_("{path} exists already; --force replaces it.", path=path))


def _not_ordinary(path: Path) -> OutputError:
    # A rename would put a file in the place of `/dev/null`, for every program of the machine.
    return OutputError(
        _("{path} is no ordinary file; without --output, stdout is used.", path=path)
    )


def _json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield f"{before}{json_text(row)}"
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{json_text(row)}\n"


def _csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield _csv_line(FIELDS)
    for row in rows:
        yield _csv_line([_cell(row[name]) for name in FIELDS])


def _csv_line(cells: Iterable[str]) -> str:
    return ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells) + "\r\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    text = str(value) if isinstance(value, str) else json_text(value)
    text = neutralise(text)
    first = _FORMULA.match(text)
    start = first.end() if first else 0
    text = text[:start] + _INNER_FORMULA.sub(r"\1'", text[start:])
    return f"'{text}" if first else text


def _escaped(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be").hex()
    return "".join(f"\\u{units[index : index + 4]}" for index in range(0, len(units), 4))
